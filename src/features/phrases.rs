//! Two lists of phrases, found in one pass.
//!
//! One Aho–Corasick automaton over characters (daachorse: Kanda, Akabe and Oda, "Engineering faster double-array
//! Aho–Corasick automata", 2023) finds every phrase of both lists wherever it stands. Of each list those are taken that a
//! reader from the left would take, the longest first, so that 市委常委会 is not also counted as 市委.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;

use daachorse::charwise::{CharwiseDoubleArrayAhoCorasick, CharwiseDoubleArrayAhoCorasickBuilder};

/// Class of a phrase that the list does not have.
const ABSENT: u16 = u16::MAX;

/// Finds the phrases of two lists.
pub(super) struct Phrases {
    /// The class in the first list in the lower half, that in the second in the upper.
    automaton: CharwiseDoubleArrayAhoCorasick<u32>,
}

impl Phrases {
    /// Phrases, each with the number of its class; of one that a list has twice the first class holds.
    pub(super) fn new(lists: [&mut dyn Iterator<Item = (&str, u16)>; 2]) -> Result<Self, String> {
        let mut classes: BTreeMap<&str, [u16; 2]> = BTreeMap::new();
        for (number, list) in lists.into_iter().enumerate() {
            for (phrase, class) in list {
                let slot = classes.entry(phrase).or_insert([ABSENT; 2]).get_mut(number);
                if let Some(slot) = slot.filter(|slot| **slot == ABSENT) {
                    *slot = class;
                }
            }
        }
        let packed = classes.into_iter().map(|(phrase, [a, b])| (phrase, u32::from(a) | u32::from(b) << 16));
        let automaton =
            CharwiseDoubleArrayAhoCorasickBuilder::new().build_with_values(packed).map_err(|e| e.to_string())?;
        Ok(Self { automaton })
    }

    /// The phrases in `words` by list, with their classes and byte ranges, in the order of the text; none overlaps another.
    pub(super) fn find(&self, words: &str) -> [Vec<(u16, Range<usize>)>; 2] {
        let mut found = [Vec::new(), Vec::new()];
        for phrase in self.automaton.find_overlapping_iter(words) {
            let packed = phrase.value();
            for (list, class) in found.iter_mut().zip([packed as u16, (packed >> 16) as u16]) {
                if class != ABSENT {
                    list.push((class, phrase.start()..phrase.end()));
                }
            }
        }
        for list in &mut found {
            list.sort_unstable_by_key(|(_, range)| (range.start, Reverse(range.end)));
            let mut taken = 0;
            list.retain(|(_, range)| {
                let free = range.start >= taken;
                taken = if free { range.end } else { taken };
                free
            });
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use daachorse::MatchKind;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Each list finds what an automaton of its own, reading leftmost-longest, would find.
        #[test]
        fn each_list_is_read_for_itself(
            lists in prop::array::uniform2(prop::collection::btree_set("[市县委会]{1,4}", 1..12)),
            text in "[市县委会的]{0,40}",
        ) {
            let [a, b] = &lists;
            let mut first = a.iter().map(String::as_str).zip(0..);
            let mut second = b.iter().map(String::as_str).zip(0..);
            let found = Phrases::new([&mut first, &mut second]).unwrap().find(&text);
            for (list, found) in lists.iter().zip(found) {
                let alone = CharwiseDoubleArrayAhoCorasickBuilder::new()
                    .match_kind(MatchKind::LeftmostLongest)
                    .build_with_values(list.iter().zip(0_u16..))
                    .unwrap();
                let expected: Vec<_> =
                    alone.leftmost_find_iter(&text).map(|m| (m.value(), m.start()..m.end())).collect();
                prop_assert_eq!(found, expected);
            }
        }
    }
}
