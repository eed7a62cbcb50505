//! The features a model knows, their numbers and weights.
//!
//! A speech becomes a [`Bag`]: each feature gets a value by the [`Measure`] of its family.
//!
//! * Words: counts are damped (ln(1 + n)), multiplied by the word's inverse document frequency and scaled to unit Euclidean
//!   length per family. This is the transform of Rennie, Shih, Teevan and Karger, "Tackling the Poor Assumptions of Naive
//!   Bayes Text Classifiers" (ICML 2003): no text outweighs another by its length, no family by its size. Words that may
//!   stand anywhere are weighed window by window ([`Analysis::windows`]) and averaged.
//! * Cues of rank and topic: their share among the cues of their family, drawn towards nothing where there are few.
//! * Cues of acts: their damped count, window by window. Cues by place, and form: presence.
//!
//! How much a family weighs on an axis ([`Weighting`]) is part of that axis's scores.

use std::cell::RefCell;
use std::ops::Range;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::words::Words;
use super::{Analysis, Family, Measure, Seen, Sink, Zone};

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

/// A speech as the model sees it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bag {
    /// Feature numbers, rising, each with its value.
    pub values: Vec<(u32, f64)>,
    /// How many known words a window of the body has on average: what confidence is calibrated by.
    pub effective_length: usize,
}

/// Where a feature was first seen and how often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// Byte range of the first occurrence; empty for features of form.
    pub range: Range<usize>,
    /// Occurrences in the speech.
    pub count: usize,
}

/// Shares are taken as if this many cues more had been seen, of no class: one cue alone is a fifth, not all.
const FEW_CUES: f64 = 4.0;

const NONE: u32 = u32::MAX;
const ZONES: usize = 5;

fn set(features: &mut [u32; ZONES], zone: Zone, id: u32) {
    if let Some(feature) = features.get_mut(zone as usize) {
        *feature = id;
    }
}

/// The features of a word.
#[derive(Debug)]
struct WordFeatures {
    zones: [u32; ZONES],
    /// Whether any pair begins with it, or ends; most look-ups of pairs end here.
    begins_pairs: bool,
    ends_pairs: bool,
}

fn pair(first: u32, second: u32) -> u64 {
    u64::from(first) << 32 | u64::from(second)
}

/// Numbers features by name. Made from the entries of a model; see the module's documentation for the weighting.
#[derive(Debug)]
pub struct Vocabulary {
    entries: Vec<Entry>,
    /// Inverse document frequency and family of each entry, without its name.
    measures: Vec<(f64, Family)>,
    families: Vec<Family>,
    /// Number of each word, and by it the feature in each zone.
    words: Words,
    word_features: Vec<WordFeatures>,
    /// By both words: the first in the upper half.
    pairs: FxHashMap<u64, u32>,
    /// By cue class.
    cue_features: Vec<[u32; ZONES]>,
    forms: FxHashMap<Box<str>, u32>,
}

