//! Bytes to text: byte-order marks, UTF-8, UTF-16 and the Chinese legacy encodings.
//!
//! The decoded text is the *source*: every offset that speechtag reports counts from its first character. The byte-order
//! mark at its beginning is not part of it, nor is a last character that was cut in the middle. A further mark, as files
//! have that were joined, is a character like others, which every decoder counts; normalising passes over it. A caller who knows the encoding names it;
//! else what the bytes are decides, then what the page says of itself, then which reading is Chinese. What is not
//! Chinese in any of them is left to chardetng, so a Russian page decodes as Russian.

use std::sync::LazyLock;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{BIG5, DecoderResult, Encoding, GB18030, GBK, UTF_8, UTF_16BE, UTF_16LE};
use regex::bytes::Regex;
use rustc_hash::FxHashSet;

use crate::error::brief;
use crate::{Error, Result};

/// Where a page names its encoding, by the rules of HTML.
const DECLARED_WITHIN_BYTES: usize = 1024;
/// A Chinese text has at least so many frequent characters for each bad byte. What was cut in the wrong place has one or
/// two bad bytes; bytes of another encoding have them everywhere.
const FREQUENT_PER_BAD: usize = 10;
/// ... and so many for each character that such texts hardly have. With 4, none of 8,961 pieces of GB18030 of 20, 50 and
/// 100 characters each was taken for Big5, and 11, 10 and 9 of as many in Big5 were not.
const FREQUENT_PER_STRANGE: usize = 4;

/// A decoded text and the encoding it was read as (a WHATWG name such as `UTF-8` or `gb18030`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// The text, without the byte-order mark at its beginning.
    pub text: String,
    /// The WHATWG name of the encoding.
    pub encoding: &'static str,
}

/// Decodes `bytes`, as `label` (a WHATWG encoding label such as `gbk`) if given, else as what they look like. Single bad
/// bytes in a Chinese text of unknown encoding become U+FFFD.
///
/// # Errors
/// [`Error::InvalidArgument`] for field `encoding` if the label is unknown, for field `data` if the bytes are not
/// valid in the encoding, or no text in any.
pub fn decode(bytes: &[u8], label: Option<&str>) -> Result<Decoded> {
    if let Some(label) = label {
        return decode_part(bytes, label).map(without_mark);
    }
    let (marked, bytes) = match Encoding::for_bom(bytes) {
        Some((encoding, mark)) => (Some(encoding), bytes.get(mark..).unwrap_or_default()),
        None => (None, bytes),
    };
    marked
        .and_then(|encoding| strict(encoding, bytes).or_else(|| chinese(encoding, bytes)))
        .or_else(|| strict(UTF_8, bytes))
        .or_else(|| utf16_by_zeros(bytes))
        .or_else(|| strict(declared(bytes)?, bytes))
        .or_else(|| [UTF_8, GB18030, BIG5].into_iter().find_map(|encoding| chinese(encoding, bytes)))
        .or_else(|| strict(guess(bytes), bytes))
        .map(|decoded| if marked.is_some() { decoded } else { without_mark(decoded) })
        .ok_or_else(|| {
            let guessed = Some(guess(bytes)).filter(|guess| ![UTF_8, GB18030, BIG5].contains(guess));
            let tried = guessed.map_or_else(String::new, |guess| format!(" or {}", guess.name()));
            Error::invalid(
                "data",
                format!(
                    "{} bytes are no text in UTF-8, UTF-16, gb18030, Big5{tried}; name the encoding if you know it",
                    bytes.len()
                ),
            )
        })
}

/// Decodes `bytes` from the middle of a file in the encoding that `label` names; a mark there is a character.
///
/// # Errors
/// As [`decode`].
pub(crate) fn decode_part(bytes: &[u8], label: &str) -> Result<Decoded> {
    let encoding = Encoding::for_label_no_replacement(label.as_bytes()).ok_or_else(|| {
        Error::invalid(
            "encoding",
            format!("unknown encoding {:?}; use a WHATWG label such as utf-8, gb18030 or big5", brief(label)),
        )
    })?;
    strict(encoding, bytes)
        .ok_or_else(|| Error::invalid("data", format!("{} bytes are not valid {}", bytes.len(), encoding.name())))
}

