//! What a right answer is: one definition, by which thresholds are chosen and models are judged.
//!
//! An answer that a record lists as acceptable is right, and counts as if it were the label of the record: a hit of that label,
//! and no answer of its own. So each label keeps its texts, whatever is answered. What becomes of answers to texts that are
//! known to have no label on an axis is said by [`COUNTS_WITHOUT_LABEL`].

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

/// Whether answers to texts that have no label on an axis count, as wrong ones, where its threshold is chosen and where precision
/// is measured. They don't: both speak of texts that have a label, and answers to others are told apart. That a novel speaks for
/// no level is asked of the first axis; a threshold that had to answer for it, too, would let through half of the levels
/// (53 and not 86 of 100 texts that have one, at 98 of 100 right).
const COUNTS_WITHOUT_LABEL: bool = false;

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
    pub(super) fn counted(&self) -> Option<Answer> {
        let labelled = self.truth.is_some();
        let counts = self.answer.is_some() && (labelled || COUNTS_WITHOUT_LABEL);
        counts.then_some(Answer { confidence: self.confidence, right: self.right(), labelled })
    }
}
