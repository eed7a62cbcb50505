//! Many strings looked for at once.
//!
//! Nearly all places of a text hold none of them, which a character and the one behind it tell: one look into a table for
//! each, where an automaton reads byte by byte.

/// What a character is to the strings: all of one, the first of several, the second.
const ALONE: u8 = 1;
const FIRST: u8 = 2;
const SECOND: u8 = 4;

/// Strings to look for; each a text, or the first bytes of a block of characters.
pub(super) struct Strings {
    /// By character of the basic plane; any other may begin a string.
    marks: Vec<u8>,
    /// By first byte: the strings, with their numbers.
    strings: Vec<Vec<(Vec<u8>, usize)>>,
}

impl Strings {
    pub(super) fn new<S: AsRef<[u8]>>(strings: &[S]) -> Self {
        let mut new = Self { marks: vec![0; 1 << 16], strings: vec![Vec::new(); 1 << 8] };
        for (number, string) in strings.iter().map(AsRef::as_ref).enumerate() {
            let mut chars = std::str::from_utf8(string).unwrap_or_default().chars();
            match (chars.next(), chars.next()) {
                (Some(first), Some(second)) => {
                    new.add(first, FIRST);
                    new.add(second, SECOND);
                }
                (Some(alone), None) => new.add(alone, ALONE),
                (None, _) => block(string).into_iter().flatten().for_each(|c| new.add(c, ALONE)),
            }
            if let Some(strings) = string.first().and_then(|byte| new.strings.get_mut(usize::from(*byte))) {
                strings.push((string.to_vec(), number));
            }
        }
        new
    }

    fn add(&mut self, c: char, as_what: u8) {
        if let Some(mark) = self.marks.get_mut(c as usize) {
            *mark |= as_what;
        }
    }

    fn mark(&self, c: char) -> u8 {
        self.marks.get(c as usize).copied().unwrap_or(ALONE)
    }

    /// The numbers of the strings that stand in `text`, each as often as it does.
    pub(super) fn found_in(&self, text: &str) -> impl Iterator<Item = usize> {
        let follows = |rest: &str| rest.chars().nth(1).is_some_and(|second| self.mark(second) & SECOND != 0);
        let places = text.char_indices().filter_map(move |(at, c)| {
            let mark = self.mark(c) & (ALONE | FIRST);
            let rest = if mark == 0 { None } else { text.get(at..) };
            rest.filter(|rest| mark & ALONE != 0 || follows(rest))
        });
        places.flat_map(|rest| {
            let first = rest.as_bytes().first().and_then(|byte| self.strings.get(usize::from(*byte)));
            let beginning = first.into_iter().flatten().filter(|(string, _)| rest.as_bytes().starts_with(string));
            beginning.map(|(_, number)| *number)
        })
    }

    /// Whether one of the strings stands in `text`.
    pub(super) fn are_in(&self, text: &str) -> bool {
        self.found_in(text).next().is_some()
    }
}

/// The characters whose encoding begins by `bytes`, if they are of the basic plane.
fn block(bytes: &[u8]) -> Option<impl Iterator<Item = char>> {
    let filled = |with: u8| {
        let mut all = bytes.to_vec();
        all.resize(if *bytes.first()? < 0xe0 { 2 } else { 3 }, with);
        std::str::from_utf8(&all).ok()?.chars().next()
    };
    Some(filled(0x80)?..=filled(0xbf)?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STRINGS: [&[u8]; 9] = [
        "网".as_bytes(),
        "网站".as_bytes(),
        "上一篇".as_bytes(),
        "一".as_bytes(),
        b"a",
        b"ab1",
        "é".as_bytes(),
        &[0xe2, 0x98],
        &[0xf0, 0x9f],
    ];

    proptest! {
        #[test]
        fn no_string_is_overlooked(text in "[网站上一篇ab1é☃★😊]{0,12}") {
            let found: Vec<usize> = Strings::new(&STRINGS).found_in(&text).collect();
            for (number, string) in STRINGS.iter().enumerate() {
                let times = text.as_bytes().windows(string.len()).filter(|window| window == string).count();
                prop_assert_eq!(found.iter().filter(|n| **n == number).count(), times, "{} in {}", number, text);
            }
        }
    }
}
