//! `ModelService`: which models there are and what they can say.

use std::sync::Arc;

use tonic::{Request, Response, Status};

use super::{Shared, convert, pb};

/// Serves `speechtag.v1.ModelService`.
#[derive(Clone, Debug)]
pub(super) struct Models(pub Arc<Shared>);

#[tonic::async_trait]
impl pb::model_service_server::ModelService for Models {
    async fn list_models(&self, _: Request<pb::ListModelsRequest>) -> Result<Response<pb::ListModelsResponse>, Status> {
        let loaded = convert::loaded(&*self.0.registry.shelf()?);
        let models = loaded.iter().filter_map(|model| model.identity.clone()).collect();
        Ok(Response::new(pb::ListModelsResponse { models, loaded }))
    }

    async fn get_model(&self, request: Request<pb::GetModelRequest>) -> Result<Response<pb::GetModelResponse>, Status> {
        let shelf = self.0.registry.shelf()?;
        let tagger = shelf.find(&request.get_ref().name, "name")?;
        let limits = &self.0.config.limits;
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
