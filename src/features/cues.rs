//! Cue classes: phrases that say who speaks, to whom, and what kind of act the text performs.
//!
//! The classes are data: phrases in `cues.toml`, names of places in `places.txt`.

use std::collections::BTreeMap;
use std::ops::Range;

use rustc_hash::FxHashMap;
use serde::Deserialize;

use super::phrases::Phrases;
use super::places::{Places, gazetteer};
use super::segment::Token;
use crate::{Error, Result};

/// Stands for a class where a phrase is none.
const HIDES: u16 = u16::MAX - 1;

/// Finds cues and names their classes.
pub struct Cues {
    /// Phrases and known places, each with the number of its class.
    phrases: Phrases,
    places: Places,
    names: Vec<String>,
}

impl std::fmt::Debug for Cues {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cues").field("names", &self.names).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct File {
    classes: BTreeMap<String, Class>,
    hides: Hides,
    places: NotAfter,
}

/// The phrases of a list in `cues.toml`.
fn listed(list: &str) -> impl Iterator<Item = &str> {
    list.split('|').filter(|phrase| !phrase.is_empty())
}

fn internal(e: &dyn std::fmt::Display) -> Error {
    Error::Internal(format!("cues.toml: {e}"))
}

impl File {
    fn read() -> Result<Self> {
        toml::from_str(include_str!("cues.toml")).map_err(|e| internal(&e))
    }
}

/// What `cues.toml` says but for reasons and examples: one line for each class, and what is no cue.
pub(super) fn content() -> Vec<String> {
    let Ok(File { classes, hides, places }) = File::read() else { return Vec::new() };
    let class = |(name, class): (String, Class)| format!("{name} {} {}", class.phrases, class.suffixes);
    classes.into_iter().map(class).chain([hides.phrases, places.not_after]).collect()
}

/// A class is found by phrases or, for places, by the last characters of names.
#[derive(Deserialize)]
struct Class {
    #[serde(default)]
    phrases: String,
    #[serde(default)]
    suffixes: String,
    /// Sentences in which the class must be found; only tests read them.
    #[cfg(test)]
    finds: Vec<String>,
    /// Sentences in which it must not.
    #[cfg(test)]
    spares: Vec<String>,
}

#[derive(Deserialize)]
struct Hides {
    phrases: String,
}

#[derive(Deserialize)]
struct NotAfter {
    not_after: String,
}

impl Cues {
    /// The cue classes that ship with speechtag.
    ///
    /// # Errors
    /// [`Error::Internal`] if the embedded data does not parse, which a test rules out.
    pub fn new() -> Result<Self> {
        let file = File::read()?;
        let mut phrases = Vec::new();
        let mut suffixes = FxHashMap::default();
        for (class, entry) in (0_u16..).zip(file.classes.values()) {
            phrases.extend(listed(&entry.phrases).map(|phrase| (phrase, class)));
            suffixes.extend(listed(&entry.suffixes).map(|suffix| (suffix.to_owned(), class)));
        }
        phrases.extend(listed(&file.hides.phrases).map(|phrase| (phrase, HIDES)));
        let names: Vec<String> = file.classes.keys().cloned().collect();
        let number = |name: &str| {
            let place = names.binary_search_by(|n| n.as_str().cmp(name)).ok().and_then(|i| u16::try_from(i).ok());
            place.ok_or_else(|| Error::Internal(format!("places.txt: no class is called {name:?}")))
        };
        let known: Vec<(&str, u16)> =
            gazetteer().map(|(name, class)| Ok((name, number(class)?))).collect::<Result<_>>()?;
        let places = Places::new(suffixes, &file.places.not_after);
        let phrases = Phrases::new([&mut phrases.into_iter(), &mut known.into_iter()]).map_err(|e| internal(&e))?;
        Ok(Self { phrases, places, names })
    }

