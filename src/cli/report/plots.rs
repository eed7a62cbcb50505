//! The two plots of an axis, as SVG.

use std::error::Error;

use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::model::{AxisFigures, Bin};

/// Width and height in pixels; the page scales them down where it is narrow.
const SIZE: (u32, u32) = (460, 340);
const FONT: (&str, i32) = ("sans-serif", 16);
const INK: RGBColor = RGBColor(0x22, 0x2b, 0x33);
const FAINT: RGBColor = RGBColor(0xc4, 0xcb, 0xd1);
const GRID: RGBColor = RGBColor(0xee, 0xf0, 0xf2);
const BAR: RGBColor = RGBColor(0x9c, 0xc2, 0xe0);
const LINE: RGBColor = RGBColor(0x1f, 0x6f, 0xa8);
const MARK: RGBColor = RGBColor(0xc0, 0x39, 0x2b);

type Chart<'a> = ChartContext<'a, SVGBackend<'a>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;
pub(super) type Failure = Box<dyn Error>;

/// Per bin of confidence the share of right answers, with the number of answers; honest confidence follows the diagonal.
pub(super) fn reliability(bins: &[Bin]) -> Result<String, Failure> {
    plot(["confidence 置信度", "right 正确率"], 1.08, |chart| {
        let full: Vec<&Bin> = bins.iter().filter(|bin| bin.answers > 0).collect();
        chart.draw_series(full.iter().map(|bin| {
            let mut bar = Rectangle::new([(bin.from, 0.0), (bin.to, bin.accuracy())], BAR.filled());
            bar.set_margin(0, 0, 1, 1);
            bar
        }))?;
        chart.draw_series(LineSeries::new([(0.0, 0.0), (1.0, 1.0)], FAINT.stroke_width(2)))?;
        let dots = full.iter().map(|bin| Circle::new((bin.mean_confidence, bin.accuracy()), 3, MARK.filled()));
        chart.draw_series(dots)?;
        let above = FONT.into_font().color(&INK).pos(Pos::new(HPos::Center, VPos::Bottom));
        chart.draw_series(full.iter().map(|bin| {
            let at = (f64::midpoint(bin.from, bin.to), bin.accuracy() + 0.015);
            Text::new(bin.answers.to_string(), at, above.clone())
        }))?;
        Ok(())
    })
}

/// Share of wrong answers among those given, against the share of texts answered; the mark is where the model stands.
/// `target` is the risk its threshold was chosen for.
pub(super) fn risk_coverage(figures: &AxisFigures, target: f64) -> Result<String, Failure> {
    let curve: Vec<(f64, f64)> = figures.risk_coverage.iter().map(|p| (p.coverage, 1.0 - p.precision)).collect();
    // The first few answers say little; they may leave the picture.
    let highest = curve.iter().filter(|(coverage, _)| *coverage > 0.05).map(|(_, risk)| *risk).fold(target, f64::max);
    plot(["answered 作答率", "wrong when answered 作答错误率"], highest.max(0.01) * 1.1, |chart| {
        chart.draw_series(LineSeries::new([(0.0, target), (1.0, target)], FAINT.stroke_width(2)))?;
        chart.draw_series(LineSeries::new(curve, LINE.stroke_width(2)))?;
        if figures.coverage > 0.0 {
            let stands = (figures.coverage, 1.0 - figures.precision_when_answered);
            chart.draw_series([Circle::new(stands, 5, MARK.filled())])?;
        }
        Ok(())
    })
}

/// A plot of shares, 0 to 1 to the right and 0 to `top` upwards.
fn plot(
    [right, up]: [&str; 2],
    top: f64,
    draw: impl FnOnce(&mut Chart) -> Result<(), Failure>,
) -> Result<String, Failure> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        let mut chart = ChartBuilder::on(&area)
            .margin(12)
            .margin_right(26)
            .x_label_area_size(44)
            .y_label_area_size(72)
            .build_cartesian_2d(0.0..1.0, 0.0..top)?;
        let percent = |share: &f64| format!("{:.0} %", share * 100.0);
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(GRID)
            .axis_style(FAINT)
            .label_style(FONT.into_font().color(&INK))
            .x_labels(6)
            .y_labels(8)
            .x_desc(right)
            .y_desc(up)
            .x_label_formatter(&percent)
            .y_label_formatter(&percent)
            .draw()?;
        draw(&mut chart)?;
        area.present()?;
    }
    Ok(svg)
}
