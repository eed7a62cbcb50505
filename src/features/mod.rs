//! The second half of the way to the model: a speech becomes a bag of weighted features.
//!
//! [`Analyzer`] looks at a speech once and yields an [`Analysis`]: tokens, cues, form. [`Analysis::visit`] walks it and
//! names every feature to a [`Sink`]; training counts them by name, serving looks them up in a [`Vocabulary`], so the
//! two can't disagree about what a feature is.
//!
//! | family | features |
//! |---|---|
//! | words | every word; all numbers are one term, all masks another |
//! | pairs | adjacent words, not across punctuation |
//! | opening, closing, title | words again, marked with where they stand |
//! | rank, act, topic | cue classes of the body |
//! | place | cue classes of the opening and the closing, and the dominant class of each kind |
//! | form | share of Chinese characters, quotation, line length, digits, calls, first person, how many topics |

mod bag;
mod cues;
mod form;
mod phrases;
mod places;
mod segment;
mod vocabulary;
mod words;

use std::ops::Range;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use bag::{Bag, Occurrence, Place};
pub use cues::Cues;
pub use segment::{Segmenter, Token, TokenKind};
pub use vocabulary::{Entry, Feature, Vocabulary, Weighting};

use self::form::{Counts, concentration, form, is_chinese};
use crate::Result;

/// Where in a speech a feature was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Zone {
    /// Anywhere in the body.
    Whole,
    /// The first characters of the body, where speakers greet and say what brings them here.
    Opening,
    /// The last characters of the body, where they wish, call or ask for deliberation.
    Closing,
    /// The title line.
    Title,
    /// For cues: the class seen most often among its kind.
    Dominant,
}

/// The families whose features are weighted together; see [`Weighting`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// Words of the body.
    Words,
    /// Adjacent pairs of the body.
    Pairs,
    /// Words of the opening.
    Opening,
    /// Words of the closing.
    Closing,
    /// Words of the title.
    Title,
    /// Cues of who speaks, to whom and of which places: classes `own_…`, `self_…`, `addressed_…` and `mention_…`.
    Rank,
    /// Cues of what the text does: all other classes.
    Act,
    /// Cues of what the text is about: classes `topic_…`.
    Topic,
    /// Cues of the opening and the closing, and the dominant class of each kind.
    Place,
    /// Form.
    Form,
}

impl Family {
    /// All of them, in order.
    pub const ALL: [Self; 10] = [
        Self::Words,
        Self::Pairs,
        Self::Opening,
        Self::Closing,
        Self::Title,
        Self::Rank,
        Self::Act,
        Self::Topic,
        Self::Place,
        Self::Form,
    ];
    /// How many there are.
    pub const COUNT: usize = Self::ALL.len();

    /// How its features are weighed.
    #[must_use]
    pub fn measure(self) -> Measure {
        match self {
            Self::Words | Self::Pairs => Measure::Windows,
            Self::Opening | Self::Closing | Self::Title => Measure::Whole,
            Self::Act => Measure::Rate,
            Self::Rank | Self::Topic => Measure::Share,
            Self::Place | Self::Form => Measure::Presence,
        }
    }
}

/// What the value of a feature says; see the module `bag`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Damped count, with inverse document frequency, brought to unit length; window by window.
    Windows,
    /// The same over its zone.
    Whole,
    /// Damped count; window by window. Two cues say more than one, and a lone one must not speak for its family.
    Rate,
    /// Share of the family's cues in the speech.
    Share,
    /// That it is there.
    Presence,
}

impl Measure {
    /// Whether features are weighed window by window.
    #[must_use]
    pub fn is_windowed(self) -> bool {
        matches!(self, Self::Windows | Self::Rate)
    }
}

/// A feature seen in a speech. `W` stands for a word: its text, a number, whatever the [`Sink`] made of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Seen<W> {
    /// A word in a zone.
    Word(Zone, W),
    /// Two adjacent words of the body.
    Pair(W, W),
    /// A cue class (by number, see [`Cues::names`]) in a zone.
    Cue(Zone, u16),
    /// A form feature by name.
    Form(&'static str),
}

/// Receives the features of a speech.
pub trait Sink {
    /// What the sink makes of a word.
    type Word: Copy;
    /// Makes something of a word, or drops it.
    fn word(&mut self, term: &str) -> Option<Self::Word>;
    /// Takes a feature and the bytes of the prepared text it was read from.
    fn see(&mut self, feature: Seen<Self::Word>, range: Range<usize>);
}

