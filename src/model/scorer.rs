//! The compiled naive Bayes: one table for all axes, read sparsely.
//!
//! Row f of the table holds what feature f adds to the score of every label of every axis side by side, so that one look-up of
//! a feature serves all axes: log P(f | label), or what the axis's variant of naive Bayes takes in its place, times the weight of
//! f's family and f's own weight for the label. linfa-bayes trains the numbers; a test holds this scorer equal to linfa's own
//! joint log-likelihood, as far as `f32` goes: half the memory to walk through, the same answers.

use crate::features::Bag;

/// Log-probabilities of a trained model. `width` is the number of labels of all axes together.
#[derive(Clone, Debug, PartialEq)]
pub struct Scorer {
    /// Log prior of each label; length `width`.
    prior: Vec<f64>,
    /// Log-probabilities, `features × width`, row by row.
    table: Vec<f32>,
}

/// A text as a model sees it before its confidence.
#[derive(Clone, Debug, PartialEq)]
pub struct Scored {
    /// Joint log-likelihood per label of all axes.
    pub joint: Vec<f64>,
    /// See [`Bag::effective_length`].
    pub effective_length: usize,
    /// See [`Bag::chinese_chars`].
    pub chinese_chars: usize,
}

impl Scored {
    /// What a scorer makes of a bag.
    #[must_use]
    pub fn new(scorer: &Scorer, bag: &Bag) -> Self {
        let Bag { effective_length, chinese_chars, .. } = *bag;
        Self { joint: scorer.joint_log_likelihood(bag), effective_length, chinese_chars }
    }
}

impl Scorer {
    /// A scorer from its numbers; `None` if the table is not a whole number of rows or holds what is no finite number.
    #[must_use]
    pub fn new(prior: Vec<f64>, table: Vec<f32>) -> Option<Self> {
        let whole = !prior.is_empty() && table.len().is_multiple_of(prior.len());
        let finite = prior.iter().all(|x| x.is_finite()) && table.iter().all(|x| x.is_finite());
        (whole && finite).then_some(Self { prior, table })
    }

    /// The log priors.
    #[must_use]
    pub fn prior(&self) -> &[f64] {
        &self.prior
    }

    /// The table, row by row.
    #[must_use]
    pub fn table(&self) -> &[f32] {
        &self.table
    }

    /// Number of features.
    #[must_use]
    pub fn features(&self) -> usize {
        self.table.len() / self.prior.len()
    }

    /// Log-probabilities of one feature for every label; empty for an unknown feature.
    #[must_use]
    pub fn row(&self, feature: u32) -> &[f32] {
        let width = self.prior.len();
        let start = feature as usize * width;
        self.table.get(start..start + width).unwrap_or_default()
    }

    /// Joint log-likelihood of the bag and each label: log P(label) + Σ value · log P(feature | label).
    #[must_use]
    pub fn joint_log_likelihood(&self, bag: &Bag) -> Vec<f64> {
        let mut joint = self.prior.clone();
        let width = joint.len();
        let (fours, rest) = bag.values.as_chunks::<4>();
        for four in fours {
            // Four rows at once: the processor fetches them together, and each sum stays at hand. The order is the same.
            let [a, b, c, d] = four.map(|(feature, _)| self.row(feature));
            if [a, b, c, d].iter().any(|row| row.len() != width) {
                self.add(&mut joint, four);
                continue;
            }
            let [first, second, third, fourth] = four.map(|(_, value)| f64::from(value));
            for (sum, (((a, b), c), d)) in joint.iter_mut().zip(a.iter().zip(b).zip(c).zip(d)) {
                *sum = *sum
                    + first * f64::from(*a)
                    + second * f64::from(*b)
                    + third * f64::from(*c)
                    + fourth * f64::from(*d);
            }
        }
        self.add(&mut joint, rest);
        joint
    }

    fn add(&self, joint: &mut [f64], values: &[(u32, f32)]) {
        for (feature, value) in values {
            for (sum, log_probability) in joint.iter_mut().zip(self.row(*feature)) {
                *sum += f64::from(*value) * f64::from(*log_probability);
            }
        }
    }
}
