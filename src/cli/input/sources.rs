//! A file of the input, and what all of them are.

use std::fs::File;
use std::io::{self, BufRead, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::bytes::{Counted, decompressed};
use super::json::Objects;
use super::utf16::as_utf8;
use super::{InputFormat, Kind, MARK, Reading, Records, lines::Lines, page::Page, rows::Rows, table::Table};
use crate::cli::asked::of_option;
use crate::cli::compression::{Compression, ending};
use crate::document::decode;
use crate::error::brief;
use crate::model::hex;
use crate::{Error, Result};

/// One file, or standard input.
#[derive(Debug)]
pub struct Source {
    /// Nothing for standard input.
    path: Option<PathBuf>,
    /// The path within the folder given, which is the id of a text.
    pub id: String,
    /// Size in bytes; 0 where it is not known.
    size: u64,
    /// Why it can't be read, if that is known already.
    fault: Option<Error>,
}

impl Source {
    pub fn standard_input() -> Self {
        Self { path: None, id: "-".to_owned(), size: 0, fault: None }
    }

    pub fn file(path: &Path, id: String, size: u64) -> Self {
        Self { path: Some(path.to_owned()), id, size, fault: None }
    }

    /// What can't be read, such as a folder without permission.
    pub fn unreadable(path: &Path, id: String, fault: Error) -> Self {
        Self { fault: Some(fault), ..Self::file(path, id, 0) }
    }

    /// What its records without an id are called by, before their line; nothing for standard input.
    pub fn called(&self) -> Option<&str> {
        self.path.as_ref().map(|_| self.id.as_str())
    }

    pub fn name(&self) -> String {
        self.path.as_ref().map_or_else(|| "standard input".to_owned(), |path| path.display().to_string())
    }

    /// Begins to read; `position` grows by the bytes read.
    ///
    /// # Errors
    /// If it can't be read, or has columns, and none of them is that of the text.
    pub(super) fn open(self, reading: &Reading, position: &Arc<AtomicU64>) -> Result<Box<dyn Records>> {
        let name = self.name();
        let records = self.records(reading, position)?;
        match records.columns() {
            // A table without a header has no rows either.
            Some(columns)
                if !columns.is_empty() && !columns.iter().any(|(column, _)| *column == reading.fields.text) =>
            {
                Err(no_text(&name, &columns, &reading.fields.text))
            }
            _ => Ok(records),
        }
    }

    fn records(self, reading: &Reading, position: &Arc<AtomicU64>) -> Result<Box<dyn Records>> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        let name = self.name();
        let mut reading = reading.clone();
        let mut format = match reading.format {
            InputFormat::Auto => format(&self.id),
            format => format,
        };
        if format == InputFormat::Parquet {
            let Some(path) = &self.path else {
                return Err(Error::invalid("--input-format", "parquet needs a file, not standard input"));
            };
            return Ok(Box::new(Rows::open(path, &reading.fields, Arc::clone(position), self.size)?));
        }
        let raw: Box<dyn Read> = match &self.path {
            Some(path) => Box::new(File::open(path).map_err(Error::io(path))?),
            None => Box::new(io::stdin().lock()),
        };
        let mut input = decompressed(Counted::new(raw, Arc::clone(position))).map_err(Error::io(&name))?;
        if format == InputFormat::Auto && self.is_stream() {
            (format, input) = format_of(input).map_err(Error::io(&name))?;
        }
        if !matches!(format, InputFormat::Auto | InputFormat::Text) {
            (input, reading.encoding) = as_utf8(input, reading.encoding).map_err(Error::io(&name))?;
        }
        let reading = &reading;
        Ok(match format {
            InputFormat::Jsonl => Box::new(Lines::new(input, name, reading)),
            InputFormat::Json => Box::new(Objects::open(input, name, reading)?),
            InputFormat::Csv => Box::new(Table::open(input, b',', name, reading)?),
            InputFormat::Tsv => Box::new(Table::open(input, b'\t', name, reading)?),
            _ => Box::new(Page::new(input, name, self.id, reading)),
        })
    }

    /// Whether it is standard input or, as a pipe that a shell names, like it: what it holds its name does not tell.
    fn is_stream(&self) -> bool {
        self.path.as_ref().is_none_or(|path| path.metadata().is_ok_and(|metadata| !metadata.is_file()))
    }
}

/// The most columns that a message lists.
const MOST_LISTED: usize = 20;

