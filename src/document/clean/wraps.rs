//! Lines that OCR, PDF extraction or a page's end broke are joined again.
//!
//! A line break inside a sentence is one of three: the next line begins with a comma or a full stop; the page is *wrapped*,
//! most of its unfinished lines being about equally long, and this line is as long; or a line of prose breaks off, inside a
//! word, behind a comma or after another sentence. A heading, a salutation or a list item is never joined to what stands before it.
//! In prose, single blanks between Chinese characters are what is left of such breaks.

use std::sync::LazyLock;

use regex::Regex;

use super::Found;
use crate::document::line::{Line, POLITE, TITLE_MAX_CHARS, ends_sentence, is_salutation, is_title, matches};
use crate::document::page::Page;
use crate::document::{cut, lines};

/// A column of print has at least this many characters.
const COLUMN_MIN_CHARS: usize = 14;
/// And at most this many.
const COLUMN_MAX_CHARS: usize = 60;
/// Lines of one column differ by this much, where digits and letters stand among the characters.
const COLUMN_SPREAD_CHARS: usize = 2;
/// A line of prose that breaks off has at least this many characters.
const BROKEN_MIN_CHARS: usize = 18;
/// A line shorter than this may be a heading, in which blanks set words apart.
const BLANKS_MIN_CHARS: usize = 30;

pub(super) fn line_breaks(page: &Page) -> Vec<Found> {
    let (text, lines) = (page.text, page.lines());
    let column = column(lines);
    let blank_line_between =
        |line: &Line, next: &Line| cut(text, line.range.end..next.range.start).matches('\n').count() > 1;
    let pairs = || lines.iter().zip(lines.iter().skip(1));
    let set_apart = pairs().filter(|(line, next)| blank_line_between(line, next)).count();
    // Where blank lines stand between most lines, they say nothing.
    let spaced_out = set_apart * 10 >= pairs().count() * 6;
    let mut out = Vec::new();
    for (i, (line, next)) in lines.iter().zip(lines.iter().skip(1)).enumerate() {
        // Below lines of one width, the last of which breaks off, stands the rest of the sentence.
        let in_column = || {
            let above = lines.get(i.saturating_sub(4)..i).unwrap_or_default();
            let near = |above: &Line| above.chars.abs_diff(line.chars) <= COLUMN_SPREAD_CHARS;
            (COLUMN_MIN_CHARS..=COLUMN_MAX_CHARS).contains(&line.chars) && above.iter().any(near)
        };
        let title_of_next = is_title(next) && lines.iter().skip(i + 2).take(2).any(is_salutation);
        let greets_on = is_salutation(next)
            && line.chars <= COLUMN_MAX_CHARS
            && !ends_sentence(line.words)
            && !is_salutation(line)
            && POLITE.iter().any(|word| line.words.starts_with(word));
        let begins = page.is_heading(i)
            || page.is_heading(i + 1)
            || is_salutation(next) && !greets_on
            || title_of_next && !in_column();
        if begins
            || !(next.words.starts_with([',', '。', '、', ';', ':', '!', '?', ')', '”', '》', '%'])
                || (greets_on || goes_on(line, next, column)) && (spaced_out || !blank_line_between(line, next)))
        {
            continue;
        }
        out.push(Found { range: line.range.end..next.range.start, rule: "line_wrap" });
    }
    out
}

/// Whether a sentence goes on from one line to the next.
fn goes_on(line: &Line, next: &Line, column: Option<usize>) -> bool {
    static ITEM: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"^[(\[【]?([一二三四五六七八九十]{1,3}|\d{1,2})[)\]】]?[、.,:)]|^第[一二三四五六七八九十]{1,3}[,、章条节:]|^(答|问|附|附件)\d*:|^[—■●◆★▲*#>]").ok()
    });
    if ends_sentence(line.words) || is_salutation(line) {
        return false;
    }
    let full = column.is_some_and(|column| line.chars + COLUMN_SPREAD_CHARS >= column);
    let is_long = line.chars > TITLE_MAX_CHARS;
    let broken = line.chars >= BROKEN_MIN_CHARS
        && (is_long || line.words.contains([';', '。']) || line.words.ends_with([',', '、']))
        && (is_long || !matches(&ITEM, line.words))
        && line.words.ends_with(|c: char| c.is_alphanumeric() || matches!(c, ',' | '、'));
    full && (broken || !matches(&ITEM, next.words)) || broken && !matches(&ITEM, next.words)
}

