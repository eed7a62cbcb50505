//! One spelling for every character, with the way back to the source.
//!
//! * line ends become `\n`; control characters, byte-order marks, zero-width characters and variation selectors go
//! * full-width forms, compatibility ideographs and radicals fold to their plain form (Unicode NFKC, where that is one
//!   character), so that `，` and `,` or `１` and `1` are one spelling; ASCII letters become lower case
//! * traditional characters become simplified ones (fast2s, which looks at the neighbours: 乾隆 but 干净)
//!
//! Every step maps one character to at most one, so offsets stay exact.

use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;

use super::aligned::{AlignedText, Original, SourcePosition};
use super::cut;

/// Normalises a source text.
#[must_use]
pub fn normalize(source: &str) -> AlignedText {
    normalized(&AlignedText::from_source(source))
}

/// Normalises a text that has come some way from its source.
pub(crate) fn normalized(text: &AlignedText) -> AlignedText {
    let mut out = AlignedText::with_capacity(text.as_str().len());
    let mut traditional = false;
    // A carriage return is a line end unless a line feed follows.
    let mut carriage_return: Option<Original> = None;
    let needs = NEEDS.as_slice();
    for stretch in text.stretches(0..text.as_str().len()) {
        // What needs no folding is taken over in one piece: its first byte and where that comes from.
        let mut same = (0, stretch.source);
        for (n, (offset, c)) in stretch.text.char_indices().enumerate() {
            if let Some(original) = carriage_return {
                carriage_return = None;
                if c != '\n' {
                    out.push('\n', original);
                }
            }
            let need = needs.get(c as usize).copied().unwrap_or(FOLDING);
            if need & FOLDING == 0 && stretch.folded.is_none() {
                traditional |= need == TRADITIONAL;
                continue;
            }
            out.push_same(cut(stretch.text, same.0..offset), same.1);
            let at = SourcePosition { byte: stretch.source.byte + offset, code_point: stretch.source.code_point + n };
            let len = SourcePosition { byte: c.len_utf8(), code_point: 1 };
            let original = Original { at, len: stretch.folded.unwrap_or(len) };
            same = (offset + len.byte, SourcePosition { byte: at.byte + len.byte, code_point: at.code_point + 1 });
            if c == '\r' {
                carriage_return = Some(original);
            } else if let Some(folded) = fold(c) {
                traditional |= needs.get(folded as usize).is_some_and(|need| need & TRADITIONAL != 0);
                out.push(folded, original);
            }
        }
        out.push_same(cut(stretch.text, same.0..stretch.text.len()), same.1);
    }
    if let Some(original) = carriage_return {
        out.push('\n', original);
    }
    if traditional {
        out.replace_same_shape(fast2s::convert(out.as_str()));
    }
    out
}

/// Whether a character is its own plain form, as most are.
fn is_plain(c: char) -> bool {
    matches!(c, '\u{4e00}'..='\u{9fff}' | '\n' | ' '..='@' | '['..='~' | '。' | '、' | '《' | '》' | '“' | '”' | '〇')
}

/// The plain form of a character, or nothing where it carries no text.
fn fold(c: char) -> Option<char> {
    match c {
        c if is_plain(c) => Some(c),
        'A'..='Z' => Some(c.to_ascii_lowercase()),
        '\u{2028}' | '\u{2029}' | '\u{85}' | '\u{b}' | '\u{c}' => Some('\n'),
        '\t' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => Some(' '),
        '\0'..='\u{1f}'
        | '\u{7f}'..='\u{9f}'
        | '\u{ad}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff9}'..='\u{fffc}'
        | '\u{e0000}'..='\u{e01ef}' => None,
        '「' | '『' | '〝' | '＂' => Some('“'),
        '」' | '』' | '〞' => Some('”'),
        '｡' => Some('。'),
        '､' | '﹑' => Some('、'),
        // What NFKC says of them, too, and by far the most frequent of what it folds.
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).map(|plain| plain.to_ascii_lowercase()),
        '\u{2e80}'..='\u{2fdf}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ffef}'
        | '\u{2f800}'..='\u{2fa1f}' => {
            let mut plain = std::iter::once(c).nfkc();
            match (plain.next(), plain.next()) {
                (Some(one), None) => Some(one.to_ascii_lowercase()),
                _ => Some(c),
            }
        }
        _ => Some(c),
    }
}

/// fast2s may change the character.
const TRADITIONAL: u8 = 1;
/// The character is not its own plain form, or carries no text.
const FOLDING: u8 = 2;

/// What each character of the basic plane needs; all others need folding.
static NEEDS: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut needs = vec![FOLDING; 1 << 16];
    for (need, c) in needs.iter_mut().zip('\0'..='\u{9fff}') {
        *need = if is_plain(c) { 0 } else { FOLDING };
        let alone = String::from(c);
        if c >= '\u{3400}' && fast2s::convert(&alone) != alone {
            *need |= TRADITIONAL;
        }
    }
    needs
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling() {
        for (source, plain) in [
            ("一，二：３％（ＡＢ）\r\n三", "一,二:3%(ab)\n三"),
            ("縣政府辦公室在乾隆年間", "县政府办公室在乾隆年间"),
            ("同\u{200b}志\u{feff}们\u{3000}好", "同志们 好"),
            ("「⼯作」", "“工作”"),
            ("①㈠", "①㈠"),
        ] {
            assert_eq!(normalize(source).as_str(), plain);
        }
    }

    #[test]
    fn full_width_forms_fold_as_nfkc_says() {
        for c in ('\u{ff01}'..='\u{ff5e}').filter(|c| *c != '＂') {
            let plain: String = std::iter::once(c).nfkc().collect();
            assert_eq!(fold(c).map(String::from), Some(plain.to_ascii_lowercase()));
        }
    }

    #[test]
    fn offsets_count_source_characters() {
        let source = "\u{feff}各位，縣\r\n長";
        let text = normalize(source);
        let at = text.as_str().find("县").unwrap();
        assert_eq!(text.span(at..at + 3).cut(source), "縣");
        assert_eq!(text.span(at..at + 7).cut(source), "縣\r\n長");
        assert_eq!(text.span(at..at + 3).start, 4);
    }
}
