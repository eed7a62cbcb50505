//! What each kind of noise does to a page.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use encoding_rs::{GBK, WINDOWS_1252};
use fastrand::Rng;

use super::fragments::{Fragments, Scene, one};
use super::{Page, Part};

/// Some fragments of `pool`, each on a line of its own.
pub(super) fn lines(scene: &Scene, pool: &[String], count: std::ops::Range<usize>, rng: &mut Rng) -> String {
    let mut templates: Vec<&String> = pool.iter().collect();
    rng.shuffle(&mut templates);
    let count = rng.usize(count);
    templates.iter().take(count).map(|template| scene.fill(template, rng) + "\n").collect()
}

pub(super) fn above(page: &mut Page, text: &str, rng: &mut Rng) {
    let mut out = Page::default();
    // The title often stands above the site's lines, too.
    if let (Some(title), true) = (page.title(), rng.u8(0..4) == 0) {
        out.push(&title, Part::Noise);
        out.push("\n", Part::Noise);
    }
    out.push(text, Part::Noise);
    out.append(std::mem::take(page));
    *page = out;
}

pub(super) fn below(page: &mut Page, text: &str) {
    page.push("\n", Part::Noise);
    page.push(text.trim_end(), Part::Noise);
}

/// Places to insert something: after every `gap` characters of the speech, give or take `jitter` of a hundred.
fn places(page: &Page, gap: usize, jitter: usize, rng: &mut Rng) -> Vec<usize> {
    let mut out = Vec::new();
    let next = |rng: &mut Rng| (gap * rng.usize(100 - jitter..=100 + jitter) / 100).max(1);
    let mut left = next(rng);
    for (i, (_, part)) in page.chars.iter().enumerate() {
        if !matches!(part, Part::Speech(_)) {
            continue;
        }
        left -= 1;
        if left == 0 {
            out.push(i + 1);
            left = next(rng);
        }
    }
    out
}

/// Inserts noise before the characters at `places`.
fn insert(page: &mut Page, places: &[usize], mut noise: impl FnMut(usize) -> String) {
    let mut out = Page::default();
    let mut places = places.iter().enumerate().peekable();
    for (i, (c, part)) in page.chars.iter().enumerate() {
        while let Some((n, _)) = places.next_if(|(_, place)| **place == i) {
            out.push(&noise(n), Part::Noise);
        }
        out.chars.push((*c, *part));
    }
    *page = out;
}

pub(super) fn crumbs(page: &mut Page, rng: &mut Rng) {
    if rng.u8(0..10) < 7 {
        page.chars.retain(|(c, part)| *c != '\n' || !matches!(part, Part::Speech(_)));
    }
    let gap = rng.usize(150..560);
    let places = places(page, gap, 12, rng);
    let line_break = if rng.u8(0..3) == 0 { "" } else { "\n" };
    let mark = *rng.choice(&["、", "、", "、", "、 ", "."]).unwrap_or(&"、");
    let first = rng.bool();
    insert(page, &places, |n| format!("{line_break}{}{mark}", n + 2));
    if first || !line_break.is_empty() {
        let mut out = Page::default();
        out.push(&format!("1{mark}"), Part::Noise);
        out.append(std::mem::take(page));
        *page = out;
    }
}

pub(super) fn wraps(page: &mut Page, rng: &mut Rng) {
    let width = rng.usize(18..44);
    let wrap = *rng.choice(&["\n", "\n", "\n", " ", "\n  ", "\r\n"]).unwrap_or(&"\n");
    let mut column = 0;
    let mut out = Page::default();
    for (i, (c, part)) in page.chars.iter().enumerate() {
        if *c == '\n' || *part == Part::Noise {
            column = 0;
        } else {
            let more = page.chars.get(i + 1).is_some_and(|(next, _)| *next != '\n');
            if column == width && more {
                out.push(wrap, Part::Noise);
                column = 0;
            }
            column += 1;
        }
        out.chars.push((*c, *part));
    }
    *page = out;
}

