//! One service: how to reach it, and what to do when it does not answer.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use tonic::metadata::AsciiMetadataValue;
use tonic::transport::Channel;
use tonic::{Code, Request, Status};
use tonic_types::StatusExt;

use crate::cli::batch::progress::Voice;
use crate::cli::client::{Certificates, chain};
use crate::service::pb::model_service_client::ModelServiceClient;
use crate::service::pb::tagging_service_client::TaggingServiceClient;
use crate::service::{listed, pb};
use crate::{Error, Result};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const CALL_TIMEOUT: Duration = Duration::from_secs(10);
/// A connection on which pings go unanswered is given up.
const KEEPALIVE: Duration = Duration::from_secs(20);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(10);
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// An endpoint. Clones share the connection, which is made when it is needed and again when it is lost.
#[derive(Clone)]
pub struct Service {
    pub url: String,
    channel: Channel,
    token: Option<AsciiMetadataValue>,
}

impl Service {
    /// # Errors
    /// If the URL, a certificate or the token can't be used.
    pub fn new(url: &str, certificates: &Certificates, token_file: Option<&Path>) -> Result<Self> {
        let endpoint = certificates
            .endpoint(url)?
            .connect_timeout(CONNECT_TIMEOUT)
            .http2_keep_alive_interval(KEEPALIVE)
            .keep_alive_timeout(KEEPALIVE_TIMEOUT)
            .keep_alive_while_idle(true);
        let token = token_file.map(read_token).transpose()?;
        Ok(Self { url: url.to_owned(), channel: endpoint.connect_lazy(), token })
    }

    pub fn error(&self, reason: impl Into<String>) -> Error {
        Error::Service { endpoint: self.url.clone(), reason: reason.into() }
    }

    /// A message with our token.
    pub fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        if let Some(token) = &self.token {
            request.metadata_mut().insert("authorization", token.clone());
        }
        request
    }

    /// For tagging. Answers may be long: what bounds them is the length of the texts.
    pub fn tagging(&self) -> TaggingServiceClient<Channel> {
        TaggingServiceClient::new(self.channel.clone()).max_decoding_message_size(usize::MAX)
    }

    /// Whether the service answers.
    ///
    /// # Errors
    /// With the status, if it does not.
    pub async fn ping(&self) -> Result<(), Status> {
        self.get_model("").await.map(|_| ())
    }

    async fn get_model(&self, name: &str) -> Result<pb::GetModelResponse, Status> {
        let mut client = ModelServiceClient::new(self.channel.clone()).max_decoding_message_size(usize::MAX);
        let call = client.get_model(self.request(pb::GetModelRequest { name: name.to_owned() }));
        let late = |_| Status::unavailable("no answer in time");
        tokio::time::timeout(CALL_TIMEOUT, call).await.map_err(late)?.map(tonic::Response::into_inner)
    }

    /// The service's model and limits, within `patience`.
    ///
    /// # Errors
    /// If it refuses or does not answer.
    pub async fn describe(&self, model: &str, patience: Duration, voice: &Voice) -> Result<pb::GetModelResponse> {
        let mut waits = Waits::new(patience, Arc::default());
        loop {
            let status = match self.get_model(model).await {
                Ok(response) => return Ok(response),
                Err(status) => status,
            };
            let wait = waits.after(&status).map_err(|reason| self.error(reason))?;
            voice.say(format_args!("{}: {}; again in {:.1} s", self.url, words(&status), wait.as_secs_f64()));
            tokio::time::sleep(wait).await;
        }
    }
}

fn read_token(path: &Path) -> Result<AsciiMetadataValue> {
    let text = std::fs::read_to_string(path).map_err(Error::io(path))?;
    let wrong = |reason| Error::invalid("--token-file", format!("{}: {reason}", path.display()));
    let token = listed(&text).next().ok_or_else(|| wrong("holds no token"))?;
    format!("Bearer {token}").parse().map_err(|_| wrong("a token may hold no characters but those of ASCII"))
}

/// What a status says, with what caused it.
pub fn words(status: &Status) -> String {
    let cause = std::error::Error::source(status).map(|cause| format!(": {}", chain(cause))).unwrap_or_default();
    format!("{:?}: {}{cause}", status.code(), status.message())
}

