//! Rows as bytes: JSON Lines, CSV or Parquet, plain or compressed.
//!
//! An [`Encoder`] turns segments into *blocks*. A block stands alone (a gzip member, a Zstandard frame, a Parquet row
//! group), and where one ends depends on the segments alone. A segment may take several blocks, and several segments of
//! Parquet may share one. Where a segment and a block end together the encoder is *settled*: a run that was killed can
//! cut its output back to any such place, go on, and come to the same bytes as one that was not.

mod columns;
mod json;
mod row_group;
mod table;

use std::path::Path;
use std::sync::Arc;

use serde::Serialize;

pub use columns::Columns;
pub use row_group::assemble;

use super::answer::Tagged;
use crate::Result;
use crate::cli::asked::Fields;
use crate::cli::compression::{Compression, ending};

/// A block that has so many bytes before compression ends, even within a segment: a text stands in the row of each of its
/// speeches, so the rows of a segment can be far longer than the segment.
const BLOCK_BYTES: usize = 16 << 20;

/// The formats of outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum OutputFormat {
    Jsonl,
    Csv,
    Tsv,
    Parquet,
}

impl OutputFormat {
    /// What a file's name tells: its format, if it does, and how it is compressed.
    pub fn by_name(path: &Path) -> (Option<Self>, Compression) {
        let (stem, compression) = Compression::strip(path);
        let format = match ending(&stem).as_str() {
            "jsonl" | "ndjson" => Some(Self::Jsonl),
            "csv" => Some(Self::Csv),
            "tsv" => Some(Self::Tsv),
            "parquet" if compression == Compression::None => Some(Self::Parquet),
            _ => None,
        };
        (format, compression)
    }
}

/// How to write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Writing {
    pub format: OutputFormat,
    pub compression: Compression,
    pub drop_text: bool,
    /// Whether CSV and TSV begin with a byte-order mark.
    pub bom: bool,
    pub fields: Fields,
    /// The axes that get columns.
    pub axes: Vec<String>,
    /// Whether the columns are known without looking at records.
    pub regular: bool,
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

    /// Whether all segments so far are in blocks that `out` was given.
    pub fn is_settled(&self) -> bool {
        self.waiting.is_none()
    }

    /// Takes a segment and gives `out` every block that is full.
    ///
    /// # Errors
    /// None that the input could cause, and those of `out`.
    pub fn add(&mut self, tagged: &Tagged, out: &mut impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let compression = self.writing.compression;
        let mut compressed = |block| out(&compression.compress(block)?);
        if self.writing.format == OutputFormat::Jsonl {
            self.begun = true;
            return compressed(json::lines(tagged, &self.writing));
        }
        let columns = Arc::clone(self.columns.get_or_insert_with(|| Arc::new(Columns::of(tagged, &self.writing))));
        if self.writing.format == OutputFormat::Parquet {
            return self.add_rows(tagged, &columns, out);
        }
        let header = !std::mem::replace(&mut self.begun, true);
        table::blocks(tagged, &columns, &self.writing, header, compressed)
    }

    /// [`Encoder::add`] for Parquet.
    fn add_rows(
        &mut self,
        tagged: &Tagged,
        columns: &Columns,
        out: &mut impl FnMut(&[u8]) -> Result<()>,
    ) -> Result<()> {
        let mut rows = self.waiting.take().unwrap_or_else(|| row_group::Rows::new(columns));
        let mut cut = false;
        for (record, outcome) in tagged.iter() {
            for row in columns.rows(record, outcome, &tagged.model, &self.writing) {
                if rows.is_overfull() {
                    out(&row_group::block(columns, &rows)?)?;
                    rows = row_group::Rows::new(columns);
                    cut = true;
                }
                rows.add(row);
            }
        }
        // After a cut the rest does not wait, so that such segments, which take long, are places to go on from.
        if cut || rows.is_full() {
            return out(&row_group::block(columns, &rows)?);
        }
        self.waiting = Some(rows).filter(|rows| !rows.is_empty());
        Ok(())
    }

    /// Gives `out` the last block, if rows wait for one, or an output without rows, if there were none.
    ///
    /// # Errors
    /// As [`Encoder::add`].
    pub fn end(&mut self, out: &mut impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        if !self.begun && self.columns.is_none() {
            self.add(&Tagged::default(), out)?;
        }
        match (self.waiting.take(), &self.columns) {
            (Some(rows), Some(columns)) => out(&row_group::block(columns, &rows)?),
            _ => Ok(()),
        }
    }
}
