//! Parquet, read row by row.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parquet::basic::Type;
use parquet::errors::ParquetError;
use parquet::file::reader::FileReader;
use parquet::file::serialized_reader::SerializedFileReader;
use parquet::record::reader::RowIter;
use parquet::record::{Field, Row};
use parquet::schema::types::BasicTypeInfo;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Item, Kind, MAX_RECORD_BYTES, Records};
use crate::cli::asked::Fields;
use crate::{Error, Result};

/// One record a row; what JSON has no type for becomes text.
pub struct Rows {
    iter: RowIter<'static>,
    columns: Vec<(String, Kind)>,
    /// The columns whose bytes must be text, though the file does not say so.
    texts: Vec<String>,
    path: PathBuf,
    row: u64,
    ended: bool,
    position: Arc<AtomicU64>,
    bytes_per_row: u64,
}

impl Rows {
    pub fn open(path: &Path, names: &Fields, position: Arc<AtomicU64>, size: u64) -> Result<Self> {
        let file = File::open(path).map_err(Error::io(path))?;
        let reader = guarded(|| SerializedFileReader::new(file)).map_err(|e| unreadable(path, e))?;
        let metadata = reader.metadata().file_metadata();
        let rows = u64::try_from(metadata.num_rows()).unwrap_or(0);
        let fields = metadata.schema_descr().root_schema().get_fields();
        let columns = fields
            .iter()
            .map(|field| {
                let plain = field.is_primitive().then(|| (field.get_physical_type(), field.get_basic_info()));
                let kind = match plain {
                    Some((Type::BOOLEAN, _)) => Kind::Flag,
                    Some((Type::INT32 | Type::INT64, info)) if is_number(info) => Kind::Whole,
                    Some((Type::FLOAT | Type::DOUBLE, _)) => Kind::Real,
                    _ => Kind::Text,
                };
                (field.name().to_owned(), kind)
            })
            .collect();
        let texts = fields.iter().filter(|field| {
            let name = field.name();
            // An id may well be bytes, such as a UUID, if the file says so.
            name == names.text || name == names.title || (name == names.id && is_bare(field.get_basic_info()))
        });
        let texts = texts.map(|field| field.name().to_owned()).collect();
        Ok(Self {
            iter: RowIter::from_file_into(Box::new(reader)),
            columns,
            texts,
            path: path.to_owned(),
            row: 0,
            ended: false,
            position,
            bytes_per_row: size / rows.max(1),
        })
    }
}

/// The library panics on some damaged files; to us they are files that can't be read.
fn guarded<T>(work: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, ParquetError> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(ParquetError::General("the file is damaged".to_owned())))
}

/// Whether a column of whole numbers holds numbers: not dates, times or decimals.
fn is_number(info: &BasicTypeInfo) -> bool {
    use parquet::basic::ConvertedType;
    !matches!(
        info.converted_type(),
        ConvertedType::DATE
            | ConvertedType::TIME_MILLIS
            | ConvertedType::TIME_MICROS
            | ConvertedType::TIMESTAMP_MILLIS
            | ConvertedType::TIMESTAMP_MICROS
            | ConvertedType::DECIMAL
            | ConvertedType::UINT_64
    )
}

/// Whether a column says nothing about what it holds; some writers leave texts so.
fn is_bare(info: &BasicTypeInfo) -> bool {
    info.converted_type() == parquet::basic::ConvertedType::NONE && info.logical_type_ref().is_none()
}

/// The row as an object. Bytes of the columns in `texts` are UTF-8 or the record's fault, for base64, which other bytes
/// become, would be a text that nobody wrote.
fn object(row: &Row, line: u64, texts: &[String]) -> (Value, Option<Error>) {
    let mut fault = None;
    let fields = row.get_column_iter().map(|(name, field)| {
        let value = match field {
            Field::Bytes(bytes) if texts.contains(name) => match std::str::from_utf8(bytes.data()) {
                Ok(text) => Value::from(text),
                Err(error) => {
                    let message = format!("in line {line} is neither marked as text nor valid UTF-8: {error}");
                    fault = Some(Error::invalid(name.clone(), message));
                    field.to_json_value()
                }
            },
            _ => field.to_json_value(),
        };
        (name.clone(), value)
    });
    (fields.collect(), fault)
}

fn unreadable(path: &Path, error: ParquetError) -> Error {
    Error::Io { path: path.to_owned(), source: std::io::Error::new(std::io::ErrorKind::InvalidData, error) }
}

impl Records for Rows {
    fn next(&mut self, digest: &mut Sha256, _: bool) -> Option<Item> {
        if self.ended {
            return None;
        }
        self.row += 1;
        let (iter, number, texts) = (&mut self.iter, self.row, &self.texts);
        match guarded(|| iter.next().map(|row| row.map(|row| object(&row, number, texts))).transpose()).transpose()? {
            Ok((json, fault)) => {
                self.position.fetch_add(self.bytes_per_row, Ordering::Relaxed);
                let line = json.to_string();
                digest.update(&line);
                let actual = line.len();
                if actual > MAX_RECORD_BYTES {
                    let field = format!("line {}", self.row);
                    let error = Error::TooLarge { field, limit: MAX_RECORD_BYTES, actual, unit: "bytes" };
                    return Some(Item::fault(self.row, actual, error, None));
                }
                let Value::Object(fields) = json else { return None };
                Some(Item { fault, ..Item::new(self.row, actual, fields) })
            }
            Err(error) => {
                self.ended = true;
                Some(Item::fault(self.row, 0, unreadable(&self.path, error), None))
            }
        }
    }

    fn columns(&self) -> Option<Vec<(String, Kind)>> {
        Some(self.columns.clone())
    }
}
