//! `ModelService`: which models there are and what they can say.

use std::sync::Arc;

use tonic::{Request, Response, Status};

use super::{Shared, convert, pb};

/// Serves `speechtag.v1.ModelService`.
#[derive(Clone, Debug)]
pub struct Models(pub(super) Arc<Shared>);

#[tonic::async_trait]
impl pb::model_service_server::ModelService for Models {
    async fn list_models(&self, _: Request<pb::ListModelsRequest>) -> Result<Response<pb::ListModelsResponse>, Status> {
        Ok(Response::new(pb::ListModelsResponse { models: vec![convert::identity(self.0.tagger.model())] }))
    }

    async fn get_model(&self, request: Request<pb::GetModelRequest>) -> Result<Response<pb::GetModelResponse>, Status> {
        let tagger = self.0.tagger_named(&request.get_ref().name, "name")?;
        let limits = &self.0.limits;
        Ok(Response::new(pb::GetModelResponse {
            model: Some(convert::model(tagger.model())),
            limits: Some(pb::Limits {
                max_text_bytes: limits.max_text_bytes as u64,
                max_batch_documents: u32::try_from(limits.max_batch_documents).unwrap_or(u32::MAX),
                max_message_bytes: limits.max_message_bytes as u64,
            }),
        }))
    }
}
