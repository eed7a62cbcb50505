//! `TaggingService`: documents in, tags out, by unary call, batch and stream.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use futures_util::{FutureExt, Stream, StreamExt, TryStreamExt, future, stream};
use prost::Message;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tonic::{Request, Response, Status, Streaming};
use tracing::{Instrument, field};

use super::held::Held;
use super::metrics::{Metrics, Stage};
use super::status;
use super::workers::{Patience, Workers};
use super::{Shared, convert, pb};
use crate::document::Sketch;
use crate::error::brief;
use crate::{Error, Options, Result, Tagger, Times};

/// Serves `speechtag.v1.TaggingService`.
#[derive(Clone, Debug)]
pub(super) struct Tagging(pub Arc<Shared>);

/// What a request asks for, checked.
#[derive(Clone, Debug)]
struct Order {
    tagger: Tagger,
    options: Options,
    include_removals: bool,
    metrics: Arc<Metrics>,
}

impl Order {
    fn new(shared: &Shared, options: Option<&pb::TagOptions>) -> Result<Self> {
        let unset = pb::TagOptions::default();
        let asked = options.unwrap_or(&unset);
        let tagger = shared.registry.shelf()?.find(&asked.model, "options.model")?.clone();
        let options = convert::options(asked, shared.config.limits.max_text_bytes)?;
        // By its place among the priors, as a label of them is.
        for axis in options.priors.keys() {
            tagger.model().catalogue().known(format!("options.priors[{:?}]", brief(axis)), axis)?;
        }
        tagger.check(&options)?;
        Ok(Self { tagger, options, include_removals: asked.include_removals, metrics: Arc::clone(&shared.metrics) })
    }

    /// Tags a document; the sketches are those of its speeches, if asked for.
    fn tag(&self, document: pb::Document, caller: &CancellationToken) -> Result<(pb::TaggedDocument, Vec<Sketch>)> {
        let tagged = self.try_tag(document, caller);
        if tagged.is_err() {
            self.metrics.failed();
        }
        tagged
    }

    fn try_tag(&self, document: pb::Document, caller: &CancellationToken) -> Result<(pb::TaggedDocument, Vec<Sketch>)> {
        let id = document.id.clone();
        let span = tracing::info_span!(
            "document",
            bytes = field::Empty,
            speeches = field::Empty,
            prepare_us = field::Empty,
            analyze_us = field::Empty,
            score_us = field::Empty
        );
        let _entered = span.enter();
        let begun = Instant::now();
        let is_data = matches!(document.content, Some(pb::document::Content::Data(_)));
        let (document, encoding) = convert::document(document, self.options.max_bytes)?;
        self.metrics.stage(Stage::Decode, begun.elapsed());
        let tagging = self.tagger.tag_while(&document, &self.options, &|| !caller.is_cancelled());
        let mut tagging = tagging.map_err(|e| if is_data { convert::of_data(e) } else { e })?;
        let Times { prepare, analyze, score } = tagging.times;
        span.record("bytes", document.text.len()).record("speeches", tagging.speeches.len());
        for (name, time) in [("prepare_us", prepare), ("analyze_us", analyze), ("score_us", score)] {
            span.record(name, u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
        }
        self.metrics.tagged(&tagging);
        let sketches = tagging.speeches.iter_mut().filter_map(|speech| speech.sketch.take()).collect();
        Ok((convert::tagged(id, tagging, encoding, self.include_removals), sketches))
    }

    /// As [`Order::tag`], with a failure as the document's own result; `path` names the document in it.
    fn result(&self, document: pb::Document, path: &str, caller: &CancellationToken) -> (pb::TagResult, Vec<Sketch>) {
        let id = document.id.clone();
        let (outcome, sketches) = match self.tag(document, caller) {
            Ok((tagged, sketches)) => (pb::tag_result::Outcome::Document(tagged), sketches),
            Err(e) => (pb::tag_result::Outcome::Error((&e.within(path)).into()), Vec::new()),
        };
        (pb::TagResult { id, outcome: Some(outcome) }, sketches)
    }

    fn identity(&self) -> pb::ModelIdentity {
        convert::identity(self.tagger.model())
    }
}

/// Documents of a batch go to the workers in jobs of about this many bytes: large enough that handing over costs nothing,
/// small enough that a lone call does not wait behind a batch.
const JOB_BYTES: usize = 64 * 1024;

#[tonic::async_trait]
impl pb::tagging_service_server::TaggingService for Tagging {
    async fn tag_document(
        &self,
        request: Request<pb::TagDocumentRequest>,
    ) -> Result<Response<pb::TagDocumentResponse>, Status> {
        let request = request.into_inner();
        let order = Order::new(&self.0, request.options.as_ref())?;
        let document = request.document.ok_or_else(|| Error::invalid("document", "must be set"))?;
        let model = Some(order.identity());
        let tagged = self.0.workers.run(Patience::Bounded, move |caller| order.tag(document, caller)).await?;
        let (tagged, _) = tagged.map_err(|e| e.within("document"))?;
        Ok(Response::new(pb::TagDocumentResponse { document: Some(tagged), model }))
    }

