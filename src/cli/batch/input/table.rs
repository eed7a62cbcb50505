//! CSV and TSV with a header.

use std::io::BufRead;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use csv::ByteRecord;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::bytes::Rationed;
use super::{Item, MAX_RECORD_BYTES, Reading, Records};
use crate::cli::batch::output::{Kind, free_name};
use crate::document::decode;
use crate::{Error, Result};

/// One record a row, all fields strings.
pub struct Table {
    input: csv::Reader<Rationed<Box<dyn BufRead>>>,
    ration: Arc<AtomicU64>,
    name: String,
    encoding: String,
    delimiter: u8,
    header: Vec<String>,
    row: ByteRecord,
    ended: bool,
}

impl Table {
    pub fn open(input: Box<dyn BufRead>, delimiter: u8, name: String, reading: &Reading) -> Result<Self> {
        let (input, ration) = Rationed::new(input, MAX_RECORD_BYTES as u64);
        let mut input = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(input);
        let encoding = reading.encoding.clone().unwrap_or_else(|| "utf-8".to_owned());
        let names = input.byte_headers().map_err(|e| Error::Io { path: (&name).into(), source: e.into() })?;
        let mut header = Vec::new();
        for column in names {
            let column = decode(column, Some(&encoding)).map_err(|e| e.within("header"))?.text;
            header.push(free_name(column, |taken| header.iter().any(|other| other == taken)));
        }
        Ok(Self { input, ration, name, encoding, delimiter, header, row: ByteRecord::new(), ended: false })
    }

    fn item(&self, line: u64, bytes: usize) -> Item {
        let mut item = Item::new(line, bytes, Map::new());
        for (column, bytes) in self.header.iter().zip(self.row.iter()) {
            if let Ok(decoded) = decode(bytes, Some(&self.encoding)) {
                item.fields.insert(column.clone(), Value::String(decoded.text));
            } else {
                let message = format!("in line {line} is not valid {}; --encoding names another one", self.encoding);
                item.fault = Some(Error::invalid(column.clone(), message));
            }
        }
        if self.row.len() != self.header.len() {
            let message = format!("has {} fields, where the header has {}", self.row.len(), self.header.len());
            item.fault = Some(Error::invalid(format!("line {line}"), message));
        }
        if item.fault.is_some() {
            item.raw = Some(String::from_utf8_lossy(&self.row.iter().collect::<Vec<_>>().join(&self.delimiter)).into());
        }
        item
    }
}

impl Records for Table {
    fn next(&mut self, digest: &mut Sha256, wanted: bool) -> Option<Item> {
        if self.ended {
            return None;
        }
        self.ration.store(MAX_RECORD_BYTES as u64, Ordering::Relaxed);
        match self.input.read_byte_record(&mut self.row) {
            Ok(false) => None,
            Ok(true) => {
                for field in &self.row {
                    digest.update(field);
                    digest.update([0xff]);
                }
                let line = self.row.position().map_or(0, csv::Position::line);
                let bytes = self.row.as_slice().len();
                Some(if wanted { self.item(line, bytes) } else { Item::new(line, bytes, Map::new()) })
            }
            Err(error) => {
                self.ended = true;
                let line = self.input.position().line();
                Some(Item::fault(line, 0, Error::Io { path: (&self.name).into(), source: error.into() }, None))
            }
        }
    }

    fn columns(&self) -> Option<Vec<(String, Kind)>> {
        Some(self.header.iter().map(|column| (column.clone(), Kind::Text)).collect())
    }
}
