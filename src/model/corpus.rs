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
    #[serde(alias = "gold")]
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
            let content = read_utf8(&file)?;
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

/// A file's text, without the byte-order mark that some editors write.
fn read_utf8(path: &Path) -> Result<String> {
    let bytes = fs::read(path).map_err(Error::io(path))?;
    let text = String::from_utf8(bytes).map_err(|e| Error::Corpus {
        path: path.to_owned(),
        reason: format!("is not UTF-8 at byte {}: a corpus must be", e.utf8_error().valid_up_to()),
    })?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

fn read_recipe(path: &Path) -> Result<Option<Recipe>> {
    if !path.exists() {
        return Ok(None);
    }
    Recipe::of(read_table(path)?, path).map(Some)
}

fn read_table(path: &Path) -> Result<toml::Table> {
    let content = read_utf8(path)?;
    content.parse().map_err(|e: toml::de::Error| Error::Corpus { path: path.to_owned(), reason: e.to_string() })
}

impl Recipe {
    fn of(table: toml::Table, path: &Path) -> Result<Self> {
        let wrong = |reason: String| Error::Corpus { path: path.to_owned(), reason };
        // The catalogue's fields are read as the file's own, so serde can't tell a misspelt one.
        if let Some(key) = table.keys().find(|key| !["name", "version", "training", "axis"].contains(&key.as_str())) {
            return Err(wrong(format!("{key}: unknown; there are name, version, training and axis")));
        }
        let recipe: Self = table.try_into().map_err(|e: toml::de::Error| wrong(e.to_string()))?;
        recipe.catalogue.check().map_err(|e| wrong(e.to_string()))?;
        if let Some(axis) = recipe.training.axes.keys().find(|axis| recipe.catalogue.axis(axis).is_none()) {
            return Err(wrong(format!("training.axes.{axis}: there is no such axis")));
        }
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
    match &record.acceptable {
        Acceptable::ByAxis(by_axis) => {
            for (axis, labels) in by_axis {
                let Some(known) = catalogue.axis(axis) else {
                    return Err(format!("acceptable.{axis}: model.toml has no such axis"));
                };
                if let Some(label) = labels.iter().find(|label| known.label(label).is_none()) {
                    return Err(format!("acceptable.{axis}: model.toml has no label {label:?}"));
                }
            }
        }
        Acceptable::Bare(labels) => {
            let unknown = |label: &&String| catalogue.axes.iter().all(|axis| axis.label(label).is_none());
            if let Some(label) = labels.iter().find(unknown) {
                return Err(format!("acceptable: no axis of model.toml has a label {label:?}"));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECIPE: &str = r#"name = "n"
version = "1"
[[axis]]
id = "kind"
zh = "类"
en = "kind"
target_precision = 0.9
label = [{ id = "a", zh = "甲", en = "a" }, { id = "b", zh = "乙", en = "b" }]
"#;
    const RECORD: &str = r#"{"id": "1", "text": "甲", "labels": {"kind": "a"}, "acceptable": {"kind": ["b"]}}"#;

    fn read(recipe: &str, records: &[u8]) -> Result<Corpus> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("model.toml"), recipe).unwrap();
        fs::write(folder.path().join("a.jsonl"), records).unwrap();
        Corpus::read(folder.path())
    }

    #[test]
    fn what_is_misspelt_is_not_passed_over() {
        read(&format!("\u{feff}{RECIPE}"), format!("\u{feff}{RECORD}").as_bytes()).unwrap();
        for (from, to, said) in [
            ("[[axis]]", "[training.axes.knid]\n[[axis]]", "training.axes.knid"),
            ("[[axis]]", "[trainnig]\nseed = 1\n[[axis]]", "trainnig: unknown"),
            ("zh = \"类\"", "zh = \"类\"\nopitonal = true", "opitonal"),
            ("en = \"b\"", "en = \"b\", inscope = false", "inscope"),
        ] {
            let error = read(&RECIPE.replacen(from, to, 1), RECORD.as_bytes()).unwrap_err().to_string();
            assert!(error.contains("model.toml") && error.contains(said), "{error}");
        }
        for (from, to, said) in [
            ("{\"kind\": [\"b\"]}", "{\"kind\": [\"c\"]}", "acceptable.kind"),
            ("{\"kind\": [\"b\"]}", "{\"kin\": [\"b\"]}", "acceptable.kin:"),
            ("{\"kind\": [\"b\"]}", "[\"c\"]", "acceptable:"),
            ("\"labels\"", "\"label\"", "missing field `labels`"),
            ("\"甲\"", "\" \"", "text of id \"1\" is empty"),
        ] {
            let error = read(RECIPE, RECORD.replacen(from, to, 1).as_bytes()).unwrap_err().to_string();
            assert!(error.contains("a.jsonl:1") && error.contains(said), "{error}");
        }
        let error = read(RECIPE, b"{\"id\": \"\xb8\xf1\"}").unwrap_err().to_string();
        assert!(error.contains("is not UTF-8 at byte 8"), "{error}");
    }
}
