//! The models directory: where a server's models come from, again and again.
//!
//! ```text
//! DIR/
//!   0.1.0/model.bin      one folder a model, of any name; names that begin with a dot, and folders that file systems keep for
//!                        themselves, such as lost+found, are passed over
//!   0.2.0/model.bin
//!   aliases.toml         stable = "speechtag-zh@0.1.0", canary = "speechtag-zh@0.2.0"; may be absent
//! ```
//!
//! A folder that holds `model.bin` itself is a directory of that one model. A load reads everything beside what is
//! served, checks it (hash, format, a few texts through the whole pipeline) and then swaps all of it at once; when
//! anything is wrong it swaps nothing. A model whose bytes are known is not parsed again.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use arc_swap::ArcSwapOption;
use tokio::sync::Mutex;

use super::shelf::{Aliases, Shelf};
use crate::features::Analyzer;
use crate::model::{MODEL_FILE, sha256_of};
use crate::{Document, Error, Model, Options, Result, Tagger};

/// Name of the file of aliases inside a models directory.
pub const ALIASES_FILE: &str = "aliases.toml";

/// Folders that file systems and storage appliances make for themselves, at the root of a volume or anywhere.
const SYSTEM_FOLDERS: [&str; 4] = ["lost+found", "System Volume Information", "$RECYCLE.BIN", "@eaDir"];

/// What a new model must tag before it is served.
const TRIALS: [&str; 3] = [
    "同志们：今天召开全县春季农业生产会议，主要任务是安排春耕。各乡镇务必抓好落实，确保一方平安。",
    "尊敬的各位來賓：值此論壇開幕之際，我謹代表市人民政府表示熱烈祝賀，並預祝論壇圓滿成功！",
    "3.14 plain text 🎉",
];

/// The models of a server, and the way to load them anew.
#[derive(Debug)]
pub struct Registry {
    /// Nothing for one model that stays what it is.
    folder: Option<PathBuf>,
    analyzer: OnceLock<Arc<Analyzer>>,
    current: ArcSwapOption<Shelf>,
    /// Held through a load: one at a time.
    loading: Mutex<()>,
}

/// What a models directory looks like from outside: every file with its size and time.
pub type Fingerprint = BTreeMap<PathBuf, (u64, Option<SystemTime>)>;

impl Registry {
    /// The models in a folder; nothing for the model that ships inside the binary. Nothing is read yet.
    #[must_use]
    pub fn new(folder: Option<PathBuf>) -> Self {
        Self::of(folder, None)
    }

    /// One tagger, for ever.
    #[must_use]
    pub fn given(tagger: Tagger) -> Self {
        Self::of(None, Some(Arc::new(Shelf::of(tagger))))
    }

    fn of(folder: Option<PathBuf>, shelf: Option<Arc<Shelf>>) -> Self {
        Self { folder, analyzer: OnceLock::new(), current: ArcSwapOption::new(shelf), loading: Mutex::new(()) }
    }

    /// The models now.
    ///
    /// # Errors
    /// [`Error::NotReady`] before the first load.
    pub fn shelf(&self) -> Result<Arc<Shelf>> {
        self.current.load_full().ok_or(Error::NotReady)
    }

    /// Loads everything anew, on a blocking thread, and swaps it in.
    ///
    /// # Errors
    /// [`Error::Model`] and the other errors of reading; what is served stays.
    pub async fn reload(self: &Arc<Self>) -> Result<Arc<Shelf>> {
        self.swap(Self::load).await
    }

    /// Puts `alias` on `model` (`NAME@VERSION`; nothing takes it away), in the directory and in service.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown alias or model, [`Error::Model`] where there is no directory of models,
    /// [`Error::Io`] if it can't be written. What is served stays.
    pub async fn set_alias(self: &Arc<Self>, alias: String, model: Option<String>) -> Result<Arc<Shelf>> {
        self.swap(move |registry| {
            let Some(folder) = &registry.folder else {
                let reason = "has no aliases: start with --models DIR".to_owned();
                return Err(Error::Model { path: PathBuf::from("(shipped)"), reason });
            };
            let aliases = read_aliases(folder)?.with(&alias, model)?;
            let own = format!("aliases.{alias}");
            let shelf = Shelf::new(registry.read(folder)?, &aliases).map_err(|e| match e {
                Error::NotFound { field, kind, name, known } if field == own => {
                    Error::NotFound { field: "model".to_owned(), kind, name, known }
                }
                Error::InvalidArgument { field, message } if field == own => Error::invalid("model", message),
                other => of_folder(folder, other),
            })?;
            write_aliases(folder, &aliases)?;
            Ok(shelf)
        })
        .await
    }

    /// A task of its own, so that a caller who goes away leaves nothing half done.
    async fn swap(self: &Arc<Self>, load: impl FnOnce(&Self) -> Result<Shelf> + Send + 'static) -> Result<Arc<Shelf>> {
        let registry = Arc::clone(self);
        let task = tokio::spawn(async move {
            let _one = registry.loading.lock().await;
            let loader = Arc::clone(&registry);
            let shelf = tokio::task::spawn_blocking(move || load(&loader)).await.map_err(|panic| defect(&panic))??;
            let shelf = Arc::new(shelf);
            registry.current.store(Some(Arc::clone(&shelf)));
            Ok(shelf)
        });
        task.await.unwrap_or_else(|panic| Err(defect(&panic)))
    }

