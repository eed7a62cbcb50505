//! The one error of the library. The service maps it to gRPC statuses in one place, the command line to exit codes.

use std::path::PathBuf;

/// What can go wrong. Every variant names the field, path or model it is about.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The caller's input is at fault; `field` is a path such as `documents[3].text`.
    #[error("{field}: {message}")]
    InvalidArgument {
        /// Path of the offending field.
        field: String,
        /// What is wrong, with the limit and the value.
        message: String,
    },
    /// The input is larger than a stated limit.
    #[error("{field}: {actual} {unit} exceed the limit of {limit} {unit}")]
    TooLarge {
        /// Path of the offending field.
        field: String,
        /// The limit, in `unit`.
        limit: usize,
        /// The value found, in `unit`.
        actual: usize,
        /// Unit of both numbers, such as `bytes` or `documents`.
        unit: &'static str,
    },
    /// No model, axis or label has this name.
    #[error("{field}: no {kind} is called {name:?}; there are: {known}")]
    NotFound {
        /// Path of the offending field.
        field: String,
        /// What was looked for: `model`, `alias`, `axis` or `label`.
        kind: &'static str,
        /// The name that nothing has; at most its first 64 characters.
        name: String,
        /// The names that exist, separated by commas.
        known: String,
    },
    /// A model file cannot be used.
    #[error("model {}: {reason}", path.display())]
    Model {
        /// The file or folder.
        path: PathBuf,
        /// Why it was refused.
        reason: String,
    },
    /// A corpus cannot be used for training or measuring.
    #[error("corpus {}: {reason}", path.display())]
    Corpus {
        /// The file or folder, with a line number where one is known.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Training was refused by linfa.
    #[error("training axis {axis:?}: {reason}")]
    Training {
        /// The axis that was being trained.
        axis: String,
        /// linfa's own words, or ours.
        reason: String,
    },
    /// The operating system refused a read or write.
    #[error("{}: {source}", path.display())]
    Io {
        /// The path that was read or written.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// A service that was to tag does not answer, or refuses.
    #[error("service {endpoint}: {reason}")]
    Service {
        /// The service's address.
        endpoint: String,
        /// What it said, or that it said nothing.
        reason: String,
    },
    /// The configuration is wrong, in each of these ways.
    #[error("configuration:\n  {}", .0.join("\n  "))]
    Configuration(Vec<String>),
    /// No model is loaded yet.
    #[error("no model is loaded yet")]
    NotReady,
    /// Whoever asked no longer waits for the answer.
    #[error("interrupted: nobody waits for the answer")]
    Interrupted,
    /// A defect of speechtag itself: data that ships inside the binary does not parse.
    #[error("internal: {0}")]
    Internal(String),
}

/// The library's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An [`Error::InvalidArgument`] for `field`.
    pub fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::InvalidArgument { field: field.into(), message: message.into() }
    }

    /// An [`Error::NotFound`] for `field`.
    pub(crate) fn not_found<'k>(
        field: impl Into<String>,
        kind: &'static str,
        name: &str,
        known: impl IntoIterator<Item = &'k str>,
    ) -> Self {
        let known = known.into_iter().collect::<Vec<_>>().join(", ");
        Self::NotFound { field: field.into(), kind, name: brief(name), known }
    }

    /// An [`Error::Io`] for `path`, for use with `map_err`.
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }

    /// The same error with `prefix` before its field path: `text` inside `documents[3]` becomes `documents[3].text`.
    #[must_use]
    pub fn within(mut self, prefix: &str) -> Self {
        if let Self::InvalidArgument { field, .. } | Self::TooLarge { field, .. } | Self::NotFound { field, .. } =
            &mut self
        {
            *field = format!("{prefix}.{field}");
        }
        self
    }

    /// The path of the field at fault, if the caller's input is.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::InvalidArgument { field, .. } | Self::TooLarge { field, .. } | Self::NotFound { field, .. } => {
                Some(field)
            }
            _ => None,
        }
    }
}

/// The most characters of a caller's own words that a message repeats; a text that was put into the wrong field is not
/// logged whole.
const BRIEF_CHARS: usize = 64;

/// `words`, or their beginning.
pub(crate) fn brief(words: &str) -> String {
    match words.char_indices().nth(BRIEF_CHARS) {
        None => words.to_owned(),
        Some((end, _)) => format!("{}…", words.get(..end).unwrap_or_default()),
    }
}
