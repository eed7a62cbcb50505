//! gzip and Zstandard, a member or frame at a time.

use std::io::Write;

use flate2::GzBuilder;

use crate::{Error, Result};

/// How blocks are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    #[default]
    None,
    Gzip,
    Zstd,
}

impl Compression {
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
