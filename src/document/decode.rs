//! Bytes to text: byte-order marks, UTF-8, UTF-16 and the Chinese legacy encodings.
//!
//! The decoded text is the *source*: every offset that speechtag reports counts from its first character. A byte-order
//! mark is not part of it. Detection is chardetng's, limited to what Chinese pages use; a caller who knows the
//! encoding names it instead.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};

use crate::error::brief;
use crate::{Error, Result};

/// A decoded text and the encoding it was read as (a WHATWG name such as `UTF-8` or `gb18030`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// The text, without byte-order mark.
    pub text: String,
    /// The WHATWG name of the encoding.
    pub encoding: &'static str,
}

/// Decodes `bytes`, as `label` (a WHATWG encoding label such as `gbk`) if given, else as what they look like.
///
/// # Errors
/// [`Error::InvalidArgument`] for field `encoding` if the label is unknown, for field `data` if the bytes are not
/// valid in the encoding.
pub fn decode(bytes: &[u8], label: Option<&str>) -> Result<Decoded> {
    if let Some(label) = label {
        let encoding = Encoding::for_label_no_replacement(label.as_bytes()).ok_or_else(|| {
            Error::invalid(
                "encoding",
                format!("unknown encoding {:?}; use a WHATWG label such as utf-8, gb18030 or big5", brief(label)),
            )
        })?;
        return strict(encoding, bytes);
    }
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return strict(encoding, bytes.get(mark..).unwrap_or_default());
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(Decoded { text: text.to_owned(), encoding: UTF_8.name() });
    }
    if let Some(encoding) = utf16_by_zeros(bytes) {
        return strict(encoding, bytes);
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    let guess = detector.guess(Some(b"cn"), Utf8Detection::Deny);
    // GBK is a subset of GB18030; chardetng names the former, pages use the latter.
    let guess = if guess == encoding_rs::GBK { GB18030 } else { guess };
    strict(guess, bytes)
}

fn strict(encoding: &'static Encoding, bytes: &[u8]) -> Result<Decoded> {
    let refuse = || Error::invalid("data", format!("{} bytes are not valid {}", bytes.len(), encoding.name()));
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes).ok_or_else(refuse)?;
    // Files that were joined begin with several marks.
    let text = text.trim_start_matches('\u{feff}');
    // Legacy single-byte encodings accept any byte: what decodes to C1 controls was binary, not text.
    if encoding.is_single_byte() && text.chars().any(|c| matches!(c, '\u{80}'..='\u{9f}' | '\0')) {
        return Err(refuse());
    }
    Ok(Decoded { text: text.to_owned(), encoding: encoding.name() })
}

/// UTF-16 without a mark: line breaks and digits leave zero bytes, which no other encoding of text does; the byte order is
/// the one in which the text is mostly Chinese or ASCII.
fn utf16_by_zeros(bytes: &[u8]) -> Option<&'static Encoding> {
    if !bytes.len().is_multiple_of(2) || !bytes.contains(&0) {
        return None;
    }
    let plausible = |encoding: &'static Encoding| {
        let text = encoding.decode_without_bom_handling_and_without_replacement(bytes)?;
        let good = text.chars().filter(|c| matches!(c, '\n' | '\r' | ' '..='~' | '\u{3000}'..='\u{303f}' | '\u{4e00}'..='\u{9fff}' | '\u{ff00}'..='\u{ffef}')).count();
        (good * 4 >= text.chars().count() * 3).then_some(encoding)
    };
    plausible(UTF_16LE).or_else(|| plausible(UTF_16BE))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "同志们:\n今天开会,讲3点意见。请各镇各部门认真落实,年底以前报县政府办公室。";

    #[test]
    fn marks_at_the_start_go_however_many_there_are() {
        for bytes in [&b"\xef\xbb\xbf\xef\xbb\xbf\xef\xbb\xbfok"[..], b"\xff\xfe\xff\xfe\xff\xfeo\0k\0"] {
            assert_eq!(decode(bytes, None).unwrap().text, "ok");
        }
        assert_eq!(decode(&b"\xff\xfe".repeat(4), None).unwrap().text, "");
    }

    #[test]
    fn every_encoding_of_chinese_pages_decodes_to_the_same_text() {
        let utf16 = |big: bool| -> Vec<u8> {
            TEXT.encode_utf16().flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() }).collect()
        };
        let gb = GB18030.encode(TEXT).0.into_owned();
        let with = |mark: &[u8], body: &[u8]| [mark, body].concat();
        for (bytes, name) in [
            (TEXT.as_bytes().to_vec(), "UTF-8"),
            (with(b"\xef\xbb\xbf", TEXT.as_bytes()), "UTF-8"),
            (gb, "gb18030"),
            (with(b"\xff\xfe", &utf16(false)), "UTF-16LE"),
            (with(b"\xfe\xff", &utf16(true)), "UTF-16BE"),
            (utf16(false), "UTF-16LE"),
            (utf16(true), "UTF-16BE"),
        ] {
            let decoded = decode(&bytes, None).unwrap();
            assert_eq!((decoded.text.as_str(), decoded.encoding), (TEXT, name));
        }
    }

    #[test]
    fn what_is_not_text_is_refused_by_field() {
        for (bytes, label, field) in
            [(&[0xff; 64][..], None, "data"), (b"abc", Some("klingon"), "encoding"), (b"\xff", Some("utf-8"), "data")]
        {
            match decode(bytes, label) {
                Err(Error::InvalidArgument { field: found, .. }) => assert_eq!(found, field),
                other => panic!("{other:?}"),
            }
        }
    }
}
