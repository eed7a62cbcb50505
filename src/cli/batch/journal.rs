//! What is done: written beside the output again and again, each time whole and in one step, so that a run killed at any
//! moment leaves a true one.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::output::Columns;
use super::summary::Summary;
use crate::{Error, Result};

/// How far a run has come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Journal {
    /// Everything the output's bytes depend on: input, options, model.
    pub settings: Value,
    /// What was counted so far; its records are done.
    pub summary: Summary,
    /// SHA-256 of the input's records that are done.
    pub digest: String,
    /// Bytes of the output that hold them.
    pub output_bytes: u64,
    /// Bytes of the errors file that belong to them.
    pub errors_bytes: u64,
    /// The output's columns, once they are known.
    pub columns: Option<Columns>,
    /// Whether all records are done.
    pub finished: bool,
}

impl Journal {
    /// The journal at `path`, if there is one.
    ///
    /// # Errors
    /// If it can't be read.
    pub fn read(path: &Path) -> Result<Option<Self>> {
        match fs::read(path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|e| {
                Error::invalid("--resume", format!("{} is no journal of this version: {e}", path.display()))
            }),
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
            Err(e) => Err(Error::io(path)(e)),
        }
    }

    /// Puts it in the place of the one at `path`, to stay after a loss of power.
    ///
    /// # Errors
    /// If it can't be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        let new = with_suffix(path, ".new");
        let bytes = serde_json::to_vec(self).map_err(|e| Error::Internal(e.to_string()))?;
        let write = || {
            let mut file = File::create(&new)?;
            file.write_all(&bytes)?;
            file.sync_all()?;
            fs::rename(&new, path)?;
            sync_folder(path)
        };
        write().map_err(Error::io(path))
    }

    /// Refuses to go on with other settings than those it was begun with.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] that names the first setting that differs, and both values.
    pub fn check(&self, settings: &Value) -> Result<()> {
        match difference("", &self.settings, settings) {
            None => Ok(()),
            Some((name, was, is)) => {
                let message = format!("{name} was {was} when the run was begun and is {is}; --restart begins anew");
                Err(Error::invalid("--resume", message))
            }
        }
    }
}

/// The first value that differs, by its path.
fn difference<'v>(path: &str, was: &'v Value, is: &'v Value) -> Option<(String, &'v Value, &'v Value)> {
    if let (Value::Object(was), Value::Object(is)) = (was, is) {
        let within = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        let mut names = was.keys().chain(is.keys().filter(|name| !was.contains_key(*name)));
        return names.find_map(|name| {
            let one = |object: &'v serde_json::Map<String, Value>| object.get(name).unwrap_or(&Value::Null);
            difference(&within(name), one(was), one(is))
        });
    }
    (was != is).then(|| (path.to_owned(), was, is))
}

/// The path with something behind its name.
pub fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Makes the names in the folder of `path` stay after a loss of power.
#[cfg(unix)]
pub fn sync_folder(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

/// Nothing to do where folders can't be opened.
#[cfg(not(unix))]
pub fn sync_folder(_: &Path) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_setting_that_differs_is_named() {
        let settings = |top_k: u32| json!({"model": {"sha256": "ab"}, "tagging": {"top_k": top_k}});
        let journal = Journal { settings: settings(3), ..Journal::default() };
        journal.check(&settings(3)).unwrap();
        let words = journal.check(&settings(5)).unwrap_err().to_string();
        assert!(words.contains("tagging.top_k was 3") && words.contains("is 5"), "{words}");
    }
}
