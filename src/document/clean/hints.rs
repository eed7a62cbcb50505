//! What must stand in a text for a pattern to be found there.
//!
//! Most lines of a page hold nothing that any rule looks for, and a search for a few hundred strings at once costs a
//! fraction of what the patterns cost. [`necessary`] reads such strings off a pattern's syntax tree: of a sequence, the
//! strings of its best part; of an alternative, those of all branches; a small class counts as its characters, a large one
//! as the first bytes of them. A pattern with no such strings must be tried everywhere. The idea is that of RE2's
//! `FilteredRE2`; see also Cox, "Regular Expression Matching with a Trigram Index", 2012.

use regex_syntax::hir::{Class, Hir, HirKind};
use regex_syntax::utf8::Utf8Sequences;

use crate::document::strings::Strings;

/// More strings than this are no help.
const MAX_STRINGS: usize = 160;

/// Tells which of many patterns may be found in a line.
pub(super) struct Hints {
    strings: Strings,
    /// By string: the pattern that needs it.
    pattern_of: Vec<usize>,
    /// Patterns that may be found anywhere.
    anywhere: Vec<usize>,
}

impl Hints {
    pub(super) fn new<'p>(patterns: impl Iterator<Item = &'p str>) -> Self {
        let (mut strings, mut pattern_of, mut anywhere) = (Vec::new(), Vec::new(), Vec::new());
        for (number, pattern) in patterns.enumerate() {
            match regex_syntax::parse(pattern).ok().and_then(|hir| necessary(&hir)) {
                Some(own) => {
                    pattern_of.extend(own.iter().map(|_| number));
                    strings.extend(own);
                }
                None => anywhere.push(number),
            }
        }
        Self { strings: Strings::new(&strings), pattern_of, anywhere }
    }

    /// The numbers of the patterns that may be found in `line`, rising.
    pub(super) fn patterns(&self, line: &str) -> Vec<usize> {
        let needing = self.strings.found_in(line).filter_map(|string| self.pattern_of.get(string).copied());
        let mut patterns: Vec<usize> = self.anywhere.iter().copied().chain(needing).collect();
        patterns.sort_unstable();
        patterns.dedup();
        patterns
    }
}

/// Byte strings of which at least one stands in every match; nothing if there are none worth looking for.
fn necessary(hir: &Hir) -> Option<Vec<Vec<u8>>> {
    match hir.kind() {
        HirKind::Literal(literal) => Some(vec![literal.0.to_vec()]),
        HirKind::Class(Class::Unicode(class)) => {
            let mut out = Vec::new();
            for range in class.ranges() {
                for sequence in Utf8Sequences::new(range.start(), range.end()) {
                    let parts = sequence.as_slice();
                    // One or two bytes tell the block; a single character is given whole.
                    let whole = parts.iter().all(|part| part.start == part.end);
                    let taken = parts.get(..if whole { parts.len() } else { parts.len().min(2) })?;
                    let mut heads = vec![Vec::new()];
                    for part in taken {
                        if heads.len() * usize::from(part.end - part.start) > MAX_STRINGS {
                            return None;
                        }
                        heads = heads
                            .iter()
                            .flat_map(|head: &Vec<u8>| {
                                (part.start..=part.end).map(move |byte| [head.as_slice(), &[byte]].concat())
                            })
                            .collect();
                    }
                    out.extend(heads);
                    if out.len() > MAX_STRINGS {
                        return None;
                    }
                }
            }
            Some(out)
        }
        HirKind::Repetition(repetition) if repetition.min > 0 => necessary(&repetition.sub),
        HirKind::Capture(capture) => necessary(&capture.sub),
        HirKind::Concat(parts) => parts.iter().filter_map(necessary).max_by_key(|strings| worth(strings)),
        HirKind::Alternation(branches) => {
            let mut out = Vec::new();
            for branch in branches {
                out.extend(necessary(branch)?);
            }
            out.sort();
            out.dedup();
            (out.len() <= MAX_STRINGS).then_some(out)
        }
        _ => None,
    }
}

/// How seldom any of the strings stands in Chinese text, roughly: by the least of them, and by how many there are.
fn worth(strings: &[Vec<u8>]) -> (usize, std::cmp::Reverse<usize>) {
    let one = |string: &Vec<u8>| match string.as_slice() {
        // Punctuation and digits stand everywhere; Latin letters are rare, and some marks rarer still.
        [b'#' | b'*' | b'<' | b'[' | b'{'] => 3,
        [byte] => usize::from(byte.is_ascii_alphabetic()) * 2,
        bytes => bytes.len(),
    };
    (strings.iter().map(one).min().unwrap_or(0), std::cmp::Reverse(strings.len()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex::Regex;

    use super::*;

    #[test]
    fn strings_are_read_off_patterns() {
        let strings = |pattern: &str| -> Option<Vec<String>> {
            let found = necessary(&regex_syntax::parse(pattern).unwrap())?;
            Some(found.into_iter().map(|bytes| String::from_utf8(bytes).unwrap()).collect())
        };
        assert_eq!(strings(".{0,4}(会员|用户)分享(a|b)").unwrap(), ["分享"]);
        assert_eq!(strings("上一页|^(会员|用户)\\d").unwrap(), ["上一页", "会员", "用户"]);
        assert_eq!(strings("[一二]\\d").unwrap(), ["一", "二"]);
        assert_eq!(strings("x?y*"), None);
        assert_eq!(strings("\\p{Han}"), None);
    }

    proptest! {
        #[test]
        fn no_match_is_overlooked(text in "[篇页第一上下ab1-3()\\[\\].★]{0,20}") {
            for pattern in ["(上|下)一(篇|页)", "第\\d+页|^a", "\\p{Han}(?<n>[(\\[]([a-z]{1,3}[1-3]|a)[)\\]])", "[★☆]+一?", "[a-b]{2,}\\."] {
                let hints = Hints::new([pattern].into_iter());
                if Regex::new(pattern).unwrap().is_match(&text) {
                    prop_assert_eq!(hints.patterns(&text), [0], "{} {}", pattern, text);
                }
            }
        }
    }
}
