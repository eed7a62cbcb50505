//! Cleaning any text leaves characters that stand in the source, in its order, and names what it removed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use speechtag::document::prepare;

fuzz_target!(|source: &str| {
    let prepared = prepare(source, true, false);
    let text = prepared.text.as_str();
    let mut last = 0;
    for (at, c) in text.char_indices() {
        let span = prepared.text.span(at..at + c.len_utf8());
        assert!(span.start >= last && span.end > span.start);
        assert_eq!(span.cut(source).chars().count(), span.end - span.start);
        last = span.end;
    }
    for removal in &prepared.removed {
        assert!(!removal.span.cut(source).is_empty(), "{removal:?}");
    }
});
