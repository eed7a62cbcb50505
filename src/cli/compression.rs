//! gzip and Zstandard: which of them a name tells, and how to write them, a member or frame at a time.

use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::GzBuilder;

use crate::{Error, Result};

/// How a file is compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    #[default]
    None,
    Gzip,
    Zstd,
}

/// What a name ends in behind its last dot, in small letters: who names files in capitals means the same.
pub fn ending(name: &Path) -> String {
    name.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase()
}

impl Compression {
    /// A name without the ending that tells its compression, and that compression.
    pub fn strip(name: &Path) -> (PathBuf, Self) {
        let compression = match ending(name).as_str() {
            "gz" => Self::Gzip,
            "zst" => Self::Zstd,
            _ => return (name.to_owned(), Self::None),
        };
        (name.with_extension(""), compression)
    }

    /// `bytes` as one member or frame. It holds no time and no name, so that the same bytes give the same.
    ///
    /// # Errors
    /// None that the bytes could cause.
    pub fn compress(self, bytes: Vec<u8>) -> Result<Vec<u8>> {
        match self {
            Self::None => Ok(bytes),
            Self::Gzip => {
                let mut encoder = GzBuilder::new().write(Vec::new(), flate2::Compression::default());
                encoder.write_all(&bytes).and_then(|()| encoder.finish())
            }
            .map_err(Error::io("gzip")),
            Self::Zstd => zstd::bulk::compress(&bytes, zstd::DEFAULT_COMPRESSION_LEVEL).map_err(Error::io("zstd")),
        }
    }
}
