//! Page crumbs: the `N、` that converters print where a page begins, even inside a word or a number.
//!
//! A list item `2、` follows a finished sentence and its list is short; a page ends anywhere, and pages are long. So of all
//! chains 1、 2、 3、 … whose links stand a page apart, the one that interrupts most sentences is looked for, in one walk over
//! the candidates: for each number the best chain that ends with it. It is the page count if it interrupts often enough,
//! and all of it goes, each crumb with the line break before it.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::Found;
use crate::document::cut;
use crate::document::page::Page;

/// Two page ends stand at least this far apart.
const MIN_DISTANCE_CHARS: usize = 100;
/// What is counted on stands within so many characters.
const COUNTED_NEAR_CHARS: usize = 8;
/// No document shared on a site has more pages.
const MAX_PAGES: usize = 999;

/// The end of a chain of candidates.
#[derive(Clone, Copy)]
struct Chain {
    /// Links that interrupt a sentence count 2, others take 1 away.
    score: i32,
    interrupting: usize,
    length: usize,
    /// Candidate at its end, and the one before that.
    last: usize,
}

struct Candidate {
    range: Range<usize>,
    before: Option<usize>,
}

pub(super) fn find(page: &Page) -> Vec<Found> {
    let text = page.text;
    let mut candidates: Vec<Candidate> = Vec::new();
    let mut best: Vec<Option<Chain>> = vec![None; MAX_PAGES + 1];
    let (mut chars, mut counted) = (0, 0);
    let top = text.len() - text.trim_start().len();
    let mut places: Vec<usize> = Vec::new();
    let headings: Vec<usize> =
        page.headings().iter().filter_map(|i| page.lines().get(*i)).map(|line| line.range.start).collect();
    for found in numbers(text) {
        chars += cut(text, counted..found.start).chars().count();
        counted = found.start;
        let words = cut(text, found.clone());
        let digits = words.trim_matches(|c: char| !c.is_ascii_digit());
        let Ok(number) = digits.parse::<usize>() else { continue };
        let (before, after) = (cut(text, 0..found.start), cut(text, found.end..text.len()));
        let in_line = !words.starts_with('\n');
        // 第2、3项; 1、2月份; 3.5%; 2.x万; 国道g2、省道s3
        if in_line && before.ends_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '第' | '.' | '、'))
            || after.starts_with(|c: char| c.is_ascii_digit()) && (in_line || words.ends_with('.'))
            || in_line && after.starts_with(['x', '*', '×', '_'])
            || in_line && is_counted_on(before, after)
            || headings.binary_search(&(found.end - words.trim_start().len())).is_ok()
        {
            continue;
        }
        let interrupts = before
            .trim_end_matches(' ')
            .chars()
            .next_back()
            .is_some_and(|c| c.is_alphanumeric() || matches!(c, ',' | '、' | '%' | '“' | '《' | '('))
            && (in_line || is_prose_before(before))
            || after.starts_with(['。', ',', '、', ';', ':', '”', ')', '》']);
        let at_top = found.start <= top;
        let first = number == 1 || number == 2 && !matches!(best.as_slice(), [_, Some(_), ..]);
        let previous = number
            .checked_sub(1)
            .and_then(|n| best.get(n).copied().flatten())
            .filter(|chain| places.get(chain.last).is_some_and(|place| chars - place >= MIN_DISTANCE_CHARS));
        let worth = if interrupts { 2 } else { -1 };
        let chain = match previous {
            Some(chain) => Chain {
                score: chain.score + worth,
                interrupting: chain.interrupting + usize::from(interrupts),
                length: chain.length + 1,
                last: candidates.len(),
            },
            None if first => Chain {
                // A page count begins with the text.
                score: if number == 1 { i32::from(at_top) } else { worth },
                interrupting: usize::from(interrupts && number > 1),
                length: 1,
                last: candidates.len(),
            },
            None => continue,
        };
        let before = previous.map(|chain| chain.last);
        // The line break goes with a crumb that interrupts; elsewhere it may be a paragraph's end.
        let start = if interrupts && number > 1 { found.start } else { found.end - words.trim_start().len() };
        candidates.push(Candidate { range: start..found.end, before });
        places.push(chars);
        if let Some(slot) = best.get_mut(number)
            && slot.is_none_or(|known| chain.score > known.score.max(0) || chain.score > known.score && number > 1)
        {
            *slot = Some(chain);
        }
    }
    let lone = lone_first_page(&candidates, &best, text);
    let chosen = best.into_iter().flatten().filter(is_page_count).max_by_key(|chain| (chain.score, chain.length));
    let mut out = Vec::new();
    let mut link = chosen.map(|chain| chain.last).or(lone);
    while let Some(candidate) = link.and_then(|at| candidates.get(at)) {
        out.push(Found { range: candidate.range.clone(), rule: "page_crumb" });
        link = candidate.before;
    }
    out.reverse();
    out
}