impl Vocabulary {
    /// Numbers the entries in their order. Cues of classes that `cue_names` does not have are never seen.
    #[must_use]
    pub fn new(entries: Vec<Entry>, cue_names: &[String]) -> Self {
        let mut vocabulary = Self {
            families: entries.iter().map(|entry| entry.feature.family()).collect(),
            measures: entries.iter().map(|entry| (entry.idf, entry.feature.family())).collect(),
            words: Words::default(),
            word_features: Vec::new(),
            pairs: FxHashMap::default(),
            cue_features: vec![[NONE; ZONES]; cue_names.len()],
            forms: FxHashMap::default(),
            entries: Vec::new(),
        };
        for (id, entry) in (0_u32..).zip(&entries) {
            match &entry.feature {
                Feature::Word(zone, word) => {
                    let word = vocabulary.intern(word) as usize;
                    if let Some(features) = vocabulary.word_features.get_mut(word) {
                        set(&mut features.zones, *zone, id);
                    }
                }
                Feature::Pair(first, second) => {
                    let (first, second) = (vocabulary.intern(first), vocabulary.intern(second));
                    if let Some(features) = vocabulary.word_features.get_mut(first as usize) {
                        features.begins_pairs = true;
                    }
                    if let Some(features) = vocabulary.word_features.get_mut(second as usize) {
                        features.ends_pairs = true;
                    }
                    vocabulary.pairs.insert(pair(first, second), id);
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
        let id = u32::try_from(self.word_features.len()).unwrap_or(NONE);
        self.words.insert(word, id);
        self.word_features.push(WordFeatures { zones: [NONE; ZONES], begins_pairs: false, ends_pairs: false });
        id
    }

    /// The entries in the order of their numbers.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The family of each entry.
    #[must_use]
    pub fn families(&self) -> &[Family] {
        &self.families
    }

    /// Weighs the features of a speech.
    #[must_use]
    pub fn bag(&self, analysis: &Analysis) -> Bag {
        ROOM.with_borrow_mut(|room| self.weigh(analysis, room, |_, _| {}))
    }

    /// As [`Vocabulary::bag`], with the number and the place of each known feature of the speech, for [`Vocabulary::locate`].
    #[must_use]
    pub fn bag_with_places(&self, analysis: &Analysis) -> (Bag, Vec<(u32, Range<usize>)>) {
        let mut places = Vec::new();
        let bag = ROOM.with_borrow_mut(|room| self.weigh(analysis, room, |id, range| places.push((id, range.clone()))));
        (bag, places)
    }

    fn weigh(&self, analysis: &Analysis, room: &mut Room, mut note: impl FnMut(u32, &Range<usize>)) -> Bag {
        room.fit(self.entries.len(), analysis.windows());
        let family_of = |id: u32| self.families.get(id as usize).copied();
        let mut window = (0, 0..0);
        let words = self.look_up(analysis, |id, range| {
            note(id, &range);
            let windowed = family_of(id).is_some_and(|f| matches!(f.measure(), Measure::Windows | Measure::Rate));
            if windowed && !window.1.contains(&range.start) {
                window = analysis.window_of(range.start);
            }
            if let Some(seen) = room.seen.get_mut(if windowed { window.0 } else { 0 }) {
                seen.push(id);
            }
        });
        // Window by window (what has none stands in the first): values, and what each family's are divided by.
        let windows = analysis.windows() as f64;
        for seen in &mut room.seen {
            let mut totals = [0.0_f64; Family::COUNT];
            for id in seen.drain(..) {
                let Some(count) = room.counts.get_mut(id as usize) else { continue };
                if *count == 0 {
                    room.touched.push((id, 0.0));
                }
                *count += 1;
            }
            for (id, value) in &mut room.touched {
                let (Some(count), Some((idf, family))) =
                    (room.counts.get_mut(*id as usize), self.measures.get(*id as usize))
                else {
                    continue;
                };
                let count = std::mem::take(count);
                let damped = || if count == 1 { std::f64::consts::LN_2 } else { f64::from(count).ln_1p() };
                let (family, count) = (*family, f64::from(count));
                let total;
                (*value, total) = match family.measure() {
                    Measure::Windows | Measure::Whole => {
                        let value = damped() * idf;
                        (value, value * value)
                    }
                    Measure::Rate => (damped(), 0.0),
                    Measure::Share => (count, count),
                    Measure::Presence => (1.0, 0.0),
                };
                if let Some(sum) = totals.get_mut(family as usize) {
                    *sum += total;
                }
            }
            for (id, value) in room.touched.drain(..) {
                let (Some(sum), Some(family)) = (room.sums.get_mut(id as usize), family_of(id)) else { continue };
                let total = totals.get(family as usize).copied().unwrap_or(0.0);
                let divisor = match family.measure() {
                    Measure::Windows => total.sqrt() * windows,
                    Measure::Whole => total.sqrt(),
                    Measure::Rate => windows,
                    Measure::Share => total + FEW_CUES,
                    Measure::Presence => 1.0,
                };
                if *sum == 0.0 {
                    room.summed.push(id);
                }
                *sum += value / divisor;
            }
        }
        room.summed.sort_unstable();
        let sum_of = |id: u32| Some((id, std::mem::take(room.sums.get_mut(id as usize)?)));
        let values = room.summed.drain(..).filter_map(sum_of).collect();
        Bag { values, effective_length: words / analysis.windows() }
    }

    /// Where the wanted features (numbers, rising) were seen; one answer for each, in their order.
    #[must_use]
    pub fn locate(&self, places: &[(u32, Range<usize>)], wanted: &[u32]) -> Vec<Option<Occurrence>> {
        // Most places are of no wanted feature.
        let mut is_wanted = vec![false; self.entries.len()];
        for id in wanted {
            if let Some(mark) = is_wanted.get_mut(*id as usize) {
                *mark = true;
            }
        }
        let mut out: Vec<Option<Occurrence>> = vec![None; wanted.len()];
        for (id, range) in places.iter().filter(|(id, _)| is_wanted.get(*id as usize) == Some(&true)) {
            if let Some(slot) = wanted.binary_search(id).ok().and_then(|at| out.get_mut(at)) {
                slot.get_or_insert_with(|| Occurrence { range: range.clone(), count: 0 }).count += 1;
            }
        }
        out
    }

    /// Hands each known feature of the speech to `found`; returns the number of known words of the body.
    fn look_up(&self, analysis: &Analysis, found: impl FnMut(u32, Range<usize>)) -> usize {
        let mut lookup = Lookup { vocabulary: self, words: 0, found };
        analysis.visit(&mut lookup);
        lookup.words
    }
}

thread_local! {
    /// Counting by feature number needs room for each; a speech touches few, so the room is used again.
    static ROOM: RefCell<Room> = RefCell::default();
}

/// Room to count in: by feature number where it is indexed, otherwise lists of what was touched.
#[derive(Default)]
struct Room {
    /// Features seen, by window.
    seen: Vec<Vec<u32>>,
    counts: Vec<u32>,
    touched: Vec<(u32, f64)>,
    sums: Vec<f64>,
    summed: Vec<u32>,
}

impl Room {
    fn fit(&mut self, features: usize, windows: usize) {
        self.seen.resize_with(windows, Vec::new);
        self.counts.resize(features.max(self.counts.len()), 0);
        self.sums.resize(features.max(self.sums.len()), 0.0);
    }
}

/// Looks seen features up and hands on those that the vocabulary knows.
struct Lookup<'v, F> {
    vocabulary: &'v Vocabulary,
    words: usize,
    found: F,
}

impl<F: FnMut(u32, Range<usize>)> Sink for Lookup<'_, F> {
    type Word = u32;

    fn word(&mut self, term: &str) -> Option<u32> {
        self.vocabulary.words.get(term)
    }

    fn see(&mut self, feature: Seen<u32>, range: Range<usize>) {
        let v = self.vocabulary;
        let id = match feature {
            Seen::Word(zone, word) => {
                self.words += usize::from(zone == Zone::Whole);
                v.word_features.get(word as usize).and_then(|features| features.zones.get(zone as usize).copied())
            }
            Seen::Pair(first, second) => {
                let known =
                    |word: u32, side: fn(&WordFeatures) -> bool| v.word_features.get(word as usize).is_some_and(side);
                let possible = known(first, |word| word.begins_pairs) && known(second, |word| word.ends_pairs);
                possible.then(|| v.pairs.get(&pair(first, second)).copied()).flatten()
            }
            Seen::Cue(zone, class) => {
                v.cue_features.get(usize::from(class)).and_then(|features| features.get(zone as usize).copied())
            }
            Seen::Form(name) => v.forms.get(name).copied(),
        };
        if let Some(id) = id.filter(|id| *id != NONE) {
            (self.found)(id, range);
        }
    }
}
