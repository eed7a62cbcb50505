//! The headings of a collection: short lines that count its pieces.
//!
//! Collections count in any words (`篇一`, `第二篇：…`, `范文三`, `发言稿（四）`, `例文5`), so it is the counting that tells a
//! heading and not the words: lines that are alike but for a number, and whose numbers go 1, 2, 3 … with a piece's worth of
//! text behind each. Where the words are those of collections (篇, 范文 …) the rest of the line may differ; other words must
//! name a kind of text (讲话, 总结 …) or stand above greetings, or be titles that name an occasion each (`1.在某会上的讲话`). Where they might be a title with a page's number behind it, they must not interrupt
//! sentences, as running heads do.
//!
//! Inner headings (`一、`, `(二)`, `第三，`) have no words of their own beside the number and are never taken. Nor are the parts
//! of a book or a plan, which count chapters.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::line::{Line, TITLE_MAX_CHARS, ends_sentence, is_title, matches};
use super::restart::address;
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
        "心得", "体会", "表态", "主持", "谈话", "党课",
    ])
});

/// What lines have in common that belong together.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Series {
    alike: Alike,
    /// Pages are counted in digits, too.
    may_count_pages: bool,
    /// The words say that they count texts.
    named: bool,
    words: String,
}

/// How much alike lines are: the more a kind says by itself, the later it stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Alike {
    /// All their words are the same.
    Words,
    /// They are titles that name an occasion each: `1.在某会上的讲话`, `2.在某典礼上的致辞`.
    Occasions,
    /// They count in words of collections.
    Collection,
}

/// A line that carries a number.
struct Numbered {
    line: usize,
    number: u32,
}

/// The lines that are headings of a collection, in order; empty if the text is none.
pub(super) fn headings(lines: &[Line]) -> Vec<usize> {
    let mut all: BTreeMap<Series, Vec<Numbered>> = BTreeMap::new();
    // Characters before each line.
    let mut before = Vec::with_capacity(lines.len());
    let mut total = 0;
    for (i, line) in lines.iter().enumerate() {
        before.push(total);
        total += line.chars;
        for (series, number) in readings(line) {
            all.entry(series).or_default().push(Numbered { line: i, number });
        }
    }
    let at = |i: usize| before.get(i).copied().unwrap_or(total);
    let mut best = (0, Alike::Words, Vec::new());
    for (series, members) in all {
        let chain = chain(&members, &at, total);
        let interrupting =
            if series.may_count_pages { chain.iter().filter(|i| interrupts(lines, **i)).count() } else { 0 };
        let below = |is: fn(&Line) -> bool| chain.iter().filter(|i| lines.get(*i + 1).is_some_and(is)).count();
        if chain.len() < 2
            || interrupting * 2 > chain.len()
            || below(is_chapter) * 2 >= chain.len()
            || series.alike == Alike::Occasions && below(is_text) < chain.len()
            || !series.named && below(|line| address(line).is_some()) * 2 < chain.len()
            || is_running_title(&series, lines, &chain) && below(begins) * 2 < chain.len()
        {
            continue;
        }
        let worth = chain.len() - interrupting;
        if (worth, series.alike) >= (best.0, best.1) {
            best = (worth, series.alike, chain);
        }
    }
    best.2
}

/// Whether line `i` stands inside a sentence: what is above it breaks off, and no text begins below it.
fn interrupts(lines: &[Line], i: usize) -> bool {
    let above = i.checked_sub(1).and_then(|above| lines.get(above));
    let broken = above.is_some_and(|line| line.chars >= INTERRUPTED_MIN_CHARS && !ends_sentence(line.words));
    broken && !lines.get(i + 1).is_some_and(begins)
}

/// Whether a text begins with this line, by greeting or by a title.
fn begins(line: &Line) -> bool {
    let names_text = || GENRES.are_in(line.words) && !line.words.contains(',');
    address(line).is_some() || is_title(line) && names_text()
}

