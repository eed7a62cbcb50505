//! The files of the input, in an order that is the same every time.

use std::fs::{self, File};
use std::io::{self, BufRead, Cursor, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use serde::Serialize;
use sha2::{Digest, Sha256};
use walkdir::{DirEntry, WalkDir};

use super::bytes::{Counted, decompressed};
use super::json::Objects;
use super::{InputFormat, MARK, Reading, Records, lines::Lines, page::Page, rows::Rows, table::Table};
use crate::cli::compression::{Compression, ending};
use crate::model::hex;
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
        if format == InputFormat::Auto && self.path.is_none() {
            (format, input) = format_of(input).map_err(Error::io(&name))?;
        }
        Ok(match format {
            InputFormat::Jsonl => Box::new(Lines::new(input, name, reading)),
            InputFormat::Json => Box::new(Objects::open(input, name, reading)?),
            InputFormat::Csv => Box::new(Table::open(input, b',', name, reading)?),
            InputFormat::Tsv => Box::new(Table::open(input, b'\t', name, reading)?),
            _ => Box::new(Page::new(input, name, self.id.clone(), reading)),
        })
    }
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

/// Where a path leads, behind all links; of what is not there yet, where it will stand.
pub fn canonical(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        folder.join(path.file_name().unwrap_or_default())
    })
}

/// The files at `paths`, folders unfolded in the order of names, without those in `ours`, which are canonical. A folder
/// that a link within a folder leads to is not read but `passed_over`. Only one folder's names are held at a time.
pub fn sources(
    paths: Vec<PathBuf>,
    ours: Vec<PathBuf>,
    passed_over: fn(&Path),
) -> impl Iterator<Item = Result<Source>> {
    let paths = if paths.is_empty() { vec![PathBuf::from("-")] } else { paths };
    paths.into_iter().flat_map(move |path| -> Box<dyn Iterator<Item = Result<Source>>> {
        if path == Path::new("-") {
            return Box::new(std::iter::once(Ok(Source { path: None, id: "-".to_owned(), size: 0 })));
        }
        let ours = ours.clone();
        let entries = WalkDir::new(&path).follow_root_links(true).sort_by_file_name().into_iter();
        Box::new(entries.filter_map(move |entry| match entry {
            Ok(entry) => {
                let mine = || entry.depth() > 0 && ours.contains(&canonical(entry.path()));
                (is_read(&entry, passed_over) && !mine()).then(|| Ok(source(&path, &entry)))
            }
            Err(e) => {
                let source = e.into_io_error().unwrap_or_else(|| io::Error::other("links in a circle"));
                Some(Err(Error::Io { path: path.clone(), source }))
            }
        }))
    })
}

/// Warns of a folder that is not read.
pub fn say_passed_over(path: &Path) {
    // Nobody may be listening.
    let _ = writeln!(
        io::stderr(),
        "speechtag: {}: links to a folder and is passed over; name it as an input to have it read",
        path.display()
    );
}

/// Whether an entry is a file to read.
fn is_read(entry: &DirEntry, passed_over: fn(&Path)) -> bool {
    // A pipe or a device is read if it is named, and passed over in a folder.
    if entry.depth() == 0 {
        return !entry.path().is_dir();
    }
    if !entry.path_is_symlink() {
        return entry.file_type().is_file();
    }
    match fs::metadata(entry.path()) {
        // Links to folders can lead in circles.
        Ok(target) if target.is_dir() => {
            passed_over(entry.path());
            false
        }
        Ok(target) => target.is_file(),
        // To open it will say what is wrong, as that of a record.
        Err(_) => true,
    }
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
                InputFormat::Jsonl | InputFormat::Json => {}
                InputFormat::Csv | InputFormat::Tsv | InputFormat::Parquet => tables += 1,
            }
        }
        inventory.regular = texts == inventory.files || (tables == 1 && inventory.files == 1);
        inventory.sha256 = hex(&digest.finalize());
        Ok(inventory)
    }
}
