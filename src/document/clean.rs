//! Takes page noise out and says what it took.
//!
//! Three kinds of noise, three kinds of cure:
//!
//! * what is recognised by its words (uploader lines, page lists, editors' introductions, paywalls, imprints) is data:
//!   `rules.toml`, each rule with its reason and its own examples
//! * *page crumbs*, the `N、` that converters print where a page begins, even inside a word or a number, are recognised
//!   by their counting: see [`page_crumbs`]
//! * *wrap spaces*, which OCR leaves between Chinese characters where a line ended
//!
//! Cleaning only removes; the way back to the source is kept by [`AlignedText`].

use std::ops::Range;
use std::sync::LazyLock;

use regex::{Regex, RegexSet};
use serde::Deserialize;

use super::aligned::{AlignedText, Span};
use super::{cut, lines};

/// A cleaned text and what was taken out of it.
#[derive(Clone, Debug)]
pub struct Cleaned {
    /// What is left.
    pub text: AlignedText,
    /// What was removed, in the order of the text.
    pub removed: Vec<Removal>,
}

/// One removed stretch of the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removal {
    /// Name of the rule: one of `rules.toml`, `page_crumb` or `wrap_space`.
    pub rule: &'static str,
    /// Where it stood in the source.
    pub span: Span,
}

