//! CSV and TSV: a row per speech.

use super::{Columns, OutputFormat, Writing};
use crate::cli::batch::answer::Tagged;
use crate::{Error, Result};

/// The rows of a segment, with the names of the columns before them if asked.
///
/// # Errors
/// None that the rows could cause.
pub fn rows(tagged: &Tagged, columns: &Columns, writing: &Writing, header: bool) -> Result<Vec<u8>> {
    let delimiter = if writing.format == OutputFormat::Tsv { b'\t' } else { b',' };
    let mut out = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
    let failed = |e: csv::Error| Error::Internal(format!("CSV: {e}"));
    if header {
        out.write_record(columns.all().map(|(name, _)| name)).map_err(failed)?;
    }
    for (record, outcome) in tagged.iter() {
        for row in columns.rows(record, outcome, &tagged.model, writing) {
            out.write_record(row.iter().map(ToString::to_string)).map_err(failed)?;
        }
    }
    out.into_inner().map_err(|e| Error::Internal(format!("CSV: {e}")))
}