/// Whether a line is no link of a list.
fn is_text(line: &Line) -> bool {
    address(line).is_some() || line.words.starts_with('(') || ends_sentence(line.words)
}

/// Whether the lines of a chain look like the title of one text with a page's number behind it.
fn is_running_title(series: &Series, lines: &[Line], chain: &[usize]) -> bool {
    let Some(title) = series.words.strip_suffix('\0').filter(|_| series.may_count_pages) else { return false };
    let above = || lines.iter().take(chain.first().copied().unwrap_or_default());
    title.ends_with(' ') || above().any(|line| line.words == title)
}

fn is_chapter(line: &Line) -> bool {
    static CHAPTER: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"^第[0-9一二三四五六七八九十百]{1,4}[章节]").ok());
    matches(&CHAPTER, line.words)
}

/// The lines of a series that count 1, 2, 3 … (two may be missing) over pieces, and perhaps from 1 again: a page may hold two
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
        if long && (last + 1..=last + 2 + u32::from(last > 0)).contains(&member.number) {
            chain.push(member.line);
            last = member.number;
        }
    }
    chain
}

/// The series a line may belong to, with its number in each.
fn readings(line: &Line) -> Vec<(Series, u32)> {
    static NUMBER: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"[0-9]+|[一二三四五六七八九十]{1,3}").ok());
    // What names how many pieces there are names the page.
    static WHOLE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"[0-9一二三四五六七八九十]篇").ok());
    static OCCASION: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"^[)、.,].{0,20}在[^,。]{3,45}上的.{0,6}(讲话|发言|致辞|致词|演讲|报告|主持词)(\(.{1,20}\))?$").ok()
    });
    let Some(pattern) = NUMBER.as_ref().filter(|_| line.chars <= TITLE_MAX_CHARS) else { return Vec::new() };
    if line.words.ends_with(['。', ';', ',', '!', '?']) {
        return Vec::new();
    }
    let mut out = Vec::new();
    for found in pattern.find_iter(line.words) {
        let Some(number) = self::number(found.as_str()) else { continue };
        let prefix = line.words.get(..found.start()).unwrap_or_default();
        let suffix = line.words.get(found.end()..).unwrap_or_default();
        let in_digits = found.as_str().starts_with(|c: char| c.is_ascii_digit());
        if let Some(word) = counting_word(prefix, suffix) {
            // A title may end with the other words, and a page's number stand behind it.
            let may_count_pages = in_digits && !word.contains('篇') && word != "part";
            let series = Series { alike: Alike::Collection, may_count_pages, named: true, words: word.to_owned() };
            out.push((series, number));
        }
        if matches(&OCCASION, suffix) && matches!(prefix, "" | "(") {
            let words = if in_digits { "1" } else { "一" }.to_owned();
            out.push((Series { alike: Alike::Occasions, may_count_pages: false, named: true, words }, number));
        }
        // The quarters of one report, and years.
        let counts_time = suffix.starts_with(['季', '月', '年', '届', '次']);
        let named = GENRES.are_in(prefix) || GENRES.are_in(suffix);
        if counts_time || matches(&WHOLE, prefix) {
            continue;
        }
        // Some lines count twice: 2、发言稿(二).
        let is_same = |other: &str| self::number(other) == Some(number);
        let words = pattern.replace_all(line.words, |other: &Captures| {
            let other = other.get(0).map_or("", |other| other.as_str());
            if is_same(other) { "\0".to_owned() } else { other.to_owned() }
        });
        if words.chars().filter(|c| ('\u{4e00}'..='\u{9fff}').contains(c)).count() >= SHARED_MIN_CHARS {
            let words = words.into_owned();
            out.push((Series { alike: Alike::Words, may_count_pages: in_digits, named, words }, number));
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
        let is = |word: char| suffix.starts_with(word);
        return (is('篇') && !suffix.starts_with("篇章")).then_some("第篇").or(is('则').then_some("第则"));
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
        let titles = ["1.在全县春耕会上的讲话", "2.在防汛动员会上的讲话(节选)", "3.在某校校庆上的致辞"];
        assert_eq!(found(&titles), titles);
        assert_eq!(found(&["篇一:县长讲话", "篇二:局长发言", "篇三:致辞"]).len(), 3);
        assert_eq!(found(&["第一则:开班动员", "第二则:家长会", "第三则:年会"]).len(), 3);
        assert_eq!(found(&["支部党日(一)\n同志们:", "支部党日(二)\n各位党员:", "支部党日(三)\n同志们:"]).len(), 3);
        assert!(found(&["支部党日(一)", "支部党日(二)", "支部党日(三)"]).is_empty());
    }

    #[test]
    fn inner_headings_and_contents_are_not() {
        assert!(found(&["一、上半年工作总结", "二、下半年工作安排"]).is_empty());
        let links = "1.在春耕会上的讲话\n一篇总结\n2.在防汛会上的讲话\n另一篇总结\n3.在校庆上的致辞\n又一篇总结";
        assert!(found(&[links]).is_empty());
        assert!(found(&["一、提高认识", "二、抓好落实", "三、加强领导"]).is_empty());
        assert!(found(&["(一)工作情况", "(二)存在问题"]).is_empty());
        assert!(found(&["附件1", "附件2"]).is_empty());
        assert!(found(&["第一篇章 出征", "第二篇章 归来"]).is_empty());
        assert!(found(&["2021年工作总结", "2022年工作总结", "2023年工作总结"]).is_empty());
        assert!(found(&["第1季度工作总结", "第2季度工作总结"]).is_empty());
        assert!(
            found(&["第一篇 总论\n第一章 形势", "第二篇 农业\n第三章 水利", "第三篇 工业\n第六章 布局"]).is_empty()
        );
        let text = format!("发言篇一\n发言篇二\n发言篇一\n{0}\n发言篇二\n{0}", "今天的会议很重要。".repeat(20));
        let lines = lines_of(&text);
        assert_eq!(headings(&lines), [2, 4]);
    }

    #[test]
    fn lines_may_count_twice() {
        let lines = ["1、乡镇工作汇报(一)", "2、乡镇工作汇报(二)", "3、乡镇工作汇报(三)"];
        assert_eq!(found(&lines), lines);
    }

    #[test]
    fn pieces_that_break_off_are_pieces_and_running_heads_are_none() {
        let broken = "今天的会议安排部署下一阶段的各项工作。".repeat(8) + "各单位要在本月底以前把任务分到";
        let found = |lines: [&str; 3], text: &str| {
            let page = lines.map(|line| format!("{line}\n{text}\n")).concat();
            headings(&lines_of(&page)).len()
        };
        assert_eq!(found(["述职报告一", "述职报告二", "述职报告三"], &broken), 3);
        assert_eq!(found(["述职报告篇1", "述职报告篇2", "述职报告篇3"], &broken), 3);
        assert_eq!(found(["述职报告1", "述职报告2", "述职报告3"], &broken), 0);
        assert_eq!(found(["述职报告1\n各位代表:", "述职报告2\n各位领导:", "述职报告3\n同志们:"], &broken), 3);
        // The page's end may be a paragraph's.
        let whole = broken + "人。";
        assert_eq!(found(["述职报告1", "述职报告2", "述职报告3"], &whole), 3);
        assert_eq!(found(["述职报告 1", "述职报告 2", "述职报告 3"], &whole), 0);
        assert_eq!(found(["述职报告\n述职报告1", "述职报告2", "述职报告3"], &whole), 0);
        assert_eq!(found(["述职报告(精选8篇)1", "述职报告(精选8篇)2", "述职报告(精选8篇)3"], &whole), 0);
    }
}
