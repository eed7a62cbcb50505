//! What pages do to a text, one function a kind.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use encoding_rs::{GBK, WINDOWS_1252};
use fastrand::Rng;

use super::fragments::{Fragments, Scene, one};
use super::{Page, Part};

/// A kind of page noise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `N、` of the site's page counter, cut into words and numbers; paragraphs run together.
    Crumbs,
    /// Lines broken at a fixed width, as OCR and PDF extraction leave them.
    Wraps,
    /// Page numbers and running footers where a printed page ended.
    PageEnds,
    /// The site's lines above the text.
    Header,
    /// An editor's introduction.
    Intro,
    /// The site's lines below the text.
    Footer,
    /// The text breaks off, and what follows sells the rest.
    Paywall,
    /// The title several times over, or glued to the body.
    Titles,
    /// Addresses and names of sites inside sentences.
    AntiCopy,
    /// Zero-width characters, emoji, private-use characters.
    Junk,
    /// Readings after characters.
    Readings,
    /// Markup, with its navigation, scripts and entities.
    Html,
    /// GBK or UTF-8 bytes read as Latin-1.
    Mojibake,
    /// Traditional characters.
    Traditional,
    /// Full-width digits and letters.
    FullWidth,
    /// Half-width punctuation.
    HalfWidth,
    /// Names and numbers masked.
    Masks,
    /// Digits stripped or misread.
    Digits,
    /// Words replaced by synonyms.
    Spins,
    /// The text breaks off, and nothing follows: what a paywall costs before its noise.
    BrokenOff,
    /// A title, given beside the text, that contradicts it.
    LyingTitle,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 21] = [
        Self::Crumbs,
        Self::Wraps,
        Self::PageEnds,
        Self::Header,
        Self::Intro,
        Self::Footer,
        Self::Paywall,
        Self::Titles,
        Self::AntiCopy,
        Self::Junk,
        Self::Readings,
        Self::Html,
        Self::Mojibake,
        Self::Traditional,
        Self::FullWidth,
        Self::HalfWidth,
        Self::Masks,
        Self::Digits,
        Self::Spins,
        Self::BrokenOff,
        Self::LyingTitle,
    ];

    /// Its name in tables, in English and Chinese.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Crumbs => "page crumbs 页码碎屑",
            Self::Wraps => "line wraps 硬换行",
            Self::PageEnds => "page ends 页脚页码",
            Self::Header => "site header 站点页眉",
            Self::Intro => "editor's introduction 编者按",
            Self::Footer => "site footer 站点页脚",
            Self::Paywall => "paywall 试读截断",
            Self::Titles => "titles repeated, glued 标题重复粘连",
            Self::AntiCopy => "anti-copy strings 防复制串",
            Self::Junk => "invisible and emoji 隐形字符表情",
            Self::Readings => "pinyin readings 拼音夹注",
            Self::Html => "HTML",
            Self::Mojibake => "mojibake 乱码",
            Self::Traditional => "traditional 繁体",
            Self::FullWidth => "full width 全角",
            Self::HalfWidth => "half width 半角",
            Self::Masks => "masks 打码",
            Self::Digits => "digits lost 数字缺损",
            Self::Spins => "synonyms 同义替换",
            Self::BrokenOff => "broken off 断篇",
            Self::LyingTitle => "lying title 文题不符",
        }
    }

    /// Whether the kind adds characters that cleaning should remove; the others change what is there.
    #[must_use]
    pub fn adds(self) -> bool {
        self <= Self::Html
    }
}

/// A workbench for pages of one group of fragments.
#[derive(Clone, Debug)]
pub struct Laboratory {
    pub(super) fragments: Fragments,
    pub(super) titles: Vec<String>,
}

impl Laboratory {
    /// A laboratory; `titles` stand in lists of other pages, over untitled texts and as titles that lie.
    #[must_use]
    pub fn new(fragments: Fragments, titles: Vec<String>) -> Self {
        Self { fragments, titles }
    }

