//! Where rows and failures go: a file with a journal, or standard output.
//!
//! Rows go to `OUTPUT.partial`. At most every `--checkpoint-ms`, when the last block of a segment is written and no rows
//! wait for another, output and errors are synced and the journal says how long they are. After a kill they are cut back to
//! that length, which takes away the blocks of a segment that was not written to its end. The last step puts the output in
//! its place and takes the journal away; each of its steps can be done again.

use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::answer::{Outcome, Tagged};
use super::journal::{Journal, sync_folder, with_suffix};
use super::output::{Encoder, OutputFormat, Writing, assemble};
use super::summary::Summary;
use crate::{Error, Result};

/// The files of an output.
#[derive(Clone, Debug)]
pub struct Paths {
    pub output: PathBuf,
    pub partial: PathBuf,
    pub journal: PathBuf,
}

impl Paths {
    pub fn new(output: &Path) -> Self {
        Self {
            output: output.to_owned(),
            partial: with_suffix(output, ".partial"),
            journal: with_suffix(output, ".journal"),
        }
    }
}

/// A file that is written at its end.
struct Tail {
    file: File,
    path: PathBuf,
    length: u64,
}

impl Tail {
    /// The file at `path`, which `option` names, cut to `length`, with no other run writing it.
    fn open(option: &str, path: &Path, length: u64) -> Result<Self> {
        let refuse = |reason: String| Error::invalid(option, format!("{}: {reason}", path.display()));
        let file = File::options().create(true).truncate(false).write(true).open(path);
        let mut file = file.map_err(|e| refuse(e.to_string()))?;
        lock(&file).map_err(|e| refuse(format!("can't be locked; another run may be writing it: {e}")))?;
        let known = file.metadata().map_err(Error::io(path))?.len();
        if known < length {
            let message = format!("{} has {known} bytes, where the journal says {length}", path.display());
            return Err(Error::invalid("--resume", message));
        }
        file.set_len(length).and_then(|()| file.seek(SeekFrom::Start(length))).map_err(Error::io(path))?;
        Ok(Self { file, path: path.to_owned(), length })
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.length += bytes.len() as u64;
        self.file.write_all(bytes).map_err(Error::io(&self.path))
    }

    fn sync(&self) -> Result<()> {
        self.file.sync_data().map_err(Error::io(&self.path))
    }
}

/// Where the rows go.
enum Out {
    Stdout,
    File { paths: Paths, tail: Tail, checkpoint: Duration, checked: Instant },
}

impl Out {
    fn write(&mut self, block: &[u8]) -> Result<()> {
        match self {
            Self::Stdout => {
                let mut out = std::io::stdout().lock();
                out.write_all(block).and_then(|()| out.flush()).map_err(Error::io("standard output"))
            }
            Self::File { tail, .. } => tail.write(block),
        }
    }
}

/// Takes tagged segments in order.
pub struct Sink {
    out: Out,
    errors: Option<Tail>,
    encoder: Encoder,
    parquet: bool,
    journal: Journal,
}

impl Sink {
    /// A sink to standard output.
    ///
    /// # Errors
    /// If the errors file can't be written.
    pub fn stdout(writing: Writing, errors: Option<&Path>) -> Result<Self> {
        let errors = errors.map(|path| Tail::open("--errors", path, 0)).transpose()?;
        let encoder = Encoder::new(writing, None, false);
        Ok(Self { out: Out::Stdout, errors, encoder, parquet: false, journal: Journal::default() })
    }

    /// A sink to a file that goes on where the journal stands and enters into it every `checkpoint`.
    ///
    /// # Errors
    /// If a file can't be written, or another run is writing it.
    pub fn file(
        paths: Paths,
        writing: Writing,
        errors: Option<&Path>,
        journal: Journal,
        checkpoint: Duration,
    ) -> Result<Self> {
        let tail = Tail::open("--output", &paths.partial, journal.output_bytes)?;
        let errors = errors.map(|path| Tail::open("--errors", path, journal.errors_bytes)).transpose()?;
        journal.write(&paths.journal)?;
        let parquet = writing.format == OutputFormat::Parquet;
        let encoder = Encoder::new(writing, journal.columns.clone(), journal.output_bytes > 0);
        Ok(Self {
            out: Out::File { paths, tail, checkpoint, checked: Instant::now() },
            errors,
            encoder,
            parquet,
            journal,
        })
    }

