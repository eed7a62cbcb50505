//! `speechtag evaluate --noise`: the tables of the noise laboratory.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use comfy_table::{Table, presets};

use super::evaluate::Format;
use crate::features::Analyzer;
use crate::model::{Corpus, Record, train};
use crate::noise::{CleaningRow, CopyRow, Report, SplittingRow, TaggingRow, measure};
use crate::{Result, Tagger};

/// The same seed gives the same pages.
const SEED: u64 = 4;

pub(super) fn run(corpus: &Corpus, model: Option<&Path>, folds: Option<u8>, format: Format) -> Result<ExitCode> {
    let judges = match folds {
        Some(folds) => held_out(corpus, usize::from(folds))?,
        None => vec![(super::tagger(model)?, corpus.records.clone())],
    };
    let report = measure(&corpus.records, &judges, SEED)?;
    match format {
        Format::Json => super::say(serde_json::to_string_pretty(&report).unwrap_or_default())?,
        Format::Table => {
            let Report { cleaning, splitting, copies, tagging } = &report;
            let (cleaning, splitting) = (clean_table(cleaning), split_table(splitting));
            let (copies, tagging) = (copy_table(copies), tag_table(tagging));
            super::say(format_args!("{cleaning}\n\n{splitting}\n\n{copies}\n\n{tagging}"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// One tagger per fold, with the texts it has not seen; families stay together.
fn held_out(corpus: &Corpus, folds: usize) -> Result<Vec<(Tagger, Vec<Record>)>> {
    let families: Vec<&str> = corpus.records.iter().map(Record::family).collect::<BTreeSet<_>>().into_iter().collect();
    let analyzer = Arc::new(Analyzer::new()?);
    (0..folds)
        .map(|fold| {
            let is_held = |r: &&Record| families.binary_search(&r.family()).is_ok_and(|place| place % folds == fold);
            let (held, seen): (Vec<&Record>, Vec<&Record>) = corpus.records.iter().partition(is_held);
            let seen = Corpus { records: seen.into_iter().cloned().collect(), recipe: corpus.recipe.clone() };
            let model = train(&seen, &analyzer)?.model;
            Ok((Tagger::new(Arc::clone(&analyzer), model), held.into_iter().cloned().collect()))
        })
        .collect()
}

/// Hundredths of a percent, rounded down: a bar is met or it is not.
fn share(part: usize, whole: usize) -> String {
    if whole == 0 { "–".to_owned() } else { format!("{:.2} %", (part as f64 / whole as f64 * 1e4).floor() / 100.0) }
}

fn table(header: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_header(header.iter().copied()).add_rows(rows);
    super::right_aligned(table)
}

fn clean_table(rows: &[CleaningRow]) -> Table {
    let header = [
        "cleaning 清洗",
        "pages 页",
        "speech kept 正文保留",
        "noise removed 噪声去除",
        "wraps joined 断行接回",
        "breaks kept 段落保留",
    ];
    table(
        &header,
        rows.iter().map(|row| {
            vec![
                row.kind.clone(),
                row.pages.to_string(),
                share(row.speech_kept, row.speech),
                share(row.noise_removed, row.noise),
                share(row.wraps_joined, row.wraps),
                share(row.breaks_kept, row.breaks),
            ]
        }),
    )
}

fn split_table(rows: &[SplittingRow]) -> Table {
    let header = ["splitting 拆分", "pages 页", "boundaries 边界", "found 切出", "P", "R", "F1", "miscounted 篇数不符"];
    table(
        &header,
        rows.iter().map(|row| {
            let three = |value: f64| format!("{value:.3}");
            vec![
                row.kind.clone(),
                row.pages.to_string(),
                row.boundaries.to_string(),
                row.found.to_string(),
                three(row.precision()),
                three(row.recall()),
                three(row.f1()),
                share(row.miscounted, row.pages),
            ]
        }),
    )
}

fn copy_table(rows: &[CopyRow]) -> Table {
    let header = ["copies 近似重复", "copies 副本", "found 找到", "false alarms 误报"];
    table(
        &header,
        rows.iter().map(|row| {
            vec![
                row.kind.clone(),
                row.copies.to_string(),
                share(row.found, row.copies),
                share(row.false_alarms, row.copies),
            ]
        }),
    )
}

/// Accuracy on dirty pages, and in brackets the points lost against the same texts clean.
fn tag_table(rows: &[TaggingRow]) -> Table {
    let mut header = vec!["tags 标注".to_owned()];
    header.extend(rows.iter().take(1).flat_map(|row| &row.axes).map(|(axis, ..)| axis.clone()));
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    table(
        &header,
        rows.iter().map(|row| {
            let mut cells = vec![row.kind.clone()];
            cells.extend(row.axes.iter().map(|(_, texts, clean, dirty)| {
                let points = |right: usize| right as f64 / (*texts).max(1) as f64 * 100.0;
                format!("{:.1} % ({:+.1})", points(*dirty), points(*dirty) - points(*clean))
            }));
            cells
        }),
    )
}
