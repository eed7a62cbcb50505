//! `speechtag evaluate --report FILE.html`: the figures of an evaluation as one page, in Chinese and English side by side.
//!
//! The page needs nothing but itself: no script, no network. It never shows a text.

mod plots;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::percent;
use crate::model::{Axis, AxisFigures, Catalogue, Label};
use crate::{Error, Result};

/// What was judged, and by what: one line in Chinese, one in English.
#[derive(Clone, Debug)]
pub(super) struct Heading {
    pub(super) zh: String,
    pub(super) en: String,
}

/// The page.
///
/// # Errors
/// [`Error::Internal`] if a plot cannot be drawn.
pub(super) fn page(heading: &Heading, catalogue: &Catalogue, figures: &[AxisFigures]) -> Result<String> {
    let axes: Vec<(&Axis, &AxisFigures)> =
        figures.iter().filter_map(|f| Some((catalogue.axis(&f.axis)?, f))).filter(|(_, f)| f.records > 0).collect();
    let sections = axes.iter().map(|(axis, f)| section(axis, f)).collect::<Result<Vec<_>>>()?;
    let title = format!("{} {}", catalogue.name, catalogue.version);
    let page = html! {
        (DOCTYPE)
        html lang="zh" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · 评测报告 evaluation" }
                style { (PreEscaped(include_str!("style.css"))) }
            }
            body {
                h1 { (title) " · 评测报告 " span.en { "evaluation" } }
                p { (heading.zh) br; span.en lang="en" { (heading.en) } }
                nav {
                    @for (axis, _) in &axes { a href={ "#" (axis.id) } { (axis.zh) " " (axis.en) } }
                }
                (summary(&axes))
                p {
                    "可另行认可的答案计为正确,按原标签统计。作答:置信度不低于阈值;低于阈值即弃权。除末列外,各项只计有标签的文本;对无标签文本的作答均属错误。"
                    br;
                    span.en lang="en" {
                        "Answers listed as acceptable count as the record's own label. Answered: confidence at or above the "
                        "threshold; below it the model abstains. All columns but the last speak of texts that have a label; an answer "
                        "to another one is wrong."
                    }
                }
                @for section in sections { (section) }
            }
        }
    };
    Ok(page.into_string())
}

fn summary(axes: &[(&Axis, &AxisFigures)]) -> Markup {
    html! {
        div.wide { table {
            tr {
                @for (zh, en) in [
                    ("维度", "axis"),
                    ("文本", "texts"),
                    ("准确率", "accuracy"),
                    ("宏平均F1", "macro-F1"),
                    ("校准误差", "calibration error"),
                    ("阈值", "threshold"),
                    ("作答率", "answered"),
                    ("作答正确率", "right when answered"),
                    ("无标签而作答", "answered of those without label"),
                ] { th { (zh) br; span.en { (en) } } }
            }
            @for (axis, f) in axes {
                tr {
                    td { (axis.zh) " " span.en { (axis.en) } }
                    td { (f.records) }
                    td { (percent(f.accuracy)) }
                    td { (percent(f.macro_f1)) }
                    td { (format!("{:.3}", f.calibration_error)) }
                    td { (format!("{:.4}", axis.threshold)) }
                    td { (percent(f.coverage)) }
                    td { (percent(f.precision_when_answered)) }
                    td { (f.no_label.answered) " / " (f.no_label.records) }
                }
            }
        } }
    }
}

fn section(axis: &Axis, f: &AxisFigures) -> Result<Markup> {
    let drawn = |svg: std::result::Result<String, plots::Failure>| {
        svg.map(PreEscaped).map_err(|e| Error::Internal(format!("a plot of {}: {e}", axis.id)))
    };
    let reliability = drawn(plots::reliability(&f.reliability))?;
    let risk_coverage = drawn(plots::risk_coverage(f, 1.0 - axis.target_precision))?;
    Ok(html! {
        section id=(axis.id) {
            h2 { (axis.zh) " " span.en { (axis.en) } }
            div.plots {
                figure {
                    (reliability)
                    figcaption {
                        "可靠性图:各置信度区间的实际正确率,柱上为答案数,点为区间平均置信度;越贴近对角线越可信。"
                        br;
                        span lang="en" {
                            "Reliability: share right per bin of confidence, with the number of answers; dots stand at the "
                            "bin's mean confidence. Honest confidence follows the diagonal."
                        }
                    }
                }
                figure {
                    (risk_coverage)
                    figcaption {
                        "风险—覆盖率曲线:少答则少错。红点为现用阈值,横线为阈值所依的目标错误率。"
                        br;
                        span lang="en" {
                            "Risk and coverage: who answers less errs less. The dot is the threshold in use, the level line "
                            "the risk it was chosen for."
                        }
                    }
                }
            }
            h3 { "给定正确率下的作答率 " span.en { "how much can be answered at a precision" } }
            (coverage(f))
            h3 { "混淆表(行为真值,列为答案) " span.en { "confusion (rows: truth, columns: answers)" } }
            (confusion(axis, f))
            h3 { "各标签 " span.en { "labels" } }
            (labels(axis, f))
        }
    })
}

fn coverage(f: &AxisFigures) -> Markup {
    html! {
        div.wide { table {
            tr {
                th { "作答正确率 " span.en { "right when answered" } }
                @for at in &f.coverage_at { th { "≥ " (format!("{:.0} %", at.precision * 100.0)) } }
            }
            tr {
                td { "最高作答率 " span.en { "most that can be answered" } }
                @for at in &f.coverage_at { td { (at.point.map_or_else(none, |p| percent(p.coverage))) } }
            }
            tr {
                td { "所需置信度 " span.en { "confidence it takes" } }
                @for at in &f.coverage_at { td { (at.point.map_or_else(none, |p| format!("{:.4}", p.confidence))) } }
            }
        } }
    }
}

fn confusion(axis: &Axis, f: &AxisFigures) -> Markup {
    html! {
        div.wide { table.confusion {
            tr {
                th {}
                @for label in &axis.labels { th { (label.zh) } }
            }
            @for (label, row) in axis.labels.iter().zip(&f.confusion) {
                tr {
                    td { (name(label)) }
                    @for count in row {
                        @if *count == 0 { td {} } @else { td style=(shade(*count, row)) { (count) } }
                    }
                }
            }
        } }
    }
}

fn labels(axis: &Axis, f: &AxisFigures) -> Markup {
    html! {
        div.wide { table {
            tr {
                @for (zh, en) in
                    [("标签", "label"), ("文本", "texts"), ("精确率", "precision"), ("召回率", "recall"), ("F1", "")]
                { th { (zh) " " span.en { (en) } } }
            }
            @for (label, l) in axis.labels.iter().zip(&f.labels) {
                tr {
                    td { (name(label)) @if !label.in_scope { " " small { "(非服务对象 out of scope)" } } }
                    td { (l.records) }
                    @for share in [l.precision, l.recall, l.f1] {
                        td { @if l.records > 0 { (percent(share)) } @else { (none()) } }
                    }
                }
            }
        } }
    }
}

fn name(label: &Label) -> Markup {
    html! { (label.zh) " " span.en { (label.id) } }
}

/// The background of a cell by its share of the row.
fn shade(count: usize, row: &[usize]) -> String {
    let share = count as f64 / row.iter().sum::<usize>().max(1) as f64;
    format!("background:rgba(31,111,168,{:.2})", 0.06 + 0.6 * share)
}

fn none() -> String {
    "–".to_owned()
}
