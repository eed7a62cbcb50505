//! One file, one to many speeches.
//!
//! A cleaned text is cut into [`Piece`]s that together are the whole text: titles, speeches, and furniture that
//! belongs to no speech. Two signs begin a new speech:
//!
//! * a heading of a collection: see [`headings`]
//! * a *second address*: a salutation on a line of its own (`同志们:`), one that the speech follows in the same line
//!   (`各位领导,现将…`), or the body that a report is for (`市安全生产委员会:`), where enough speaks for it: the text before it
//!   closed, was signed or breaks off, a title stands over it, it greets as an opening does, an opening follows. Addresses
//!   inside a speech (`各位代表!` before a new part) have little of that.
//!
//! Inside a piece, an editor's introduction before the salutation is furniture. A single document with inner headings
//! 一、二、三 stays whole.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::line::{Line, TITLE_MAX_CHARS, is_salutation, is_title, similar};
use super::page::Page;
use super::restart::{address, greetings_above, restarts, titles_above};

/// What a piece of a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PieceKind {
    /// The heading of the speech that follows.
    Title,
    /// A speech, or the one text of a document that holds none.
    Speech,
    /// Introductions, gaps and whatever else belongs to no speech.
    Furniture,
}

/// A stretch of the cleaned text, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// What it is.
    pub kind: PieceKind,
    /// Where it stands.
    pub range: Range<usize>,
}

/// Less text than this between two salutations is not a speech.
const SPEECH_MIN_CHARS: usize = 100;
/// An introduction before the salutation is at most this long.
const INTRODUCTION_MAX_CHARS: usize = 400;

/// Cuts a cleaned text into pieces. Concatenated, the pieces are the text; at least one is a speech.
#[must_use]
pub fn split(text: &str) -> Vec<Piece> {
    let page = Page::new(text);
    let lines = page.lines();
    let mut starts = starts(&page);
    if starts.is_empty() {
        return one(&page);
    }
    let in_collection = starts.len() > 1;
    let preface = starts.first().copied().unwrap_or(0);
    // A first piece without a heading may precede the first heading: it greets, or is longer than introductions are.
    let before = || lines.iter().take(preface);
    let is_long = || before().map(|line| line.chars).sum::<usize>() > INTRODUCTION_MAX_CHARS;
    if preface > 0 && (before().any(is_salutation) || is_long()) {
        starts.insert(0, 0);
    }
    starts.push(lines.len());
    let mut marked = Vec::new();
    for window in starts.windows(2) {
        if let [from, to] = *window {
            let piece = lines.get(from..to).unwrap_or_default();
            mark_piece(piece, in_collection, page.is_heading(from), &mut marked);
        }
    }
    cover(text, marked)
}

/// The whole text as one speech, with its title set apart.
#[must_use]
pub fn whole(text: &str) -> Vec<Piece> {
    one(&Page::new(text))
}

fn one(page: &Page) -> Vec<Piece> {
    let mut marked = Vec::new();
    mark_piece(page.lines(), false, false, &mut marked);
    cover(page.text, marked)
}

/// Indices of the lines at which a new piece begins; empty for a single document.
fn starts(page: &Page) -> Vec<usize> {
    let lines = page.lines();
    let mut starts = page.headings().to_vec();
    let mut again = Vec::new();
    // Since the last start: characters, and the first salutation.
    let mut since = 0;
    let mut greeting: Option<&str> = None;
    let mut left: usize = lines.iter().map(|line| line.chars).sum();
    for (i, line) in lines.iter().enumerate() {
        if starts.binary_search(&i).is_ok() {
            (since, greeting) = (0, None);
        }
        if let Some(address) = address(line) {
            let second = greeting.is_some() || since >= INTRODUCTION_MAX_CHARS;
            if second && since.min(left) >= SPEECH_MIN_CHARS && restarts(lines, i, &address, greeting) {
                let first = i - greetings_above(lines, i);
                again.push(first - titles_above(lines, first));
                since = 0;
                greeting = None;
            }
            greeting = greeting.or(Some(address.words));
        }
        since += line.chars;
        left -= line.chars;
    }
    if !again.is_empty() {
        if starts.is_empty() {
            starts.push(0);
        }
        starts.extend(again);
        starts.sort_unstable();
        starts.dedup();
    }
    starts
}

