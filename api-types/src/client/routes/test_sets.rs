//! `/test-sets`

use super::{Call, Uuid};
use crate::test_sets::{
    CaseFromConversationRequest, ImportCasesRequest, ImportedCases, SaveTestCaseRequest, SaveTestSetRequest,
    StartRunRequest, TestCase, TestRun, TestRunDetail, TestSet,
};

/// Test sets of the workspace by name.
pub fn list() -> Call<Vec<TestSet>> {
    Call::get("/test-sets")
}

/// Makes a set.
pub fn create(request: &SaveTestSetRequest) -> Call<TestSet> {
    Call::post("/test-sets").json(request)
}

/// One set.
pub fn get(id: Uuid) -> Call<TestSet> {
    Call::get(format!("/test-sets/{id}"))
}

/// Gives a set another name.
pub fn rename(id: Uuid, request: &SaveTestSetRequest) -> Call<TestSet> {
    Call::put(format!("/test-sets/{id}")).json(request)
}

/// Deletes a set with its cases and runs.
pub fn delete(id: Uuid) -> Call<()> {
    Call::delete(format!("/test-sets/{id}"))
}

/// The cases of a set, in the order they were added.
pub fn cases(id: Uuid) -> Call<Vec<TestCase>> {
    Call::get(format!("/test-sets/{id}/cases"))
}

/// Adds a case.
pub fn add_case(id: Uuid, request: &SaveTestCaseRequest) -> Call<TestCase> {
    Call::post(format!("/test-sets/{id}/cases")).json(request)
}

/// Adds a visitor's question.
pub fn add_from_conversation(id: Uuid, request: &CaseFromConversationRequest) -> Call<TestCase> {
    Call::post(format!("/test-sets/{id}/cases/from-conversation")).json(request)
}

/// Changes a case.
pub fn change_case(id: Uuid, case: Uuid, request: &SaveTestCaseRequest) -> Call<TestCase> {
    Call::put(format!("/test-sets/{id}/cases/{case}")).json(request)
}

/// Deletes a case.
pub fn delete_case(id: Uuid, case: Uuid) -> Call<()> {
    Call::delete(format!("/test-sets/{id}/cases/{case}"))
}

/// Adds cases from CSV.
pub fn import(id: Uuid, request: &ImportCasesRequest) -> Call<ImportedCases> {
    Call::post(format!("/test-sets/{id}/import")).json(request)
}

/// The cases as CSV, which is no JSON, so [`Call::open`] it.
pub fn export(id: Uuid) -> Call<()> {
    Call::get(format!("/test-sets/{id}/export"))
}

/// The runs of a set, newest first.
pub fn runs(id: Uuid) -> Call<Vec<TestRun>> {
    Call::get(format!("/test-sets/{id}/runs"))
}

/// Runs a set on a bot or draft.
pub fn start(id: Uuid, request: &StartRunRequest) -> Call<TestRun> {
    Call::post(format!("/test-sets/{id}/runs")).json(request)
}

/// A run, case by case.
pub fn run(id: Uuid, run: Uuid) -> Call<TestRunDetail> {
    Call::get(format!("/test-sets/{id}/runs/{run}"))
}

/// Stops a run.
pub fn cancel(id: Uuid, run: Uuid) -> Call<TestRun> {
    Call::post(format!("/test-sets/{id}/runs/{run}/cancel"))
}
