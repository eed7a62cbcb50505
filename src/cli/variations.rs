//! `speechtag evaluate --variations`: what each choice of training is worth.
//!
//! A file names changes to `model.toml`; each is trained and judged on the same folds, and the first row is what the others
//! are set beside. Leaving a family of features out is a change like any other, so the table of choices is the table of
//! ablations, too.

use std::path::Path;
use std::process::ExitCode;

use comfy_table::{Table, presets};
use serde::Deserialize;

use super::{percent, right_aligned};
use crate::features::Analyzer;
use crate::model::{AxisFigures, Corpus, Recipe, cross_validate, figures_of_folds};
use crate::{Error, Result};

#[derive(Deserialize)]
struct File {
    variation: Vec<Variation>,
}

/// One row of the table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Variation {
    name: String,
    /// Laid over `[training]`.
    #[serde(default)]
    training: toml::Table,
    /// Laid over `[training.axes.NAME]` of every axis.
    #[serde(default)]
    every_axis: toml::Table,
}

pub(super) fn run(corpus: &Corpus, folder: &Path, file: &Path, folds: u8) -> Result<ExitCode> {
    let wrong = |reason: String| Error::Corpus { path: file.to_owned(), reason };
    let content = std::fs::read_to_string(file).map_err(Error::io(file))?;
    let File { variation: variations } = toml::from_str(&content).map_err(|e| wrong(e.to_string()))?;
    let analyzer = Analyzer::new()?;
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN);
    let mut first: Option<Vec<AxisFigures>> = None;
    for Variation { name, training, every_axis } in &variations {
        let recipe = Recipe::varied(folder, training, every_axis)?;
        let varied = Corpus { records: corpus.records.clone(), recipe: Some(recipe) };
        let figures = figures_of_folds(&varied, &cross_validate(&varied, &analyzer, usize::from(folds))?);
        if first.is_none() {
            let axes = figures.iter().flat_map(|f| [f.axis.clone(), "macro-F1".to_owned(), "ECE".to_owned()]);
            table.set_header(["variation 变化".to_owned()].into_iter().chain(axes));
        }
        let mut cells = vec![name.clone()];
        for (f, shipped) in figures.iter().zip(first.as_ref().unwrap_or(&figures)) {
            let points = (f.accuracy - shipped.accuracy) * 100.0;
            let accuracy = percent(f.accuracy);
            cells.push(if first.is_some() { format!("{accuracy} ({points:+.1})") } else { accuracy });
            cells.push(percent(f.macro_f1));
            cells.push(format!("{:.3}", f.calibration_error));
        }
        tracing::info!(variation = %name, "measured");
        table.add_row(cells);
        first.get_or_insert(figures);
    }
    super::say(right_aligned(table))?;
    Ok(ExitCode::SUCCESS)
}
