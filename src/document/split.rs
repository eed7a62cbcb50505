//! One file, one to many speeches.
//!
//! A cleaned text is cut into [`Piece`]s that together are the whole text: titles, speeches, and furniture that
//! belongs to no speech. Two signs begin a new speech:
//!
//! * a *collection heading*, a short line that counts pieces (`篇一`, `第二篇:`, `范文三`), when at least two stand in
//!   the file
//! * a *second salutation* on a line of its own (`同志们:`) after a finished speech
//!
//! Inside a piece, an editor's introduction before the salutation is furniture. A single document with inner headings
//! 一、二、三 stays whole.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::{cut, lines};

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

/// A line: its text without surrounding white space, and its length in characters.
struct Line<'t> {
    words: &'t str,
    range: Range<usize>,
    chars: usize,
}

/// Cuts a cleaned text into pieces. Concatenated, the pieces are the text; at least one is a speech.
#[must_use]
pub fn split(text: &str) -> Vec<Piece> {
    let lines = words_of_lines(text);
    let mut starts = starts(&lines);
    if starts.is_empty() {
        return whole(text);
    }
    let in_collection = starts.len() > 1;
    let preface = starts.first().copied().unwrap_or(0);
    // A first piece without a heading may precede the first heading.
    if preface > 0 && lines.iter().take(preface).any(|line| is_salutation(line)) {
        starts.insert(0, 0);
    }
    starts.push(lines.len());
    let mut marked = Vec::new();
    for window in starts.windows(2) {
        if let [from, to] = *window {
            mark_piece(lines.get(from..to).unwrap_or_default(), in_collection, &mut marked);
        }
    }
    cover(text, marked)
}

/// The whole text as one speech, with its title set apart.
#[must_use]
pub fn whole(text: &str) -> Vec<Piece> {
    let mut marked = Vec::new();
    mark_piece(&words_of_lines(text), false, &mut marked);
    cover(text, marked)
}

fn words_of_lines(text: &str) -> Vec<Line<'_>> {
    lines(text)
        .filter_map(|range| {
            let line = cut(text, range.clone());
            let words = line.trim();
            let start = range.start + (line.len() - line.trim_start().len());
            (!words.is_empty()).then(|| Line { words, range: start..start + words.len(), chars: words.chars().count() })
        })
        .collect()
}

/// Indices of the lines at which a new piece begins; empty for a single document.
fn starts(lines: &[Line]) -> Vec<usize> {
    let headings: Vec<usize> = lines.iter().enumerate().filter(|(_, line)| is_heading(line)).map(|(i, _)| i).collect();
    let mut starts = if headings.len() >= 2 { headings } else { Vec::new() };
    // The text since the last salutation, or since the last heading, must be long enough to be a speech.
    let mut since = None::<usize>;
    let mut restarts = Vec::new();
    for (i, line) in lines.iter().enumerate() {
        if starts.binary_search(&i).is_ok() {
            since = None;
        } else if is_salutation(line) {
            let finished = i.checked_sub(1).and_then(|before| lines.get(before)).is_some_and(|before| {
                before.words.ends_with(['。', '!', '?', '…', '”'])
                    || before.words.ends_with(|c: char| c.is_ascii_digit())
                    || is_title(before)
            });
            if since.is_some_and(|chars| chars >= SPEECH_MIN_CHARS) && finished {
                let title_before = i.checked_sub(1).filter(|before| lines.get(*before).is_some_and(is_title));
                restarts.push(title_before.unwrap_or(i));
                since = None;
            }
            since = Some(since.unwrap_or(0));
        }
        since = since.map(|chars| chars + line.chars);
    }
    if !restarts.is_empty() {
        if starts.is_empty() {
            starts.push(0);
        }
        starts.extend(restarts);
        starts.sort_unstable();
        starts.dedup();
    }
    starts
}

