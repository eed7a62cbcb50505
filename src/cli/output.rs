//! What `tag` prints: exact JSON Lines for programs, a table for people.

use comfy_table::{Cell, Color, ContentArrangement, Table, presets};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::document::Removal;
use crate::{Error, Model, Span, Speech, Tag, Tagging};

/// The earlier speech that a speech repeats.
pub struct Original {
    /// Its document, if that is another one.
    pub id: Option<String>,
    /// Its place there.
    pub speech: usize,
    /// How much of the shorter one stands in the other.
    pub similarity: f64,
}

impl Original {
    /// The original of a speech that repeats one of its own document.
    pub fn within(speech: &Speech) -> Option<Self> {
        speech.duplicate_of.map(|copy| Self { id: None, speech: copy.of, similarity: copy.similarity })
    }
}

/// The model that gave the tags, as answers name it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    pub name: String,
    pub version: String,
    pub sha256: String,
}

impl Identity {
    pub fn of(model: &Model) -> Self {
        let catalogue = model.catalogue();
        Self { name: catalogue.name.clone(), version: catalogue.version.clone(), sha256: model.sha256().to_owned() }
    }
}

/// One JSON object per speech. `originals` says of each speech which one it repeats; with `removals` the first object
/// lists what cleaning removed from the document.
pub fn json_lines(
    id: &str,
    tagging: &Tagging,
    originals: &[Option<Original>],
    removals: bool,
    model: &Identity,
) -> impl Iterator<Item = Value> {
    tagging.speeches.iter().zip(originals).enumerate().map(move |(index, (speech, original))| {
        let tags: Map<String, Value> = speech.tags.iter().map(|tag| (tag.axis.clone(), tag_value(tag))).collect();
        let original = original.as_ref();
        let mut line = json!({
            "id": id,
            "speech": index,
            "span": speech.span,
            "title": speech.title.as_ref().map(|(title, _)| title),
            "duplicate_of": original.map(|original| original.speech),
            "duplicate_of_id": original.and_then(|original| original.id.as_ref()),
            "similarity": original.map(|original| original.similarity),
            "tags": tags,
            "model": model,
        });
        if let Some(object) = line.as_object_mut().filter(|_| removals && index == 0) {
            object.insert("removals".to_owned(), tagging.removed.iter().map(removal).collect());
        }
        line
    })
}

fn removal(removal: &Removal) -> Value {
    let Span { start, end, byte_start, byte_end } = removal.span;
    json!({"rule": removal.rule, "start": start, "end": end, "byte_start": byte_start, "byte_end": byte_end})
}

/// The JSON object of a document that failed.
pub fn json_error(id: &str, error: &Error) -> Value {
    json!({"id": id, "error": {"code": error.code(), "field": error.field(), "message": error.to_string()}})
}

fn tag_value(tag: &Tag) -> Value {
    let evidence: Vec<Value> = tag
        .evidence
        .iter()
        .map(|e| {
            json!({
                "text": e.text, "start": e.span.start, "end": e.span.end, "byte_start": e.span.byte_start,
                "byte_end": e.span.byte_end, "weight": e.weight, "feature": e.feature, "count": e.count,
            })
        })
        .collect();
    json!({
        "label": tag.label, "abstained": tag.abstained, "in_scope": tag.in_scope, "confidence": tag.confidence,
        "log_odds": tag.log_odds,
        "alternatives": tag.alternatives, "evidence": evidence,
    })
}

/// A table for a terminal: one row per speech, labels in Chinese, a bar for the confidence, abstentions in brackets.
pub struct SpeechTable {
    table: Table,
    colour: bool,
}

impl SpeechTable {
    pub fn new(model: &Model, axes: &[String], colour: bool) -> Self {
        let mut table = Table::new();
        let mut header = vec!["文件".to_owned(), "#".to_owned(), "标题 / 开头".to_owned()];
        let asked = model.catalogue().axes.iter().filter(|axis| axes.is_empty() || axes.contains(&axis.id));
        header.extend(asked.map(|axis| axis.zh.clone()));
        table
            .load_style(presets::UTF8_FULL_CONDENSED)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_header(header);
        if colour {
            table.enforce_styling();
        } else {
            table.force_no_tty().set_width(160);
        }
        Self { table, colour }
    }

    pub fn add(&mut self, id: &str, text: &str, tagging: &Tagging, originals: &[Option<Original>], model: &Model) {
        for (index, (speech, original)) in tagging.speeches.iter().zip(originals).enumerate() {
            let mut caption = caption(speech, text);
            if let Some(Original { id, speech, similarity }) = original {
                let place = id.as_ref().map_or_else(|| format!("#{speech}"), |id| format!("{id} #{speech}"));
                caption = format!("{caption}\n= {place} ({:.0}%)", (similarity * 100.0).floor());
            }
            let mut row = vec![Cell::new(id), Cell::new(index), Cell::new(caption)];
            row.extend(speech.tags.iter().map(|tag| self.cell(tag, model)));
            self.table.add_row(row);
        }
    }

    pub fn add_error(&mut self, id: &str, error: &Error) {
        self.table.add_row([Cell::new(id), Cell::new("✗"), Cell::new(error.to_string())]);
    }

    fn cell(&self, tag: &Tag, model: &Model) -> Cell {
        let first = tag.alternatives.first().map_or("", |a| a.label.as_str());
        let label =
            model.catalogue().axis(&tag.axis).and_then(|axis| axis.label(first)).map_or(first, |(_, l)| l.zh.as_str());
        let percent = (tag.confidence * 100.0).floor();
        let bar = "█".repeat((tag.confidence * 5.0).round() as usize);
        let words = if tag.abstained {
            format!("弃权({label}?)\n{bar:░<5} {percent}%")
        } else {
            format!("{label}\n{bar:░<5} {percent}%")
        };
        let cell = Cell::new(words);
        match (self.colour, tag.abstained, tag.in_scope) {
            (false, ..) => cell,
            (_, true, _) => cell.fg(Color::Yellow),
            (_, _, true) => cell.fg(Color::Green),
            (_, _, false) => cell.fg(Color::DarkGrey),
        }
    }
}

/// The title, or the first characters of the body.
fn caption(speech: &Speech, text: &str) -> String {
    const MAX_CHARS: usize = 24;
    let words = speech.title.as_ref().map_or_else(|| speech.span.cut(text), |(title, _)| title.as_str());
    let mut caption: String = words.chars().filter(|c| !c.is_control()).take(MAX_CHARS).collect();
    if words.chars().nth(MAX_CHARS).is_some() {
        caption.push('…');
    }
    caption
}

impl std::fmt::Display for SpeechTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.table.fmt(f)
    }
}
