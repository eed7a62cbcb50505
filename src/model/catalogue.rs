//! What a model can say: its axes and labels, with names in Chinese and English.
//!
//! Labels are data. The catalogue is written beside a corpus (`model.toml`), travels inside the model file, and is what
//! the service lists; nothing in the program knows a label.

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// Name and version of a model, and the axes it decides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Catalogue {
    /// Name of the model, such as `speechtag-zh`.
    pub name: String,
    /// Version of the model.
    pub version: String,
    /// The axes, in the order in which they are listed.
    #[serde(rename = "axis")]
    pub axes: Vec<Axis>,
}

/// One question a model answers about a text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Axis {
    /// Identifier, such as `document_type`.
    pub id: String,
    /// Chinese name.
    pub zh: String,
    /// English name.
    pub en: String,
    /// The label of texts with too little Chinese to judge; without one the axis abstains.
    #[serde(default)]
    pub fallback: Option<String>,
    /// Whether a text may have no label here: a `null` in the corpus then teaches for which labels of the first axis that is
    /// so, and the model abstains there. The first axis itself can't be optional: nothing tells its texts apart.
    #[serde(default)]
    pub optional: bool,
    /// Share of right answers that the abstention threshold is chosen for.
    pub target_precision: f64,
    /// Confidence below which the model abstains. Chosen in training; absent before.
    #[serde(default)]
    pub threshold: f64,
    /// The labels.
    #[serde(rename = "label")]
    pub labels: Vec<Label>,
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Label {
    /// Identifier, such as `forum_address`.
    pub id: String,
    /// Chinese name.
    pub zh: String,
    /// English name.
    pub en: String,
    /// Whether texts with this label are what the service exists for.
    #[serde(default = "yes")]
    pub in_scope: bool,
}

fn yes() -> bool {
    true
}

impl Catalogue {
    /// Checks what the types cannot say.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] with the field path at fault: no axis, fewer than two labels, an identifier that is
    /// empty or stands twice, a first axis that is optional, a fallback that is no label, a number outside 0 to 1.
    pub fn check(&self) -> Result<()> {
        if self.name.is_empty() || self.version.is_empty() {
            return Err(Error::invalid("name", "name and version must not be empty"));
        }
        if self.axes.is_empty() {
            return Err(Error::invalid("axis", "a catalogue needs at least one axis"));
        }
        if let Some(first) = self.axes.first().filter(|axis| axis.optional) {
            return Err(Error::invalid(
                format!("axis[{}].optional", first.id),
                "the first axis can't be optional: where another axis has no label is learnt by the label on the first",
            ));
        }
        unique("axis", self.axes.iter().map(|axis| axis.id.as_str()))?;
        for axis in &self.axes {
            let at = format!("axis[{}]", axis.id);
            if axis.labels.len() < 2 {
                return Err(Error::invalid(
                    at,
                    format!("an axis needs at least 2 labels, found {}", axis.labels.len()),
                ));
            }
            unique(&format!("{at}.label"), axis.labels.iter().map(|label| label.id.as_str()))?;
            if let Some(fallback) = &axis.fallback
                && axis.label(fallback).is_none()
            {
                return Err(Error::invalid(format!("{at}.fallback"), format!("{fallback:?} is no label of the axis")));
            }
            if !(0.0..=1.0).contains(&axis.target_precision) || !(0.0..=1.0).contains(&axis.threshold) {
                return Err(Error::invalid(at, "target_precision and threshold must lie between 0 and 1"));
            }
        }
        Ok(())
    }

    /// The axis with this identifier.
    #[must_use]
    pub fn axis(&self, id: &str) -> Option<&Axis> {
        self.axes.iter().find(|axis| axis.id == id)
    }

    /// The axis that `field` of a request names.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is none of this name.
    pub fn known(&self, field: impl Into<String>, id: &str) -> Result<&Axis> {
        let known = self.axes.iter().map(|axis| axis.id.as_str());
        self.axis(id).ok_or_else(|| Error::not_found(field, "axis", id, known))
    }

    /// Labels of all axes together: the width of the score table.
    #[must_use]
    pub fn width(&self) -> usize {
        self.axes.iter().map(|axis| axis.labels.len()).sum()
    }
}

impl Axis {
    /// The label with this identifier and its number.
    #[must_use]
    pub fn label(&self, id: &str) -> Option<(usize, &Label)> {
        self.labels.iter().enumerate().find(|(_, label)| label.id == id)
    }
}

fn unique<'a>(field: &str, ids: impl Iterator<Item = &'a str>) -> Result<()> {
    let mut seen = std::collections::BTreeSet::new();
    for id in ids {
        if id.is_empty() || !seen.insert(id) {
            return Err(Error::invalid(field, format!("identifiers must not be empty or stand twice: {id:?}")));
        }
    }
    Ok(())
}
