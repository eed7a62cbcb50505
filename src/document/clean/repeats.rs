//! Lines that a page says more than once: its title above the text, and running heads between its printed pages.

use std::collections::BTreeMap;

use super::Found;
use crate::document::line::{Line, ends_sentence, is_salutation, is_title, letters};
use crate::document::page::Page;

/// Titles stand within this many lines.
const TOP_LINES: usize = 24;
/// Shorter lines repeat by chance.
const TITLE_MIN_CHARS: usize = 8;
/// What titles call a text.
pub(super) const TEXTS: [&str; 16] = [
    "讲话", "发言", "总结", "报告", "致辞", "致词", "稿", "演讲", "祝词", "贺词", "汇报", "通知", "意见", "方案", "词",
    "述职",
];
/// A running head is at most this long.
const RUNNING_MAX_CHARS: usize = 40;

pub(super) fn find(page: &Page) -> Vec<Found> {
    let lines = page.lines();
    let is_heading = |i: usize| page.is_heading(i);
    let mut out = Vec::new();
    out.extend(titles(lines, is_heading).map(|line| Found { range: line.whole.clone(), rule: "repeated_title" }));
    out.extend(running(lines, is_heading).map(|line| Found { range: line.whole.clone(), rule: "running_head" }));
    out
}

/// Title lines at the top that a later line at the top repeats; the last one, next to the text, stays.
fn titles<'l, 't>(lines: &'l [Line<'t>], is_heading: impl Fn(usize) -> bool) -> impl Iterator<Item = &'l Line<'t>> {
    let top = lines.iter().take(TOP_LINES).take_while(|line| line.chars <= 200 && !is_salutation(line)).count();
    let after = lines.len().min(top + 1);
    lines
        .iter()
        .enumerate()
        .take(top)
        .filter(move |(i, line)| {
            let repeated = || {
                lines.iter().take(after).skip(i + 1).any(|later| {
                    let short: String = later.words.chars().take(line.chars + 8).collect();
                    later.chars >= TITLE_MIN_CHARS && repeats(line.words, &short)
                })
            };
            line.chars >= TITLE_MIN_CHARS && is_title(line) && !is_heading(*i) && repeated()
        })
        .map(|(_, line)| line)
}

/// Whether `later` says all of `title`, or `title` is `later` with the site's words behind it: `某讲话_某网`.
fn repeats(title: &str, later: &str) -> bool {
    let (title, later): (String, String) = (letters(title).collect(), letters(later).collect());
    let names_text = || {
        let end = later.trim_end_matches(|c: char| c.is_ascii_digit());
        TEXTS.iter().any(|text| end.ends_with(text))
    };
    later.contains(&title) || title.starts_with(&later) && !title.ends_with("通知") && names_text()
}

/// Lines that are alike but for a number which goes up, and that mostly interrupt a sentence.
fn running<'l, 't>(lines: &'l [Line<'t>], is_heading: impl Fn(usize) -> bool) -> impl Iterator<Item = &'l Line<'t>> {
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (i, line) in lines.iter().enumerate() {
        if line.chars <= RUNNING_MAX_CHARS && !ends_sentence(line.words) && !is_heading(i) && i > 0 {
            let skeleton: String = line.words.chars().filter(|c| !c.is_ascii_digit()).collect();
            groups.entry(skeleton).or_default().push(i);
        }
    }
    let interrupts = |i: usize| {
        let before = i.checked_sub(1).and_then(|before| lines.get(before));
        before.is_some_and(|line| !ends_sentence(line.words) && line.chars >= 20)
    };
    let mut found: Vec<usize> = groups
        .into_values()
        .filter(|group| group.len() >= 2 && group.iter().filter(|i| interrupts(**i)).count() * 2 >= group.len())
        .flatten()
        .collect();
    found.sort_unstable();
    found.into_iter().filter_map(|i| lines.get(i))
}
