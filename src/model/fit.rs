//! The settings of training, and one axis fitted by linfa-bayes.
//!
//! The parameters of a multinomial naive Bayes depend only on the sums of the bags of each class, so linfa is given one
//! row per class instead of one dense row per document: the same parameters without the dense matrix. Priors, which linfa
//! would take from the number of rows, come from [`Prior`] instead.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use linfa::prelude::Fit;
use linfa::{DatasetBase, ParamGuard};
use linfa_bayes::MultinomialNb;
use ndarray::{Array1, Array2, ArrayView1, Axis};
use serde::{Deserialize, Serialize};

use crate::features::Weighting;
use crate::{Error, Result};

/// What [`Settings::folds`] may be. With two, attribute weights could not be learnt beside a held-out fold, and confidence would be
/// that of another kind of classifier.
const FOLDS: RangeInclusive<usize> = 3..=100;

/// How to train: `[training]` in `model.toml`. Every field has a default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Decides which texts share a fold.
    pub seed: u64,
    /// Folds on which confidence is fitted; at least 3, so that what stands beside a fold has folds of its own.
    pub folds: usize,
    /// A feature must stand in this many texts.
    pub min_documents: usize,
    /// Learn from halves and thirds of long texts, too: scraped pages begin late and break off.
    pub excerpts: bool,
    /// How to fit each axis; axes not named are fitted by default.
    pub axes: BTreeMap<String, Fitting>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { seed: 1, folds: 5, min_documents: 3, excerpts: false, axes: BTreeMap::new() }
    }
}

impl Settings {
    pub(super) fn check(&self) -> Result<()> {
        let wrong = |field: &str, message: String| Err(Error::invalid(format!("training.{field}"), message));
        if !FOLDS.contains(&self.folds) {
            let (least, most) = (FOLDS.start(), FOLDS.end());
            return wrong("folds", format!("must lie between {least} and {most}, found {}", self.folds));
        }
        for (axis, fitting) in &self.axes {
            fitting.check().map_err(|e| e.within(&format!("training.axes.{axis}")))?;
        }
        Ok(())
    }

    pub(super) fn fitting(&self, axis: &str) -> Fitting {
        self.axes.get(axis).copied().unwrap_or_default()
    }
}

/// How to fit one axis: `[training.axes.NAME]` in `model.toml`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Fitting {
    /// Added to every class sum of every feature (Lidstone smoothing); above 0.
    pub alpha: f64,
    /// Which classes' sums a class is modelled by.
    pub variant: Variant,
    /// Scale every class to the same number of documents before smoothing, so that rare labels are not smoothed more.
    pub balanced: bool,
    /// Where priors come from.
    pub prior: Prior,
    /// How strongly attribute weights are drawn to 1; above 0. At `inf` all are 1: plain naive Bayes. See `weigh`.
    pub penalty: f64,
    /// Steps in which attribute weights are sought; above 0. To stop early keeps them near to 1, too.
    pub steps: u64,
    /// Weight of each family of features.
    pub weights: Weighting,
}

impl Default for Fitting {
    fn default() -> Self {
        Self {
            alpha: 0.03,
            variant: Variant::OneVersusRest,
            balanced: true,
            prior: Prior::Uniform,
            penalty: 1.0,
            steps: 15,
            weights: Weighting::default(),
        }
    }
}

/// Which naive Bayes; see Rennie, Shih, Teevan and Karger (ICML 2003), sections 3.1 and 3.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Variant {
    /// A class is what its own texts say: log P(feature | class).
    Multinomial,
    /// A class is what the texts of all other classes do not say: -log P(feature | other classes).
    Complement,
    /// Both: the sum of the two, a log-odds.
    OneVersusRest,
}

/// Where priors come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prior {
    /// Every label is as probable as the others: a corpus written to a plan says nothing about what pages bring.
    Uniform,
    /// The shares of the corpus.
    Learnt,
}

/// Who computes log P(feature | class). Both give the same numbers, as a test shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Estimator {
    /// linfa-bayes: what a model ships with.
    Linfa,
    /// Its formula, for the many fits that attribute weights and held-out folds need: linfa-bayes 0.8.1 prints every
    /// parameter of every fit (see `quiet`), which takes longer than all the rest of training.
    ClosedForm,
}

