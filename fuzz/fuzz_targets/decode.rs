//! Any bytes decode to a text or are refused; what decodes can be written as UTF-8 and decodes to itself behind a mark.
#![no_main]

use libfuzzer_sys::fuzz_target;
use speechtag::document::decode;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(decoded) = decode(bytes, None) {
        let marked = ["\u{feff}", &decoded.text].concat();
        let again = decode(marked.as_bytes(), Some("utf-8"));
        assert_eq!(again.map(|again| again.text).ok(), Some(decoded.text));
    }
});
