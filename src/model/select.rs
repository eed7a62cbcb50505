//! Which features a model looks at.

use rustc_hash::FxHashMap;

use crate::features::{Analysis, Analyzer, Entry, Feature, Seen, Sink};

/// Every feature of every example, by number, for choosing a vocabulary per fold.
pub(super) struct Counted {
    features: Vec<Feature>,
    /// Per example: the numbers of its features, rising.
    seen: Vec<Vec<u32>>,
}

impl Counted {
    pub(super) fn new(analyses: &[Analysis], analyzer: &Analyzer) -> Self {
        let cue_names = analyzer.cues().names();
        let mut words = Words::default();
        let mut numbers: FxHashMap<Seen<u32>, u32> = FxHashMap::default();
        let mut order: Vec<Seen<u32>> = Vec::new();
        let mut seen = Vec::with_capacity(analyses.len());
        for analysis in analyses {
            analysis.visit(&mut words);
            let mut ids: Vec<u32> = words
                .seen
                .drain(..)
                .map(|feature| {
                    *numbers.entry(feature).or_insert_with(|| {
                        order.push(feature);
                        order.len() as u32 - 1
                    })
                })
                .collect();
            ids.sort_unstable();
            ids.dedup();
            seen.push(ids);
        }
        let word = |id: u32| words.texts.get(id as usize).cloned().unwrap_or_default();
        let features = order
            .into_iter()
            .map(|feature| match feature {
                Seen::Word(zone, w) => Feature::Word(zone, word(w)),
                Seen::Pair(first, second) => Feature::Pair(word(first), word(second)),
                Seen::Cue(zone, class) => {
                    Feature::Cue(zone, cue_names.get(usize::from(class)).cloned().unwrap_or_default())
                }
                Seen::Form(name) => Feature::Form(name.to_owned()),
            })
            .collect();
        Self { features, seen }
    }

    /// The features that stand in at least `min_documents` of the chosen examples, the most frequent first, so that what most
    /// texts need lies close together in memory.
    pub(super) fn select(&self, chosen: &[usize], min_documents: usize) -> Vec<Entry> {
        let mut documents = vec![0_usize; self.features.len()];
        for ids in chosen.iter().filter_map(|i| self.seen.get(*i)) {
            for id in ids {
                if let Some(count) = documents.get_mut(*id as usize) {
                    *count += 1;
                }
            }
        }
        let idf = |n: usize| ((1.0 + chosen.len() as f64) / (1.0 + n as f64)).ln() + 1.0;
        let mut frequent: Vec<(&Feature, usize)> =
            self.features.iter().zip(documents).filter(|(_, n)| *n >= min_documents.max(1)).collect();
        frequent.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        frequent.into_iter().map(|(feature, n)| Entry { feature: feature.clone(), idf: idf(n) }).collect()
    }
}

/// Numbers words as they come and keeps what is seen.
#[derive(Default)]
struct Words {
    numbers: FxHashMap<String, u32>,
    texts: Vec<String>,
    seen: Vec<Seen<u32>>,
}

impl Sink for Words {
    type Word = u32;

    fn word(&mut self, term: &str) -> Option<u32> {
        if let Some(id) = self.numbers.get(term) {
            return Some(*id);
        }
        let id = u32::try_from(self.texts.len()).ok()?;
        self.numbers.insert(term.to_owned(), id);
        self.texts.push(term.to_owned());
        Some(id)
    }

    fn see(&mut self, feature: Seen<u32>, _: std::ops::Range<usize>) {
        self.seen.push(feature);
    }
}
