//! CSV and TSV with a header.

use std::io::{self, BufRead, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use csv::ByteRecord;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::bytes::Rationed;
use super::{Item, Kind, MAX_RECORD_BYTES, Reading, Records, free_name};
use crate::document::{decode, decode_part};
use crate::{Error, Result};

/// Ends what it reads with a line break of its own. That ends any record that is not inside quotes, so whoever asks for
/// more in the middle of a record holds a quote that was never closed. The parser would not say so: to it the end of the
/// file ends every field.
struct Ended<R> {
    inner: R,
    /// Whether the line break was given.
    broken: bool,
    /// Whether somebody asked for more.
    exceeded: bool,
}

impl<R: Read> Read for Ended<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if !self.broken {
            let read = self.inner.read(buffer)?;
            if read > 0 {
                return Ok(read);
            }
            if let Some(first) = buffer.first_mut() {
                *first = b'\n';
                self.broken = true;
                return Ok(1);
            }
        }
        self.exceeded = true;
        Ok(0)
    }
}

type Parser = csv::Reader<Ended<Rationed<Box<dyn BufRead>>>>;

/// A record that the file ended in.
struct Open {
    /// Line it begins at.
    line: u64,
    /// Line of the quote that was not closed.
    since: u64,
}

impl Open {
    /// Whether the file ended in `row`, which was read last. All line breaks behind the quote are in the last field.
    fn of(row: &ByteRecord, input: &Parser) -> Option<Self> {
        let last = row.iter().next_back().filter(|_| input.get_ref().exceeded)?;
        let end = input.position().line();
        let line = end.saturating_sub(row.iter().map(breaks).sum());
        Some(Self { line, since: end.saturating_sub(breaks(last)) })
    }

    fn error(&self, field: impl Into<String>) -> Error {
        Error::invalid(field, format!("quote left open since line {}, to the end of the file", self.since))
    }
}

/// Line breaks within a field.
fn breaks(field: &[u8]) -> u64 {
    field.split(|byte| *byte == b'\n').skip(1).count() as u64
}

/// Takes the line break of [`Ended`] off the end of a row.
fn without_break(row: &mut ByteRecord) {
    let last = row.iter().next_back().and_then(|field| field.strip_suffix(b"\n")).map(<[u8]>::to_vec);
    if let Some(last) = last {
        row.truncate(row.len().saturating_sub(1));
        row.push_field(&last);
    }
}

/// One record a row, all fields strings.
pub struct Table {
    input: Parser,
    ration: Arc<AtomicU64>,
    name: String,
    encoding: String,
    delimiter: u8,
    header: Vec<String>,
    /// Whether lines end in CR and LF. The parser takes the LF for the first of the next line.
    crlf: bool,
    row: ByteRecord,
    ended: bool,
}

/// What is said of bytes that are none of the encoding.
fn not_valid(encoding: &str) -> String {
    format!("is not valid {encoding}; --encoding names another one, such as gb18030")
}

impl Table {
    pub fn open(input: Box<dyn BufRead>, delimiter: u8, name: String, reading: &Reading) -> Result<Self> {
        let (input, ration) = Rationed::new(input, MAX_RECORD_BYTES as u64);
        let input = Ended { inner: input, broken: false, exceeded: false };
        let mut input = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(input);
        let encoding = reading.encoding.clone().unwrap_or_else(|| "utf-8".to_owned());
        let names = input.byte_headers().map_err(|e| Error::Io { path: (&name).into(), source: e.into() })?.clone();
        if let Some(open) = Open::of(&names, &input) {
            return Err(open.error("header"));
        }
        let crlf = input.position().line() == names.iter().map(breaks).sum::<u64>() + 1;
        let mut header = Vec::new();
        for column in &names {
            let column = decode(column, Some(&encoding)).map_err(|e| match e.field() {
                Some("data") => Error::invalid("header", not_valid(&encoding)),
                _ => e,
            })?;
            let column = column.text;
            header.push(free_name(column, |taken| header.iter().any(|other| other == taken)));
        }
        Ok(Self { input, ration, name, encoding, delimiter, header, crlf, row: ByteRecord::new(), ended: false })
    }

    fn item(&self, line: u64, bytes: usize, open: Option<&Open>) -> Item {
        let mut item = Item::new(line, bytes, Map::new());
        for (column, bytes) in self.header.iter().zip(self.row.iter()) {
            if let Ok(decoded) = decode_part(bytes, &self.encoding) {
                item.fields.insert(column.clone(), Value::String(decoded.text));
            } else {
                let message = format!("in line {line} {}", not_valid(&self.encoding));
                item.fault = Some(Error::invalid(column.clone(), message));
            }
        }
        if self.row.len() != self.header.len() {
            let message = format!("has {} fields, where the header has {}", self.row.len(), self.header.len());
            item.fault = Some(Error::invalid(format!("line {line}"), message));
        }
        if let Some(open) = open {
            item.fault = Some(open.error(format!("line {line}")));
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
                let open = Open::of(&self.row, &self.input);
                if open.is_some() {
                    without_break(&mut self.row);
                }
                for field in &self.row {
                    digest.update(field);
                    digest.update([0xff]);
                }
                let begun = self.row.position().map_or(0, csv::Position::line) + u64::from(self.crlf);
                let line = open.as_ref().map_or(begun, |open| open.line);
                let bytes = self.row.as_slice().len();
                Some(if wanted { self.item(line, bytes, open.as_ref()) } else { Item::new(line, bytes, Map::new()) })
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
