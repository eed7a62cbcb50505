//! `speechtag inspect`: what a model can say and what it goes by.

use std::path::PathBuf;
use std::process::ExitCode;

use comfy_table::{ContentArrangement, Table, presets};

use crate::Result;

/// Shows a model's catalogue, hash and strongest features. 查看模型:标签、哈希与主要特征。
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  speechtag inspect\n  speechtag inspect models/speechtag-zh --terms 30")]
pub struct Args {
    /// Folder or file of the model (default: the shipped one). 模型
    model: Option<PathBuf>,
    /// Features per label. 每个标签的特征数
    #[arg(long, default_value_t = 12, value_name = "N")]
    terms: usize,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let tagger = super::tagger(args.model.as_deref())?;
    let model = tagger.model();
    let catalogue = model.catalogue();
    super::say(format_args!(
        "{} {}\nSHA-256   {}\nfeatures  {}",
        catalogue.name,
        catalogue.version,
        model.sha256(),
        model.vocabulary().entries().len()
    ))?;
    for (axis, learnt) in catalogue.axes.iter().zip(model.axes()) {
        super::say(format_args!(
            "\n{} {} · {}{}\nthreshold 阈值 {:.4} (for {:.0} % right)   temperature 温度 exp({:.3} + {:.3} ln(1 + n))",
            axis.id,
            axis.zh,
            axis.en,
            if axis.optional { " · optional 可缺省" } else { "" },
            axis.threshold,
            axis.target_precision * 100.0,
            learnt.calibration.a,
            learnt.calibration.b
        ))?;
        let mut table = Table::new();
        table
            .load_style(presets::UTF8_FULL_CONDENSED)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_header(["label 标签", "", "in scope 服务对象", "strongest features 主要特征"]);
        if !super::on_terminal() {
            table.set_width(160);
        }
        for label in &axis.labels {
            let terms = model.top_features(&axis.id, &label.id, args.terms);
            let terms: Vec<String> = terms.iter().map(|(feature, _)| feature.to_string()).collect();
            table.add_row([label.id.as_str(), &label.zh, if label.in_scope { "yes" } else { "no" }, &terms.join("  ")]);
        }
        super::say(table)?;
    }
    Ok(ExitCode::SUCCESS)
}