fn no_text(name: &str, columns: &[(String, Kind)], text: &str) -> Error {
    let mut known: Vec<String> = columns.iter().take(MOST_LISTED).map(|(column, _)| brief(column)).collect();
    if columns.len() > MOST_LISTED {
        known.push("…".to_owned());
    }
    let message = format!("no column of {name} is called {:?}; there are: {}", brief(text), known.join(", "));
    Error::invalid("--text-field", message)
}

/// Says before anything is read what is wrong with `reading`, by itself and for the files among `paths`.
///
/// # Errors
/// If no encoding has the label, or a table has no column for texts.
pub fn check_reading(reading: &Reading, paths: &[PathBuf]) -> Result<()> {
    if let Some(label) = &reading.encoding {
        decode(&[], Some(label)).map_err(of_option)?;
    }
    for path in paths.iter().filter(|path| path.is_file()) {
        let source = Source::file(path, path.to_string_lossy().into_owned(), 0);
        let format = if reading.format == InputFormat::Auto { format(&source.id) } else { reading.format };
        if matches!(format, InputFormat::Csv | InputFormat::Tsv | InputFormat::Parquet) {
            match source.open(reading, &Arc::default()) {
                Err(error) if error.field() == Some("--text-field") => return Err(error),
                // Whatever else is wrong is the file's own failure.
                _ => {}
            }
        }
    }
    Ok(())
}

/// How far to look behind blanks for an object.
const BLANK_BYTES: u64 = 64 << 10;

/// The format of an input that has no name: JSON Lines if it begins with an object, JSON if with an array of them, behind a
/// mark and blanks if need be, else `Auto`; and the input from its beginning.
fn format_of(mut input: Box<dyn BufRead>) -> io::Result<(InputFormat, Box<dyn BufRead>)> {
    let mut head = Vec::new();
    // Byte by byte: a pipe may give less than the mark at once.
    for byte in input.by_ref().take(BLANK_BYTES).bytes() {
        let byte = byte?;
        head.push(byte);
        if !byte.is_ascii_whitespace() && byte != b'[' && !MARK.starts_with(&head) {
            break;
        }
    }
    let begun: Vec<u8> =
        head.strip_prefix(MARK).unwrap_or(&head).iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let format = match begun.as_slice() {
        b"{" => InputFormat::Jsonl,
        b"[{" => InputFormat::Json,
        _ => InputFormat::Auto,
    };
    Ok((format, Box::new(Cursor::new(head).chain(input))))
}

/// The format a file's name tells, in capitals or not; `Auto` for a text.
fn format(name: &str) -> InputFormat {
    // What it is compressed by, its first bytes tell.
    let (stem, _) = Compression::strip(Path::new(name));
    match ending(&stem).as_str() {
        "jsonl" | "ndjson" => InputFormat::Jsonl,
        "json" => InputFormat::Json,
        "csv" => InputFormat::Csv,
        "tsv" => InputFormat::Tsv,
        "parquet" => InputFormat::Parquet,
        _ => InputFormat::Auto,
    }
}

/// What the input consists of: enough to know it again, however many files it has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Inventory {
    pub files: u64,
    pub bytes: u64,
    /// SHA-256 of all names and sizes.
    pub sha256: String,
    /// Whether every file tells its columns, the same for all.
    #[serde(skip)]
    pub regular: bool,
}

impl Inventory {
    /// Of the `sources` that were found at `paths`.
    ///
    /// # Errors
    /// If a path is not there, or nothing is.
    pub fn of(sources: impl Iterator<Item = Result<Source>>, asked: InputFormat, paths: &[PathBuf]) -> Result<Self> {
        let mut inventory = Self::default();
        let mut digest = Sha256::new();
        let (mut texts, mut tables) = (0, 0);
        for source in sources {
            let source = source?;
            digest.update(source.id.as_bytes());
            digest.update([0]);
            digest.update(source.size.to_le_bytes());
            inventory.files += 1;
            inventory.bytes += source.size;
            match if asked == InputFormat::Auto { format(&source.id) } else { asked } {
                InputFormat::Auto if source.path.is_none() => {}
                InputFormat::Auto | InputFormat::Text => texts += 1,
                InputFormat::Jsonl | InputFormat::Json => {}
                InputFormat::Csv | InputFormat::Tsv | InputFormat::Parquet => tables += 1,
            }
        }
        if let (0, Some(path)) = (inventory.files, paths.first()) {
            let source = io::Error::new(io::ErrorKind::NotFound, "holds no file to read; hidden ones are passed over");
            return Err(Error::Io { path: path.clone(), source });
        }
        inventory.regular = texts == inventory.files || (tables == 1 && inventory.files == 1);
        inventory.sha256 = hex(&digest.finalize());
        Ok(inventory)
    }
}
