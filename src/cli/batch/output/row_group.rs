//! Parquet. Its index stands at the end of the file, so a file that was cut off can't be gone on with. What is written
//! while tagging is therefore a row of small files of one row group each, every one behind its length; the last step copies
//! their row groups, as they are, into one file.

use std::fs::File;
use std::io::{BufReader, BufWriter, ErrorKind, Read, Write};
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::{Compression, ConvertedType, Repetition, Type};
use parquet::column::writer::ColumnCloseResult;
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::FileReader;
use parquet::file::serialized_reader::SerializedFileReader;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{Type as Schema, TypePtr};

use super::BLOCK_BYTES;
use super::columns::{Cell, Columns};
use crate::cli::input::Kind;
use crate::{Error, Result};

/// A row group ends with the segment that brings it to so many rows …
const ROWS: usize = 64 << 10;
/// … or so many bytes of text …
const BYTES: usize = BLOCK_BYTES;
/// … and within a segment with so many. Each speech has a row with the whole text of its record. The rows share it while
/// they wait, but the encoder writes it for each of them where a dictionary can't hold it, so a segment may become far
/// more than it was. Twice the bytes, for inputs with a speech or a few per record do not come to that: their row groups
/// end with segments. The cut depends on the rows alone, and so do the bytes of a run that was killed and goes on.
const MOST_BYTES: usize = 2 * BYTES;

/// Rows of a row group, column by column.
pub struct Rows {
    columns: Vec<Vec<Cell>>,
    count: usize,
    bytes: usize,
}

impl Rows {
    pub fn new(columns: &Columns) -> Self {
        Self { columns: columns.all().map(|_| Vec::new()).collect(), count: 0, bytes: 0 }
    }

