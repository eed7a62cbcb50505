//! What is wrong with a corpus before anything is trained on it.
//!
//! A corpus written to a plan can cheat without meaning to: two texts nearly the same on both sides of a fold, a phrase that
//! stands in every text of one label, a title that names its label. [`lint`] finds these.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::{FxHashMap, FxHashSet};

use super::corpus::{Corpus, Record};
use crate::document::{PieceKind, prepare};

/// What a corpus must keep.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Fewest texts of a label.
    pub min_texts: usize,
    /// Shortest and longest text, in characters.
    pub chars: (usize, usize),
    /// Largest Jaccard similarity of the 5-grams of two texts.
    pub max_similarity: f64,
    /// Largest share of a label's texts that a phrase found next to nowhere else may stand in.
    pub max_phrase_share: f64,
    /// Largest share of a label's titles that a word may stand in which half as large a share of other titles has.
    pub max_title_share: f64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { min_texts: 15, chars: (100, 10_000), max_similarity: 0.25, max_phrase_share: 0.3, max_title_share: 0.95 }
    }
}

/// What lint found.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// What breaks a limit; an empty list is a clean corpus.
    pub problems: Vec<String>,
    /// Texts by axis and label; `-` for no label.
    pub labels: BTreeMap<String, BTreeMap<String, usize>>,
    /// Texts by the decade they speak from; empty if no record says.
    pub eras: BTreeMap<String, usize>,
    /// Texts by label of the first axis and label of the second, for labels that are in scope.
    pub pairs: BTreeMap<String, BTreeMap<String, usize>>,
    /// Pairs of labels of the first two axes that no text has.
    pub missing_pairs: Vec<(String, String)>,
    /// Quartiles of the length in characters: least, first, median, third, most.
    pub chars: [usize; 5],
    /// Share of texts with a title line.
    pub titled: f64,
    /// The most similar pair of texts and its similarity.
    pub most_similar: Option<(String, String, f64)>,
}

/// Length of the character sequences by which texts are compared.
const GRAM: usize = 5;
/// Length of the phrases that may give a label away.
const PHRASE: usize = 7;
/// A phrase is a label's own when no more than this share of the other texts has it.
const ELSEWHERE: f64 = 0.01;

/// Checks a corpus against limits.
#[must_use]
pub fn lint(corpus: &Corpus, limits: &Limits) -> Report {
    let mut report = Report::default();
    let records = &corpus.records;
    let plain: Vec<Vec<char>> =
        records.iter().map(|r| r.text.chars().filter(|c| c.is_alphanumeric()).collect()).collect();
    for era in records.iter().filter_map(|record| record.era.clone()) {
        *report.eras.entry(era).or_default() += 1;
    }
    lengths(records, limits, &mut report);
    labels(corpus, limits, &mut report);
    similar(records, &plain, limits, &mut report);
    phrases(records, &plain, limits, &mut report);
    titles(records, limits, &mut report);
    report
}

fn lengths(records: &[Record], limits: &Limits, report: &mut Report) {
    let mut lengths: Vec<usize> = records.iter().map(|r| r.text.chars().count()).collect();
    for (record, chars) in records.iter().zip(&lengths) {
        if !(limits.chars.0..=limits.chars.1).contains(chars) {
            report
                .problems
                .push(format!("{}: {chars} characters, allowed {} to {}", record.id, limits.chars.0, limits.chars.1));
        }
    }
    lengths.sort_unstable();
    let at = |quarter: usize| lengths.get(quarter * lengths.len().saturating_sub(1) / 4).copied().unwrap_or(0);
    report.chars = [at(0), at(1), at(2), at(3), at(4)];
}

/// The label of a record on an axis.
fn label<'r>(record: &'r Record, axis: &str) -> Option<&'r str> {
    record.labels.get(axis).and_then(|label| label.as_deref())
}