impl Fitting {
    pub(super) fn check(&self) -> Result<()> {
        if !(self.alpha > 0.0 && self.alpha.is_finite()) {
            return Err(Error::invalid("alpha", format!("must be a number above 0, found {}", self.alpha)));
        }
        if self.penalty.is_nan() || self.penalty <= 0.0 {
            return Err(Error::invalid("penalty", format!("must be a number above 0, found {}", self.penalty)));
        }
        if self.steps == 0 {
            return Err(Error::invalid("steps", "must be above 0, found 0"));
        }
        if !self.weights.by_family().iter().all(|w| *w >= 0.0 && w.is_finite()) {
            return Err(Error::invalid("weights", "must be finite numbers, 0 or more"));
        }
        Ok(())
    }

    /// Fits an axis on the sums of its classes' bags (`classes × features`) and their numbers of documents: the log prior
    /// of each class, and what each feature adds to its score, class by class.
    pub(super) fn fit(
        &self,
        axis: &str,
        mut sums: Array2<f64>,
        documents: &[usize],
        estimator: Estimator,
    ) -> Result<(Vec<f64>, Vec<Vec<f64>>)> {
        if self.balanced {
            balance(&mut sums, documents);
        }
        Ok((log_priors(documents, self.prior), scores(axis, sums, self, estimator)?))
    }
}

/// Scales each class's sums as if all classes had the mean number of documents.
fn balance(sums: &mut Array2<f64>, documents: &[usize]) {
    let mean = documents.iter().sum::<usize>() as f64 / documents.len().max(1) as f64;
    for (mut row, n) in sums.rows_mut().into_iter().zip(documents) {
        if *n > 0 {
            row *= mean / *n as f64;
        }
    }
}

/// A label without documents (possible in a small fold) gets a prior that no text overcomes.
const IMPOSSIBLE: f64 = -1e6;

fn log_priors(documents: &[usize], prior: Prior) -> Vec<f64> {
    let total: usize = documents.iter().sum();
    let present = documents.iter().filter(|n| **n > 0).count();
    documents
        .iter()
        .map(|n| match (n, prior) {
            (0, _) => IMPOSSIBLE,
            (_, Prior::Uniform) => -(present as f64).ln(),
            (n, Prior::Learnt) => (*n as f64 / total as f64).ln(),
        })
        .collect()
}

/// What each feature adds to the score of each class, class by class.
fn scores(axis: &str, sums: Array2<f64>, fitting: &Fitting, estimator: Estimator) -> Result<Vec<Vec<f64>>> {
    let rest = || {
        let all = sums.sum_axis(Axis(0));
        -&sums + all
    };
    let combine = |own: Vec<Vec<f64>>, rest: Vec<Vec<f64>>| {
        own.iter().zip(&rest).map(|(own, rest)| own.iter().zip(rest).map(|(o, r)| o - r).collect()).collect()
    };
    Ok(match fitting.variant {
        Variant::Multinomial => log_probabilities(axis, sums, fitting.alpha, estimator)?,
        Variant::Complement => {
            let rest = log_probabilities(axis, rest(), fitting.alpha, estimator)?;
            rest.into_iter().map(|class| class.into_iter().map(|x| -x).collect()).collect()
        }
        Variant::OneVersusRest => {
            let rest = log_probabilities(axis, rest(), fitting.alpha, estimator)?;
            combine(log_probabilities(axis, sums, fitting.alpha, estimator)?, rest)
        }
    })
}

/// log P(feature | class), class by class.
fn log_probabilities(axis: &str, sums: Array2<f64>, alpha: f64, estimator: Estimator) -> Result<Vec<Vec<f64>>> {
    match estimator {
        Estimator::Linfa => by_linfa(axis, sums, alpha),
        Estimator::ClosedForm => Ok(closed_form(&sums, alpha)),
    }
}

/// Lidstone's estimate: (sum + alpha) / (sum of the class + alpha · features).
fn closed_form(sums: &Array2<f64>, alpha: f64) -> Vec<Vec<f64>> {
    let class = |row: ArrayView1<f64>| {
        let total = (row.sum() + alpha * row.len() as f64).ln();
        row.iter().map(|sum| (sum + alpha).ln() - total).collect()
    };
    sums.rows().into_iter().map(class).collect()
}

