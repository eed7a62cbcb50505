//! What is seen of every call: its metrics, its span with a request id, its line in the log.
//!
//! A call ends with the status in its trailers, not with its headers, so the bodies are watched: each counts the messages
//! that pass, and the response's end is the call's.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderMap, HeaderName, HeaderValue};
use http_body::{Body as HttpBody, Frame, SizeHint};
use prometheus_client::metrics::counter::Counter;
use tonic::{Code, Status};
use tracing::{Instrument, Span, field};
use tracing_opentelemetry::OpenTelemetrySpanExt;

use super::connection::{Activity, Peer};
use super::metrics::{Metrics, OfMethod};
use super::{Shared, guard, methods, trace};

/// Names a call in logs of client and server; taken from the request or made, and returned.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Longest request id taken from a client, in bytes.
const MAX_REQUEST_ID: usize = 128;

/// Watches a call.
pub(super) async fn observe(State(shared): State<Arc<Shared>>, mut request: Request, next: Next) -> Response {
    let method = methods::at(request.uri().path());
    let id = request_id(request.headers());
    let peer = request.extensions().get::<Peer>().map(|peer| peer.0);
    let span = tracing::error_span!(
        "call",
        otel.name = format_args!("{}/{}", method.service, method.name),
        otel.kind = "server",
        rpc.system = "grpc",
        rpc.service = method.service,
        rpc.method = method.name,
        rpc.grpc.status_code = field::Empty,
        request_id = id.to_str().unwrap_or_default(),
        trace_id = field::Empty,
        peer = peer.map(field::display),
    );
    if let Some((caller, trace_id)) = trace::of(request.headers()) {
        span.record("trace_id", trace_id);
        // Fails where no collector is set, and then nothing is lost.
        let _ = span.set_parent(caller);
    }
    let of = shared.metrics.begin(method);
    let activity = request.extensions().get::<Arc<Activity>>().cloned();
    let broken_off = Arc::new(AtomicBool::new(false));
    let passing = |count: &Counter| Passing {
        messages: Messages::default(),
        count: count.clone(),
        activity: activity.clone(),
        broken_off: Arc::clone(&broken_off),
    };
    let (received, sent) = (passing(&of.received), passing(&of.sent));
    let metrics = Arc::clone(&shared.metrics);
    // What is wrong with it is said by the guard.
    let deadline = guard::grpc_timeout(request.headers()).ok().flatten();
    let mut call = Call { metrics, of, begun: Instant::now(), deadline, span: span.clone(), broken_off, ended: false };
    request = request.map(|body| Body::new(Watched { body, passing: received, call: None }));
    request.headers_mut().insert(REQUEST_ID, id.clone());

    let response = next.run(request).instrument(span).await;

    let (mut parts, body) = response.into_parts();
    parts.headers.insert(REQUEST_ID, id);
    if let Some(status) = Status::from_header_map(&parts.headers) {
        call.end(&status);
    }
    Response::from_parts(parts, Body::new(Watched { body, passing: sent, call: Some(call) }))
}

fn request_id(headers: &HeaderMap) -> HeaderValue {
    let given = headers
        .get(REQUEST_ID)
        .filter(|id| (1..=MAX_REQUEST_ID).contains(&id.len()) && id.as_bytes().iter().all(u8::is_ascii_graphic));
    given.cloned().unwrap_or_else(|| {
        HeaderValue::from_str(&uuid::Uuid::now_v7().to_string()).unwrap_or(HeaderValue::from_static("-"))
    })
}

/// A call until its status is known. One that is dropped before was cancelled by its client.
struct Call {
    metrics: Arc<Metrics>,
    of: OfMethod,
    begun: Instant,
    /// Time that the client allows.
    deadline: Option<Duration>,
    span: Span,
    /// Whether the client broke off its request; whatever status that leads to, the cause is the client.
    broken_off: Arc<AtomicBool>,
    ended: bool,
}

