//! Real pages, where they are at hand: they are not ours to ship, so this check says so and passes where they are missing.

use std::fs;
use std::path::Path;

use crate::common::TAGGER;
use serde_json::Value;
use speechtag::{Document, Options};

const SEEDS: &str = "../shared/seeds";

#[test]
fn seed_pages_yield_their_speeches_and_tags() {
    if !Path::new(SEEDS).is_dir() {
        println!("skipped: {SEEDS} is not here");
        return;
    }
    let expected: Vec<Value> =
        serde_json::from_str(&fs::read_to_string(format!("{SEEDS}/expected.json")).unwrap()).unwrap();
    let mut right = [0; 3];
    for page in &expected {
        let bytes = fs::read(format!("{SEEDS}/{}", page["file"].as_str().unwrap())).unwrap();
        let tagging = TAGGER.tag(&Document::from_bytes(&bytes, None).unwrap(), &Options::default()).unwrap();
        let speeches = page["speeches"].as_array().unwrap();
        assert_eq!(tagging.speeches.len(), speeches.len(), "{}", page["file"]);
        for (found, speech) in tagging.speeches.iter().zip(speeches) {
            for (tag, right) in found.tags.iter().zip(&mut right) {
                let acceptable = speech["acceptable"][&tag.axis].as_array().cloned().unwrap_or_default();
                let first = Value::from(tag.alternatives[0].label.as_str());
                let ok = speech[&tag.axis] == first || acceptable.contains(&first);
                *right += usize::from(ok);
                if !ok {
                    println!("{} {}: {} instead of {}", page["file"], tag.axis, first, speech[&tag.axis]);
                }
            }
        }
    }
    println!("right of 10: document_type {}, speaker_level {}, topic {}", right[0], right[1], right[2]);
    assert!(right[0] >= 9 && right[1] >= 8 && right[2] >= 8, "{right:?}");
}