    async fn batch_tag_documents(
        &self,
        request: Request<pb::BatchTagDocumentsRequest>,
    ) -> Result<Response<pb::BatchTagDocumentsResponse>, Status> {
        let request = request.into_inner();
        let mut order = Order::new(&self.0, request.options.as_ref())?;
        order.options.sketch = request.options.is_some_and(|options| options.compare_documents);
        check_batch(&request.documents, self.0.config.limits.max_batch_documents)?;
        let model = Some(order.identity());
        let workers = &self.0.workers;
        let jobs = jobs(request.documents).into_iter().enumerate().map(|(nr, job)| {
            let order = order.clone();
            // A batch is shed before its first work is begun or not at all. Who waits is served in order, so the first job has
            // its worker before any other has one.
            let patience = if nr == 0 { Patience::Bounded } else { Patience::Patient };
            workers.run(patience, move |caller| {
                job.into_iter()
                    .map(|(i, document)| order.result(document, &format!("documents[{i}]"), caller))
                    .collect::<Vec<_>>()
            })
        });
        let results: Vec<Vec<(pb::TagResult, Vec<Sketch>)>> =
            stream::iter(jobs).buffered(workers.count()).try_collect().await?;
        let (mut results, sketches): (Vec<_>, Vec<_>) = results.into_iter().flatten().unzip();
        if order.options.sketch {
            let compare = move |_: &CancellationToken| {
                convert::compare(&mut results, &sketches);
                results
            };
            results = workers.run(Patience::Patient, compare).await?;
        }
        Ok(Response::new(pb::BatchTagDocumentsResponse { results, model }))
    }

    type StreamTagDocumentsStream = Pin<Box<dyn Stream<Item = Result<pb::StreamTagDocumentsResponse, Status>> + Send>>;

    async fn stream_tag_documents(
        &self,
        request: Request<Streaming<pb::StreamTagDocumentsRequest>>,
    ) -> Result<Response<Self::StreamTagDocumentsStream>, Status> {
        let shared = Arc::clone(&self.0);
        let draining = shared.lifecycle.draining.clone();
        let mut standing = pb::TagOptions::default();
        let answers = request
            .into_inner()
            // A draining server answers what it has read and tells the client to go on elsewhere.
            .take_until(draining.clone().cancelled_owned())
            .map_ok(move |request| {
                if let Some(options) = request.options {
                    standing = options;
                }
                (Order::new(&shared, Some(&standing)), request.document)
            })
            .map({
                let (workers, most) = (self.0.workers.clone(), self.0.config.limits.max_response_bytes);
                move |incoming| {
                    // A task of its own: nobody polls the body of an answer that its client leaves no room for, and what
                    // waits for a worker there would be given one and never use it.
                    let answer = answer(workers.clone(), most, incoming).in_current_span();
                    AbortOnDropHandle::new(tokio::spawn(answer))
                        .map(|done| done.unwrap_or_else(|_| Err(status::defect())))
                }
            })
            .buffered(self.0.workers.count() * 2)
            .map(|held| held.and_then(Held::open));
        let farewell = stream::once(async move { draining.is_cancelled().then(|| Err(status::draining())) });
        Ok(Response::new(Box::pin(answers.chain(farewell.filter_map(future::ready)))))
    }
}

/// The answer to one message of a stream; one of more than `most` bytes would end it, so the document fails by itself.
async fn answer(
    workers: Workers,
    most: usize,
    incoming: Result<(Result<Order>, Option<pb::Document>), Status>,
) -> Result<Held, Status> {
    let (order, document) = incoming?;
    let id = document.as_ref().map(|d| d.id.clone()).unwrap_or_default();
    let failed =
        move |error: pb::TagError| Some(pb::TagResult { id, outcome: Some(pb::tag_result::Outcome::Error(error)) });
    let document = document.ok_or_else(|| Error::invalid("document", "must be set"));
    match order.and_then(|order| Ok((order, document?))) {
        Ok((order, document)) => {
            let job = move |caller: &CancellationToken| {
                let model = Some(order.identity());
                let (result, _) = order.result(document, "document", caller);
                let mut answer = pb::StreamTagDocumentsResponse { result: Some(result), model };
                let actual = answer.encoded_len();
                if actual > most {
                    answer.result = failed(status::large_answer(actual, most));
                }
                Held::new(answer)
            };
            workers.run(Patience::Patient, job).await
        }
        Err(e) => Ok(Held::new(pb::StreamTagDocumentsResponse { result: failed((&e).into()), model: None })),
    }
}

fn check_batch(documents: &[pb::Document], max: usize) -> Result<()> {
    if documents.is_empty() {
        return Err(Error::invalid("documents", "must hold at least 1 document"));
    }
    if documents.len() > max {
        return Err(Error::TooLarge {
            field: "documents".to_owned(),
            limit: max,
            actual: documents.len(),
            unit: "documents",
        });
    }
    let mut first_with = BTreeMap::new();
    for (i, document) in documents.iter().enumerate().filter(|(_, d)| !d.id.is_empty()) {
        if let Some(first) = first_with.insert(document.id.as_str(), i) {
            let message = format!("{:?} is also the id of documents[{first}]", brief(&document.id));
            return Err(Error::invalid(format!("documents[{i}].id"), message));
        }
    }
    Ok(())
}

/// Cuts a batch into jobs, each document with its place in the batch.
fn jobs(documents: Vec<pb::Document>) -> Vec<Vec<(usize, pb::Document)>> {
    let mut jobs: Vec<Vec<(usize, pb::Document)>> = Vec::new();
    let mut bytes = JOB_BYTES;
    for (i, document) in documents.into_iter().enumerate() {
        let size = match &document.content {
            Some(pb::document::Content::Text(text)) => text.len(),
            Some(pb::document::Content::Data(data)) => data.len(),
            None => 0,
        };
        if bytes + size > JOB_BYTES {
            jobs.push(Vec::new());
            bytes = 0;
        }
        bytes += size;
        if let Some(job) = jobs.last_mut() {
            job.push((i, document));
        }
    }
    jobs
}