/// The text, if every byte is valid; the beginning of a last character is not part of it.
fn strict(encoding: &'static Encoding, bytes: &[u8]) -> Option<Decoded> {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut text = String::with_capacity(decoder.max_utf8_buffer_length_without_replacement(bytes.len())?);
    let (result, _) = decoder.decode_to_string_without_replacement(bytes, &mut text, false);
    // Legacy single-byte encodings accept any byte: what decodes to C1 controls was binary, not text.
    let binary = encoding.is_single_byte() && text.chars().any(|c| matches!(c, '\u{80}'..='\u{9f}' | '\0'));
    (result == DecoderResult::InputEmpty && !binary).then(|| decoded(encoding, text))
}

fn decoded(encoding: &'static Encoding, mut text: String) -> Decoded {
    // Room was made for the longest text that there could have been.
    text.shrink_to_fit();
    Decoded { text, encoding: encoding.name() }
}

fn without_mark(decoded: Decoded) -> Decoded {
    match decoded.text.strip_prefix('\u{feff}') {
        Some(text) => Decoded { text: text.to_owned(), ..decoded },
        None => decoded,
    }
}

/// UTF-16 without a mark: line breaks and digits leave zero bytes, which no other encoding of text does; the byte order is
/// the one in which the text is mostly Chinese or ASCII.
fn utf16_by_zeros(bytes: &[u8]) -> Option<Decoded> {
    let plausible = |encoding: &'static Encoding| {
        let text = strict(encoding, bytes)?;
        let good = text.text.chars().filter(|c| matches!(c, '\n' | '\r' | ' '..='~' | '\u{3000}'..='\u{303f}' | '\u{4e00}'..='\u{9fff}' | '\u{ff00}'..='\u{ffef}')).count();
        (good * 4 >= text.text.chars().count() * 3).then_some(text)
    };
    if bytes.contains(&0) { plausible(UTF_16LE).or_else(|| plausible(UTF_16BE)) } else { None }
}

/// What a page's `<meta>` says. An encoding in which all bytes are valid would prove nothing by it.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    static CHARSET: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r#"(?i-u)<meta\s[^>]*charset\s*=\s*["']?\s*([a-z0-9_:-]+)"#).ok());
    let head = bytes.get(..DECLARED_WITHIN_BYTES).unwrap_or(bytes);
    let label = CHARSET.as_ref()?.captures(head)?.get(1)?.as_bytes();
    Some(chinese_pages(Encoding::for_label_no_replacement(label)?)).filter(|encoding| !encoding.is_single_byte())
}

