//! CPU work off the async threads.
//!
//! Tagging a document takes from some ten microseconds to a second. It runs on `limits.workers` threads of its own, which
//! nothing else uses: every further thread that tags would keep memory of its own. Who waits, waits asynchronously and in
//! order. Work whose caller has gone (a cancelled call, a passed deadline, a lost connection) never starts, or stops at the
//! next look.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rayon::{ThreadPool, ThreadPoolBuilder};
use tokio::sync::{Semaphore, oneshot};
use tokio_util::sync::CancellationToken;
use tonic::Status;

use super::metrics::{Metrics, Stage};
use super::status;
use crate::Error;

/// A bounded door to the threads that tag. Clones share them.
#[derive(Clone, Debug)]
pub(super) struct Workers {
    permits: Arc<Semaphore>,
    threads: Arc<ThreadPool>,
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
    ///
    /// # Errors
    /// [`Error::Io`] if the threads can't be started.
    pub fn new(count: usize, queue: Duration, metrics: Arc<Metrics>) -> Result<Self, Error> {
        let threads = ThreadPoolBuilder::new()
            .num_threads(count)
            .thread_name(|number| format!("tagging-{number}"))
            .build()
            .map_err(|error| Error::io("tagging threads")(std::io::Error::other(error)))?;
        Ok(Self { permits: Arc::new(Semaphore::new(count)), threads: Arc::new(threads), queue, metrics })
    }

    /// Jobs that run at once.
    pub fn count(&self) -> usize {
        self.threads.current_num_threads()
    }

    /// Runs `job` on a thread that tags as soon as there is room. The token it gets is cancelled when this future is dropped.
    ///
    /// # Errors
    /// `RESOURCE_EXHAUSTED` if the wait was too long, INTERNAL if the job panicked; standard error says where.
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
                    let limit = self.queue.as_millis();
                    let message = format!("no worker was free within timeouts.queue_ms, {limit}");
                    self.metrics.shed("queue", message, "timeouts.queue_ms", &limit.to_string())
                })?
                .ok(),
        };
        self.metrics.stage(Stage::Queue, begun.elapsed());
        let token = CancellationToken::new();
        let _caller = token.clone().drop_guard();
        let span = tracing::Span::current();
        let (answer, outcome) = oneshot::channel();
        self.threads.spawn(move || {
            let _permit = permit;
            let result = span.in_scope(|| catch_unwind(AssertUnwindSafe(|| job(&token))));
            // Its caller may have gone.
            let _ = answer.send(result);
        });
        let Ok(Ok(done)) = outcome.await else {
            tracing::error!("tagging panicked; standard error says where");
            return Err(status::defect());
        };
        Ok(done)
    }
}
