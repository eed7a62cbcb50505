//! The columns of CSV and Parquet: those of the input, then those of the tags. One row per speech.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Writing;
use crate::cli::batch::answer::{Outcome, Tagged};
use crate::cli::input::{Kind, Record, free_name};
use crate::cli::output::Identity;

/// A value of a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    Null,
    /// Shared: every row of a record holds the record's whole text.
    Text(Arc<str>),
    Flag(bool),
    Whole(i64),
    Real(f64),
}

impl Kind {
    /// The kind that holds every one of the values; text, if there is none.
    fn of<'v>(values: impl Iterator<Item = &'v Value>) -> Self {
        let mut kind = None;
        for value in values.filter(|value| !value.is_null()) {
            let one = match value {
                Value::Bool(_) => Self::Flag,
                Value::Number(number) if number.is_i64() => Self::Whole,
                Value::Number(number) if number.is_f64() => Self::Real,
                _ => Self::Text,
            };
            kind = Some(match (kind, one) {
                (None, one) => one,
                (Some(kind), one) if kind == one => kind,
                (Some(Self::Whole | Self::Real), Self::Whole | Self::Real) => Self::Real,
                _ => Self::Text,
            });
        }
        kind.unwrap_or(Self::Text)
    }

    /// The value as a cell of this kind, if it fits. Text takes everything: what is no string as JSON.
    fn cell(self, value: &Value) -> Option<Cell> {
        match (self, value) {
            (_, Value::Null) => Some(Cell::Null),
            (Self::Text, Value::String(text)) => Some(Cell::text(text)),
            (Self::Text, other) => Some(Cell::text(&other.to_string())),
            (Self::Flag, Value::Bool(flag)) => Some(Cell::Flag(*flag)),
            (Self::Whole, Value::Number(number)) => number.as_i64().map(Cell::Whole),
            // Beyond 2^53 a whole number would change.
            (Self::Real, Value::Number(number)) => number
                .as_f64()
                .filter(|_| number.is_f64() || number.as_i64().is_some_and(|n| n.unsigned_abs() <= 1 << 53))
                .map(Cell::Real),
            _ => None,
        }
    }
}

impl Cell {
    fn text(text: &str) -> Self {
        Self::Text(text.into())
    }

    /// What CSV has for it.
    pub fn bytes(&self) -> Cow<'_, [u8]> {
        let words = match self {
            Self::Null => return Cow::Borrowed(&[]),
            Self::Text(text) => return Cow::Borrowed(text.as_bytes()),
            Self::Flag(flag) => flag.to_string(),
            Self::Whole(number) => number.to_string(),
            Self::Real(number) => Value::from(*number).to_string(),
        };
        Cow::Owned(words.into_bytes())
    }
}

/// All columns in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Columns {
    /// Those of the input.
    input: Vec<(String, Kind)>,
    /// Whether a column takes, as JSON, the fields that fit none of them.
    others: bool,
    /// Those of the tags.
    tags: Vec<(String, Kind)>,
}

impl Columns {
    /// The columns that the input declares, else those of the first records.
    pub fn of(tagged: &Tagged, writing: &Writing) -> Self {
        let mut input: Vec<(String, Kind)> = tagged.declared.as_deref().cloned().unwrap_or_default();
        let others = input.is_empty() || !writing.regular;
        if input.is_empty() {
            for name in tagged.records.iter().flat_map(|record| record.fields.keys()) {
                if !input.iter().any(|(seen, _)| seen == name) {
                    let kind = Kind::of(tagged.records.iter().filter_map(|record| record.fields.get(name)));
                    input.push((name.clone(), kind));
                }
            }
        }
        if input.is_empty() {
            input = [&writing.fields.id, &writing.fields.text].map(|name| (name.clone(), Kind::Text)).into();
        }
        if writing.drop_text {
            input.retain(|(name, _)| *name != writing.fields.text);
        }
        let mut columns = Self { input, others, tags: Vec::new() };
        let others = columns.others.then_some(("other_fields".to_owned(), Kind::Text));
        let fixed = |names: &[(&str, Kind)]| names.iter().map(|(n, k)| ((*n).to_owned(), *k)).collect::<Vec<_>>();
        let before = fixed(&[
            ("speech", Kind::Whole),
            ("span_start", Kind::Whole),
            ("span_end", Kind::Whole),
            ("speech_title", Kind::Text),
        ]);
        let axes = writing.axes.iter().flat_map(|axis| {
            [
                (axis.clone(), Kind::Text),
                (format!("{axis}_confidence"), Kind::Real),
                (format!("{axis}_abstained"), Kind::Flag),
                (format!("{axis}_in_scope"), Kind::Flag),
            ]
        });
        let after = fixed(&[
            ("duplicate_of", Kind::Whole),
            ("similarity", Kind::Real),
            ("model_name", Kind::Text),
            ("model_version", Kind::Text),
            ("model_sha256", Kind::Text),
            ("error_code", Kind::Text),
            ("error", Kind::Text),
        ]);
        for (name, kind) in others.into_iter().chain(before).chain(axes).chain(after) {
            let name = free_name(name, |taken| columns.all().any(|(other, _)| other == taken));
            columns.tags.push((name, kind));
        }
        columns
    }

