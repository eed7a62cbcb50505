//! What a confidence is worth: how often answers of one confidence are right, and what abstaining below one buys.

use serde::Serialize;

use super::verdict::Answer;

/// Answers whose confidence lies in one stretch of 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Bin {
    /// Lower bound of the confidence.
    pub from: f64,
    /// Upper bound; only the last bin holds it.
    pub to: f64,
    /// Answers in the bin.
    pub answers: usize,
    /// Right ones among them.
    pub right: usize,
    /// Mean confidence of the answers; 0 without any.
    pub mean_confidence: f64,
}

impl Bin {
    /// Share of right answers; 0 without any.
    #[must_use]
    pub fn accuracy(&self) -> f64 {
        share(self.right, self.answers)
    }
}

/// What comes of answering from one confidence on and abstaining below it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct OperatingPoint {
    /// The lowest confidence answered.
    pub confidence: f64,
    /// Share of the answers that are given.
    pub coverage: f64,
    /// Share of right answers among those given; the risk is what it lacks of 1.
    pub precision: f64,
}

/// The most that can be answered at a precision.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CoverageAt {
    /// The precision asked for.
    pub precision: f64,
    /// The point of the largest coverage that keeps it; none if no confidence does.
    pub point: Option<OperatingPoint>,
}

/// The precisions that [`coverage_at`] is asked for.
pub(super) const PRECISIONS: [f64; 4] = [0.90, 0.95, 0.98, 0.99];

const BINS: usize = 10;

/// Points that a curve is thinned out to.
const CURVE_POINTS: usize = 200;

/// Part of a whole; 0 of nothing.
pub(super) fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// Ten bins of equal width.
pub(super) fn reliability(answers: &[Answer]) -> Vec<Bin> {
    let bin_of = |answer: &Answer| ((answer.confidence * BINS as f64) as usize).min(BINS - 1);
    (0..BINS)
        .map(|bin| {
            let own = answers.iter().filter(|answer| bin_of(answer) == bin);
            let (n, right, sum) = own.fold((0, 0, 0.0), |(n, right, sum), answer| {
                (n + 1, right + usize::from(answer.right), sum + answer.confidence)
            });
            let edge = |edge: usize| edge as f64 / BINS as f64;
            let mean_confidence = if n == 0 { 0.0 } else { sum / n as f64 };
            Bin { from: edge(bin), to: edge(bin + 1), answers: n, right, mean_confidence }
        })
        .collect()
}

/// Expected calibration error: the mean distance of confidence and accuracy over the answers' bins (Naeini, Cooper and
/// Hauskrecht, "Obtaining Well Calibrated Probabilities Using Bayesian Binning", AAAI 2015).
pub(super) fn calibration_error(bins: &[Bin]) -> f64 {
    let answers: usize = bins.iter().map(|bin| bin.answers).sum();
    bins.iter().map(|bin| share(bin.answers, answers) * (bin.mean_confidence - bin.accuracy()).abs()).sum()
}

/// The risk–coverage curve (El-Yaniv and Wiener, "On the Foundations of Noise-free Selective Classification", JMLR 11,
/// 2010): one point per distinct confidence, confidence falling.
pub(super) fn risk_coverage(answers: &[Answer]) -> Vec<OperatingPoint> {
    let mut sorted = answers.to_vec();
    sorted.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    let mut right = 0;
    let mut curve: Vec<OperatingPoint> = Vec::new();
    for (given, answer) in (1..).zip(&sorted) {
        right += usize::from(answer.right);
        let point = OperatingPoint {
            confidence: answer.confidence,
            coverage: share(given, sorted.len()),
            precision: share(right, given),
        };
        match curve.last_mut().filter(|last| last.confidence.total_cmp(&answer.confidence).is_eq()) {
            Some(last) => *last = point,
            None => curve.push(point),
        }
    }
    curve
}

/// The smallest confidence from which on the answers given are right with at least `precision`; with no such confidence, one
/// just above all seen. Nothing seen, nothing answered.
pub(super) fn threshold_for(precision: f64, answers: &[Answer]) -> f64 {
    let curve = risk_coverage(answers);
    let Some(last) = curve.iter().rposition(|point| point.precision >= precision) else {
        return curve.first().map_or(1.0, |point| (point.confidence + 1e-6).min(1.0));
    };
    let confidence = |at: usize| curve.get(at).map(|point| point.confidence);
    let lowest = confidence(last).unwrap_or(1.0);
    // Four digits are what the catalogue prints, but no answer is let in that has been kept out.
    let rounded = (lowest * 1e4).floor() / 1e4;
    if confidence(last + 1).is_none_or(|below| below < rounded) { rounded } else { lowest }
}

