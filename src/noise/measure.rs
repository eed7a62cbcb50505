//! What cleaning, splitting and tagging make of dirty pages.
//!
//! *Speech kept*: of the characters of speeches (white space and titles aside), the share that reaches the tagger. *Noise
//! removed*: of the characters the page added, the share that does not. Both are counted after splitting, since furniture
//! between pieces is left out there.
//!
//! *Boundaries*: the inner boundaries of a collection. One is found if a speech begins between the last character of one
//! text and the first of the next; titles and what stands between them belong to neither. A single text that comes out as
//! two is a false split.
//!
//! *Copies*: all texts are remembered, then a copy of each is looked up, dirtied in one way. It is found if it is said to
//! repeat its own original; a text that is said to repeat another one, before there are copies, is a false alarm.
//!
//! *Tags*: see the module `tags`.

use fastrand::Rng;
use rayon::prelude::*;
use serde::Serialize;

use super::collection::opens_with_salutation;
use super::tags::{TaggingRow, tag_rows};
use super::{Binding, Fragments, Group, Kind, Laboratory, Page, Part, bind};
use crate::document::{Copies, PieceKind, Prepared, Sketch, prepare};
use crate::model::Record;
use crate::{Result, Tagger};

/// Pages per kind for cleaning.
const PAGES: usize = 400;
/// Collections per number of pieces, 1 to 12.
const COLLECTIONS: usize = 25;

/// How cleaning does on one kind of page.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CleaningRow {
    /// The kind.
    pub kind: String,
    /// Pages.
    pub pages: usize,
    /// Characters of speeches.
    pub speech: usize,
    /// Characters of speeches that reach the tagger.
    pub speech_kept: usize,
    /// Characters the pages added.
    pub noise: usize,
    /// Of these, those that do not reach the tagger.
    pub noise_removed: usize,
    /// Line breaks and blanks that the pages put inside a line.
    pub wraps: usize,
    /// Of these, those joined again.
    pub wraps_joined: usize,
    /// Line breaks of the speeches themselves.
    pub breaks: usize,
    /// Of these, those kept.
    pub breaks_kept: usize,
}

/// How splitting does on one sort of collection.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SplittingRow {
    /// The sort.
    pub kind: String,
    /// Pages.
    pub pages: usize,
    /// Boundaries between two texts.
    pub boundaries: usize,
    /// Boundaries that splitting set.
    pub found: usize,
    /// Of these, those at a right place.
    pub right: usize,
    /// Pages that came out with a wrong number of speeches.
    pub miscounted: usize,
}

impl SplittingRow {
    /// Share of boundaries set that are right.
    #[must_use]
    pub fn precision(&self) -> f64 {
        if self.found == 0 { 1.0 } else { self.right as f64 / self.found as f64 }
    }

    /// Share of boundaries that are found.
    #[must_use]
    pub fn recall(&self) -> f64 {
        if self.boundaries == 0 { 1.0 } else { self.right as f64 / self.boundaries as f64 }
    }

    /// Harmonic mean of precision and recall.
    #[must_use]
    pub fn f1(&self) -> f64 {
        let (p, r) = (self.precision(), self.recall());
        if p + r > 0.0 { 2.0 * p * r / (p + r) } else { 0.0 }
    }
}

/// How copies of one kind are found.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CopyRow {
    /// The kind.
    pub kind: String,
    /// Texts, and copies looked up.
    pub copies: usize,
    /// Of these, those found.
    pub found: usize,
    /// Texts said to repeat another text.
    pub false_alarms: usize,
}

/// Everything measured.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// Cleaning, per kind.
    pub cleaning: Vec<CleaningRow>,
    /// Splitting, per sort of collection.
    pub splitting: Vec<SplittingRow>,
    /// Copies, per kind.
    pub copies: Vec<CopyRow>,
    /// Tags, per kind.
    pub tagging: Vec<TaggingRow>,
}

