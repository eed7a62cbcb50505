//! Settings of `serve`: defaults < file < environment < flags, read once.
//!
//! A key `limits.max_text_bytes` is `SPEECHTAG_LIMITS__MAX_TEXT_BYTES` in the environment.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use config::{Config, Environment, File, FileFormat};
use serde::{Deserialize, Serialize};

use crate::service::Limits;
use crate::{Error, Result};

/// Everything `serve` can be told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The server.
    pub server: Server,
    /// The model.
    pub model: Model,
    /// What it accepts.
    pub limits: Limits,
    /// The log.
    pub log: Log,
}

/// `[server]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// Address and port of the gRPC service.
    pub listen: SocketAddr,
}

/// `[model]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Model {
    /// Folder of a model; the shipped model if not set.
    pub path: Option<PathBuf>,
}

/// `[log]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// A tracing filter such as `info` or `speechtag=debug`.
    pub filter: String,
    /// `json` or `pretty`.
    pub format: LogFormat,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Pretty,
    /// One JSON object a line.
    Json,
}

impl Default for Server {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 50051)) }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { filter: "info".to_owned(), format: LogFormat::default() }
    }
}

impl Settings {
    /// Reads `file` (TOML), the environment given as pairs, and `flags` (key and value), each over the one before.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] naming the key or file at fault.
    pub fn read(
        file: Option<&Path>,
        environment: impl Iterator<Item = (String, String)>,
        flags: &[(&str, String)],
    ) -> Result<Self> {
        let wrong = |e: config::ConfigError| Error::invalid("configuration", e.to_string());
        let mut builder = Config::builder();
        if let Some(file) = file {
            builder = builder.add_source(File::from(file).format(FileFormat::Toml));
        }
        let environment = environment.collect();
        builder = builder.add_source(
            Environment::with_prefix("SPEECHTAG")
                .prefix_separator("_")
                .separator("__")
                .try_parsing(true)
                .source(Some(environment)),
        );
        for (key, value) in flags {
            builder = builder.set_override(*key, value.as_str()).map_err(wrong)?;
        }
        let settings: Self = builder.build().map_err(wrong)?.try_deserialize().map_err(wrong)?;
        settings.check()?;
        Ok(settings)
    }

    fn check(&self) -> Result<()> {
        let limits = &self.limits;
        for (field, value) in [
            ("limits.max_text_bytes", limits.max_text_bytes),
            ("limits.max_batch_documents", limits.max_batch_documents),
            ("limits.max_message_bytes", limits.max_message_bytes),
        ] {
            if value == 0 {
                return Err(Error::invalid(field, "must be above 0"));
            }
        }
        if limits.max_message_bytes < limits.max_text_bytes {
            return Err(Error::invalid(
                "limits.max_message_bytes",
                format!(
                    "is {} and must hold a text of limits.max_text_bytes, {}",
                    limits.max_message_bytes, limits.max_text_bytes
                ),
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_win_over_environment_over_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("speechtag.toml");
        std::fs::write(
            &file,
            "[server]\nlisten = \"127.0.0.1:1\"\n[limits]\nmax_text_bytes = 10\nmax_batch_documents = 7\n",
        )
        .unwrap();
        let environment = || {
            [
                ("SPEECHTAG_LIMITS__MAX_TEXT_BYTES".to_owned(), "20".to_owned()),
                ("SPEECHTAG_SERVER__LISTEN".to_owned(), "127.0.0.1:2".to_owned()),
            ]
            .into_iter()
        };
        let settings =
            Settings::read(Some(&file), environment(), &[("server.listen", "127.0.0.1:3".to_owned())]).unwrap();
        assert_eq!(settings.server.listen.port(), 3);
        assert_eq!((settings.limits.max_text_bytes, settings.limits.max_batch_documents), (20, 7));
    }

    #[test]
    fn mistakes_are_named() {
        for (key, value, said) in [
            ("limits.max_texts", "3", "max_texts"),
            ("limits.max_text_bytes", "many", "many"),
            ("server.listen", "here", "server.listen"),
            ("limits.max_message_bytes", "5", "max_message_bytes"),
        ] {
            let error = Settings::read(None, std::iter::empty(), &[(key, value.to_owned())]).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}
