//! The life of a server: starting, serving, lame duck, draining, cut.
//!
//! Health says `NOT_SERVING` except while serving. A lame duck still answers everything; a draining server takes no new
//! connections or calls and ends its streams after what they have sent; at the cut what is left is answered
//! `UNAVAILABLE`.

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use super::pb::admin_service_server::SERVICE_NAME as ADMIN_SERVICE;
use super::pb::model_service_server::SERVICE_NAME as MODEL_SERVICE;
use super::pb::tagging_service_server::SERVICE_NAME as TAGGING_SERVICE;

/// Where a server stands in its life, and who waits for it.
#[derive(Debug, Default)]
pub(super) struct Lifecycle {
    /// Whether the admin service is there.
    pub admin: bool,
    /// What the health service tells.
    pub health: HealthReporter,
    /// Set when nothing new is taken.
    pub draining: CancellationToken,
    /// Set when what is under way must end.
    pub cut: CancellationToken,
    /// The open connections.
    pub connections: TaskTracker,
}

impl Lifecycle {
    pub fn health(&self) -> HealthReporter {
        self.health.clone()
    }

    /// Tells the health of the server ("") and of each of its services.
    pub async fn tell(&self, status: ServingStatus) {
        for service in ["", TAGGING_SERVICE, MODEL_SERVICE].into_iter().chain(self.admin.then_some(ADMIN_SERVICE)) {
            self.health.set_service_status(service, status).await;
        }
    }
}