/// The most that can be answered at each of [`PRECISIONS`], on an unthinned curve.
pub(super) fn coverage_at(curve: &[OperatingPoint]) -> Vec<CoverageAt> {
    let at = |precision| CoverageAt {
        precision,
        point: curve.iter().rev().find(|point| point.precision >= precision).copied(),
    };
    PRECISIONS.into_iter().map(at).collect()
}

/// As many points of a curve as an eye can tell apart; the first and the last stay.
pub(super) fn thinned(curve: &[OperatingPoint]) -> Vec<OperatingPoint> {
    let step = |point: &OperatingPoint| (point.coverage * CURVE_POINTS as f64) as usize;
    let mut kept: Vec<OperatingPoint> = Vec::new();
    for (i, point) in curve.iter().enumerate() {
        let last = i + 1 == curve.len();
        if last || kept.last().is_none_or(|before| step(before) < step(point)) {
            kept.push(*point);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(answers: &[(f64, bool)]) -> Vec<Answer> {
        answers.iter().map(|(confidence, right)| Answer { confidence: *confidence, right: *right }).collect()
    }

    #[test]
    fn bins_count_their_answers() {
        let bins = reliability(&of(&[(0.85, true), (0.89, false), (1.0, true), (0.05, false)]));
        let counts: Vec<_> = bins.iter().map(|bin| (bin.answers, bin.right)).collect();
        assert_eq!(counts, [(1, 0), (0, 0), (0, 0), (0, 0), (0, 0), (0, 0), (0, 0), (0, 0), (2, 1), (1, 1)]);
        // 0.05 too high once, 0.87 against one half twice, 1 right once.
        assert!((calibration_error(&bins) - (0.05 + 2.0 * 0.37) / 4.0).abs() < 1e-12);
    }

    #[test]
    fn equal_confidences_are_answered_together() {
        let curve = risk_coverage(&of(&[(0.9, true), (0.9, false), (0.7, true)]));
        let points: Vec<_> = curve.iter().map(|p| (p.confidence, p.precision)).collect();
        assert_eq!(points, [(0.9, 0.5), (0.7, 2.0 / 3.0)]);
        assert_eq!(coverage_at(&curve).iter().filter(|at| at.point.is_some()).count(), 0);
    }

    #[test]
    fn thresholds_are_not_rounded_past_a_wrong_answer_nor_cut_ties_nor_go_below_all_that_was_seen() {
        let thresholds = [
            threshold_for(1.0, &of(&[(0.900_01, true), (0.900_005, false)])),
            threshold_for(0.5, &of(&[(0.9, false), (0.9, true)])),
            threshold_for(0.9, &of(&[(0.61, true), (0.7, true)])),
        ];
        assert_eq!(format!("{thresholds:?}"), "[0.90001, 0.9, 0.61]");
    }

    proptest! {
        #[test]
        fn the_threshold_keeps_its_precision(
            answers in prop::collection::vec((0.0..=1.0_f64, any::<bool>()), 1..300), precision in 0.0..=1.0_f64,
        ) {
            let threshold = threshold_for(precision, &of(&answers));
            let given: Vec<_> = answers.iter().filter(|(p, _)| *p >= threshold).collect();
            let right = given.iter().filter(|(_, ok)| *ok).count();
            prop_assert!(right as f64 >= precision * given.len() as f64);
        }

        #[test]
        fn the_curve_rises_to_all_texts_and_thinning_keeps_its_ends(
            answers in prop::collection::vec((0.0..=1.0_f64, any::<bool>()), 1..700),
        ) {
            let curve = risk_coverage(&of(&answers));
            prop_assert!(curve.is_sorted_by(|a, b| a.coverage < b.coverage && a.confidence > b.confidence));
            let last = curve.last().copied().unwrap();
            let right = answers.iter().filter(|(_, ok)| *ok).count();
            prop_assert_eq!((last.coverage, last.precision), (1.0, share(right, answers.len())));
            let thin = thinned(&curve);
            prop_assert!(thin.len() <= CURVE_POINTS + 2);
            prop_assert_eq!((thin.first(), thin.last()), (curve.first(), curve.last()));
        }
    }
}
