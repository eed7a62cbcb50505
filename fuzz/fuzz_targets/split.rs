//! The pieces of any text are the text, and one of them is a speech.
#![no_main]

use libfuzzer_sys::fuzz_target;
use speechtag::document::{PieceKind, prepare, split};

fuzz_target!(|text: &str| {
    let pieces = split(text);
    let joined: String = pieces.iter().filter_map(|piece| text.get(piece.range.clone())).collect();
    assert_eq!(joined, text);
    assert!(pieces.iter().any(|piece| piece.kind == PieceKind::Speech));
    let prepared = prepare(text, true, true);
    assert!(prepared.pieces.iter().any(|piece| piece.kind == PieceKind::Speech));
});
