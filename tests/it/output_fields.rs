//! docs/output.md names every field and column that the program writes.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};

use crate::bench::{Bench, json_lines};
use crate::cli::speechtag;

/// Names of all fields in `value`, however deep; the axes' own names are data.
fn fields(value: &Value, axes: &[&str], names: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                if !axes.contains(&&**name) {
                    names.insert(name.clone());
                }
                fields(value, axes, names);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| fields(value, axes, names)),
        _ => {}
    }
}

#[test]
fn every_field_and_column_is_documented() {
    let bench = Bench::new();
    let page = "examples/pages/crumbs.txt";
    let axes = ["document_type", "speaker_level", "topic"];
    let mut names = BTreeSet::new();
    let tag = ["tag", page, "--output-format", "jsonl", "--evidence", "1", "--removals"];
    let lines = json_lines(&speechtag(&tag, b"").stdout);
    assert!(!lines[0]["removals"].as_array().unwrap().is_empty());
    let text = fs::read_to_string(page).unwrap();
    let input = bench.write("in.jsonl", json!({"id": "a", "text": text, "x": 1}).to_string() + "\nno json\n");
    let errors = bench.path("errors.jsonl");
    let batch = speechtag(&["batch", &input, "--errors", &errors], b"");
    for line in [lines, json_lines(&batch.stdout), bench.lines("errors.jsonl")].iter().flatten() {
        fields(line, &axes, &mut names);
    }
    assert!(names.contains("speeches") && names.contains("raw") && names.remove("x"));

    let csv = speechtag(&["batch", &input, "--output-format", "csv"], b"");
    let header = String::from_utf8(csv.stdout).unwrap();
    let columns: Vec<&str> = header.lines().next().unwrap().split(',').collect();
    assert_eq!(&columns[..4], ["id", "text", "x", "other_fields"]);
    for column in &columns[3..] {
        names.insert(
            column.replace("document_type_", "AXIS_").replace("speaker_level_", "AXIS_").replace("topic_", "AXIS_"),
        );
    }

    let documented = fs::read_to_string("docs/output.md").unwrap();
    let is_there = |name: &&String| ["`", "."].iter().any(|before| documented.contains(&format!("{before}{name}`")));
    let missing: Vec<&String> = names.iter().filter(|name| !is_there(name)).collect();
    assert!(missing.is_empty(), "docs/output.md does not name {missing:?}");
}
