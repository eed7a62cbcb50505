//! The headings of a collection: short lines that count its pieces.
//!
//! Collections count in any words (`篇一`, `第二篇：…`, `范文三`, `发言稿（四）`, `例文5`), so it is the counting that tells a
//! heading and not the words: lines that are alike but for a number, and whose numbers go 1, 2, 3 … with a piece's worth of
//! text behind each. Where the words are those of collections (篇, 范文 …) the rest of the line may differ; other words must
//! name a kind of text (讲话, 总结 …), and the lines must not interrupt sentences, as numbered running heads do.
//!
//! Inner headings (`一、`, `(二)`, `第三，`) have no words of their own beside the number and are never taken.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use super::line::{Line, TITLE_MAX_CHARS, ends_sentence};
use super::strings::Strings;

/// Less text than this behind a heading is a table of contents, or the heading printed twice.
const PIECE_MIN_CHARS: usize = 80;
/// Lines that count pieces in words of their own share at least this many Chinese characters.
const SHARED_MIN_CHARS: usize = 4;

/// A line before a heading that is this long and ends no sentence breaks off.
const INTERRUPTED_MIN_CHARS: usize = 20;
/// Kinds of text that collections collect.
static GENRES: LazyLock<Strings> = LazyLock::new(|| {
    Strings::new(&[
        "讲话", "发言", "总结", "报告", "致辞", "致词", "材料", "稿", "演讲", "祝词", "述职", "参考", "汇报", "方案",
        "心得", "体会", "表态", "主持",
    ])
});

/// A line that carries a number.
struct Numbered {
    line: usize,
    number: u32,
}

/// The lines that are headings of a collection, in order; empty if the text is none.
pub(super) fn headings(lines: &[Line]) -> Vec<usize> {
    let mut series: BTreeMap<(bool, String), Vec<Numbered>> = BTreeMap::new();
    // Characters before each line.
    let mut before = Vec::with_capacity(lines.len());
    let mut total = 0;
    for (i, line) in lines.iter().enumerate() {
        before.push(total);
        total += line.chars;
        for (key, number) in readings(line) {
            series.entry(key).or_default().push(Numbered { line: i, number });
        }
    }
    let interrupts = |i: &usize| {
        let before = i.checked_sub(1).and_then(|before| lines.get(before));
        before.is_some_and(|line| line.chars >= INTERRUPTED_MIN_CHARS && !ends_sentence(line.words))
    };
    let at = |i: usize| before.get(i).copied().unwrap_or(total);
    series
        .into_iter()
        .map(|((in_words_of_collections, _), members)| (chain(&members, &at, total), in_words_of_collections))
        .filter(|(chain, _)| chain.len() >= 2 && chain.iter().filter(|i| interrupts(i)).count() * 2 <= chain.len())
        .max_by_key(|(chain, in_words_of_collections)| (chain.len(), *in_words_of_collections))
        .map(|(chain, _)| chain)
        .unwrap_or_default()
}

/// The lines of a series that count 1, 2, 3 … (one may be missing) over pieces, and perhaps from 1 again: a page may hold two
/// collections.
fn chain(members: &[Numbered], at: &impl Fn(usize) -> usize, total: usize) -> Vec<usize> {
    let ends = members.iter().skip(1).map(|next| at(next.line)).chain([total]);
    let mut chain = Vec::new();
    let mut last = 0;
    for (member, end) in members.iter().zip(ends) {
        let long = end - at(member.line) >= PIECE_MIN_CHARS || end == total;
        if long && member.number == 1 && last > 1 {
            // One line alone is what is left of a table of contents.
            if chain.len() < 2 {
                chain.clear();
            }
            last = 0;
        }
        if long && (last + 1..=last + 2).contains(&member.number) {
            chain.push(member.line);
            last = member.number;
        }
    }
    chain
}

