//! One record of the input, and a stretch of records that travels through the pipeline together.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::Kind;
use crate::cli::asked::Fields;
use crate::{Document, Error};

/// One record: its fields, and what is wrong with it, if something is.
#[derive(Debug)]
pub struct Record {
    /// Place among all records of the input, from 1.
    pub number: u64,
    /// The file it stands in.
    pub source: Arc<str>,
    /// Line it begins at, or its place in a file that is not of lines, from 1.
    pub line: u64,
    /// Its name: the id field, else its file and line.
    pub id: String,
    /// Its fields in the input's order, the text among them.
    pub fields: Map<String, Value>,
    /// Why it can't be tagged.
    pub fault: Option<Error>,
    /// What stands in the input, where no fields could be read from it.
    pub raw: Option<String>,
}

impl Record {
    /// What is to be tagged, if the record has no fault: then its text is a string.
    pub fn document(&self, fields: &Fields) -> Document<'_> {
        let string = |field: &str| self.fields.get(field).and_then(Value::as_str).map(Cow::Borrowed);
        let title = string(&fields.title).filter(|title| !title.is_empty());
        Document { text: string(&fields.text).unwrap_or_default(), title }
    }
}

/// Records that travel together. Where a segment ends depends on the input alone, so that a run begun anew in the middle
/// makes the same ones.
#[derive(Debug)]
pub struct Segment {
    /// The records, in the input's order.
    pub records: Vec<Record>,
    /// SHA-256 of all that was read so far, with this segment.
    pub digest: String,
    /// Bytes of the input read so far.
    pub position: u64,
    /// Columns that the input's first file declares.
    pub declared: Option<Arc<Vec<(String, Kind)>>>,
}

impl Segment {
    /// Records in a segment, at most.
    pub const RECORDS: usize = 1024;
    /// A segment ends with the record that brings it to so many bytes.
    pub const BYTES: usize = 4 << 20;
}
