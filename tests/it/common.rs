//! A small language for tests: `Service::start().await` is a real server on a real socket.

use std::net::SocketAddr;
use std::sync::LazyLock;

use speechtag::Tagger;
use speechtag::service::pb::model_service_client::ModelServiceClient;
use speechtag::service::pb::tagging_service_client::TaggingServiceClient;
use speechtag::service::pb::{self, document::Content};
use speechtag::service::{Limits, Server};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tonic::transport::Channel;

pub static TAGGER: LazyLock<Tagger> = LazyLock::new(|| Tagger::shipped().expect("the shipped model loads"));

/// A speech of our own, long enough to be sure of.
pub const SPEECH: &str = include_str!("../../examples/pages/crumbs.txt");

pub struct Service {
    pub address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
}

impl Service {
    pub async fn start() -> Self {
        Self::with(Limits::default()).await
    }

    pub async fn with(limits: Limits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let server = Server::new(TAGGER.clone(), limits);
        tokio::spawn(server.serve(listener, async move {
            let _ = stopped.await;
        }));
        Self { address, stop: Some(stop) }
    }

    pub async fn channel(&self) -> Channel {
        Channel::from_shared(format!("http://{}", self.address)).unwrap().connect().await.unwrap()
    }

    pub async fn tagging(&self) -> TaggingServiceClient<Channel> {
        TaggingServiceClient::new(self.channel().await).max_decoding_message_size(64 << 20)
    }

    pub async fn models(&self) -> ModelServiceClient<Channel> {
        ModelServiceClient::new(self.channel().await)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }
}

pub fn document(id: &str, text: &str) -> pb::Document {
    pb::Document { id: id.to_owned(), content: Some(Content::Text(text.to_owned())), ..Default::default() }
}
