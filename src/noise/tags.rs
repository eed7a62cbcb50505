//! What dirt and missing parts cost in tags.
//!
//! Each text is tagged clean, then changed; what counts is the first-ranked label, whether or not the model abstains. Of a
//! page that falls apart, the longest speech is judged. Changed means one kind of page noise, or a [`Cut`]: scraped pages
//! begin late, break off, lose their title or their greeting.

use fastrand::Rng;
use rayon::prelude::*;
use serde::Serialize;

use super::measure::rng_for;
use super::{Cut, Kind, Laboratory, Page};
use crate::model::Record;
use crate::{Document, Options, Result, Tagger};

/// How tagging does on one kind of page.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TaggingRow {
    /// The kind.
    pub kind: String,
    /// Per axis: texts with a label, right on clean pages, right on dirty ones.
    pub axes: Vec<(String, usize, usize, usize)>,
}

/// Rows for every kind of noise, all mixed, all mixed of unseen sites, and every cut; each tagger judges its own records.
pub(super) fn tag_rows(
    judges: &[(Tagger, Vec<Record>)],
    known: &Laboratory,
    unseen: &Laboratory,
    seed: u64,
) -> Result<Vec<TaggingRow>> {
    let clean = judged(judges, |_, record| Document::new(record.text.as_str()))?;
    let mut rows = Vec::new();
    let kinds = Kind::ALL.into_iter().map(|kind| (kind.name(), Some(kind), known));
    for (name, kind, lab) in kinds.chain([("all mixed 混合", None, known), ("mixed, unseen 混合(未见)", None, unseen)])
    {
        let dirty = judged(judges, |i, record| dirty(lab, record, kind, &mut rng_for(seed, name, i)))?;
        rows.push(row(name, judges, &clean, &dirty));
    }
    for cut in Cut::ALL {
        let short = judged(judges, |_, record| Document::new(cut.apply(&record.text)))?;
        rows.push(row(cut.name(), judges, &clean, &short));
    }
    Ok(rows)
}

fn dirty(lab: &Laboratory, record: &Record, kind: Option<Kind>, rng: &mut Rng) -> Document<'static> {
    let mut page = Page::clean(&record.text, 0);
    let scene = lab.scene(page.title(), rng);
    match kind {
        Some(kind) => lab.dirty(&mut page, kind, &scene, rng),
        None => lab.mix(&mut page, &scene, rng),
    }
    let mut document = Document::new(page.text());
    if kind == Some(Kind::LyingTitle) {
        document.title = Some(lab.lying_title(rng).into());
    }
    document
}

/// By judge, record and axis: whether the answer is right.
type Judged = Vec<Vec<Vec<Option<bool>>>>;

fn judged<'d>(
    judges: &'d [(Tagger, Vec<Record>)],
    document: impl Fn(usize, &'d Record) -> Document<'d> + Sync,
) -> Result<Judged> {
    let judge = |(tagger, records): &'d (Tagger, Vec<Record>)| {
        records.par_iter().enumerate().map(|(i, record)| right(tagger, record, &document(i, record))).collect()
    };
    judges.iter().map(judge).collect()
}

fn row(name: &str, judges: &[(Tagger, Vec<Record>)], clean: &Judged, changed: &Judged) -> TaggingRow {
    let mut row = TaggingRow { kind: name.to_owned(), axes: Vec::new() };
    for (((tagger, _), clean), changed) in judges.iter().zip(clean).zip(changed) {
        let axes = &tagger.model().catalogue().axes;
        row.axes.resize(axes.len(), (String::new(), 0, 0, 0));
        for (a, (axis, sum)) in axes.iter().zip(&mut row.axes).enumerate() {
            sum.0.clone_from(&axis.id);
            for (clean, changed) in clean.iter().zip(changed) {
                if let (Some(Some(clean)), Some(Some(changed))) = (clean.get(a), changed.get(a)) {
                    sum.1 += 1;
                    sum.2 += usize::from(*clean);
                    sum.3 += usize::from(*changed);
                }
            }
        }
    }
    row
}

/// Per axis: whether the first-ranked label of a document is right; nothing where the record has no label. Of several
/// speeches the longest is judged.
fn right(tagger: &Tagger, record: &Record, document: &Document) -> Result<Vec<Option<bool>>> {
    let tagging = tagger
        .tag(document, &Options { top_k: 1, ..Options::default() })
        .map_err(|e| e.within(&format!("record {:?}", record.id)))?;
    let longest = tagging.speeches.iter().max_by_key(|speech| speech.span.end - speech.span.start);
    Ok(longest
        .map(|speech| {
            speech
                .tags
                .iter()
                .map(|tag| {
                    let truth = record.labels.get(&tag.axis)?.as_deref()?;
                    let answer = tag.alternatives.first().map_or("", |a| a.label.as_str());
                    Some(answer == truth || record.acceptable.accepts(&tag.axis, answer))
                })
                .collect()
        })
        .unwrap_or_default())
}