pub(super) fn page_ends(page: &mut Page, scene: &Scene, rng: &mut Rng) {
    let gap = rng.usize(200..600);
    let mut places = places(page, gap, 30, rng);
    if rng.bool() {
        // The printed page happened to end with a paragraph.
        let ends: Vec<usize> =
            page.chars.iter().enumerate().filter(|(_, (c, _))| *c == '\n').map(|(i, _)| i + 1).collect();
        for place in &mut places {
            *place = ends.get(ends.partition_point(|end| end < place)).copied().unwrap_or(usize::MAX);
        }
        places.dedup();
    }
    let template = one(rng, &scene.fragments.page_end);
    let first = rng.usize(1..6);
    let filled = scene.fill(&template.replace("{n}", "\u{1}"), rng);
    let broken: Vec<bool> = places
        .iter()
        .map(|p| p.checked_sub(1).and_then(|p| page.chars.get(p)).is_none_or(|(c, _)| *c == '\n'))
        .collect();
    insert(page, &places, |n| {
        let before = if broken.get(n) == Some(&true) { "" } else { "\n" };
        format!("{before}{}\n", filled.replace('\u{1}', &(first + n).to_string()))
    });
}

pub(super) fn intro(page: &mut Page, scene: &Scene, rng: &mut Rng) {
    let text = scene.fill(one(rng, &scene.fragments.intro), rng);
    let glued = rng.u8(0..5) == 0;
    let mut out = Page::default();
    out.push(&text, Part::Noise);
    if !glued {
        out.push("\n", Part::Noise);
    }
    out.append(std::mem::take(page));
    *page = out;
}

pub(super) fn break_off(page: &mut Page, rng: &mut Rng) {
    let length = page.chars.len();
    page.chars.truncate(length * rng.usize(45..95) / 100);
}

pub(super) fn paywall(page: &mut Page, scene: &Scene, rng: &mut Rng) {
    break_off(page, rng);
    let wall = scene.fill(one(rng, &scene.fragments.paywall), rng);
    let rest = lines(scene, &scene.fragments.footer, 0..4, rng);
    below(page, &format!("{wall}\n{rest}"));
}

pub(super) fn titles(page: &mut Page, scene: &Scene, rng: &mut Rng) {
    let title = page.title().unwrap_or_else(|| scene.fill("{title}", rng));
    let mut out = Page::default();
    if page.title().is_none() {
        out.push(&title, Part::Title(0));
        out.push("\n", Part::Title(0));
    }
    if rng.u8(0..3) == 0 {
        // Glued to the body.
        out.append(std::mem::take(page));
        out.chars.retain(|(c, part)| *c != '\n' || !matches!(part, Part::Title(_)));
    } else {
        let mut again = Page::default();
        for _ in 0..rng.usize(1..5) {
            let form =
                *rng.choice(&["{}\n", "{}\n", "{}\n", "《{}》\n", "{}.doc\n", "【{}】\n", "{}\n\n"]).unwrap_or(&"{}\n");
            again.push(&form.replace("{}", &title), Part::Noise);
        }
        again.append(out);
        out = again;
        out.append(std::mem::take(page));
    }
    *page = out;
}

pub(super) fn anti_copy(page: &mut Page, scene: &Scene, rng: &mut Rng) {
    let gap = rng.usize(80..300);
    let places = places(page, gap, 50, rng);
    let template = one(rng, &scene.fragments.anti_copy);
    insert(page, &places, |_| scene.fill(template, rng));
}

pub(super) fn junk(page: &mut Page, scene: &Scene, rng: &mut Rng) {
    let gap = rng.usize(20..120);
    let places = places(page, gap, 60, rng);
    insert(page, &places, |_| one(rng, &scene.fragments.junk).to_owned());
}

