//! The gRPC service: a thin transport around [`crate::Tagger`].
//!
//! [`Server::new`] takes a [`Registry`] of models and a [`Config`]; [`Server::serve`] answers on a listener until its
//! shutdown future is ready, then drains. Contracts: `proto/speechtag/v1`.
//!
//! A call walks through `connection` (TLS, HTTP/2, age), `observe` (metrics, request id), `guard` (size, overload,
//! deadline), to `tagging`, `models` or `admin`; tagging goes on to `workers`.

mod admin;
mod codec;
mod config;
mod connection;
mod convert;
mod exposition;
mod guard;
mod held;
mod lifecycle;
mod methods;
mod metrics;
mod models;
mod observe;
mod registry;
mod server;
mod shelf;
mod status;
mod tagging;
mod tls;
mod tokens;
mod trace;
mod watch;
mod workers;

use std::sync::Arc;

pub use config::{Limits, Shutdown, Timeouts};
pub(crate) use convert::check_options;
pub use registry::{ALIASES_FILE, Registry};
pub use server::Server;
pub use shelf::{Aliases, Entry, Shelf};
pub use status::DOMAIN;
pub(crate) use status::canonical_name;
pub use tls::TlsFiles;
pub use tokens::TokenFiles;
pub(crate) use tokens::listed;

use crate::Result;

/// The contract's messages and services, generated from `proto/speechtag/v1`.
#[allow(missing_docs, clippy::all, clippy::pedantic, reason = "generated from the commented protos")]
pub mod pb {
    tonic::include_proto!("speechtag.v1");

    /// The compiled contracts, for reflection.
    pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/speechtag.v1.bin"));
}

/// What a server is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// Sizes and counts.
    pub limits: Limits,
    /// Times.
    pub timeouts: Timeouts,
    /// How it stops.
    pub shutdown: Shutdown,
    /// Whether the admin service is there.
    pub admin: bool,
    /// Its certificates.
    pub tls: TlsFiles,
    /// Its tokens.
    pub tokens: TokenFiles,
    /// Time between looks at models, certificates and tokens, in milliseconds; 0 for never.
    pub watch_ms: u64,
}

/// What the parts of a server share.
#[derive(Debug)]
struct Shared {
    config: Config,
    registry: Arc<Registry>,
    metrics: Arc<metrics::Metrics>,
    workers: workers::Workers,
    admission: guard::Admission,
    lifecycle: lifecycle::Lifecycle,
    tls: Option<tls::Tls>,
    tokens: tokens::Tokens,
    /// Held while certificates and tokens are read: one reader at a time.
    reading: Arc<tokio::sync::Mutex<()>>,
}

impl Shared {
    /// Reads certificates and tokens anew because of `trigger`, on a blocking thread: a file may take for ever. Whether all
    /// were good.
    async fn reload_secrets(self: &Arc<Self>, trigger: &'static str) -> bool {
        let one = Arc::clone(&self.reading).lock_owned().await;
        let shared = Arc::clone(self);
        let read = tokio::task::spawn_blocking(move || {
            // Here, so that it is held to the end of the reading, though nobody may wait for that any more.
            let _one = one;
            shared.read_secrets(trigger)
        });
        read.await.unwrap_or_else(|panic| {
            self.metrics.secrets(false);
            tracing::error!(trigger, %panic, "reading certificates and tokens panicked");
            false
        })
    }

    /// Bad ones change nothing, and neither keeps the other.
    fn read_secrets(&self, trigger: &str) -> bool {
        let certificates = self.tls.as_ref().map(|tls| ("certificates", tls.reload()));
        let tokens = (self.tokens.files().next().is_some()).then(|| ("tokens", self.tokens.reload()));
        let read: Vec<_> = certificates.into_iter().chain(tokens).collect();
        if read.is_empty() {
            return true;
        }
        let good = read.iter().all(|(_, result)| result.is_ok());
        self.metrics.secrets(good);
        for (what, result) in read {
            match result {
                Ok(()) => tracing::info!(trigger, what, "read"),
                Err(error) => tracing::error!(trigger, what, %error, "not read; the old ones stay"),
            }
        }
        good
    }

    /// What the files of certificates and tokens look like now.
    fn secrets(&self) -> registry::Fingerprint {
        let files = self.tls.iter().flat_map(tls::Tls::files).chain(self.tokens.files());
        registry::fingerprint(files.cloned())
    }

    /// Loads the models anew because of `trigger`, and says in log and metrics how that went.
    async fn reload(&self, trigger: &str) -> Result<Arc<Shelf>> {
        let loaded = self.registry.reload().await;
        match &loaded {
            Ok(shelf) => self.in_service(trigger, shelf),
            Err(error) => {
                self.metrics.not_loaded();
                tracing::error!(trigger, %error, "models not loaded; what was in service stays");
            }
        }
        loaded
    }

    /// Says in log and metrics which models are in service from now on.
    fn in_service(&self, trigger: &str, shelf: &Shelf) {
        self.metrics.loaded(shelf);
        for Entry { tagger, aliases } in shelf.entries() {
            let (catalogue, sha256) = (tagger.model().catalogue(), tagger.model().sha256());
            let aliases = aliases.join(",");
            tracing::info!(trigger, model = %catalogue.name, version = %catalogue.version, sha256, aliases, "model in service");
        }
    }
}
