//! What a right answer is, where models are judged and where thresholds are chosen.
//!
//! An answer that a record lists as acceptable is right, and counts as if it were the label of the record: a hit of that label,
//! and no answer of its own. So each label keeps its texts, whatever is answered. Thresholds are stricter: there it counts as
//! wrong ([`Verdict::strict`]), as folds are easier than the pages of an archive.
//!
//! Answers to texts that are known to have no label on an axis don't count: precision and coverage speak of texts that have one,
//! and such answers are told apart ([`super::NoLabel`]). That a novel speaks for no level is asked of the first axis; a threshold
//! that had to answer for it, too, would let through half of the levels (53 and not 86 of 100 texts that have one, at 98 of 100 right).

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
    /// Whether it is right as an acceptable answer only.
    accepted: bool,
}

/// An answer to a text that has a label, as thresholds and curves see it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Answer {
    pub(super) confidence: f64,
    pub(super) right: bool,
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
        let accepted = accepted && truth.is_some() && truth != first;
        let answer = if accepted { truth } else { first };
        Some(Self { id: &example.record.id, truth, answer, confidence: posterior.confidence(), accepted })
    }

    pub(super) fn right(&self) -> bool {
        self.truth.is_some() && self.truth == self.answer
    }

    /// The answer, if it counts.
    pub(super) fn counted(&self) -> Option<Answer> {
        let counts = self.answer.is_some() && self.truth.is_some();
        counts.then_some(Answer { confidence: self.confidence, right: self.right() })
    }

    /// The answer as thresholds count it.
    pub(super) fn strict(&self) -> Option<Answer> {
        self.counted().map(|answer| Answer { right: answer.right && !self.accepted, ..answer })
    }
}
