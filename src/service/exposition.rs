//! The metrics over HTTP/1, on a listener of their own: `GET /metrics`, or `HEAD` for those who check that it is there.

use std::convert::Infallible;
use std::time::Duration;

use http::{Method, Request, Response, StatusCode, header};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use super::Server;

/// Scrapers at once; more wait.
const MAX_CONNECTIONS: usize = 16;
/// Longest time for one scrape.
const SCRAPE: Duration = Duration::from_secs(10);
/// As `OpenMetrics` and Prometheus know it.
const TEXT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

impl Server {
    /// Answers scrapes on `listener` for ever.
    pub async fn serve_metrics(self, listener: TcpListener) {
        let room = std::sync::Arc::new(Semaphore::new(MAX_CONNECTIONS));
        loop {
            let place = room.clone().acquire_owned().await;
            let Ok((stream, _)) = listener.accept().await else {
                sleep(Duration::from_millis(100)).await;
                continue;
            };
            let server = self.clone();
            tokio::spawn(async move {
                let _place = place;
                let service = service_fn(|request| std::future::ready(Ok::<_, Infallible>(server.scrape(&request))));
                let mut http = http1::Builder::new();
                let connection =
                    http.timer(TokioTimer::new()).keep_alive(false).serve_connection(TokioIo::new(stream), service);
                // A scraper that hangs or breaks off is its own loss.
                let _ = timeout(SCRAPE, connection).await;
            });
        }
    }

    fn scrape<B>(&self, request: &Request<B>) -> Response<String> {
        let refused = if request.uri().path() != "/metrics" {
            Some(StatusCode::NOT_FOUND)
        } else if [Method::GET, Method::HEAD].contains(request.method()) {
            None
        } else {
            Some(StatusCode::METHOD_NOT_ALLOWED)
        };
        // Of the answer to a HEAD hyper sends the head.
        let mut response = Response::new(if refused.is_none() { self.metrics() } else { "GET /metrics\n".to_owned() });
        match refused {
            None => {
                response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(TEXT));
            }
            Some(status) => *response.status_mut() = status,
        }
        if refused == Some(StatusCode::METHOD_NOT_ALLOWED) {
            response.headers_mut().insert(header::ALLOW, header::HeaderValue::from_static("GET, HEAD"));
        }
        response
    }
}