/// Fits linfa's multinomial naive Bayes on one row of sums per class.
fn by_linfa(axis: &str, sums: Array2<f64>, alpha: f64) -> Result<Vec<Vec<f64>>> {
    let wrong = |reason: String| Error::Training { axis: axis.to_owned(), reason };
    let labels = sums.nrows();
    let dataset = DatasetBase::new(sums, Array1::from_iter(0..labels));
    let params = MultinomialNb::<f64, usize>::params().alpha(alpha).check().map_err(|e| wrong(e.to_string()))?;
    let fitted = super::quiet::without_stderr(|| params.fit(&dataset)).map_err(|e| wrong(e.to_string()))?;
    parameters(&fitted, labels).map_err(wrong)
}

/// Reads log P(feature | class) out of a fitted model through its public serde form, class by class.
fn parameters(fitted: &MultinomialNb<f64, usize>, labels: usize) -> Result<Vec<Vec<f64>>, String> {
    let value = serde_json::to_value(fitted).map_err(|e| e.to_string())?;
    (0..labels)
        .map(|label| {
            let numbers = value
                .pointer(&format!("/class_info/{label}/feature_log_prob/data"))
                .and_then(|data| data.as_array())
                .ok_or_else(|| format!("linfa-bayes gave no feature_log_prob for class {label}"))?;
            Ok(numbers.iter().map(|x| x.as_f64().unwrap_or(f64::NAN)).collect())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::Bag;
    use crate::model::Scorer;
    use linfa_bayes::NaiveBayes;
    use proptest::prelude::*;

    /// Random documents of four classes over thirty features, some features rare, some documents long.
    fn documents() -> impl Strategy<Value = Vec<(usize, Vec<f64>)>> {
        let value = prop_oneof![3 => Just(0.0_f32), 2 => 0.0_f32..3.0, 1 => 0.0_f32..4000.0].prop_map(f64::from);
        let document = (0_usize..4, prop::collection::vec(value, 30));
        prop::collection::vec(document, 4..40)
            .prop_filter("every class", |docs| (0..4).all(|c| docs.iter().any(|d| d.0 == c)))
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        /// linfa, fitted on the documents themselves, and our sparse table, fitted on one row per class, agree.
        #[test]
        fn the_sparse_scorer_equals_linfa(documents in documents()) {
            let rows = Array2::from_shape_fn((documents.len(), 30), |(i, f)| documents[i].1[f]);
            let classes = Array1::from_iter(documents.iter().map(|d| d.0));
            let params = MultinomialNb::<f64, usize>::params().alpha(0.5).check().unwrap();
            let linfa = super::super::quiet::without_stderr(|| params.fit(&DatasetBase::new(rows.clone(), classes)).unwrap());
            let expected = linfa.joint_log_likelihood(rows.view());

            let mut sums = Array2::<f64>::zeros((4, 30));
            let mut counts = [0; 4];
            for (class, values) in &documents {
                counts[*class] += 1;
                sums.row_mut(*class).zip_mut_with(&ndarray::ArrayView1::from(values), |sum, value| *sum += value);
            }
            let fitting = Fitting {
                alpha: 0.5,
                variant: Variant::Multinomial,
                balanced: false,
                prior: Prior::Learnt,
                penalty: f64::INFINITY,
                steps: 1,
                weights: Weighting::default(),
            };
            let (priors, columns) = fitting.fit("axis", sums.clone(), &counts, Estimator::Linfa).unwrap();
            let (_, closed) = fitting.fit("axis", sums, &counts, Estimator::ClosedForm).unwrap();
            for (linfa, closed) in columns.iter().flatten().zip(closed.iter().flatten()) {
                prop_assert!((linfa - closed).abs() <= 1e-9 * linfa.abs().max(1.0), "{linfa} {closed}");
            }
            let table = (0..30).flat_map(|f| columns.iter().map(move |column| column[f] as f32)).collect();
            let scorer = Scorer::new(priors, table).unwrap();
            for (i, (_, values)) in documents.iter().enumerate() {
                let values = (0_u32..).zip(values.iter().map(|v| *v as f32)).filter(|(_, v)| *v > 0.0).collect();
                let joint = scorer.joint_log_likelihood(&Bag { values, ..Bag::default() });
                for (class, ours) in joint.into_iter().enumerate() {
                    let theirs = expected[&class][i];
                    prop_assert!((ours - theirs).abs() <= 1e-6 * theirs.abs().max(1.0), "{ours} {theirs}");
                }
            }
        }
    }
}