/// Removes page noise from a normalised text. If nothing would be left, nothing is removed.
#[must_use]
pub fn clean(text: AlignedText) -> Cleaned {
    let mut removed = by_rules(text.as_str());
    removed.extend(page_crumbs(text.as_str()).into_iter().map(|range| (range, "page_crumb")));
    removed.extend(wrap_spaces(text.as_str()).into_iter().map(|range| (range, "wrap_space")));
    removed.sort_by_key(|(range, _)| (range.start, std::cmp::Reverse(range.end)));

    let mut kept = Vec::new();
    let mut removals = Vec::new();
    let mut at = 0;
    for (range, rule) in removed {
        if range.end <= at {
            continue;
        }
        let start = range.start.max(at);
        if start > at {
            kept.push(at..start);
        }
        removals.push(Removal { rule, span: text.span(start..range.end) });
        at = range.end;
    }
    if removals.is_empty() {
        return Cleaned { text, removed: removals };
    }
    if at < text.as_str().len() {
        kept.push(at..text.as_str().len());
    }
    let left = text.select(&kept);
    if left.as_str().trim().is_empty() {
        return Cleaned { text, removed: Vec::new() };
    }
    Cleaned { text: left, removed: removals }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Scope {
    Line,
    Sentence,
    Tail,
}

#[derive(Debug, Deserialize)]
struct Rule {
    name: String,
    #[cfg_attr(not(test), expect(dead_code, reason = "stated for the reader; a test holds it non-empty"))]
    why: String,
    scope: Scope,
    pattern: String,
    #[cfg_attr(not(test), expect(dead_code, reason = "run by the tests"))]
    catches: Vec<String>,
    #[cfg_attr(not(test), expect(dead_code, reason = "run by the tests"))]
    spares: Vec<String>,
}

struct Rules {
    rules: Vec<Rule>,
    set: RegexSet,
}

/// The rules ship inside the binary; that they parse is held by a test, so an empty set can stand for the impossible.
static RULES: LazyLock<Rules> = LazyLock::new(|| {
    #[derive(Deserialize)]
    struct File {
        rule: Vec<Rule>,
    }
    let rules = toml::from_str::<File>(include_str!("rules.toml")).map_or_else(|_| Vec::new(), |file| file.rule);
    let set = RegexSet::new(rules.iter().map(|rule| &rule.pattern)).unwrap_or_else(|_| RegexSet::empty());
    Rules { rules, set }
});

/// Longer lines are prose, whatever words stand in them.
const NOISE_LINE_MAX_CHARS: usize = 300;
/// A tail rule needs this much text before it, or a page that opens with an imprint would vanish.
const TAIL_MIN_CHARS_BEFORE: usize = 200;

fn by_rules(text: &str) -> Vec<(Range<usize>, &'static str)> {
    let rules: &'static Rules = &RULES;
    let mut out = Vec::new();
    let mut chars_before = 0;
    for line in lines(text) {
        let words = cut(text, line.clone());
        let chars = words.chars().count();
        for sentence in sentences(words) {
            let said = cut(words, sentence.clone());
            for index in &rules.set.matches(said.trim_end()) {
                let Some(rule) = rules.rules.get(index) else { continue };
                let whole = chars <= NOISE_LINE_MAX_CHARS;
                match rule.scope {
                    Scope::Sentence => {
                        out.push((line.start + sentence.start..line.start + sentence.end, rule.name.as_str()));
                    }
                    Scope::Tail if chars_before >= TAIL_MIN_CHARS_BEFORE && whole => {
                        out.push((line.start..text.len(), rule.name.as_str()));
                        return out;
                    }
                    Scope::Line | Scope::Tail if whole => out.push((line.clone(), rule.name.as_str())),
                    Scope::Line | Scope::Tail => {}
                }
            }
        }
        chars_before += chars;
    }
    out
}

/// Sentences of one line, each with its final punctuation (and the line break).
fn sentences(line: &str) -> impl Iterator<Item = Range<usize>> {
    line.split_inclusive(['。', '!', '?']).scan(0, |at, sentence| {
        let start = *at;
        *at += sentence.len();
        Some(start..*at)
    })
}

/// A crumb stands at least this far from the one before, as far as two page ends do.
const CRUMB_MIN_DISTANCE_CHARS: usize = 120;

/// The `N、` that count the pages of a converted document.
///
/// A list item `2、` follows a finished sentence; a page ends anywhere. So a chain 1、 2、 3、 … whose numbers stand far
/// apart and of which at least a third (the first aside) interrupt a sentence is the page count, and all of it goes, each
/// crumb with the line break before it.
fn page_crumbs(text: &str) -> Vec<Range<usize>> {
    static CANDIDATE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\n*\d{1,3}、").ok());
    let Some(candidate) = CANDIDATE.as_ref() else { return Vec::new() };

    let mut chain: Vec<(Range<usize>, bool)> = Vec::new();
    let mut expected = 1_u32;
    let mut last_at = 0;
    for found in candidate.find_iter(text) {
        let digits = found.as_str().trim_start_matches('\n').trim_end_matches('、');
        let Ok(number) = digits.parse::<u32>() else { continue };
        let starts_at_two = chain.is_empty() && number == 2;
        if number != expected && !starts_at_two {
            continue;
        }
        let before = cut(text, 0..found.start());
        let far = chain.is_empty() || cut(text, last_at..found.start()).chars().count() >= CRUMB_MIN_DISTANCE_CHARS;
        if !far || before.ends_with(|c: char| c.is_ascii_digit() || c == '第') {
            continue;
        }
        let after = cut(text, found.end()..text.len());
        let interrupts =
            before.chars().next_back().is_some_and(|c| c.is_alphanumeric() || matches!(c, ',' | '、' | ' '))
                || after.starts_with(['。', ',', '、', ';', ':', '”', ')']);
        chain.push((found.range(), interrupts && number > 1));
        expected = number + 1;
        last_at = found.end();
    }
    let interrupting = chain.iter().filter(|(_, interrupts)| *interrupts).count();
    if interrupting == 0 || interrupting * 3 < chain.len() - 1 {
        return Vec::new();
    }
    chain.into_iter().map(|(range, _)| range).collect()
}

/// A line shorter than this may be a heading, in which spaces set words apart.
const WRAPPED_LINE_MIN_CHARS: usize = 60;

/// Single spaces between Chinese characters (or after their punctuation) in long lines.
fn wrap_spaces(text: &str) -> Vec<Range<usize>> {
    let chinese = |c: char| {
        ('\u{4e00}'..='\u{9fff}').contains(&c) || matches!(c, ',' | '、' | '。' | ';' | ':' | '”' | '“' | ')')
    };
    let mut out = Vec::new();
    for line in lines(text) {
        let words = cut(text, line.clone());
        if !words.contains(' ') || words.chars().nth(WRAPPED_LINE_MIN_CHARS).is_none() {
            continue;
        }
        for (at, _) in words.match_indices(' ') {
            let before = cut(words, 0..at).chars().next_back().is_some_and(chinese);
            let after = cut(words, at + 1..words.len()).chars().next().is_some_and(chinese);
            if before && after {
                out.push(line.start + at..line.start + at + 1);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::normalize;

    #[test]
    fn every_rule_catches_and_spares_its_examples() {
        assert!(!RULES.rules.is_empty() && RULES.set.len() == RULES.rules.len());
        for rule in &RULES.rules {
            let pattern = Regex::new(&rule.pattern).unwrap();
            assert!(!rule.why.is_empty() && !rule.catches.is_empty() && !rule.spares.is_empty(), "{}", rule.name);
            for example in &rule.catches {
                assert!(pattern.is_match(normalize(example).as_str()), "{} must catch {example:?}", rule.name);
            }
            for example in &rule.spares {
                assert!(!pattern.is_match(normalize(example).as_str()), "{} must spare {example:?}", rule.name);
            }
        }
    }

    fn cleaned(source: &str) -> Cleaned {
        clean(normalize(source))
    }

    #[test]
    fn page_crumbs_heal_words_and_numbers_but_list_items_stay() {
        let page = "今年全县农业生产形势总体平稳,各项任务完成较好。".repeat(8);
        let source = format!("1、{page}共有六\n2、百户搬进新居。{page}要继续抓\n3、好落实。{page}");
        let text = cleaned(&source).text;
        assert!(text.as_str().contains("共有六百户") && text.as_str().contains("继续抓好落实"));
        let list = format!("主要任务:\n1、抓好春耕。{page}\n2、抓好防汛。{page}\n3、抓好秋收。");
        assert_eq!(cleaned(&list).text.as_str(), normalize(&list).as_str());
    }

    #[test]
    fn what_is_removed_is_said() {
        let body = "同志们:今天的会议很重要,请大家认真听。".repeat(12);
        let source = format!("{body}\n......试读结束......\n广告一则");
        let cleaned = cleaned(&source);
        assert_eq!(cleaned.removed.len(), 1);
        assert_eq!(cleaned.removed[0].rule, "paywall");
        assert_eq!(cleaned.removed[0].span.cut(&source), "......试读结束......\n广告一则");
    }

    #[test]
    fn a_page_of_nothing_but_noise_is_left_as_it_is() {
        assert_eq!(cleaned("资源描述\n第1页 / 共2页").text.as_str(), "资源描述\n第1页 / 共2页");
    }
}
