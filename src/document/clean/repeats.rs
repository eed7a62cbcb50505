//! Lines that a page says more than once: its title above the text, and running heads between its printed pages.

use std::collections::BTreeMap;

use super::Found;
use crate::document::line::{Line, ends_sentence, is_salutation, is_title, letters, similar};
use crate::document::page::Page;

/// Titles stand within this many lines.
const TOP_LINES: usize = 24;
/// Shorter lines repeat by chance.
const TITLE_MIN_CHARS: usize = 8;
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
                let is_title = is_title(line);
                lines.iter().take(after).skip(i + 1).any(|later| {
                    let short = || later.words.chars().take(line.chars + 8).collect::<String>();
                    let titled = is_title && later.chars >= TITLE_MIN_CHARS && similar(line.words, &short());
                    titled || letters(line.words).eq(letters(later.words))
                })
            };
            line.chars >= TITLE_MIN_CHARS && !is_heading(*i) && repeated()
        })
        .map(|(_, line)| line)
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
