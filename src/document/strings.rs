//! Many strings looked for at once.
//!
//! Nearly all lines hold none of them, which their characters tell sooner than an automaton that reads byte by byte: a line
//! must hold a string's first two characters side by side, or its only one.

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

/// What a character is to the strings: all of one, the first of several, the second.
const ALONE: u8 = 1;
const FIRST: u8 = 2;
const SECOND: u8 = 4;

/// Strings to look for; each a text, or the first bytes of a block of characters.
pub(super) struct Strings {
    /// By character of the basic plane; any other may begin a string.
    marks: Vec<u8>,
    automaton: AhoCorasick,
}

impl Strings {
    /// Nothing if there are too many.
    pub(super) fn new<S: AsRef<[u8]>>(strings: &[S]) -> Option<Self> {
        let mut marks = vec![0; 1 << 16];
        let mut mark = |c: char, as_what: u8| marks.get_mut(c as usize).map(|mark| *mark |= as_what);
        for string in strings.iter().map(AsRef::as_ref) {
            if let Ok(words) = std::str::from_utf8(string) {
                let mut chars = words.chars();
                match (chars.next(), chars.next()) {
                    (Some(first), Some(second)) => mark(first, FIRST).and(mark(second, SECOND)),
                    (first, _) => mark(first?, ALONE),
                };
            } else {
                for c in block(string)? {
                    mark(c, ALONE);
                }
            }
        }
        let builder = &mut AhoCorasick::builder();
        let builder = builder.kind(Some(AhoCorasickKind::DFA)).match_kind(MatchKind::Standard);
        Some(Self { marks, automaton: builder.build(strings).ok()? })
    }

    /// Where in `text` the strings begin, and their numbers; a place may be named twice.
    pub(super) fn places(&self, text: &str) -> impl Iterator<Item = (usize, usize)> {
        let searched = if self.may_be_in(text) { text } else { "" };
        let found = self.automaton.find_overlapping_iter(searched.as_bytes());
        found.map(|found| (found.start(), found.pattern().as_usize()))
    }

    /// Whether one of the strings stands in `text`.
    pub(super) fn are_in(&self, text: &str) -> bool {
        self.may_be_in(text) && self.automaton.is_match(text)
    }

    fn may_be_in(&self, text: &str) -> bool {
        let mut before = 0;
        text.chars().any(|c| {
            let mark = self.marks.get(c as usize).copied().unwrap_or(ALONE);
            let pair = before & FIRST != 0 && mark & SECOND != 0;
            before = mark;
            pair || mark & ALONE != 0
        })
    }
}

/// The characters whose encoding begins by `bytes`.
fn block(bytes: &[u8]) -> Option<impl Iterator<Item = char>> {
    let len = match bytes.first()? {
        0xc0..0xe0 => 2,
        0xe0..0xf0 => 3,
        _ => 4,
    };
    let filled = |with: u8| {
        let mut all = bytes.to_vec();
        all.resize(len, with);
        std::str::from_utf8(&all).ok()?.chars().next()
    };
    Some(filled(0x80)?..=filled(0xbf)?)
}
