//! Settings of `serve`: defaults < file < environment < flags, read once, every mistake named at once. No setting is a secret: keys and
//! tokens stand in files, and settings name the files.
//!
//! A key `limits.max_text_bytes` is `SPEECHTAG_LIMITS__MAX_TEXT_BYTES` in the environment. Variables without a double
//! underscore are not ours: Kubernetes sets `SPEECHTAG_PORT` and its like for a service of that name.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use config::{Config, Environment, File, FileFormat};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::service::{self, Limits, Shutdown, Timeouts, TlsFiles, TokenFiles};
use crate::{Error, Result};

/// Everything `serve` can be told.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where it listens.
    pub server: Server,
    /// The models.
    pub models: Models,
    /// What it accepts.
    pub limits: Limits,
    /// How long it waits.
    pub timeouts: Timeouts,
    /// How it stops.
    pub shutdown: Shutdown,
    /// Certificates.
    pub tls: TlsFiles,
    /// Tokens.
    pub auth: TokenFiles,
    /// The admin service.
    pub admin: Admin,
    /// The log.
    pub log: Log,
    /// Traces.
    pub telemetry: Telemetry,
}

/// `[server]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// Address and port of the gRPC service.
    #[serde(deserialize_with = "address")]
    pub listen: SocketAddr,
    /// Address and port of the Prometheus metrics.
    #[serde(deserialize_with = "address")]
    pub metrics_listen: SocketAddr,
}

fn address<'de, D: Deserializer<'de>>(value: D) -> Result<SocketAddr, D::Error> {
    let text = String::deserialize(value)?;
    text.parse().map_err(|_| {
        let message = "is no IP address and port, such as 127.0.0.1:50051; names of hosts are not looked up";
        D::Error::custom(format!("{text:?} {message}"))
    })
}

/// The default of [`Server::metrics_listen`].
pub const METRICS_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9464);

/// `[models]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Models {
    /// Folder of a model or of several; the shipped model if not set.
    pub path: Option<PathBuf>,
    /// Time between looks at the folder (and at certificates and tokens), in milliseconds; 0 for never.
    pub watch_ms: u64,
}

/// `[admin]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Admin {
    /// Whether the admin service is there.
    pub enabled: bool,
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

/// `[telemetry]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Telemetry {
    /// Where an OpenTelemetry collector takes OTLP over gRPC, such as `http://localhost:4317`; no traces if not set.
    pub otlp_endpoint: Option<String>,
    /// Share of calls traced where the caller has not decided, 0 to 1.
    pub sample_ratio: f64,
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
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 50051)), metrics_listen: METRICS_LISTEN }
    }
}

impl Default for Models {
    fn default() -> Self {
        Self { path: None, watch_ms: 2_000 }
    }
}

impl Default for Telemetry {
    fn default() -> Self {
        Self { otlp_endpoint: None, sample_ratio: 1.0 }
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
    /// [`Error::Configuration`] with every mistake there is, each with its key.
    pub fn read(
        file: Option<&Path>,
        environment: impl Iterator<Item = (String, String)>,
        flags: &[(&str, Option<String>)],
    ) -> Result<Self> {
        let wrong = |e: config::ConfigError| Error::Configuration(vec![e.to_string()]);
        let mut builder = Config::builder();
        if let Some(file) = file {
            builder = builder.add_source(File::from(file).format(FileFormat::Toml));
        }
        let environment = environment.filter(|(key, _)| key.contains("__")).collect();
        builder = builder.add_source(
            Environment::with_prefix("SPEECHTAG")
                .prefix_separator("_")
                .separator("__")
                .try_parsing(true)
                .source(Some(environment)),
        );
        for (key, value) in flags {
            builder = builder.set_override_option(*key, value.clone()).map_err(wrong)?;
        }
        let values: Value = builder.build().and_then(Config::try_deserialize).map_err(wrong)?;
        let (settings, mut mistakes) = Self::from_values(values);
        mistakes.extend(settings.mistakes().iter().map(ToString::to_string));
        if mistakes.is_empty() { Ok(settings) } else { Err(Error::Configuration(mistakes)) }
    }

    /// The settings, with the default in the place of every value that is wrong, and what is wrong.
    fn from_values(mut values: Value) -> (Self, Vec<String>) {
        let mut mistakes = Vec::new();
        loop {
            match serde_path_to_error::deserialize(&values) {
                Ok(settings) => return (settings, mistakes),
                Err(error) => {
                    let key = error.path().to_string();
                    mistakes.push(format!("{key}: {}", error.inner()));
                    if !remove(&mut values, &key) {
                        return (Self::default(), mistakes);
                    }
                }
            }
        }
    }

    /// What is wrong between values that are each right.
    fn mistakes(&self) -> Vec<Error> {
        let mut mistakes = self.limits.mistakes();
        mistakes.extend(self.timeouts.mistakes());
        mistakes.extend(self.tls.mistakes());
        if self.admin.enabled
            && self.auth.admin_token_file.is_none()
            && (self.is_open() || self.auth.token_file.is_some())
        {
            let message = "needs auth.admin_token_file, unless the service is on loopback and has no auth.token_file";
            mistakes.push(Error::invalid("admin.enabled", message));
        }
        let ratio = self.telemetry.sample_ratio;
        if !(0.0..=1.0).contains(&ratio) {
            let message = format!("must lie between 0 and 1, found {ratio}");
            mistakes.push(Error::invalid("telemetry.sample_ratio", message));
        }
        if self.server.metrics_listen == self.server.listen && self.server.listen.port() != 0 {
            mistakes.push(Error::invalid("server.metrics_listen", "must differ from server.listen"));
        }
        mistakes
    }

    /// Whether other machines can reach the service.
    fn is_open(&self) -> bool {
        !self.server.listen.ip().is_loopback()
    }

    /// What is allowed and seldom wise.
    pub fn warnings(&self) -> Vec<&'static str> {
        let open = |missing: bool, warning| (self.is_open() && missing).then_some(warning);
        let unknown = self.auth.token_file.is_none() && self.tls.client_ca.is_none();
        let warnings = [
            open(
                self.tls.certificate.is_none(),
                "server.listen is not loopback and tls.certificate is not set: texts travel in the clear",
            ),
            open(
                unknown,
                "server.listen is not loopback and neither auth.token_file nor tls.client_ca is set: everybody may call",
            ),
        ];
        warnings.into_iter().flatten().collect()
    }

