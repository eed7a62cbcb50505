//! Attribute weights: how far each feature's word is taken.
//!
//! Naive Bayes believes every feature as if the others had said nothing. Attribute weighting (Zaidi, Cerquides, Carman and
//! Webb, "Alleviating Naive Bayes Attribute Independence Assumption by Attribute Weighting", JMLR 14, 2013: WANBIA-CLL)
//! raises each feature's likelihood to a power of its own and chooses the powers that make the right labels most probable.
//! Here each label has its own power (class-specific attribute weights: Jiang, Zhang, Yu and Wang, Pattern Recognition 88,
//! 2019), as a feature that tells one label well may mislead about another. The score stays a sum over features, so evidence
//! stays exact.
//!
//! Two things keep small corpora honest. Weights are drawn to 1, plain naive Bayes, by a quadratic penalty. And every text
//! is scored by likelihoods fitted without its fold: with its own words in the counts, a rare feature would look wise.

use std::cell::RefCell;

use argmin::core::{CostFunction, Executor, Gradient, State};
use argmin::solver::linesearch::MoreThuenteLineSearch;
use argmin::solver::quasinewton::LBFGS;
use rayon::prelude::*;

use super::scorer::Scorer;
use crate::features::Bag;

/// Texts of one fold with the scores that the other folds give.
pub(super) struct Part<'b> {
    /// One column per label.
    pub(super) scorer: Scorer,
    /// Each text's bag and the number of its label.
    pub(super) texts: Vec<(&'b Bag, usize)>,
}

/// Corrections that L-BFGS remembers (Nocedal and Wright, "Numerical Optimization", 2006, section 7.2).
const MEMORY: usize = 7;
/// The sums of hundreds of weak witnesses are far too sure, so they are judged by a part of themselves while weights are
/// sought: a factor of the whole score, sought with them. It changes no order of labels, and is not handed on: how sure
/// a sum may be is for [`Calibration`](super::Calibration) to say, which sees texts of folds that the weights did not.
const START_LN_SCALE: f64 = -1.2;

/// Finds `powers` weights, one per feature and label, feature by feature, by `steps` steps of L-BFGS from all ones. Deterministic: sums are taken in the
/// order of `parts`, whatever the number of threads.
///
/// # Errors
/// The optimiser's own words if it can't take a step.
pub(super) fn weigh(parts: &[Part], powers: usize, penalty: f64, steps: u64) -> Result<Vec<f64>, String> {
    let problem = Likelihood { parts, penalty, last: RefCell::default() };
    let line_search = MoreThuenteLineSearch::new().with_c(1e-4, 0.9).map_err(|e| e.to_string())?;
    let solver = LBFGS::new(line_search, MEMORY).with_tolerance_cost(1e-4).map_err(|e| e.to_string())?;
    let mut start = vec![1.0; powers];
    start.push(START_LN_SCALE);
    let found = Executor::new(problem, solver)
        .configure(|state| state.param(start).max_iters(steps))
        .timer(false)
        .run()
        .map_err(|e| e.to_string())?;
    let mut powers = found.state().get_best_param().cloned().ok_or("no step was taken")?;
    powers.pop();
    Ok(powers)
}

/// Parameters, cost, gradient.
type Point = (Vec<f64>, f64, Vec<f64>);

/// The penalised negative conditional log-likelihood, per text (so that the first step, taken along the bare gradient, is a
/// short one); its parameters are the weights, then the logarithm of the scale.
struct Likelihood<'p, 'b> {
    parts: &'p [Part<'b>],
    penalty: f64,
    /// Cost and gradient come from one pass, but are asked for one after the other.
    last: RefCell<Option<Point>>,
}

impl Likelihood<'_, '_> {
    fn at(&self, parameters: &[f64]) -> (f64, Vec<f64>) {
        if let Some((at, cost, gradient)) = self.last.borrow().as_ref()
            && at == parameters
        {
            return (*cost, gradient.clone());
        }
        let (ln_scale, weights) = parameters.split_last().unwrap_or((&0.0, &[]));
        let sums: Vec<(f64, Vec<f64>)> = self.parts.par_iter().map(|part| part.pass(weights, ln_scale.exp())).collect();
        let share = 1.0 / self.parts.iter().map(|part| part.texts.len()).sum::<usize>().max(1) as f64;
        let pull: f64 = weights.iter().map(|w| (w - 1.0).powi(2)).sum();
        let mut cost = self.penalty * pull;
        let mut gradient: Vec<f64> = weights.iter().map(|w| 2.0 * self.penalty * (w - 1.0)).collect();
        gradient.push(0.0);
        for (part_cost, part_gradient) in sums {
            cost += part_cost;
            for (total, value) in gradient.iter_mut().zip(part_gradient) {
                *total += value;
            }
        }
        cost *= share;
        for slope in &mut gradient {
            *slope *= share;
        }
        *self.last.borrow_mut() = Some((parameters.to_vec(), cost, gradient.clone()));
        (cost, gradient)
    }
}

