//! `speechtag train`: a corpus in, a model and its card out.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::features::Analyzer;
use crate::model::{Corpus, MODEL_FILE, card, figures_of_folds, train};
use crate::{Error, Result};

/// Trains a model from a folder of labelled texts. 由标注文本训练模型。
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: speechtag train corpus/ --output models/speechtag-zh")]
pub struct Args {
    /// Folder with *.jsonl and model.toml. 语料目录
    corpus: PathBuf,
    /// Folder for model.bin and README.md. 输出目录
    #[arg(long)]
    output: PathBuf,
    /// Decides which texts share a fold (default: model.toml's). 随机种子
    #[arg(long)]
    seed: Option<u64>,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let mut corpus = Corpus::read(&args.corpus)?;
    if let (Some(seed), Some(recipe)) = (args.seed, &mut corpus.recipe) {
        recipe.training.seed = seed;
    }
    let analyzer = Analyzer::new()?;
    // A folder that can't be written to is known of before the minutes of training, not after.
    fs::create_dir_all(&args.output).map_err(Error::io(&args.output))?;
    let trained = train(&corpus, &analyzer)?;
    super::warn(&trained.warnings);
    let file = args.output.join(MODEL_FILE);
    fs::write(&file, trained.model.to_bytes()).map_err(Error::io(&file))?;
    let readme = args.output.join("README.md");
    fs::write(&readme, card(&trained.model, &corpus, &figures_of_folds(&corpus, &trained)))
        .map_err(Error::io(&readme))?;
    super::say(format_args!("{}  {}", trained.model.sha256(), file.display()))?;
    Ok(ExitCode::SUCCESS)
}
