//! What a model may claim: temperature, shares and threshold of each axis, fitted on texts that its scorer had not seen.
//!
//! A text may have no label on an optional axis: a novel speaks for no level of government, and an answer there is wrong,
//! however sure the axis is which level it would be. Whether there is a label depends on what kind of text it is, which is
//! the first axis of a catalogue; so the share of texts with a label is learnt for each label of the first axis. Where less
//! than half of such texts have one, confidence is multiplied by the share: Σ P(first = f) · P(there is a label | f).
//! Thresholds are chosen by the answers that count ([`Verdict`]).

use std::collections::{BTreeMap, BTreeSet};

use super::calibration::{Calibration, Trial};
use super::catalogue::{Axis, Catalogue};
use super::curves::threshold_for;
use super::train::{Example, Unseen};
use super::verdict::{Answer, Verdict};
use super::{AxisModel, MIN_CHINESE_CHARS, Posterior, Priors, columns, posteriors};

/// What was fitted, axis by axis.
pub(crate) struct Confidence {
    pub(crate) axes: Vec<AxisModel>,
    pub(crate) thresholds: Vec<f64>,
}

impl Confidence {
    /// Fits on the examples whose fold is wanted.
    pub(crate) fn fit(
        catalogue: &Catalogue,
        examples: &[Example],
        unseen: &[Unseen],
        wanted: impl Fn(usize) -> bool,
    ) -> Self {
        let judged: Vec<(&Example, &Unseen)> =
            examples.iter().zip(unseen).filter(|(_, scored)| wanted(scored.fold)).collect();
        let axes: Vec<AxisModel> = columns(catalogue)
            .enumerate()
            .map(|(a, (axis, range))| {
                let mut folds_of: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
                for (example, scored) in examples.iter().zip(unseen) {
                    if let Some(truth) = example.truth(a) {
                        folds_of.entry(truth).or_default().insert(scored.fold);
                    }
                }
                let trial = |(example, scored): &(&Example, &Unseen)| {
                    // A label that only this fold has was unknown to who scored it. Such a text counts as a wrong answer, but no
                    // temperature makes it right, and it would have all others cooled to nothing.
                    let truth = example.truth(a).filter(|truth| folds_of.get(truth).is_some_and(|f| f.len() > 1))?;
                    let text = &scored.text;
                    let judged = text.chinese_chars >= MIN_CHINESE_CHARS;
                    let joint = text.joint.get(range.clone()).filter(|_| judged)?.to_vec();
                    Some(Trial { joint, effective_length: text.effective_length, truth })
                };
                let trials: Vec<Trial> = judged.iter().filter_map(trial).collect();
                let truths: Vec<usize> = judged.iter().filter_map(|(example, _)| example.truth(a)).collect();
                let share = |label: usize| {
                    truths.iter().filter(|truth| **truth == label).count() as f64 / truths.len().max(1) as f64
                };
                AxisModel {
                    calibration: Calibration::fit(&trials),
                    shares: (0..axis.labels.len()).map(share).collect(),
                    stated: stated(catalogue, &judged, &axis.id),
                }
            })
            .collect();
        let posteriors: Vec<Vec<Posterior>> =
            judged.iter().map(|(_, scored)| posteriors(catalogue, &axes, &scored.text, &Priors::new())).collect();
        let threshold = |a: usize, axis: &Axis| {
            let answer = |((example, _), posteriors): (&(&Example, &Unseen), &Vec<Posterior>)| {
                Verdict::of(example, axis, a, posteriors.get(a)?)?.counted()
            };
            let answers: Vec<Answer> = judged.iter().zip(&posteriors).filter_map(answer).collect();
            threshold_for(axis.target_precision, &answers)
        };
        let thresholds = catalogue.axes.iter().enumerate().map(|(a, axis)| threshold(a, axis)).collect();
        Self { axes, thresholds }
    }
}

/// How often texts of each label of the first axis have a label on this one; as if one more had been seen that has.
fn stated(catalogue: &Catalogue, judged: &[(&Example, &Unseen)], axis: &str) -> Vec<f64> {
    let labels = catalogue.axes.first().map_or(0, |first| first.labels.len());
    (0..labels)
        .map(|label| {
            let own = || judged.iter().filter(|(example, _)| example.truth(0) == Some(label));
            let with = own().filter(|(example, _)| example.has_one(axis)).count();
            let without = own().filter(|(example, _)| example.has_none(axis)).count();
            (with + 1) as f64 / (with + without + 1) as f64
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Scored;
    use crate::model::catalogue::Label;

    #[test]
    fn where_such_texts_mostly_have_no_label_an_optional_axis_is_less_sure() {
        let axis = |id: &str, optional: bool| Axis {
            id: id.to_owned(),
            zh: id.to_owned(),
            en: id.to_owned(),
            fallback: None,
            optional,
            target_precision: 0.9,
            threshold: 0.0,
            labels: ["a", "b"]
                .map(|id| Label { id: id.to_owned(), zh: id.to_owned(), en: id.to_owned(), in_scope: true })
                .into(),
        };
        let learnt = |stated| AxisModel {
            calibration: Calibration::default(),
            shares: vec![0.5, 0.5],
            stated: vec![1.0, stated],
        };
        let sure_of = |level: [f64; 2], optional: bool| {
            let axes = vec![axis("kind", false), axis("level", optional)];
            let catalogue = Catalogue { name: "n".to_owned(), version: "1".to_owned(), axes };
            let text = Scored {
                joint: vec![level[0], level[1], 9.0, 0.0],
                effective_length: 0,
                chinese_chars: MIN_CHINESE_CHARS,
            };
            posteriors(&catalogue, &[learnt(1.0), learnt(0.1)], &text, &Priors::new())[1].confidence()
        };
        assert!(sure_of([9.0, 0.0], true) > 0.99, "a kind that has labels");
        assert!(sure_of([0.0, 9.0], true) < 0.11, "a kind that mostly has none");
        assert!(sure_of([0.0, 9.0], false) > 0.99, "an axis that always has one");
    }
}
