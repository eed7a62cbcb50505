//! Settings of `serve`: defaults < an image's file < the operator's file < environment < flags, read once, every mistake named
//! at once. No setting is a secret: keys and tokens stand in files, and settings name the files.

mod environment;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use config::{Config, File, FileFormat};
use http::Uri;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use tracing_subscriber::EnvFilter;

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
    /// Reads `files` (TOML), the environment given as pairs, and `flags` (key and value), each over the one before.
    ///
    /// # Errors
    /// [`Error::Configuration`] with every mistake there is, each with its key.
    pub fn read(files: &[&Path], environment: &[(String, String)], flags: &[(&str, Option<String>)]) -> Result<Self> {
        let wrong = |e: config::ConfigError| Error::Configuration(vec![e.to_string()]);
        let mut builder = Config::builder();
        for file in files {
            if file.is_dir() {
                return Err(Error::Configuration(vec![format!("{} is a folder, not a file", file.display())]));
            }
            builder = builder.add_source(File::from(*file).format(FileFormat::Toml));
        }
        for (key, value) in environment::settings(environment, &Self::known()) {
            builder = builder.set_override(key, value).map_err(wrong)?;
        }
        for (key, value) in flags {
            builder = builder.set_override_option(*key, value.clone()).map_err(wrong)?;
        }
        let values: Value = builder.build().and_then(Config::try_deserialize).map_err(wrong)?;
        let (settings, mut mistakes) = Self::from_values(values);
        mistakes.extend(settings.mistakes().iter().map(ToString::to_string));
        if mistakes.is_empty() { Ok(settings) } else { Err(Error::Configuration(mistakes)) }
    }

    /// Every setting, with its default.
    fn known() -> Value {
        // Serialising a few numbers and names can't fail; without them, every value is text.
        serde_json::to_value(Self::default()).unwrap_or_default()
    }

    /// What the environment has that looks like a setting and is none.
    pub fn overlooked(environment: &[(String, String)]) -> Vec<String> {
        environment::overlooked(environment, &Self::known())
    }

    /// The settings, with the default in the place of every value that is wrong, and what is wrong.
    fn from_values(mut values: Value) -> (Self, Vec<String>) {
        let mut mistakes = Vec::new();
        loop {
            match serde_path_to_error::deserialize(&values) {
                Ok(settings) => return (settings, mistakes),
                Err(error) => {
                    let key = error.path().to_string();
                    mistakes.push(match error.inner().to_string().as_str() {
                        // All that serde_json says of a whole number that is negative or too large.
                        "invalid number" => format!("{key}: out of range: {}", found(&values, &key)),
                        said => format!("{key}: {said}"),
                    });
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
        if self.models.path.as_ref().is_some_and(|path| path.as_os_str().is_empty()) {
            mistakes.push(Error::invalid("models.path", "must not be empty; without it the shipped model serves"));
        }
        if let Err(error) = EnvFilter::try_new(&self.log.filter) {
            mistakes.push(Error::invalid("log.filter", format!("{:?}: {error}", self.log.filter)));
        }
        if let Some(endpoint) = &self.telemetry.otlp_endpoint
            && !endpoint.parse::<Uri>().is_ok_and(|uri| uri.scheme_str() == Some("http") && uri.host().is_some())
        {
            let message =
                format!("must begin with http:// and a host (there is no TLS to a collector), found {endpoint:?}");
            mistakes.push(Error::invalid("telemetry.otlp_endpoint", message));
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

/// The value at `key` in nested tables, as it is written.
fn found(values: &Value, key: &str) -> String {
    values.pointer(&format!("/{}", key.replace('.', "/"))).map(ToString::to_string).unwrap_or_default()
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
        };
        let settings = Settings::read(
            &[&file],
            &environment(),
            &[("server.listen", Some("127.0.0.1:3".to_owned())), ("server.metrics_listen", None)],
        )
        .unwrap();
        assert_eq!(settings.server.listen.port(), 3);
        assert_eq!((settings.limits.max_text_bytes, settings.limits.max_batch_documents), (20, 7));
    }

    #[test]
    fn the_operators_file_wins_over_that_of_the_image() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("speechtag.toml");
        std::fs::write(&file, "[server]\nmetrics_listen = \"127.0.0.1:9464\"\n").unwrap();
        let image = Path::new("deploy/image.toml");
        let settings = Settings::read(&[image, &file], &[], &[]).unwrap();
        assert_eq!(settings.server.metrics_listen, METRICS_LISTEN);
        assert_eq!(
            (settings.server.listen.to_string().as_str(), settings.log.format),
            ("0.0.0.0:50051", LogFormat::Json)
        );
    }

    #[test]
    fn every_mistake_is_named_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("speechtag.toml");
        let text = "[limits]\nmax_texts = 3\nmax_text_bytes = \"many\"\nmax_batch_documents = 0\nmax_message_bytes = 5\nmax_streams = -1\n[colour]\nred = 1\n[log]\nfilter = \"a=b=c\"\n[telemetry]\notlp_endpoint = \"localhost:4317\"\n";
        std::fs::write(&file, text).unwrap();
        let environment = [
            ("SPEECHTAG_SERVER__LISTEN".to_owned(), "here".to_owned()),
            ("SPEECHTAG_PORT".to_owned(), "tcp://10.0.0.1:50051".to_owned()),
            ("SPEECHTAG_LIMITS__MAX_CALLS_PER_CONNECTION".to_owned(), "99999999999".to_owned()),
            ("SPEECHTAG_MODELS__PATH".to_owned(), String::new()),
        ];
        let error = Settings::read(&[&file], &environment, &[]).unwrap_err();
        let Error::Configuration(mistakes) = &error else { panic!("{error}") };
        for said in [
            "limits.max_texts: unknown field",
            "limits.max_text_bytes: invalid type",
            "limits.max_batch_documents: must be above 0",
            "limits.max_message_bytes: is 5 and must hold",
            "colour: unknown field",
            "server.listen: \"here\" is no IP address and port",
            "limits.max_streams: out of range: -1",
            "limits.max_calls_per_connection: out of range: 99999999999",
            "models.path: must not be empty",
            "log.filter: \"a=b=c\"",
            "telemetry.otlp_endpoint: must begin with http://",
        ] {
            assert!(mistakes.iter().any(|mistake| mistake.starts_with(said)), "{said} is not among {mistakes:#?}");
        }
        assert_eq!(mistakes.len(), 11, "{mistakes:#?}");
        let folder = Settings::read(&[folder.path()], &[], &[]).unwrap_err();
        assert!(folder.to_string().contains("is a folder"), "{folder}");
    }

    #[test]
    fn printed_settings_can_be_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("speechtag.toml");
        let settings = Settings { admin: Admin { enabled: true }, ..Settings::default() };
        std::fs::write(&file, settings.to_toml().unwrap()).unwrap();
        assert_eq!(Settings::read(&[&file], &[], &[]).unwrap(), settings);
    }
}
