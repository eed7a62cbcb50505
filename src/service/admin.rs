//! `AdminService`: changes the models of a running server.

use std::sync::Arc;

use tonic::{Request, Response, Status};

use super::{Shared, convert, pb};

/// Serves `speechtag.v1.AdminService`.
#[derive(Clone, Debug)]
pub(super) struct Admin(pub Arc<Shared>);

#[tonic::async_trait]
impl pb::admin_service_server::AdminService for Admin {
    async fn reload_models(
        &self,
        _: Request<pb::ReloadModelsRequest>,
    ) -> Result<Response<pb::ReloadModelsResponse>, Status> {
        let shelf = self.0.reload("admin").await?;
        Ok(Response::new(pb::ReloadModelsResponse { models: convert::loaded(&shelf) }))
    }

    async fn set_model_alias(
        &self,
        request: Request<pb::SetModelAliasRequest>,
    ) -> Result<Response<pb::SetModelAliasResponse>, Status> {
        let pb::SetModelAliasRequest { alias, model } = request.into_inner();
        let model = (!model.is_empty()).then_some(model);
        // One that is not set changes nothing, and says nothing about the models in service.
        let shelf = self.0.registry.set_alias(alias, model).await.inspect_err(|error| {
            tracing::info!(%error, "alias not set");
        })?;
        self.0.in_service("admin", &shelf);
        Ok(Response::new(pb::SetModelAliasResponse { models: convert::loaded(&shelf) }))
    }
}