/// SHA-256 of the lexicons that ship with this program, cues, places and words, without the comments in them.
#[must_use]
pub fn lexicons_sha256() -> [u8; 32] {
    static HASH: LazyLock<[u8; 32]> = LazyLock::new(|| {
        let mut hash = Sha256::new();
        let lines = |lexicon: &'static str| lexicon.lines().filter(|line| !line.starts_with('#')).map(str::to_owned);
        for line in cues::content().into_iter().chain(lines(places::LEXICON)).chain(lines(segment::LEXICON)) {
            hash.update(line);
            hash.update("\n");
        }
        hash.finalize().into()
    });
    *HASH
}

/// Turns a speech into an [`Analysis`]. Holds the dictionary; make one and share it.
#[derive(Debug)]
pub struct Analyzer {
    segmenter: Segmenter,
    cues: Cues,
}

/// The title of a speech.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Title<'t> {
    /// There is none.
    None,
    /// A stretch of the prepared text, in bytes.
    Inside(Range<usize>),
    /// Given beside the text (already normalised); its features have no place in the text.
    Given(&'t str),
}

/// What was seen in one speech. Ranges are bytes of the prepared text the speech was cut from.
#[derive(Debug)]
pub struct Analysis<'t> {
    text: &'t str,
    title: Title<'t>,
    title_tokens: Vec<Token>,
    body: Vec<Token>,
    cues: Vec<(u16, Range<usize>)>,
    dominant: Vec<u16>,
    form: Vec<&'static str>,
    opening_end: usize,
    closing_start: usize,
    chinese_chars: usize,
    body_range: Range<usize>,
    windows: usize,
}

/// A body is seen through windows of about this many characters, the length of the texts the model learns from, so that a
/// speech of twenty pages looks like twenty pages and not like one page that says everything.
const WINDOW_CHARS: usize = 700;

/// Length of the opening and of the closing zone, in characters; a short body gives a third of itself to each.
const ZONE_CHARS: usize = 150;

impl Analyzer {
    /// Loads the dictionary and the cue classes.
    ///
    /// # Errors
    /// [`crate::Error::Internal`] if the embedded data does not parse.
    pub fn new() -> Result<Self> {
        Ok(Self { segmenter: Segmenter::new(), cues: Cues::new()? })
    }

    /// The cue classes.
    #[must_use]
    pub fn cues(&self) -> &Cues {
        &self.cues
    }

    /// Looks at one speech: `body` is a byte range of `text`, a normalised text.
    #[must_use]
    pub fn analyze<'t>(&self, text: &'t str, title: Title<'t>, body: Range<usize>) -> Analysis<'t> {
        let tokens_of = |range: Range<usize>| {
            let mut tokens = self.segmenter.segment(text.get(range.clone()).unwrap_or_default());
            for token in &mut tokens {
                token.range = token.range.start + range.start..token.range.end + range.start;
            }
            tokens
        };
        let words = text.get(body.clone()).unwrap_or_default();
        let counts = Counts::of(words);
        let chars = counts.chars;
        let zone = ZONE_CHARS.min(chars / 3);
        let opening_end = body.start + words.char_indices().nth(zone).map_or(words.len(), |(at, _)| at);
        let closing_start = body.end
            - words.char_indices().rev().nth(zone).map_or(words.len(), |(at, c)| words.len() - at - c.len_utf8());
        let body_tokens = tokens_of(body.clone());
        let cues = self.cues.find(text, body.clone(), &body_tokens);
        let title_tokens = match &title {
            Title::None => Vec::new(),
            Title::Inside(range) => tokens_of(range.clone()),
            Title::Given(words) => self.segmenter.segment(words),
        };
        let title_words = match &title {
            Title::None => "",
            Title::Inside(range) => text.get(range.clone()).unwrap_or_default(),
            Title::Given(words) => words,
        };
        Analysis {
            title,
            title_tokens,
            body: body_tokens,
            windows: ((chars + WINDOW_CHARS / 2) / WINDOW_CHARS).max(1),
            body_range: body,
            dominant: dominant(&cues, self.cues.names()),
            form: form(words, &counts, concentration(&cues, self.cues.names())),
            cues,
            opening_end,
            closing_start,
            chinese_chars: counts.chinese + title_words.chars().filter(|c| is_chinese(*c)).count(),
            text,
        }
    }
}

