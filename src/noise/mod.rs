//! The noise laboratory: pages made dirty on purpose, with exact truth.
//!
//! Labelled texts are clean; crawled pages are not. A generator here takes a clean text and does to it what one kind of
//! page does: cuts page crumbs into words, wraps lines, puts a site's furniture around it, binds it into a collection.
//! Every character knows what it is ([`Part`]), so that afterwards one can count what cleaning kept and removed, and
//! where splitting cut. The same seed gives the same pages.
//!
//! What pages say around a speech is data: `fragments.toml`, which the cleaning rules were written against, and
//! `unseen.toml`, written apart from them. `speechtag evaluate CORPUS --noise` prints the tables ([`measure`]).

mod collection;
mod cuts;
mod dirt;
mod fragments;
mod kinds;
mod measure;
mod tags;

pub use collection::{Binding, bind, opens_with_salutation};
pub use cuts::Cut;
pub use fragments::{Fragments, Group, Scene};
pub use kinds::{Kind, Laboratory};
pub use measure::{CleaningRow, CopyRow, Report, SplittingRow, clean_page, measure, split_page};
pub use tags::TaggingRow;

/// What a character of a page is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// What the speaker says; the number is the speech's place on the page.
    Speech(u16),
    /// A title or heading of a speech. Whether a tool counts it to the speech is a matter of taste, so nobody is judged by it.
    Title(u16),
    /// What the page adds.
    Noise,
    /// The rest of a character that takes several on the page, such as an entity of markup; never counted.
    Continued,
}

/// A page, character by character.
#[derive(Clone, Debug, Default)]
pub struct Page {
    chars: Vec<(char, Part)>,
}

impl Page {
    /// A clean text as the page's speech number `piece`. A first line that looks like a title is one.
    #[must_use]
    pub fn clean(text: &str, piece: u16) -> Self {
        let mut page = Self::default();
        let (first, rest) = text.split_once('\n').unwrap_or(("", text));
        let title = !first.is_empty()
            && first.chars().count() <= 45
            && !rest.trim().is_empty()
            && !first.trim_end().ends_with(['。', '！', '：', ':', '!', '；', ';', ',', '，', '?', '？']);
        if title {
            page.push(first, Part::Title(piece));
            page.push("\n", Part::Title(piece));
            page.push(rest, Part::Speech(piece));
        } else {
            page.push(text, Part::Speech(piece));
        }
        page
    }

    /// Appends `text`, all of it one part.
    pub fn push(&mut self, text: &str, part: Part) {
        self.chars.extend(text.chars().map(|c| (c, part)));
    }

    /// Appends another page.
    pub fn append(&mut self, other: Self) {
        self.chars.extend(other.chars);
    }

    /// The page's text.
    #[must_use]
    pub fn text(&self) -> String {
        self.chars.iter().map(|(c, _)| c).collect()
    }

    /// The page's characters and what they are.
    #[must_use]
    pub fn chars(&self) -> &[(char, Part)] {
        &self.chars
    }

    /// The title, if the page has one.
    #[must_use]
    pub fn title(&self) -> Option<String> {
        let title: String =
            self.chars.iter().filter(|(_, part)| matches!(part, Part::Title(_))).map(|(c, _)| c).collect();
        let title = title.trim();
        (!title.is_empty()).then(|| title.to_owned())
    }

    /// Maps every character of speeches and titles to any number of characters.
    fn rewrite(&mut self, mut f: impl FnMut(char, Part, &mut Vec<(char, Part)>)) {
        let mut out = Vec::with_capacity(self.chars.len() * 5 / 4);
        for (c, part) in self.chars.drain(..) {
            if part == Part::Noise { out.push((c, part)) } else { f(c, part, &mut out) }
        }
        self.chars = out;
    }
}