/// Where the text says a number of three digits at most and `、` or `.`, with the line breaks before it. The marks are looked
/// for, and the pattern is tried on those that a digit stands before.
fn numbers(text: &str) -> impl Iterator<Item = Range<usize>> {
    static NUMBER: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\n*\d{1,3}[、.] ?").ok());
    // Both marks by their first byte.
    let parts = text.as_bytes().split_inclusive(|byte| matches!(byte, b'.' | 0xe3));
    let marks = parts.scan(0, |end, part| {
        *end += part.len();
        Some(*end - 1)
    });
    marks.filter_map(|at| {
        let (before, rest) = text.split_at_checked(at)?;
        let mark = ["、", "."].into_iter().find(|mark| rest.starts_with(mark))?;
        if !before.ends_with(char::is_numeric) {
            return None;
        }
        let above = before.trim_end_matches(char::is_numeric);
        let (start, end) = (above.trim_end_matches('\n').len(), at + mark.len());
        let blank = usize::from(text.as_bytes().get(end) == Some(&b' '));
        let found = NUMBER.as_ref()?.find(cut(text, start..end + blank))?;
        Some(start + found.start()..start + found.end())
    })
}

/// Whether what was counted before the number is counted on behind it: 附表2、附表3.
fn is_counted_on(before: &str, after: &str) -> bool {
    let mut pairs = after.chars().zip(after.chars().skip(1)).take(COUNTED_NEAR_CHARS);
    pairs.any(|(c, next)| before.ends_with(c) && next.is_ascii_digit())
}

/// The `1、` of a document of one page: the text begins with it, and no 2 follows.
fn lone_first_page(candidates: &[Candidate], best: &[Option<Chain>], text: &str) -> Option<usize> {
    let alone = matches!(best, [_, Some(_), None, ..]);
    let first = candidates.first().filter(|first| alone && cut(text, 0..first.range.start).trim().is_empty());
    first.map(|_| 0)
}

/// A third of the links, the first aside, must interrupt a sentence.
fn is_page_count(chain: &Chain) -> bool {
    chain.interrupting > 0 && chain.interrupting * 3 >= chain.length - 1
}

/// Whether the line before is long enough to be prose that a page's end cut, and not a heading over a list.
fn is_prose_before(before: &str) -> bool {
    let line = || before.trim_end().chars().rev().take_while(|c| *c != '\n').take(25);
    line().count() == 25 || line().any(|c| matches!(c, ',' | '。' | ';'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn healed(text: &str) -> String {
        let mut out = text.to_owned();
        for found in find(&Page::new(text)).into_iter().rev() {
            out.replace_range(found.range, "");
        }
        out
    }

    #[test]
    fn page_crumbs_heal_words_and_numbers_but_list_items_stay() {
        let page = "今年全县农业生产形势总体平稳,各项任务完成较好。".repeat(8);
        let text = healed(&format!("1、{page}共有六\n2、百户搬进新居。{page}要继续抓\n3、好落实。{page}"));
        assert!(text.contains("共有六百户") && text.contains("继续抓好落实") && !text.contains('、'));
        let list = format!("主要任务:\n1、抓好春耕。{page}\n2、抓好防汛。{page}\n3、抓好秋收。");
        assert_eq!(healed(&list), list);
        for counted in ["详见附表2、附表3。", "建成国道G2、省道S3。", "日均2.x万户。"] {
            assert_eq!(healed(&format!("{page}{counted}{page}")), format!("{page}{counted}{page}"));
        }
        let both = format!("1、{page}要做到:\n1、快。\n2、准。\n3、实。\n{page}继续抓\n2、好落实。{page}见第2、3项");
        assert_eq!(healed(&both), both.replacen("1、", "", 1).replace("抓\n2、好", "抓好"));
        // Headings of a collection count, too.
        let pieces = [(1, "一"), (2, "二"), (3, "三")].map(|(n, o)| format!("{n}、会议发言({o})\n{page}任务还很\n"));
        assert_eq!(healed(&pieces.concat()), pieces.concat());
    }
}
