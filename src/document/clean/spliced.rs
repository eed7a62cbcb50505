//! What sites put into sentences against copying, told by its repeating: the same few words between the same odd marks, here
//! and there, and often in the middle of a sentence.
//!
//! Names and addresses of sites that stand there once are known by their words: `rules.toml`.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::LazyLock;

use super::Found;
use crate::document::page::Page;
use crate::document::strings::Strings;

/// Marks that enclose nothing in a speech but numbers of notes and documents.
const ODD: &[char] = &[
    '[', ']', '【', '】', '〔', '〕', '〖', '〗', '{', '}', '<', '>', '@', '^', '~', '*', '#', '&', '|', '_', '=', '$',
    '◎', '●', '☆', '★', '◆', '◇', '■', '□', '▲', '△', '※', '→', '←',
];
/// Marks that enclose a speaker's words, too.
const COMMON: &[char] = &['(', ')', '—', '/', '-', '“', '”', '《', '》', '╣', '╠'];
/// What only a site says between common marks.
static SITES: LazyLock<Strings> = LazyLock::new(|| {
    Strings::new(&[
        "来自",
        "来源",
        "转自",
        "转载",
        "公众号",
        "本文",
        "此文",
        "原文",
        "本资料",
        "整理",
        "首发",
        "原创",
        "www",
        "微信",
        "qq",
        "文库",
        "文档",
        "范文",
        "下载",
        "关注",
    ])
});
/// Between the marks stand at most this many characters.
const MAX_CHARS: usize = 24;
/// So often the same.
const MIN_TIMES: usize = 3;
/// Of so many, at least one inside a sentence: between two characters.
const ONE_INSIDE_OF: usize = 3;

pub(super) fn find(page: &Page) -> Vec<Found> {
    let mut places: BTreeMap<&str, Vec<(Range<usize>, bool)>> = BTreeMap::new();
    for line in page.lines() {
        for Range { start, end } in enclosed(line.words) {
            let (Some(before), Some(words), Some(behind)) =
                (line.words.get(..start), line.words.get(start..end), line.words.get(end..))
            else {
                continue;
            };
            let inside = before.ends_with(is_chinese) && behind.starts_with(is_chinese);
            let range = line.range.start + start..line.range.start + end;
            places.entry(words).or_default().push((range, inside));
        }
    }
    let spliced = |places: &Vec<(Range<usize>, bool)>| {
        places.len() >= MIN_TIMES && places.iter().filter(|(_, inside)| *inside).count() * ONE_INSIDE_OF >= places.len()
    };
    let found = places.into_values().filter(spliced).flatten();
    found.map(|(range, _)| Found { range, rule: "spliced" }).collect()
}

/// Stretches of a line between marks, the marks among them.
fn enclosed(words: &str) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    // Where the marks begin and end that may open a stretch.
    let mut open: Option<Range<usize>> = None;
    let mut chars = 0;
    for (at, c) in words.char_indices() {
        let end = at + c.len_utf8();
        if !is_mark(c) {
            chars += 1;
            if chars > MAX_CHARS || matches!(c, '。' | ';' | '!' | '?') {
                open = None;
            }
            continue;
        }
        match &mut open {
            Some(marks) if marks.end == at => marks.end = end,
            Some(marks) => {
                let behind = words.get(at..).unwrap_or_default();
                let end = at + behind.chars().take_while(|c| is_mark(*c)).map(char::len_utf8).sum::<usize>();
                let inner = words.get(marks.end..at).unwrap_or_default();
                let all = words.get(marks.start..end).unwrap_or_default();
                if is_spliceable(all, inner) {
                    out.push(marks.start..end);
                    open = None;
                } else {
                    open = Some(at..end.min(at + c.len_utf8()));
                    chars = 0;
                }
            }
            // The marks that close a stretch open no other.
            None if out.last().is_some_and(|last| at < last.end) => {}
            None => {
                open = Some(at..end);
                chars = 0;
            }
        }
    }
    out
}

/// Whether this may stand between marks because a site put it there.
fn is_spliceable(all: &str, inner: &str) -> bool {
    let named = inner.chars().any(char::is_alphabetic) && inner.chars().nth(1).is_some();
    let odd = |words: Option<char>| words.is_some_and(|c| ODD.contains(&c));
    named && (odd(all.chars().next()) && odd(all.chars().next_back()) || SITES.are_in(inner))
}

fn is_mark(c: char) -> bool {
    ODD.contains(&c) || COMMON.contains(&c)
}

fn is_chinese(c: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::cut;

    fn left(text: &str) -> String {
        let page = Page::new(text);
        let mut found = find(&page);
        found.sort_by_key(|found| found.range.start);
        let mut out = String::new();
        let mut at = 0;
        for Found { range, .. } in found {
            out += cut(text, at..range.start);
            at = range.end;
        }
        out + cut(text, at..text.len())
    }

    #[test]
    fn what_repeats_between_marks_inside_sentences_goes() {
        let clean = "今年全县的工作要抓好三件事,一是抓好春耕生产,二是抓好防汛准备,三是抓好项目建设。";
        for noise in [
            "【某某时政】",
            "&&kdgif&&",
            "@某某文档@",
            "—来源:某某站—",
            "(本资料由某某论坛提供)",
            "^abc.example^",
            "→茶竹行业协会网←",
        ] {
            let dirty = clean.replace("抓好", &format!("抓{noise}好"));
            assert_eq!(left(&dirty), clean, "{noise}");
        }
    }

    #[test]
    fn what_speakers_put_between_marks_stays() {
        for said in [
            "各乡(镇)党委要管好乡(镇)机关,乡(镇)干部要住在村里。",
            "沪—宁—杭一线要提速,沪—宁—杭的站点要加快,沪—宁—杭全线要通车。",
            "按照县发[2008]5号、县发[2008]6号和县发[2008]7号文件执行。",
            "【一】抓春耕。【一】抓防汛。【一】抓项目。",
        ] {
            assert_eq!(left(said), said);
        }
    }
}
