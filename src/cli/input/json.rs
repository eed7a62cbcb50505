//! JSON that is no JSON Lines: an array of objects, or objects one after the other, however they are laid out.

use std::io::{self, BufRead, Read};

use serde::Deserialize;
use serde_json::{Deserializer, Map, Value};
use sha2::{Digest, Sha256};

use super::{Item, MARK, MAX_RECORD_BYTES, Reading, Records};
use crate::{Error, Result};

/// One record an object, read one by one. Behind a mistake nobody knows where the next one begins, so the file ends there.
pub struct Objects {
    input: Box<dyn BufRead>,
    name: String,
    /// Whether they stand in an array that is still open.
    array: bool,
    number: u64,
    ended: bool,
}

impl Objects {
    /// # Errors
    /// If the input is said to be of another encoding than JSON has.
    pub fn open(input: Box<dyn BufRead>, name: String, reading: &Reading) -> Result<Self> {
        let other = |label: &&str| !["utf-8", "utf8"].iter().any(|utf8| label.eq_ignore_ascii_case(utf8));
        if let Some(label) = reading.encoding.as_deref().filter(other) {
            return Err(Error::invalid("--encoding", format!("JSON is UTF-8; {name} can't be read as {label}")));
        }
        Ok(Self { input, name, array: false, number: 0, ended: false })
    }

    /// The next byte that is neither blank nor of the mark that the file may begin with. It is not taken.
    fn peek(&mut self) -> Result<Option<u8>> {
        loop {
            let next = self.input.fill_buf().map_err(Error::io(&self.name))?.first().copied();
            match next {
                Some(byte) if byte.is_ascii_whitespace() || (self.number == 0 && MARK.contains(&byte)) => {
                    self.input.consume(1);
                }
                _ => return Ok(next),
            }
        }
    }

    /// Takes `byte`, if it is the next one.
    fn take(&mut self, byte: u8) -> Result<bool> {
        let is_next = self.peek()? == Some(byte);
        if is_next {
            self.input.consume(1);
        }
        Ok(is_next)
    }

    /// The next object; none at the end.
    fn object(&mut self) -> Result<Option<Map<String, Value>>> {
        let first = self.number == 0;
        if first {
            self.array = self.take(b'[')?;
        }
        let closed = self.array && self.take(b']')?;
        let comma = !self.array || first || closed || self.take(b',')?;
        let next = self.peek()?;
        self.number += 1;
        let wrong = |message: &str| Err(Error::invalid(format!("object {}", self.number), message));
        match next {
            None if closed || !self.array => return Ok(None),
            None => return wrong("is missing: the file ends within its array"),
            Some(_) if closed => return wrong("stands behind the end of the array"),
            Some(_) if !comma => return wrong("has no comma before it"),
            Some(b'{') => {}
            Some(_) => return wrong("is none; a file of JSON holds objects, or an array of them"),
        }
        let mut bounded = self.input.by_ref().take(MAX_RECORD_BYTES as u64);
        match Map::deserialize(&mut Deserializer::from_reader(&mut bounded)) {
            Ok(fields) => Ok(Some(fields)),
            Err(e) if e.is_io() => Err(Error::io(&self.name)(e.into())),
            Err(_) if bounded.limit() == 0 => wrong(&format!("is longer than {MAX_RECORD_BYTES} bytes")),
            Err(e) => wrong(&format!("is no JSON object: {e}, counted from its beginning")),
        }
    }
}

impl Records for Objects {
    fn next(&mut self, digest: &mut Sha256, _: bool) -> Option<Item> {
        if self.ended {
            return None;
        }
        match self.object().transpose()? {
            Ok(fields) => {
                let object = Value::Object(fields);
                let line = object.to_string();
                digest.update(&line);
                let Value::Object(fields) = object else { return None };
                Some(Item::new(self.number, line.len(), fields))
            }
            Err(error) => {
                self.ended = true;
                self.input = Box::new(io::empty());
                Some(Item::fault(self.number, 0, error, None))
            }
        }
    }
}
