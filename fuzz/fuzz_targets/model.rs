//! Any content under a right header is a model or is refused; a model is written as it was read.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use sha2::{Digest, Sha256};
use speechtag::Model;
use speechtag::features::lexicons_sha256;
use speechtag::model::FORMAT_VERSION;

fuzz_target!(|content: &[u8]| {
    // With a wrong hash nothing behind the header would ever be reached.
    let hash = Sha256::digest(content);
    let version = FORMAT_VERSION.to_le_bytes();
    let file = [b"SPEECHTAG\0".as_slice(), &version, &lexicons_sha256(), &hash, content].concat();
    if let Ok(model) = Model::from_bytes(&file, Path::new("model.bin")) {
        let written = model.to_bytes();
        let again = Model::from_bytes(&written, Path::new("model.bin")).expect("what was written can be read");
        assert_eq!(again.to_bytes(), written);
    }
    let _ = Model::from_bytes(content, Path::new("model.bin"));
});
