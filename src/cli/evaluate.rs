//! `speechtag evaluate`: figures of a model over labelled texts, or of the training itself by cross-validation.

use std::path::PathBuf;
use std::process::ExitCode;

use comfy_table::{Table, presets};

use super::report::{self, Heading};
use super::{percent, right_aligned};
use crate::features::Analyzer;
use crate::model::{AxisFigures, Catalogue, Corpus, cross_validate, evaluate, figures_of_folds, unknown_labels};
use crate::{Error, Result};

/// Measures a model, or the training by cross-validation. 评测模型,或以交叉验证评测训练。
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  speechtag evaluate corpus/ --cross-validate 5 --report folds.html\n  speechtag evaluate labelled.jsonl --model models/speechtag-zh\n  speechtag evaluate corpus/ --noise --cross-validate 5\n  speechtag evaluate corpus/ --cross-validate 5 --variations corpus/variations.toml"
)]
pub struct Args {
    /// Folder or file of labelled texts (JSON Lines). 标注文本
    corpus: PathBuf,
    /// Folder or file of the model (default: the shipped one). 模型
    #[arg(long, conflicts_with = "cross_validate")]
    model: Option<PathBuf>,
    /// Number of folds: train on all but one, judge that one, in turn. 交叉验证折数
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u8).range(3..=100))]
    cross_validate: Option<u8>,
    /// Measure on dirty pages: cleaning, splitting, and what noise costs in tags. 噪声实验
    #[arg(long, conflicts_with_all = ["mistakes", "report"])]
    noise: bool,
    /// File of changes to the training: one row each, on the same folds. 训练方案对比
    #[arg(long, value_name = "FILE.toml", requires = "cross_validate", conflicts_with_all = ["noise", "mistakes", "report"])]
    variations: Option<PathBuf>,
    /// File for the records judged wrongly, as JSON Lines: also those without a label (`truth` is null) that were answered.
    /// 误判清单
    #[arg(long, value_name = "FILE")]
    mistakes: Option<PathBuf>,
    /// File for a page with plots and all tables, in Chinese and English. 评测报告(中英对照网页)
    #[arg(long, value_name = "FILE.html")]
    report: Option<PathBuf>,
    /// How to print. 输出格式
    #[arg(long, value_enum, default_value_t)]
    output_format: Format,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    #[default]
    Table,
    Json,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let corpus = Corpus::read(&args.corpus)?;
    if args.noise {
        return super::noise::run(&corpus, args.model.as_deref(), args.cross_validate, args.output_format);
    }
    if let (Some(file), Some(folds)) = (&args.variations, args.cross_validate) {
        return super::variations::run(&corpus, &args.corpus, file, folds);
    }
    let analyzer = Analyzer::new()?;
    let texts = corpus.records.len();
    let (figures, catalogue, heading) = if let Some(folds) = args.cross_validate {
        let trained = cross_validate(&corpus, &analyzer, usize::from(folds))?;
        super::warn(&trained.warnings);
        let heading = Heading {
            zh: format!("{folds} 折交叉验证,共 {texts} 篇:每篇由未见过其所在折的模型判定,置信度与阈值由其余各折拟合。"),
            en: format!(
                "{folds}-fold cross-validation over {texts} texts: each judged by a model that had not seen its fold, with \
                 confidence and threshold fitted on the other folds."
            ),
        };
        (figures_of_folds(&corpus, &trained), trained.model.catalogue().clone(), heading)
    } else {
        let tagger = super::tagger(args.model.as_deref())?;
        let model = tagger.model();
        let heading = Heading {
            zh: format!("{texts} 篇标注文本,由模型 {} 判定。", model.sha256()),
            en: format!("{texts} labelled texts, judged by model {}.", model.sha256()),
        };
        let figures = evaluate(model, &corpus, &analyzer)?;
        let unknown: Vec<String> = unknown_labels(model.catalogue(), &corpus)
            .into_iter()
            .map(|(label, records)| {
                format!("{label}: the model does not know this label; {records} records are left out")
            })
            .collect();
        super::warn(&unknown);
        (figures, model.catalogue().clone(), heading)
    };
    if let Some(file) = &args.report {
        std::fs::write(file, report::page(&heading, &catalogue, &figures)?).map_err(Error::io(file))?;
    }
    if let Some(file) = &args.mistakes {
        let lines: String = figures
            .iter()
            .flat_map(|f| &f.mistakes)
            .map(|mistake| serde_json::to_string(mistake).unwrap_or_default() + "\n")
            .collect();
        std::fs::write(file, lines).map_err(Error::io(file))?;
    }
    match args.output_format {
        Format::Json => super::say(serde_json::to_string_pretty(&figures).unwrap_or_default())?,
        Format::Table => {
            super::say(summary(&catalogue, &figures))?;
            for f in figures.iter().filter(|f| f.records > 0) {
                super::say(format_args!("\n{}", confusion(&catalogue, f)))?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn summary(catalogue: &Catalogue, figures: &[AxisFigures]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_header([
        "axis 维度",
        "texts 文本",
        "accuracy 准确率",
        "macro-F1",
        "cal. error 校准误差",
        "threshold 阈值",
        "answered 作答率",
        "right when answered 作答正确率",
        "answered of those without label 无标签而作答",
    ]);
    for f in figures {
        let axis = catalogue.axis(&f.axis);
        table.add_row([
            format!("{} {}", f.axis, axis.map_or("", |a| a.zh.as_str())),
            f.records.to_string(),
            percent(f.accuracy),
            percent(f.macro_f1),
            format!("{:.3}", f.calibration_error),
            axis.map_or_else(String::new, |a| format!("{:.4}", a.threshold)),
            percent(f.coverage),
            percent(f.precision_when_answered),
            format!("{} / {}", f.no_label.answered, f.no_label.records),
        ]);
    }
    right_aligned(table)
}

/// Rows are the right labels, columns the answers, numbered alike.
fn confusion(catalogue: &Catalogue, f: &AxisFigures) -> Table {
    let mut table = Table::new();
    let names = catalogue.axis(&f.axis).map(|axis| axis.labels.as_slice()).unwrap_or_default();
    let mut header = vec![format!("{} (rows: truth 行为真值)", f.axis)];
    header.extend((1..=names.len()).map(|n| n.to_string()));
    header.extend(["texts", "P", "R", "F1"].map(str::to_owned));
    table.load_style(presets::UTF8_FULL_CONDENSED).set_header(header);
    for (n, ((label, row), l)) in (1..).zip(names.iter().zip(&f.confusion).zip(&f.labels)) {
        let mut cells = vec![format!("{n} {} {}", label.id, label.zh)];
        cells.extend(row.iter().map(|count| if *count == 0 { "·".to_owned() } else { count.to_string() }));
        // Without texts there is nothing that could be found.
        let figure = |share| if l.records > 0 { percent(share) } else { "–".to_owned() };
        cells.extend([l.records.to_string(), figure(l.precision), figure(l.recall), figure(l.f1)]);
        table.add_row(cells);
    }
    right_aligned(table)
}
