//! What every call passes before it reaches its service: metadata size, token, overload, deadline; and what ends it early.
//!
//! A deadline is the client's `grpc-timeout`, and for unary calls at most `timeouts.request_ms`. It covers the whole call,
//! a stream to its last answer. When it passes, or the server is cut, the call's future is dropped, which stops its work.

use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::HeaderMap;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::AbortHandle;
use tonic::Status;

use super::config::{Limits, ms};
use super::methods::{self, Method};
use super::metrics::Metrics;
use super::{Shared, status};

/// Room for calls of the tagging service.
///
/// A burst may fill the whole room. Under overload that lasts, a full room only makes every answer late, so until
/// [`OVERLOADED_MS`] have passed without shedding a unary call there is room for half as many: as a queue that has not been
/// empty for a while gets a shorter time-out in B. Maurer, "Fail at Scale" (ACM Queue 13(8), 2015).
#[derive(Debug)]
pub(super) struct Admission {
    requests: Arc<Semaphore>,
    streams: Arc<Semaphore>,
    limits: Limits,
    metrics: Arc<Metrics>,
    begun: Instant,
    /// Until when there is overload, in milliseconds from `begun`.
    overloaded_until: AtomicU64,
}

/// How long overload is taken to last after a call was shed, in milliseconds.
const OVERLOADED_MS: u64 = 1000;

impl Admission {
    pub fn new(limits: Limits, metrics: Arc<Metrics>) -> Self {
        let room = |n| Arc::new(Semaphore::new(n));
        let (requests, streams) = (room(limits.max_requests), room(limits.max_streams));
        Self { requests, streams, limits, metrics, begun: Instant::now(), overloaded_until: AtomicU64::new(0) }
    }

    /// A place, or the status of a call that is shed.
    fn enter(&self, method: &Method) -> Result<OwnedSemaphorePermit, Status> {
        if method.streaming {
            return Arc::clone(&self.streams).try_acquire_owned().map_err(|_| {
                let limit = self.limits.max_streams;
                let message = format!("{limit} streams are under way, which is limits.max_streams");
                self.metrics.shed("streams", message, "limits.max_streams", &limit.to_string())
            });
        }
        let limit = self.limits.max_requests;
        let now = self.begun.elapsed().as_millis() as u64;
        let halved = now < self.overloaded_until.load(Ordering::Relaxed);
        let free = self.requests.available_permits().saturating_sub(if halved { limit / 2 } else { 0 });
        let permit = (free > 0).then(|| Arc::clone(&self.requests).try_acquire_owned().ok()).flatten();
        permit.ok_or_else(|| {
            self.overloaded_until.store(now + OVERLOADED_MS, Ordering::Relaxed);
            let room = if halved { ", halved while calls are being shed" } else { "" };
            let message = format!("too many calls are under way: limits.max_requests is {limit}{room}");
            self.metrics.shed("requests", message, "limits.max_requests", &limit.to_string())
        })
    }
}

/// Answers a call, or ends it.
pub(super) async fn guard(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    answer(&shared, request, next).await.unwrap_or_else(Status::into_http)
}

async fn answer(shared: &Shared, request: Request, next: Next) -> Result<Response, Status> {
    let method = methods::at(request.uri().path());
    let limit = shared.config.limits.max_header_bytes;
    let size = header_bytes(request.headers());
    if size > limit {
        return Err(status::large_headers(size, limit));
    }
    shared.tokens.check(method, request.headers())?;
    if method.is_unknown() {
        return Err(status::no_method(request.uri().path()));
    }
    if method.is_admin() && !shared.config.admin {
        return Err(status::no_admin(request.uri().path()));
    }
    let mut allowed = grpc_timeout(request.headers())?;
    if !method.streaming {
        let most = ms(shared.config.timeouts.request_ms);
        allowed = Some(allowed.map_or(most, |asked| asked.min(most)));
    }
    let place = if method.tags() { Some(Place::new(shared.admission.enter(method)?, allowed)) } else { None };
    // A tagging call may use the time to drain; a health watch would never end by itself.
    let cut = if method.tags() { &shared.lifecycle.cut } else { &shared.lifecycle.draining };
    let mut end = early_end(allowed, cut.clone().cancelled_owned());
    let response = tokio::select! {
        biased;
        response = next.run(request) => response,
        status = &mut end => return Err(status),
    };
    let (mut parts, body) = response.into_parts();
    status::undecoded_written(&mut parts.headers);
    let place = place.filter(|_| !body.is_end_stream());
    Ok(Response::from_parts(parts, Body::new(Bounded { body, end: Some(end), place })))
}

