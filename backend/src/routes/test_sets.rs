//! `/api/v1/test-sets`: questions with what their answers should be, and runs of them.

use std::sync::Arc;

use api_types::test_sets::{
    CaseFromConversationRequest, ImportCasesRequest, ImportedCases, SaveTestCaseRequest, SaveTestSetRequest,
    StartRunRequest, TestCase, TestRun, TestRunDetail, TestSet,
};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use domain::{Services, test_sets};
use uuid::Uuid;

use crate::extract::{Caller, Json, Path};
use crate::problem::Result;

/// The workspace's test sets, each with its newest run.
#[utoipa::path(get, path = "/api/v1/test-sets", tag = "test sets", responses((status = 200, body = [TestSet])),
    security(("bearer" = [])))]
pub async fn list(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
) -> Result<Json<Vec<TestSet>>> {
    Ok(Json(test_sets::list(&services.db, &scope).await?))
}

/// Make a test set without cases.
#[utoipa::path(post, path = "/api/v1/test-sets", tag = "test sets", request_body = SaveTestSetRequest,
    responses((status = 201, body = TestSet)), security(("bearer" = [])))]
pub async fn create(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Json(request): Json<SaveTestSetRequest>,
) -> Result<(StatusCode, Json<TestSet>)> {
    let set = test_sets::create(&services.db, &scope, &request.name).await?;
    Ok((StatusCode::CREATED, Json(set)))
}

/// One test set.
#[utoipa::path(get, path = "/api/v1/test-sets/{test_set_id}", tag = "test sets", params(("test_set_id" = Uuid, Path)),
    responses((status = 200, body = TestSet)), security(("bearer" = [])))]
pub async fn get(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path(id): Path<Uuid>,
) -> Result<Json<TestSet>> {
    Ok(Json(test_sets::get(&services.db, &scope, id).await?))
}

/// Give a test set another name.
#[utoipa::path(put, path = "/api/v1/test-sets/{test_set_id}", tag = "test sets", params(("test_set_id" = Uuid, Path)),
    request_body = SaveTestSetRequest, responses((status = 200, body = TestSet)), security(("bearer" = [])))]
pub async fn rename(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path(id): Path<Uuid>,
    Json(request): Json<SaveTestSetRequest>,
) -> Result<Json<TestSet>> {
    Ok(Json(
        test_sets::rename(&services.db, &scope, id, &request.name).await?,
    ))
}

/// Delete a test set with its cases and runs, unless a live bot requires it.
#[utoipa::path(delete, path = "/api/v1/test-sets/{test_set_id}", tag = "test sets",
    params(("test_set_id" = Uuid, Path)), responses((status = 204)),
    security(("bearer" = [])))]
pub async fn delete(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path(id): Path<Uuid>,
) -> Result<StatusCode> {
    test_sets::delete(&services.db, &scope, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The cases of a test set, in the order they were added.
#[utoipa::path(get, path = "/api/v1/test-sets/{test_set_id}/cases", tag = "test sets",
    params(("test_set_id" = Uuid, Path)), responses((status = 200, body = [TestCase])), security(("bearer" = [])))]
pub async fn cases(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path(id): Path<Uuid>,
) -> Result<Json<Vec<TestCase>>> {
    Ok(Json(test_sets::cases(&services.db, &scope, id).await?))
}

/// Add a case.
#[utoipa::path(post, path = "/api/v1/test-sets/{test_set_id}/cases", tag = "test sets",
    params(("test_set_id" = Uuid, Path)), request_body = SaveTestCaseRequest,
    responses((status = 201, body = TestCase)), security(("bearer" = [])))]
pub async fn add_case(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path(id): Path<Uuid>,
    Json(request): Json<SaveTestCaseRequest>,
) -> Result<(StatusCode, Json<TestCase>)> {
    let case = test_sets::add_case(&services.db, &scope, id, request).await?;
    Ok((StatusCode::CREATED, Json(case)))
}

/// Add a visitor's question, with the turns before it; what was cited, or that nothing was known, is taken to be right.
#[utoipa::path(post, path = "/api/v1/test-sets/{test_set_id}/cases/from-conversation", tag = "test sets",
    params(("test_set_id" = Uuid, Path)), request_body = CaseFromConversationRequest,
    responses((status = 201, body = TestCase)), security(("bearer" = [])))]
pub async fn add_from_conversation(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path(id): Path<Uuid>,
    Json(request): Json<CaseFromConversationRequest>,
) -> Result<(StatusCode, Json<TestCase>)> {
    let case = test_sets::add_from_conversation(&services, &scope, id, &request).await?;
    Ok((StatusCode::CREATED, Json(case)))
}

