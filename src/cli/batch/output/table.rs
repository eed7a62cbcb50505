//! CSV and TSV: a row per speech.

use super::columns::Cell;
use super::{BLOCK_BYTES, Columns, OutputFormat, Writing};
use crate::cli::batch::answer::Tagged;
use crate::cli::input::MARK;
use crate::{Error, Result};

/// The rows of a segment, with the names of the columns before them if asked, in blocks for `out`: one, or several if the
/// texts of many speeches make it long.
///
/// # Errors
/// None that the rows could cause, and those of `out`.
pub fn blocks(
    tagged: &Tagged,
    columns: &Columns,
    writing: &Writing,
    header: bool,
    mut out: impl FnMut(Vec<u8>) -> Result<()>,
) -> Result<()> {
    let delimiter = if writing.format == OutputFormat::Tsv { b'\t' } else { b',' };
    let begin = |mark: &[u8]| csv::WriterBuilder::new().delimiter(delimiter).from_writer(mark.to_vec());
    let failed = |e: csv::Error| Error::Internal(format!("CSV: {e}"));
    let end = |block: csv::Writer<Vec<u8>>| block.into_inner().map_err(|e| Error::Internal(format!("CSV: {e}")));
    let mut block = begin(if header && writing.bom { MARK } else { &[] });
    if header {
        block.write_record(columns.all().map(|(name, _)| name)).map_err(failed)?;
    }
    for (record, outcome) in tagged.iter() {
        for row in columns.rows(record, outcome, &tagged.model, writing) {
            // The writer keeps a few last bytes back, always the same, so the cut depends on the rows alone.
            if block.get_ref().len() >= BLOCK_BYTES {
                out(end(std::mem::replace(&mut block, begin(&[])))?)?;
            }
            block.write_record(row.iter().map(Cell::bytes)).map_err(failed)?;
        }
    }
    out(end(block)?)
}