/// Ready with the status of a call that must end.
type EarlyEnd = Pin<Box<dyn Future<Output = Status> + Send>>;

fn early_end(allowed: Option<Duration>, cut: impl Future<Output = ()> + Send + 'static) -> EarlyEnd {
    let late = async move {
        match allowed {
            Some(allowed) => {
                tokio::time::sleep(allowed).await;
                status::late(allowed)
            }
            None => std::future::pending().await,
        }
    };
    Box::pin(async move {
        tokio::select! {
            status = late => status,
            () = cut => status::draining(),
        }
    })
}

/// A call's place among those that are let in: given back when it is dropped, or when the call's time is up. The body of an
/// answer that its client leaves no room for is not polled, so it can't see to that itself.
struct Place {
    permit: Arc<Mutex<Option<OwnedSemaphorePermit>>>,
    timer: Option<AbortHandle>,
}

impl Place {
    fn new(permit: OwnedSemaphorePermit, allowed: Option<Duration>) -> Self {
        let permit = Arc::new(Mutex::new(Some(permit)));
        let timer = allowed.map(|allowed| {
            let permit = Arc::clone(&permit);
            let late = async move {
                tokio::time::sleep(allowed).await;
                give_back(&permit);
            };
            tokio::spawn(late).abort_handle()
        });
        Self { permit, timer }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        give_back(&self.permit);
        if let Some(timer) = &self.timer {
            timer.abort();
        }
    }
}

fn give_back(permit: &Mutex<Option<OwnedSemaphorePermit>>) {
    // Nothing panics while it is held.
    drop(permit.lock().unwrap_or_else(PoisonError::into_inner).take());
}

/// A response body that an early end closes with its status.
struct Bounded {
    body: Body,
    /// Nothing once the body has been closed by it.
    end: Option<EarlyEnd>,
    /// The call's place; given back before the client can know of the end and call again, or a client that keeps as many
    /// calls under way as there are places would be shed.
    place: Option<Place>,
}

impl HttpBody for Bounded {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = &mut *self;
        let Some(end) = &mut this.end else { return Poll::Ready(None) };
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(cx) {
            if !matches!(&frame, Some(Ok(frame)) if frame.is_data()) {
                this.place = None;
            }
            let frame = frame.map(|frame| {
                frame.map(|mut frame| {
                    if let Some(trailers) = frame.trailers_mut() {
                        status::undecoded_written(trailers);
                    }
                    frame
                })
            });
            return Poll::Ready(frame);
        }
        let status = ready!(end.as_mut().poll(cx));
        (this.end, this.place) = (None, None);
        // Dropping the body drops the call's work.
        this.body = Body::empty();
        let mut trailers = HeaderMap::new();
        // Our own messages are plain ASCII, which headers can hold.
        let _ = status.add_header(&mut trailers);
        Poll::Ready(Some(Ok(Frame::trailers(trailers))))
    }

    fn is_end_stream(&self) -> bool {
        self.end.is_none() || self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Size of metadata as HTTP/2 counts it (RFC 9113, 6.5.2), in bytes.
fn header_bytes(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 32).sum()
}

/// The time a client allows, if it says one.
pub(super) fn grpc_timeout(headers: &HeaderMap) -> Result<Option<Duration>, Status> {
    let Some(value) = headers.get("grpc-timeout") else { return Ok(None) };
    let parse = || {
        let (digits, unit) = value.to_str().ok()?.split_at_checked(value.len().checked_sub(1)?)?;
        if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let n: u64 = digits.parse().ok()?;
        Some(match unit {
            "H" => Duration::from_secs(n * 3600),
            "M" => Duration::from_secs(n * 60),
            "S" => Duration::from_secs(n),
            "m" => Duration::from_millis(n),
            "u" => Duration::from_micros(n),
            "n" => Duration::from_nanos(n),
            _ => return None,
        })
    };
    parse().map(Some).ok_or_else(status::bad_timeout)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_are_read_as_the_grpc_specification_says() {
        let read = |value: &'static str| {
            let headers =
                HeaderMap::from_iter([(http::HeaderName::from_static("grpc-timeout"), value.parse().unwrap())]);
            grpc_timeout(&headers).ok().flatten()
        };
        assert_eq!(read("99999999H"), Some(Duration::from_secs(99_999_999 * 3600)));
        assert_eq!(read("250m"), Some(Duration::from_millis(250)));
        assert_eq!(read("1n"), Some(Duration::from_nanos(1)));
        for wrong in ["", "S", "1", "-1S", "+1S", "1.5S", "123456789S", "1s", "1 S"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
