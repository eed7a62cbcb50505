//! Training: examples to features, features to a naive Bayes, folds to confidence.
//!
//! Nothing depends on time, on threads or on the order of a hash map, so the same corpus gives the same bytes.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use sha2::{Digest, Sha256};

use super::Model;
use super::catalogue::Catalogue;
use super::confidence::Confidence;
use super::corpus::{Corpus, Record};
use super::fit::{Estimator, Settings};
use super::learn::{Lesson, learn};
use super::scorer::{Scored, Scorer};
use super::select::Counted;
use crate::document::{PieceKind, Prepared, normalize, prepare};
use crate::features::{Analysis, Analyzer, Bag, Title, Vocabulary};
use crate::{Error, Result};

/// A record prepared for training or measuring.
#[derive(Debug)]
pub(crate) struct Example<'c> {
    pub(crate) record: &'c Record,
    prepared: Prepared,
    given_title: Option<String>,
    /// Label number per axis of the catalogue.
    truth: Vec<Option<usize>>,
}

impl<'c> Example<'c> {
    pub(crate) fn new(record: &'c Record, catalogue: &Catalogue) -> Self {
        let truth = catalogue
            .axes
            .iter()
            .map(|axis| record.labels.get(&axis.id)?.as_deref().and_then(|id| axis.label(id)).map(|(i, _)| i))
            .collect();
        let given_title = record.title.as_deref().map(|title| normalize(title).as_str().to_owned());
        Self { record, prepared: prepare(&record.text, true, false), given_title, truth }
    }

    /// The number of the text's label on axis number `a`.
    pub(crate) fn truth(&self, a: usize) -> Option<usize> {
        self.truth.get(a).copied().flatten()
    }

    /// Whether the text has a label on an axis, known or not.
    pub(crate) fn has_one(&self, axis: &str) -> bool {
        matches!(self.record.labels.get(axis), Some(Some(_)))
    }

    /// Whether the text is known to have no label on an axis.
    pub(crate) fn has_none(&self, axis: &str) -> bool {
        matches!(self.record.labels.get(axis), Some(None))
    }

    pub(crate) fn analyze<'s>(&'s self, analyzer: &Analyzer) -> Analysis<'s> {
        let find = |kind| self.prepared.pieces.iter().find(|p| p.kind == kind).map(|p| p.range.clone());
        let title = match (find(PieceKind::Title), &self.given_title) {
            (Some(range), _) => Title::Inside(range),
            (None, Some(words)) => Title::Given(words),
            (None, None) => Title::None,
        };
        analyzer.analyze(self.prepared.text.as_str(), title, find(PieceKind::Speech).unwrap_or_default())
    }
}

/// A text scored by a model that had not seen it.
#[derive(Clone, Debug)]
pub struct Unseen {
    /// What it made of the text.
    pub text: Scored,
    /// The fold it was held out in.
    pub fold: usize,
}

/// A trained model and the fold scores its confidence was fitted on.
#[derive(Debug)]
pub struct Trained {
    /// The model.
    pub model: Model,
    /// Per record of the corpus, in its order.
    pub unseen: Vec<Unseen>,
    /// What the corpus lacks for the model to be relied on.
    pub warnings: Vec<String>,
}

/// With texts of fewer families, some fold's model has seen none, or has none to hold its own weights against.
const MIN_FAMILIES: usize = 3;

