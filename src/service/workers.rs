//! CPU work off the async threads.
//!
//! Tagging a document takes from some ten microseconds to seconds. It runs on tokio's blocking threads, at most as many at
//! once as there are processors; who waits, waits asynchronously and in order. A request that is dropped while it waits
//! never costs CPU.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tonic::Status;

use super::status::defect;

/// A bounded door to the blocking threads. Clones share the bound.
#[derive(Clone, Debug)]
pub struct Workers {
    permits: Arc<Semaphore>,
    count: usize,
}

impl Workers {
    /// Room for `count` jobs at once.
    #[must_use]
    pub fn new(count: usize) -> Self {
        Self { permits: Arc::new(Semaphore::new(count)), count }
    }

    /// Jobs that run at once.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// Runs `job` on a blocking thread as soon as there is room.
    ///
    /// # Errors
    /// INTERNAL if the job panicked; the panic is in the log.
    pub async fn run<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> Result<T, Status> {
        // The semaphore is never closed, so acquiring fails never; should it, the job runs without its permit.
        let permit = Arc::clone(&self.permits).acquire_owned().await.ok();
        let outcome = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            job()
        })
        .await;
        outcome.map_err(|panic| {
            tracing::error!(%panic, "tagging panicked");
            defect()
        })
    }
}
