//! Features of form: how a text looks, whatever it says.

use std::ops::Range;

pub(super) fn is_chinese(c: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&c)
}

/// Whether one topic prevails: all-round reports speak of many.
pub(super) fn concentration(cues: &[(u16, Range<usize>)], names: &[String]) -> &'static str {
    let mut counts = vec![0_usize; names.len()];
    for (class, _) in
        cues.iter().filter(|(class, _)| names.get(usize::from(*class)).is_some_and(|n| n.starts_with("topic_")))
    {
        if let Some(count) = counts.get_mut(usize::from(*class)) {
            *count += 1;
        }
    }
    counts.sort_unstable_by(|a, b| b.cmp(a));
    let total: usize = counts.iter().sum();
    let first = counts.first().copied().unwrap_or(0);
    match first * 100 / total.max(1) {
        _ if total < 4 => "topics_unclear",
        60.. => "topics_one",
        40..60 => "topics_one_mostly",
        28..40 => "topics_some",
        _ => "topics_many",
    }
}

/// Features of form: how the text looks, whatever it says.
pub(super) fn form(words: &str, counts: &Counts, concentration: &'static str) -> Vec<&'static str> {
    let per_mille = |n: usize| n * 1000 / counts.chars.max(1);
    vec![
        concentration,
        match per_mille(counts.chinese) {
            0..=300 => "chinese_few",
            301..=650 => "chinese_half",
            _ => "chinese_most",
        },
        match per_mille(counts.quotations) {
            0 => "quoted_speech_none",
            1..=2 => "quoted_speech_some",
            _ => "quoted_speech_much",
        },
        match counts.chars / words.lines().filter(|line| !line.trim().is_empty()).count().max(1) {
            0..=20 => "lines_short",
            21..=60 => "lines_middle",
            _ => "lines_long",
        },
        match per_mille(counts.digits) {
            0..=3 => "digits_none",
            4..=30 => "digits_some",
            _ => "digits_many",
        },
        match per_mille(counts.calls) {
            0 => "calls_none",
            1..=4 => "calls_some",
            _ => "calls_many",
        },
        match per_mille(counts.first_person) {
            0 => "i_none",
            1..=5 => "i_some",
            6..=15 => "i_often",
            _ => "i_much",
        },
    ]
}

/// How many of some characters a text has.
#[derive(Default)]
pub(super) struct Counts {
    pub(super) chars: usize,
    pub(super) chinese: usize,
    digits: usize,
    /// Question and exclamation marks.
    calls: usize,
    /// The character 我.
    first_person: usize,
    /// Where quoted speech begins: `:“`, `,“`, `说:`.
    quotations: usize,
}

impl Counts {
    pub(super) fn of(words: &str) -> Self {
        let mut counts = Self::default();
        let mut before = '\0';
        for c in words.chars() {
            counts.chars += 1;
            counts.chinese += usize::from(is_chinese(c));
            counts.digits += usize::from(c.is_ascii_digit());
            counts.calls += usize::from(matches!(c, '?' | '!'));
            counts.first_person += usize::from(c == '我');
            counts.quotations += usize::from(matches!((before, c), (':' | ',', '“') | ('说', ':')));
            before = c;
        }
        counts
    }
}
