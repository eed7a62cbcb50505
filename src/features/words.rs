//! Words to numbers.

use rustc_hash::FxHashMap;

/// Numbers of words. Nearly all words fit into eight or sixteen bytes, so a look-up touches one place of memory and no
/// string.
#[derive(Debug, Default)]
pub(super) struct Words {
    /// Of at most seven bytes: one or two characters, as most are.
    short: FxHashMap<u64, u32>,
    middle: FxHashMap<u128, u32>,
    long: FxHashMap<Box<str>, u32>,
}

/// A word's bytes and, in the last one, their number.
enum Key {
    Short(u64),
    Middle(u128),
    Long,
}

impl Key {
    fn of(word: &str) -> Self {
        match *word.as_bytes() {
            // One Chinese character, and two: looked at first because most words are these.
            [_, _, _] | [_, _, _, _, _, _] => {
                let bytes = word.as_bytes().iter().rev();
                Self::Short(bytes.fold(word.len() as u64, |key, byte| key << 8 | u64::from(*byte)))
            }
            ref bytes if bytes.len() < 16 => {
                let mut key = [0; 16];
                key.iter_mut().zip(bytes).for_each(|(slot, byte)| *slot = *byte);
                let key = u128::from_le_bytes(key);
                let len = bytes.len() as u128;
                if len < 8 { Self::Short((key | len << 56) as u64) } else { Self::Middle(key | len << 120) }
            }
            _ => Self::Long,
        }
    }
}

impl Words {
    pub(super) fn get(&self, word: &str) -> Option<u32> {
        let id = match Key::of(word) {
            Key::Short(key) => self.short.get(&key),
            Key::Middle(key) => self.middle.get(&key),
            Key::Long => self.long.get(word),
        };
        id.copied()
    }

    pub(super) fn insert(&mut self, word: &str, id: u32) {
        match Key::of(word) {
            Key::Short(key) => self.short.insert(key, id),
            Key::Middle(key) => self.middle.insert(key, id),
            Key::Long => self.long.insert(word.into(), id),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_all_lengths_have_their_own_numbers() {
        let alphabet = ["中", "国", "a", "é", "\u{0}"];
        let mut all: Vec<String> = vec![String::new()];
        for n in 0..3 {
            let longer: Vec<String> = all
                .iter()
                .filter(|word| word.chars().count() == n)
                .flat_map(|word| alphabet.map(|c| format!("{word}{c}")))
                .collect();
            all.extend(longer);
        }
        all.extend((4..9).map(|n| "中".repeat(n)));
        let mut words = Words::default();
        for (id, word) in (0..).zip(&all) {
            words.insert(word, id);
        }
        for (id, word) in (0..).zip(&all) {
            assert_eq!(words.get(word), Some(id), "{word:?}");
        }
    }
}