    fn load(&self) -> Result<Shelf> {
        let Some(folder) = &self.folder else {
            return self.shelf().map_or_else(|_| Tagger::shipped().map(Shelf::of), |shelf| Ok(shelf.as_ref().clone()));
        };
        Shelf::new(self.read(folder)?, &read_aliases(folder)?).map_err(|e| of_folder(folder, e))
    }

    /// A tagger for every model in `folder`.
    fn read(&self, folder: &Path) -> Result<Vec<Tagger>> {
        let files = model_files(folder)?;
        if files.is_empty() {
            return Err(Error::Model { path: folder.to_owned(), reason: "holds no folder with a model".to_owned() });
        }
        files.iter().map(|file| self.read_model(file)).collect()
    }

    fn read_model(&self, file: &Path) -> Result<Tagger> {
        let refuse = |reason: String| Error::Model { path: file.to_owned(), reason };
        let bytes = fs::read(file).map_err(|e| match e.kind() {
            ErrorKind::NotFound => {
                refuse("is not there; a folder whose name begins with a dot is passed over".to_owned())
            }
            _ => refuse(e.to_string()),
        })?;
        let sha256 = sha256_of(&bytes);
        if let Ok(shelf) = self.shelf()
            && let Some(known) = shelf.entries().iter().find(|entry| entry.tagger.model().sha256() == sha256)
        {
            return Ok(known.tagger.clone());
        }
        let tagger = Tagger::new(self.analyzer()?, Model::from_bytes(&bytes, file)?);
        let options = Options { evidence: 3, ..Options::default() };
        for text in TRIALS {
            tagger.tag(&Document::new(text), &options).map_err(|e| refuse(format!("fails on a trial text: {e}")))?;
        }
        Ok(tagger)
    }

    fn analyzer(&self) -> Result<Arc<Analyzer>> {
        if let Some(analyzer) = self.analyzer.get() {
            return Ok(Arc::clone(analyzer));
        }
        let analyzer = Arc::new(Analyzer::new()?);
        Ok(Arc::clone(self.analyzer.get_or_init(|| analyzer)))
    }

    /// What the directory looks like now; nothing where there is none to watch.
    #[must_use]
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        let folder = self.folder.as_ref()?;
        // A directory that can't be read looks empty; loading it says why.
        let mut files = model_files(folder).unwrap_or_default();
        files.push(folder.join(ALIASES_FILE));
        Some(fingerprint(files))
    }
}

/// What the folder holds is nobody's request.
fn of_folder(folder: &Path, error: Error) -> Error {
    match error {
        Error::NotFound { .. } | Error::InvalidArgument { .. } => {
            Error::Model { path: folder.to_owned(), reason: error.to_string() }
        }
        other => other,
    }
}

fn defect(panic: &tokio::task::JoinError) -> Error {
    Error::Internal(format!("loading models: {panic}"))
}

/// Files that exist, with their sizes and times.
pub(super) fn fingerprint(files: impl IntoIterator<Item = PathBuf>) -> Fingerprint {
    let look = |file: PathBuf| {
        let metadata = fs::metadata(&file).ok()?;
        Some((file, (metadata.len(), metadata.modified().ok())))
    };
    files.into_iter().filter_map(look).collect()
}

/// The model files of a models directory. A folder without one counts too, so that it is refused and not passed over.
fn model_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let own = folder.join(MODEL_FILE);
    if own.is_file() {
        return Ok(vec![own]);
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(Error::io(folder))? {
        let entry = entry.map_err(Error::io(folder))?;
        let name = entry.file_name();
        let hidden = name.as_encoded_bytes().starts_with(b".") || SYSTEM_FOLDERS.iter().any(|system| name == *system);
        if !hidden && entry.path().is_dir() {
            files.push(entry.path().join(MODEL_FILE));
        }
    }
    files.sort();
    Ok(files)
}

fn read_aliases(folder: &Path) -> Result<Aliases> {
    let path = folder.join(ALIASES_FILE);
    match fs::read_to_string(&path) {
        Ok(text) => toml::from_str(&text).map_err(|e| Error::Model { path, reason: e.to_string() }),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(Aliases::default()),
        Err(e) => Err(Error::io(path)(e)),
    }
}

/// Writes beside and renames, so that nobody reads half a file.
fn write_aliases(folder: &Path, aliases: &Aliases) -> Result<()> {
    let text = toml::to_string(aliases).map_err(|e| Error::Internal(e.to_string()))?;
    let (path, beside) = (folder.join(ALIASES_FILE), folder.join(".aliases.toml.new"));
    fs::write(&beside, text).and_then(|()| fs::rename(&beside, &path)).map_err(Error::io(path))
}