pub(super) fn readings(page: &mut Page, scene: &Scene, rng: &mut Rng) {
    let table: BTreeMap<char, &str> = scene
        .fragments
        .readings
        .iter()
        .filter_map(|entry| {
            let c = entry.chars().next()?;
            Some((c, entry.strip_prefix(c)?))
        })
        .collect();
    let (open, close) = *rng.choice(&[("(", ")"), ("（", "）"), ("[", "]"), ("", "")]).unwrap_or(&("(", ")"));
    let share = *rng.choice(&[100, 100, 40, 10]).unwrap_or(&100);
    page.rewrite(|c, part, out| {
        out.push((c, part));
        if let Some(reading) = table.get(&c).filter(|_| rng.u8(0..100) < share) {
            out.extend(format!("{open}{reading}{close}").chars().map(|c| (c, Part::Noise)));
        }
    });
}

pub(super) fn html(page: &mut Page, scene: &Scene, rng: &mut Rng) {
    let whole = rng.u8(0..4) > 0;
    let breaks = rng.u8(0..3) == 0;
    let numeric = rng.u8(0..4) == 0;
    let inline = *rng
        .choice(&[
            "<span style=\"color: #333\">|</span>",
            "<font face=宋体>|</font>",
            "<strong>|</strong>",
            "<A HREF='/tag?id=3&x=1'>|</A>",
        ])
        .unwrap_or(&"|");
    let (before_inline, after_inline) = inline.split_once('|').unwrap_or_default();
    let mut out = Page::default();
    if whole {
        out.push(
            &scene.fill(
                "<!DOCTYPE html>\n<html>\n<head>\n<meta charset=\"utf-8\">\n<title>{title}_{site}</title>\n<style>body { font: 12px 宋体 } /* > */</style>\n<script type=\"text/javascript\">var page = '<p>同志们</p>'; if (1 < 2) { document.write(\"广告\"); }</script>\n</head>\n<body>\n<div class=\"nav\"><a href=\"/\">首页</a> <a href=\"/list.html\">讲话稿</a></div>\n<!-- 正文 begin -->\n<div id=\"content\">\n",
                rng,
            ),
            Part::Noise,
        );
    }
    let mut open = false;
    let mut spanned = false;
    for (c, part) in &page.chars {
        if *c == '\n' {
            out.push(if spanned { after_inline } else { "" }, Part::Noise);
            spanned = false;
            out.push(if breaks { "<br />\n" } else { "</p>\n" }, Part::Noise);
            open = false;
            continue;
        }
        if !open {
            open = true;
            out.push(if breaks { "&nbsp;&nbsp;&nbsp;&nbsp;" } else { "<p style=\"text-indent:2em\">" }, Part::Noise);
        }
        if rng.u8(0..60) == 0 {
            out.push(if spanned { after_inline } else { before_inline }, Part::Noise);
            spanned = !spanned;
        }
        let entity = match c {
            '“' => Some("&ldquo;".to_owned()),
            '”' => Some("&rdquo;".to_owned()),
            '&' => Some("&amp;".to_owned()),
            '<' => Some("&lt;".to_owned()),
            '>' => Some("&gt;".to_owned()),
            '—' if breaks => Some("&mdash;".to_owned()),
            c if numeric && !c.is_ascii() && rng.u8(0..9) == 0 => Some(format!("&#{};", *c as u32)),
            c if numeric && !c.is_ascii() && rng.u8(0..9) == 0 => Some(format!("&#x{:X};", *c as u32)),
            _ => None,
        };
        match entity {
            None => out.chars.push((*c, *part)),
            Some(entity) => {
                for (i, c) in entity.chars().enumerate() {
                    out.chars.push((c, if i == 0 { *part } else { Part::Continued }));
                }
            }
        }
    }
    out.push(if open && !breaks { "</p>" } else { "" }, Part::Noise);
    if whole {
        out.push(&scene.fill("\n</div>\n<ul class=\"rel\"><li><a href=\"1.html\">{other}</a></li><li><a href=\"2.html\">{other}</a></li></ul>\n</body>\n</html>\n", rng), Part::Noise);
    }
    *page = out;
}