    pub fn add(&mut self, row: Vec<Cell>) {
        self.count += 1;
        for (column, cell) in self.columns.iter_mut().zip(row) {
            if let Cell::Text(text) = &cell {
                self.bytes += text.len();
            }
            column.push(cell);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Whether a row group ends here, if a segment does.
    pub fn is_full(&self) -> bool {
        self.count >= ROWS || self.bytes >= BYTES
    }

    /// Whether a row group ends before another row, even within a segment.
    pub fn is_overfull(&self) -> bool {
        self.bytes >= MOST_BYTES
    }
}

fn failed(error: ParquetError) -> Error {
    Error::Io { path: "Parquet".into(), source: std::io::Error::other(error) }
}

fn schema(columns: &Columns) -> Result<TypePtr> {
    let field = |(name, kind): &(String, Kind)| {
        let (physical, converted) = match kind {
            Kind::Text => (Type::BYTE_ARRAY, ConvertedType::UTF8),
            Kind::Flag => (Type::BOOLEAN, ConvertedType::NONE),
            Kind::Whole => (Type::INT64, ConvertedType::NONE),
            Kind::Real => (Type::DOUBLE, ConvertedType::NONE),
        };
        let field = Schema::primitive_type_builder(name, physical).with_repetition(Repetition::OPTIONAL);
        field.with_converted_type(converted).build().map(Arc::new)
    };
    let fields = columns.all().map(field).collect::<Result<_, _>>().map_err(failed)?;
    Schema::group_type_builder("speechtag").with_fields(fields).build().map(Arc::new).map_err(failed)
}

fn properties() -> Arc<WriterProperties> {
    let created_by = concat!("speechtag ", env!("CARGO_PKG_VERSION")).to_owned();
    Arc::new(WriterProperties::builder().set_created_by(created_by).set_compression(Compression::SNAPPY).build())
}

/// The rows as a small file behind its length.
///
/// # Errors
/// None that the rows could cause.
pub fn block(columns: &Columns, rows: &Rows) -> Result<Vec<u8>> {
    let mut file = SerializedFileWriter::new(Vec::new(), schema(columns)?, properties()).map_err(failed)?;
    write(&mut file, columns, rows).map_err(failed)?;
    let file = file.into_inner().map_err(failed)?;
    Ok([&(file.len() as u64).to_le_bytes()[..], &file].concat())
}

fn write(file: &mut SerializedFileWriter<Vec<u8>>, columns: &Columns, rows: &Rows) -> Result<(), ParquetError> {
    let mut group = file.next_row_group()?;
    for ((_, kind), cells) in columns.all().zip(&rows.columns) {
        let Some(mut column) = group.next_column()? else { break };
        let present: Vec<i16> = cells.iter().map(|cell| i16::from(*cell != Cell::Null)).collect();
        match kind {
            Kind::Text => {
                let values = texts(cells);
                column.typed::<ByteArrayType>().write_batch(&values, Some(&present), None)?;
            }
            Kind::Flag => {
                let flag = |cell: &Cell| if let Cell::Flag(flag) = cell { Some(*flag) } else { None };
                let values: Vec<_> = cells.iter().filter_map(flag).collect();
                column.typed::<BoolType>().write_batch(&values, Some(&present), None)?;
            }
            Kind::Whole => {
                let whole = |cell: &Cell| if let Cell::Whole(number) = cell { Some(*number) } else { None };
                let values: Vec<_> = cells.iter().filter_map(whole).collect();
                column.typed::<Int64Type>().write_batch(&values, Some(&present), None)?;
            }
            Kind::Real => {
                let real = |cell: &Cell| if let Cell::Real(number) = cell { Some(*number) } else { None };
                let values: Vec<_> = cells.iter().filter_map(real).collect();
                column.typed::<DoubleType>().write_batch(&values, Some(&present), None)?;
            }
        }
        column.close()?;
    }
    group.close()?;
    Ok(())
}

/// The values of a column of text. Neighbours that share their text go on sharing it.
fn texts(cells: &[Cell]) -> Vec<ByteArray> {
    let mut values = Vec::new();
    let mut last: Option<(&Arc<str>, ByteArray)> = None;
    for cell in cells {
        let Cell::Text(text) = cell else { continue };
        let value = match last {
            Some((same, value)) if Arc::ptr_eq(same, text) => value,
            _ => ByteArray::from(&**text),
        };
        values.push(value.clone());
        last = Some((text, value));
    }
    values
}

/// Copies the row groups of the small files in `blocks` into one Parquet file at `path`, synced.
///
/// # Errors
/// If one can't be read or written.
pub fn assemble(blocks: &Path, columns: &Columns, path: &Path) -> Result<()> {
    let mut input = BufReader::new(File::open(blocks).map_err(Error::io(blocks))?);
    let out = BufWriter::new(File::create(path).map_err(Error::io(path))?);
    let mut file = SerializedFileWriter::new(out, schema(columns)?, properties()).map_err(failed)?;
    let mut length = [0; 8];
    loop {
        match input.read_exact(&mut length) {
            Ok(()) => {}
            Err(e) if e.kind() == ErrorKind::UnexpectedEof => break,
            Err(e) => return Err(Error::io(blocks)(e)),
        }
        let mut small = Vec::new();
        input.by_ref().take(u64::from_le_bytes(length)).read_to_end(&mut small).map_err(Error::io(blocks))?;
        copy(&Bytes::from(small), &mut file).map_err(failed)?;
    }
    let mut out = file.into_inner().map_err(failed)?;
    out.flush().and_then(|()| out.get_ref().sync_all()).map_err(Error::io(path))
}

fn copy<W: Write + Send>(small: &Bytes, file: &mut SerializedFileWriter<W>) -> Result<(), ParquetError> {
    let reader = SerializedFileReader::new(small.clone())?;
    for group in reader.metadata().row_groups() {
        let mut copy = file.next_row_group()?;
        for column in group.columns() {
            let close = ColumnCloseResult {
                bytes_written: u64::try_from(column.compressed_size()).unwrap_or(0),
                rows_written: u64::try_from(group.num_rows()).unwrap_or(0),
                metadata: column.clone(),
                bloom_filter: None,
                column_index: None,
                offset_index: None,
            };
            copy.append_column(small, close)?;
        }
        copy.close()?;
    }
    Ok(())
}
