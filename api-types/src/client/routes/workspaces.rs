//! `/workspaces`

use super::Call;
use crate::tenancy::{SaveNameRequest, Workspace};

/// Makes a further workspace.
pub fn create(request: &SaveNameRequest) -> Call<Workspace> {
    Call::post("/workspaces").json(request)
}

/// Gives the current workspace another name.
pub fn rename(request: &SaveNameRequest) -> Call<Workspace> {
    Call::put("/workspace").json(request)
}
