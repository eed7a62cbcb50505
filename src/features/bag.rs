//! What a model sees of a speech: its features, weighed.
//!
//! A speech becomes a [`Bag`]: each feature gets a value by the [`Measure`] of its family.
//!
//! * Words: counts are damped (ln(1 + n)), multiplied by the word's inverse document frequency and scaled to unit Euclidean
//!   length per family. This is the transform of Rennie, Shih, Teevan and Karger, "Tackling the Poor Assumptions of Naive
//!   Bayes Text Classifiers" (ICML 2003): no text outweighs another by its length, no family by its size. Words that may
//!   stand anywhere are weighed window by window ([`Analysis::windows`]) and averaged.
//! * Cues of rank and topic: their share among the cues of their family, drawn towards nothing where there are few.
//! * Cues of acts: their damped count, window by window. Cues by place, and form: presence.
//!
//! How much a family weighs on an axis ([`super::Weighting`]) is part of that axis's scores.

use std::cell::RefCell;
use std::ops::Range;

use super::vocabulary::Vocabulary;
use super::{Analysis, Family, Measure};

/// A speech as the model sees it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bag {
    /// Feature numbers, rising, each with its value.
    pub values: Vec<(u32, f64)>,
    /// How many known words a window of the body has on average: what confidence is calibrated by.
    pub effective_length: usize,
}

/// Where a feature was first seen and how often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// Byte range of the first occurrence; empty for features of form.
    pub range: Range<usize>,
    /// Occurrences in the speech.
    pub count: usize,
}

/// Shares are taken as if this many cues more had been seen, of no class: one cue alone is a fifth, not all.
const FEW_CUES: f64 = 4.0;

impl Vocabulary {
    /// Weighs the features of a speech.
    #[must_use]
    pub fn bag(&self, analysis: &Analysis) -> Bag {
        ROOM.with_borrow_mut(|room| self.weigh(analysis, room, |_, _| {}))
    }

    /// As [`Vocabulary::bag`], with the number and the place of each known feature of the speech, for [`Vocabulary::locate`].
    #[must_use]
    pub fn bag_with_places(&self, analysis: &Analysis) -> (Bag, Vec<(u32, Range<usize>)>) {
        let mut places = Vec::new();
        let bag = ROOM.with_borrow_mut(|room| self.weigh(analysis, room, |id, range| places.push((id, range.clone()))));
        (bag, places)
    }

    fn weigh(&self, analysis: &Analysis, room: &mut Room, mut note: impl FnMut(u32, &Range<usize>)) -> Bag {
        room.fit(self.entries.len(), analysis.windows());
        let family_of = |id: u32| self.families.get(id as usize).copied();
        let mut window = (0, 0..0);
        let words = self.look_up(analysis, |id, range| {
            note(id, &range);
            let windowed = family_of(id).is_some_and(|f| matches!(f.measure(), Measure::Windows | Measure::Rate));
            if windowed && !window.1.contains(&range.start) {
                window = analysis.window_of(range.start);
            }
            if let Some(seen) = room.seen.get_mut(if windowed { window.0 } else { 0 }) {
                seen.push(id);
            }
        });
        // Window by window (what has none stands in the first): values, and what each family's are divided by.
        let windows = analysis.windows() as f64;
        for seen in &mut room.seen {
            let mut totals = [0.0_f64; Family::COUNT];
            for id in seen.drain(..) {
                let Some(count) = room.counts.get_mut(id as usize) else { continue };
                if *count == 0 {
                    room.touched.push((id, 0.0));
                }
                *count += 1;
            }
            for (id, value) in &mut room.touched {
                let (Some(count), Some((idf, family))) =
                    (room.counts.get_mut(*id as usize), self.measures.get(*id as usize))
                else {
                    continue;
                };
                let count = std::mem::take(count);
                let damped = || if count == 1 { std::f64::consts::LN_2 } else { f64::from(count).ln_1p() };
                let (family, count) = (*family, f64::from(count));
                let total;
                (*value, total) = match family.measure() {
                    Measure::Windows | Measure::Whole => {
                        let value = damped() * idf;
                        (value, value * value)
                    }
                    Measure::Rate => (damped(), 0.0),
                    Measure::Share => (count, count),
                    Measure::Presence => (1.0, 0.0),
                };
                if let Some(sum) = totals.get_mut(family as usize) {
                    *sum += total;
                }
            }
            for (id, value) in room.touched.drain(..) {
                let (Some(sum), Some(family)) = (room.sums.get_mut(id as usize), family_of(id)) else { continue };
                let total = totals.get(family as usize).copied().unwrap_or(0.0);
                let divisor = match family.measure() {
                    Measure::Windows => total.sqrt() * windows,
                    Measure::Whole => total.sqrt(),
                    Measure::Rate => windows,
                    Measure::Share => total + FEW_CUES,
                    Measure::Presence => 1.0,
                };
                if *sum == 0.0 {
                    room.summed.push(id);
                }
                *sum += value / divisor;
            }
        }
        room.summed.sort_unstable();
        let sum_of = |id: u32| Some((id, std::mem::take(room.sums.get_mut(id as usize)?)));
        let values = room.summed.drain(..).filter_map(sum_of).collect();
        Bag { values, effective_length: words / analysis.windows() }
    }

    /// Where the wanted features (numbers, rising) were seen; one answer for each, in their order.
    #[must_use]
    pub fn locate(&self, places: &[(u32, Range<usize>)], wanted: &[u32]) -> Vec<Option<Occurrence>> {
        // Most places are of no wanted feature.
        let mut is_wanted = vec![false; self.entries.len()];
        for id in wanted {
            if let Some(mark) = is_wanted.get_mut(*id as usize) {
                *mark = true;
            }
        }
        let mut out: Vec<Option<Occurrence>> = vec![None; wanted.len()];
        for (id, range) in places.iter().filter(|(id, _)| is_wanted.get(*id as usize) == Some(&true)) {
            if let Some(slot) = wanted.binary_search(id).ok().and_then(|at| out.get_mut(at)) {
                slot.get_or_insert_with(|| Occurrence { range: range.clone(), count: 0 }).count += 1;
            }
        }
        out
    }
}

thread_local! {
    /// Counting by feature number needs room for each; a speech touches few, so the room is used again.
    static ROOM: RefCell<Room> = RefCell::default();
}

/// Room to count in: by feature number where it is indexed, otherwise lists of what was touched.
#[derive(Default)]
struct Room {
    /// Features seen, by window.
    seen: Vec<Vec<u32>>,
    counts: Vec<u32>,
    touched: Vec<(u32, f64)>,
    sums: Vec<f64>,
    summed: Vec<u32>,
}

impl Room {
    fn fit(&mut self, features: usize, windows: usize) {
        self.seen.resize_with(windows, Vec::new);
        self.counts.resize(features.max(self.counts.len()), 0);
        self.sums.resize(features.max(self.sums.len()), 0.0);
    }
}
