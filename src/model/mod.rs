//! A model: what it can say, what it looks at, what it has learnt, how sure it may be.

mod calibration;
mod card;
mod catalogue;
mod confidence;
mod corpus;
mod curves;
mod evaluation;
mod file;
mod fit;
mod learn;
mod lint;
mod priors;
mod quiet;
mod scorer;
mod select;
#[cfg(test)]
mod tests;
mod train;
mod verdict;
mod weigh;

use serde::{Deserialize, Serialize};

pub use calibration::{Calibration, Trial};
pub use card::card;
pub use catalogue::{Axis, Catalogue, Label};
pub use corpus::{Acceptable, Corpus, Recipe, Record};
pub use curves::{Bin, CoverageAt, OperatingPoint};
pub use evaluation::{AxisFigures, LabelFigures, Mistake, NoLabel, evaluate, figures_of_folds, unknown_labels};
pub use file::{FORMAT_VERSION, MODEL_FILE};
pub(crate) use file::{hex, sha256_of};
pub use fit::{Fitting, Prior, Settings, Variant};
pub use lint::{Limits as LintLimits, Report as LintReport, lint};
pub use priors::{Priors, check as check_priors};
pub use scorer::{Scored, Scorer};
pub use train::{Trained, Unseen, cross_validate, train};

use crate::features::{Bag, Feature, Vocabulary};

/// A trained model. It is immutable; share it behind an `Arc`.
#[derive(Debug)]
pub struct Model {
    catalogue: Catalogue,
    vocabulary: Vocabulary,
    scorer: Scorer,
    axes: Vec<AxisModel>,
    sha256: String,
}

/// What a model has learnt about one axis beside the score table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AxisModel {
    /// Temperature as a function of effective length.
    pub calibration: Calibration,
    /// Share of each label among the texts that confidence was calibrated on.
    pub shares: Vec<f64>,
    /// Share of texts, 0 to 1, that have a label on this axis at all, for each label of the catalogue's first axis.
    pub stated: Vec<f64>,
}

/// What a model says about one axis of one text, before the threshold is applied.
#[derive(Clone, Debug)]
pub struct Posterior {
    /// Calibrated probability of each label of the axis, in the catalogue's order. On an optional axis they may
    /// sum to less than 1: the rest is the probability that the text has no label there, as a novel speaks for no level of
    /// government.
    pub probabilities: Vec<f64>,
    /// Labels by falling probability; ties by the catalogue's order. Of a text with next to no Chinese, the axis's fallback or
    /// none.
    pub ranking: Vec<usize>,
    /// What the scores were divided by; see [`Calibration`].
    pub temperature: f64,
}

impl Model {
    pub(crate) fn new(catalogue: Catalogue, vocabulary: Vocabulary, scorer: Scorer, axes: Vec<AxisModel>) -> Self {
        let mut model = Self { catalogue, vocabulary, scorer, axes, sha256: String::new() };
        model.sha256 = file::sha256_of(&model.to_bytes());
        model
    }

    /// Axes and labels.
    #[must_use]
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// The features the model looks at.
    #[must_use]
    pub fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// The score table.
    #[must_use]
    pub fn scorer(&self) -> &Scorer {
        &self.scorer
    }

    /// Per axis, in the catalogue's order.
    #[must_use]
    pub fn axes(&self) -> &[AxisModel] {
        &self.axes
    }

    /// SHA-256 of the model file, in lower-case hexadecimal: what `sha256sum model.bin` prints.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// One posterior per axis, in the catalogue's order, under priors that [`check_priors`] has passed.
    #[must_use]
    pub fn posteriors(&self, bag: &Bag, priors: &Priors) -> Vec<Posterior> {
        posteriors(&self.catalogue, &self.axes, &Scored::new(&self.scorer, bag), priors)
    }

    /// The axes with their columns in the score table.
    pub(crate) fn columns(&self) -> impl Iterator<Item = (&Axis, std::ops::Range<usize>)> {
        columns(&self.catalogue)
    }

