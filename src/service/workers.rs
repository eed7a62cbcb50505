//! CPU work off the async threads.
//!
//! Tagging a document takes from some ten microseconds to a second. It runs on tokio's blocking threads, at most as many
//! at once as `limits.workers`; who waits, waits asynchronously and in order. Work whose caller has gone (a cancelled
//! call, a passed deadline, a lost connection) never starts, or stops at the next look.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tonic::Status;

use super::metrics::{Metrics, Stage};
use super::status;

/// A bounded door to the blocking threads. Clones share the bound.
#[derive(Clone, Debug)]
pub(super) struct Workers {
    permits: Arc<Semaphore>,
    count: usize,
    queue: Duration,
    metrics: Arc<Metrics>,
}

/// How long a job may wait for a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Patience {
    /// As long as `timeouts.queue_ms`, then it is shed: nothing is lost yet.
    Bounded,
    /// As long as its caller: it belongs to work already begun, or flow control holds its caller back.
    Patient,
}

impl Workers {
    /// Room for `count` jobs at once; bounded ones wait at most `queue`.
    pub fn new(count: usize, queue: Duration, metrics: Arc<Metrics>) -> Self {
        Self { permits: Arc::new(Semaphore::new(count)), count, queue, metrics }
    }

    /// Jobs that run at once.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Runs `job` on a blocking thread as soon as there is room. The token it gets is cancelled when this future is
    /// dropped.
    ///
    /// # Errors
    /// `RESOURCE_EXHAUSTED` if the wait was too long, INTERNAL if the job panicked; the panic is in the log.
    pub async fn run<T: Send + 'static>(
        &self,
        patience: Patience,
        job: impl FnOnce(&CancellationToken) -> T + Send + 'static,
    ) -> Result<T, Status> {
        let begun = Instant::now();
        let permit = Arc::clone(&self.permits).acquire_owned();
        // The semaphore is never closed, so acquiring fails never; should it, the job runs without its permit.
        let permit = match patience {
            Patience::Patient => permit.await.ok(),
            Patience::Bounded => tokio::time::timeout(self.queue, permit)
                .await
                .map_err(|_| {
                    let message = format!("no worker was free within timeouts.queue_ms, {}", self.queue.as_millis());
                    self.metrics.shed("queue", message)
                })?
                .ok(),
        };
        self.metrics.stage(Stage::Queue, begun.elapsed());
        let token = CancellationToken::new();
        let _caller = token.clone().drop_guard();
        let span = tracing::Span::current();
        let outcome = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            span.in_scope(|| job(&token))
        })
        .await;
        outcome.map_err(|panic| {
            tracing::error!(%panic, "tagging panicked");
            status::defect()
        })
    }
}