/// Change a case.
#[utoipa::path(put, path = "/api/v1/test-sets/{test_set_id}/cases/{case_id}", tag = "test sets",
    params(("test_set_id" = Uuid, Path), ("case_id" = Uuid, Path)), request_body = SaveTestCaseRequest,
    responses((status = 200, body = TestCase)), security(("bearer" = [])))]
pub async fn change_case(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path((id, case_id)): Path<(Uuid, Uuid)>,
    Json(request): Json<SaveTestCaseRequest>,
) -> Result<Json<TestCase>> {
    Ok(Json(
        test_sets::change_case(&services.db, &scope, id, case_id, request).await?,
    ))
}

/// Delete a case.
#[utoipa::path(delete, path = "/api/v1/test-sets/{test_set_id}/cases/{case_id}", tag = "test sets",
    params(("test_set_id" = Uuid, Path), ("case_id" = Uuid, Path)), responses((status = 204)),
    security(("bearer" = [])))]
pub async fn delete_case(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path((id, case_id)): Path<(Uuid, Uuid)>,
) -> Result<StatusCode> {
    test_sets::delete_case(&services.db, &scope, id, case_id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Add cases from CSV, all or none; with `preview`, only say what would come of it.
#[utoipa::path(post, path = "/api/v1/test-sets/{test_set_id}/import", tag = "test sets",
    params(("test_set_id" = Uuid, Path)), request_body = ImportCasesRequest,
    responses((status = 200, body = ImportedCases)),
    security(("bearer" = [])))]
pub async fn import(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path(id): Path<Uuid>,
    Json(request): Json<ImportCasesRequest>,
) -> Result<Json<ImportedCases>> {
    Ok(Json(test_sets::import(&services.db, &scope, id, &request).await?))
}

/// The cases as CSV, as `import` reads it.
#[utoipa::path(get, path = "/api/v1/test-sets/{test_set_id}/export", tag = "test sets",
    params(("test_set_id" = Uuid, Path)), responses((status = 200, content_type = "text/csv", body = String)),
    security(("bearer" = [])))]
pub async fn export(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path(id): Path<Uuid>,
) -> Result<impl IntoResponse> {
    let csv = test_sets::export(&services.db, &scope, id).await?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"test-set.csv\"",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    Ok((headers, csv))
}

/// The runs of a test set, newest first.
#[utoipa::path(get, path = "/api/v1/test-sets/{test_set_id}/runs", tag = "test sets",
    params(("test_set_id" = Uuid, Path)), responses((status = 200, body = [TestRun])), security(("bearer" = [])))]
pub async fn runs(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path(id): Path<Uuid>,
) -> Result<Json<Vec<TestRun>>> {
    Ok(Json(test_sets::runs(&services.db, &scope, id).await?))
}

/// Run the set as it is on a bot or draft as it is, in the background; 409 `run_in_progress` while it is being run.
#[utoipa::path(post, path = "/api/v1/test-sets/{test_set_id}/runs", tag = "test sets",
    params(("test_set_id" = Uuid, Path)), request_body = StartRunRequest,
    responses((status = 202, body = TestRun)), security(("bearer" = [])))]
pub async fn start_run(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path(id): Path<Uuid>,
    Json(request): Json<StartRunRequest>,
) -> Result<(StatusCode, Json<TestRun>)> {
    let run = test_sets::start(&services, &scope, id, request).await?;
    Ok((StatusCode::ACCEPTED, Json(run)))
}

/// A run, case by case, beside the last complete one on the same bot or draft.
#[utoipa::path(get, path = "/api/v1/test-sets/{test_set_id}/runs/{run_id}", tag = "test sets",
    params(("test_set_id" = Uuid, Path), ("run_id" = Uuid, Path)), responses((status = 200, body = TestRunDetail)),
    security(("bearer" = [])))]
pub async fn get_run(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path((id, run_id)): Path<(Uuid, Uuid)>,
) -> Result<Json<TestRunDetail>> {
    Ok(Json(test_sets::get_run(&services.db, &scope, id, run_id).await?))
}

/// Stop a run; cases that are done stay.
#[utoipa::path(post, path = "/api/v1/test-sets/{test_set_id}/runs/{run_id}/cancel", tag = "test sets",
    params(("test_set_id" = Uuid, Path), ("run_id" = Uuid, Path)), responses((status = 200, body = TestRun)),
    security(("bearer" = [])))]
pub async fn cancel_run(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path((id, run_id)): Path<(Uuid, Uuid)>,
) -> Result<Json<TestRun>> {
    Ok(Json(test_sets::cancel(&services.db, &scope, id, run_id).await?))
}
