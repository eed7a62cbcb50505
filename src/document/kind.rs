//! Files that hold a text and are none.

use crate::{Error, Result};

/// First bytes of files that word processors and printers write. As text they would be gibberish with a tag.
const KINDS: [(&[u8], &str); 4] = [
    (b"%PDF-", "a PDF file"),
    (b"PK\x03\x04", "a ZIP archive, as Word's .docx and OFD are"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a binary Office file, as Word's .doc is"),
    (br"{\rtf", "an RTF file"),
];

/// Refuses the bytes of a file that has to be converted first.
///
/// # Errors
/// [`Error::InvalidArgument`] for field `data`.
pub(crate) fn check_kind(bytes: &[u8]) -> Result<()> {
    match KINDS.iter().find(|(first, _)| bytes.starts_with(first)) {
        Some((_, kind)) => Err(Error::invalid("data", format!("is {kind}; convert it to text first"))),
        None => Ok(()),
    }
}
