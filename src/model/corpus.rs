//! Labelled texts: a folder of JSON Lines files beside a `model.toml`.
//!
//! A record is `{"id", "text", "labels": {axis: label | null}, "title"?, "family"?, …}`; other fields are free metadata. A
//! missing label leaves the record out of that axis; `null` says that the text has none there, and on an optional axis teaches
//! the model to say none of texts of its kind, which is its label on the first axis. Records of one `family` (written from
//! related briefs) never stand on both sides of a fold.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::catalogue::Catalogue;
use crate::{Error, Result};

/// One labelled text.
#[derive(Clone, Debug, Deserialize)]
pub struct Record {
    /// Unique identifier.
    pub id: String,
    /// The text, as found.
    pub text: String,
    /// Title known from elsewhere, if the text does not carry it.
    #[serde(default)]
    pub title: Option<String>,
    /// Label by axis; `gold` is another name some sets have for it.
    #[serde(default, alias = "gold")]
    pub labels: BTreeMap<String, Option<String>>,
    /// Labels that count as right, too.
    #[serde(default)]
    pub acceptable: Acceptable,
    /// Decade the text speaks from, such as `2010s`; for the linter.
    #[serde(default)]
    pub era: Option<String>,
    /// Group of related texts.
    #[serde(default)]
    pub family: Option<String>,
}

/// Labels that count as right beside the one given.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Acceptable {
    /// By axis.
    ByAxis(BTreeMap<String, Vec<String>>),
    /// A bare list speaks of every axis that has such labels.
    Bare(Vec<String>),
}

impl Default for Acceptable {
    fn default() -> Self {
        Self::Bare(Vec::new())
    }
}

impl Record {
    /// The name of its family; a record without one is a family of its own.
    #[must_use]
    pub fn family(&self) -> &str {
        self.family.as_deref().unwrap_or(&self.id)
    }
}

impl Acceptable {
    /// Whether `label` is acceptable on `axis`.
    #[must_use]
    pub fn accepts(&self, axis: &str, label: &str) -> bool {
        let has = |labels: &[String]| labels.iter().any(|l| l == label);
        match self {
            Self::ByAxis(by_axis) => by_axis.get(axis).is_some_and(|labels| has(labels)),
            Self::Bare(labels) => has(labels),
        }
    }
}

/// A corpus and what it says about the model to be trained from it.
#[derive(Clone, Debug)]
pub struct Corpus {
    /// The records, ordered by file name and line.
    pub records: Vec<Record>,
    /// `model.toml`, if the folder has one.
    pub recipe: Option<Recipe>,
}

/// `model.toml`: how to train, and the catalogue of the result.
#[derive(Clone, Debug, Deserialize)]
pub struct Recipe {
    /// How to train.
    #[serde(default)]
    pub training: super::fit::Settings,
    /// Axes and labels.
    #[serde(flatten)]
    pub catalogue: Catalogue,
}

impl Corpus {
    /// Reads a `.jsonl` file or a folder of them.
    ///
    /// # Errors
    /// [`Error::Io`] or [`Error::Corpus`] with path and line: no records, an unreadable line, an empty text, an
    /// identifier that stands twice, a label that the catalogue does not have.
    pub fn read(path: &Path) -> Result<Self> {
        let folder = path.is_dir();
        let mut files = Vec::new();
        if folder {
            for entry in fs::read_dir(path).map_err(Error::io(path))? {
                files.push(entry.map_err(Error::io(path))?.path());
            }
            files.retain(|file| file.extension().is_some_and(|e| e == "jsonl"));
            files.sort();
        } else {
            files.push(path.to_owned());
        }
        let recipe = read_recipe(&path.join("model.toml"))?;
        let mut records = Vec::new();
        let mut ids = BTreeSet::new();
        for file in files {
            let content = fs::read_to_string(&file).map_err(Error::io(&file))?;
            for (number, line) in content.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
                let wrong = |reason: String| Error::Corpus {
                    path: PathBuf::from(format!("{}:{}", file.display(), number + 1)),
                    reason,
                };
                let record: Record = serde_json::from_str(line).map_err(|e| wrong(e.to_string()))?;
                if record.text.trim().is_empty() {
                    return Err(wrong(format!("text of id {:?} is empty", record.id)));
                }
                if !ids.insert(record.id.clone()) {
                    return Err(wrong(format!("id {:?} stands twice", record.id)));
                }
                if let Some(recipe) = &recipe {
                    check_labels(&record, &recipe.catalogue).map_err(wrong)?;
                }
                records.push(record);
            }
        }
        if records.is_empty() {
            return Err(Error::Corpus { path: path.to_owned(), reason: "holds no records (*.jsonl)".to_owned() });
        }
        Ok(Self { records, recipe })
    }
}

fn read_recipe(path: &Path) -> Result<Option<Recipe>> {
    if !path.exists() {
        return Ok(None);
    }
    Recipe::of(read_table(path)?, path).map(Some)
}

fn read_table(path: &Path) -> Result<toml::Table> {
    let content = fs::read_to_string(path).map_err(Error::io(path))?;
    content.parse().map_err(|e: toml::de::Error| Error::Corpus { path: path.to_owned(), reason: e.to_string() })
}

impl Recipe {
    fn of(table: toml::Table, path: &Path) -> Result<Self> {
        let wrong = |reason: String| Error::Corpus { path: path.to_owned(), reason };
        let recipe: Self = table.try_into().map_err(|e: toml::de::Error| wrong(e.to_string()))?;
        recipe.catalogue.check().map_err(|e| wrong(e.to_string()))?;
        Ok(recipe)
    }

    /// The recipe of `folder` with `training` laid over its `[training]`, and `every_axis` over that of every axis.
    ///
    /// # Errors
    /// As [`Corpus::read`].
    pub fn varied(folder: &Path, training: &toml::Table, every_axis: &toml::Table) -> Result<Self> {
        let path = folder.join("model.toml");
        let mut table = read_table(&path)?;
        let axes: Vec<String> =
            Self::of(table.clone(), &path)?.catalogue.axes.into_iter().map(|axis| axis.id).collect();
        let axes = axes.into_iter().map(|axis| (axis, every_axis.clone().into())).collect::<toml::Table>();
        let everywhere = toml::Table::from_iter([("axes".to_owned(), axes.into())]);
        for over in [everywhere, training.clone()] {
            overlay(&mut table, toml::Table::from_iter([("training".to_owned(), over.into())]));
        }
        Self::of(table, &path)
    }
}

/// Lays `over` on `table`: tables are joined, everything else is replaced.
fn overlay(table: &mut toml::Table, over: toml::Table) {
    for (key, value) in over {
        match (table.get_mut(&key), value) {
            (Some(toml::Value::Table(below)), toml::Value::Table(above)) => overlay(below, above),
            (_, value) => {
                table.insert(key, value);
            }
        }
    }
}

fn check_labels(record: &Record, catalogue: &Catalogue) -> Result<(), String> {
    for (axis, label) in &record.labels {
        let Some(known) = catalogue.axis(axis) else {
            return Err(format!("labels.{axis}: model.toml has no such axis"));
        };
        if let Some(label) = label
            && known.label(label).is_none()
        {
            return Err(format!("labels.{axis}: model.toml has no label {label:?}"));
        }
    }
    Ok(())
}
