//! What a confidence is worth: how often answers of one confidence are right, and what abstaining below one buys.
//!
//! Everything here reads answers as (confidence, right) pairs.

use serde::Serialize;

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
    /// Share of the texts answered.
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
pub(super) fn reliability(answers: &[(f64, bool)]) -> Vec<Bin> {
    (0..BINS)
        .map(|bin| {
            let own = answers.iter().filter(|(p, _)| ((p * BINS as f64) as usize).min(BINS - 1) == bin);
            let (n, right, sum) =
                own.fold((0, 0, 0.0), |(n, right, sum), (p, ok)| (n + 1, right + usize::from(*ok), sum + p));
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
/// 2010): one point per distinct confidence, coverage rising.
pub(super) fn risk_coverage(answers: &[(f64, bool)]) -> Vec<OperatingPoint> {
    let mut sorted = answers.to_vec();
    sorted.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut right = 0;
    let mut curve: Vec<OperatingPoint> = Vec::new();
    for (given, (confidence, ok)) in (1..).zip(&sorted) {
        right += usize::from(*ok);
        let point = OperatingPoint {
            confidence: *confidence,
            coverage: share(given, sorted.len()),
            precision: share(right, given),
        };
        match curve.last_mut().filter(|last| last.confidence.total_cmp(confidence).is_eq()) {
            Some(last) => *last = point,
            None => curve.push(point),
        }
    }
    curve
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

    #[test]
    fn bins_count_their_answers() {
        let bins = reliability(&[(0.85, true), (0.89, false), (1.0, true), (0.05, false)]);
        let counts: Vec<_> = bins.iter().map(|bin| (bin.answers, bin.right)).collect();
        assert_eq!(counts, [(1, 0), (0, 0), (0, 0), (0, 0), (0, 0), (0, 0), (0, 0), (0, 0), (2, 1), (1, 1)]);
        // 0.05 too high once, 0.87 against one half twice, 1 right once.
        assert!((calibration_error(&bins) - (0.05 + 2.0 * 0.37) / 4.0).abs() < 1e-12);
    }

    #[test]
    fn equal_confidences_are_answered_together() {
        let curve = risk_coverage(&[(0.9, true), (0.9, false), (0.7, true)]);
        let points: Vec<_> = curve.iter().map(|p| (p.confidence, p.precision)).collect();
        assert_eq!(points, [(0.9, 0.5), (0.7, 2.0 / 3.0)]);
        assert_eq!(coverage_at(&curve).iter().filter(|at| at.point.is_some()).count(), 0);
    }

    proptest! {
        #[test]
        fn the_curve_rises_to_all_texts_and_thinning_keeps_its_ends(
            answers in prop::collection::vec((0.0..=1.0_f64, any::<bool>()), 1..700),
        ) {
            let curve = risk_coverage(&answers);
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