/// Trains a model.
///
/// # Errors
/// [`Error::Corpus`] if the corpus has no `model.toml`, a label without texts, or fewer families than folds;
/// [`Error::InvalidArgument`] for settings out of range; [`Error::Training`] if there is nothing to learn, or linfa refuses.
pub fn train(corpus: &Corpus, analyzer: &Analyzer) -> Result<Trained> {
    let recipe = corpus.recipe.as_ref().ok_or_else(|| Error::Corpus {
        path: "model.toml".into(),
        reason: "is missing: it names the axes and labels (see corpus/model.toml of speechtag)".to_owned(),
    })?;
    let (settings, mut catalogue) = (&recipe.training, recipe.catalogue.clone());
    settings.check()?;
    let warnings = check_families(&corpus.records, &catalogue, settings.folds)?;
    let excerpts = if settings.excerpts { excerpts(&corpus.records) } else { Vec::new() };
    let records: Vec<&Record> = corpus.records.iter().chain(&excerpts).collect();
    let examples: Vec<Example> = records.par_iter().map(|record| Example::new(record, &catalogue)).collect();
    let analyses: Vec<Analysis> = examples.par_iter().map(|example| example.analyze(analyzer)).collect();
    let counted = Counted::new(&analyses, analyzer);
    let trainer = Trainer {
        settings,
        catalogue: &recipe.catalogue,
        analyzer,
        examples: &examples,
        whole: corpus.records.len(),
        analyses: &analyses,
        counted,
    };

    let fold_of = trainer.folds(settings.folds);
    let everything: Vec<usize> = (0..examples.len()).collect();
    let (unseen, shipped) = rayon::join(
        || trainer.hold_out(settings.folds, &fold_of),
        || trainer.fit(&everything, &fold_of, Estimator::Linfa),
    );
    let (unseen, (vocabulary, scorer)) = (unseen?, shipped?);
    let Confidence { axes, thresholds } = Confidence::fit(&recipe.catalogue, &examples, &unseen, |_| true);
    for (axis, threshold) in catalogue.axes.iter_mut().zip(thresholds) {
        axis.threshold = threshold;
    }
    let model = Model::new(catalogue.clone(), vocabulary, scorer, axes);
    Ok(Trained { model, unseen, warnings })
}

/// Whether there are enough families for folds, and of each label; what is scarce but not missing is returned in words.
fn check_families(records: &[Record], catalogue: &Catalogue, folds: usize) -> Result<Vec<String>> {
    let families: BTreeSet<&str> = records.iter().map(Record::family).collect();
    if families.len() < folds {
        let reason = format!("holds texts of {} families; {folds} folds need as many (training.folds)", families.len());
        return Err(Error::Corpus { path: "family".into(), reason });
    }
    let mut warnings = Vec::new();
    for axis in &catalogue.axes {
        for label in &axis.labels {
            let labelled = |r: &&Record| r.labels.get(&axis.id).is_some_and(|x| x.as_deref() == Some(&label.id));
            let own: BTreeSet<&str> = records.iter().filter(labelled).map(Record::family).collect();
            if own.is_empty() {
                return Err(Error::Corpus {
                    path: format!("axis[{}].label[{}]", axis.id, label.id).into(),
                    reason: "no text has this label".to_owned(),
                });
            }
            if own.len() < MIN_FAMILIES {
                warnings.push(format!(
                    "axis {:?}, label {:?}: texts of {} families (a text without `family` is its own); below {MIN_FAMILIES}, neither \
                     its features nor its confidence can be checked on others",
                    axis.id,
                    label.id,
                    own.len()
                ));
            }
        }
    }
    Ok(warnings)
}

/// An excerpt has at least this many characters.
const EXCERPT_MIN_CHARS: usize = 200;

/// The halves and the thirds of every text that is long enough; a title given beside the text stays with the first.
fn excerpts(records: &[Record]) -> Vec<Record> {
    let mut out = Vec::new();
    for record in records {
        let chars = record.text.chars().count();
        for parts in [2, 3].into_iter().filter(|parts| chars / parts >= EXCERPT_MIN_CHARS) {
            for part in 0..parts {
                let (start, end) = (chars * part / parts, chars * (part + 1) / parts);
                let text = record.text.chars().skip(start).take(end - start).collect();
                let title = record.title.clone().filter(|_| part == 0);
                out.push(Record { text, title, ..record.clone() });
            }
        }
    }
    out
}

/// Scores every record by a model trained without its fold; for `evaluate --cross-validate`.
///
/// # Errors
/// As [`train`].
pub fn cross_validate(corpus: &Corpus, analyzer: &Analyzer, folds: usize) -> Result<Trained> {
    let mut corpus = corpus.clone();
    if let Some(recipe) = &mut corpus.recipe {
        recipe.training.folds = folds;
    }
    train(&corpus, analyzer)
}

/// Everything a fit needs.
struct Trainer<'a> {
    settings: &'a Settings,
    catalogue: &'a Catalogue,
    analyzer: &'a Analyzer,
    examples: &'a [Example<'a>],
    /// So many examples are whole texts; those behind them are excerpts, to learn from and not to judge by.
    whole: usize,
    analyses: &'a [Analysis<'a>],
    counted: Counted,
}

