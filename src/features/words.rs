//! Words to numbers.

use rustc_hash::FxHashMap;

/// Numbers of words. A third of a text's words are single characters, which need no hash; nearly all others fit into eight
/// or sixteen bytes, so a look-up touches one place of memory and no string.
#[derive(Debug, Default)]
pub(super) struct Words {
    /// Of the Chinese characters, by their place behind the first of them; [`NONE`] for those that are no word here.
    single: Vec<u32>,
    /// Of at most seven bytes: two characters, as most are.
    short: FxHashMap<u64, u32>,
    middle: FxHashMap<u128, u32>,
    long: FxHashMap<Box<str>, u32>,
}

/// No word has this number.
pub(super) const NONE: u32 = u32::MAX;

/// The first and the last of the Chinese characters that are numbered by place.
const CHARACTERS: (u32, u32) = (0x4e00, 0x9fff);

/// A Chinese character's place behind the first of them, or a word's bytes and, in the last one, their number.
enum Key {
    Single(usize),
    Short(u64),
    Middle(u128),
    Long,
}

impl Key {
    fn of(word: &str) -> Self {
        match *word.as_bytes() {
            // Three bytes of UTF-8 are one character.
            [a @ 0xe4..=0xe9, b, c] => {
                let character = u32::from(a & 0xf) << 12 | u32::from(b & 0x3f) << 6 | u32::from(c & 0x3f);
                match character.checked_sub(CHARACTERS.0) {
                    Some(place) if character <= CHARACTERS.1 => Self::Single(place as usize),
                    _ => Self::Short(u64::from_le_bytes([a, b, c, 0, 0, 0, 0, 3])),
                }
            }
            // Two Chinese characters, as most words are.
            [_, _, _, _, _, _] => {
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
            Key::Single(place) => self.single.get(place).filter(|id| **id != NONE),
            Key::Short(key) => self.short.get(&key),
            Key::Middle(key) => self.middle.get(&key),
            Key::Long => self.long.get(word),
        };
        id.copied()
    }

    pub(super) fn insert(&mut self, word: &str, id: u32) {
        match Key::of(word) {
            Key::Single(place) => {
                if self.single.is_empty() {
                    self.single.resize((CHARACTERS.1 - CHARACTERS.0) as usize + 1, NONE);
                }
                if let Some(slot) = self.single.get_mut(place) {
                    *slot = id;
                }
            }
            Key::Short(key) => drop(self.short.insert(key, id)),
            Key::Middle(key) => drop(self.middle.insert(key, id)),
            Key::Long => drop(self.long.insert(word.into(), id)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_all_lengths_have_their_own_numbers() {
        let alphabet = ["中", "国", "。", "㐀", "龥", "a", "é", "\u{0}"];
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
