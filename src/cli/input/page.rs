//! A file that is one text, in any encoding, HTML or not.

use std::io::{BufRead, Read};

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{Item, Kind, Reading, Records};
use crate::cli::asked::Fields;
use crate::document::{check_kind, decode};
use crate::{Error, Result};

/// One record: the id is the file's name, the text its content.
pub struct Page {
    input: Option<Box<dyn BufRead>>,
    name: String,
    id: String,
    encoding: Option<String>,
    fields: Fields,
    max_bytes: usize,
}

impl Page {
    pub fn new(input: Box<dyn BufRead>, name: String, id: String, reading: &Reading) -> Self {
        Self {
            input: Some(input),
            name,
            id,
            encoding: reading.encoding.clone(),
            fields: reading.fields.clone(),
            max_bytes: reading.max_text_bytes,
        }
    }

    fn text(&self, bytes: &[u8]) -> Result<String> {
        check_kind(bytes)?;
        if bytes.len() > self.max_bytes {
            // How many more nobody has counted.
            let message = format!("{} bytes or more exceed the limit of {} bytes", bytes.len(), self.max_bytes);
            return Err(Error::invalid("data", message));
        }
        Ok(decode(bytes, self.encoding.as_deref())?.text)
    }
}

impl Records for Page {
    fn next(&mut self, digest: &mut Sha256, wanted: bool) -> Option<Item> {
        let input = self.input.take()?;
        let mut fields = Map::from_iter([(self.fields.id.clone(), Value::from(self.id.as_str()))]);
        let mut bytes = Vec::new();
        let read = input.take(self.max_bytes as u64 + 1).read_to_end(&mut bytes).map_err(Error::io(&self.name));
        // Its name and its size would not tell that it was written anew.
        digest.update(&bytes);
        if !wanted {
            return Some(Item::new(1, bytes.len(), fields));
        }
        match read.and_then(|_| self.text(&bytes)) {
            Ok(text) => {
                let bytes = text.len();
                fields.insert(self.fields.text.clone(), Value::String(text));
                Some(Item::new(1, bytes, fields))
            }
            Err(error) => Some(Item { fault: Some(error), ..Item::new(1, 0, fields) }),
        }
    }

    fn columns(&self) -> Option<Vec<(String, Kind)>> {
        Some([&self.fields.id, &self.fields.text].map(|name| (name.clone(), Kind::Text)).into())
    }
}
