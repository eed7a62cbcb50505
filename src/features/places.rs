//! Mentions of places, resolved to their rank.
//!
//! Whoever speaks for a county names its towns; whoever speaks for a city names its counties. A name known to the
//! gazetteer (`places.txt`) has its rank from there, so that 义乌市 counts as a county-level place although it is a 市.
//! A name it does not know, or a mask, has the rank that its last character says: 青河县, `xx镇`.

use std::ops::Range;

use rustc_hash::{FxHashMap, FxHashSet};

use super::segment::{Token, TokenKind};

pub(super) const LEXICON: &str = include_str!("places.txt");

/// The names of the gazetteer, each with the name of its class; one that stands twice has its first class.
pub(super) fn gazetteer() -> impl Iterator<Item = (&'static str, &'static str)> {
    LEXICON.lines().filter(|line| !line.starts_with('#')).flat_map(|line| {
        let mut words = line.split(' ');
        let class = words.next().unwrap_or_default();
        words.map(move |word| (word, class))
    })
}

/// Finds places that the gazetteer does not know.
pub(super) struct Places {
    suffixes: FxHashMap<String, u16>,
    /// A bit for the last six bits of each suffix's last byte: most words end here.
    last_bytes: u64,
    not_after: FxHashSet<String>,
}

fn last_byte(word: &str) -> u64 {
    word.as_bytes().last().map_or(0, |byte| 1 << (byte & 63))
}

impl Places {
    /// `suffixes` are last characters of names, with their class.
    pub(super) fn new(suffixes: FxHashMap<String, u16>, not_after: &str) -> Self {
        let last_bytes = suffixes.keys().fold(0, |bits, suffix| bits | last_byte(suffix));
        Self { suffixes, last_bytes, not_after: not_after.split('|').map(str::to_owned).collect() }
    }

    /// Adds to the places that the gazetteer knows, given in the order of the text, those that end in a suffix; `tokens` are
    /// all of `text`'s body.
    pub(super) fn add(&self, text: &str, tokens: &[Token], out: &mut Vec<(u16, Range<usize>)>) {
        let named = out.len();
        for pair in tokens.windows(2) {
            let [before, last] = pair else { continue };
            let word = |token: &Token| text.get(token.range.clone()).unwrap_or_default();
            let Some(class) = Some(word(last))
                .filter(|last| self.last_bytes & last_byte(last) != 0)
                .and_then(|last| self.suffixes.get(last))
            else {
                continue;
            };
            let names_a_place = match before.kind {
                TokenKind::Mask => true,
                TokenKind::Word => !self.not_after.contains(word(before)),
                _ => false,
            };
            let known = || {
                let i = out.get(..named).map_or(0, |o| o.partition_point(|(_, range)| range.end <= last.range.start));
                i < named && out.get(i).is_some_and(|(_, range)| range.start < last.range.end)
            };
            if names_a_place && !known() {
                out.push((*class, before.range.start..last.range.end));
            }
        }
        if out.len() > named {
            out.sort_by_key(|(_, range)| (range.start, range.end));
        }
    }
}