    /// The features that speak most for a label of an axis, each with its mean advantage over the axis's other labels in
    /// log-probability, strongest first.
    #[must_use]
    pub fn top_features(&self, axis: &str, label: &str, n: usize) -> Vec<(&Feature, f64)> {
        let Some((axis, range)) = self.columns().find(|(a, _)| a.id == axis) else { return Vec::new() };
        let Some((own, _)) = axis.label(label) else { return Vec::new() };
        let others = (axis.labels.len() - 1).max(1) as f64;
        let mut weighted: Vec<(&Feature, f64)> = (0_u32..)
            .zip(self.vocabulary.entries())
            .filter_map(|(id, entry)| {
                let row = self.scorer.row(id).get(range.clone())?;
                let mine = f64::from(*row.get(own)?);
                let rest = row.iter().copied().map(f64::from).sum::<f64>() - mine;
                Some((&entry.feature, mine - rest / others))
            })
            .collect();
        weighted.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        weighted.truncate(n);
        weighted
    }
}

impl Posterior {
    fn new(probabilities: Vec<f64>, temperature: f64) -> Self {
        let mut ranking: Vec<usize> = (0..probabilities.len()).collect();
        let p = |i: &usize| probabilities.get(*i).copied().unwrap_or(0.0);
        ranking.sort_by(|a, b| p(b).total_cmp(&p(a)).then(a.cmp(b)));
        Self { probabilities, ranking, temperature }
    }

    /// ln of how many times likelier the first label is than the second, which may be too small for a probability; nothing
    /// without two.
    #[must_use]
    pub fn log_odds(&self) -> Option<f64> {
        let [first, second, ..] = *self.ranking.as_slice() else { return None };
        let ln = |label: usize| Some(self.probabilities.get(label)?.max(f64::MIN_POSITIVE).ln());
        Some(ln(first)? - ln(second)?)
    }

    /// Probability of the first label; 0 without one.
    #[must_use]
    pub fn confidence(&self) -> f64 {
        self.ranking.first().and_then(|best| self.probabilities.get(*best)).copied().unwrap_or(0.0)
    }
}

/// Where less than this share of such texts has a label on an optional axis, there is likely none to tell.
const MOSTLY: f64 = 0.5;

/// With fewer Chinese characters, in title and body together, there is nothing to judge by.
pub(crate) const MIN_CHINESE_CHARS: usize = 20;

/// What is said of a text that is not judged, by definition: certainly the axis's fallback, or nothing.
fn unjudged(axis: &Axis) -> Posterior {
    let fallback = axis.fallback.as_deref().and_then(|id| axis.label(id)).map(|(number, _)| number);
    let probability = |label| if Some(label) == fallback { 1.0 } else { 0.0 };
    let probabilities = (0..axis.labels.len()).map(probability).collect();
    Posterior { probabilities, ranking: fallback.into_iter().collect(), temperature: 1.0 }
}

/// One posterior per axis of what a scorer said.
pub(crate) fn posteriors(catalogue: &Catalogue, axes: &[AxisModel], text: &Scored, priors: &Priors) -> Vec<Posterior> {
    if text.chinese_chars < MIN_CHINESE_CHARS {
        return catalogue.axes.iter().map(unjudged).collect();
    }
    let mut first: Option<Vec<f64>> = None;
    columns(catalogue)
        .zip(axes)
        .map(|((axis, range), learnt)| {
            let p = learnt.calibration.probabilities(text.joint.get(range).unwrap_or_default(), text.effective_length);
            let mut p = match priors.get(&axis.id) {
                Some(wanted) => priors::adjust(&p, &learnt.shares, axis, wanted),
                None => p,
            };
            let first = first.get_or_insert_with(|| p.clone());
            let stated: f64 = learnt.stated.iter().zip(&*first).map(|(share, p)| share * p).sum();
            if axis.optional && stated < MOSTLY {
                for p in &mut p {
                    *p *= stated;
                }
            }
            Posterior::new(p, learnt.calibration.temperature(text.effective_length))
        })
        .collect()
}

/// The axes of a catalogue with their columns in the score table.
pub(crate) fn columns(catalogue: &Catalogue) -> impl Iterator<Item = (&Axis, std::ops::Range<usize>)> {
    catalogue.axes.iter().scan(0, |at, axis| {
        let start = *at;
        *at += axis.labels.len();
        Some((axis, start..*at))
    })
}
