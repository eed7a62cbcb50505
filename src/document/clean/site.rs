//! What a site says around a text, told by how it says it.
//!
//! No list of rules knows the words of every site: those of `rules.toml` take nearly all of the lines they were written
//! against, and half of others. So lines above and below a text are weighed, too, by a naive Bayes of their own over pairs of
//! adjacent characters (runs of digits or of Latin letters count as one): how often sites' lines have the pair beside how
//! often lines of texts have it. The weights stand in `site.txt`; a test holds them to what the fragments of the noise
//! laboratory and the lines of the corpus give, and writes them anew.
//!
//! Inside a text nothing is weighed: a line of speech there may say anything.

use std::ops::Range;
use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::Found;
use super::repeats::TEXTS;
use super::rules::{greets, has_own_words, sentences};
use crate::document::cut;
use crate::document::line::{Line, ends_sentence, is_letter, is_salutation, is_title};
use crate::document::page::Page;
use crate::document::restart::is_closing;

const RULE: &str = "site_words";

/// A line of this score is a site's, in natural logarithms of odds; half of it is enough beside such a line.
const SURE: f32 = 8.0;
/// A sentence needs more, unless it has one of the words that only sites use.
const SURE_OF_A_SENTENCE: f32 = 12.0;
/// So much all lines of a site together need around a text that does not speak.
const SURE_OF_ANY: f32 = 40.0;
/// What a pair weighs that no site's line is known to have.
const UNKNOWN: f32 = -0.5;
/// No pair weighs more.
#[cfg(test)]
const MOST: f32 = 4.0;
/// Of so much of a text, at most one part is in lines that a site may say, too.
const DOUBTFUL_OF: usize = 10;
/// A text begins and ends within this many lines.
const LINES: usize = 60;
/// A sentence that a text may begin or end with has at least this many characters.
const SAID_MIN_CHARS: usize = 12;

/// With what lines begin that say when, where and to whom a text was said.
const FIELDS: [&str; 11] = ["附件", "时间", "地点", "主持", "出席", "参加", "列席", "记录", "主送", "抄送", "签发"];

/// What those say who speak to an audience, or for a body.
const SPOKEN: [&str; 14] = [
    "同志们",
    "各位",
    "在座的",
    "同志",
    "贯彻",
    "落实",
    "各级",
    "全省",
    "全市",
    "全区",
    "全县",
    "全镇",
    "全乡",
    "我们要",
];

/// Weights by pair of tokens.
static WEIGHTS: LazyLock<FxHashMap<(u32, u32), f32>> = LazyLock::new(|| {
    let entry = |line: &str| {
        let (pair, weight) = line.split_once('\t')?;
        let mut tokens = tokens(pair.strip_prefix('^').unwrap_or(pair).trim_end_matches('$'));
        let (first, second) = match (pair.starts_with('^'), pair.ends_with('$')) {
            (true, _) => (START, tokens.next()?),
            (_, true) => (tokens.next()?, END),
            _ => (tokens.next()?, tokens.next()?),
        };
        Some(((first, second), weight.parse().ok()?))
    };
    include_str!("site.txt").lines().filter(|line| !line.starts_with("# ")).filter_map(entry).collect()
});

/// Before the first and behind the last character of a line.
const START: u32 = 0x11_0000;
const END: u32 = 0x11_0001;
/// Runs of Latin letters are told apart by a hash above this.
const WORD: u32 = 0x8000_0000;

/// The tokens of a line: characters, `0` for a run of digits, one for a run of Latin letters; no blanks, and nothing of what
/// stands in 《》, which names other texts.
fn tokens(line: &str) -> impl Iterator<Item = u32> {
    let mut chars = line.chars().peekable();
    let mut named = false;
    std::iter::from_fn(move || {
        loop {
            let c = chars.next()?;
            if named {
                named = c != '》';
                if named {
                    continue;
                }
            }
            named = c == '《';
            if c.is_whitespace() {
                continue;
            }
            if c.is_ascii_digit() {
                while chars.next_if(char::is_ascii_digit).is_some() {}
                return Some(u32::from('0'));
            }
            if c.is_ascii_lowercase() {
                // FNV-1a.
                let mut hash = 0x811c_9dc5_u32;
                let mut next = Some(c);
                while let Some(letter) = next {
                    hash = (hash ^ u32::from(letter)).wrapping_mul(0x0100_0193);
                    next = chars.next_if(char::is_ascii_lowercase);
                }
                return Some(hash | WORD);
            }
            return Some(u32::from(c));
        }
    })
}

/// The pairs of adjacent tokens of a line, its ends among them; no pairs of marks and digits, which tables and dates have, too.
fn pairs(line: &str) -> impl Iterator<Item = (u32, u32)> {
    let mut last = START;
    let pairs = tokens(line).chain([END]).map(move |token| {
        let pair = (last, token);
        last = token;
        pair
    });
    pairs.filter(|(first, second)| is_word(*first) || is_word(*second))
}

fn is_word(token: u32) -> bool {
    token & WORD != 0 || char::from_u32(token).is_some_and(char::is_alphabetic)
}

/// The logarithm of the odds that a site says this, up to a constant; rulers and dots say nothing.
fn score(words: &str) -> f32 {
    if !words.contains(is_letter) {
        return UNKNOWN;
    }
    pairs(words).map(|pair| WEIGHTS.get(&pair).copied().unwrap_or(UNKNOWN)).sum()
}

/// Whether a site is likelier to say this than a speaker.
pub(super) fn may_say(words: &str) -> bool {
    score(words) > 0.0
}

/// What a site says above and below each piece of the page.
pub(super) fn find(page: &Page) -> Vec<Found> {
    let lines = page.lines();
    let mut out = Vec::new();
    let mut start = 0;
    for end in page.headings().iter().copied().chain([lines.len()]) {
        let piece = lines.get(start..end).unwrap_or_default();
        out.extend(around(piece));
        start = end + 1;
    }
    out
}

