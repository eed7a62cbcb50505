//! Tagging by services: the same documents to one or more endpoints, the same answers back.

mod answer;
mod connect;
mod queue;
mod stream;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use prost::Message;
use tokio::runtime::Runtime;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use self::connect::{Heard, Service};
use self::queue::{Job, Queue};
use super::answer::{Failure, Outcome, Tagged};
use super::progress::Voice;
use crate::cli::asked::Fields;
use crate::cli::client::Certificates;
use crate::cli::input::{Record, Segment};
use crate::cli::output::Identity;
use crate::service::{check_options, pb};
use crate::{Document, Error, Options, Result};

/// Through which services.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Tag through a service, not here; several share the work. 服务地址
    #[arg(long = "endpoint", value_name = "URL")]
    endpoints: Vec<String>,
    /// Model of the services: NAME@VERSION, NAME, stable or canary. 服务端模型
    #[arg(long, value_name = "NAME", requires = "endpoints", default_value = "")]
    service_model: String,
    /// File with the token that the services want. 令牌文件
    #[arg(long, value_name = "FILE", requires = "endpoints")]
    token_file: Option<PathBuf>,
    #[command(flatten)]
    certificates: Certificates,
    /// Seconds without an answer from any service after which to give up. 放弃前等待秒数
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    patience: u64,
}

impl Args {
    pub fn is_asked(&self) -> bool {
        !self.endpoints.is_empty()
    }
}

/// The services, all with the same model.
pub struct Remote {
    runtime: Runtime,
    services: Vec<Service>,
    options: pb::TagOptions,
    fields: Fields,
    model: Arc<Identity>,
    axes: Vec<String>,
    max_text_bytes: usize,
    /// Of a document as a part of a message, beside the options.
    max_document_bytes: usize,
    patience: Duration,
    voice: Voice,
}

/// A segment whose answers are on their way.
type Pending = (Segment, Vec<oneshot::Receiver<Outcome>>);

impl Remote {
    /// Asks every service for its model.
    ///
    /// # Errors
    /// If one does not answer in time, or has another model than the first.
    pub fn connect(args: &Args, asked: &Options, fields: &Fields, voice: Voice) -> Result<Self> {
        let options = answer::options(asked);
        // What every service refuses is not sent to one.
        asked.check()?;
        check_options(&options)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        let runtime = runtime.map_err(Error::io("tokio runtime"))?;
        let patience = Duration::from_secs(args.patience);
        let services = {
            let _entered = runtime.enter();
            let service = |url: &String| Service::new(url, &args.certificates, args.token_file.as_deref());
            args.endpoints.iter().map(service).collect::<Result<Vec<_>>>()?
        };
        let mut first: Option<pb::Model> = None;
        // The smallest of each holds for all; no string is longer than this, whatever a service allows.
        let (mut max_text_bytes, mut max_message_bytes) = (usize::MAX / 2, usize::MAX / 2);
        for service in &services {
            let found = runtime.block_on(service.describe(&args.service_model, patience, &voice))?;
            if let Some(limits) = found.limits {
                let smaller = |most: usize, limit: u64| most.min(usize::try_from(limit).unwrap_or(usize::MAX));
                max_text_bytes = smaller(max_text_bytes, limits.max_text_bytes);
                max_message_bytes = smaller(max_message_bytes, limits.max_message_bytes);
            }
            let model = found.model.unwrap_or_default();
            match &first {
                Some(first) if first.identity != model.identity => {
                    return Err(service.error(format!(
                        "has the model {}, where the first endpoint has {}",
                        answer::name(&model.identity.unwrap_or_default()),
                        answer::name(&first.identity.clone().unwrap_or_default())
                    )));
                }
                Some(_) => {}
                None => first = Some(model),
            }
        }
        let pb::Model { identity, axes, .. } = first.unwrap_or_default();
        let model = answer::identity(identity.unwrap_or_default());
        let axes: Vec<String> = axes.into_iter().map(|axis| axis.id).collect();
        if let Some((i, axis)) = asked.axes.iter().enumerate().find(|(_, axis)| !axes.contains(axis)) {
            let known = axes.iter().map(String::as_str);
            return Err(Error::not_found(format!("options.axes[{i}]"), "axis", axis, known));
        }
        let options = pb::TagOptions { model: format!("{}@{}", model.name, model.version), ..options };
        let alone = pb::StreamTagDocumentsRequest { document: None, options: Some(options.clone()) };
        Ok(Self {
            runtime,
            services,
            max_document_bytes: max_message_bytes.saturating_sub(alone.encoded_len()),
            options,
            fields: fields.clone(),
            model: Arc::new(model),
            axes,
            max_text_bytes,
            patience,
            voice,
        })
    }