/// Whether a status says to try again, and how long to wait at least. A status that no service sent, because the connection
/// broke, says so, too: it has a cause on this side.
fn again(status: &Status) -> Option<Duration> {
    let delay = status.get_details_retry_info().and_then(|info| info.retry_delay);
    match status.code() {
        Code::Unavailable => Some(delay.unwrap_or_default()),
        Code::ResourceExhausted => delay,
        _ => std::error::Error::source(status).map(|_| Duration::ZERO),
    }
}

/// When any of the services has answered last.
pub struct Heard(Mutex<Instant>);

impl Default for Heard {
    fn default() -> Self {
        Self(Mutex::new(Instant::now()))
    }
}

impl Heard {
    fn now(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn ago(&self) -> Duration {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }
}

/// Times to wait, longer and longer, until there is an answer.
pub struct Waits {
    patience: Duration,
    /// Since when there is none; nothing while there is one, or nothing was asked.
    failing: Option<Instant>,
    /// Shared by all services: while one answers, another one may be away for long.
    heard: Arc<Heard>,
    backoff: ExponentialBackoff,
}

impl Waits {
    pub fn new(patience: Duration, heard: Arc<Heard>) -> Self {
        Self { patience, failing: None, heard, backoff: backoff() }
    }

    /// Whether the last words of the service were none of use.
    pub fn is_failing(&self) -> bool {
        self.failing.is_some()
    }

    /// The service has answered.
    pub fn reset(&mut self) {
        self.heard.now();
        if self.failing.take().is_some() {
            self.backoff = backoff();
        }
    }

    /// How long to wait after `status`.
    ///
    /// # Errors
    /// With the reason, if there is no use in trying again.
    pub fn after(&mut self, status: &Status) -> Result<Duration, String> {
        let Some(asked) = again(status) else { return Err(words(status)) };
        if self.failing.get_or_insert_with(Instant::now).elapsed().min(self.heard.ago()) > self.patience {
            let seconds = self.patience.as_secs();
            return Err(format!("no answer for --patience {seconds} seconds; the last words were {}", words(status)));
        }
        let wait = self.backoff.next().unwrap_or(LONGEST_WAIT);
        Ok(wait.max(asked))
    }
}

fn backoff() -> ExponentialBackoff {
    let builder = ExponentialBuilder::default().with_min_delay(FIRST_WAIT).with_max_delay(LONGEST_WAIT);
    builder.with_jitter().without_max_times().build()
}

#[cfg(test)]
mod tests {
    use tonic_types::{ErrorDetails, StatusExt};

    use super::*;

    #[test]
    fn only_statuses_that_say_so_are_tried_again() {
        let later = ErrorDetails::with_retry_info(Some(Duration::from_secs(2)));
        let overloaded = Status::with_error_details(Code::ResourceExhausted, "", later);
        assert_eq!(again(&overloaded), Some(Duration::from_secs(2)));
        assert_eq!(again(&Status::unavailable("")), Some(Duration::ZERO));
        for status in [Status::resource_exhausted(""), Status::internal(""), Status::unauthenticated("")] {
            assert_eq!(again(&status), None, "{status:?}");
        }
        let broken = Status::from_error(Box::new(std::io::Error::from(std::io::ErrorKind::ConnectionReset)));
        assert_eq!(again(&broken), Some(Duration::ZERO));
    }

    #[test]
    fn waits_grow_and_end() {
        let mut waits = Waits::new(Duration::from_secs(60), Arc::default());
        let status = Status::unavailable("");
        let grown: Vec<_> = (0..12).map(|_| waits.after(&status).unwrap()).collect();
        assert!(grown[0] < Duration::from_secs(1) && grown[11] >= LONGEST_WAIT, "{grown:?}");
        let mut waits = Waits::new(Duration::from_millis(20), Arc::default());
        waits.after(&status).unwrap();
        std::thread::sleep(Duration::from_millis(30));
        assert!(waits.after(&status).unwrap_err().contains("--patience 0"));
    }
}
