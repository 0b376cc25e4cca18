//! Jobs of test sets.

use domain::jobs::Outcome;
use domain::{Result, Services};
use uuid::Uuid;

/// Goes on with a run.
pub(super) async fn run(services: &Services, workspace_id: Uuid, run_id: Uuid) -> Result<Outcome> {
    domain::test_sets::run(services, workspace_id, run_id).await
}