    pub fn model(&self) -> &Arc<Identity> {
        &self.model
    }

    /// All axes of the model, in its order.
    pub fn axes(&self) -> Vec<String> {
        self.axes.clone()
    }

    pub fn max_text_bytes(&self) -> usize {
        self.max_text_bytes
    }

    /// Has segments tagged as they come and gives them on in order, until there are no more or nobody takes them.
    ///
    /// # Errors
    /// If a service refuses, or none answers in time.
    pub fn run(&self, segments: Receiver<Segment>, tagged: &Sender<Tagged>) -> Result<()> {
        self.runtime.block_on(async {
            let queue = Arc::new(Queue::default());
            let heard = Arc::new(Heard::default());
            let answered = CancellationToken::new();
            let (pending, waiting) = mpsc::channel(1);
            let mut streams = JoinSet::new();
            for service in &self.services {
                let standing = stream::Standing {
                    service: service.clone(),
                    options: self.options.clone(),
                    model: Arc::clone(&self.model),
                    patience: self.patience,
                    voice: self.voice.clone(),
                    answered: answered.clone(),
                };
                streams.spawn(standing.run(Arc::clone(&queue), Arc::clone(&heard)));
            }
            tokio::select! {
                ((), ()) = async { tokio::join!(self.hand_out(segments, pending, &queue), self.collect(waiting, tagged)) } => {}
                // Before the last answer they end only by failing; should one panic, that is a defect.
                Some(ended) = streams.join_next() => {
                    return ended.unwrap_or_else(|panic| Err(Error::Internal(format!("a stream ended: {panic}"))));
                }
            }
            answered.cancel();
            // What the services say now changes no answer.
            while streams.join_next().await.is_some() {}
            Ok(())
        })
    }

    /// Puts every document into the queue.
    async fn hand_out(&self, mut segments: Receiver<Segment>, pending: Sender<Pending>, queue: &Queue) {
        while let Some(segment) = segments.recv().await {
            let mut answers = Vec::new();
            for record in &segment.records {
                let (answer, receiver) = oneshot::channel();
                answers.push(receiver);
                match self.document(record) {
                    Ok(document) => queue.put(Job::new(document, answer)),
                    // The receiver is in the list.
                    Err(failure) => drop(answer.send(Outcome::Failed(failure))),
                }
            }
            if pending.send((segment, answers)).await.is_err() {
                return;
            }
        }
    }

    /// Waits for the answers, in order.
    async fn collect(&self, mut waiting: Receiver<Pending>, tagged: &Sender<Tagged>) {
        while let Some((segment, answers)) = waiting.recv().await {
            let mut outcomes = Vec::new();
            for answer in answers {
                // A job is dropped only with the whole run.
                let Ok(outcome) = answer.await else { return };
                outcomes.push(outcome);
            }
            if tagged.send(Tagged::new(segment, outcomes, Arc::clone(&self.model))).await.is_err() {
                return;
            }
        }
    }

    /// The record as a document that the services take. One that they refuse would end the stream, with the others on it.
    fn document(&self, record: &Record) -> Result<pb::Document, Failure> {
        if let Some(fault) = &record.fault {
            return Err(Failure::from(fault));
        }
        let too_large = |field: &str, limit: usize, actual: usize| {
            Err(Failure::from(&Error::TooLarge { field: field.to_owned(), limit, actual, unit: "bytes" }))
        };
        let Document { text, title } = record.document(&self.fields);
        let title = title.unwrap_or_default();
        let (text_bytes, title_bytes) = (text.len(), title.len());
        if text_bytes > self.max_text_bytes {
            return too_large("text", self.max_text_bytes, text_bytes);
        }
        let content = Some(pb::document::Content::Text(text.into_owned()));
        let document = pb::Document { title: title.into_owned(), content, ..pb::Document::default() };
        let message = pb::StreamTagDocumentsRequest { document: Some(document), options: None };
        let excess = message.encoded_len().saturating_sub(self.max_document_bytes);
        if excess > title_bytes {
            return too_large("text", (text_bytes + title_bytes).saturating_sub(excess), text_bytes);
        }
        if excess > 0 {
            return too_large("title", title_bytes - excess, title_bytes);
        }
        Ok(message.document.unwrap_or_default())
    }
}
