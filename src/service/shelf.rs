//! The models a server has at one moment, and the names they go by.
//!
//! A shelf never changes; a reload makes another. A call takes its model from one shelf and keeps it to its end.

use serde::{Deserialize, Serialize};

use crate::{Error, Result, Tagger};

/// Names that operators move from version to version: `NAME@VERSION` or nothing for each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Aliases {
    /// The model of calls that name none. Nothing: the newest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stable: Option<String>,
    /// A model on trial.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub canary: Option<String>,
}

impl Aliases {
    /// The same with `alias` on `model`.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an alias that is neither `stable` nor `canary`.
    pub fn with(mut self, alias: &str, model: Option<String>) -> Result<Self> {
        match alias {
            "stable" => self.stable = model,
            "canary" => self.canary = model,
            _ => return Err(Error::not_found("alias", "alias", alias, ["stable", "canary"])),
        }
        Ok(self)
    }
}

/// One model of a shelf.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Tags with it.
    pub tagger: Tagger,
    /// Its aliases: `stable`, `canary`.
    pub aliases: Vec<&'static str>,
}

impl Entry {
    fn full_name(&self) -> String {
        let catalogue = self.tagger.model().catalogue();
        format!("{}@{}", catalogue.name, catalogue.version)
    }

    /// The version as `SemVer` orders it; what is no `SemVer` comes before what is.
    fn age(&self) -> (Option<semver::Version>, String) {
        let version = &self.tagger.model().catalogue().version;
        (semver::Version::parse(version).ok(), version.clone())
    }
}

/// The models of a server, the default first, then by name, newest first.
#[derive(Clone, Debug)]
pub struct Shelf {
    entries: Vec<Entry>,
}

impl Shelf {
    /// A shelf of one model.
    #[must_use]
    pub fn of(tagger: Tagger) -> Self {
        Self { entries: vec![Entry { tagger, aliases: Vec::new() }] }
    }

    /// A shelf of `taggers`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if there is no model, two have the same name and version, an alias names none of them,
    /// or models of several names have no `stable` among them.
    pub fn new(taggers: Vec<Tagger>, aliases: &Aliases) -> Result<Self> {
        let mut entries: Vec<Entry> = taggers.into_iter().map(|tagger| Entry { tagger, aliases: Vec::new() }).collect();
        entries.sort_by_cached_key(Entry::age);
        entries.reverse();
        entries.sort_by_cached_key(|entry| entry.tagger.model().catalogue().name.clone());
        for pair in entries.windows(2) {
            if let [a, b] = pair
                && a.full_name() == b.full_name()
            {
                return Err(Error::invalid("models", format!("{} stands there twice", a.full_name())));
            }
        }
        let mut shelf = Self { entries };
        for (alias, model) in [("stable", &aliases.stable), ("canary", &aliases.canary)] {
            let Some(model) = model else { continue };
            let place = shelf.place(model, &format!("aliases.{alias}"))?;
            if let Some(entry) = shelf.entries.get_mut(place) {
                entry.aliases.push(alias);
            }
        }
        let default = match shelf.aliased("stable") {
            Some(place) => place,
            None => shelf.only_name()?,
        };
        let default = shelf.entries.remove(default);
        shelf.entries.insert(0, default);
        Ok(shelf)
    }

    /// Place of the newest model, where all have one name.
    fn only_name(&self) -> Result<usize> {
        let mut names: Vec<&str> = self.entries.iter().map(|e| e.tagger.model().catalogue().name.as_str()).collect();
        names.dedup();
        match names.as_slice() {
            [] => Err(Error::invalid("models", "must hold at least one model")),
            [_] => Ok(0),
            names => {
                let names = names.join(", ");
                Err(Error::invalid("aliases.stable", format!("must say which of {names} is the default")))
            }
        }
    }

    /// The models, the default first.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn aliased(&self, alias: &str) -> Option<usize> {
        self.entries.iter().position(|entry| entry.aliases.contains(&alias))
    }

    fn place(&self, name: &str, field: &str) -> Result<usize> {
        self.entries.iter().position(|entry| entry.full_name() == name).ok_or_else(|| self.not_found(name, field))
    }

    fn not_found(&self, name: &str, field: &str) -> Error {
        let known: Vec<String> = self.entries.iter().map(Entry::full_name).collect();
        Error::not_found(field, "model", name, known.iter().map(String::as_str))
    }

    /// The tagger for a request's `name`: empty for the default, `stable`, `canary`, `NAME@VERSION`, or `NAME` for the
    /// default if it is called so, otherwise for the newest version.
    ///
    /// # Errors
    /// [`Error::NotFound`] for `field`.
    pub fn find(&self, name: &str, field: &str) -> Result<&Tagger> {
        let place = match name {
            "" | "stable" => Some(0),
            "canary" => self.aliased("canary"),
            _ => self
                .entries
                .iter()
                .position(|entry| entry.tagger.model().catalogue().name == name)
                .or_else(|| self.place(name, field).ok()),
        };
        let entry = place.and_then(|place| self.entries.get(place));
        entry.map(|entry| &entry.tagger).ok_or_else(|| self.not_found(name, field))
    }
}
