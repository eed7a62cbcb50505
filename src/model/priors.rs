//! What a user knows of an archive before a text is read: how often each label occurs in it.
//!
//! A calibrated probability holds where labels are as frequent as in the training corpus. With other priors it is multiplied
//! by the ratio of the two and normalised again: Saerens, Latinne and Decaestecker, "Adjusting the Outputs of a Classifier to
//! New a Priori Probabilities" (Neural Computation 14, 2002), equation 2.4.

use std::collections::BTreeMap;

use super::catalogue::{Axis, Catalogue};
use crate::{Error, Result};

/// Prior probability by axis and label. An axis that is not named keeps the shares of the training corpus; labels of a named
/// axis that are not named share evenly in what is left of 1.
pub type Priors = BTreeMap<String, BTreeMap<String, f64>>;

/// Shares summing to more than this are not shares.
const MOST: f64 = 1.0 + 1e-6;

/// Checks priors against a catalogue.
///
/// # Errors
/// [`Error::NotFound`] for an axis or label the catalogue does not have; [`Error::InvalidArgument`] for a number that is not
/// between 0 and 1, shares that sum to more than 1, or to 0 with no label left to take the rest.
pub fn check(priors: &Priors, catalogue: &Catalogue) -> Result<()> {
    for (id, shares) in priors {
        let field = || format!("options.priors[{id:?}]");
        let axis = catalogue.known("options.priors", id)?;
        for (label, share) in shares {
            if axis.label(label).is_none() {
                let known = axis.labels.iter().map(|label| label.id.as_str());
                return Err(Error::not_found(field(), "label", label, known));
            }
            if !(0.0..=1.0).contains(share) {
                let message = format!("{label}: must lie between 0 and 1, found {share}");
                return Err(Error::invalid(field(), message));
            }
        }
        let sum: f64 = shares.values().sum();
        if sum > MOST {
            return Err(Error::invalid(field(), format!("must sum to at most 1, found {sum}")));
        }
        if sum <= 0.0 && shares.len() == axis.labels.len() {
            return Err(Error::invalid(field(), "must leave a label possible; all are 0"));
        }
    }
    Ok(())
}

/// Probabilities of an axis's labels under other priors than `learnt`, the shares they were calibrated with.
pub(super) fn adjust(probabilities: &[f64], learnt: &[f64], axis: &Axis, wanted: &BTreeMap<String, f64>) -> Vec<f64> {
    let left = (1.0 - wanted.values().sum::<f64>()).max(0.0);
    let each = left / axis.labels.len().saturating_sub(wanted.len()).max(1) as f64;
    let weighted: Vec<f64> = axis
        .labels
        .iter()
        .zip(probabilities.iter().zip(learnt))
        .map(|(label, (p, share))| p * wanted.get(&label.id).copied().unwrap_or(each) / share.max(f64::MIN_POSITIVE))
        .collect();
    let sum: f64 = weighted.iter().sum();
    // Where the text leaves nothing possible but what the priors rule out, the text is believed.
    if sum > 0.0 { weighted.iter().map(|p| p / sum).collect() } else { probabilities.to_vec() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalogue() -> Catalogue {
        toml::from_str(
            r#"name = "n"
            version = "1"
            [[axis]]
            id = "kind"
            zh = "类"
            en = "kind"
            target_precision = 0.9
            label = [{ id = "a", zh = "甲", en = "a" }, { id = "b", zh = "乙", en = "b" }, { id = "c", zh = "丙", en = "c" }]"#,
        )
        .unwrap()
    }

    fn priors(shares: &[(&str, f64)]) -> Priors {
        [("kind".to_owned(), shares.iter().map(|(l, p)| ((*l).to_owned(), *p)).collect())].into()
    }

    #[test]
    fn the_shares_of_the_corpus_change_nothing_and_others_follow_bayes() {
        let catalogue = catalogue();
        let axis = &catalogue.axes[0];
        let learnt = [0.5, 0.3, 0.2];
        let p = [0.6, 0.3, 0.1];
        let same = adjust(&p, &learnt, axis, &priors(&[("a", 0.5), ("b", 0.3), ("c", 0.2)])["kind"]);
        assert!(same.iter().zip(p).all(|(x, y)| (x - y).abs() < 1e-12), "{same:?}");
        // 0.6 · 0.1 / 0.5 : 0.3 · 0.45 / 0.3 : 0.1 · 0.45 / 0.2
        let rare = adjust(&p, &learnt, axis, &priors(&[("a", 0.1)])["kind"]);
        assert!(
            (rare[0] - 0.12 / 0.795).abs() < 1e-12 && (rare[1] - 0.45 * 0.3 / 0.3 / 0.795).abs() < 1e-12,
            "{rare:?}"
        );
    }

    #[test]
    fn what_are_no_priors_is_refused() {
        let catalogue = catalogue();
        check(&priors(&[("a", 0.2), ("b", 0.8)]), &catalogue).unwrap();
        for wrong in [
            priors(&[("d", 0.2)]),
            priors(&[("a", 1.2)]),
            priors(&[("a", f64::NAN)]),
            priors(&[("a", 0.7), ("b", 0.7)]),
            priors(&[("a", 0.0), ("b", 0.0), ("c", 0.0)]),
        ] {
            check(&wrong, &catalogue).unwrap_err();
        }
    }
}
