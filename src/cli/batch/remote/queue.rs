//! Documents that wait for a service. Whoever is free takes the next one, so the faster service gets more.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use tokio::sync::{Semaphore, oneshot};

use crate::cli::batch::answer::Outcome;
use crate::service::pb;

/// A document and who waits for its answer.
pub struct Job {
    pub document: pb::Document,
    answer: oneshot::Sender<Outcome>,
}

impl Job {
    pub fn new(document: pb::Document, answer: oneshot::Sender<Outcome>) -> Self {
        Self { document, answer }
    }

    /// Bytes it takes on the way.
    pub fn bytes(&self) -> usize {
        match &self.document.content {
            Some(pb::document::Content::Text(text)) => text.len() + self.document.title.len(),
            _ => 0,
        }
    }

    /// Gives the answer, once and for all.
    pub fn done(self, outcome: Outcome) {
        // Nobody waits any more when the run has failed elsewhere.
        let _ = self.answer.send(outcome);
    }
}

/// The queue. Its length is bounded by who puts documents in: see `Remote::run`.
pub struct Queue {
    jobs: Mutex<VecDeque<Job>>,
    count: Semaphore,
}

impl Default for Queue {
    fn default() -> Self {
        Self { jobs: Mutex::default(), count: Semaphore::new(0) }
    }
}

impl Queue {
    /// Adds a job at the end.
    pub fn put(&self, job: Job) {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).push_back(job);
        self.count.add_permits(1);
    }

    /// Gives jobs back that had no answer; they are the next ones again, in the same order.
    pub fn put_back(&self, jobs: VecDeque<Job>) {
        let count = jobs.len();
        let mut waiting = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        for job in jobs.into_iter().rev() {
            waiting.push_front(job);
        }
        drop(waiting);
        self.count.add_permits(count);
    }

    /// The next job, as soon as there is one. Nothing is lost if the future is dropped.
    pub async fn take(&self) -> Option<Job> {
        self.count.acquire().await.ok()?.forget();
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }
}
