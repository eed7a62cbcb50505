//! One axis, learnt from bags: sums by label, linfa's likelihoods, attribute weights.

use std::collections::BTreeMap;

use ndarray::Array2;

use super::fit::{Estimator, Fitting};
use super::scorer::Scorer;
use super::weigh::{Part, weigh};
use crate::features::Bag;
use crate::{Error, Result};

/// A text to learn an axis from.
pub(super) struct Lesson<'b> {
    /// What it looks like.
    pub(super) bag: &'b Bag,
    /// The number of its label.
    pub(super) label: usize,
    /// The fold it belongs to.
    pub(super) fold: usize,
}

/// Log priors, and the score table: row by row, one row per feature, one column per label.
pub(super) struct Learnt {
    pub(super) prior: Vec<f64>,
    pub(super) table: Vec<f64>,
}

/// Learns an axis of `labels` labels; `family_weights` has one weight per feature. `estimator` gives the likelihoods that the
/// weights are laid on.
///
/// # Errors
/// [`Error::Training`] with the axis and linfa's or the optimiser's words.
pub(super) fn learn(
    axis: &str,
    labels: usize,
    fitting: &Fitting,
    family_weights: &[f64],
    lessons: &[Lesson],
    estimator: Estimator,
) -> Result<Learnt> {
    let wrong = |reason: String| Error::Training { axis: axis.to_owned(), reason };
    let likelihoods = |sums: Sums, estimator: Estimator| -> Result<Learnt> {
        let (prior, columns) = fitting.fit(axis, sums.features, &sums.documents, estimator)?;
        let mut table = vec![0.0; family_weights.len() * labels];
        for (label, column) in columns.iter().enumerate() {
            for ((row, value), weight) in table.chunks_exact_mut(labels).zip(column).zip(family_weights) {
                if let Some(cell) = row.get_mut(label) {
                    *cell = weight * value;
                }
            }
        }
        Ok(Learnt { prior, table })
    };
    let mut by_fold: BTreeMap<usize, Vec<&Lesson>> = BTreeMap::new();
    for lesson in lessons {
        by_fold.entry(lesson.fold).or_default().push(lesson);
    }
    let sums: Vec<Sums> = by_fold.values().map(|lessons| Sums::of(lessons, labels, family_weights)).collect();
    let mut all = Sums::new(labels, family_weights.len());
    for fold in &sums {
        all.add(fold);
    }
    if fitting.penalty.is_infinite() {
        return likelihoods(all, estimator);
    }

    let mut parts = Vec::with_capacity(sums.len());
    for (fold, lessons) in sums.iter().zip(by_fold.values()) {
        let others = all.without(fold);
        // What the other folds can't know they can't be blamed for: one such text would cost more than all others together.
        let known = |label: usize| others.documents.get(label).is_some_and(|texts| *texts > 0);
        let texts: Vec<(&Bag, usize)> =
            lessons.iter().filter(|lesson| known(lesson.label)).map(|lesson| (lesson.bag, lesson.label)).collect();
        if texts.is_empty() {
            continue;
        }
        let Learnt { prior, table } = likelihoods(others, Estimator::ClosedForm)?;
        let table = table.into_iter().map(|cell| cell as f32).collect();
        let scorer = Scorer::new(prior, table).ok_or_else(|| wrong("the parameters are not finite".to_owned()))?;
        parts.push(Part { scorer, texts });
    }
    if parts.is_empty() {
        return Err(wrong("no label has texts of enough families; see `family` in the corpus".to_owned()));
    }
    let weights = weigh(&parts, family_weights.len() * labels, fitting.penalty, fitting.steps).map_err(wrong)?;
    let mut learnt = likelihoods(all, estimator)?;
    for (cell, weight) in learnt.table.iter_mut().zip(&weights) {
        *cell *= weight;
    }
    Ok(learnt)
}

/// Sums of bags by label.
struct Sums {
    /// Labels × features.
    features: Array2<f64>,
    /// Texts of each label.
    documents: Vec<usize>,
}

impl Sums {
    fn new(labels: usize, features: usize) -> Self {
        Self { features: Array2::zeros((labels, features)), documents: vec![0; labels] }
    }

    fn of(lessons: &[&Lesson], labels: usize, family_weights: &[f64]) -> Self {
        let mut sums = Self::new(labels, family_weights.len());
        for lesson in lessons {
            if let Some(count) = sums.documents.get_mut(lesson.label) {
                *count += 1;
            }
            for (feature, value) in &lesson.bag.values {
                let feature = *feature as usize;
                if let (Some(sum), Some(weight)) =
                    (sums.features.get_mut((lesson.label, feature)), family_weights.get(feature))
                {
                    *sum += weight * f64::from(*value);
                }
            }
        }
        sums
    }

    fn add(&mut self, other: &Self) {
        self.features += &other.features;
        self.documents.iter_mut().zip(&other.documents).for_each(|(n, m)| *n += m);
    }

    /// What is left without `part`; never below nothing, whatever rounding says.
    fn without(&self, part: &Self) -> Self {
        let mut features = &self.features - &part.features;
        features.mapv_inplace(|sum| if sum < 1e-12 { 0.0 } else { sum });
        let documents = self.documents.iter().zip(&part.documents).map(|(n, m)| n - m).collect();
        Self { features, documents }
    }
}
