//! Cue classes: phrases that say who speaks, to whom, and what kind of act the text performs.
//!
//! The classes are data (`cues.toml`). One Aho–Corasick automaton finds all phrases in one pass, leftmost-longest, so
//! that 市委常委会 is not also counted as 市委.

use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind};
use serde::Deserialize;

use crate::{Error, Result};

/// Finds cue phrases and names their classes.
#[derive(Debug)]
pub struct Cues {
    automaton: AhoCorasick,
    /// Class of each phrase of the automaton.
    class_of: Vec<u16>,
    names: Vec<String>,
}

impl Cues {
    /// The cue classes that ship with speechtag.
    ///
    /// # Errors
    /// [`Error::Internal`] if the embedded data does not parse, which a test rules out.
    pub fn new() -> Result<Self> {
        #[derive(Deserialize)]
        struct File {
            classes: std::collections::BTreeMap<String, Class>,
        }
        #[derive(Deserialize)]
        struct Class {
            phrases: String,
        }
        let internal = |e: &dyn std::fmt::Display| Error::Internal(format!("cues.toml: {e}"));
        let file: File = toml::from_str(include_str!("cues.toml")).map_err(|e| internal(&e))?;
        let mut phrases = Vec::new();
        let mut class_of = Vec::new();
        for (class, entry) in (0_u16..).zip(file.classes.values()) {
            for phrase in entry.phrases.split('|') {
                phrases.push(phrase.to_owned());
                class_of.push(class);
            }
        }
        let automaton =
            AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&phrases).map_err(|e| internal(&e))?;
        Ok(Self { automaton, class_of, names: file.classes.into_keys().collect() })
    }

    /// Names of the classes, sorted; a class's number is its place here.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// All cues in `text`: class number and byte range.
    pub fn find<'a>(&'a self, text: &'a str) -> impl Iterator<Item = (u16, Range<usize>)> + 'a {
        self.automaton.find_iter(text).filter_map(|found| {
            self.class_of.get(found.pattern().as_usize()).map(|class| (*class, found.range()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_phrase_stands_in_one_class_and_longer_ones_win() {
        let cues = Cues::new().unwrap();
        let name = |class: u16| cues.names()[class as usize].as_str();
        let found: Vec<_> = cues.find("县委、县政府要求各乡镇务必抓好落实").map(|(c, r)| (name(c), r.len())).collect();
        assert_eq!(found, [("self_county", 18), ("addressed_townships", 9), ("act_directive", 6), ("act_directive", 12)]);
        let mut seen = std::collections::BTreeMap::new();
        let file: toml::Table = include_str!("cues.toml").parse().unwrap();
        for (class, entry) in file["classes"].as_table().unwrap() {
            for phrase in entry["phrases"].as_str().unwrap().split('|') {
                if let Some(other) = seen.insert(phrase.to_owned(), class.clone()) {
                    panic!("{phrase} stands in {other} and {class}");
                }
            }
        }
    }
}
