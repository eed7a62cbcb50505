//! Real pages, where they are at hand: they are not ours to ship, so this check says so and passes where they are missing.

use std::fs;
use std::path::Path;

use crate::common::TAGGER;
use serde_json::Value;
use speechtag::{Document, Options};

const SEEDS: &str = "../shared/seeds";

/// Where each speech of the pages stands, from its first sentence to its last, in code points; read off by hand.
const SPANS: [(&str, usize, usize); 10] = [
    ("000", 388, 3777),
    ("001", 438, 5343),
    ("002", 141, 6018),
    ("002", 6186, 11361),
    ("002", 11390, 19025),
    ("002", 19139, 25016),
    ("002", 25018, 27508),
    ("002", 27536, 36511),
    ("003", 44, 3643),
    ("004", 24, 2137),
];

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
        let file = page["file"].as_str().unwrap();
        let spans = SPANS.iter().filter(|(name, ..)| file.starts_with(name)).map(|(_, start, end)| (*start, *end));
        assert!(spans.eq(tagging.speeches.iter().map(|speech| (speech.span.start, speech.span.end))), "{file}");
        for (found, speech) in tagging.speeches.iter().zip(speeches) {
            assert_eq!(found.duplicate_of.map(|copy| copy.of as u64), speech["near_duplicate_of"].as_u64(), "{file}");
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
    assert!(right[0] >= 9 && right[1] >= 10 && right[2] >= 10, "{right:?}");
}
