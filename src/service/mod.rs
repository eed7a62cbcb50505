//! The gRPC service: a thin transport around [`Tagger`].
//!
//! [`Server::new`] takes a tagger and [`Limits`]; [`Server::serve`] answers on a listener until its shutdown future is
//! ready, then lets what is under way finish. Contracts: `proto/speechtag/v1`.

mod codec;
mod convert;
mod models;
mod status;
mod tagging;
mod workers;

use std::future::Future;
use std::sync::Arc;

use tokio::net::TcpListener;
use tonic::transport::server::TcpIncoming;
use tower::util::MapResponseLayer;

pub use models::Models;
pub use status::DOMAIN;
pub use tagging::Tagging;
pub use workers::Workers;

use crate::{DEFAULT_MAX_BYTES, Error, Result, Tagger};

/// The contract's messages and services, generated from `proto/speechtag/v1`.
#[allow(missing_docs, clippy::all, clippy::pedantic, reason = "generated from the commented protos")]
pub mod pb {
    tonic::include_proto!("speechtag.v1");

    /// The compiled contracts, for reflection.
    pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/speechtag.v1.bin"));
}

/// What a service accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Longest text of one document, in UTF-8 bytes.
    pub max_text_bytes: usize,
    /// Most documents in one batch.
    pub max_batch_documents: usize,
    /// Largest request message, in bytes.
    pub max_message_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_text_bytes: DEFAULT_MAX_BYTES, max_batch_documents: 256, max_message_bytes: 4 * DEFAULT_MAX_BYTES }
    }
}

/// What the services share.
#[derive(Debug)]
struct Shared {
    tagger: Tagger,
    limits: Limits,
    workers: Workers,
}

impl Shared {
    /// The tagger whose model is called `name` (`NAME` or `NAME@VERSION`); the default one for an empty name.
    fn tagger_named(&self, name: &str, field: &str) -> Result<Tagger> {
        let catalogue = self.tagger.model().catalogue();
        let full = format!("{}@{}", catalogue.name, catalogue.version);
        if name.is_empty() || name == catalogue.name || name == full {
            return Ok(self.tagger.clone());
        }
        Err(Error::NotFound { field: field.to_owned(), kind: "model", name: name.to_owned(), known: full })
    }
}

/// The service, ready to answer.
#[derive(Clone, Debug)]
pub struct Server {
    shared: Arc<Shared>,
}

impl Server {
    /// A service around `tagger` with one worker per processor.
    #[must_use]
    pub fn new(tagger: Tagger, limits: Limits) -> Self {
        let workers = Workers::new(std::thread::available_parallelism().map_or(1, usize::from));
        Self { shared: Arc::new(Shared { tagger, limits, workers }) }
    }

    /// Answers on `listener` until `shutdown` is ready, then finishes what is under way.
    ///
    /// # Errors
    /// [`Error::Internal`] if the transport fails or the embedded descriptors do not decode.
    pub async fn serve(self, listener: TcpListener, shutdown: impl Future<Output = ()>) -> Result<()> {
        let internal = |e: &dyn std::fmt::Display| Error::Internal(e.to_string());
        let limit = self.shared.limits.max_message_bytes;
        let tagging = pb::tagging_service_server::TaggingServiceServer::new(Tagging(Arc::clone(&self.shared)))
            .max_decoding_message_size(limit)
            .max_encoding_message_size(usize::MAX);
        let models = pb::model_service_server::ModelServiceServer::new(Models(Arc::clone(&self.shared)));
        let (health, health_service) = tonic_health::server::health_reporter();
        health.set_serving::<pb::tagging_service_server::TaggingServiceServer<Tagging>>().await;
        health.set_serving::<pb::model_service_server::ModelServiceServer<Models>>().await;
        let reflection = || {
            tonic_reflection::server::Builder::configure()
                .register_encoded_file_descriptor_set(pb::FILE_DESCRIPTOR_SET)
                .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        };
        tonic::transport::Server::builder()
            .layer(MapResponseLayer::new(status::oversize_response))
            .add_service(health_service)
            .add_service(reflection().build_v1().map_err(|e| internal(&e))?)
            .add_service(reflection().build_v1alpha().map_err(|e| internal(&e))?)
            .add_service(tagging)
            .add_service(models)
            .serve_with_incoming_shutdown(TcpIncoming::from(listener).with_nodelay(Some(true)), shutdown)
            .await
            .map_err(|e| internal(&e))
    }
}