    /// The names of the classes that ship with speechtag, sorted, without the work of [`Cues::new`].
    ///
    /// # Errors
    /// As [`Cues::new`].
    pub fn shipped_names() -> Result<Vec<String>> {
        Ok(File::read()?.classes.into_keys().collect())
    }

    /// Names of the classes, sorted; a class's number is its place here.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// All cues in `range` of `text`, a body with these tokens: class number and byte range in `text`, places after
    /// phrases.
    #[must_use]
    pub fn find(&self, text: &str, range: Range<usize>, tokens: &[Token]) -> Vec<(u16, Range<usize>)> {
        let [mut cues, mut places] = self.phrases.find(text.get(range.clone()).unwrap_or_default());
        cues.retain(|(class, _)| *class != HIDES);
        for (_, found) in cues.iter_mut().chain(&mut places) {
            *found = found.start + range.start..found.end + range.start;
        }
        self.places.add(text, tokens, &mut places);
        cues.append(&mut places);
        cues
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::normalize;

    #[test]
    fn every_class_finds_and_spares_its_examples() {
        let cues = Cues::new().unwrap();
        let segmenter = crate::features::Segmenter::new();
        for (class, entry) in File::read().unwrap().classes {
            assert!(!entry.finds.is_empty() && !entry.spares.is_empty(), "{class}");
            let has = |example: &str| {
                let text = normalize(example);
                let text = text.as_str();
                let found = cues.find(text, 0..text.len(), &segmenter.segment(text));
                found.iter().any(|(number, _)| cues.names()[*number as usize] == class)
            };
            for example in &entry.finds {
                assert!(has(example), "{class} must be found in {example:?}");
            }
            for example in &entry.spares {
                assert!(!has(example), "{class} must not be found in {example:?}");
            }
        }
    }

    #[test]
    fn longer_phrases_win_and_places_have_their_rank() {
        let cues = Cues::new().unwrap();
        let segmenter = crate::features::Segmenter::new();
        let found = |text: &str| -> Vec<(String, String)> {
            cues.find(text, 0..text.len(), &segmenter.segment(text))
                .into_iter()
                .map(|(class, range)| (cues.names()[class as usize].clone(), text.get(range).unwrap().to_owned()))
                .collect()
        };
        let expect = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs.iter().map(|(class, words)| ((*class).to_owned(), (*words).to_owned())).collect()
        };
        assert_eq!(
            found("县委、县政府要求各乡镇务必抓好落实"),
            expect(&[
                ("self_county", "县委、县政府"),
                ("addressed_townships", "各乡镇"),
                ("act_directive", "务必"),
                ("act_directive", "抓好落实"),
            ])
        );
        assert_eq!(found("义乌市"), expect(&[("mention_county", "义乌市")]));
        assert_eq!(found("枣庄市"), expect(&[("mention_city", "枣庄市")]));
        assert_eq!(found("xx镇"), expect(&[("mention_town", "xx镇")]));
        assert_eq!(found("山区"), expect(&[]));
    }

    #[test]
    fn what_hides_a_phrase_is_no_cue() {
        let cues = Cues::new().unwrap();
        for word in File::read().unwrap().hides.phrases.split('|') {
            assert_eq!(cues.find(word, 0..word.len(), &[]), [], "{word}");
        }
    }

    #[test]
    fn each_phrase_stands_in_one_class() {
        let mut seen = BTreeMap::new();
        let file: toml::Table = include_str!("cues.toml").parse().unwrap();
        for (class, entry) in file["classes"].as_table().unwrap() {
            assert!(!entry["why"].as_str().unwrap().is_empty());
            for phrase in entry.get("phrases").and_then(|p| p.as_str()).unwrap_or_default().split('|') {
                if phrase.is_empty() {
                    continue;
                }
                if let Some(other) = seen.insert(phrase.to_owned(), class.clone()) {
                    panic!("{phrase} stands in {other} and {class}");
                }
            }
        }
    }
}
