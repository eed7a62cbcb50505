//! What `tag` and `batch` are both asked: how to tag, and where a record's id, text and title stand.

use std::fs;
use std::path::{Path, PathBuf};

use crate::model::Priors;
use crate::{DEFAULT_MAX_BYTES, Error, Options, Result};

/// How to tag.
#[derive(Clone, Debug, clap::Args)]
pub struct Asked {
    /// Alternatives per axis [default: 3]. 备选数
    #[arg(long, value_name = "N")]
    pub top_k: Option<usize>,
    /// Evidence per axis. 证据数
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub evidence: usize,
    /// Abstain below this confidence (default: the model's threshold of each axis). 弃权阈值
    #[arg(long, value_name = "P")]
    pub min_confidence: Option<f64>,
    /// How often labels occur in the archive: TOML, a table per axis, `conference_speech = 0.02` … 先验
    #[arg(long, value_name = "FILE")]
    pub priors: Option<PathBuf>,
    /// Answer only these axes. 只答这些维度
    #[arg(long = "axis", value_name = "AXIS")]
    pub axes: Vec<String>,
    /// Take each document as one speech. 不拆分
    #[arg(long)]
    pub no_split: bool,
    /// Leave page noise in. 不清洗
    #[arg(long)]
    pub no_clean: bool,
}

impl Asked {
    /// As the library's options.
    ///
    /// # Errors
    /// If the file of priors can't be read.
    pub fn options(&self) -> Result<Options> {
        let defaults = Options::default();
        Ok(Options {
            clean: !self.no_clean,
            split: !self.no_split,
            top_k: self.top_k.unwrap_or(defaults.top_k),
            evidence: self.evidence,
            axes: self.axes.clone(),
            min_confidence: self.min_confidence,
            priors: self.priors.as_deref().map(read_priors).transpose()?.unwrap_or_default(),
            sketch: false,
            max_bytes: DEFAULT_MAX_BYTES,
        })
    }
}

/// An error about a field of the options, as one about the flag that sets it.
pub fn of_option(mut error: Error) -> Error {
    if let Error::InvalidArgument { field, .. } | Error::TooLarge { field, .. } | Error::NotFound { field, .. } =
        &mut error
    {
        let (name, within) = field.split_once('[').map_or((field.as_str(), None), |(name, rest)| (name, Some(rest)));
        *field = match (name.strip_prefix("options."), within) {
            // A file says more than the flag does.
            (Some("priors"), Some(within)) => format!("--priors[{within}"),
            (Some("axes"), _) => "--axis".to_owned(),
            (Some(name), _) => format!("--{}", name.replace('_', "-")),
            (None, _) if name == "encoding" => "--encoding".to_owned(),
            (None, _) => return error,
        };
    }
    error
}

fn read_priors(path: &Path) -> Result<Priors> {
    let content = fs::read_to_string(path).map_err(Error::io(path))?;
    toml::from_str(&content).map_err(|e| Error::invalid("--priors", format!("{}: {e}", path.display())))
}

/// Where a record's id, text and title stand.
#[derive(Clone, Debug, PartialEq, Eq, clap::Args, serde::Serialize)]
pub struct Fields {
    /// Field of the record's id. 编号字段
    #[arg(long = "id-field", value_name = "FIELD", default_value = "id")]
    pub id: String,
    /// Field of the text. 正文字段
    #[arg(long = "text-field", value_name = "FIELD", default_value = "text")]
    pub text: String,
    /// Field of the title. 标题字段
    #[arg(long = "title-field", value_name = "FIELD", default_value = "title")]
    pub title: String,
}