    /// What was counted so far.
    pub fn summary(&self) -> &Summary {
        &self.journal.summary
    }

    /// SHA-256 of the records that are done.
    pub fn digest(&self) -> &str {
        &self.journal.digest
    }

    /// Writes a segment.
    ///
    /// # Errors
    /// If a file can't be written.
    pub fn add(&mut self, tagged: &Tagged) -> Result<()> {
        if let Some(errors) = &mut self.errors {
            errors.write(&failures(tagged))?;
        }
        self.journal.summary.add(tagged);
        self.journal.digest.clone_from(&tagged.digest);
        let Self { encoder, out, .. } = self;
        encoder.add(tagged, &mut |block: &[u8]| out.write(block))?;
        // Elsewhere than here the output holds a segment in part, or not all that was counted.
        if self.encoder.is_settled() { self.enter(false) } else { Ok(()) }
    }

    /// Enters into the journal what is written, now and then, and after the last block.
    fn enter(&mut self, last: bool) -> Result<()> {
        let Out::File { paths, tail, checkpoint, checked } = &mut self.out else { return Ok(()) };
        if !last && checked.elapsed() < *checkpoint {
            return Ok(());
        }
        tail.sync()?;
        if let Some(errors) = &self.errors {
            errors.sync()?;
        }
        self.journal.output_bytes = tail.length;
        self.journal.errors_bytes = self.errors.as_ref().map_or(0, |errors| errors.length);
        self.journal.columns = self.encoder.columns().cloned();
        self.journal.finished = last;
        self.journal.write(&paths.journal)?;
        *checked = Instant::now();
        Ok(())
    }

    /// Writes what is left and puts the output in its place.
    ///
    /// # Errors
    /// If a file can't be written.
    pub fn end(mut self) -> Result<Summary> {
        let Self { encoder, out, .. } = &mut self;
        encoder.end(&mut |block: &[u8]| out.write(block))?;
        self.enter(true)?;
        let Self { out, journal, parquet, .. } = self;
        if let Out::File { paths, tail, .. } = out {
            place(&paths, &journal, parquet)?;
            drop(tail);
        }
        Ok(journal.summary)
    }
}

/// Puts a finished output in its place. Every step can be done twice.
///
/// # Errors
/// If a file can't be written.
pub fn place(paths: &Paths, journal: &Journal, parquet: bool) -> Result<()> {
    if paths.partial.exists() {
        match journal.columns.as_ref().filter(|_| parquet) {
            Some(columns) => {
                let whole = with_suffix(&paths.output, ".whole");
                assemble(&paths.partial, columns, &whole)?;
                fs::rename(&whole, &paths.output).map_err(Error::io(&paths.output))?;
                sync_folder(&paths.output).map_err(Error::io(&paths.output))?;
                fs::remove_file(&paths.partial).map_err(Error::io(&paths.partial))?;
            }
            None => fs::rename(&paths.partial, &paths.output).map_err(Error::io(&paths.output))?,
        }
        sync_folder(&paths.output).map_err(Error::io(&paths.output))?;
    }
    fs::remove_file(&paths.journal).map_err(Error::io(&paths.journal))
}

/// One JSON object per record that failed.
fn failures(tagged: &Tagged) -> Vec<u8> {
    let mut out = Vec::new();
    for (record, outcome) in tagged.iter() {
        if let Outcome::Failed(failure) = outcome {
            let mut line = json!({
                "record": record.number, "source": &*record.source, "line": record.line, "id": record.id,
                "error": failure.json(),
            });
            if let (Some(raw), Some(object)) = (&record.raw, line.as_object_mut()) {
                object.insert("raw".to_owned(), Value::from(raw.as_str()));
            }
            out.extend_from_slice(line.to_string().as_bytes());
            out.push(b'\n');
        }
    }
    out
}

/// Keeps a second run away from the same file, for as long as it is open.
#[cfg(unix)]
fn lock(file: &File) -> std::io::Result<()> {
    use rustix::fs::{FlockOperation, flock};
    Ok(flock(file, FlockOperation::NonBlockingLockExclusive)?)
}

#[cfg(not(unix))]
fn lock(_: &File) -> std::io::Result<()> {
    Ok(())
}