impl Part<'_> {
    /// Cost and gradient (weights, then logarithm of the scale) of the part's texts.
    fn pass(&self, weights: &[f64], scale: f64) -> (f64, Vec<f64>) {
        let mut cost = 0.0;
        let mut gradient = vec![0.0; weights.len() + 1];
        let labels = self.scorer.prior().len();
        let cells = |feature: u32| feature as usize * labels..(feature as usize + 1) * labels;
        // One look-up for each feature of a text: the terms are multiplied by their weights before, and into the gradient
        // after all texts.
        let table = self.scorer.table();
        let weighted: Vec<f64> = weights.iter().zip(table).map(|(weight, term)| weight * f64::from(*term)).collect();
        for (bag, truth) in &self.texts {
            let mut scores = self.scorer.prior().to_vec();
            for (feature, value) in &bag.values {
                let value = f64::from(*value);
                for (score, term) in scores.iter_mut().zip(weighted.get(cells(*feature)).unwrap_or_default()) {
                    *score += value * term;
                }
            }
            let top = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let exponentials: Vec<f64> = scores.iter().map(|s| (scale * (s - top)).exp()).collect();
            let sum: f64 = exponentials.iter().sum();
            // The derivative of the cost by each score: probability less truth.
            let slopes: Vec<f64> = exponentials
                .iter()
                .enumerate()
                .map(|(label, e)| e / sum - if label == *truth { 1.0 } else { 0.0 })
                .collect();
            cost += sum.ln() - scores.get(*truth).map_or(0.0, |s| scale * (s - top));
            for (feature, value) in &bag.values {
                let value = f64::from(*value);
                for (cell, slope) in gradient.get_mut(cells(*feature)).unwrap_or_default().iter_mut().zip(&slopes) {
                    *cell += value * slope;
                }
            }
            if let Some(last) = gradient.last_mut() {
                *last += scale * scores.iter().zip(&slopes).map(|(score, slope)| score * slope).sum::<f64>();
            }
        }
        for (cell, term) in gradient.iter_mut().zip(table) {
            *cell *= scale * f64::from(*term);
        }
        (cost, gradient)
    }
}

impl CostFunction for Likelihood<'_, '_> {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, parameters: &Vec<f64>) -> Result<f64, argmin::core::Error> {
        Ok(self.at(parameters).0)
    }
}

impl Gradient for Likelihood<'_, '_> {
    type Param = Vec<f64>;
    type Gradient = Vec<f64>;

    fn gradient(&self, parameters: &Vec<f64>) -> Result<Vec<f64>, argmin::core::Error> {
        Ok(self.at(parameters).1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bag(values: &[(u32, f32)]) -> Bag {
        Bag { values: values.to_vec(), effective_length: values.len(), chinese_chars: 0 }
    }

    /// Feature 0 mostly tells the label; feature 1 says the same of every text, and louder.
    fn part() -> (Scorer, Vec<(Bag, usize)>) {
        let scorer = Scorer::new(vec![0.0, 0.0], vec![1.0, -1.0, 3.0, 0.0, 0.0, 2.0]).unwrap();
        let texts = (0..40)
            .map(|i| {
                let label = i % 2;
                let says = if i % 8 < 6 { label } else { 1 - label };
                let own = if i % 10 == 0 { 2 } else { 0 };
                (bag(&[(own, if says == 0 { 1.0 } else { -1.0 }), (1, 1.0)]), label)
            })
            .collect();
        (scorer, texts)
    }

    #[test]
    fn the_gradient_is_the_slope_of_the_cost() {
        let (scorer, texts) = part();
        let part = Part { scorer, texts: texts.iter().map(|(b, l)| (b, *l)).collect() };
        let problem = Likelihood { parts: &[part], penalty: 0.7, last: RefCell::default() };
        let at = vec![0.9, 1.1, 0.4, -0.2, 1.3, 0.7, -0.3];
        let gradient = problem.at(&at).1;
        for i in 0..at.len() {
            let step = 1e-6;
            let (mut up, mut down) = (at.clone(), at.clone());
            up[i] += step;
            down[i] -= step;
            let slope = (problem.at(&up).0 - problem.at(&down).0) / (2.0 * step);
            assert!((slope - gradient[i]).abs() < 1e-5, "{i}: {slope} {}", gradient[i]);
        }
    }

    #[test]
    fn what_says_the_same_of_every_text_loses_its_weight() {
        let (scorer, texts) = part();
        let part = Part { scorer, texts: texts.iter().map(|(b, l)| (b, *l)).collect() };
        let powers = weigh(&[part], 6, 0.1, 40).unwrap();
        // What feature 1 says, 3 for label 0, is gone; what feature 0 says for it is not.
        assert!(powers[2] < 0.1 && powers[0] > 0.3, "{powers:?}");
    }
}