/// Marks title and body of one piece; what it does not mark is furniture.
fn mark_piece(lines: &[Line], in_collection: bool, headed: bool, marked: &mut Vec<Piece>) {
    let mut body = 0;
    let mut title: Option<(&str, Range<usize>)> = None;
    // A title may be printed several times, and a heading may stand over it.
    while let Some(line) = lines.get(body) {
        let another = lines.len() > body + 1;
        let heading = headed && body == 0;
        if !another || !(heading || is_title(line)) {
            break;
        }
        if title.as_ref().is_some_and(|(words, _)| !similar(words, line.words)) {
            break;
        }
        title.get_or_insert((line.words, line.range.clone()));
        body += 1;
    }
    if in_collection {
        body += introduction(lines.get(body..).unwrap_or_default());
    }
    let (Some(first), Some(last)) = (lines.get(body), lines.last()) else { return };
    let glued = glued_title(first);
    if glued > 0 && title.is_none() {
        title = Some((first.words, first.range.start..first.range.start + glued));
    }
    if let Some((_, range)) = title {
        marked.push(Piece { kind: PieceKind::Title, range });
    }
    marked.push(Piece { kind: PieceKind::Speech, range: first.range.start + glued..last.range.end });
}

/// The length in bytes of a title that runs into the salutation of its text (`在某会上的讲话同志们:`), else 0.
fn glued_title(line: &Line) -> usize {
    static GLUED: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r"^[^。!?;:]{4,80}(讲话|发言|致辞|致词|报告|总结|演讲|汇报|主持词|贺词)(稿|提纲|材料)?(\([^)]{1,20}\))?\s*(?<body>(同志们|各位|尊敬的|敬爱的|敬重的|亲爱的|女士们|朋友们|同学们).{0,60}?[:!,])",
        )
        .ok()
    });
    let found = GLUED.as_ref().and_then(|pattern| pattern.captures(line.words));
    found.and_then(|found| found.name("body")).map_or(0, |body| body.start())
}

/// The number of lines before the salutation that introduce the text. What a speaker says of himself (我) and short lines, a second title, a date or the
/// speaker's name, are the text's own.
fn introduction(lines: &[Line]) -> usize {
    let Some(salutation) = lines.iter().position(|line| address(line).is_some()) else { return 0 };
    let before = lines.get(..salutation - greetings_above(lines, salutation)).unwrap_or_default();
    if before.iter().any(|line| line.words.contains('我')) {
        return 0;
    }
    let chars: usize = before.iter().map(|line| line.chars).sum();
    let prose =
        before.iter().rposition(|line| line.chars > TITLE_MAX_CHARS || line.words.ends_with(['。', '!', '?', ',']));
    let after: usize = lines.iter().skip(salutation).map(|line| line.chars).sum();
    prose.filter(|_| chars <= INTRODUCTION_MAX_CHARS && after >= 2 * chars).map_or(0, |last| last + 1)
}