pub(super) fn mojibake(page: &mut Page, rng: &mut Rng) {
    let utf8 = rng.u8(0..3) == 0;
    let latin = rng.bool();
    page.rewrite(|c, part, out| {
        let text = c.to_string();
        let bytes = if utf8 { text.as_bytes().to_vec() } else { GBK.encode(&text).0.into_owned() };
        let wrong = if latin {
            encoding_rs::mem::decode_latin1(&bytes)
        } else {
            WINDOWS_1252.decode_without_bom_handling(&bytes).0
        };
        for (i, w) in wrong.chars().enumerate() {
            out.push((w, if i == 0 { part } else { Part::Continued }));
        }
    });
}

/// Replaces every character of speeches and titles.
pub(super) fn each(page: &mut Page, f: impl Fn(char) -> char) {
    page.rewrite(|c, part, out| out.push((f(c), part)));
}

/// Simplified to traditional: the other way round through the table that normalising uses, where it is known; of several
/// traditional forms the first.
pub(super) static TRADITIONAL: LazyLock<BTreeMap<char, char>> = LazyLock::new(|| {
    let mut map = BTreeMap::new();
    for traditional in '\u{4e00}'..='\u{9fff}' {
        let simple = fast2s::convert(&traditional.to_string());
        if let Some(simple) = simple.chars().next().filter(|s| *s != traditional) {
            map.entry(simple).or_insert(traditional);
        }
    }
    map
});

pub(super) fn half_width(c: char) -> char {
    match c {
        '，' => ',',
        '：' => ':',
        '；' => ';',
        '！' => '!',
        '？' => '?',
        '（' => '(',
        '）' => ')',
        '％' => '%',
        _ => c,
    }
}

pub(super) fn masks(page: &mut Page, rng: &mut Rng) {
    let mask = *rng.choice(&['x', 'X', '×', '*', '#', '_', '○']).unwrap_or(&'x');
    let years = rng.bool();
    let mut chars = std::mem::take(&mut page.chars);
    let text: Vec<char> = chars.iter().map(|(c, _)| *c).collect();
    for (i, window) in text.windows(4).enumerate() {
        let range = match *window {
            ['1' | '2', '0' | '9', '0'..='9', '0'..='9'] => i + if years { 2 } else { 0 }..i + 4,
            [_, _, '市' | '县' | '镇' | '乡' | '局', _] if rng.u8(0..3) == 0 => i..i + 2,
            _ => continue,
        };
        for (c, part) in chars.get_mut(range).unwrap_or_default() {
            if *part != Part::Noise && (c.is_ascii_digit() || ('\u{4e00}'..='\u{9fff}').contains(c)) {
                *c = mask;
            }
        }
    }
    page.chars = chars;
}

pub(super) fn digits(page: &mut Page, rng: &mut Rng) {
    let strip = rng.bool();
    page.rewrite(|c, part, out| {
        let c = match c {
            '0'..='9' if strip => return,
            '0' if rng.bool() => 'O',
            '1' if rng.bool() => 'l',
            '0'..='9' if rng.u8(0..4) == 0 => char::from(b'0' + rng.u8(0..10)),
            c => c,
        };
        out.push((c, part));
    });
}

/// Replaces most words of the synonym list.
pub(super) fn spin(page: &mut Page, fragments: &Fragments, rng: &mut Rng) {
    let pairs: Vec<(Vec<char>, Vec<char>)> = fragments
        .spins
        .iter()
        .filter_map(|pair| pair.split_once(' '))
        .map(|(word, spun)| (word.chars().collect(), spun.chars().collect()))
        .collect();
    let mut out = Vec::with_capacity(page.chars.len());
    let mut rest = page.chars.as_slice();
    while let Some(((c, part), tail)) = rest.split_first() {
        let starts = |word: &[char]| {
            rest.len() >= word.len() && rest.iter().zip(word).all(|((c, p), w)| c == w && *p != Part::Noise)
        };
        if let Some((word, spun)) = pairs.iter().find(|(word, _)| starts(word)).filter(|_| rng.u8(0..10) < 8) {
            out.extend(spun.iter().map(|c| (*c, *part)));
            rest = rest.get(word.len()..).unwrap_or_default();
        } else {
            out.push((*c, *part));
            rest = tail;
        }
    }
    page.chars = out;
}
