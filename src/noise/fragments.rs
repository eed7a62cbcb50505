//! What pages say around a speech: templates, and the page they are filled in for.

use fastrand::Rng;
use serde::Deserialize;

use crate::{Error, Result};

/// Whether the cleaning rules were written with the fragments at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// `fragments.toml`.
    Known,
    /// `unseen.toml`.
    Unseen,
}

/// The fragments of one group; see `fragments.toml` for what each is.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Fragments {
    pub sites: Vec<String>,
    pub hosts: Vec<String>,
    pub users: Vec<String>,
    pub header: Vec<String>,
    pub intro: Vec<String>,
    pub footer: Vec<String>,
    pub paywall: Vec<String>,
    pub page_end: Vec<String>,
    pub anti_copy: Vec<String>,
    pub junk: Vec<String>,
    pub heading: Vec<String>,
    pub what: Vec<String>,
    pub readings: Vec<String>,
    pub spins: Vec<String>,
}

impl Fragments {
    /// The fragments of a group.
    ///
    /// # Errors
    /// [`Error::Internal`] if the embedded file is not well-formed, which a test rules out.
    pub fn of(group: Group) -> Result<Self> {
        let file = match group {
            Group::Known => include_str!("fragments.toml"),
            Group::Unseen => include_str!("unseen.toml"),
        };
        toml::from_str(file).map_err(|e| Error::Internal(format!("fragments of pages: {e}")))
    }
}

/// One of `choices`; nothing of nothing.
pub(super) fn one<'a>(rng: &mut Rng, choices: &'a [String]) -> &'a str {
    rng.choice(choices).map_or("", String::as_str)
}

/// The page that fragments are filled in for: one site, one title, one day.
#[derive(Clone, Debug)]
pub struct Scene<'f> {
    pub(super) fragments: &'f Fragments,
    site: &'f str,
    host: &'f str,
    title: String,
    others: &'f [String],
}

impl<'f> Scene<'f> {
    /// A scene for a page of that title; `others` are titles of other pages.
    #[must_use]
    pub fn new(fragments: &'f Fragments, title: String, others: &'f [String], rng: &mut Rng) -> Self {
        Self { fragments, site: one(rng, &fragments.sites), host: one(rng, &fragments.hosts), title, others }
    }

    /// `template` with its braces filled in.
    pub(super) fn fill(&self, template: &str, rng: &mut Rng) -> String {
        let mut out = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, tail) = after.split_once('}').unwrap_or((after, ""));
            out.push_str(before);
            out.push_str(&self.value(name, rng));
            rest = tail;
        }
        out.push_str(rest);
        out
    }

    fn value(&self, name: &str, rng: &mut Rng) -> String {
        let year = rng.u32(2005..2026);
        match name {
            "title" => self.title.clone(),
            "other" => one(rng, self.others).to_owned(),
            "site" => self.site.to_owned(),
            "host" => self.host.to_owned(),
            "user" => one(rng, &self.fragments.users).to_owned(),
            "date" if rng.bool() => format!("{year}-{:02}-{:02}", rng.u8(1..13), rng.u8(1..29)),
            "date" => format!("{year}年{}月{}日", rng.u8(1..13), rng.u8(1..29)),
            "time" => format!("{:02}:{:02}", rng.u8(0..24), rng.u8(0..60)),
            "year" => year.to_string(),
            "n" => rng.u32(1..30).to_string(),
            "pages" => rng.u32(3..25).to_string(),
            "count" => rng.u32(1_000..10_000_000).to_string(),
            "id" => rng.u64(1_000_000..100_000_000_000).to_string(),
            "size" if rng.bool() => format!("{}.{}KB", rng.u32(12..900), rng.u8(0..100)),
            "size" => format!("{}MB", rng.u32(1..9)),
            "words" => (0..rng.usize(4..9)).map(|_| rng.lowercase()).collect(),
            other => format!("{{{other}}}"),
        }
    }
}
