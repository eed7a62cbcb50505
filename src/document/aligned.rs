//! Text that knows its way back to the source.
//!
//! Repairing makes one character of several; normalising folds characters one to one or drops them; cleaning drops whole
//! ranges. None ever inserts or reorders, so the way back is a list of *runs*: stretches in which the text and the source
//! advance together, character by character. Looking a position up is a binary search plus a walk inside one run.
//!
//! The idea of carrying such a map through every stage is that of charabia's `char_map`.

use std::ops::Range;

use serde::Serialize;

use super::cut;

/// A place in the decoded source text, before any normalising or cleaning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourcePosition {
    /// Offset in UTF-8 bytes.
    pub byte: usize,
    /// Offset in Unicode code points.
    pub code_point: usize,
}

/// A half-open range of the decoded source text, in code points and in UTF-8 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Span {
    /// First code point.
    pub start: usize,
    /// One past the last code point.
    pub end: usize,
    /// First UTF-8 byte.
    pub byte_start: usize,
    /// One past the last UTF-8 byte.
    pub byte_end: usize,
}

impl Span {
    /// The stretch of `source` this span names; empty if `source` is not the text the span was made for.
    #[must_use]
    pub fn cut<'s>(&self, source: &'s str) -> &'s str {
        source.get(self.byte_start..self.byte_end).unwrap_or_default()
    }
}

/// What one character of the text stands for in the source: a character, or several such as `&ldquo;`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Original {
    /// Where it begins.
    pub at: SourcePosition,
    /// Its length.
    pub len: SourcePosition,
}

impl Original {
    /// From the beginning of this to the end of `last`.
    pub(crate) fn to(self, last: Self) -> Self {
        let end = last.end();
        let len = SourcePosition { byte: end.byte - self.at.byte, code_point: end.code_point - self.at.code_point };
        Self { at: self.at, len }
    }

    fn end(self) -> SourcePosition {
        SourcePosition { byte: self.at.byte + self.len.byte, code_point: self.at.code_point + self.len.code_point }
    }
}

/// A stretch of text and source that advance together. In a `folded` run (always one character) text and source differ
/// in length; in any other run they have the same length, so byte distances are equal on both sides.
#[derive(Clone, Copy, Debug)]
struct Run {
    at: usize,
    source: SourcePosition,
    folded: Option<SourcePosition>,
}

/// A stretch of a text and where it comes from; see [`Run`].
pub(crate) struct Stretch<'t> {
    pub at: usize,
    pub text: &'t str,
    pub source: SourcePosition,
    pub folded: Option<SourcePosition>,
}

/// Looking a position up walks its run, so runs stay short whatever the text.
const MAX_RUN_BYTES: usize = 512;

/// A text together with the way back to its source.
#[derive(Clone, Debug, Default)]
pub struct AlignedText {
    text: String,
    runs: Vec<Run>,
}

