//! JSON Lines: each record as it was, and its speeches.

use serde_json::Value;

use super::Writing;
use crate::cli::batch::answer::{Outcome, Tagged};
use crate::cli::input::free_name;
use crate::cli::output::{Original, json_lines};

/// A line per record.
pub fn lines(tagged: &Tagged, writing: &Writing) -> Vec<u8> {
    let mut out = Vec::new();
    for (record, outcome) in tagged.iter() {
        let mut fields = record.fields.clone();
        if writing.drop_text {
            fields.shift_remove(&writing.fields.text);
        }
        let (name, value) = match outcome {
            Outcome::Tagged(tagging) => {
                let originals: Vec<_> = tagging.speeches.iter().map(Original::within).collect();
                ("speeches", json_lines(&record.id, tagging, &originals, false, &tagged.model).collect())
            }
            Outcome::Failed(failure) => ("error", failure.json()),
        };
        let name = free_name(name.to_owned(), |taken| fields.contains_key(taken));
        fields.insert(name, value);
        // Writing to a vector does not fail, nor do values of JSON.
        let _ = serde_json::to_writer(&mut out, &Value::Object(fields));
        out.push(b'\n');
    }
    out
}