/// What a site says around a text. Where the text does not speak (no greeting, closing or title that names it, no words of
/// officials), a line or two may be its own, and so may all in a page that says nothing in sentences, of which most would go,
/// or of which what is left is full of lines that a site may say, too: a form, a list, a thread.
fn around(lines: &[Line]) -> Vec<Found> {
    let mut found = Vec::new();
    let Some(first) = head(lines, &mut found) else { return Vec::new() };
    tail(lines.get(first..).unwrap_or_default(), &mut found);
    if found.is_empty() {
        return found;
    }
    let gone: usize = found.iter().map(|found| found.range.len()).sum();
    let all: usize = lines.iter().map(|line| line.whole.len()).sum();
    let is_left = |line: &&Line| !found.iter().any(|found| found.range.contains(&line.range.start));
    let is_doubtful = |line: &&Line| may_say(line.words) && !is_own(line) && !is_spoken(line);
    let doubtful: usize = lines.iter().filter(is_left).filter(is_doubtful).map(|line| line.whole.len()).sum();
    let says = |words: &&&str| lines.iter().filter(is_left).any(|line| line.words.contains(**words));
    let marked = || lines.iter().filter(is_left).any(|line| is_spoken(line) || names_text(line));
    let speaks = marked() || SPOKEN.iter().filter(says).nth(1).is_some();
    let evidence: f32 = lines.iter().filter(|line| !is_left(line)).map(|line| score(line.words).max(0.0)).sum();
    let is_text = (speaks || evidence >= SURE_OF_ANY) && gone * 2 <= all && doubtful * DOUBTFUL_OF <= all - gone;
    if is_text { found } else { Vec::new() }
}

/// Whether a line is the text's own, whatever its words: a greeting, a closing, a title, a note on where it was said.
fn is_own(line: &Line) -> bool {
    let is_record = || ["录音", "记录", "审阅"].iter().any(|word| line.words.contains(word));
    let is_note =
        || line.words.ends_with(')') && (is_record() || line.words.starts_with('(') && !has_own_words(line.words));
    // Fields that documents and records of meetings have, too.
    let is_field = || FIELDS.iter().any(|field| line.words.starts_with(field)) && !has_own_words(line.words);
    let is_list = || line.words.contains(['|', '>', '/', '_', '-', ' ']);
    is_note() || is_field() || names_text(line) && !is_list()
}

/// Whether a line is a title and ends with what it calls its text.
fn names_text(line: &Line) -> bool {
    let words =
        line.words.strip_suffix(')').and_then(|words| words.rsplit_once('(')).map_or(line.words, |(words, _)| words);
    TEXTS.iter().any(|text| words.ends_with(text)) && is_title(line)
}

/// Whether the text has begun, or is not yet over.
fn is_spoken(line: &Line) -> bool {
    is_salutation(line) || greets(line.words) || is_closing(line.words)
}

/// Whether a line is a sentence.
fn is_sentence(line: &Line) -> bool {
    line.chars >= SAID_MIN_CHARS && ends_sentence(line.words)
}

/// The score from which on a line is a site's.
fn sure(line: &Line) -> f32 {
    let may_be_said = line.chars >= SAID_MIN_CHARS && line.words.contains([',', '。', '!', '?']);
    if may_be_said && !has_own_words(line.words) { SURE_OF_A_SENTENCE } else { SURE }
}

/// Finds what stands above the text, and the line with which that begins.
fn head(lines: &[Line], found: &mut Vec<Found>) -> Option<usize> {
    let mut doubtful: Option<&Line> = None;
    let mut sure_before = false;
    for (i, line) in lines.iter().enumerate().take(LINES) {
        let (end, score) = best_beginning(line.words);
        let sure = sure(line);
        let own = is_spoken(line) || is_own(line);
        if !own && (score >= sure || sure_before && score >= sure / 2.0) {
            found.extend(doubtful.take().map(|line| Found { range: line.whole.clone(), rule: RULE }));
            let whole = end == line.words.len();
            let range = if whole { line.whole.clone() } else { line.range.start..line.range.start + end };
            found.push(Found { range, rule: RULE });
            if whole {
                sure_before = true;
                continue;
            }
        }
        if is_spoken(line) || is_sentence(line) {
            return Some(i);
        }
        doubtful = (!own && score >= sure / 2.0).then_some(line);
        sure_before = false;
    }
    None
}

/// Where the sentences end with which a line begins and which most look like a site's, and their score.
fn best_beginning(words: &str) -> (usize, f32) {
    let (mut sum, mut best) = (0.0, (0, f32::MIN));
    for Range { start, end } in sentences(words) {
        sum += score(cut(words, start..end));
        if sum >= best.1 {
            best = (end, sum);
        }
    }
    best
}

/// Finds what stands below the text, of which `lines` begin with a line.
fn tail(lines: &[Line], out: &mut Vec<Found>) {
    let ends_text = |line: &Line, score: f32| is_spoken(line) || score < 0.0 && is_sentence(line);
    let below = lines.iter().enumerate().skip(lines.len().saturating_sub(LINES).max(1)).rev();
    let below = below.map(|(i, line)| (i, line, score(line.words)));
    let below = below.take_while(|(_, line, score)| !ends_text(line, *score));
    // What stands below a site's line is the site's, too: links look like titles.
    let first = below.filter(|(_, line, score)| *score >= sure(line) && !is_own(line)).last();
    let Some((first, ..)) = first else { return };
    out.extend(lines.iter().skip(first).map(|line| Found { range: line.whole.clone(), rule: RULE }));
}

#[cfg(test)]
mod tests;