impl Trainer<'_> {
    /// Scores each example by a model that has not seen its fold.
    fn hold_out(&self, folds: usize, fold_of: &[usize]) -> Result<Vec<Unseen>> {
        let unseen_of = |fold: usize| -> Result<Vec<(usize, Unseen)>> {
            let (held, seen): (Vec<usize>, Vec<usize>) =
                (0..self.examples.len()).partition(|i| fold_of.get(*i) == Some(&fold));
            // These score the fold and are gone, so linfa need not print them.
            let (vocabulary, scorer) = self.fit(&seen, fold_of, Estimator::ClosedForm)?;
            let scored = held.into_iter().filter(|i| *i < self.whole).filter_map(|i| {
                let bag = vocabulary.bag(self.analyses.get(i)?);
                Some((i, Unseen { text: Scored::new(&scorer, &bag), fold }))
            });
            Ok(scored.collect())
        };
        let scored: Vec<_> = (0..folds).into_par_iter().map(unseen_of).collect::<Result<_>>()?;
        let unseen: BTreeMap<usize, Unseen> = scored.into_iter().flatten().collect();
        Ok(unseen.into_values().collect())
    }

    /// The fold of each example: whole families, ordered by a seeded hash, dealt out in turn.
    fn folds(&self, folds: usize) -> Vec<usize> {
        let mut order: Vec<(Option<usize>, [u8; 32], String)> = self
            .examples
            .iter()
            .map(|example| {
                let name = example.record.family().to_owned();
                let mut hash = Sha256::new();
                hash.update(self.settings.seed.to_le_bytes());
                hash.update(name.as_bytes());
                (example.truth(0), hash.finalize().into(), name)
            })
            .collect();
        order.sort();
        order.dedup_by(|a, b| a.2 == b.2);
        let mut of: FxHashMap<String, usize> = FxHashMap::default();
        for (i, (_, _, name)) in order.into_iter().enumerate() {
            of.entry(name).or_insert(i % folds);
        }
        self.examples.iter().map(|example| of.get(example.record.family()).copied().unwrap_or(0)).collect()
    }

    /// Selects features on the given examples and learns every axis from them.
    fn fit(&self, chosen: &[usize], fold_of: &[usize], estimator: Estimator) -> Result<(Vocabulary, Scorer)> {
        let whole: Vec<usize> = chosen.iter().copied().filter(|i| *i < self.whole).collect();
        let entries = self.counted.select(&whole, self.settings.min_documents);
        let vocabulary = Vocabulary::new(entries, self.analyzer.cues().names());
        let bags: Vec<(usize, Bag)> =
            chosen.par_iter().filter_map(|i| Some((*i, vocabulary.bag(self.analyses.get(*i)?)))).collect();
        let width = self.catalogue.width();
        let mut prior = Vec::with_capacity(width);
        let mut table = vec![0.0_f32; vocabulary.entries().len() * width];
        let mut offset = 0;
        for (a, axis) in self.catalogue.axes.iter().enumerate() {
            let labels = axis.labels.len();
            let fitting = self.settings.fitting(&axis.id);
            let by_family = fitting.weights.by_family();
            let family_weights: Vec<f64> =
                vocabulary.families().map(|family| by_family.get(family as usize).copied().unwrap_or(0.0)).collect();
            if !family_weights.iter().any(|weight| *weight > 0.0) {
                let reason = format!(
                    "no feature with a weight above 0 stands in {} texts (training.min_documents, weights)",
                    self.settings.min_documents
                );
                return Err(Error::Training { axis: axis.id.clone(), reason });
            }
            let lessons: Vec<Lesson> = bags
                .iter()
                .filter_map(|(i, bag)| {
                    let label = self.examples.get(*i)?.truth(a)?;
                    Some(Lesson { bag, label, fold: *fold_of.get(*i)? })
                })
                .collect();
            let learnt = learn(&axis.id, labels, &fitting, &family_weights, &lessons, estimator)?;
            for (row, own) in table.chunks_exact_mut(width).zip(learnt.table.chunks_exact(labels)) {
                if let Some(cells) = row.get_mut(offset..offset + labels) {
                    for (cell, learnt) in cells.iter_mut().zip(own) {
                        *cell = *learnt as f32;
                    }
                }
            }
            prior.extend(learnt.prior);
            offset += labels;
        }
        let scorer = Scorer::new(prior, table).ok_or_else(|| Error::Training {
            axis: "all".to_owned(),
            reason: "the fitted parameters are not finite numbers".to_owned(),
        })?;
        Ok((vocabulary, scorer))
    }
}