/// GBK is a subset of GB18030; labels and chardetng name the former, pages use the latter.
fn chinese_pages(encoding: &'static Encoding) -> &'static Encoding {
    if encoding == GBK { GB18030 } else { encoding }
}

/// The text, if it is Chinese and nearly all valid. What GB18030 makes of Big5 holds private-use, kana and rare characters
/// and is not Chinese in this sense, so GB18030 is asked first.
fn chinese(encoding: &'static Encoding, bytes: &[u8]) -> Option<Decoded> {
    /// The characters that GB2312 and Big5 each call frequent; nearly all of a text, simplified or traditional, is of them.
    static FREQUENT: LazyLock<FxHashSet<char>> = LazyLock::new(|| {
        let pairs = [(GBK, 0xb0..=0xd7_u8, 0xa1..=0xfe_u8), (BIG5, 0xa4..=0xc6, 0x40..=0xfe)];
        let each = pairs.into_iter().flat_map(|(encoding, leads, trails)| {
            leads.flat_map(move |lead| trails.clone().map(move |trail| (encoding, [lead, trail])))
        });
        each.filter_map(|(encoding, pair)| {
            encoding.decode_without_bom_handling_and_without_replacement(&pair)?.chars().next()
        })
        .collect()
    });
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut text = String::with_capacity(decoder.max_utf8_buffer_length(bytes.len())?);
    let _ = decoder.decode_to_string(bytes, &mut text, false);
    let (mut frequent, mut strange, mut bad) = (0, 0, 0);
    for c in text.chars() {
        match c {
            '\u{fffd}' => bad += 1,
            '\u{3000}'..='\u{303f}' | '\u{ff00}'..='\u{ffef}' => frequent += 1,
            '\u{4e00}'..='\u{9fff}' if FREQUENT.contains(&c) => frequent += 1,
            '\u{80}'..='\u{9f}' | '\u{3040}'..='\u{a4cf}' | '\u{ac00}'..='\u{faff}' | '\u{20000}'.. => strange += 1,
            _ => {}
        }
    }
    (frequent >= bad * FREQUENT_PER_BAD && frequent >= strange * FREQUENT_PER_STRANGE && frequent > 0)
        .then(|| decoded(encoding, text))
}

/// What chardetng takes the bytes for.
fn guess(bytes: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, false);
    chinese_pages(detector.guess(Some(b"cn"), Utf8Detection::Deny))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "同志们:\n今天开会,讲3点意见。请各镇各部门认真落实,年底以前报县政府办公室。";

    #[test]
    fn one_mark_at_the_start_goes_and_others_are_counted() {
        for (bytes, label) in [
            (&b"\xef\xbb\xbf\xef\xbb\xbfok"[..], "utf-8"),
            (b"\xff\xfe\xff\xfeo\0k\0", "utf-16le"),
            (b"\xfe\xff\xfe\xff\0o\0k", "utf-16be"),
        ] {
            for label in [None, Some(label)] {
                assert_eq!(decode(bytes, label).unwrap().text, "\u{feff}ok", "{label:?}");
            }
        }
        assert_eq!(decode(b"\xff\xfe", None).unwrap().text, "");
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

    /// As Big5 has it.
    const TRADITIONAL: &str = "各位代表：縣政府辦公室今年處理來文三百件，請各鄉鎮認真落實防汛工作，年底以前報告結果。";

    #[test]
    fn big5_is_told_from_gb18030_by_which_reading_is_chinese() {
        for text in [TEXT, TRADITIONAL, "請各鄉鎮於汛期以前檢查水庫、堤防和排水設施並報告。", "三月二十日以前报送"]
        {
            let (gb, ..) = GB18030.encode(text);
            assert_eq!(decode(&gb, None).unwrap(), Decoded { text: text.to_owned(), encoding: "gb18030" });
            let (big5, _, simplified) = BIG5.encode(text);
            if !simplified {
                assert_eq!(decode(&big5, None).unwrap(), Decoded { text: text.to_owned(), encoding: "Big5" });
            }
        }
    }

    #[test]
    fn a_page_is_read_as_it_says_unless_its_bytes_say_otherwise() {
        let page = |charset: &str| {
            format!("<html><head><META http-equiv=content-type content=\"text/html; charset={charset}\"><p>年終總結")
        };
        for (charset, encoding) in [("big5", BIG5), ("gb2312", GB18030), ("utf-8", BIG5), ("iso-8859-1", GB18030)] {
            let page = page(charset) + if charset == "utf-8" { TRADITIONAL } else { "" };
            let decoded = decode(&encoding.encode(&page).0, None).unwrap();
            assert_eq!((decoded.text, decoded.encoding), (page, encoding.name()), "{charset}");
        }
    }

    #[test]
    fn a_text_cut_inside_a_character_loses_only_that() {
        let whole = TRADITIONAL.strip_suffix('。').unwrap();
        let utf16: Vec<u8> =
            [&b"\xff\xfe"[..], &TRADITIONAL.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()].concat();
        for bytes in [TRADITIONAL.as_bytes(), &GB18030.encode(TRADITIONAL).0, &BIG5.encode(TRADITIONAL).0, &utf16] {
            let cut = &bytes[..bytes.len() - 1];
            assert_eq!(decode(cut, None).unwrap().text, whole);
        }
        assert_eq!(decode(&GB18030.encode(TEXT).0[..5], Some("gbk")).unwrap().text, "同志");
    }

    #[test]
    fn a_bad_byte_costs_one_character_and_a_wrong_mark_nothing() {
        for (encoding, name) in [(UTF_8, "UTF-8"), (GB18030, "gb18030")] {
            let (before, after) = (encoding.encode(TEXT).0, encoding.encode("，请反馈。").0);
            let decoded = decode(&[&before, &b"\xff"[..], b" ", &after].concat(), None).unwrap();
            assert_eq!((decoded.text, decoded.encoding), (format!("{TEXT}\u{fffd} ，请反馈。"), name));
        }
        let marked = [b"\xef\xbb\xbf", &*GB18030.encode(TEXT).0].concat();
        assert_eq!(decode(&marked, None).unwrap(), Decoded { text: TEXT.to_owned(), encoding: "gb18030" });
        let russian = encoding_rs::WINDOWS_1251.encode("Доклад о работе администрации района за год").0.into_owned();
        assert_eq!(decode(&russian, None).unwrap().encoding, "windows-1251");
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
