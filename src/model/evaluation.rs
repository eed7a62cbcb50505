//! How good a model is: accuracy, macro-F1, confusion, calibration, and what abstaining buys.

use rayon::prelude::*;
use serde::Serialize;

use super::catalogue::{Axis, Catalogue};
use super::confidence::Confidence;
use super::corpus::Corpus;
use super::curves::{
    Bin, CoverageAt, OperatingPoint, calibration_error, coverage_at, reliability, risk_coverage, share, thinned,
};
use super::train::{Example, Trained};
use super::{Model, Posterior, Priors, posteriors};
use crate::features::Analyzer;

/// Figures of one axis over the records that have a label on it.
#[derive(Clone, Debug, Serialize)]
pub struct AxisFigures {
    /// The axis.
    pub axis: String,
    /// Records judged.
    pub records: usize,
    /// Share of records whose first label is right (or acceptable).
    pub accuracy: f64,
    /// Mean over labels of F1; labels that neither stand in the records nor are answered are left out.
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
    /// The records whose first label is wrong.
    #[serde(skip)]
    pub mistakes: Vec<Mistake>,
    /// Rows: the right label; columns: the answer; both in the catalogue's order. Abstentions are not counted apart.
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

/// A record whose first label is wrong.
#[derive(Clone, Debug, Serialize)]
pub struct Mistake {
    /// The record.
    pub id: String,
    /// The axis.
    pub axis: String,
    /// The right label.
    pub truth: String,
    /// The first label of the answer.
    pub answer: String,
    /// Its confidence.
    pub confidence: f64,
    /// Whether the model would abstain.
    pub abstained: bool,
}

/// One judged record.
struct Judged<'e> {
    id: &'e str,
    truth: usize,
    answer: usize,
    confidence: f64,
    answered: bool,
}

/// Figures of a model over a corpus. Labels the model does not know leave a record out of the axis.
#[must_use]
pub fn evaluate(model: &Model, corpus: &Corpus, analyzer: &Analyzer) -> Vec<AxisFigures> {
    let examples: Vec<Example> = corpus.records.par_iter().map(|r| Example::new(r, model.catalogue())).collect();
    let posteriors: Vec<Vec<Posterior>> = examples
        .par_iter()
        .map(|example| model.posteriors(&model.vocabulary().bag(&example.analyze(analyzer)), &Priors::new()))
        .collect();
    let thresholds: Vec<f64> = model.catalogue().axes.iter().map(|axis| axis.threshold).collect();
    let judged: Vec<_> =
        examples.iter().zip(posteriors).map(|(example, own)| (example, own, thresholds.as_slice())).collect();
    figures_of(model.catalogue(), &judged)
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
            let own = posteriors(catalogue, axes, &scored.joint, scored.effective_length, &Priors::new());
            Some((example, own, thresholds.as_slice()))
        })
        .collect();
    figures_of(catalogue, &judged)
}

/// Figures of judged records: each with its posteriors and the threshold of every axis.
fn figures_of(catalogue: &Catalogue, judged: &[(&Example, Vec<Posterior>, &[f64])]) -> Vec<AxisFigures> {
    let axis_figures = |(a, axis): (usize, &Axis)| {
        let mut none = NoLabel::default();
        let mut own = Vec::new();
        for (example, posteriors, thresholds) in judged {
            let (Some(posterior), Some(threshold)) = (posteriors.get(a), thresholds.get(a)) else { continue };
            own.extend(judge(axis, example, a, posterior, *threshold));
            if example.has_none(&axis.id) {
                none.records += 1;
                none.answered += usize::from(posterior.confidence() >= *threshold);
            }
        }
        figures(axis, &own, none)
    };
    catalogue.axes.iter().enumerate().map(axis_figures).collect()
}

fn judge<'e>(axis: &Axis, example: &'e Example, a: usize, posterior: &Posterior, threshold: f64) -> Option<Judged<'e>> {
    let truth = example.truth(a)?;
    let answer = *posterior.ranking.first()?;
    let accepted = axis.labels.get(answer).is_some_and(|l| example.record.acceptable.accepts(&axis.id, &l.id));
    let confidence = posterior.confidence();
    Some(Judged {
        id: &example.record.id,
        truth: if accepted { answer } else { truth },
        answer,
        confidence,
        answered: confidence >= threshold,
    })
}

fn figures(axis: &Axis, judged: &[Judged], no_label: NoLabel) -> AxisFigures {
    let n = axis.labels.len();
    let mut confusion = vec![vec![0_usize; n]; n];
    for j in judged {
        if let Some(cell) = confusion.get_mut(j.truth).and_then(|row| row.get_mut(j.answer)) {
            *cell += 1;
        }
    }
    let cell = |t: usize, p: usize| confusion.get(t).and_then(|row| row.get(p)).copied().unwrap_or(0);
    let labels: Vec<(LabelFigures, usize)> = axis
        .labels
        .iter()
        .enumerate()
        .map(|(l, label)| {
            let records: usize = (0..n).map(|p| cell(l, p)).sum();
            let answers: usize = (0..n).map(|t| cell(t, l)).sum();
            let (precision, recall) = (share(cell(l, l), answers), share(cell(l, l), records));
            let f1 = if precision + recall > 0.0 { 2.0 * precision * recall / (precision + recall) } else { 0.0 };
            (LabelFigures { label: label.id.clone(), records, precision, recall, f1 }, records + answers)
        })
        .collect();
    let present: Vec<f64> = labels.iter().filter(|(_, seen)| *seen > 0).map(|(l, _)| l.f1).collect();
    let right = |j: &&Judged| j.truth == j.answer;
    let answered: Vec<&Judged> = judged.iter().filter(|j| j.answered).collect();
    let name = |label: usize| axis.labels.get(label).map(|l| l.id.clone()).unwrap_or_default();
    let mistakes = judged.iter().filter(|j| !right(j)).map(|j| Mistake {
        id: j.id.to_owned(),
        axis: axis.id.clone(),
        truth: name(j.truth),
        answer: name(j.answer),
        confidence: j.confidence,
        abstained: !j.answered,
    });
    let answers: Vec<(f64, bool)> = judged.iter().map(|j| (j.confidence, right(&j))).collect();
    let bins = reliability(&answers);
    let curve = risk_coverage(&answers);
    AxisFigures {
        mistakes: mistakes.collect(),
        axis: axis.id.clone(),
        records: judged.len(),
        accuracy: share(judged.iter().filter(right).count(), judged.len()),
        macro_f1: if present.is_empty() { 0.0 } else { present.iter().sum::<f64>() / present.len() as f64 },
        calibration_error: calibration_error(&bins),
        coverage: share(answered.len(), judged.len()),
        precision_when_answered: share(answered.iter().filter(|j| right(j)).count(), answered.len()),
        no_label,
        coverage_at: coverage_at(&curve),
        reliability: bins,
        risk_coverage: thinned(&curve),
        labels: labels.into_iter().map(|(l, _)| l).collect(),
        confusion,
    }
}