/// Fills the gaps between marked pieces with furniture.
fn cover(text: &str, marked: Vec<Piece>) -> Vec<Piece> {
    if marked.is_empty() {
        return vec![Piece { kind: PieceKind::Speech, range: 0..text.len() }];
    }
    let mut out = Vec::with_capacity(marked.len() * 2);
    let mut at = 0;
    for piece in marked {
        if piece.range.start > at {
            out.push(Piece { kind: PieceKind::Furniture, range: at..piece.range.start });
        }
        at = piece.range.end;
        out.push(piece);
    }
    if at < text.len() {
        out.push(Piece { kind: PieceKind::Furniture, range: at..text.len() });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::cut;
    use super::*;

    fn speeches(text: &str) -> Vec<&str> {
        split(text).into_iter().filter(|p| p.kind == PieceKind::Speech).map(|p| cut(text, p.range)).collect()
    }

    fn body(n: usize) -> String {
        format!("今天的会议安排部署第{n}阶段的工作。").repeat(20)
    }

    #[test]
    fn a_collection_falls_apart_at_its_headings() {
        let text = format!(
            "工作讲话(精选2篇)\n写讲话要用心。\n工作讲话篇一\n介绍一下背景,\n请看。\n同志们:\n{a}\n谢谢大家!\n工作讲话篇二\n{b}",
            a = body(1),
            b = body(2)
        );
        let found = speeches(&text);
        assert_eq!(found.len(), 2);
        assert!(found[0].starts_with("同志们:") && found[0].ends_with("谢谢大家!"));
        assert_eq!(found[1], body(2));
    }

    #[test]
    fn a_second_salutation_begins_a_speech_but_an_inner_one_does_not() {
        let text = format!("同志们:\n{}\n谢谢大家!\n同志们:\n{}", body(1), body(2));
        assert_eq!(speeches(&text).len(), 2);
        let text = format!("关于春耕的讲话\n同志们:\n{}同志们,{}\n一、抓春耕\n{}", body(1), body(2), body(3));
        assert_eq!(speeches(&text).len(), 1);
        assert!(speeches(&text)[0].starts_with("同志们:"));
        let text = format!("各位代表:\n{}\n各位代表!\n新的一年任务艰巨。{}", body(1), body(2));
        assert_eq!(speeches(&text).len(), 1);
    }

    #[test]
    fn what_belongs_to_one_document_stays_together() {
        for inner in [
            "请县长作重要讲话,大家欢迎。\n同志们:\n刚才,县长作了重要讲话",
            "全县经济迈上了新台阶。\n各位代表:\n按照县委的部署,今年要做好几件事",
            "下面念一封群众来信:\n尊敬的县领导:\n我是河边村的村民",
            "现将名单公布如下\n组 长:张某\n参加人员:\n今天到会的各科室同志",
        ] {
            let opening = if inner.contains("代表") { "各位代表:" } else { "同志们:" };
            let text = format!("{opening}\n{0}{1}\n{inner}。{0}", body(1), body(2));
            assert_eq!(speeches(&text).len(), 1, "{inner}");
        }
        // What is left behind a greeting is too short to be a speech.
        let text = format!("同志们:\n{}开创工作新局面。\n同志们:\n今年的任务很重。谢谢大家!", body(1));
        assert_eq!(speeches(&text).len(), 1);
    }

    #[test]
    fn the_first_piece_needs_no_heading_and_no_salutation() {
        let first = format!("去年,我局完成了各项任务。{}", body(1).repeat(2));
        let text = format!("{first}\n总结篇二\n{}\n总结篇三\n{}", body(2), body(3));
        assert_eq!(speeches(&text).len(), 3);
        let said = "刚才张县长作了讲话,我完全赞同,下面谈谈我的体会,请大家指正。";
        let text = format!("发言篇一\n{said}\n各位领导:\n{}\n发言篇二\n{}", body(1), body(2));
        assert!(speeches(&text)[0].starts_with(said));
    }

    #[test]
    fn a_report_begins_by_whom_it_addresses() {
        let closed = format!("同志们:\n{}\n以上汇报,请各位领导指正。", body(1));
        let second = format!("我县去年的工作情况汇报如下。{}", body(2));
        for opening in ["市安全生产委员会:\n", "各位领导,现将有关情况汇报如下:\n", "各位同事,各位家属,大家好!\n"]
        {
            let text = format!("{closed}\n{opening}{second}");
            assert_eq!(speeches(&text), [closed.as_str(), &format!("{opening}{second}")], "{opening}");
        }
        let tasks = format!("同志们:\n{}\n责任分工\n市教育局:\n负责校园安全。\n{}", body(1), body(2));
        assert_eq!(speeches(&tasks).len(), 1);
        // Deputies are addressed again and again, but only once by who says in whose name he reports.
        let again = |next: &str| format!("各位代表:\n{}\n各位代表:\n{next}。{}", body(1), body(2));
        assert_eq!(speeches(&again("我代表某乡人民政府向大会报告工作")).len(), 2);
        assert_eq!(speeches(&again("困难还有很多")).len(), 1);
    }

    #[test]
    fn speeches_follow_each_other_however_they_close_and_greet() {
        let first = |closing: &str| format!("同志们:\n{}\n{closing}\n", body(1));
        for (closing, opening) in [
            ("请各位代表监督。", "同志们:\n今天开会,部署防汛。"),
            ("以上报告,请大家多提宝贵意见。", "同志们:\n今天开会,部署防汛。"),
            ("请各位批评。我的发言到此为止。", "各位来宾:\n春光正好。"),
            ("任务都明确了。", "各位领导,现将去年的工作情况汇报如下:\n一、基本情况"),
            ("任务都明确了。", "各位家长,大家好!我是三班的班主任。"),
            ("散会。", "各区县、各大企业负责同志:\n今天部署防汛。"),
            ("散会。", "妇联的同志们,还有几家企业的负责人:\n今天部署防汛。"),
            ("任务都明确了。", "关于防汛工作的报告\n常务委员会办公厅:\n汛期已过,现将有关情况谨报如下。"),
        ] {
            let second = format!("{opening}{}", body(2));
            assert_eq!(speeches(&(first(closing) + &second)).len(), 2, "{closing} {opening}");
        }
        // Guests are greeted line by line, and what ends a sentence is no title.
        let guests = "尊敬的各位科学家,\n各位来宾的家属、朋友们:";
        let text = first("灯亮了。走吧") + &format!("{guests}\n今天我们在这里相聚。{}", body(2));
        assert!(speeches(&text)[0].ends_with("走吧") && speeches(&text)[1].starts_with(guests));
        // Lists of who is in charge, and hosts.
        for inner in ["各村负责人:\n张某、李某", "各组、各站所负责同志:\n王某", "下面请县长讲话。\n同志们:\n大家好"]
        {
            assert_eq!(speeches(&(first("任务都明确了。") + inner + &body(2))).len(), 1, "{inner}");
        }
    }
}
