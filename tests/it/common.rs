//! A small language for tests: `Service::start().await` is a real server on a real socket.

use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use speechtag::Tagger;
use speechtag::service::pb::model_service_client::ModelServiceClient;
use speechtag::service::pb::tagging_service_client::TaggingServiceClient;
use speechtag::service::pb::{self, document::Content};
use speechtag::service::{Config, DOMAIN, Registry, Server, Shutdown};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tonic_types::StatusExt;

pub static TAGGER: LazyLock<Tagger> = LazyLock::new(|| Tagger::shipped().expect("the shipped model loads"));

/// A speech of our own, long enough to be sure of.
pub const SPEECH: &str = include_str!("../../examples/pages/crumbs.txt");

pub struct Service {
    pub address: SocketAddr,
    pub server: Server,
    stop: Option<oneshot::Sender<()>>,
    served: JoinHandle<speechtag::Result<()>>,
}

/// A configuration that stops without lame duck and does not watch.
pub fn config() -> Config {
    Config { shutdown: Shutdown { lame_duck_ms: 0, drain_ms: 5_000 }, ..Config::default() }
}

impl Service {
    pub async fn start() -> Self {
        Self::with(config()).await
    }

    pub async fn with(config: Config) -> Self {
        Self::of(Registry::given(TAGGER.clone()), config).await
    }

    pub async fn of(registry: Registry, config: Config) -> Self {
        let service = Self::unready(registry, config).await;
        service.ready().await;
        service
    }

    /// As [`Service::of`], for one that plain clients can't ask for its health.
    pub async fn unready(registry: Registry, config: Config) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let server = Server::new(Arc::new(registry), config).unwrap();
        let served = tokio::spawn(server.clone().serve(listener, async move {
            let _ = stopped.await;
        }));
        Self { address, server, stop: Some(stop), served }
    }

    /// Waits for SERVING.
    async fn ready(&self) {
        let mut health = HealthClient::new(self.channel().await);
        let asked = HealthCheckRequest { service: String::new() };
        let mut watch = health.watch(asked).await.unwrap().into_inner();
        while watch.message().await.unwrap().expect("health does not end").status() != ServingStatus::Serving {}
    }

    /// Begins to drain.
    pub fn stop(&mut self) {
        let _ = self.stop.take().map(|stop| stop.send(()));
    }

    /// Drains to the end.
    pub async fn stopped(mut self) -> speechtag::Result<()> {
        self.stop();
        (&mut self.served).await.unwrap()
    }

    /// The value of a row of the metrics, a whole number.
    pub fn metric(&self, row: &str) -> u64 {
        let text = self.server.metrics();
        let value = text.lines().find_map(|line| line.strip_prefix(row)?.strip_prefix(' '));
        value.unwrap_or_else(|| panic!("no {row} in\n{text}")).parse().unwrap()
    }

    pub async fn channel(&self) -> Channel {
        Channel::from_shared(format!("http://{}", self.address)).unwrap().connect().await.unwrap()
    }

    pub async fn tagging(&self) -> TaggingServiceClient<Channel> {
        TaggingServiceClient::new(self.channel().await).max_decoding_message_size(64 << 20)
    }

    /// A client that leaves deadlines to the server.
    pub fn plain(&self) -> TaggingServiceClient<Client<HttpConnector, tonic::body::Body>> {
        let client = Client::builder(TokioExecutor::new()).http2_only(true).build_http();
        TaggingServiceClient::with_origin(client, format!("http://{}", self.address).parse().unwrap())
    }

    pub async fn models(&self) -> ModelServiceClient<Channel> {
        ModelServiceClient::new(self.channel().await)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.stop();
    }
}

pub fn document(id: &str, text: &str) -> pb::Document {
    pb::Document { id: id.to_owned(), content: Some(Content::Text(text.to_owned())), ..Default::default() }
}

pub fn request(text: &str) -> pb::TagDocumentRequest {
    pb::TagDocumentRequest { document: Some(document("", text)), options: None }
}

/// Code, reason, and field path of a refusal.
pub fn refusal(status: &Status) -> (Code, String, String) {
    let info = status.get_details_error_info().unwrap_or_else(|| panic!("no ErrorInfo in {status:?}"));
    assert_eq!(info.domain, DOMAIN);
    let field = status.get_details_bad_request().map(|b| b.field_violations[0].field.clone()).unwrap_or_default();
    (status.code(), info.reason, field)
}

/// Whether a call failed before the service had it: no connection, or one that closed before it was sent.
pub fn never_sent(status: &Status) -> bool {
    std::iter::successors(std::error::Error::source(status), |error| error.source()).any(|error| {
        let refused = error.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        refused == Some(std::io::ErrorKind::ConnectionRefused)
            || error.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_canceled)
    })
}

/// Waits until `ready`, up to half a minute.
pub async fn eventually(mut ready: impl FnMut() -> bool) {
    for _ in 0..3_000 {
        if ready() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("still not so after 30 s");
}
