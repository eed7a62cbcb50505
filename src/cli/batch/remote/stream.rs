//! One stream to one service, opened again when it ends.
//!
//! A document leaves the queue when it is sent and is done when its answer is here. When a stream breaks, those in between
//! go back to the head of the queue, for this service or another one: tagging changes nothing, so sending a document twice
//! does no harm, and each waits for one answer only.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::poll_fn;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tonic::Status;

use super::answer;
use super::connect::{Heard, Service, Waits, words};
use super::queue::{Job, Queue};
use crate::cli::batch::progress::Voice;
use crate::cli::output::Identity;
use crate::service::pb;
use crate::{Error, Result};

/// Documents under way on a stream, at most …
const WINDOW: usize = 128;
/// … and their bytes, unless it is a single one.
const WINDOW_BYTES: usize = 8 << 20;
/// For the last words of a stream that has given all its answers.
const FAREWELL: Duration = Duration::from_secs(5);

/// A service and what is asked of it.
pub struct Standing {
    pub service: Service,
    pub options: pb::TagOptions,
    pub model: Arc<Identity>,
    pub patience: Duration,
    pub voice: Voice,
    /// Cancelled when every document has its answer.
    pub answered: CancellationToken,
}

/// Why a stream ended.
enum End {
    /// With a status, or without one.
    Broken(Status),
    /// For a reason that another stream would meet, too.
    Fatal(Error),
}

impl Standing {
    /// Sends what the queue holds and gives the answers, until every document has its own.
    ///
    /// # Errors
    /// If the service refuses, or is silent for too long.
    pub async fn run(self, queue: Arc<Queue>, heard: Arc<Heard>) -> Result<()> {
        let mut waits = Waits::new(self.patience, heard);
        loop {
            let mut sent = VecDeque::new();
            let Err(end) = self.stream(&queue, &mut sent, &mut waits).await else { return Ok(()) };
            let unanswered = sent.len();
            queue.put_back(sent);
            let status = match end {
                End::Fatal(error) => return Err(error),
                End::Broken(status) => status,
            };
            match waits.after(&status) {
                Err(reason) => return Err(self.service.error(reason)),
                Ok(wait) => {
                    self.voice.say(format_args!(
                        "{}: {}; {unanswered} documents to be sent again, in {:.1} s",
                        self.service.url,
                        words(&status),
                        wait.as_secs_f64()
                    ));
                    tokio::select! {
                        () = tokio::time::sleep(wait) => {}
                        () = self.answered.cancelled() => return Ok(()),
                    }
                }
            }
        }
    }

    /// One stream, to its end. What was sent and not answered is in `sent`.
    async fn stream(&self, queue: &Queue, sent: &mut VecDeque<Job>, waits: &mut Waits) -> Result<(), End> {
        let first = async {
            // A service that is away holds no document up.
            if waits.is_failing() {
                self.service.ping().await.map_err(End::Broken)?;
            }
            // No stream is opened for nothing: the first document may be long in coming.
            Ok(queue.take().await)
        };
        tokio::select! {
            job = first => sent.extend(job?),
            () = self.answered.cancelled() => return Ok(()),
        }
        let (sender, mut receiver) = mpsc::channel(WINDOW);
        for job in &*sent {
            self.send(&sender, job, true)?;
        }
        let requests = poll_fn(move |context| receiver.poll_recv(context));
        let mut tagging = self.service.tagging();
        let opening = tagging.stream_tag_documents(self.service.request(requests));
        let silent = || End::Broken(Status::unavailable("the stream is open and has no answers"));
        let answers = tokio::time::timeout(self.patience, opening).await.map_err(|_| silent())?;
        let mut answers = answers.map_err(End::Broken)?.into_inner();
        let mut bytes: usize = sent.iter().map(Job::bytes).sum();
        loop {
            let room = sent.len() < WINDOW && (bytes < WINDOW_BYTES || sent.is_empty());
            tokio::select! {
                answer = answers.message() => match answer {
                    Ok(Some(answer)) => {
                        let job = sent.front().map_or(0, Job::bytes);
                        self.take(answer, sent)?;
                        bytes = bytes.saturating_sub(job);
                        waits.reset();
                    }
                    Ok(None) => return Err(End::Broken(Status::unavailable("the stream ended"))),
                    Err(status) => return Err(End::Broken(status)),
                },
                () = tokio::time::sleep(self.patience), if !sent.is_empty() => {
                    return Err(silent());
                }
                Some(job) = queue.take(), if room => {
                    bytes += job.bytes();
                    sent.push_back(job);
                    if let Some(job) = sent.back() {
                        self.send(&sender, job, false)?;
                    }
                }
                () = self.answered.cancelled() => break,
            }
        }
        // To the service a stream that nobody ends and reads to its end is a call that was cancelled.
        drop(sender);
        let last_words = async { while let Ok(Some(_)) = answers.message().await {} };
        let _ = tokio::time::timeout(FAREWELL, last_words).await;
        Ok(())
    }

    fn send(&self, sender: &mpsc::Sender<pb::StreamTagDocumentsRequest>, job: &Job, first: bool) -> Result<(), End> {
        let options = first.then(|| self.options.clone());
        let request = pb::StreamTagDocumentsRequest { document: Some(job.document.clone()), options };
        // The window is as long as the channel, so it is never full.
        sender.try_send(request).map_err(|_| End::Broken(Status::unavailable("the stream takes no more documents")))
    }

    /// Gives an answer to the document that was sent first of those that have none.
    fn take(&self, answer: pb::StreamTagDocumentsResponse, sent: &mut VecDeque<Job>) -> Result<(), End> {
        let fatal = |reason: String| End::Fatal(self.service.error(reason));
        let Some(outcome) = answer.result.and_then(|result| result.outcome) else {
            return Err(fatal("an answer without result and error".to_owned()));
        };
        if let pb::tag_result::Outcome::Error(error) = &outcome {
            if error.code == tonic::Code::Unavailable as i32 {
                return Err(End::Broken(Status::unavailable(error.message.clone())));
            }
            // What is asked is wrong, and so it is for every document.
            if error.field.starts_with("options") || error.field.starts_with("document.options") {
                return Err(fatal(error.message.clone()));
            }
        }
        if let Some(model) = answer.model
            && model.sha256 != self.model.sha256
        {
            let message =
                format!("answers with the model {} now; the run was begun with another", answer::name(&model));
            return Err(fatal(message));
        }
        match sent.pop_front() {
            Some(job) => job.done(answer::outcome(outcome)),
            None => return Err(fatal("an answer to nothing".to_owned())),
        }
        Ok(())
    }
}