/// The width at which the page is wrapped, in characters; nothing for a page that is not.
fn column(lines: &[Line]) -> Option<usize> {
    let unfinished = || lines.iter().filter(|line| line.chars >= COLUMN_MIN_CHARS && !ends_sentence(line.words));
    let mut counts = vec![0_usize; 82];
    for line in unfinished() {
        if let Some(count) = counts.get_mut(line.chars) {
            *count += 1;
        }
    }
    let near = |width: usize| -> usize {
        counts.iter().skip(width.saturating_sub(COLUMN_SPREAD_CHARS)).take(COLUMN_SPREAD_CHARS + 1).sum()
    };
    let width = (COLUMN_MIN_CHARS..counts.len()).max_by_key(|width| (near(*width), *width))?;
    let all = unfinished().count();
    (near(width) >= 4 && near(width) * 10 >= all * 6).then_some(width)
}

/// Blanks between Chinese characters, or beside their punctuation, in lines of prose.
pub(super) fn blanks(page: &Page) -> Vec<Found> {
    let text = page.text;
    let chinese = |c: char| {
        ('\u{4e00}'..='\u{9fff}').contains(&c)
            || matches!(c, ',' | '、' | '。' | ';' | ':' | '!' | '?' | '“' | '”' | '(' | ')' | '《' | '》' | '%')
            || c.is_ascii_digit()
    };
    let mut out = Vec::new();
    for line in lines(text) {
        let words = cut(text, line.clone());
        if !words.contains(' ') || words.trim().chars().nth(BLANKS_MIN_CHARS).is_none() || !words.contains([',', '。'])
        {
            continue;
        }
        let mut last = None;
        for (at, c) in words.char_indices() {
            if c == ' ' {
                let next = words.get(at + 1..).and_then(|rest| rest.chars().next());
                let (Some(before), Some(after)) = (last, next) else { continue };
                if chinese(before) && chinese(after) && !(before.is_ascii_digit() && after.is_ascii_digit()) {
                    out.push(Found { range: line.start + at..line.start + at + 1, rule: "wrap_space" });
                }
            }
            last = Some(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(text: &str) -> String {
        let mut out = text.to_owned();
        for found in line_breaks(&Page::new(text)).into_iter().rev() {
            out.replace_range(found.range, "");
        }
        for found in blanks(&Page::new(&out.clone())).into_iter().rev() {
            out.replace_range(found.range, "");
        }
        out
    }

    #[test]
    fn wrapped_lines_are_joined_and_paragraphs_stay() {
        let prose =
            "今年以来全县上下认真贯彻市委的决策部署,坚持稳中求进,各项工作都取得了新的进展,这是大家共同努力的结果。";
        let chars: Vec<char> = prose.chars().collect();
        let wrapped: Vec<String> = chars.chunks(20).map(|line| line.iter().collect()).collect();
        let page = format!("同志们:\n{0}\n一、抓春耕\n{0}\n二、抓防汛\n{0}", wrapped.join("\n"));
        assert_eq!(joined(&page), format!("同志们:\n{prose}\n一、抓春耕\n{prose}\n二、抓防汛\n{prose}"));
        assert_eq!(joined(&wrapped.join(" ")), prose);
    }

    #[test]
    fn headings_signatures_and_lists_stay() {
        // A salutation is joined again; the last paragraph before one is none of it.
        assert_eq!(joined("各位来宾、各位供应商代表,全厂职工同\n志们:"), "各位来宾、各位供应商代表,全厂职工同志们:");
        // So is the rest of a sentence that breaks off above one, where its line is as long as another above.
        let page = "去年共为牧民发放棉衣四百六十件,送去炉子\n二十只。今年增设分会十七个,建立捐赠站点\n一百多个,入会单位达到\n各位来宾:";
        assert_eq!(joined(page), page.replace("站点\n", "站点"));
        let page = "各位代表,让我们努力完成今年的各项任务。\n各位代表:";
        assert_eq!(joined(page), page);
        let page = "春耕工作安排\n一、时间\n三月一日\n二、地点\n县政府\n清河县农业局\n2008年3月1日";
        assert_eq!(joined(page), page);
    }
}
