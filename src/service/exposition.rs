//! The metrics over HTTP/1, on a listener of their own: `GET /metrics`.

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
        let found = request.method() == Method::GET && request.uri().path() == "/metrics";
        let mut response = Response::new(if found { self.metrics() } else { "GET /metrics\n".to_owned() });
        if found {
            response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(TEXT));
        } else {
            *response.status_mut() = StatusCode::NOT_FOUND;
        }
        response
    }
}