impl AlignedText {
    /// An empty text with room for `bytes` bytes.
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self { text: String::with_capacity(bytes), runs: Vec::with_capacity(bytes / 32) }
    }

    /// The text itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// A source text as it is.
    pub(crate) fn from_source(source: &str) -> Self {
        let mut runs: Vec<Run> = Vec::with_capacity(source.len() / MAX_RUN_BYTES + 1);
        let mut at = SourcePosition::default();
        while at.byte < source.len() {
            runs.push(Run { at: at.byte, source: at, folded: None });
            let end = (at.byte + MAX_RUN_BYTES..source.len()).find(|end| source.is_char_boundary(*end));
            let run = cut(source, at.byte..end.unwrap_or(source.len()));
            at = SourcePosition { byte: at.byte + run.len(), code_point: at.code_point + run.chars().count() };
        }
        Self { text: source.to_owned(), runs }
    }

    /// Appends `c`, which stands for `original`.
    pub(crate) fn push(&mut self, c: char, original: Original) {
        let at = self.text.len();
        let same = original.len == SourcePosition { byte: c.len_utf8(), code_point: 1 };
        let goes_on = self.runs.last().is_some_and(|run| {
            let near = at - run.at < MAX_RUN_BYTES;
            near && run.folded.is_none() && same && run.source.byte + (at - run.at) == original.at.byte
        });
        if !goes_on {
            self.runs.push(Run { at, source: original.at, folded: (!same).then_some(original.len) });
        }
        self.text.push(c);
    }

    /// Appends `text`, a part of the source that stands there at `source`.
    pub(crate) fn push_same(&mut self, text: &str, source: SourcePosition) {
        let at = self.text.len();
        let goes_on = self.runs.last().is_some_and(|run| {
            let near = at + text.len() - run.at <= MAX_RUN_BYTES;
            near && run.folded.is_none() && run.source.byte + (at - run.at) == source.byte
        });
        if !goes_on && !text.is_empty() {
            self.runs.push(Run { at, source, folded: None });
        }
        self.text.push_str(text);
    }

    /// The characters of the text, each with its place in the text and what it stands for.
    pub(crate) fn chars(&self) -> impl Iterator<Item = (usize, char, Original)> {
        self.chars_of(0..self.text.len())
    }

    pub(crate) fn chars_of(&self, range: Range<usize>) -> impl Iterator<Item = (usize, char, Original)> {
        self.stretches(range).flat_map(|stretch| {
            stretch.text.char_indices().enumerate().map(move |(n, (offset, c))| {
                let at =
                    SourcePosition { byte: stretch.source.byte + offset, code_point: stretch.source.code_point + n };
                let len = stretch.folded.unwrap_or(SourcePosition { byte: c.len_utf8(), code_point: 1 });
                (stretch.at + offset, c, Original { at, len })
            })
        })
    }

    /// The stretches of `range` that belong to one run each.
    pub(crate) fn stretches(&self, range: Range<usize>) -> impl Iterator<Item = Stretch<'_>> {
        let first = self.runs.partition_point(|run| run.at <= range.start).saturating_sub(1);
        let ends = self.runs.iter().skip(first + 1).map(|run| run.at).chain([self.text.len()]);
        self.runs.iter().skip(first).zip(ends).take_while(move |(run, _)| run.at < range.end).map(move |(run, end)| {
            let at = run.at.max(range.start);
            let text = self.text.get(at..end.min(range.end)).unwrap_or_default();
            Stretch { at, text, source: self.advance(run, at), folded: run.folded }
        })
    }

    /// The stretches of `source` that no character of the text stands for. A line break that stands for the `<` of a tag
    /// says nothing of the source, and the tag is named whole.
    pub(crate) fn gaps(&self, source: &str) -> Vec<Span> {
        let mut out = Vec::new();
        let mut last = SourcePosition::default();
        let end = SourcePosition { byte: source.len(), code_point: source.chars().count() };
        let mut next = |from: SourcePosition, to: SourcePosition| {
            if from.byte < to.byte {
                out.push(Span { start: from.code_point, end: to.code_point, byte_start: from.byte, byte_end: to.byte });
            }
        };
        for (_, c, original) in self.chars() {
            if c == '\n' && source.get(original.at.byte..).is_some_and(|rest| rest.starts_with('<')) {
                continue;
            }
            next(last, original.at);
            last = original.end();
        }
        next(last, end);
        out
    }

    /// Replaces the text by `text`, whose characters must stand at the same bytes as before; otherwise nothing changes.
    pub(crate) fn replace_same_shape(&mut self, text: String) {
        let same =
            text.len() == self.text.len() && text.chars().map(char::len_utf8).eq(self.text.chars().map(char::len_utf8));
        if same {
            self.text = text;
        }
    }

    /// The text that is left when only the given ranges (sorted, disjoint, on character boundaries) are kept.
    pub(crate) fn select(&self, kept: &[Range<usize>]) -> Self {
        let mut out = Self::with_capacity(self.text.len());
        for range in kept {
            let Some(slice) = self.text.get(range.clone()) else { continue };
            let first = self.runs.partition_point(|run| run.at <= range.start).saturating_sub(1);
            for run in self.runs.iter().skip(first).take_while(|run| run.at < range.end) {
                let begin = run.at.max(range.start);
                let source = self.advance(run, begin);
                out.runs.push(Run { at: out.text.len() + (begin - range.start), source, folded: run.folded });
            }
            out.text.push_str(slice);
        }
        out
    }

    /// Where the source says what `range` of this text says. Removed stretches inside the range are covered; removed
    /// stretches at its edges are not. `range` must lie on character boundaries.
    #[must_use]
    pub fn span(&self, range: Range<usize>) -> Span {
        let start = self.locate(range.start).0;
        let last =
            self.text.get(range).and_then(|slice| slice.char_indices().next_back().map(|(at, c)| (at, c, slice)));
        let end = match last {
            None => start,
            Some((_, c, slice)) => {
                let offset = slice.as_ptr() as usize - self.text.as_ptr() as usize;
                let (at, folded) = self.locate(offset + slice.len() - c.len_utf8());
                let len = folded.unwrap_or(SourcePosition { byte: c.len_utf8(), code_point: 1 });
                Original { at, len }.end()
            }
        };
        Span { start: start.code_point, end: end.code_point, byte_start: start.byte, byte_end: end.byte }
    }

    /// The first source code point that each character of `range` stands for, in order. `range` must lie on character
    /// boundaries.
    pub fn code_points(&self, range: Range<usize>) -> impl Iterator<Item = usize> {
        self.chars_of(range).map(|(_, _, original)| original.at.code_point)
    }

    /// Position of the source character behind the character at byte `at`, and its length where it was folded.
    /// At the end of the text: the position after the last character.
    fn locate(&self, at: usize) -> (SourcePosition, Option<SourcePosition>) {
        let index = self.runs.partition_point(|run| run.at <= at);
        match index.checked_sub(1).and_then(|i| self.runs.get(i)) {
            None => (SourcePosition::default(), None),
            Some(run) => (self.advance(run, at), run.folded),
        }
    }

    fn advance(&self, run: &Run, at: usize) -> SourcePosition {
        let walked = self.text.get(run.at..at).map_or(0, |slice| slice.chars().count());
        match run.folded {
            Some(len) if walked > 0 => Original { at: run.source, len }.end(),
            Some(_) => run.source,
            None => {
                SourcePosition { byte: run.source.byte + (at - run.at), code_point: run.source.code_point + walked }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aligned(pairs: &[(char, char)]) -> (String, AlignedText) {
        let source: String = pairs.iter().map(|(s, _)| *s).collect();
        let mut text = AlignedText::default();
        for ((code_point, (byte, s)), (_, c)) in source.char_indices().enumerate().zip(pairs) {
            if *c != '\0' {
                let len = SourcePosition { byte: s.len_utf8(), code_point: 1 };
                text.push(*c, Original { at: SourcePosition { byte, code_point }, len });
            }
        }
        (source, text)
    }

    #[test]
    fn folded_and_dropped_characters_keep_the_way_back() {
        let (source, text) = aligned(&[('同', '同'), ('\u{200b}', '\0'), ('志', '志'), ('，', ','), ('们', '们')]);
        assert_eq!(text.as_str(), "同志,们");
        assert_eq!(text.span(0..6).cut(&source), "同\u{200b}志");
        assert_eq!(text.span(6..7).cut(&source), "，");
        let all = text.span(0..text.as_str().len());
        assert_eq!((all.start, all.end), (0, 5));
    }

    #[test]
    fn selecting_composes() {
        let (source, text) = aligned(&[('六', '六'), ('２', '2'), ('、', '、'), ('百', '百'), ('。', '。')]);
        let healed = text.select(&[0..3, 7..13]);
        assert_eq!(healed.as_str(), "六百。");
        assert_eq!(healed.span(0..6).cut(&source), "六２、百");
        assert_eq!(healed.span(3..6).cut(&source), "百");
    }
}