    /// Names and kinds.
    pub fn all(&self) -> impl Iterator<Item = &(String, Kind)> {
        self.input.iter().chain(&self.tags)
    }

    /// The rows of a record: one per speech, or one that says what failed. They are made one by one and share the cells
    /// of the input, so that the text is held once, however many speeches it has.
    pub fn rows(
        &self,
        record: &Record,
        outcome: &Outcome,
        model: &Identity,
        writing: &Writing,
    ) -> impl Iterator<Item = Vec<Cell>> {
        let input = self.input_cells(record, writing);
        let model = [&model.name, &model.version, &model.sha256].map(|name| Cell::text(name));
        let (failed, speeches) = match outcome {
            Outcome::Failed(failure) => {
                let mut row = input.clone();
                let empty = (self.input.len() + self.tags.len()).saturating_sub(row.len() + 2);
                row.extend(std::iter::repeat_n(Cell::Null, empty));
                row.extend([&failure.code, &failure.message].map(|words| Cell::text(words)));
                (Some(row), &[][..])
            }
            Outcome::Tagged(tagging) => (None, tagging.speeches.as_slice()),
        };
        failed.into_iter().chain(speeches.iter().enumerate().map(move |(number, speech)| {
            let mut row = input.clone();
            row.extend(tag_cells(number, speech, &model, &writing.axes));
            row
        }))
    }

    /// The cells that all rows of a record begin with.
    fn input_cells(&self, record: &Record, writing: &Writing) -> Vec<Cell> {
        let mut cells: Vec<Cell> = self
            .input
            .iter()
            .map(|(name, kind)| record.fields.get(name).and_then(|value| kind.cell(value)).unwrap_or(Cell::Null))
            .collect();
        if self.others {
            let mut others = Map::new();
            for (name, value) in &record.fields {
                let column = self.input.iter().find(|(column, _)| column == name);
                let dropped = writing.drop_text && *name == writing.fields.text;
                if !dropped && column.is_none_or(|(_, kind)| kind.cell(value).is_none()) {
                    others.insert(name.clone(), value.clone());
                }
            }
            cells.push(if others.is_empty() { Cell::Null } else { Cell::text(&Value::Object(others).to_string()) });
        }
        cells
    }
}

/// The cells of a speech, in the order of [`Columns::of`].
fn tag_cells(number: usize, speech: &crate::Speech, model: &[Cell; 3], axes: &[String]) -> Vec<Cell> {
    let whole = |number: usize| i64::try_from(number).map_or(Cell::Null, Cell::Whole);
    let mut cells = vec![
        whole(number),
        whole(speech.span.start),
        whole(speech.span.end),
        speech.title.as_ref().map_or(Cell::Null, |(title, _)| Cell::text(title)),
    ];
    for axis in axes {
        match speech.tags.iter().find(|tag| tag.axis == *axis) {
            Some(tag) => cells.extend([
                tag.label.as_deref().map_or(Cell::Null, Cell::text),
                Cell::Real(tag.confidence),
                Cell::Flag(tag.abstained),
                Cell::Flag(tag.in_scope),
            ]),
            None => cells.extend(std::iter::repeat_n(Cell::Null, 4)),
        }
    }
    cells.extend([
        speech.duplicate_of.map_or(Cell::Null, |copy| whole(copy.of)),
        speech.duplicate_of.map_or(Cell::Null, |copy| Cell::Real(copy.similarity)),
    ]);
    cells.extend_from_slice(model);
    cells.extend([Cell::Null, Cell::Null]);
    cells
}
