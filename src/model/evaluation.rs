//! How good a model is: accuracy, macro-F1, confusion, calibration, and what abstaining buys.

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::Serialize;

use super::catalogue::{Axis, Catalogue};
use super::confidence::Confidence;
use super::corpus::{Corpus, Record};
use super::curves::{
    Bin, CoverageAt, OperatingPoint, calibration_error, coverage_at, reliability, risk_coverage, share, thinned,
};
use super::train::{Example, Trained};
use super::verdict::{Answer, Verdict};
use super::{Model, Posterior, Priors, posteriors};
use crate::features::Analyzer;
use crate::{Error, Result};

/// Figures of one axis over the records that have a label on it. An answer that a record lists as acceptable counts as if it were
/// the record's own label, in every figure.
#[derive(Clone, Debug, Serialize)]
pub struct AxisFigures {
    /// The axis.
    pub axis: String,
    /// Records judged.
    pub records: usize,
    /// Share of records whose first label is right (or acceptable).
    pub accuracy: f64,
    /// Mean of F1 over the labels that the records have; an answer with another label counts against the label it missed.
    pub macro_f1: f64,
    /// Expected calibration error over [`reliability`](Self::reliability).
    pub calibration_error: f64,
    /// Share of records answered, not abstained from.
    pub coverage: f64,
    /// Share of right answers among those given.
    pub precision_when_answered: f64,
    /// The records that have no label on the axis, left out of all other figures.
    pub no_label: NoLabel,
    /// The most that could be answered at 90, 95, 98 and 99 % right.
    pub coverage_at: Vec<CoverageAt>,
    /// How often answers of one confidence are right.
    pub reliability: Vec<Bin>,
    /// What abstaining below each confidence would buy, thinned out; coverage rises.
    pub risk_coverage: Vec<OperatingPoint>,
    /// One line per label, in the catalogue's order.
    pub labels: Vec<LabelFigures>,
    /// The records whose first label is wrong, and those without a label that were answered.
    #[serde(skip)]
    pub mistakes: Vec<Mistake>,
    /// Rows: the right label; columns: the answer; both in the catalogue's order. Abstentions are not counted apart; texts with
    /// too little Chinese to be judged are in no column.
    pub confusion: Vec<Vec<usize>>,
}

/// Records known to have no label on an axis: an answer there is wrong.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct NoLabel {
    /// How many there are.
    pub records: usize,
    /// How many of them were answered.
    pub answered: usize,
}

/// Figures of one label.
#[derive(Clone, Debug, Serialize)]
pub struct LabelFigures {
    /// The label.
    pub label: String,
    /// Records with this label.
    pub records: usize,
    /// Right among the answers with this label.
    pub precision: f64,
    /// Found among the records with this label.
    pub recall: f64,
    /// Harmonic mean of both.
    pub f1: f64,
}

/// A record whose first label is wrong, or that has none and was answered.
#[derive(Clone, Debug, Serialize)]
pub struct Mistake {
    /// The record.
    pub id: String,
    /// The axis.
    pub axis: String,
    /// The right label; nothing if the record is known to have none on the axis.
    pub truth: Option<String>,
    /// The first label of the answer; nothing if the text has too little Chinese to be judged.
    pub answer: Option<String>,
    /// Its confidence.
    pub confidence: f64,
    /// Whether the model would abstain.
    pub abstained: bool,
}

/// One judged record.
struct Judged<'e> {
    verdict: Verdict<'e>,
    answered: bool,
}

/// Figures of a model over a corpus. Labels that the model does not know leave a record out of the axis; [`unknown_labels`]
/// counts them.
///
/// # Errors
/// [`Error::InvalidArgument`] if no record has a label that the model knows.
pub fn evaluate(model: &Model, corpus: &Corpus, analyzer: &Analyzer) -> Result<Vec<AxisFigures>> {
    let axes = &model.catalogue().axes;
    let known = |record: &Record| {
        let has = |axis: &Axis| {
            record.labels.get(&axis.id).is_some_and(|l| l.as_deref().is_some_and(|l| axis.label(l).is_some()))
        };
        axes.iter().any(has)
    };
    if !corpus.records.iter().any(known) {
        let labels = |axis: &Axis| axis.labels.iter().map(|label| label.id.as_str()).collect::<Vec<_>>().join(", ");
        let has: Vec<String> = axes.iter().map(|axis| format!("{} ({})", axis.id, labels(axis))).collect();
        let message = format!("no record has a label that the model knows; it has {}", has.join("; "));
        return Err(Error::invalid("labels", message));
    }
    let examples: Vec<Example> = corpus.records.par_iter().map(|r| Example::new(r, model.catalogue())).collect();
    let posteriors: Vec<Vec<Posterior>> = examples
        .par_iter()
        .map(|example| model.posteriors(&model.vocabulary().bag(&example.analyze(analyzer)), &Priors::new()))
        .collect();
    let thresholds: Vec<f64> = model.catalogue().axes.iter().map(|axis| axis.threshold).collect();
    let judged: Vec<_> =
        examples.iter().zip(posteriors).map(|(example, own)| (example, own, thresholds.as_slice())).collect();
    Ok(figures_of(model.catalogue(), &judged))
}

