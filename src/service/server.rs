//! The server as a story: listen, load, serve, drain, end.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn_with_state;
use futures_util::FutureExt;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tonic::service::Routes;
use tonic_health::ServingStatus;
use tonic_reflection::server::Builder;

use super::admin::Admin;
use super::config::ms;
use super::guard::{self, Admission};
use super::lifecycle::Lifecycle;
use super::methods;
use super::metrics::Metrics;
use super::models::Models;
use super::registry::Fingerprint;
use super::tagging::Tagging;
use super::tls::Tls;
use super::tokens::Tokens;
use super::watch::watch;
use super::workers::Workers;
use super::{Config, Registry, Shared, connection, observe, pb};
use crate::{Error, Result};

/// After an accept that failed (no file descriptors left, say), the time before the next.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);
/// After the cut, the time for connections to write the last statuses and close.
const AFTER_THE_CUT: Duration = Duration::from_secs(1);

/// The service, ready to answer. Clones share everything.
#[derive(Clone, Debug)]
pub struct Server {
    shared: Arc<Shared>,
}

impl Server {
    /// A service of the models in `registry`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for certificates or tokens that can't be read, [`Error::Io`] if no threads can be started.
    pub fn new(registry: Arc<Registry>, config: Config) -> Result<Self> {
        let metrics = Arc::new(Metrics::new());
        let workers = Workers::new(config.limits.workers, ms(config.timeouts.queue_ms), Arc::clone(&metrics))?;
        let admission = Admission::new(config.limits, Arc::clone(&metrics));
        let (tls, tokens) = (Tls::read(&config.tls)?, Tokens::read(&config.tokens)?);
        let lifecycle = Lifecycle { admin: config.admin, ..Lifecycle::default() };
        let reading = Arc::default();
        let shared = Shared { config, registry, metrics, workers, admission, lifecycle, tls, tokens, reading };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Answers on `listener` until `shutdown` is ready, then drains: `NOT_SERVING`, lame duck, no new calls, what is under
    /// way to its end or to the cut. Until the first models are loaded, health is `NOT_SERVING` and calls `UNAVAILABLE`.
    ///
    /// # Errors
    /// What loading the models answers; [`Error::Internal`] if the embedded contracts do not decode.
    pub async fn serve(self, listener: TcpListener, shutdown: impl Future<Output = ()>) -> Result<()> {
        let lifecycle = &self.shared.lifecycle;
        lifecycle.tell(ServingStatus::NotServing).await;
        let accepting = tokio::spawn(accept(listener, Arc::clone(&self.shared), self.router()?));
        let result = self.serve_until(shutdown).await;
        lifecycle.tell(ServingStatus::NotServing).await;
        if result.is_ok() {
            self.drain().await;
        }
        lifecycle.draining.cancel();
        lifecycle.cut.cancel();
        accepting.abort();
        result
    }

    async fn serve_until(&self, shutdown: impl Future<Output = ()>) -> Result<()> {
        let (seen, secrets) = (self.shared.registry.fingerprint(), self.shared.secrets());
        let serving = async {
            self.shared.reload("start").await?;
            self.shared.lifecycle.tell(ServingStatus::Serving).await;
            match self.shared.config.watch_ms {
                0 => std::future::pending().await,
                every => tokio::join!(self.watch_models(ms(every), seen), self.watch_secrets(ms(every), secrets)),
            };
            Ok(())
        };
        tokio::select! {
            result = serving => result,
            () = shutdown => Ok(()),
        }
    }

    async fn watch_models(&self, every: Duration, seen: Option<Fingerprint>) {
        let registry = Arc::clone(&self.shared.registry);
        // The log and the metrics say how it went.
        watch(every, seen, move || registry.fingerprint(), || self.shared.reload("watch").map(|shelf| shelf.is_ok()))
            .await;
    }

    async fn watch_secrets(&self, every: Duration, seen: Fingerprint) {
        let shared = Arc::clone(&self.shared);
        let look = move || shared.secrets();
        watch(every, seen, look, || self.shared.reload_secrets("watch")).await;
    }

    /// Reads certificates, tokens and models anew, as an operator's signal asks; log and metrics say how it went.
    pub async fn reload(&self, trigger: &'static str) {
        // Neither waits for the other.
        let _ = tokio::join!(self.shared.reload_secrets(trigger), self.shared.reload(trigger));
    }

    /// What Prometheus reads.
    #[must_use]
    pub fn metrics(&self) -> String {
        self.shared.metrics.text()
    }

    async fn drain(&self) {
        let (lifecycle, shutdown) = (&self.shared.lifecycle, &self.shared.config.shutdown);
        tracing::info!(shutdown.lame_duck_ms, "stopping: not serving, still answering");
        sleep(ms(shutdown.lame_duck_ms)).await;
        tracing::info!(shutdown.drain_ms, connections = lifecycle.connections.len(), "draining");
        lifecycle.draining.cancel();
        lifecycle.connections.close();
        if timeout(ms(shutdown.drain_ms), lifecycle.connections.wait()).await.is_err() {
            tracing::warn!(
                connections = lifecycle.connections.len(),
                "shutdown.drain_ms is over: cutting what is left"
            );
            lifecycle.cut.cancel();
            let _ = timeout(AFTER_THE_CUT, lifecycle.connections.wait()).await;
        }
    }

    /// Everything there is to call, behind what every call passes.
    fn router(&self) -> Result<Router> {
        let internal = |e: tonic_reflection::server::Error| Error::Internal(e.to_string());
        let shared = || Arc::clone(&self.shared);
        let limits = &self.shared.config.limits;
        let tagging = pb::tagging_service_server::TaggingServiceServer::new(Tagging(shared()))
            .max_decoding_message_size(limits.max_message_bytes)
            .max_encoding_message_size(limits.max_response_bytes);
        let health = tonic_health::server::HealthService::from_health_reporter(self.shared.lifecycle.health());
        let mut names = vec![
            pb::tagging_service_server::SERVICE_NAME,
            pb::model_service_server::SERVICE_NAME,
            tonic_health::pb::health_server::SERVICE_NAME,
            tonic_reflection::pb::v1::server_reflection_server::SERVICE_NAME,
            tonic_reflection::pb::v1alpha::server_reflection_server::SERVICE_NAME,
        ];
        let mut routes = Routes::builder();
        routes
            .add_service(tagging)
            .add_service(pb::model_service_server::ModelServiceServer::new(Models(shared())))
            .add_service(tonic_health::pb::health_server::HealthServer::new(health));
        if self.shared.config.admin {
            names.push(pb::admin_service_server::SERVICE_NAME);
            routes.add_service(pb::admin_service_server::AdminServiceServer::new(Admin(shared())));
        }
        let reflection = || {
            let builder = Builder::configure().include_reflection_service(false);
            let sets = methods::DESCRIPTORS.into_iter();
            let builder = sets.fold(builder, Builder::register_encoded_file_descriptor_set);
            names.iter().fold(builder, |builder, name| builder.with_service_name(*name))
        };
        routes
            .add_service(reflection().build_v1().map_err(internal)?)
            .add_service(reflection().build_v1alpha().map_err(internal)?);
        let router = routes.routes().into_axum_router();
        Ok(router
            .layer(from_fn_with_state(shared(), guard::guard))
            .layer(from_fn_with_state(shared(), observe::observe)))
    }
}

/// Takes connections, as many at once as the limit says, until the server drains.
async fn accept(listener: TcpListener, shared: Arc<Shared>, router: Router) {
    let room = Arc::new(Semaphore::new(shared.config.limits.max_connections));
    let connections = async {
        loop {
            let place = Arc::clone(&room).acquire_owned().await;
            let (stream, peer) = match listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "accepting a connection failed");
                    sleep(ACCEPT_AGAIN).await;
                    continue;
                }
            };
            let (task, router) = (Arc::clone(&shared), router.clone());
            shared.lifecycle.connections.spawn(async move {
                let _place = place;
                let open = task.metrics.connections().clone();
                open.inc();
                connection::serve(stream, peer, task, router).await;
                open.dec();
            });
        }
    };
    tokio::select! {
        () = connections => {}
        () = shared.lifecycle.draining.cancelled() => {}
    }
}
