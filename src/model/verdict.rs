//! What a right answer is: one definition, by which thresholds are chosen and models are judged.
//!
//! An answer that a record lists as acceptable is right, and counts as if it were the label of the record: a hit of that label,
//! and no answer of its own. So each label keeps its texts, whatever is answered. What becomes of answers to texts that are
//! known to have no label on an axis is said by [`counts_without_label`].

use super::Posterior;
use super::catalogue::Axis;
use super::train::Example;

/// An answer and what it should have been.
#[derive(Clone, Copy, Debug)]
pub(super) struct Verdict<'e> {
    pub(super) id: &'e str,
    /// The text's label; nothing if it is known to have none.
    pub(super) truth: Option<usize>,
    /// The first label, or the truth if that is acceptable; nothing if the model does not judge the text.
    pub(super) answer: Option<usize>,
    pub(super) confidence: f64,
}

/// An answer as thresholds and curves see it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Answer {
    pub(super) confidence: f64,
    pub(super) right: bool,
    /// Whether the text has a label at all. The share of texts answered is that of such texts.
    pub(super) labelled: bool,
}

/// Whether answers to texts that have no label on an axis count, as wrong ones, where its threshold is chosen and where precision is
/// measured. Otherwise both speak only of texts that have one.
fn counts_without_label(axis: &Axis) -> bool {
    axis.optional
}

impl<'e> Verdict<'e> {
    /// What an example says of a posterior on axis number `a`; nothing if it says nothing.
    pub(super) fn of(example: &Example<'e>, axis: &Axis, a: usize, posterior: &Posterior) -> Option<Self> {
        let truth = example.truth(a);
        if truth.is_none() && !example.has_none(&axis.id) {
            return None;
        }
        let first = posterior.ranking.first().copied();
        let accepted = first
            .and_then(|first| axis.labels.get(first))
            .is_some_and(|label| example.record.acceptable.accepts(&axis.id, &label.id));
        let answer = if accepted && truth.is_some() { truth } else { first };
        Some(Self { id: &example.record.id, truth, answer, confidence: posterior.confidence() })
    }

    pub(super) fn right(&self) -> bool {
        self.truth.is_some() && self.truth == self.answer
    }

    /// The answer, if it counts.
    pub(super) fn counted(&self, axis: &Axis) -> Option<Answer> {
        let labelled = self.truth.is_some();
        let counts = self.answer.is_some() && (labelled || counts_without_label(axis));
        counts.then_some(Answer { confidence: self.confidence, right: self.right(), labelled })
    }
}