/// Measures cleaning and splitting on pages made from `records`, and tags: each tagger of `judges` on its own records.
///
/// # Errors
/// As [`Tagger::tag`]; fragments that are not well-formed.
pub fn measure(records: &[Record], judges: &[(Tagger, Vec<Record>)], seed: u64) -> Result<Report> {
    let texts: Vec<&str> = records.iter().map(|r| r.text.as_str()).collect();
    let titles: Vec<String> = texts.iter().filter_map(|text| Page::clean(text, 0).title()).collect();
    let lab = |group| Ok::<_, crate::Error>(Laboratory::new(Fragments::of(group)?, titles.clone()));
    let (known, unseen) = (lab(Group::Known)?, lab(Group::Unseen)?);

    let first = judges.first().and_then(|(tagger, _)| tagger.model().catalogue().axes.first());
    let in_scope = |record: &&Record| {
        let label = first.and_then(|axis| axis.label(record.labels.get(&axis.id)?.as_deref()?));
        label.is_none_or(|(_, label)| label.in_scope)
    };
    let (speeches, others): (Vec<&Record>, Vec<&Record>) = records.iter().partition(in_scope);
    let speeches: Vec<&str> = speeches.iter().map(|record| record.text.as_str()).collect();
    let others: Vec<&str> = others.iter().map(|record| record.text.as_str()).collect();
    let untouched = |name: &str, texts: &[&str]| clean_row(name, texts, |text, _| Page::clean(text, 0), seed);
    let mut cleaning = vec![
        untouched("clean, in scope 干净,范围内", &speeches),
        untouched("clean, out of scope 干净,范围外", &others),
    ];
    let dirtied = |lab: &Laboratory, text: &str, kind: Option<Kind>, rng: &mut Rng| {
        let mut page = Page::clean(text, 0);
        let scene = lab.scene(page.title(), rng);
        match kind {
            Some(kind) => lab.dirty(&mut page, kind, &scene, rng),
            None => lab.mix(&mut page, &scene, rng),
        }
        page
    };
    let sample = sample(&texts, PAGES, seed);
    for kind in Kind::ALL.into_iter().filter(|kind| kind.adds()) {
        cleaning.push(clean_row(kind.name(), &sample, |text, rng| dirtied(&known, text, Some(kind), rng), seed));
    }
    cleaning.push(clean_row("all mixed 混合", &texts, |text, rng| dirtied(&known, text, None, rng), seed));
    cleaning.push(clean_row("mixed, unseen 混合(未见)", &texts, |text, rng| dirtied(&unseen, text, None, rng), seed));

    // What is bound to collections are speeches and the like; without headings, those that greet.
    let greeted: Vec<&str> = speeches.iter().copied().filter(|text| opens_with_salutation(text)).collect();
    let alone = |name: &str, make: &dyn Fn(&str, &mut Rng) -> Page| {
        let pages: Vec<Page> =
            texts.iter().enumerate().map(|(i, text)| make(text, &mut rng_for(seed, name, i))).collect();
        split_row(name, &pages)
    };
    let mut splitting = vec![
        alone("single 单篇", &|text, _| Page::clean(text, 0)),
        alone("single, dirty 单篇带噪", &|text, rng| dirtied(&known, text, None, rng)),
    ];
    for (name, lab, pool, binding, dirty) in [
        ("headings 有标题", &known, &speeches, Binding::Headings, false),
        ("no headings 无标题", &known, &greeted, Binding::Bare, false),
        ("headings, dirty 有标题带噪", &known, &speeches, Binding::Headings, true),
        ("no headings, dirty 无标题带噪", &known, &greeted, Binding::Bare, true),
        ("headings, unseen 有标题(未见)", &unseen, &speeches, Binding::Headings, true),
        ("no headings, unseen 无标题(未见)", &unseen, &greeted, Binding::Bare, true),
    ] {
        splitting.push(split_row(name, &collections(lab, pool, binding, dirty, seed)));
    }
    let copies = [
        ("the same 原样", None),
        (Kind::Spins.name(), Some(Kind::Spins)),
        (Kind::BrokenOff.name(), Some(Kind::BrokenOff)),
        (Kind::Masks.name(), Some(Kind::Masks)),
        (Kind::Crumbs.name(), Some(Kind::Crumbs)),
        (Kind::Mojibake.name(), Some(Kind::Mojibake)),
    ]
    .map(|(name, kind)| {
        copy_row(
            name,
            &speeches,
            |text, rng| kind.map_or_else(|| Page::clean(text, 0), |kind| dirtied(&known, text, Some(kind), rng)),
            seed,
        )
    });
    let mixed = copy_row("all mixed 混合", &speeches, |text, rng| dirtied(&known, text, None, rng), seed);
    let copies = copies.into_iter().chain([mixed]).collect();
    let tagging = tag_rows(judges, &known, &unseen, seed)?;
    Ok(Report { cleaning, splitting, copies, tagging })
}

/// Some of `texts`, the same for the same seed.
fn sample<'t>(texts: &[&'t str], count: usize, seed: u64) -> Vec<&'t str> {
    Rng::with_seed(seed).choose_multiple(texts.iter().copied(), count)
}

/// Every page gets its own randomness, so that one generator's change does not stir the others' pages.
pub(super) fn rng_for(seed: u64, name: &str, number: usize) -> Rng {
    let name = name.bytes().fold(seed, |hash, b| hash.wrapping_mul(0x0100_0000_01b3) ^ u64::from(b));
    Rng::with_seed(name.wrapping_add((number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)))
}

/// Which code points of the page reach the tagger.
fn reached(prepared: &Prepared, page: &Page) -> Vec<bool> {
    let mut reached = vec![false; page.chars().len()];
    for piece in &prepared.pieces {
        if piece.kind == PieceKind::Furniture {
            continue;
        }
        for (_, c, original) in prepared.text.chars_of(piece.range.clone()) {
            let at = original.at.code_point;
            // A tag that became a line break is gone.
            let gone = c.is_whitespace() && page.chars().get(at).is_some_and(|(c, _)| !c.is_whitespace());
            if let Some(cell) = reached.get_mut(at).filter(|_| !gone) {
                *cell = true;
            }
        }
    }
    reached
}

