//! Mentions of places, resolved to their rank.
//!
//! Whoever speaks for a county names its towns; whoever speaks for a city names its counties. A name known to the
//! gazetteer (`places.txt`) has its rank from there, so that 义乌市 counts as a county-level place although it is a 市.
//! A name it does not know, or a mask, has the rank that its last character says: 青河县, `xx镇`.

use std::ops::Range;

use daachorse::MatchKind;
use daachorse::charwise::{CharwiseDoubleArrayAhoCorasick, CharwiseDoubleArrayAhoCorasickBuilder};
use rustc_hash::{FxHashMap, FxHashSet};

use super::segment::{Token, TokenKind};

pub(super) const LEXICON: &str = include_str!("places.txt");

/// Finds places and names their classes.
pub struct Places {
    /// Names, each with the number of its class.
    names: CharwiseDoubleArrayAhoCorasick<u16>,
    suffixes: FxHashMap<String, u16>,
    not_after: FxHashSet<String>,
}

impl Places {
    /// Places whose classes are numbered by `class`; `suffixes` are pairs of last characters and class.
    pub(super) fn new(
        class: impl Fn(&str) -> Option<u16>,
        suffixes: FxHashMap<String, u16>,
        not_after: &str,
    ) -> Result<Self, String> {
        let mut names = Vec::new();
        let mut seen = FxHashSet::default();
        for line in LEXICON.lines().filter(|line| !line.starts_with('#')) {
            let mut words = line.split(' ');
            let name = words.next().unwrap_or_default();
            let number = class(name).ok_or_else(|| format!("places.txt: no class is called {name:?}"))?;
            names.extend(words.filter(|word| seen.insert(*word)).map(|word| (word, number)));
        }
        let names = CharwiseDoubleArrayAhoCorasickBuilder::new()
            .match_kind(MatchKind::LeftmostLongest)
            .build_with_values(names)
            .map_err(|e| format!("places.txt: {e}"))?;
        Ok(Self { names, suffixes, not_after: not_after.split('|').map(str::to_owned).collect() })
    }

    /// All places in `words`, which stands at byte `offset` of `text` and has these tokens (in ranges of `text`): class
    /// number and byte range in `text`, in the order of the text.
    pub(super) fn find(&self, text: &str, words: &str, offset: usize, tokens: &[Token]) -> Vec<(u16, Range<usize>)> {
        let mut out: Vec<(u16, Range<usize>)> = self
            .names
            .leftmost_find_iter(words)
            .map(|found| (found.value(), found.start() + offset..found.end() + offset))
            .collect();
        let named = out.len();
        for pair in tokens.windows(2) {
            let [before, last] = pair else { continue };
            let word = |token: &Token| text.get(token.range.clone()).unwrap_or_default();
            let Some(class) = self.suffixes.get(word(last)) else { continue };
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
        out.sort_by_key(|(_, range)| (range.start, range.end));
        out
    }
}
