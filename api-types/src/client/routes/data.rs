//! `/data` and `/receipts`

use super::{Call, Uuid};
use crate::data::{DataPolicy, DeletionReceipt, Export};

/// What the workspace keeps, for how long.
pub fn policy() -> Call<DataPolicy> {
    Call::get("/data/policy")
}

/// Changes that.
pub fn save_policy(policy: &DataPolicy) -> Call<DataPolicy> {
    Call::put("/data/policy").json(policy)
}

/// Archives of the workspace.
pub fn exports() -> Call<Vec<Export>> {
    Call::get("/data/exports")
}

/// Has one made.
pub fn start_export() -> Call<Export> {
    Call::post("/data/exports")
}

/// The file of one, which is no JSON, so [`Call::open`] it.
pub fn export_file(id: Uuid) -> Call<()> {
    Call::get(format!("/data/exports/{id}/file"))
}

/// Removes one.
pub fn delete_export(id: Uuid) -> Call<()> {
    Call::delete(format!("/data/exports/{id}"))
}

/// Receipts for deletions.
pub fn receipts() -> Call<Vec<DeletionReceipt>> {
    Call::get("/receipts")
}

/// One receipt, for whoever has its id.
pub fn receipt(id: Uuid) -> Call<DeletionReceipt> {
    Call::get(format!("/receipts/{id}"))
}
