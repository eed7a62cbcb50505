//! Model files: the shipped one loads, every other kind of file is refused with its path and the reason.

use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};
use speechtag::Model;
use speechtag::features::lexicons_sha256;
use speechtag::model::FORMAT_VERSION;

const SHIPPED: &str = "models/speechtag-zh/model.bin";

#[test]
fn a_model_survives_the_way_to_bytes_and_back() {
    let model = Model::load(Path::new("models/speechtag-zh")).unwrap();
    assert_eq!(model.to_bytes(), fs::read(SHIPPED).unwrap());
}

#[test]
fn damaged_and_foreign_files_are_refused() {
    let good = fs::read(SHIPPED).unwrap();
    let changed = |at: usize, to: u8| {
        let mut bytes = good.clone();
        bytes[at] = to;
        bytes
    };
    let middle = good.len() / 2;
    for (bytes, reason) in [
        (Vec::new(), "not a speechtag model"),
        (b"PK\x03\x04 something else entirely".to_vec(), "not a speechtag model"),
        (good[..12].to_vec(), "ends inside its header"),
        (good[..40].to_vec(), "ends inside its header"),
        (good[..middle].to_vec(), "is damaged"),
        (changed(middle, !good[middle]), "is damaged"),
        (changed(10, 99), "format version 99"),
        (changed(14, !good[14]), "was trained with other cues"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("model.bin");
        fs::write(&file, bytes).unwrap();
        let error = Model::load(folder.path()).unwrap_err().to_string();
        assert!(error.contains(reason) && error.contains(&file.display().to_string()), "{error}");
    }
    let error = Model::load(Path::new("no/such/model")).unwrap_err().to_string();
    assert!(error.contains("no/such/model"), "{error}");
}

#[test]
fn what_the_fuzzer_begins_with_is_a_model_of_this_format() {
    let content = fs::read("fuzz/corpus/model/tiny").unwrap();
    let hash = Sha256::digest(&content);
    let version = FORMAT_VERSION.to_le_bytes();
    let file = [b"SPEECHTAG\0".as_slice(), &version, &lexicons_sha256(), &hash, &content].concat();
    assert_eq!(Model::from_bytes(&file, Path::new("tiny")).unwrap().to_bytes(), file);
}
