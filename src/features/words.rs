//! Words to numbers.

use rustc_hash::FxHashMap;

/// Numbers of words. Nearly all words fit into eight or sixteen bytes, so a look-up touches one place of memory and no
/// string.
#[derive(Debug, Default)]
pub(super) struct Words {
    /// Of one or two characters, as most are.
    short: FxHashMap<u64, u32>,
    middle: FxHashMap<u128, u32>,
    long: FxHashMap<Box<str>, u32>,
}

impl Words {
    /// The bytes and the length of a word of at most fifteen bytes.
    fn key(word: &str) -> Option<u128> {
        let mut bytes = [0; 16];
        bytes.get_mut(..word.len()).filter(|slot| slot.len() < 16)?.copy_from_slice(word.as_bytes());
        Some(u128::from_le_bytes(bytes) | (word.len() as u128) << 120)
    }

    pub(super) fn get(&self, word: &str) -> Option<u32> {
        let id = match Self::key(word) {
            Some(key) if word.len() < 8 => self.short.get(&Self::short(key)),
            Some(key) => self.middle.get(&key),
            None => self.long.get(word),
        };
        id.copied()
    }

    pub(super) fn insert(&mut self, word: &str, id: u32) {
        match Self::key(word) {
            Some(key) if word.len() < 8 => self.short.insert(Self::short(key), id),
            Some(key) => self.middle.insert(key, id),
            None => self.long.insert(word.into(), id),
        };
    }

    /// The key of a word of at most seven bytes: those and the length.
    fn short(key: u128) -> u64 {
        key as u64 | (key >> 120 << 56) as u64
    }
}
