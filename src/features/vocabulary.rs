//! The features a model knows, their numbers and weights.

use std::ops::Range;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::words::{NONE, Words};
use super::{Analysis, Family, Seen, Sink, Zone};

/// A feature by name, as it stands in a model file and in evidence.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Feature {
    /// A word in a zone.
    Word(Zone, String),
    /// Two adjacent words.
    Pair(String, String),
    /// A cue class in a zone.
    Cue(Zone, String),
    /// A form feature.
    Form(String),
}

impl Feature {
    /// The family it is weighted with.
    #[must_use]
    pub fn family(&self) -> Family {
        match self {
            Self::Word(Zone::Opening, _) => Family::Opening,
            Self::Word(Zone::Closing, _) => Family::Closing,
            Self::Word(Zone::Title, _) => Family::Title,
            Self::Word(..) => Family::Words,
            Self::Pair(..) => Family::Pairs,
            Self::Cue(zone, _) if *zone != Zone::Whole => Family::Place,
            Self::Cue(_, class)
                if ["own_", "self_", "addressed_", "mention_"].iter().any(|kind| class.starts_with(kind)) =>
            {
                Family::Rank
            }
            Self::Cue(_, class) if class.starts_with("topic_") => Family::Topic,
            Self::Cue(..) => Family::Act,
            Self::Form(_) => Family::Form,
        }
    }
}

impl std::fmt::Display for Feature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let zone = |zone: &Zone| match zone {
            Zone::Whole => "",
            Zone::Opening => "opening:",
            Zone::Closing => "closing:",
            Zone::Title => "title:",
            Zone::Dominant => "dominant:",
        };
        match self {
            Self::Word(z, word) => write!(f, "{}{word}", zone(z)),
            Self::Pair(first, second) => write!(f, "{first}+{second}"),
            Self::Cue(z, class) => write!(f, "{}cue:{class}", zone(z)),
            Self::Form(name) => write!(f, "form:{name}"),
        }
    }
}

/// A feature with its inverse document frequency.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The feature.
    pub feature: Feature,
    /// ln((1 + documents) / (1 + documents with it)) + 1.
    pub idf: f64,
}

/// How much each family of features weighs on an axis; zero switches a family off.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Weighting {
    /// Words of the body.
    pub words: f64,
    /// Adjacent pairs.
    pub pairs: f64,
    /// Words of the opening.
    pub opening: f64,
    /// Words of the closing.
    pub closing: f64,
    /// Words of the title.
    pub title: f64,
    /// Cues of who speaks to whom.
    pub rank: f64,
    /// Cues of what the text does.
    pub act: f64,
    /// Cues of what the text is about.
    pub topic: f64,
    /// Cues of the opening and the closing, and dominant cues.
    pub place: f64,
    /// Form.
    pub form: f64,
}

impl Default for Weighting {
    fn default() -> Self {
        Self {
            words: 1.0,
            pairs: 0.7,
            opening: 0.5,
            closing: 0.4,
            title: 0.3,
            rank: 1.0,
            act: 1.0,
            topic: 1.0,
            place: 0.8,
            form: 0.3,
        }
    }
}

impl Weighting {
    /// The weights in the order of [`Family`].
    #[must_use]
    pub fn by_family(&self) -> [f64; Family::COUNT] {
        let Self { words, pairs, opening, closing, title, rank, act, topic, place, form } = *self;
        [words, pairs, opening, closing, title, rank, act, topic, place, form]
    }
}

const ZONES: usize = 5;

fn set(features: &mut [u32; ZONES], zone: Zone, id: u32) {
    if let Some(feature) = features.get_mut(zone as usize) {
        *feature = id;
    }
}

/// Features of pairs of words. Two of three pairs of a text are none, which one bit tells: all bits together stay in the
/// processor's cache, where the table does not.
#[derive(Debug, Default)]
struct Pairs {
    /// By both words: the first in the upper half.
    features: FxHashMap<u64, u32>,
    /// A bit for each value of [`Pairs::place`], set if any pair has it.
    bits: Vec<u64>,
}

impl Pairs {
    /// Of the hash: 2^19 bits in 64 KiB, some for each pair of a model.
    const BITS: u32 = 19;

    fn key(first: u32, second: u32) -> u64 {
        u64::from(first) << 32 | u64::from(second)
    }

    /// Word and bit of a key, by Fibonacci hashing (Knuth, TAOCP 3, section 6.4).
    fn place(key: u64) -> (usize, u64) {
        let hash = key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - Self::BITS);
        ((hash >> 6) as usize, 1 << (hash & 63))
    }

    fn insert(&mut self, first: u32, second: u32, id: u32) {
        let key = Self::key(first, second);
        self.features.insert(key, id);
        self.bits.resize(1 << (Self::BITS - 6), 0);
        let (word, bit) = Self::place(key);
        if let Some(word) = self.bits.get_mut(word) {
            *word |= bit;
        }
    }

    fn get(&self, first: u32, second: u32) -> Option<u32> {
        let key = Self::key(first, second);
        let (word, bit) = Self::place(key);
        let possible = self.bits.get(word).is_some_and(|word| word & bit != 0);
        possible.then(|| self.features.get(&key).copied()).flatten()
    }
}

