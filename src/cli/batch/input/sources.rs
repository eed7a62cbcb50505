//! The files of the input, in an order that is the same every time.

use std::fs::{self, File};
use std::io::{BufRead, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use serde::Serialize;
use sha2::{Digest, Sha256};
use walkdir::{DirEntry, WalkDir};

use super::bytes::{Counted, decompressed};
use super::{InputFormat, Reading, Records, hex, lines::Lines, page::Page, rows::Rows, table::Table};
use crate::{Error, Result};

/// One file, or standard input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Nothing for standard input.
    path: Option<PathBuf>,
    /// The path within the folder given, which is the id of a text.
    pub id: String,
    /// Size in bytes; 0 where it is not known.
    size: u64,
}

impl Source {
    pub fn name(&self) -> String {
        self.path.as_ref().map_or_else(|| "standard input".to_owned(), |path| path.display().to_string())
    }

    /// Begins to read; `position` grows by the bytes read.
    pub(super) fn open(&self, reading: &Reading, position: &Arc<AtomicU64>) -> Result<Box<dyn Records>> {
        let name = self.name();
        let format = match reading.format {
            InputFormat::Auto => format(&self.id),
            format => format,
        };
        if format == InputFormat::Parquet {
            let Some(path) = &self.path else {
                return Err(Error::invalid("--input-format", "parquet needs a file, not standard input"));
            };
            return Ok(Box::new(Rows::open(path, Arc::clone(position), self.size)?));
        }
        let raw: Box<dyn Read> = match &self.path {
            Some(path) => Box::new(File::open(path).map_err(Error::io(path))?),
            None => Box::new(std::io::stdin().lock()),
        };
        let mut input = decompressed(Counted::new(raw, Arc::clone(position))).map_err(Error::io(&name))?;
        let lines = format == InputFormat::Jsonl
            || (format == InputFormat::Auto
                && self.path.is_none()
                && input.fill_buf().map_err(Error::io(&name))?.trim_ascii_start().starts_with(b"{"));
        Ok(match format {
            InputFormat::Csv => Box::new(Table::open(input, b',', name, reading)?),
            InputFormat::Tsv => Box::new(Table::open(input, b'\t', name, reading)?),
            _ if lines => Box::new(Lines::new(input, name, reading)),
            _ => Box::new(Page::new(input, name, self.id.clone(), reading)),
        })
    }
}

/// The format a file's name tells; `Auto` for a text.
fn format(name: &str) -> InputFormat {
    let name = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(name);
    match Path::new(name).extension().and_then(|extension| extension.to_str()) {
        Some("jsonl" | "ndjson") => InputFormat::Jsonl,
        Some("csv") => InputFormat::Csv,
        Some("tsv") => InputFormat::Tsv,
        Some("parquet") => InputFormat::Parquet,
        _ => InputFormat::Auto,
    }
}

/// The files at `paths`, folders unfolded in the order of names, without those in `ours`. Only one folder's names are held
/// at a time.
pub fn sources(paths: Vec<PathBuf>, ours: Vec<PathBuf>) -> impl Iterator<Item = Result<Source>> {
    let paths = if paths.is_empty() { vec![PathBuf::from("-")] } else { paths };
    paths.into_iter().flat_map(move |path| -> Box<dyn Iterator<Item = Result<Source>>> {
        if path == Path::new("-") {
            return Box::new(std::iter::once(Ok(Source { path: None, id: "-".to_owned(), size: 0 })));
        }
        let ours = ours.clone();
        let entries = WalkDir::new(&path).follow_root_links(true).sort_by_file_name().into_iter();
        Box::new(entries.filter_map(move |entry| match entry {
            // A pipe or a device is read if it is named, and passed over in a folder.
            Ok(entry) if entry.file_type().is_file() || (entry.depth() == 0 && !entry.path().is_dir()) => {
                let canonical = fs::canonicalize(entry.path()).unwrap_or_else(|_| entry.path().to_owned());
                (!ours.contains(&canonical)).then(|| Ok(source(&path, &entry)))
            }
            Ok(_) => None,
            Err(e) => {
                let source = e.into_io_error().unwrap_or_else(|| std::io::Error::other("links in a circle"));
                Some(Err(Error::Io { path: path.clone(), source }))
            }
        }))
    })
}

fn source(root: &Path, entry: &DirEntry) -> Source {
    let within = entry.path().strip_prefix(root).unwrap_or(entry.path());
    let id = if within.as_os_str().is_empty() { Path::new(entry.file_name()) } else { within };
    let size = fs::metadata(entry.path()).map_or(0, |metadata| metadata.len());
    Source { id: id.to_string_lossy().into_owned(), path: Some(entry.path().to_owned()), size }
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
    /// # Errors
    /// If a path is not there.
    pub fn of(sources: impl Iterator<Item = Result<Source>>, asked: InputFormat) -> Result<Self> {
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
                InputFormat::Jsonl => {}
                InputFormat::Csv | InputFormat::Tsv | InputFormat::Parquet => tables += 1,
            }
        }
        inventory.regular = texts == inventory.files || (tables == 1 && inventory.files == 1);
        inventory.sha256 = hex(digest);
        Ok(inventory)
    }
}