fn labels(corpus: &Corpus, limits: &Limits, report: &mut Report) {
    let Some(recipe) = &corpus.recipe else {
        report.problems.push("model.toml is missing: labels cannot be checked".to_owned());
        return;
    };
    for axis in &recipe.catalogue.axes {
        let counts = report.labels.entry(axis.id.clone()).or_default();
        for record in &corpus.records {
            *counts.entry(label(record, &axis.id).unwrap_or("-").to_owned()).or_default() += 1;
        }
        for wanted in &axis.labels {
            let n = counts.get(&wanted.id).copied().unwrap_or(0);
            if n < limits.min_texts {
                report
                    .problems
                    .push(format!("{} {}: {n} texts, at least {} wanted", axis.id, wanted.id, limits.min_texts));
            }
        }
    }
    if let [first, second, ..] = recipe.catalogue.axes.as_slice() {
        for a in first.labels.iter().filter(|l| l.in_scope) {
            let row = report.pairs.entry(a.id.clone()).or_default();
            for b in &second.labels {
                let pair = (Some(a.id.as_str()), Some(b.id.as_str()));
                let n = corpus.records.iter().filter(|r| (label(r, &first.id), label(r, &second.id)) == pair).count();
                row.insert(b.id.clone(), n);
                if n == 0 {
                    report.missing_pairs.push((a.id.clone(), b.id.clone()));
                }
            }
        }
    }
}

fn grams(text: &[char], n: usize) -> FxHashSet<&[char]> {
    text.windows(n).collect()
}

/// Exact Jaccard similarities through the texts each gram stands in.
fn similar(records: &[Record], plain: &[Vec<char>], limits: &Limits, report: &mut Report) {
    let sets: Vec<FxHashSet<&[char]>> = plain.iter().map(|text| grams(text, GRAM)).collect();
    let mut texts_of: FxHashMap<&[char], Vec<u32>> = FxHashMap::default();
    let mut most = (0.0, 0, 0);
    for (i, set) in (0_u32..).zip(&sets) {
        let mut shared: FxHashMap<u32, usize> = FxHashMap::default();
        for gram in set {
            let texts = texts_of.entry(gram).or_default();
            for other in texts.iter() {
                *shared.entry(*other).or_default() += 1;
            }
            texts.push(i);
        }
        for (other, n) in shared {
            let union = set.len() + sets.get(other as usize).map_or(0, FxHashSet::len) - n;
            let similarity = n as f64 / union.max(1) as f64;
            if similarity > most.0 || (similarity >= most.0 && (other, i) < (most.1, most.2)) {
                most = (similarity, other, i);
            }
            if similarity >= limits.max_similarity {
                report.problems.push(format!(
                    "{} and {}: similarity {similarity:.2}",
                    id(records, other),
                    id(records, i)
                ));
            }
        }
    }
    report.problems.sort();
    if most.0 > 0.0 {
        report.most_similar = Some((id(records, most.1), id(records, most.2), most.0));
    }
}

fn id(records: &[Record], index: u32) -> String {
    records.get(index as usize).map(|r| r.id.clone()).unwrap_or_default()
}

/// Phrases that many texts of one label share and hardly any other text has.
fn phrases(records: &[Record], plain: &[Vec<char>], limits: &Limits, report: &mut Report) {
    let axes: BTreeSet<&String> = records.iter().flat_map(|r| r.labels.keys()).collect();
    let sets: Vec<FxHashSet<&[char]>> = plain.iter().map(|text| grams(text, PHRASE)).collect();
    let mut everywhere: FxHashMap<&[char], usize> = FxHashMap::default();
    for gram in sets.iter().flatten() {
        *everywhere.entry(gram).or_default() += 1;
    }
    for axis in axes {
        let mut by_label: BTreeMap<&str, Vec<&FxHashSet<&[char]>>> = BTreeMap::new();
        for (record, set) in records.iter().zip(&sets) {
            if let Some(label) = label(record, axis) {
                by_label.entry(label).or_default().push(set);
            }
        }
        for (label, sets) in by_label {
            let mut here: FxHashMap<&[char], usize> = FxHashMap::default();
            for gram in sets.iter().copied().flatten() {
                *here.entry(gram).or_default() += 1;
            }
            let mut found: Vec<(usize, String)> = here
                .into_iter()
                .filter(|(gram, n)| {
                    let elsewhere = everywhere.get(gram).copied().unwrap_or(0) - n;
                    let others = records.len() - sets.len();
                    *n as f64 > limits.max_phrase_share * sets.len() as f64
                        && (elsewhere as f64) <= ELSEWHERE * others as f64
                })
                .map(|(gram, n)| (n, gram.iter().collect()))
                .collect();
            found.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
            for (n, phrase) in found {
                report.problems.push(format!("{axis} {label}: {phrase:?} stands in {n} of {} texts", sets.len()));
            }
        }
    }
}

