//! Text to words: jieba without its hidden Markov model, plus words of official language.
//!
//! Without the model jieba emits dictionary words and single characters only, the same on every platform and in every
//! version of the model; unknown names fall apart into characters, which naive Bayes ignores gracefully. Text is cut line
//! by line, because jieba's cost per byte doubles on one multi-megabyte string.

use std::ops::Range;

use jieba_rs::Jieba;

use crate::document::lines;

/// What kind of token a feature is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// A word with at least one Chinese character.
    Word,
    /// Digits: all numbers are one term.
    Number,
    /// A mask such as `xx`, `**` or `×`: all masks are one term.
    Mask,
    /// Letters of other scripts: no term. How much of a text they are is a feature of form; that there are some says
    /// nothing, as managers' talks are full of abbreviations.
    Foreign,
    /// Punctuation and the rest: no term, and no pair reaches across it.
    Break,
}

/// A token and its byte range in the text that was segmented.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Where it stands.
    pub range: Range<usize>,
    /// What it is.
    pub kind: TokenKind,
}

impl Token {
    /// The term this token counts as; nothing for a break.
    #[must_use]
    pub fn term<'t>(&self, text: &'t str) -> Option<&'t str> {
        match self.kind {
            TokenKind::Word => text.get(self.range.clone()),
            TokenKind::Number => Some("<number>"),
            TokenKind::Mask => Some("<mask>"),
            TokenKind::Foreign | TokenKind::Break => None,
        }
    }
}

pub(super) const LEXICON: &str = include_str!("words.txt");

/// Cuts Chinese text into tokens.
#[derive(Debug)]
pub struct Segmenter {
    jieba: Jieba,
}

/// Longer lines are cut into pieces of about this size before segmentation.
const MAX_PIECE_BYTES: usize = 32 * 1024;

impl Segmenter {
    /// A segmenter with jieba's default dictionary and speechtag's words. Takes about a tenth of a second.
    #[must_use]
    pub fn new() -> Self {
        let mut jieba = Jieba::new();
        for word in LEXICON.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
            jieba.add_word(word, None, None);
        }
        Self { jieba }
    }

    /// The tokens of `text`, in order.
    #[must_use]
    pub fn segment(&self, text: &str) -> Vec<Token> {
        let mut out = Vec::with_capacity(text.len() / 5);
        for line in lines(text) {
            let mut at = line.start;
            while at < line.end {
                let mut end = line.end.min(at + MAX_PIECE_BYTES);
                while !text.is_char_boundary(end) {
                    end -= 1;
                }
                let piece = text.get(at..end).unwrap_or_default();
                for token in self.jieba.cut(piece, false) {
                    let range = at + token.byte_start..at + token.byte_end;
                    out.push(Token { kind: kind(token.word), range });
                }
                at = end;
            }
        }
        out
    }
}

impl Default for Segmenter {
    fn default() -> Self {
        Self::new()
    }
}

fn kind(word: &str) -> TokenKind {
    let mut chars = word.chars();
    match chars.next() {
        Some('\u{3400}'..='\u{9fff}' | '〇') => TokenKind::Word,
        Some('0'..='9') => TokenKind::Number,
        Some('x') if chars.all(|c| c == 'x') => TokenKind::Mask,
        Some('*' | '×' | '□' | '＊' | '_' | '#' | '○' | '△') => TokenKind::Mask,
        Some(
            'a'..='z'
            | '\u{c0}'..='\u{24f}'
            | '\u{370}'..='\u{52f}'
            | '\u{3040}'..='\u{30ff}'
            | '\u{ac00}'..='\u{d7af}',
        ) => TokenKind::Foreign,
        _ => TokenKind::Break,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_cover_the_text_and_keep_official_words_whole() {
        let segmenter = Segmenter::new();
        let text = "我县xx镇党委落实一岗双责,投资3200万元。\nOK".to_lowercase();
        let tokens = segmenter.segment(&text);
        let joined: String = tokens.iter().map(|t| text.get(t.range.clone()).unwrap()).collect();
        assert_eq!(joined, text);
        let terms: Vec<_> = tokens.iter().filter_map(|t| t.term(&text)).collect();
        for expected in ["<mask>", "镇党委", "一岗双责", "<number>"] {
            assert!(terms.contains(&expected), "{expected} in {terms:?}");
        }
    }
}