/// The labels of a corpus that a catalogue does not have, as `axis=label`, each with its records.
#[must_use]
pub fn unknown_labels(catalogue: &Catalogue, corpus: &Corpus) -> BTreeMap<String, usize> {
    let mut unknown = BTreeMap::new();
    for (axis, label) in corpus.records.iter().flat_map(|record| &record.labels) {
        let Some(label) = label else { continue };
        if catalogue.axis(axis).is_none_or(|axis| axis.label(label).is_none()) {
            *unknown.entry(format!("{axis}={label}")).or_default() += 1;
        }
    }
    unknown
}

/// Figures of a cross-validation: every record judged by a model that had not seen its fold, with confidence and
/// threshold fitted on the other folds.
#[must_use]
pub fn figures_of_folds(corpus: &Corpus, trained: &Trained) -> Vec<AxisFigures> {
    let catalogue: &Catalogue = trained.model.catalogue();
    let examples: Vec<Example> = corpus.records.par_iter().map(|r| Example::new(r, catalogue)).collect();
    let folds = trained.unseen.iter().map(|scored| scored.fold + 1).max().unwrap_or(0);
    let fitted: Vec<Confidence> = (0..folds)
        .into_par_iter()
        .map(|fold| Confidence::fit(catalogue, &examples, &trained.unseen, |f| f != fold))
        .collect();
    let judged: Vec<(&Example, Vec<Posterior>, &[f64])> = examples
        .iter()
        .zip(&trained.unseen)
        .filter_map(|(example, scored)| {
            let Confidence { axes, thresholds } = fitted.get(scored.fold)?;
            let own = posteriors(catalogue, axes, &scored.text, &Priors::new());
            Some((example, own, thresholds.as_slice()))
        })
        .collect();
    figures_of(catalogue, &judged)
}

/// Figures of judged records: each with its posteriors and the threshold of every axis.
fn figures_of<'e>(catalogue: &Catalogue, judged: &[(&'e Example, Vec<Posterior>, &[f64])]) -> Vec<AxisFigures> {
    let axis_figures = |(a, axis): (usize, &Axis)| {
        let judge = |(example, posteriors, thresholds): &(&'e Example, Vec<Posterior>, &[f64])| {
            let verdict = Verdict::of(example, axis, a, posteriors.get(a)?)?;
            let answered = verdict.answer.is_some() && verdict.confidence >= *thresholds.get(a)?;
            Some(Judged { verdict, answered })
        };
        figures(axis, &judged.iter().filter_map(judge).collect::<Vec<_>>())
    };
    catalogue.axes.iter().enumerate().map(axis_figures).collect()
}

fn figures(axis: &Axis, judged: &[Judged]) -> AxisFigures {
    let n = axis.labels.len();
    let (labelled, without): (Vec<&Judged>, Vec<&Judged>) = judged.iter().partition(|j| j.verdict.truth.is_some());
    let mut confusion = vec![vec![0_usize; n]; n];
    for Verdict { truth, answer, .. } in labelled.iter().map(|j| j.verdict) {
        if let (Some(truth), Some(answer)) = (truth, answer)
            && let Some(cell) = confusion.get_mut(truth).and_then(|row| row.get_mut(answer))
        {
            *cell += 1;
        }
    }
    let cell = |t: usize, p: usize| confusion.get(t).and_then(|row| row.get(p)).copied().unwrap_or(0);
    let labels: Vec<LabelFigures> = axis
        .labels
        .iter()
        .enumerate()
        .map(|(l, label)| {
            let records = labelled.iter().filter(|j| j.verdict.truth == Some(l)).count();
            let answers: usize = (0..n).map(|t| cell(t, l)).sum();
            let (precision, recall) = (share(cell(l, l), answers), share(cell(l, l), records));
            let f1 = if precision + recall > 0.0 { 2.0 * precision * recall / (precision + recall) } else { 0.0 };
            LabelFigures { label: label.id.clone(), records, precision, recall, f1 }
        })
        .collect();
    let present: Vec<f64> = labels.iter().filter(|l| l.records > 0).map(|l| l.f1).collect();
    let name = |label: usize| axis.labels.get(label).map(|l| l.id.clone());
    let wrong = labelled.iter().filter(|j| !j.verdict.right());
    let mistakes = wrong.chain(without.iter().filter(|j| j.answered)).map(|j| Mistake {
        id: j.verdict.id.to_owned(),
        axis: axis.id.clone(),
        truth: j.verdict.truth.and_then(name),
        answer: j.verdict.answer.and_then(name),
        confidence: j.verdict.confidence,
        abstained: !j.answered,
    });
    let answers: Vec<Answer> = judged.iter().filter_map(|j| j.verdict.counted()).collect();
    let given: Vec<Answer> = judged.iter().filter(|j| j.answered).filter_map(|j| j.verdict.counted()).collect();
    let bins = reliability(&answers);
    let curve = risk_coverage(&answers);
    AxisFigures {
        mistakes: mistakes.collect(),
        axis: axis.id.clone(),
        records: labelled.len(),
        accuracy: share(labelled.iter().filter(|j| j.verdict.right()).count(), labelled.len()),
        macro_f1: if present.is_empty() { 0.0 } else { present.iter().sum::<f64>() / present.len() as f64 },
        calibration_error: calibration_error(&bins),
        coverage: share(labelled.iter().filter(|j| j.answered).count(), labelled.len()),
        precision_when_answered: share(given.iter().filter(|answer| answer.right).count(), given.len()),
        no_label: NoLabel { records: without.len(), answered: without.iter().filter(|j| j.answered).count() },
        coverage_at: coverage_at(&curve),
        reliability: bins,
        risk_coverage: thinned(&curve),
        labels,
        confusion,
    }
}
