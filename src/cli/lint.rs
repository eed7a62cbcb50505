//! `speechtag lint`: what is wrong with a corpus.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::Result;
use crate::model::{Corpus, LintLimits, lint};

/// Checks a corpus: labels, lengths, near-copies, shortcuts. 检查语料:标签、长度、雷同、捷径。
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: speechtag lint corpus/\nExit code 1 if anything breaks a limit.")]
pub struct Args {
    /// Folder with *.jsonl and model.toml. 语料目录
    corpus: PathBuf,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let corpus = Corpus::read(&args.corpus)?;
    let limits = LintLimits::default();
    let report = lint(&corpus, &limits);
    let [least, first, median, third, most] = report.chars;
    super::say(format_args!("texts 文本        {}", corpus.records.len()))?;
    super::say(format_args!("characters 字数   {least} … {first} … {median} … {third} … {most} (quartiles 四分位)"))?;
    super::say(format_args!("with title 有标题 {:.0} %", report.titled * 100.0))?;
    if let Some((a, b, similarity)) = &report.most_similar {
        super::say(format_args!(
            "most alike 最相近 {a} and {b}, {similarity:.2} (limit 上限 {})",
            limits.max_similarity
        ))?;
    }
    let list = |counts: &BTreeMap<String, usize>| {
        counts.iter().map(|(name, n)| format!("{name} {n}")).collect::<Vec<_>>().join(", ")
    };
    if !report.eras.is_empty() {
        super::say(format_args!("era 年代          {}", list(&report.eras)))?;
    }
    for (axis, counts) in &report.labels {
        super::say(format_args!("{axis}: {}", list(counts)))?;
    }
    for (label, counts) in &report.pairs {
        super::say(format_args!("{label} ×: {}", list(counts)))?;
    }
    for (a, b) in &report.missing_pairs {
        super::say(format_args!("no text is 无文本 {a} × {b}"))?;
    }
    for problem in &report.problems {
        super::say(format_args!("problem 问题: {problem}"))?;
    }
    super::say(format_args!("{} problems", report.problems.len()))?;
    Ok(if report.problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(super::SOME_FAILED) })
}
