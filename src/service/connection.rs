//! One connection: from its first bytes to its last answer.
//!
//! tonic's own server can't bound what a connection may do to us: a client that never speaks, stops reading, stays for
//! ever or holds up the drain. So the connection is ours, hyper's HTTP/2 below it and tonic's router above.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tower::ServiceExt;

use super::Shared;
use super::config::ms;

/// After the cut, the time to write the last statuses.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// When a message last moved on a connection, either way.
#[derive(Debug)]
pub(super) struct Activity {
    opened: Instant,
    /// Milliseconds from `opened`.
    last: AtomicU64,
}

impl Activity {
    fn new() -> Arc<Self> {
        Arc::new(Self { opened: Instant::now(), last: AtomicU64::new(0) })
    }

    /// A message moves now.
    pub fn touch(&self) {
        let now = u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last.store(now, Ordering::Relaxed);
    }

    /// Ready when nothing has moved for `limit`.
    async fn stalled(&self, limit: Duration) {
        loop {
            let until = self.opened + ms(self.last.load(Ordering::Relaxed)) + limit;
            if until <= Instant::now() {
                return;
            }
            sleep_until(until).await;
        }
    }
}

/// Who calls.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer(pub SocketAddr);

/// Serves one connection to its end.
pub(super) async fn serve(stream: TcpStream, peer: SocketAddr, shared: Arc<Shared>, router: Router) {
    let handshake = ms(shared.config.timeouts.handshake_ms);
    let _ = stream.set_nodelay(true);
    let opening = async {
        match &shared.tls {
            None => stream.peek(&mut [0]).await.map(|spoken| (spoken > 0).then_some(Opened::Plain(stream))),
            Some(tls) => {
                let accepted = TlsAcceptor::from(tls.current()).accept(stream).await;
                accepted.map(|stream| Some(Opened::Secured(Box::new(stream))))
            }
        }
    };
    let opened = tokio::select! {
        opened = timeout(handshake, opening) => opened,
        () = shared.lifecycle.draining.cancelled() => return,
    };
    match opened {
        Ok(Ok(Some(Opened::Plain(stream)))) => drive(stream, peer, &shared, router).await,
        Ok(Ok(Some(Opened::Secured(stream)))) => drive(stream, peer, &shared, router).await,
        Ok(Ok(None)) => {}
        Ok(Err(error)) => tracing::info!(%peer, %error, "refused: the handshake failed"),
        Err(_) => tracing::info!(%peer, "refused: no handshake within timeouts.handshake_ms"),
    }
}

/// A connection whose client has spoken.
enum Opened {
    Plain(TcpStream),
    Secured(Box<TlsStream<TcpStream>>),
}

async fn drive(io: impl AsyncRead + AsyncWrite + Send + Unpin, peer: SocketAddr, shared: &Shared, router: Router) {
    let (limits, timeouts) = (&shared.config.limits, &shared.config.timeouts);
    let activity = Activity::new();
    let known = Arc::clone(&activity);
    let service = router.map_request(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        request.extensions_mut().insert(Arc::clone(&known));
        request
    });
    let connection = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.max_calls_per_connection)
        .max_header_list_size(limits.hard_header_bytes())
        .keep_alive_interval(ms(timeouts.keepalive_ms))
        .keep_alive_timeout(ms(timeouts.keepalive_timeout_ms))
        .serve_connection(TokioIo::new(io), TowerToHyperService::new(service));
    let mut connection = pin!(connection);

    let (why, grace) = tokio::select! {
        ended = connection.as_mut() => return log_end(peer, ended),
        () = shared.lifecycle.draining.cancelled() => ("draining", Duration::MAX),
        () = sleep(lifetime(ms(timeouts.connection_age_ms), peer)) => ("age", ms(timeouts.connection_grace_ms)),
        () = activity.stalled(ms(timeouts.idle_ms)) => ("idle", ms(timeouts.keepalive_timeout_ms)),
    };
    connection.as_mut().graceful_shutdown();
    let cut = async {
        shared.lifecycle.cut.cancelled().await;
        sleep(LAST_WORDS).await;
    };
    tokio::select! {
        ended = connection => log_end(peer, ended),
        () = sleep(grace) => tracing::info!(%peer, why, "connection closed with calls under way"),
        () = cut => tracing::warn!(%peer, why, "connection cut with calls under way"),
    }
}

fn log_end(peer: SocketAddr, ended: hyper::Result<()>) {
    if let Err(error) = ended {
        tracing::debug!(%peer, %error, "connection failed");
    }
}

/// `age` give or take a tenth by the peer's port, so that connections opened together don't return together.
fn lifetime(age: Duration, peer: SocketAddr) -> Duration {
    age.mul_f64(0.9 + f64::from(peer.port() % 1000) / 5000.0)
}
