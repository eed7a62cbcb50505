//! The input of `tag` and `batch`: files one after the other, whatever their formats, as one row of records.
//!
//! Every format bounds what one record may take, so that memory does not depend on the input's size; Parquet's reader gives
//! whole rows, so there a longer one is refused once it is read. A file that can't be read to its end is one failed record,
//! and the next file goes on.

mod bytes;
mod json;
mod lines;
mod page;
mod record;
mod rows;
mod sources;
mod table;
mod utf16;
mod walk;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

pub use record::{Record, Segment};
pub use sources::{Inventory, Source, check_reading};
pub use walk::{PassedOver, canonical, say_passed_over, sources};

use crate::cli::asked::Fields;
use crate::model::hex;
use crate::{Error, Result};

/// Longest record read, in bytes.
pub const MAX_RECORD_BYTES: usize = 16 << 20;

/// The byte-order mark of UTF-8.
pub const MARK: &[u8] = b"\xef\xbb\xbf";

/// The formats of inputs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum InputFormat {
    /// By the file's name, in any case: .jsonl or .ndjson, .json, .csv, .tsv, .parquet, all else a text.
    #[default]
    Auto,
    Text,
    Jsonl,
    /// An array of objects, or objects one after the other.
    Json,
    Csv,
    Tsv,
    Parquet,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Text,
    Flag,
    Whole,
    Real,
}

/// `name`, with as many underscores behind it as it takes not to be `taken`.
pub fn free_name(mut name: String, taken: impl Fn(&str) -> bool) -> String {
    while taken(&name) {
        name.push('_');
    }
    name
}

/// How to read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reading {
    pub format: InputFormat,
    pub encoding: Option<String>,
    pub fields: Fields,
    /// Longest text accepted, in bytes.
    pub max_text_bytes: usize,
}

/// What a file's format makes of its next record.
struct Item {
    line: u64,
    /// Size, for the length of segments.
    bytes: usize,
    fields: Map<String, Value>,
    fault: Option<Error>,
    raw: Option<String>,
}

impl Item {
    fn new(line: u64, bytes: usize, fields: Map<String, Value>) -> Self {
        Self { line, bytes, fields, fault: None, raw: None }
    }

    fn fault(line: u64, bytes: usize, fault: Error, raw: Option<String>) -> Self {
        Self { line, bytes, fields: Map::new(), fault: Some(fault), raw }
    }
}

/// A file being read.
trait Records {
    /// The next record. All its bytes go through `digest`; if it is not `wanted`, its fields may be left out.
    fn next(&mut self, digest: &mut Sha256, wanted: bool) -> Option<Item>;

    /// The columns the file declares.
    fn columns(&self) -> Option<Vec<(String, Kind)>> {
        None
    }
}

/// A file that can't be read: one record that says so, with the file's own id.
struct Unreadable(Option<Item>);

impl Unreadable {
    fn new(error: Error, fields: Map<String, Value>) -> Self {
        Self(Some(Item { fields, ..Item::fault(1, 0, error, None) }))
    }
}

impl Records for Unreadable {
    fn next(&mut self, _: &mut Sha256, _: bool) -> Option<Item> {
        self.0.take()
    }
}

/// A file being read, and what it is called.
struct Open {
    name: Arc<str>,
    /// What its records are called by that have no id; nothing for standard input.
    called: Option<Arc<str>>,
    records: Box<dyn Records>,
}

/// All records of the input, in order.
pub struct Reader {
    reading: Reading,
    sources: Box<dyn Iterator<Item = Result<Source>>>,
    open: Option<Open>,
    declared: Option<Arc<Vec<(String, Kind)>>>,
    number: u64,
    digest: Sha256,
    position: Arc<AtomicU64>,
}

impl Reader {
    pub fn new(reading: Reading, sources: Box<dyn Iterator<Item = Result<Source>>>) -> Self {
        Self {
            reading,
            sources,
            open: None,
            declared: None,
            number: 0,
            digest: Sha256::new(),
            position: Arc::default(),
        }
    }

    /// Passes over the first `count` records, which must be those that gave `digest`.
    ///
    /// # Errors
    /// If they are not.
    pub fn skip(&mut self, count: u64, digest: &str) -> Result<()> {
        while self.number < count {
            if self.item(false).is_none() {
                let message = format!("{count} records are done, and the input has {} now", self.number);
                return Err(Error::invalid("--resume", message));
            }
        }
        if count > 0 && self.digest() != digest {
            let message = format!(
                "the first {count} records of the input are not those that were done, or an earlier version read them \
                 otherwise; --restart begins anew"
            );
            return Err(Error::invalid("--resume", message));
        }
        Ok(())
    }

    /// The next records; none at the end.
    pub fn segment(&mut self) -> Option<Segment> {
        let mut records = Vec::new();
        let mut bytes = 0;
        while records.len() < Segment::RECORDS && bytes < Segment::BYTES {
            let Some(item) = self.item(true) else { break };
            bytes += item.bytes;
            records.push(self.record(item));
        }
        let position = self.position.load(Ordering::Relaxed);
        let declared = self.declared.clone();
        (!records.is_empty()).then(|| Segment { records, digest: self.digest(), position, declared })
    }

    fn digest(&self) -> String {
        hex(&self.digest.clone().finalize())
    }

    fn item(&mut self, wanted: bool) -> Option<Item> {
        loop {
            if let Some(open) = &mut self.open {
                if let Some(item) = open.records.next(&mut self.digest, wanted) {
                    self.number += 1;
                    return Some(item);
                }
                self.open = None;
            }
            let open = match self.sources.next()? {
                Ok(source) => {
                    self.digest.update(source.id.as_bytes());
                    let (name, called) = (source.name().into(), source.called().map(Arc::from));
                    let id = Map::from_iter([(self.reading.fields.id.clone(), Value::from(source.id.as_str()))]);
                    let records = source.open(&self.reading, &self.position);
                    Open { name, called, records: records.unwrap_or_else(|e| Box::new(Unreadable::new(e, id))) }
                }
                Err(error) => {
                    Open { name: "folder".into(), called: None, records: Box::new(Unreadable::new(error, Map::new())) }
                }
            };
            if self.declared.is_none() {
                self.declared = Some(Arc::new(open.records.columns().unwrap_or_default()));
            }
            self.open = Some(open);
        }
    }

    /// An item of the file that is open.
    fn record(&self, item: Item) -> Record {
        let Item { line, mut fields, mut fault, raw, .. } = item;
        let names = &self.reading.fields;
        let called = self.open.as_ref().and_then(|open| open.called.as_deref());
        let id = match (fields.get(&names.id), called) {
            (Some(Value::String(id)), _) => id.clone(),
            (Some(Value::Number(id)), _) => id.to_string(),
            // Other files have such a line, too.
            (_, Some(file)) => format!("{file} line {line}"),
            (_, None) => format!("line {line}"),
        };
        let source = self.open.as_ref().map_or_else(|| "folder".into(), |open| Arc::clone(&open.name));
        if fields.is_empty() {
            fields.insert(names.id.clone(), Value::from(id.as_str()));
        }
        if fault.is_none() {
            let text = match fields.get(&names.text) {
                Some(Value::String(_)) => None,
                Some(_) => Some(format!("in line {line} must be a string")),
                None => Some(format!("is missing in line {line}")),
            };
            fault = text.map(|message| Error::invalid(names.text.clone(), message));
        }
        Record { number: self.number, source, line, id, fields, fault, raw }
    }
}
