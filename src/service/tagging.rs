//! `TaggingService`: documents in, tags out, by unary call, batch and stream.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;

use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use tonic::{Request, Response, Status, Streaming};

use super::status::oversize;
use super::{Shared, convert, pb};
use crate::{Error, Options, Result, Tagger};

/// Serves `speechtag.v1.TaggingService`.
#[derive(Clone, Debug)]
pub struct Tagging(pub(super) Arc<Shared>);

/// What a request asks for, checked.
#[derive(Clone, Debug)]
struct Order {
    tagger: Tagger,
    options: Options,
    include_removals: bool,
}

impl Order {
    fn new(shared: &Shared, options: Option<&pb::TagOptions>) -> Result<Self> {
        let unset = pb::TagOptions::default();
        let asked = options.unwrap_or(&unset);
        let tagger = shared.tagger_named(&asked.model, "options.model")?;
        let options = convert::options(asked, shared.limits.max_text_bytes)?;
        tagger.check(&options)?;
        Ok(Self { tagger, options, include_removals: asked.include_removals })
    }

    fn tag(&self, document: pb::Document) -> Result<pb::TaggedDocument> {
        let id = document.id.clone();
        let (document, encoding) = convert::document(document, self.options.max_bytes)?;
        let tagging = self.tagger.tag(&document, &self.options)?;
        Ok(convert::tagged(id, tagging, encoding, self.include_removals))
    }

    /// As [`Order::tag`], with a failure as the document's own result; `path` names the document in it.
    fn result(&self, document: pb::Document, path: &str) -> pb::TagResult {
        let id = document.id.clone();
        let outcome = match self.tag(document) {
            Ok(tagged) => pb::tag_result::Outcome::Document(tagged),
            Err(e) => pb::tag_result::Outcome::Error((&e.within(path)).into()),
        };
        pb::TagResult { id, outcome: Some(outcome) }
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
        let tagged = self.0.workers.run(move || order.tag(document)).await?.map_err(|e| e.within("document"))?;
        Ok(Response::new(pb::TagDocumentResponse { document: Some(tagged), model }))
    }

    async fn batch_tag_documents(
        &self,
        request: Request<pb::BatchTagDocumentsRequest>,
    ) -> Result<Response<pb::BatchTagDocumentsResponse>, Status> {
        let request = request.into_inner();
        let order = Order::new(&self.0, request.options.as_ref())?;
        check_batch(&request.documents, self.0.limits.max_batch_documents)?;
        let model = Some(order.identity());
        let jobs = jobs(request.documents).into_iter().map(|job| {
            let order = order.clone();
            self.0.workers.run(move || {
                job.into_iter()
                    .map(|(i, document)| order.result(document, &format!("documents[{i}]")))
                    .collect::<Vec<_>>()
            })
        });
        let results: Vec<Vec<pb::TagResult>> =
            stream::iter(jobs).buffered(self.0.workers.count()).try_collect().await?;
        Ok(Response::new(pb::BatchTagDocumentsResponse { results: results.into_iter().flatten().collect(), model }))
    }

    type StreamTagDocumentsStream = Pin<Box<dyn Stream<Item = Result<pb::StreamTagDocumentsResponse, Status>> + Send>>;

    async fn stream_tag_documents(
        &self,
        request: Request<Streaming<pb::StreamTagDocumentsRequest>>,
    ) -> Result<Response<Self::StreamTagDocumentsStream>, Status> {
        let shared = Arc::clone(&self.0);
        let workers = shared.workers.clone();
        let mut standing = pb::TagOptions::default();
        let responses = request
            .into_inner()
            .map_err(oversize)
            .map_ok(move |request| {
                if let Some(options) = request.options {
                    standing = options;
                }
                (Order::new(&shared, Some(&standing)), request.document)
            })
            .map(move |incoming| {
                let workers = workers.clone();
                async move {
                    let (order, document) = incoming?;
                    let id = document.as_ref().map(|d| d.id.clone()).unwrap_or_default();
                    let document = document.ok_or_else(|| Error::invalid("document", "must be set"));
                    match order.and_then(|order| Ok((order, document?))) {
                        Ok((order, document)) => {
                            let model = Some(order.identity());
                            let result = workers.run(move || order.result(document, "document")).await?;
                            Ok(pb::StreamTagDocumentsResponse { result: Some(result), model })
                        }
                        Err(e) => {
                            let outcome = Some(pb::tag_result::Outcome::Error((&e).into()));
                            Ok(pb::StreamTagDocumentsResponse {
                                result: Some(pb::TagResult { id, outcome }),
                                model: None,
                            })
                        }
                    }
                }
            })
            .buffered(self.0.workers.count() * 2);
        Ok(Response::new(Box::pin(responses)))
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
            let message = format!("{:?} is also the id of documents[{first}]", document.id);
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