/// Words of titles (pairs of characters) that most titles of one label of the first axis have and others hardly do.
fn titles(records: &[Record], limits: &Limits, report: &mut Report) {
    let title = |record: &Record| -> Option<Vec<char>> {
        let prepared = prepare(&record.text, false, false);
        let piece = prepared.pieces.iter().find(|piece| piece.kind == PieceKind::Title)?;
        prepared.text.as_str().get(piece.range.clone()).map(|words| words.chars().collect())
    };
    let titles: Vec<Option<Vec<char>>> = records.iter().map(title).collect();
    report.titled = titles.iter().flatten().count() as f64 / records.len().max(1) as f64;
    let axes: BTreeSet<&String> = records.iter().flat_map(|r| r.labels.keys()).collect();
    for axis in axes {
        let mut by_label: BTreeMap<&str, Vec<FxHashSet<&[char]>>> = BTreeMap::new();
        for (record, title) in records.iter().zip(&titles) {
            if let (Some(label), Some(title)) = (label(record, axis), title) {
                by_label.entry(label).or_default().push(grams(title, 2));
            }
        }
        for (label, titles) in by_label.iter().filter(|(_, titles)| titles.len() >= limits.min_texts) {
            let mut counts: BTreeMap<&[char], usize> = BTreeMap::new();
            for gram in titles.iter().flatten() {
                *counts.entry(gram).or_default() += 1;
            }
            let others: Vec<_> = by_label.iter().filter(|(other, _)| *other != label).flat_map(|(_, t)| t).collect();
            for (gram, n) in counts {
                let share = n as f64 / titles.len() as f64;
                let elsewhere =
                    others.iter().filter(|title| title.contains(gram)).count() as f64 / others.len().max(1) as f64;
                if share > limits.max_title_share && elsewhere < share / 2.0 {
                    let word: String = gram.iter().collect();
                    report.problems.push(format!("{axis} {label}: {word:?} stands in {n} of {} titles", titles.len()));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn corpus(texts: &[(&str, &str)]) -> Corpus {
        let records = texts.iter().enumerate().map(|(i, (label, text))| {
            serde_json::from_value(serde_json::json!({"id": i.to_string(), "text": text, "labels": {"kind": label}}))
                .unwrap()
        });
        Corpus { records: records.collect(), recipe: None }
    }

    #[test]
    fn copies_and_shortcuts_are_found() {
        let filler =
            |n: usize| (0..60).map(|k| char::from_u32(0x4e00 + (n * 61 + k) as u32).unwrap()).collect::<String>();
        let mut texts: Vec<(&str, String)> =
            (0..8).map(|n| ("a", format!("{}我们召开重要会议了", filler(n)))).collect();
        texts.extend((8..16).map(|n| ("b", filler(n))));
        texts.push(("b", filler(9)));
        let texts: Vec<(&str, &str)> = texts.iter().map(|(label, text)| (*label, text.as_str())).collect();
        let limits = Limits { chars: (10, 1000), ..Limits::default() };
        let report = lint(&corpus(&texts), &limits);
        assert!(report.problems.iter().any(|p| p.contains("9 and 16: similarity 1.00")), "{:?}", report.problems);
        assert!(
            report.problems.iter().any(|p| p.contains("kind a") && p.contains("召开重要会议")),
            "{:?}",
            report.problems
        );
    }
}
