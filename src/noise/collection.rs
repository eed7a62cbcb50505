//! Collections: several speeches on one page, under headings or under none.

use fastrand::Rng;

use super::dirt::lines;
use super::fragments::one;
use super::{Kind, Laboratory, Page, Part};

/// How the speeches of a collection are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// A numbered heading stands over every speech, or over most.
    Headings,
    /// Nothing: the next salutation follows a closing.
    Bare,
}

/// Binds texts to a collection: the page's title and its furniture, then the texts, sometimes with an editor's words or a
/// site's lines between them. With `dirty`, each text has page noise of its own, too.
#[must_use]
pub fn bind(lab: &Laboratory, texts: &[&str], binding: Binding, dirty: bool, rng: &mut Rng) -> Page {
    let fragments = &lab.fragments;
    let what = one(rng, &fragments.what).to_owned();
    let scene = lab.scene(Some(format!("{what}(精选{}篇)", texts.len())), rng);
    let style = one(rng, &fragments.heading);
    let gap = *rng.choice(&["\n", "\n", "\n\n", "\r\n\r\n"]).unwrap_or(&"\n");
    let mut page = Page::default();
    if texts.len() > 1 {
        if rng.bool() {
            page.push(&lines(&scene, &fragments.header, 0..3, rng), Part::Noise);
        }
        page.push(&(scene.fill("{title}", rng) + "\n"), Part::Noise);
        if rng.bool() {
            page.push(&(scene.fill(one(rng, &fragments.intro), rng) + gap), Part::Noise);
        }
    }
    for (i, text) in texts.iter().enumerate() {
        let piece = u16::try_from(i).unwrap_or(u16::MAX);
        if i > 0 {
            page.push(gap, Part::Noise);
            match rng.u8(0..12) {
                0 => page.push(&(scene.fill(one(rng, &fragments.intro), rng) + gap), Part::Noise),
                1 => page.push(&lines(&scene, &fragments.footer, 1..2, rng), Part::Noise),
                2 => page.push(&("-".repeat(rng.usize(6..40)) + gap), Part::Noise),
                3 => page.push(&(scene.fill(one(rng, &fragments.page_end), rng) + gap), Part::Noise),
                _ => {}
            }
        }
        let headed = binding == Binding::Headings && (i == 0 || !opens_with_salutation(text) || rng.u8(0..10) > 0);
        if headed {
            let heading =
                style.replace("{what}", &what).replace("{o}", &ordinal(i + 1)).replace("{a}", &(i + 1).to_string());
            page.push(&(heading + gap), Part::Title(piece));
        }
        let mut body = Page::clean(text.trim(), piece);
        if dirty {
            for kind in [Kind::Spins, Kind::Masks, Kind::HalfWidth, Kind::AntiCopy, Kind::Wraps, Kind::PageEnds] {
                if rng.u8(0..10) < 2 {
                    lab.dirty(&mut body, kind, &scene, rng);
                }
            }
        }
        page.append(body);
    }
    if texts.len() > 1 && rng.bool() {
        page.push("\n", Part::Noise);
        page.push(lines(&scene, &fragments.footer, 1..4, rng).trim_end(), Part::Noise);
    }
    page
}

/// Whether one of the first two lines of a text greets an audience: without a heading, nothing else tells where a speech
/// begins.
#[must_use]
pub fn opens_with_salutation(text: &str) -> bool {
    text.lines().filter(|line| !line.trim().is_empty()).take(2).any(greets)
}

/// Whether a line greets an audience and says nothing else.
pub(super) fn greets(line: &str) -> bool {
    const AUDIENCE: [&str; 12] =
        ["同志", "代表", "来宾", "朋友", "领导", "委员", "先生", "女士", "老师", "同学", "乡亲", "嘉宾"];
    let line = line.trim();
    line.chars().count() <= 40 && line.ends_with(['：', ':', '！', '!']) && AUDIENCE.iter().any(|a| line.contains(a))
}

/// `n` in Chinese, up to 99.
fn ordinal(n: usize) -> String {
    const DIGITS: [&str; 10] = ["", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    let digit = |d: usize| DIGITS.get(d).copied().unwrap_or_default();
    match n {
        0..10 => digit(n).to_owned(),
        10..20 => format!("十{}", digit(n - 10)),
        _ => format!("{}十{}", digit(n / 10), digit(n % 10)),
    }
}
