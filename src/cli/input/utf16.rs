//! Lines in UTF-16, as Excel's "Unicode text" has them, read as UTF-8: what splits lines and fields looks for single bytes.

use std::io::{self, BufRead, Cursor, Read};
use std::ops::Range;

use encoding_rs::{CoderResult, Decoder, Encoding};

const BUFFER_BYTES: usize = 64 << 10;

/// `input` as UTF-8 if it is, by its mark or else by `label`, in an encoding whose line breaks are not those of ASCII; and
/// the encoding it is in then.
///
/// # Errors
/// If it can't be read.
pub fn as_utf8(mut input: Box<dyn BufRead>, label: Option<String>) -> io::Result<(Box<dyn BufRead>, Option<String>)> {
    let mut head = Vec::new();
    // A pipe may give less than the mark at once.
    input.by_ref().take(2).read_to_end(&mut head)?;
    let named = || label.as_ref().and_then(|label| Encoding::for_label_no_replacement(label.as_bytes()));
    let encoding = Encoding::for_bom(&head).map(|(encoding, _)| encoding).or_else(named);
    let input = Cursor::new(head).chain(input);
    Ok(match encoding.filter(|encoding| !encoding.is_ascii_compatible()) {
        Some(encoding) => (Box::new(Decoded::new(input, encoding)), None),
        None => (Box::new(input), label),
    })
}

/// UTF-8 of what it reads; what is none of the encoding becomes U+FFFD.
struct Decoded<R> {
    input: R,
    decoder: Decoder,
    /// The decoder must not be asked again.
    ended: bool,
    buffer: Vec<u8>,
    /// What stands in the buffer and was not taken.
    ready: Range<usize>,
}

impl<R: BufRead> Decoded<R> {
    fn new(input: R, encoding: &'static Encoding) -> Self {
        let decoder = encoding.new_decoder_with_bom_removal();
        Self { input, decoder, ended: false, buffer: vec![0; BUFFER_BYTES], ready: 0..0 }
    }
}

impl<R: BufRead> BufRead for Decoded<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.ready.is_empty() && !self.ended {
            let bytes = self.input.fill_buf()?;
            let last = bytes.is_empty();
            let (result, read, written, _) = self.decoder.decode_to_utf8(bytes, &mut self.buffer, last);
            self.input.consume(read);
            self.ended = last && result == CoderResult::InputEmpty;
            self.ready = 0..written;
        }
        Ok(self.buffer.get(self.ready.clone()).unwrap_or_default())
    }

    fn consume(&mut self, bytes: usize) {
        self.ready.start += bytes;
    }
}

impl<R: BufRead> Read for Decoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    #[test]
    fn what_has_other_line_breaks_is_read_as_utf_8_in_pieces_of_any_size() {
        let text = "id,text\r\n1,同志们🎉\r\n".repeat(9_000);
        let units = |units: &dyn Fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(units).collect::<Vec<u8>>();
        let (little, big) = (units(&u16::to_le_bytes), units(&u16::to_be_bytes));
        for (bytes, label) in [
            ([b"\xff\xfe", &*little].concat(), None),
            ([b"\xfe\xff", &*big].concat(), None),
            ([b"\xfe\xff", &*big].concat(), Some("utf-16")),
            (little.clone(), Some("utf-16le")),
            (big, Some("utf-16be")),
        ] {
            let pieces = BufReader::with_capacity(7, Cursor::new(bytes));
            let (mut input, label) = as_utf8(Box::new(pieces), label.map(str::to_owned)).unwrap();
            let mut read = String::new();
            input.read_to_string(&mut read).unwrap();
            assert!(read == text && label.is_none());
        }
        let cut = [b"\xff\xfe", &little[..3]].concat();
        let (mut input, _) = as_utf8(Box::new(Cursor::new(cut)), None).unwrap();
        let mut read = String::new();
        input.read_to_string(&mut read).unwrap();
        assert_eq!(read, "i\u{fffd}");
    }

    #[test]
    fn what_has_those_of_ascii_is_left_as_it_is() {
        for (bytes, label) in [(&b"\xb1\xe0,\xba\xc5\n"[..], Some("gb18030")), (b"\xef\xbb\xbfid", None), (b"", None)] {
            let (mut input, found) = as_utf8(Box::new(bytes), label.map(str::to_owned)).unwrap();
            let mut read = Vec::new();
            input.read_to_end(&mut read).unwrap();
            assert_eq!((read.as_slice(), found.as_deref()), (bytes, label));
        }
    }
}
