//! Rows as bytes: JSON Lines, CSV or Parquet, plain or compressed.
//!
//! An [`Encoder`] turns segments into *blocks*. A block stands alone (a gzip member, a Zstandard frame, a Parquet row
//! group), and where one ends depends on the segments alone. So a run that was killed can cut its output back to the end
//! of any block, go on, and come to the same bytes as one that was not.

mod columns;
mod compression;
mod json;
mod row_group;
mod table;

use std::path::Path;
use std::sync::Arc;

use serde::Serialize;

pub use columns::{Columns, Kind, free_name};
pub use compression::Compression;
pub use row_group::assemble;

use super::answer::Tagged;
use crate::cli::asked::Fields;
use crate::{Error, Result};

/// The formats of outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum OutputFormat {
    Jsonl,
    Csv,
    Tsv,
    Parquet,
}

/// How to write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Writing {
    pub format: OutputFormat,
    pub compression: Compression,
    pub drop_text: bool,
    pub fields: Fields,
    /// The axes that get columns.
    pub axes: Vec<String>,
    /// Whether the columns are known without looking at records.
    pub regular: bool,
}

impl Writing {
    /// Format and compression by a file's name.
    ///
    /// # Errors
    /// If the name tells no format.
    pub fn by_name(path: &Path) -> Result<(OutputFormat, Compression)> {
        let name = path.to_string_lossy();
        let (stem, compression) = if let Some(stem) = name.strip_suffix(".gz") {
            (stem, Compression::Gzip)
        } else if let Some(stem) = name.strip_suffix(".zst") {
            (stem, Compression::Zstd)
        } else {
            (&*name, Compression::None)
        };
        let format = match Path::new(stem).extension().and_then(|extension| extension.to_str()) {
            Some("jsonl" | "ndjson") => OutputFormat::Jsonl,
            Some("csv") => OutputFormat::Csv,
            Some("tsv") => OutputFormat::Tsv,
            Some("parquet") if compression == Compression::None => OutputFormat::Parquet,
            _ => {
                let message = format!(
                    "{name}: ends neither in .jsonl, .csv, .tsv (with .gz or .zst, if you like) nor in .parquet"
                );
                return Err(Error::invalid("--output", message));
            }
        };
        Ok((format, compression))
    }
}

/// Segments in, blocks out.
pub struct Encoder {
    writing: Writing,
    /// Known from the first segment on.
    columns: Option<Arc<Columns>>,
    /// Rows of a block that is not full, for Parquet.
    waiting: Option<row_group::Rows>,
    begun: bool,
}

impl Encoder {
    /// An encoder that begins an output, or goes on with one that has these columns.
    pub fn new(writing: Writing, columns: Option<Columns>, begun: bool) -> Self {
        Self { writing, columns: columns.map(Arc::new), waiting: None, begun }
    }

    /// The columns, for a later encoder to go on with.
    pub fn columns(&self) -> Option<&Columns> {
        self.columns.as_deref()
    }

    /// Takes a segment; gives a block's bytes if the block is full.
    ///
    /// # Errors
    /// None that the input could cause.
    pub fn add(&mut self, tagged: &Tagged) -> Result<Option<Vec<u8>>> {
        if self.writing.format == OutputFormat::Jsonl {
            let lines = json::lines(tagged, &self.writing);
            self.begun = true;
            return self.writing.compression.compress(lines).map(Some);
        }
        let columns = Arc::clone(self.columns.get_or_insert_with(|| Arc::new(Columns::of(tagged, &self.writing))));
        if self.writing.format == OutputFormat::Parquet {
            let mut rows = self.waiting.take().unwrap_or_else(|| row_group::Rows::new(&columns));
            rows.add(tagged, &columns, &self.writing);
            if !rows.is_full() {
                self.waiting = Some(rows);
                return Ok(None);
            }
            return row_group::block(&columns, &rows).map(Some);
        }
        let header = !std::mem::replace(&mut self.begun, true);
        let rows = table::rows(tagged, &columns, &self.writing, header)?;
        self.writing.compression.compress(rows).map(Some)
    }

    /// The last block, if rows wait for one, or an output without rows, if there were none.
    ///
    /// # Errors
    /// As [`Encoder::add`].
    pub fn end(&mut self) -> Result<Option<Vec<u8>>> {
        let nothing = !self.begun && self.columns.is_none();
        let empty = if nothing { self.add(&Tagged::default())? } else { None };
        match (self.waiting.take(), &self.columns) {
            (Some(rows), Some(columns)) if !rows.is_empty() => row_group::block(columns, &rows).map(Some),
            _ => Ok(empty),
        }
    }
}
