//! Text whose bytes were once read in a wrong encoding.
//!
//! As Latin-1: `Í¬Ö¾ÃÇ` was `同志们`. The bytes are still there, one character each, so the damage can be undone: as UTF-8 if
//! the bytes are UTF-8, else as GBK, two by two. It is undone only where it is certain: nearly all high characters must pair
//! up to Chinese text, which no text in a Latin alphabet does.
//!
//! UTF-8 as GBK: `鍚勪綅浠ｈ〃` was `各位代表`. Where all of the text's bytes are UTF-8 again it is certain, since the bytes of
//! Chinese in GBK hardly ever are. Most pages have lost bytes, at line breaks and digits, and stay as they are.

use encoding_rs::{GBK, UTF_8, WINDOWS_1252};

use super::aligned::{AlignedText, Original};

/// Fewer repaired characters than this prove nothing.
const MIN_REPAIRED: usize = 8;

/// So many characters are nearly always enough to see that a text is not UTF-8 read as GBK; encoding them is not cheap.
const SAMPLE_CHARS: usize = 12;

/// The repaired text; nothing if `text` is not damaged, or not certainly.
pub(crate) fn repair(text: &AlignedText) -> Option<AlignedText> {
    read_as_latin(text).or_else(|| read_as_gbk(text))
}

fn read_as_latin(text: &AlignedText) -> Option<AlignedText> {
    let (mut high, mut other) = (0, 0);
    for c in text.as_str().chars().filter(|c| !c.is_ascii()) {
        if byte(c).is_some() {
            high += 1;
        } else {
            other += 1;
        }
        // Half of the bytes are high characters at most, so there cannot be enough of them.
        if other * 40 > text.as_str().len() {
            return None;
        }
    }
    if high < MIN_REPAIRED * 2 || other * 20 > high {
        return None;
    }
    [pairs(text, utf8), pairs(text, gbk)]
        .into_iter()
        .find_map(|(repaired, chinese, failed)| (chinese >= MIN_REPAIRED && failed * 20 <= chinese).then_some(repaired))
}

fn read_as_gbk(text: &AlignedText) -> Option<AlignedText> {
    let sample: String = text.as_str().chars().skip_while(char::is_ascii).take(SAMPLE_CHARS).collect();
    // The sample may end inside a character.
    let valid = std::str::from_utf8(&GBK.encode(&sample).0).map_or_else(|error| error.error_len().is_none(), |_| true);
    if sample.is_empty() || !valid {
        return None;
    }
    let (bytes, _, failed) = GBK.encode(text.as_str());
    let read = std::str::from_utf8(&bytes).ok().filter(|_| !failed)?;
    let chinese = read.chars().filter(|c| is_chinese(*c)).count();
    let other = read.chars().filter(|c| !c.is_ascii()).count() - chinese;
    if chinese < MIN_REPAIRED || other * 20 > chinese {
        return None;
    }
    let mut at = 0;
    let mut wrong = text
        .chars()
        .map(|(_, c, original)| {
            let place = at;
            at += if c.is_ascii() || c == '€' { 1 } else { 2 };
            (place, original)
        })
        .peekable();
    let mut out = AlignedText::with_capacity(read.len());
    // Three bytes are a character and a half: each character belongs to the one that its first byte stands in.
    for (at, c) in read.char_indices() {
        let mut own = std::iter::from_fn(|| wrong.next_if(|(place, _)| *place < at + c.len_utf8()));
        let (_, first) = own.next()?;
        out.push(c, own.last().map_or(first, |(_, last)| first.to(last)));
    }
    Some(out)
}

/// Whether a character is one of Chinese texts.
fn is_chinese(c: char) -> bool {
    matches!(c, '\u{4e00}'..='\u{9fff}' | '\u{3000}'..='\u{303f}' | '\u{ff00}'..='\u{ffef}' | '\u{2010}'..='\u{2026}' | '\u{b7}' | '\u{d7}' | '\u{25cb}')
}

/// The byte that was read as this character, by Latin-1 or Windows-1252.
fn byte(c: char) -> Option<u8> {
    if let Ok(byte) = u8::try_from(u32::from(c)) {
        return Some(byte);
    }
    // Its last character; encoding is not cheap, and Chinese stands behind it.
    if c > '™' {
        return None;
    }
    let mut buffer = [0; 4];
    match WINDOWS_1252.encode(c.encode_utf8(&mut buffer)) {
        (bytes, _, false) => bytes.first().copied(),
        _ => None,
    }
}

