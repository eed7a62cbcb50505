//! The model card: what a model is and how good it is, written by `train` beside the model file.

use std::fmt::Write;

use super::evaluation::AxisFigures;
use super::{Corpus, Model};

/// The card of a model, in Markdown. `figures` come from the folds of its training.
#[must_use]
pub fn card(model: &Model, corpus: &Corpus, figures: &[AxisFigures]) -> String {
    let catalogue = model.catalogue();
    let mut out = format!(
        "# {} {}\n\nWritten by `speechtag train`; do not edit. 本页由 `speechtag train` 生成,请勿手改。\n\n\
         | | |\n|---|---|\n| SHA-256 | `{}` |\n| texts 训练文本 | {} |\n| features 特征 | {} |\n",
        catalogue.name,
        catalogue.version,
        model.sha256(),
        corpus.records.len(),
        model.vocabulary().entries().len()
    );
    out.push_str(
        "\n## Figures 指标\n\nEvery text was judged by a model that had not seen its fold, with confidence and threshold fitted on the \
         other folds. \"Answered\" means confidence at or above the threshold; below it the model abstains. \
         All figures but the last are of texts that have a label on the axis; an answer to another one is wrong, whatever it says.\n\
         每篇文本由未见过其所在折的模型判定,置信度与阈值由其余各折拟合;低于阈值即弃权。除末列外,各项只计该维度有标签的文本;对无标签文本的作答均属错误,见末列。\n\n\
         | axis 维度 | texts 文本 | accuracy 准确率 | macro-F1 | calibration error 校准误差 | threshold 阈值 | answered 作答率 | right when answered 作答正确率 | answered of those without label 无标签而作答 |\n\
         |---|---|---|---|---|---|---|---|---|\n",
    );
    for (axis, f) in catalogue.axes.iter().zip(figures) {
        let _ = writeln!(
            out,
            "| {} {} | {} | {:.1} % | {:.1} % | {:.3} | {:.4} | {:.1} % | {:.1} % | {} / {} |",
            axis.id,
            axis.zh,
            f.records,
            f.accuracy * 100.0,
            f.macro_f1 * 100.0,
            f.calibration_error,
            axis.threshold,
            f.coverage * 100.0,
            f.precision_when_answered * 100.0,
            f.no_label.answered,
            f.no_label.records
        );
    }
    for (axis, f) in catalogue.axes.iter().zip(figures) {
        let _ = write!(
            out,
            "\n### {} {}\n\n| label 标签 | | in scope 服务对象 | texts 文本 | precision 精确率 | recall 召回率 | F1 |\n|---|---|---|---|---|---|---|\n",
            axis.id, axis.zh
        );
        for (label, l) in axis.labels.iter().zip(&f.labels) {
            let _ = writeln!(
                out,
                "| {} | {} | {} | {} | {:.1} % | {:.1} % | {:.1} % |",
                label.id,
                label.zh,
                if label.in_scope { "yes" } else { "no" },
                l.records,
                l.precision * 100.0,
                l.recall * 100.0,
                l.f1 * 100.0
            );
        }
    }
    out
}