impl Call {
    fn end(&mut self, status: &Status) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        let took = self.begun.elapsed();
        let mut code = if self.broken_off.load(Ordering::Relaxed) { Code::Cancelled } else { status.code() };
        let mut message = status.message();
        if code == Code::Cancelled && self.deadline.is_some_and(|allowed| is_over(allowed, took)) {
            (code, message) = (Code::DeadlineExceeded, "not done in the client's time");
        }
        self.metrics.end(&self.of, code, took);
        self.span.record("rpc.grpc.status_code", code as i32);
        let _entered = self.span.enter();
        let ms = took.as_secs_f64() * 1e3;
        // Messages name fields, limits and values, and never hold a document's text.
        match code {
            Code::Internal | Code::Unknown | Code::DataLoss => tracing::error!(?code, message, ms, "failed"),
            Code::Ok | Code::Cancelled => tracing::debug!(?code, ms, "ended"),
            _ => tracing::info!(?code, message, ms, "refused"),
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.end(&Status::cancelled("the client has gone"));
    }
}

/// Whether a client that went after `took` did so because the time it `allowed` was over: its own timer ends the call, and
/// often before ours does. It began to count before us, and gRPC rounds up by as much as a hundredth what it tells us.
fn is_over(allowed: Duration, took: Duration) -> bool {
    took + Duration::from_millis(5) + allowed / 100 >= allowed
}

/// A body that is watched; the response's ends the call.
struct Watched {
    body: Body,
    passing: Passing,
    call: Option<Call>,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = &mut *self;
        // A stream's work is begun by reading its answers.
        let _entered = this.call.as_ref().map(|call| call.span.clone().entered());
        let frame = ready!(Pin::new(&mut this.body).poll_frame(cx));
        match (&frame, &mut this.call) {
            (Some(Ok(frame)), call) => {
                if let Some(data) = frame.data_ref() {
                    this.passing.see(data);
                }
                if let (Some(trailers), Some(call)) = (frame.trailers_ref(), call) {
                    call.end(&Status::from_header_map(trailers).unwrap_or_else(|| Status::unknown("no grpc-status")));
                }
            }
            (Some(Err(error)), Some(call)) => call.end(&Status::unknown(error.to_string())),
            (None, Some(call)) => call.end(&Status::unknown("no trailers")),
            (Some(Err(_)), None) => this.passing.broken_off.store(true, Ordering::Relaxed),
            (None, None) => {}
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// What passes through a body.
struct Passing {
    messages: Messages,
    count: Counter,
    activity: Option<Arc<Activity>>,
    broken_off: Arc<AtomicBool>,
}

impl Passing {
    fn see(&mut self, data: &[u8]) {
        self.count.inc_by(self.messages.see(data));
        if let Some(activity) = &self.activity {
            activity.touch();
        }
    }
}

/// Finds where messages begin in a gRPC body: each is one byte of flags, four of length, and so many bytes.
#[derive(Default)]
struct Messages {
    /// Bytes of the prefix seen.
    prefix: u8,
    length: u32,
    /// Bytes of the message still to come.
    left: usize,
}

impl Messages {
    /// Messages whose prefix ends in `data`.
    fn see(&mut self, mut data: &[u8]) -> u64 {
        let mut begun = 0;
        loop {
            let passed = self.left.min(data.len());
            self.left -= passed;
            let Some((byte, rest)) = data.get(passed..).and_then(<[u8]>::split_first) else { return begun };
            data = rest;
            if self.prefix > 0 {
                self.length = self.length << 8 | u32::from(*byte);
            }
            self.prefix += 1;
            if self.prefix == 5 {
                begun += 1;
                (self.prefix, self.left) = (0, std::mem::take(&mut self.length) as usize);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_goes_when_its_time_is_over_was_late() {
        let ms = Duration::from_millis;
        for (allowed, took, over) in
            [(100, 95, true), (100, 200, true), (100, 90, false), (60_000, 59_500, true), (60_000, 30_000, false)]
        {
            assert_eq!(is_over(ms(allowed), ms(took)), over, "{took} of {allowed}");
        }
    }

    #[test]
    fn messages_are_counted_however_they_are_cut() {
        let body: Vec<u8> = [0_usize, 1, 300, 70_000, 0]
            .into_iter()
            .flat_map(|n| [&[0][..], &(n as u32).to_be_bytes(), &vec![7; n]].concat())
            .collect();
        for size in [1, 3, 5, 64, 4096, body.len()] {
            let mut messages = Messages::default();
            assert_eq!(body.chunks(size).map(|data| messages.see(data)).sum::<u64>(), 5);
        }
    }
}