/// A character of one encoding at the start of some bytes, and its length.
type Reader = fn(&[u8]) -> Option<(char, usize)>;

fn utf8(bytes: &[u8]) -> Option<(char, usize)> {
    (2..=4).find_map(|len| {
        let (text, failed) = UTF_8.decode_without_bom_handling(bytes.get(..len)?);
        single(&text).filter(|_| !failed).map(|c| (c, len))
    })
}

fn gbk(bytes: &[u8]) -> Option<(char, usize)> {
    let (text, failed) = GBK.decode_without_bom_handling(bytes.get(..2)?);
    single(&text).filter(|_| !failed).map(|c| (c, 2))
}

fn single(text: &str) -> Option<char> {
    let mut chars = text.chars();
    chars.next().filter(|_| chars.next().is_none())
}

/// `text` with every high byte read as `reader` says; how many characters came out Chinese and how many bytes failed.
fn pairs(text: &AlignedText, reader: Reader) -> (AlignedText, usize, usize) {
    let mut out = AlignedText::with_capacity(text.as_str().len());
    let (mut chinese, mut failed) = (0, 0);
    // A look ahead of four characters is enough for any encoding here.
    let mut chars = text.chars().peekable();
    let mut ahead: std::collections::VecDeque<(char, Original)> = std::collections::VecDeque::with_capacity(4);
    loop {
        while let (true, Some((_, c, original))) = (ahead.len() < 4, chars.peek().copied()) {
            ahead.push_back((c, original));
            chars.next();
        }
        let Some((c, original)) = ahead.front().copied() else { break };
        let read = byte(c).filter(|b| *b >= 0x80).and_then(|_| {
            let mut bytes = [0; 4];
            let mut len = 0;
            for (slot, b) in bytes.iter_mut().zip(ahead.iter().map_while(|(c, _)| byte(*c))) {
                *slot = b;
                len += 1;
            }
            reader(bytes.get(..len)?)
        });
        if let Some((c, len)) = read {
            let end = ahead.get(len - 1).map_or(original, |(_, last)| *last);
            out.push(c, original.to(end));
            let plausible = is_chinese(c);
            chinese += usize::from(plausible);
            failed += usize::from(!plausible);
            ahead.drain(..len);
        } else {
            failed += usize::from(byte(c).is_some_and(|b| b >= 0x80));
            out.push(c, original);
            ahead.pop_front();
        }
    }
    (out, chinese, failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_read_as_latin_1_come_back_and_know_their_place() {
        let text = "同志们：今天开会，讲3点意见。";
        for (bytes, width) in [(text.as_bytes().to_vec(), 3), (GBK.encode(text).0.into_owned(), 2)] {
            for wrong in [encoding_rs::mem::decode_latin1(&bytes), WINDOWS_1252.decode_without_bom_handling(&bytes).0] {
                let source = AlignedText::from_source(&wrong);
                let repaired = repair(&source).unwrap();
                assert_eq!(repaired.as_str(), text);
                let span = repaired.span(3..6);
                assert_eq!((span.start, span.end), (width, 2 * width));
            }
        }
    }

    #[test]
    fn utf_8_read_as_gbk_comes_back_if_no_byte_was_lost() {
        let text = "各位代表：现在报告全年工作，讲了3点意见：\n一、抓春耕，二、抓防汛，三、抓安全";
        let (wrong, ..) = GBK.decode_without_bom_handling(text.as_bytes());
        let repaired = repair(&AlignedText::from_source(&wrong)).unwrap();
        assert_eq!(repaired.as_str(), text);
        let spans: Vec<_> =
            repaired.as_str().char_indices().map(|(at, c)| repaired.span(at..at + c.len_utf8())).collect();
        assert!(spans.windows(2).all(|pair| pair[0].end == pair[1].start && pair[0].start < pair[0].end));
        assert_eq!(spans.last().unwrap().byte_end, wrong.len());
        let (lossy, lost) =
            GBK.decode_without_bom_handling("各位代表，现在报告工作。请予审议：\n一、抓春耕。".as_bytes());
        assert!(lost && repair(&AlignedText::from_source(&lossy)).is_none());
        assert!(repair(&AlignedText::from_source("各位代表：现在报告工作，请予审议。鍚勪綅")).is_none());
    }

    #[test]
    fn latin_and_chinese_texts_stay() {
        for text in
            ["Les députés se réunissent à l'hôtel de ville, où l'été a été décrété férié.", "同志们：今天开会。", ""]
        {
            assert!(repair(&AlignedText::from_source(text)).is_none());
        }
    }
}
