//! `/workspaces`

use super::Call;
use crate::tenancy::{CreateWorkspaceRequest, Workspace};

/// Makes a further workspace.
pub fn create(request: &CreateWorkspaceRequest) -> Call<Workspace> {
    Call::post("/workspaces").json(request)
}