/// Numbers features by name. Made from the entries of a model; how they are weighed is said in the module `bag`.
#[derive(Debug)]
pub struct Vocabulary {
    pub(super) entries: Vec<Entry>,
    /// Inverse document frequency and family of each entry, without its name.
    pub(super) measures: Vec<(f32, Family)>,
    /// Number of each word, and, zone by zone, its feature by that number: most look-ups are for [`Zone::Whole`].
    words: Words,
    word_features: [Vec<u32>; ZONES],
    pairs: Pairs,
    /// By cue class.
    cue_features: Vec<[u32; ZONES]>,
    forms: FxHashMap<Box<str>, u32>,
}

impl Vocabulary {
    /// Numbers the entries in their order. Cues of classes that `cue_names` does not have are never seen.
    #[must_use]
    pub fn new(entries: Vec<Entry>, cue_names: &[String]) -> Self {
        let mut vocabulary = Self {
            measures: entries.iter().map(|entry| (entry.idf as f32, entry.feature.family())).collect(),
            words: Words::default(),
            word_features: Default::default(),
            pairs: Pairs::default(),
            cue_features: vec![[NONE; ZONES]; cue_names.len()],
            forms: FxHashMap::default(),
            entries: Vec::new(),
        };
        for (id, entry) in (0_u32..).zip(&entries) {
            match &entry.feature {
                Feature::Word(zone, word) => {
                    let word = vocabulary.intern(word) as usize;
                    let features = vocabulary.word_features.get_mut(*zone as usize);
                    if let Some(feature) = features.and_then(|features| features.get_mut(word)) {
                        *feature = id;
                    }
                }
                Feature::Pair(first, second) => {
                    let (first, second) = (vocabulary.intern(first), vocabulary.intern(second));
                    vocabulary.pairs.insert(first, second, id);
                }
                Feature::Cue(zone, class) => {
                    let features = cue_names.binary_search(class).ok().and_then(|i| vocabulary.cue_features.get_mut(i));
                    if let Some(features) = features {
                        set(features, *zone, id);
                    }
                }
                Feature::Form(name) => {
                    vocabulary.forms.insert(name.as_str().into(), id);
                }
            }
        }
        vocabulary.entries = entries;
        vocabulary
    }

    fn intern(&mut self, word: &str) -> u32 {
        if let Some(id) = self.words.get(word) {
            return id;
        }
        let [whole, ..] = &self.word_features;
        let id = u32::try_from(whole.len()).unwrap_or(NONE);
        self.words.insert(word, id);
        self.word_features.iter_mut().for_each(|features| features.push(NONE));
        id
    }

    /// The entries in the order of their numbers.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The family of each entry.
    pub fn families(&self) -> impl Iterator<Item = Family> {
        self.measures.iter().map(|(_, family)| *family)
    }

    /// Hands each known feature of the speech to `found`, and whether it is weighed window by window; returns the number of
    /// known words of the body.
    pub(super) fn look_up(&self, analysis: &Analysis, found: impl FnMut(u32, bool, Range<usize>)) -> usize {
        let mut lookup = Lookup { vocabulary: self, words: 0, found };
        analysis.visit(&mut lookup);
        lookup.words
    }
}

/// Looks seen features up and hands on those that the vocabulary knows.
struct Lookup<'v, F> {
    vocabulary: &'v Vocabulary,
    words: usize,
    found: F,
}

impl<F: FnMut(u32, bool, Range<usize>)> Sink for Lookup<'_, F> {
    type Word = u32;

    fn word(&mut self, term: &str) -> Option<u32> {
        self.vocabulary.words.get(term)
    }

    fn see(&mut self, feature: Seen<u32>, range: Range<usize>) {
        let v = self.vocabulary;
        let id = match feature {
            Seen::Word(zone, word) => {
                self.words += usize::from(zone == Zone::Whole);
                v.word_features.get(zone as usize).and_then(|features| features.get(word as usize).copied())
            }
            Seen::Pair(first, second) => v.pairs.get(first, second),
            Seen::Cue(zone, class) => {
                v.cue_features.get(usize::from(class)).and_then(|features| features.get(zone as usize).copied())
            }
            Seen::Form(name) => v.forms.get(name).copied(),
        };
        let Some(id) = id.filter(|id| *id != NONE) else { return };
        // Nearly all features are words and pairs, of which this is known without a look at the table.
        let is_windowed = match feature {
            Seen::Word(zone, _) => zone == Zone::Whole,
            Seen::Pair(..) => true,
            Seen::Cue(..) | Seen::Form(_) => {
                v.measures.get(id as usize).is_some_and(|(_, family)| family.measure().is_windowed())
            }
        };
        (self.found)(id, is_windowed, range);
    }
}