/// The series a line may belong to, with its number in each.
fn readings(line: &Line) -> Vec<((bool, String), u32)> {
    static NUMBER: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"[0-9]+|[一二三四五六七八九十]{1,3}").ok());
    let Some(pattern) = NUMBER.as_ref().filter(|_| line.chars <= TITLE_MAX_CHARS) else { return Vec::new() };
    if line.words.ends_with(['。', ';', ',', '!', '?']) {
        return Vec::new();
    }
    let mut out = Vec::new();
    for found in pattern.find_iter(line.words) {
        let Some(number) = number(found.as_str()) else { continue };
        let prefix = line.words.get(..found.start()).unwrap_or_default();
        let suffix = line.words.get(found.end()..).unwrap_or_default();
        if let Some(word) = counting_word(prefix, suffix) {
            out.push(((true, word.to_owned()), number));
        }
        let shared = || prefix.chars().chain(suffix.chars());
        // The quarters of one report, and years.
        let counts_time = suffix.starts_with(['季', '月', '年', '届', '次']);
        let names_text = || GENRES.are_in(prefix) || GENRES.are_in(suffix);
        if !counts_time
            && names_text()
            && shared().filter(|c| ('\u{4e00}'..='\u{9fff}').contains(c)).count() >= SHARED_MIN_CHARS
        {
            out.push(((false, format!("{prefix}\0{suffix}")), number));
        }
    }
    out
}

/// The word of collections beside a number: 篇一, 第二篇, 范文三 …, at the line's beginning or after what it is about.
fn counting_word(prefix: &str, suffix: &str) -> Option<&'static str> {
    const BEFORE: [&str; 9] = ["范文", "例文", "样本", "模板", "样文", "参考稿", "精选篇", "篇", "part"];
    let prefix = prefix.trim_end();
    let ends_there =
        suffix.is_empty() || suffix.starts_with(|c: char| !c.is_alphanumeric() && !matches!(c, '、' | ',' | '.' | '-'));
    if prefix.ends_with('第') {
        return (suffix.starts_with('篇') && !suffix.starts_with("篇章")).then_some("第篇");
    }
    BEFORE.into_iter().find(|word| prefix.ends_with(word)).filter(|_| ends_there)
}

/// A number in digits or in Chinese, 1 to 199.
fn number(words: &str) -> Option<u32> {
    if let Ok(number) = words.parse() {
        return (1..200).contains(&number).then_some(number);
    }
    let digit = |c: char| "一二三四五六七八九".chars().position(|d| d == c).map(|d| d as u32 + 1);
    let chars: Vec<char> = words.chars().collect();
    match *chars.as_slice() {
        ['十'] => Some(10),
        [d] => digit(d),
        ['十', d] => Some(10 + digit(d)?),
        [d, '十'] => Some(10 * digit(d)?),
        [t, '十', d] => Some(10 * digit(t)? + digit(d)?),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::line::lines_of;

    fn found(lines: &[&str]) -> Vec<String> {
        let body = "\n今天的会议安排部署下一阶段的各项工作。".repeat(8);
        let text = lines.iter().map(|line| format!("{line}{body}\n")).collect::<Vec<_>>().concat();
        let lines = lines_of(&text);
        headings(&lines).into_iter().map(|i| lines[i].words.to_owned()).collect()
    }

    #[test]
    fn counting_lines_are_headings_in_any_words() {
        for style in ["讲话稿篇N", "第N篇:在某会上的讲话", "范文N", "座谈会发言(N)", "〖N〗致辞参考", "part N"]
        {
            let lines: Vec<String> = ["一", "二", "三"].iter().map(|n| style.replace('N', n)).collect();
            assert_eq!(found(&lines.iter().map(String::as_str).collect::<Vec<_>>()).len(), 3, "{style}");
        }
        assert_eq!(found(&["篇一:县长讲话", "篇二:局长发言", "篇三:致辞"]).len(), 3);
    }

    #[test]
    fn inner_headings_and_contents_are_not() {
        assert!(found(&["一、提高认识", "二、抓好落实", "三、加强领导"]).is_empty());
        assert!(found(&["(一)工作情况", "(二)存在问题"]).is_empty());
        assert!(found(&["附件1", "附件2"]).is_empty());
        assert!(found(&["第一篇章 出征", "第二篇章 归来"]).is_empty());
        assert!(found(&["2021年工作总结", "2022年工作总结", "2023年工作总结"]).is_empty());
        assert!(found(&["第1季度工作总结", "第2季度工作总结"]).is_empty());
        let text = format!("发言篇一\n发言篇二\n发言篇一\n{0}\n发言篇二\n{0}", "今天的会议很重要。".repeat(20));
        let lines = lines_of(&text);
        assert_eq!(headings(&lines), [2, 4]);
    }
}