/// Cleaning of one page; see the module for what is counted.
#[must_use]
pub fn clean_page(page: &Page) -> CleaningRow {
    let text = page.text();
    let prepared = prepare(&text, true, true);
    let reached = reached(&prepared, page);
    let mut row = CleaningRow { pages: 1, ..CleaningRow::default() };
    for ((c, part), kept) in page.chars().iter().zip(reached) {
        match (part, c.is_whitespace()) {
            (Part::Speech(_), false) => {
                row.speech += 1;
                row.speech_kept += usize::from(kept);
            }
            (Part::Noise, false) => {
                row.noise += 1;
                row.noise_removed += usize::from(!kept);
            }
            (Part::Noise, true) => {
                row.wraps += 1;
                row.wraps_joined += usize::from(!kept);
            }
            (Part::Speech(_), true) if *c == '\n' => {
                row.breaks += 1;
                row.breaks_kept += usize::from(kept);
            }
            _ => {}
        }
    }
    row
}

fn clean_row(name: &str, texts: &[&str], make: impl Fn(&str, &mut Rng) -> Page + Sync, seed: u64) -> CleaningRow {
    let rows = texts.par_iter().enumerate().map(|(i, text)| clean_page(&make(text, &mut rng_for(seed, name, i))));
    let sum = rows.reduce(CleaningRow::default, |a, b| CleaningRow {
        kind: String::new(),
        pages: a.pages + b.pages,
        speech: a.speech + b.speech,
        speech_kept: a.speech_kept + b.speech_kept,
        noise: a.noise + b.noise,
        noise_removed: a.noise_removed + b.noise_removed,
        wraps: a.wraps + b.wraps,
        wraps_joined: a.wraps_joined + b.wraps_joined,
        breaks: a.breaks + b.breaks,
        breaks_kept: a.breaks_kept + b.breaks_kept,
    });
    CleaningRow { kind: name.to_owned(), ..sum }
}

fn collections(lab: &Laboratory, pool: &[&str], binding: Binding, dirty: bool, seed: u64) -> Vec<Page> {
    let name = format!("{binding:?} {dirty}");
    (0..12 * COLLECTIONS)
        .map(|i| {
            let mut rng = rng_for(seed, &name, i);
            let texts = rng.choose_multiple(pool.iter().copied(), i % 12 + 1);
            bind(lab, &texts, binding, dirty, &mut rng)
        })
        .collect()
}

/// Splitting of one page; see the module for what is counted.
#[must_use]
pub fn split_page(page: &Page) -> SplittingRow {
    let text = page.text();
    let prepared = prepare(&text, true, true);
    let starts: Vec<usize> = prepared
        .pieces
        .iter()
        .filter(|piece| piece.kind == PieceKind::Speech)
        .filter_map(|piece| prepared.text.code_points(piece.range.clone()).next())
        .collect();
    // Where each text begins and where the one before it has ended.
    let speech = |(i, (c, part)): (usize, &(char, Part))| match part {
        Part::Speech(piece) if !c.is_whitespace() => Some((i, *piece)),
        _ => None,
    };
    let mut boundaries = Vec::new();
    let mut last: Option<(usize, u16)> = None;
    for (i, piece) in page.chars().iter().enumerate().filter_map(speech) {
        if let Some((end, before)) = last
            && before != piece
        {
            boundaries.push((end, i));
        }
        last = Some((i, piece));
    }
    let inner = || starts.iter().skip(1);
    let right = boundaries.iter().filter(|(end, begin)| inner().any(|s| end < s && s <= begin)).count();
    SplittingRow {
        kind: String::new(),
        pages: 1,
        boundaries: boundaries.len(),
        found: inner().count(),
        right,
        miscounted: usize::from(inner().count() != boundaries.len()),
    }
}

fn split_row(name: &str, pages: &[Page]) -> SplittingRow {
    let sum = pages.par_iter().map(split_page).reduce(SplittingRow::default, |a, b| SplittingRow {
        kind: String::new(),
        pages: a.pages + b.pages,
        boundaries: a.boundaries + b.boundaries,
        found: a.found + b.found,
        right: a.right + b.right,
        miscounted: a.miscounted + b.miscounted,
    });
    SplittingRow { kind: name.to_owned(), ..sum }
}

fn copy_row(name: &str, texts: &[&str], make: impl Fn(&str, &mut Rng) -> Page + Sync, seed: u64) -> CopyRow {
    let sketch = |text: &str| Sketch::of(prepare(text, true, false).text.as_str());
    let originals: Vec<Sketch> = texts.par_iter().map(|text| sketch(text)).collect();
    let dirty: Vec<Sketch> =
        texts.par_iter().enumerate().map(|(i, text)| sketch(&make(text, &mut rng_for(seed, name, i)).text())).collect();
    let mut copies = Copies::default();
    let false_alarms = originals.iter().filter(|original| copies.add(original).is_some()).count();
    let found = dirty.iter().enumerate().filter(|(i, copy)| copies.add(copy).is_some_and(|copy| copy.of == *i)).count();
    CopyRow { kind: name.to_owned(), copies: texts.len(), found, false_alarms }
}
