//! What became of a record, whoever tagged it: this process or a service.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::cli::input::{Kind, Record, Segment};
use crate::cli::output::Identity;
use crate::{Error, Tagging};

/// What became of one record.
pub enum Outcome {
    Tagged(Tagging),
    Failed(Failure),
}

/// Why a record could not be tagged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Name of the canonical code.
    pub code: String,
    /// The field at fault.
    pub field: Option<String>,
    /// What is wrong, with the limit and the value.
    pub message: String,
}

impl Failure {
    pub fn json(&self) -> Value {
        json!({"code": self.code, "field": self.field, "message": self.message})
    }
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        let field = error.field().map(str::to_owned);
        Self { code: error.code().to_owned(), field, message: error.to_string() }
    }
}

/// A segment whose records have been tagged.
#[derive(Default)]
pub struct Tagged {
    pub records: Vec<Record>,
    /// One per record.
    pub outcomes: Vec<Outcome>,
    /// The model that tagged them.
    pub model: Arc<Identity>,
    /// As in [`Segment`].
    pub digest: String,
    /// As in [`Segment`].
    pub position: u64,
    /// As in [`Segment`].
    pub declared: Option<Arc<Vec<(String, Kind)>>>,
}

impl Tagged {
    pub fn new(segment: Segment, outcomes: Vec<Outcome>, model: Arc<Identity>) -> Self {
        let Segment { records, digest, position, declared } = segment;
        Self { records, outcomes, model, digest, position, declared }
    }

    pub fn iter(&self) -> impl Iterator<Item = (&Record, &Outcome)> {
        self.records.iter().zip(&self.outcomes)
    }
}
