//! Confidence that is earned.
//!
//! Naive Bayes counts dependent words as independent witnesses, so its posteriors are far too sure, the more so the
//! longer the text. Temperature scaling (Guo, Pleiss, Sun and Weinberger, "On Calibration of Modern Neural Networks", ICML
//! 2017) divides the log-likelihoods before the soft maximum; here the temperature depends on the effective length n of the
//! text ([`Bag::effective_length`](crate::features::Bag)): T(n) = exp(a + b · ln(1 + n)). Both numbers are fitted per axis by maximum likelihood on texts that the scored
//! model had not seen.

use serde::{Deserialize, Serialize};

/// What [`Calibration::a`] and [`Calibration::b`] may be, from below and above 0.
const BOUNDS: (f64, f64) = (8.0, 1.5);

/// Temperature of one axis as a function of the effective length.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// ln T of a text without known words.
    pub a: f64,
    /// Growth of ln T with ln(1 + n).
    pub b: f64,
}

impl Default for Calibration {
    fn default() -> Self {
        Self { a: 0.0, b: 0.0 }
    }
}

/// A text to calibrate on: joint log-likelihoods per label, effective length, the right label's number.
#[derive(Clone, Debug)]
pub struct Trial {
    /// Joint log-likelihood of each label of the axis.
    pub joint: Vec<f64>,
    /// [`Bag::effective_length`](crate::features::Bag) of the text.
    pub effective_length: usize,
    /// The right label.
    pub truth: usize,
}

impl Calibration {
    /// Whether both numbers are such as [`Calibration::fit`] gives.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.a.abs() <= BOUNDS.0 && self.b.abs() <= BOUNDS.1
    }

    /// What log-likelihoods of a text of this effective length are divided by.
    #[must_use]
    pub fn temperature(&self, effective_length: usize) -> f64 {
        (self.a + self.b * (effective_length as f64).ln_1p()).exp()
    }

    /// Probabilities of the labels: the calibrated soft maximum of their joint log-likelihoods.
    #[must_use]
    pub fn probabilities(&self, joint: &[f64], effective_length: usize) -> Vec<f64> {
        let temperature = self.temperature(effective_length);
        let top = joint.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mut out: Vec<f64> = joint.iter().map(|x| ((x - top) / temperature).exp()).collect();
        let sum: f64 = out.iter().sum();
        for p in &mut out {
            *p /= sum;
        }
        out
    }

    /// The calibration under which the right labels of the trials are most probable, by pattern search (deterministic;
    /// the function is smooth and has two parameters).
    #[must_use]
    pub fn fit(trials: &[Trial]) -> Self {
        let loss = |c: &Self| -> f64 {
            let nll: f64 = trials
                .iter()
                .map(|t| {
                    -c.probabilities(&t.joint, t.effective_length).get(t.truth).copied().unwrap_or(0.0).max(1e-12).ln()
                })
                .sum();
            // A weak pull towards no dependence on length keeps small samples sane.
            nll + c.b * c.b
        };
        let mut best = Self::default();
        let mut best_loss = loss(&best);
        let mut step = 1.0;
        while step > 1e-3 {
            let around =
                [(step, 0.0), (-step, 0.0), (0.0, step), (0.0, -step), (step, -step / 5.0), (-step, step / 5.0)];
            let better = around
                .into_iter()
                .map(|(da, db)| Self {
                    a: (best.a + da).clamp(-BOUNDS.0, BOUNDS.0),
                    b: (best.b + db).clamp(-BOUNDS.1, BOUNDS.1),
                })
                .map(|c| (loss(&c), c))
                .min_by(|x, y| x.0.total_cmp(&y.0))
                .filter(|(l, _)| *l < best_loss - 1e-9);
            match better {
                Some((l, c)) => (best_loss, best) = (l, c),
                None => step /= 2.0,
            }
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overconfident_scores_are_cooled_until_they_tell_the_truth() {
        // The score says 20 nats, reality says three of four.
        let trials: Vec<_> = (0..400)
            .map(|i| Trial { joint: vec![20.0, 0.0], effective_length: 100, truth: usize::from(i % 4 == 0) })
            .collect();
        let p = Calibration::fit(&trials).probabilities(&[20.0, 0.0], 100);
        assert!((p[0] - 0.75).abs() < 0.01, "{p:?}");
    }
}