impl Analysis<'_> {
    /// Names every feature of the speech to `sink`, in the order of the text within each family.
    pub fn visit<S: Sink>(&self, sink: &mut S) {
        for token in &self.title_tokens {
            let (text, range) = match self.title {
                Title::Given(words) => (words, 0..0),
                _ => (self.text, token.range.clone()),
            };
            // Numbers, masks and enumerators such as 三 number a page's parts; they say nothing of the speech.
            let says = token.kind == TokenKind::Word && token.range.len() > '三'.len_utf8();
            if let Some(word) = token.term(text).filter(|_| says).and_then(|term| sink.word(term)) {
                sink.see(Seen::Word(Zone::Title, word), range);
            }
        }
        let (stop, comma) = (sink.word("。"), sink.word(","));
        let mut before: Option<(S::Word, usize)> = None;
        for token in &self.body {
            let Some(term) = token.term(self.text) else {
                let mark = self.text.get(token.range.clone()).unwrap_or_default();
                let stops = mark.chars().any(|c| matches!(c, '。' | '!' | '?' | ';' | ':' | '\n' | '”' | '“'));
                before = if stops { stop } else { comma }.map(|word| (word, token.range.end));
                continue;
            };
            let Some(word) = sink.word(term) else {
                before = None;
                continue;
            };
            sink.see(Seen::Word(Zone::Whole, word), token.range.clone());
            if token.range.start < self.opening_end {
                sink.see(Seen::Word(Zone::Opening, word), token.range.clone());
            }
            if token.range.start >= self.closing_start {
                sink.see(Seen::Word(Zone::Closing, word), token.range.clone());
            }
            if let Some((first, start)) = before {
                sink.see(Seen::Pair(first, word), start..token.range.end);
            }
            before = Some((word, token.range.start));
        }
        for (class, range) in &self.cues {
            sink.see(Seen::Cue(Zone::Whole, *class), range.clone());
            if range.start < self.opening_end {
                sink.see(Seen::Cue(Zone::Opening, *class), range.clone());
            }
            if range.start >= self.closing_start {
                sink.see(Seen::Cue(Zone::Closing, *class), range.clone());
            }
        }
        for class in &self.dominant {
            let first = self.cues.iter().find(|(c, _)| c == class).map(|(_, range)| range.clone());
            sink.see(Seen::Cue(Zone::Dominant, *class), first.unwrap_or_default());
        }
        for name in &self.form {
            sink.see(Seen::Form(name), 0..0);
        }
    }

    /// Number of windows the body is seen through, at least 1; all have the same number of bytes.
    #[must_use]
    pub fn windows(&self) -> usize {
        self.windows
    }

    /// The window in which byte `at` of the prepared text stands: its number, from 0, and its bytes.
    #[must_use]
    pub fn window_of(&self, at: usize) -> (usize, Range<usize>) {
        let (start, length) = (self.body_range.start, self.body_range.len().max(1));
        let window = (at.saturating_sub(start) * self.windows / length).min(self.windows - 1);
        // The first byte whose quotient is `n`.
        let edge = |n: usize| start + (n * length).div_ceil(self.windows);
        let end = if window + 1 == self.windows { usize::MAX } else { edge(window + 1) };
        (window, if window == 0 { 0 } else { edge(window) }..end)
    }

    /// Chinese characters in title and body: what there is to judge by.
    #[must_use]
    pub fn chinese_chars(&self) -> usize {
        self.chinese_chars
    }
}

/// The most frequent class of each kind: of who speaks, to whom, by which salutation, of what, and of what the text does.
fn dominant(cues: &[(u16, Range<usize>)], names: &[String]) -> Vec<u16> {
    let mut counts = vec![0_usize; names.len()];
    for (class, _) in cues {
        if let Some(count) = counts.get_mut(usize::from(*class)) {
            *count += 1;
        }
    }
    let kind = |name: &str| match name.split('_').next().unwrap_or_default() {
        "self" => 0,
        "own" => 6,
        "addressed" => 1,
        "mention" => 2,
        "greeting" => 3,
        "topic" => 4,
        _ => 5,
    };
    let mut best: std::collections::BTreeMap<u8, (usize, u16)> = std::collections::BTreeMap::new();
    for ((class, name), count) in (0_u16..).zip(names).zip(counts) {
        if count > 0 {
            let entry = best.entry(kind(name)).or_insert((count, class));
            if count > entry.0 {
                *entry = (count, class);
            }
        }
    }
    best.into_values().map(|(_, class)| class).collect()
}
