//! The model file.
//!
//! ```text
//! 10 bytes  "SPEECHTAG\0"
//!  4 bytes  format version, little-endian
//! 32 bytes  SHA-256 of the lexicons it was trained with
//! 32 bytes  SHA-256 of what follows
//!  n bytes  the model, in postcard
//! ```
//!
//! A file that is damaged, foreign, of another version or of other lexicons is refused with its path and the reason: under
//! other cues or words the same features would mean something else, and nobody would notice.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::catalogue::Catalogue;
use super::scorer::Scorer;
use super::{AxisModel, Model};
use crate::features::{Cues, Entry, Vocabulary, lexicons_sha256};
use crate::{Error, Result};

/// Name of the model file inside a model's folder.
pub const MODEL_FILE: &str = "model.bin";
/// Version of the format this program reads and writes.
pub const FORMAT_VERSION: u32 = 4;

const MAGIC: &[u8; 10] = b"SPEECHTAG\0";
const HASH_BYTES: usize = 32;

#[derive(Clone, Serialize, Deserialize)]
struct Payload {
    catalogue: Catalogue,
    entries: Vec<Entry>,
    prior: Vec<f64>,
    table: Vec<f32>,
    axes: Vec<AxisModel>,
}

impl Model {
    /// Reads a model from its folder or file.
    ///
    /// # Errors
    /// [`Error::Model`] with the path and what is wrong.
    pub fn load(path: &Path) -> Result<Self> {
        let file = if path.is_dir() { path.join(MODEL_FILE) } else { path.to_owned() };
        let bytes = fs::read(&file).map_err(|e| Error::Model { path: file.clone(), reason: e.to_string() })?;
        Self::from_bytes(&bytes, &file)
    }

    /// Reads a model from the bytes of a model file; `path` is for the error's words.
    ///
    /// # Errors
    /// As [`Model::load`].
    pub fn from_bytes(bytes: &[u8], path: &Path) -> Result<Self> {
        let refuse = |reason: String| Error::Model { path: PathBuf::from(path), reason };
        let rest = bytes
            .strip_prefix(MAGIC)
            .ok_or_else(|| refuse("is not a speechtag model (wrong first bytes)".to_owned()))?;
        let (version, rest) =
            rest.split_first_chunk::<4>().ok_or_else(|| refuse("ends inside its header".to_owned()))?;
        let version = u32::from_le_bytes(*version);
        if version != FORMAT_VERSION {
            return Err(refuse(format!("has format version {version}; this program reads version {FORMAT_VERSION}")));
        }
        let hash = |rest| {
            <[u8]>::split_first_chunk::<HASH_BYTES>(rest).ok_or_else(|| refuse("ends inside its header".to_owned()))
        };
        let (lexicons, rest) = hash(rest)?;
        let (hash, payload) = hash(rest)?;
        if Sha256::digest(payload).as_slice() != hash {
            return Err(refuse("is damaged: its SHA-256 does not match its content".to_owned()));
        }
        if *lexicons != lexicons_sha256() {
            let reason = "was trained with other cues, places or words than this program has; train it again";
            return Err(refuse(reason.to_owned()));
        }
        let payload: Payload = postcard::from_bytes(payload).map_err(|e| refuse(format!("does not decode: {e}")))?;
        payload.into_model(sha256_of(bytes)).map_err(refuse)
    }

    /// The bytes of the model file: the same for the same model.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let payload = self.payload();
        // Postcard fails only on types that cannot be encoded at all; the payload is none, and a test writes one.
        let payload = postcard::to_stdvec(&payload).unwrap_or_default();
        let version = FORMAT_VERSION.to_le_bytes();
        [MAGIC.as_slice(), &version, &lexicons_sha256(), Sha256::digest(&payload).as_slice(), &payload].concat()
    }
}

impl Model {
    /// What the file holds behind its header.
    fn payload(&self) -> Payload {
        Payload {
            catalogue: self.catalogue.clone(),
            entries: self.vocabulary.entries().to_vec(),
            prior: self.scorer.prior().to_vec(),
            table: self.scorer.table().to_vec(),
            axes: self.axes.clone(),
        }
    }
}

impl Payload {
    fn into_model(self, sha256: String) -> Result<Model, String> {
        self.catalogue.check().map_err(|e| e.to_string())?;
        let width = self.catalogue.width();
        if self.prior.len() != width
            || self.table.len() != self.entries.len() * width
            || self.axes.len() != self.catalogue.axes.len()
        {
            return Err(format!(
                "does not fit together: {} labels, {} features, {} scores",
                width,
                self.entries.len(),
                self.table.len()
            ));
        }
        let scorer = Scorer::new(self.prior, self.table).ok_or("holds a score that is no finite number")?;
        let first = self.catalogue.axes.first().map_or(0, |axis| axis.labels.len());
        let shares = |shares: &[f64], labels: usize| {
            shares.len() == labels && shares.iter().all(|share| (0.0..=1.0).contains(share))
        };
        for (axis, learnt) in self.catalogue.axes.iter().zip(&self.axes) {
            if !shares(&learnt.shares, axis.labels.len()) || !shares(&learnt.stated, first) {
                return Err(format!("axis {:?}: shares must be one for each label, 0 to 1", axis.id));
            }
            if !learnt.calibration.is_sound() {
                return Err(format!("axis {:?}: {:?} is none that training gives", axis.id, learnt.calibration));
            }
        }
        // Features are weighed in single precision.
        let weighs = |entry: &&Entry| (entry.idf as f32).is_finite() && entry.idf as f32 > 0.0;
        if let Some(entry) = self.entries.iter().find(|entry| !weighs(entry)) {
            return Err(format!("feature {}: the weight {} must be a number above 0", entry.feature, entry.idf));
        }
        let cues = Cues::shipped_names().map_err(|e| e.to_string())?;
        let vocabulary = Vocabulary::new(self.entries, &cues);
        Ok(Model { catalogue: self.catalogue, vocabulary, scorer, axes: self.axes, sha256 })
    }
}

pub(crate) fn sha256_of(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Bytes in hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut hex, byte| {
        // Writing to a string does not fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tagger;

    type Change = fn(&mut Payload);

    #[test]
    fn numbers_that_training_never_gives_are_refused() {
        let good = Tagger::shipped().unwrap().model().payload();
        let cases: [(Change, &str); 7] = [
            (|p| p.axes[0].shares[0] = f64::NAN, "shares"),
            (|p| p.axes[0].shares.clear(), "shares"),
            (|p| p.axes[1].stated[0] = 2.0, "shares"),
            (|p| p.axes[2].calibration.a = 800.0, "is none that training gives"),
            (|p| p.axes[2].calibration.b = f64::NAN, "is none that training gives"),
            (|p| p.entries[0].idf = 1e300, "must be a number above 0"),
            (|p| p.entries[0].idf = -1.0, "must be a number above 0"),
        ];
        for (change, reason) in cases {
            let mut bad = good.clone();
            change(&mut bad);
            let error = bad.into_model(String::new()).unwrap_err();
            assert!(error.contains(reason), "{error}");
        }
    }
}
