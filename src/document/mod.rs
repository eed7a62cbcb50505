//! The first half of a document's way: bytes → decode → markup and mojibake to text → normalise → clean → split.
//!
//! What leaves here is a [`Prepared`] document: one cleaned text, cut into pieces, with the way back to the source.

mod aligned;
mod clean;
mod copies;
mod decode;
mod headings;
mod kind;
mod line;
mod markup;
mod mojibake;
mod normalize;
mod page;
mod restart;
mod split;
mod strings;

use std::ops::Range;

pub use aligned::{AlignedText, SourcePosition, Span};
pub use clean::{Cleaned, Removal, clean};
pub use copies::{Copies, Copy, Sketch};
pub(crate) use decode::decode_part;
pub use decode::{Decoded, decode};
pub(crate) use kind::check_kind;
pub use normalize::normalize;
pub use split::{Piece, PieceKind, split, whole};

/// A document on its way: cleaned, split, ready for the features.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The cleaned text with the way back to the source.
    pub text: AlignedText,
    /// The pieces of the text, in order; together they are the whole text.
    pub pieces: Vec<Piece>,
    /// What cleaning removed.
    pub removed: Vec<Removal>,
}

/// Normalises, cleans (unless told not to) and splits (unless told not to) a decoded text.
#[must_use]
pub fn prepare(source: &str, cleaning: bool, splitting: bool) -> Prepared {
    let page = read(source);
    let normal = normalize::normalized(&page);
    let (text, removed) = if cleaning {
        let Cleaned { text, mut removed } = clean(normal);
        if page.as_str().len() < source.len() {
            removed.extend(page.gaps(source).into_iter().map(|span| Removal { rule: "markup", span }));
            removed.sort_by_key(|removal| removal.span.start);
        }
        (text, removed)
    } else {
        (normal, Vec::new())
    };
    let pieces = if splitting { split(text.as_str()) } else { whole(text.as_str()) };
    Prepared { text, pieces, removed }
}

/// What a page says: mojibake repaired, markup gone, entities resolved.
fn read(source: &str) -> AlignedText {
    let mut text = AlignedText::from_source(source);
    if let Some(repaired) = mojibake::repair(&text) {
        text = repaired;
    }
    let words = if markup::is_markup(text.as_str()) { markup::to_text(&text) } else { markup::resolve(&text) };
    words.unwrap_or(text)
}

/// The stretch `range` of `text`; empty where the range does not fit. Ranges here come from the same text, so that
/// is never seen; it replaces a panic by a harmless answer.
pub(crate) fn cut(text: &str, range: Range<usize>) -> &str {
    text.get(range).unwrap_or_default()
}

/// The lines of `text`, each with its line break, as byte ranges.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = Range<usize>> {
    text.split_inclusive('\n').scan(0, |at, line| {
        let start = *at;
        *at += line.len();
        Some(start..*at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_removed_tag_is_named_whole() {
        let source = "<div><b>同志们</b>：</div>\n<div>今天开会。</div>";
        let removed = prepare(source, true, true).removed;
        let markup: String = removed.iter().filter(|r| r.rule == "markup").map(|r| r.span.cut(source)).collect();
        assert_eq!(markup, "<div><b></b></div>\n<div></div>");
    }
}
