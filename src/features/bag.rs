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
    pub values: Vec<(u32, f32)>,
    /// How many known words a window of the body has on average: what confidence is calibrated by.
    pub effective_length: usize,
    /// Chinese characters in title and body: what there is to judge by.
    pub chinese_chars: usize,
}

/// Where a feature was seen once, in bytes of a prepared text of less than 4 GiB.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    feature: u32,
    start: u32,
    end: u32,
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
const FEW_CUES: f32 = 4.0;

/// ln(1 + n); most features stand in a window once.
fn damped(count: u32) -> f32 {
    if count == 1 { std::f32::consts::LN_2 } else { (count as f32).ln_1p() }
}

impl Vocabulary {
    /// Weighs the features of a speech.
    #[must_use]
    pub fn bag(&self, analysis: &Analysis) -> Bag {
        ROOM.with_borrow_mut(|room| self.weigh(analysis, room, |_, _| {}))
    }

    /// As [`Vocabulary::bag`], with the place of each known feature of the speech, for [`Vocabulary::locate`].
    #[must_use]
    pub fn bag_with_places(&self, analysis: &Analysis) -> (Bag, Vec<Place>) {
        let mut places = Vec::new();
        let byte = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let note = |feature, range: &Range<usize>| {
            places.push(Place { feature, start: byte(range.start), end: byte(range.end) });
        };
        let bag = ROOM.with_borrow_mut(|room| self.weigh(analysis, room, note));
        (bag, places)
    }

    fn weigh(&self, analysis: &Analysis, room: &mut Room, mut note: impl FnMut(u32, &Range<usize>)) -> Bag {
        room.fit(self.entries.len(), analysis.windows());
        let mut window = (0, 0..0);
        let words = self.look_up(analysis, |id, is_windowed, range| {
            note(id, &range);
            if is_windowed && !window.1.contains(&range.start) {
                window = analysis.window_of(range.start);
            }
            if let Some(seen) = room.seen.get_mut(if is_windowed { window.0 } else { 0 }) {
                seen.push(id);
            }
        });
        // Window by window (what has none stands in the first): values, and what each family's are divided by.
        let windows = analysis.windows() as f32;
        for seen in &mut room.seen {
            let mut totals = [0.0_f32; Family::COUNT];
            for id in seen.drain(..) {
                let Some(tally) = room.tallies.get_mut(id as usize) else { continue };
                if tally.count == 0 {
                    room.touched.push((id, Family::Words, 0.0));
                }
                tally.count += 1;
            }
            for (id, family, value) in &mut room.touched {
                let (Some(tally), Some((idf, of))) = (room.tallies.get_mut(*id as usize), self.measured(*id)) else {
                    continue;
                };
                *family = of;
                let count = std::mem::take(&mut tally.count);
                let total;
                (*value, total) = match of.measure() {
                    Measure::Windows | Measure::Whole => {
                        let value = damped(count) * idf;
                        (value, value * value)
                    }
                    Measure::Rate => (damped(count), 0.0),
                    Measure::Share => (count as f32, count as f32),
                    Measure::Presence => (1.0, 0.0),
                };
                if let Some(sum) = totals.get_mut(of as usize) {
                    *sum += total;
                }
            }
            let factors: [f32; Family::COUNT] = std::array::from_fn(|family| {
                let total = totals.get(family).copied().unwrap_or(0.0);
                1.0 / match Family::ALL.get(family).map(|family| family.measure()) {
                    Some(Measure::Windows) => total.sqrt() * windows,
                    Some(Measure::Whole) => total.sqrt(),
                    Some(Measure::Rate) => windows,
                    Some(Measure::Share) => total + FEW_CUES,
                    Some(Measure::Presence) | None => 1.0,
                }
            });
            for (id, family, value) in room.touched.drain(..) {
                let (Some(tally), Some(factor)) = (room.tallies.get_mut(id as usize), factors.get(family as usize))
                else {
                    continue;
                };
                if tally.sum == 0.0 {
                    room.summed.push(id);
                }
                tally.sum += value * factor;
            }
        }
        room.summed.sort_unstable();
        let sum_of = |id: u32| Some((id, std::mem::take(&mut room.tallies.get_mut(id as usize)?.sum)));
        let values = room.summed.drain(..).filter_map(sum_of).collect();
        Bag { values, effective_length: words / analysis.windows(), chinese_chars: analysis.chinese_chars() }
    }

    /// Inverse document frequency and family of a feature.
    fn measured(&self, id: u32) -> Option<(f32, Family)> {
        self.measures.get(id as usize).copied()
    }

    /// Where the wanted features (numbers, rising) were seen; one answer for each, in their order.
    #[must_use]
    pub fn locate(&self, places: &[Place], wanted: &[u32]) -> Vec<Option<Occurrence>> {
        // Most places are of no wanted feature.
        let mut is_wanted = vec![false; self.entries.len()];
        for id in wanted {
            if let Some(mark) = is_wanted.get_mut(*id as usize) {
                *mark = true;
            }
        }
        let mut out: Vec<Option<Occurrence>> = vec![None; wanted.len()];
        for place in places.iter().filter(|place| is_wanted.get(place.feature as usize) == Some(&true)) {
            if let Some(slot) = wanted.binary_search(&place.feature).ok().and_then(|at| out.get_mut(at)) {
                let range = place.start as usize..place.end as usize;
                slot.get_or_insert(Occurrence { range, count: 0 }).count += 1;
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
    tallies: Vec<Tally>,
    touched: Vec<(u32, Family, f32)>,
    summed: Vec<u32>,
}

/// Of one feature: how often it was seen in this window, and its values in the windows before.
#[derive(Clone, Copy, Default)]
struct Tally {
    count: u32,
    sum: f32,
}

impl Room {
    fn fit(&mut self, features: usize, windows: usize) {
        self.seen.resize_with(windows, Vec::new);
        self.tallies.resize(features.max(self.tallies.len()), Tally::default());
    }
}