/// Less text than this between two salutations is not a speech.
const SPEECH_MIN_CHARS: usize = 200;
/// An introduction before the salutation is at most this long.
const INTRODUCTION_MAX_CHARS: usize = 400;
/// A title is at most this long.
const TITLE_MAX_CHARS: usize = 60;

/// Marks title and body of one piece; what it does not mark is furniture.
fn mark_piece(lines: &[Line], in_collection: bool, marked: &mut Vec<Piece>) {
    let mut body = 0;
    let mut title = None;
    // A title may be printed several times.
    while let Some(line) = lines.get(body) {
        let another = lines.len() > body + 1;
        if !another || !(is_heading(line) && in_collection || is_title(line)) {
            break;
        }
        let repeats = title.as_ref().is_none_or(|(words, _): &(&str, Range<usize>)| similar(words, line.words));
        if !repeats {
            break;
        }
        title.get_or_insert((line.words, line.range.clone()));
        body += 1;
    }
    if in_collection {
        let mut before = 0;
        for (i, line) in lines.iter().enumerate().skip(body) {
            if is_salutation(line) {
                body = i;
                break;
            }
            before += line.chars;
            if before > INTRODUCTION_MAX_CHARS {
                break;
            }
        }
    }
    let (Some(first), Some(last)) = (lines.get(body), lines.last()) else { return };
    if let Some((_, range)) = title {
        marked.push(Piece { kind: PieceKind::Title, range });
    }
    marked.push(Piece { kind: PieceKind::Speech, range: first.range.start..last.range.end });
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

fn matches(pattern: &LazyLock<Option<Regex>>, words: &str) -> bool {
    pattern.as_ref().is_some_and(|regex| regex.is_match(words))
}

fn is_heading(line: &Line) -> bool {
    static HEADING: LazyLock<Option<Regex>> = LazyLock::new(|| {
        const NUMBER: &str = "[一二三四五六七八九十百0-9]{1,4}";
        Regex::new(&format!(
            r"^[\[【(]?第{NUMBER}篇[\]】)]?([:\s].*)?$|^[\[【(]?篇{NUMBER}[\]】)]?([:\s].*)?$|^[\[【(]?范文{NUMBER}[\]】)]?([:\s].*)?$|^.{{2,40}}(篇|范文|第){NUMBER}(篇)?[\]】)]?:?$"
        ))
        .ok()
    });
    line.chars <= TITLE_MAX_CHARS && matches(&HEADING, line.words) && !line.words.ends_with('。')
}

fn is_salutation(line: &Line) -> bool {
    static SALUTATION: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"^(尊?敬爱?的)?.{0,12}(同志们|各位(领导|代表|委员|来宾|嘉宾|同志|朋友|同仁|专家|老师|评委|党员)|女士们|先生们|朋友们|同学们|老师们|乡亲们|领导).{0,40}[:!,]$|^(同志们|各位代表|同学们)[:!,]?$").ok()
    });
    line.chars <= TITLE_MAX_CHARS && matches(&SALUTATION, line.words)
}

/// A short line that is no sentence, no salutation and no inner heading.
fn is_title(line: &Line) -> bool {
    static INNER: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"^[(]?[一二三四五六七八九十\d]+[)、.,:]|^第[一二三四五六七八九十]+[,、章条节是]").ok()
    });
    line.chars <= TITLE_MAX_CHARS
        && !line.words.ends_with(['。', '!', '?', ';', ',', ':', '、', '…'])
        && !is_salutation(line)
        && !matches(&INNER, line.words)
        && line.words.chars().any(char::is_alphabetic)
}

/// Whether a line repeats (or is part of) a title already seen.
fn similar(title: &str, line: &str) -> bool {
    let inner = |words: &str| -> String { words.chars().filter(|c| c.is_alphanumeric()).collect() };
    let (a, b) = (inner(title), inner(line));
    !a.is_empty() && !b.is_empty() && (a.contains(&b) || b.contains(&a))
}

#[cfg(test)]
mod tests {
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
    }
}
