//! Takes page noise out and says what it took.
//!
//! The stages see what the ones before them left:
//!
//! 1. the fields above a Markdown page: [`front`]
//! 2. noise inside lines: `rules.toml`, scope `inline`
//! 3. what a site puts into sentences over and over: [`spliced`]
//! 4. page crumbs, recognised by their counting: [`crumbs`]
//! 5. lines above and below a text that are noise by how they say it: [`site`]
//! 6. lines that are noise by their words: `rules.toml`, the other scopes, in [`rules`]
//! 7. lines that are noise because they repeat: [`repeats`]
//! 8. line breaks and blanks inside sentences: [`wraps`]
//!
//! Cleaning only removes; the way back to the source is kept by [`AlignedText`]. Every stage takes time linear in the text.

mod crumbs;
mod front;
mod hints;
mod repeats;
mod rules;
mod site;
mod spliced;
mod wraps;

use std::ops::Range;

use super::aligned::{AlignedText, Span};
use super::page::Page;

/// A cleaned text and what was taken out of it.
#[derive(Clone, Debug)]
pub struct Cleaned {
    /// What is left.
    pub text: AlignedText,
    /// What was removed, in the order of the source.
    pub removed: Vec<Removal>,
}

/// One removed stretch of the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removal {
    /// Name of the rule: one of `rules.toml`, or `front_matter`, `spliced`, `site_line`, `site_words`, `page_crumb`, `repeated_title`, `running_head`, `line_wrap`,
    /// `wrap_space`; `markup` for the tags of HTML. Characters that carry no text, such as zero-width ones, are not listed.
    pub rule: &'static str,
    /// Where it stood in the source.
    pub span: Span,
}

/// A stretch of a text that a stage wants removed.
struct Found {
    range: Range<usize>,
    rule: &'static str,
}

/// The stages, in order.
const STAGES: [fn(&Page) -> Vec<Found>; 9] = [
    front::find,
    rules::inline,
    spliced::find,
    crumbs::find,
    rules::by_line,
    site::find,
    repeats::find,
    wraps::line_breaks,
    wraps::blanks,
];

/// Removes page noise from a normalised text. If nothing would be left, nothing is removed.
#[must_use]
pub fn clean(text: AlignedText) -> Cleaned {
    let mut removed = Vec::new();
    let mut left: Option<AlignedText> = None;
    let mut stages = STAGES.iter();
    loop {
        let text = left.as_ref().unwrap_or(&text);
        let page = Page::new(text.as_str());
        let Some(found) = stages.by_ref().map(|stage| stage(&page)).find(|found| !found.is_empty()) else { break };
        left = Some(without(text, found, &mut removed));
    }
    let Some(left) = left.filter(|left| !left.as_str().trim().is_empty()) else {
        return Cleaned { text, removed: Vec::new() };
    };
    removed.sort_by_key(|removal| removal.span.byte_start);
    Cleaned { text: left, removed }
}

/// What is left of `text` without what was found.
fn without(text: &AlignedText, mut found: Vec<Found>, removed: &mut Vec<Removal>) -> AlignedText {
    found.sort_by_key(|found| (found.range.start, std::cmp::Reverse(found.range.end)));
    let mut kept = Vec::new();
    let mut at = 0;
    for Found { range, rule } in found {
        if range.end <= at {
            continue;
        }
        let start = range.start.max(at);
        if start > at {
            kept.push(at..start);
        }
        removed.push(Removal { rule, span: text.span(start..range.end) });
        at = range.end;
    }
    kept.push(at..text.as_str().len());
    text.select(&kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::normalize;

    fn cleaned(source: &str) -> Cleaned {
        clean(normalize(source))
    }

    #[test]
    fn what_is_removed_is_said() {
        let body = "同志们:今天的会议很重要,请大家认真听。".repeat(12);
        let source = format!("{body}\n......试读结束......\n广告一则");
        let cleaned = cleaned(&source);
        let removed: Vec<_> = cleaned.removed.iter().map(|r| (r.rule, r.span.cut(&source))).collect();
        assert_eq!(removed, [("paywall", "......试读结束......\n"), ("paywall", "广告一则")]);
    }

    #[test]
    fn a_line_that_goes_leaves_the_next_one_whole() {
        let body = "同志们:今天的会议很重要,请大家认真听。".repeat(12);
        let source = format!(
            "{body}\n《某讲话》由互联网用户分享整理。文章地址:http://www.example.org/1.html\n各位代表:\n{body}"
        );
        assert_eq!(cleaned(&source).text.as_str(), format!("{body}\n各位代表:\n{body}"));
    }

    #[test]
    fn a_page_of_nothing_but_noise_is_left_as_it_is() {
        assert_eq!(cleaned("资源描述\n第1页 / 共2页").text.as_str(), "资源描述\n第1页 / 共2页");
    }
}
