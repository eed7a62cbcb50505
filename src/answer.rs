//! What comes out: the speeches of a document, their tags, and why.

use std::time::Duration;

use serde::Serialize;

use crate::document::{Copy, Removal, Sketch, Span};

/// A tagged document.
#[derive(Clone, Debug)]
pub struct Tagging {
    /// At least one: a document that holds no speech is one text of an out-of-scope label.
    pub speeches: Vec<Speech>,
    /// What cleaning removed.
    pub removed: Vec<Removal>,
    /// Where the time went.
    pub times: Times,
}

/// Time spent on each stage of a document, over all its speeches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// Normalising, cleaning, splitting.
    pub prepare: Duration,
    /// Segmenting, finding cues and places.
    pub analyze: Duration,
    /// Weighing features, naive Bayes, calibration, evidence.
    pub score: Duration,
}

/// One speech of a document and its tags.
#[derive(Clone, Debug)]
pub struct Speech {
    /// Where its body stands in the source.
    pub span: Span,
    /// Its title as it stands in the source, if it has one, and where.
    pub title: Option<(String, Span)>,
    /// The earlier speech of the document that this one repeats.
    pub duplicate_of: Option<Copy>,
    /// The body's sketch, if [`Options::sketch`] asks for it.
    pub sketch: Option<Sketch>,
    /// One answer per axis asked for, in the catalogue's order.
    pub tags: Vec<Tag>,
}

/// The answer on one axis.
#[derive(Clone, Debug)]
pub struct Tag {
    /// The axis.
    pub axis: String,
    /// The label; nothing if the model abstains.
    pub label: Option<String>,
    /// Whether the model abstains: its confidence is below the axis's threshold, or the one asked for.
    pub abstained: bool,
    /// Whether the first-ranked label is one the service exists for.
    pub in_scope: bool,
    /// Calibrated probability of the first-ranked label.
    pub confidence: f64,
    /// ln of how many times likelier the first-ranked label is than the second: what the weights of all features, listed as
    /// evidence or not, and the priors sum to. Nothing for a text that is not judged.
    pub log_odds: Option<f64>,
    /// The first `top_k` labels with their probabilities.
    pub alternatives: Vec<Alternative>,
    /// What speaks for the first-ranked label against the second.
    pub evidence: Vec<Evidence>,
}

/// A label and its calibrated probability.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Alternative {
    /// The label.
    pub label: String,
    /// Its probability.
    pub confidence: f64,
}

/// A feature that speaks for the answer. Naive Bayes is additive: the weights of all features, those that speak against it
/// among them, and the difference of the model's priors sum to [`Tag::log_odds`]. [`Options::priors`] move that by a constant.
/// Features that have no place in the text, of form and of a title given beside it, are not listed.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// The stretch of the source at the feature's first occurrence.
    pub text: String,
    /// Where that is.
    pub span: Span,
    /// The feature's name, such as `opening:同志` or `cue:self_county`.
    pub feature: String,
    /// Occurrences of the feature in the speech; of a cue, those of all phrases of its class, of which `text` is the first.
    pub count: usize,
    /// What the feature adds to the calibrated log-odds of the first-ranked label against the second, in nats.
    pub weight: f64,
}
