//! From the paths of a command line to files, folders unfolded.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use super::Source;
use crate::{Error, Result};

/// Where a path leads, behind all links; of what is not there yet, where it will stand.
pub fn canonical(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        folder.join(path.file_name().unwrap_or_default())
    })
}

/// What is told of an entry that is not read, and why not.
pub type PassedOver = fn(&Path, &str);

/// The files at `paths`, folders unfolded in the order of names, without those in `ours`, which are canonical. Within a
/// folder, what a link leads to that is a folder, and what is no file, such as a pipe, is not read but `passed_over`;
/// hidden files and folders are left out. A folder that can't be read is a source that can't. Only one folder's names are
/// held at a time.
pub fn sources(
    paths: Vec<PathBuf>,
    ours: Vec<PathBuf>,
    passed_over: PassedOver,
) -> impl Iterator<Item = Result<Source>> {
    let paths = if paths.is_empty() { vec![PathBuf::from("-")] } else { paths };
    paths.into_iter().flat_map(move |path| -> Box<dyn Iterator<Item = Result<Source>>> {
        if path == Path::new("-") {
            return Box::new(std::iter::once(Ok(Source::standard_input())));
        }
        let ours = ours.clone();
        let entries = WalkDir::new(&path).follow_root_links(true).sort_by_file_name().into_iter();
        let entries = entries.filter_entry(|entry| entry.depth() == 0 || !is_hidden(entry));
        Box::new(entries.filter_map(move |entry| match entry {
            Ok(entry) => {
                let mine = || entry.depth() > 0 && ours.contains(&canonical(entry.path()));
                (is_read(&entry, passed_over) && !mine()).then(|| Ok(file(&path, &entry)))
            }
            Err(error) => Some(unreadable(&path, error)),
        }))
    })
}

/// Warns of what is not read.
pub fn say_passed_over(path: &Path, why: &str) {
    // Nobody may be listening.
    let _ = writeln!(io::stderr(), "speechtag: {}: {why}; name it as an input to have it read", path.display());
}

/// What editors, version control and file managers keep beside texts.
fn is_hidden(entry: &DirEntry) -> bool {
    entry.file_name().as_encoded_bytes().starts_with(b".")
}

/// Whether an entry is a file to read.
fn is_read(entry: &DirEntry, passed_over: PassedOver) -> bool {
    // A pipe or a device is read if it is named.
    if entry.depth() == 0 {
        return !entry.path().is_dir();
    }
    if entry.file_type().is_dir() {
        return false;
    }
    let why = match fs::metadata(entry.path()) {
        Ok(target) if target.is_file() => return true,
        // Links to folders can lead in circles.
        Ok(target) if target.is_dir() => "links to a folder and is passed over",
        // A pipe may never end, or not begin.
        Ok(_) => "is a pipe, a socket or a device and is passed over",
        // To open it will say what is wrong, as that of a record.
        Err(_) => return true,
    };
    passed_over(entry.path(), why);
    false
}

fn file(root: &Path, entry: &DirEntry) -> Source {
    let size = fs::metadata(entry.path()).map_or(0, |metadata| metadata.len());
    Source::file(entry.path(), within(root, entry.path()), size)
}

/// The path within the folder given; of a file given, its name.
fn within(root: &Path, path: &Path) -> String {
    let within = path.strip_prefix(root).ok().filter(|within| !within.as_os_str().is_empty());
    within.or_else(|| path.file_name().map(Path::new)).unwrap_or(path).to_string_lossy().into_owned()
}

/// A folder that can't be read, as a source that says so. What is not there at all is an error of the command line.
fn unreadable(root: &Path, error: walkdir::Error) -> Result<Source> {
    let path = error.path().unwrap_or(root).to_owned();
    let whole = error.depth() == 0 && !root.is_dir();
    let cause = error.into_io_error().unwrap_or_else(|| io::Error::other("links in a circle"));
    let fault = Error::Io { path: path.clone(), source: cause };
    if whole { Err(fault) } else { Ok(Source::unreadable(&path, within(root, &path), fault)) }
}