    /// What the service is told.
    pub fn service(&self) -> service::Config {
        service::Config {
            limits: self.limits,
            timeouts: self.timeouts,
            shutdown: self.shutdown,
            admin: self.admin.enabled,
            tls: self.tls.clone(),
            tokens: self.auth.clone(),
            watch_ms: self.models.watch_ms,
        }
    }

    /// As a settings file.
    ///
    /// # Errors
    /// None for any settings there are.
    pub fn to_toml(&self) -> Result<String> {
        toml::to_string(self).map_err(|e| Error::Internal(e.to_string()))
    }
}

/// Takes `key` out of nested tables; false if it is not there.
fn remove(values: &mut Value, key: &str) -> bool {
    let (head, rest) = key.split_once('.').map_or((key, None), |(head, rest)| (head, Some(rest)));
    let Some(table) = values.as_object_mut() else { return false };
    match rest {
        Some(rest) => table.get_mut(head).is_some_and(|inner| remove(inner, rest)),
        None => table.remove(head).is_some(),
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
        let settings = Settings::read(
            Some(&file),
            environment(),
            &[("server.listen", Some("127.0.0.1:3".to_owned())), ("server.metrics_listen", None)],
        )
        .unwrap();
        assert_eq!(settings.server.listen.port(), 3);
        assert_eq!((settings.limits.max_text_bytes, settings.limits.max_batch_documents), (20, 7));
    }

    #[test]
    fn every_mistake_is_named_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("speechtag.toml");
        let text = "[limits]\nmax_texts = 3\nmax_text_bytes = \"many\"\nmax_batch_documents = 0\nmax_message_bytes = 5\n[colour]\nred = 1\n";
        std::fs::write(&file, text).unwrap();
        let environment = [
            ("SPEECHTAG_SERVER__LISTEN".to_owned(), "here".to_owned()),
            ("SPEECHTAG_PORT".to_owned(), "tcp://10.0.0.1:50051".to_owned()),
        ];
        let error = Settings::read(Some(&file), environment.into_iter(), &[]).unwrap_err();
        let Error::Configuration(mistakes) = &error else { panic!("{error}") };
        for said in [
            "limits.max_texts: unknown field",
            "limits.max_text_bytes: invalid type",
            "limits.max_batch_documents: must be above 0",
            "limits.max_message_bytes: is 5 and must hold",
            "colour: unknown field",
            "server.listen: \"here\" is no IP address and port",
        ] {
            assert!(mistakes.iter().any(|mistake| mistake.starts_with(said)), "{said} is not among {mistakes:#?}");
        }
        assert_eq!(mistakes.len(), 6);
    }

    #[test]
    fn printed_settings_can_be_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("speechtag.toml");
        let settings = Settings { admin: Admin { enabled: true }, ..Settings::default() };
        std::fs::write(&file, settings.to_toml().unwrap()).unwrap();
        assert_eq!(Settings::read(Some(&file), std::iter::empty(), &[]).unwrap(), settings);
    }
}