    /// The scene of a page whose own title is `title`, if it has one.
    #[must_use]
    pub fn scene(&self, title: Option<String>, rng: &mut Rng) -> Scene<'_> {
        let title = title.unwrap_or_else(|| one(rng, &self.titles).to_owned());
        Scene::new(&self.fragments, title, &self.titles, rng)
    }

    /// Does to a page what pages of that kind do.
    pub fn dirty(&self, page: &mut Page, kind: Kind, scene: &Scene, rng: &mut Rng) {
        match kind {
            Kind::Crumbs => crumbs(page, rng),
            Kind::Wraps => wraps(page, rng),
            Kind::PageEnds => page_ends(page, scene, rng),
            Kind::Header => above(page, &lines(scene, &scene.fragments.header, 1..5, rng), rng),
            Kind::Intro => intro(page, scene, rng),
            Kind::Footer => below(page, &lines(scene, &scene.fragments.footer, 1..6, rng)),
            Kind::Paywall => paywall(page, scene, rng),
            Kind::Titles => titles(page, scene, rng),
            Kind::AntiCopy => anti_copy(page, scene, rng),
            Kind::Junk => junk(page, scene, rng),
            Kind::Readings => readings(page, scene, rng),
            Kind::Html => html(page, scene, rng),
            Kind::Mojibake => mojibake(page, rng),
            Kind::Traditional => each(page, |c| TRADITIONAL.get(&c).copied().unwrap_or(c)),
            Kind::FullWidth => each(page, |c| match c {
                '0'..='9' | 'A'..='Z' | 'a'..='z' => char::from_u32(c as u32 + 0xfee0).unwrap_or(c),
                _ => c,
            }),
            Kind::HalfWidth => each(page, half_width),
            Kind::Masks => masks(page, rng),
            Kind::Digits => digits(page, rng),
            Kind::Spins => spin(page, scene.fragments, rng),
            Kind::BrokenOff => break_off(page, rng),
            Kind::LyingTitle => {}
        }
    }

    /// Does a handful of kinds to a page, in the order in which they happen to real ones.
    pub fn mix(&self, page: &mut Page, scene: &Scene, rng: &mut Rng) {
        // Words and characters first, then what is put between them, then what is put around, then the page's format.
        const ORDER: [Kind; 18] = [
            Kind::Spins,
            Kind::Masks,
            Kind::Digits,
            Kind::HalfWidth,
            Kind::FullWidth,
            Kind::Traditional,
            Kind::Paywall,
            Kind::Titles,
            Kind::Readings,
            Kind::AntiCopy,
            Kind::Junk,
            Kind::Intro,
            Kind::Crumbs,
            Kind::Wraps,
            Kind::PageEnds,
            Kind::Header,
            Kind::Footer,
            Kind::Html,
        ];
        let crumbs = rng.bool();
        for kind in ORDER {
            let chosen = match kind {
                Kind::Header | Kind::Footer => rng.u8(0..10) < 6,
                // A page comes through a page counter or through OCR, not both.
                Kind::Crumbs => crumbs && rng.u8(0..10) < 5,
                Kind::Wraps | Kind::PageEnds => !crumbs && rng.u8(0..10) < 4,
                Kind::Html => rng.u8(0..10) < 1,
                _ => rng.u8(0..10) < 2,
            };
            if chosen {
                self.dirty(page, kind, scene, rng);
            }
        }
    }

    /// A title from elsewhere.
    #[must_use]
    pub fn lying_title(&self, rng: &mut Rng) -> String {
        one(rng, &self.titles).to_owned()
    }
}

/// Some fragments of `pool`, each on a line of its own.
pub(super) fn lines(scene: &Scene, pool: &[String], count: std::ops::Range<usize>, rng: &mut Rng) -> String {
    let mut templates: Vec<&String> = pool.iter().collect();
    rng.shuffle(&mut templates);
    let count = rng.usize(count);
    templates.iter().take(count).map(|template| scene.fill(template, rng) + "\n").collect()
}

fn above(page: &mut Page, text: &str, rng: &mut Rng) {
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

fn below(page: &mut Page, text: &str) {
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

fn crumbs(page: &mut Page, rng: &mut Rng) {
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

fn wraps(page: &mut Page, rng: &mut Rng) {
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

fn page_ends(page: &mut Page, scene: &Scene, rng: &mut Rng) {
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

fn intro(page: &mut Page, scene: &Scene, rng: &mut Rng) {
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

fn break_off(page: &mut Page, rng: &mut Rng) {
    let length = page.chars.len();
    page.chars.truncate(length * rng.usize(45..95) / 100);
}

fn paywall(page: &mut Page, scene: &Scene, rng: &mut Rng) {
    break_off(page, rng);
    let wall = scene.fill(one(rng, &scene.fragments.paywall), rng);
    let rest = lines(scene, &scene.fragments.footer, 0..4, rng);
    below(page, &format!("{wall}\n{rest}"));
}

fn titles(page: &mut Page, scene: &Scene, rng: &mut Rng) {
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

fn anti_copy(page: &mut Page, scene: &Scene, rng: &mut Rng) {
    let gap = rng.usize(80..300);
    let places = places(page, gap, 50, rng);
    let template = one(rng, &scene.fragments.anti_copy);
    insert(page, &places, |_| scene.fill(template, rng));
}

fn junk(page: &mut Page, scene: &Scene, rng: &mut Rng) {
    let gap = rng.usize(20..120);
    let places = places(page, gap, 60, rng);
    insert(page, &places, |_| one(rng, &scene.fragments.junk).to_owned());
}

fn readings(page: &mut Page, scene: &Scene, rng: &mut Rng) {
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

fn html(page: &mut Page, scene: &Scene, rng: &mut Rng) {
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

fn mojibake(page: &mut Page, rng: &mut Rng) {
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
fn each(page: &mut Page, f: impl Fn(char) -> char) {
    page.rewrite(|c, part, out| out.push((f(c), part)));
}

/// Simplified to traditional: the other way round through the table that normalising uses, where it is known; of several
/// traditional forms the first.
static TRADITIONAL: LazyLock<BTreeMap<char, char>> = LazyLock::new(|| {
    let mut map = BTreeMap::new();
    for traditional in '\u{4e00}'..='\u{9fff}' {
        let simple = fast2s::convert(&traditional.to_string());
        if let Some(simple) = simple.chars().next().filter(|s| *s != traditional) {
            map.entry(simple).or_insert(traditional);
        }
    }
    map
});

fn half_width(c: char) -> char {
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

fn masks(page: &mut Page, rng: &mut Rng) {
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

fn digits(page: &mut Page, rng: &mut Rng) {
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
