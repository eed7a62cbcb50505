//! Near-copies: the same speech twice, cut short, or spun with synonyms.
//!
//! A [`Sketch`] holds a quarter of a text's runs of five letters, chosen by their hash, so that two texts choose alike
//! (`FracMinHash`: Irber et al., *Lightweight compositional analysis of metagenomes with `FracMinHash`*, 2022). The share of
//! the shorter sketch that the longer one holds, too, estimates how much of the shorter text stands in the longer one: a
//! Jaccard similarity would not see that a speech broken off half-way is the whole one's copy.
//!
//! [`Copies`] remembers for every run the first text that held it, and of copies only what they add; a text is looked up in one walk
//! over its sketch, however many texts came before.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hasher;

use rustc_hash::FxHasher;

use super::line::is_letter;

/// Letters to a run.
const RUN: usize = 5;
/// One run of so many is chosen.
const ONE_OF: u64 = 4;
/// Shorter sketches, of texts below some fifty letters, prove nothing.
const MIN_RUNS: usize = 12;
/// A text is a copy if this share of the shorter one stands in the other. Texts of one genre share a tenth; a spun copy
/// keeps two thirds.
const MIN_SHARE: f64 = 0.5;

/// What is remembered of a text to recognise its copies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sketch(Vec<u64>);

impl Sketch {
    /// The sketch of a text. Case, digits' width, punctuation and white space should be normalised before.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let mut window = [0_u32; RUN];
        let mut runs: Vec<u64> = text
            .chars()
            .filter(|c| is_letter(*c))
            .enumerate()
            .filter_map(|(i, c)| {
                window.rotate_left(1);
                if let Some(last) = window.last_mut() {
                    *last = u32::from(c);
                }
                let mut hash = FxHasher::default();
                for c in window {
                    hash.write_u32(c);
                }
                Some(hash.finish()).filter(|hash| i + 1 >= RUN && hash % ONE_OF == 0)
            })
            .collect();
        runs.sort_unstable();
        runs.dedup();
        Self(runs)
    }
}

/// An earlier text that a text repeats.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Copy {
    /// Number of the earlier text, in the order of [`Copies::add`].
    pub of: usize,
    /// Share of the shorter text that stands in the other, 0.5 to 1.
    pub similarity: f64,
}

/// Texts seen so far.
#[derive(Debug, Default)]
pub struct Copies {
    holder: HashMap<u64, u32>,
    sizes: Vec<usize>,
}

impl Copies {
    /// Adds a text, and says which earlier one it repeats most of, if any.
    pub fn add(&mut self, sketch: &Sketch) -> Option<Copy> {
        let number = self.sizes.len();
        self.sizes.push(sketch.0.len());
        if sketch.0.len() < MIN_RUNS {
            return None;
        }
        let mut shared: BTreeMap<u32, usize> = BTreeMap::new();
        for holder in sketch.0.iter().filter_map(|run| self.holder.get(run)) {
            *shared.entry(*holder).or_default() += 1;
        }
        let share = |(of, runs): (&u32, &usize)| {
            let shorter = sketch.0.len().min(*self.sizes.get(*of as usize)?);
            Some(Copy { of: *of as usize, similarity: *runs as f64 / shorter.max(1) as f64 })
        };
        let best =
            shared.iter().filter_map(share).max_by(|a, b| a.similarity.total_cmp(&b.similarity).then(b.of.cmp(&a.of)));
        let copy = best.filter(|copy| copy.similarity >= MIN_SHARE);
        // What a longer copy adds is its original's, so that the rest of a text is found whichever part came first.
        let adds = copy.is_none_or(|copy| self.sizes.get(copy.of).is_some_and(|size| *size < sketch.0.len()));
        if adds {
            let owner = copy.map_or(number, |copy| copy.of);
            let held = self.holder.len();
            for run in &sketch.0 {
                self.holder.entry(*run).or_insert(owner as u32);
            }
            // An original stands for all that its copies added.
            if let Some(size) = self.sizes.get_mut(owner).filter(|_| copy.is_some()) {
                *size += self.holder.len() - held;
            }
        }
        copy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_cut_and_changed_are_found_and_others_are_not() {
        let sentence = |n: usize| {
            format!("第{n}项任务由{}牵头,在{}以前把{}摸清楚,报{}备案。", n * 37, n * 91 + 5, n * 53 + 7, n * 17 + 2)
        };
        let text: String = (0..60).map(sentence).collect();
        let welcome = |n: usize| format!("各位来宾,{}号展台的{}件展品来自{}个国家,欢迎参观。", n * 7, n * 29, n * 3);
        let other: String = (0..60).map(welcome).collect();
        let half: String = text.chars().take(text.chars().count() / 2).collect();
        let changed = text.replace("牵头", "带头").replace("备案", "登记");
        let mut copies = Copies::default();
        assert_eq!(copies.add(&Sketch::of(&text)), None);
        assert_eq!(copies.add(&Sketch::of(&other)), None);
        assert_eq!(copies.add(&Sketch::of(&text)), Some(Copy { of: 0, similarity: 1.0 }));
        assert_eq!(copies.add(&Sketch::of(&half)).map(|copy| copy.of), Some(0));
        assert_eq!(copies.add(&Sketch::of(&changed)).map(|copy| copy.of), Some(0));
        assert_eq!(copies.add(&Sketch::of(&other)).map(|copy| copy.of), Some(1));
        assert_eq!(copies.add(&Sketch::of("谢谢大家!")), None);
        let rest: String = text.chars().skip(half.chars().count()).collect();
        let mut copies = Copies::default();
        assert_eq!(copies.add(&Sketch::of(&half)), None);
        assert_eq!(copies.add(&Sketch::of(&text)).map(|copy| copy.of), Some(0));
        assert_eq!(copies.add(&Sketch::of(&rest)).map(|copy| copy.of), Some(0));
        // Of a text whose beginning and rest came before, no more than all has been seen.
        let part = |from: usize, to: usize| Sketch::of(&(from..to).map(sentence).collect::<String>());
        let mut copies = Copies::default();
        assert_eq!(copies.add(&part(0, 30)), None);
        assert_eq!(copies.add(&part(10, 60)).map(|copy| copy.of), Some(0));
        assert!(copies.add(&part(0, 60)).is_some_and(|copy| copy.of == 0 && copy.similarity <= 1.0));
    }
}
