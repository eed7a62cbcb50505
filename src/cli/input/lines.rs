//! JSON Lines.

use std::io::{self, BufRead, Read};

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{Item, MARK, MAX_RECORD_BYTES, Reading, Records};
use crate::document::decode;
use crate::{Error, Result};

/// One object a line; blank lines are passed over.
pub struct Lines {
    input: Box<dyn BufRead>,
    name: String,
    encoding: Option<String>,
    line: u64,
    buffer: Vec<u8>,
}

impl Lines {
    pub fn new(input: Box<dyn BufRead>, name: String, reading: &Reading) -> Self {
        Self { input, name, encoding: reading.encoding.clone(), line: 0, buffer: Vec::new() }
    }

    /// Reads a line into the buffer, at most one byte more than the limit, and passes over the rest of a longer one.
    fn fill(&mut self) -> io::Result<usize> {
        self.buffer.clear();
        let read = self.input.by_ref().take(MAX_RECORD_BYTES as u64 + 1).read_until(b'\n', &mut self.buffer)?;
        if read > MAX_RECORD_BYTES && self.buffer.last() != Some(&b'\n') {
            self.input.skip_until(b'\n')?;
        }
        Ok(read)
    }

    /// The line without the blanks around it and without the mark that the file may begin with.
    fn line(&self) -> &[u8] {
        let line = self.buffer.trim_ascii();
        match line.strip_prefix(MARK) {
            Some(behind) if self.line == 1 => behind.trim_ascii_start(),
            _ => line,
        }
    }

    fn fields(&self) -> Result<Map<String, Value>> {
        let at = || format!("line {}", self.line);
        let line = self.line();
        if line.len() > MAX_RECORD_BYTES {
            return Err(Error::TooLarge { field: at(), limit: MAX_RECORD_BYTES, actual: line.len(), unit: "bytes" });
        }
        let fields = match &self.encoding {
            Some(label) => serde_json::from_str(&decode(line, Some(label)).map_err(|e| e.within(&at()))?.text),
            None => serde_json::from_slice(line),
        };
        fields.map_err(|e| Error::invalid(at(), format!("is no JSON object: {e}")))
    }
}

impl Records for Lines {
    fn next(&mut self, digest: &mut Sha256, wanted: bool) -> Option<Item> {
        loop {
            self.line += 1;
            match self.fill() {
                Ok(0) => return None,
                Ok(bytes) => {
                    digest.update(&self.buffer);
                    if self.line().is_empty() {
                        continue;
                    }
                    if !wanted {
                        return Some(Item::new(self.line, bytes, Map::new()));
                    }
                    return Some(match self.fields() {
                        Ok(fields) => Item::new(self.line, bytes, fields),
                        Err(error) => {
                            let whole = bytes <= MAX_RECORD_BYTES;
                            let raw = whole.then(|| String::from_utf8_lossy(self.line()).into_owned());
                            Item::fault(self.line, bytes, error, raw)
                        }
                    });
                }
                Err(error) => {
                    self.input = Box::new(io::empty());
                    return Some(Item::fault(self.line, 0, Error::io(&self.name)(error), None));
                }
            }
        }
    }
}
