//! `/api/v1/kb/{kb_id}/sources/{source_id}/pairs`: questions with their answers.

use std::sync::Arc;

use api_types::pairs::{AddedPairs, Pair, Pairs, SavePairsRequest};
use axum::extract::{Request, State};
use domain::Services;
use domain::kb::pairs;
use uuid::Uuid;

use super::kb_drafts::{UploadForm, one_file};
use crate::extract::{Caller, Json, Path};
use crate::problem::Result;

/// The questions and answers of a source, in the order they were added.
#[utoipa::path(get, path = "/api/v1/kb/{kb_id}/sources/{source_id}/pairs", tag = "question-and-answer pairs",
    params(("kb_id" = Uuid, Path), ("source_id" = Uuid, Path)), responses((status = 200, body = Pairs)),
    security(("bearer" = [])))]
pub async fn get(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path((kb_id, source_id)): Path<(Uuid, Uuid)>,
) -> Result<Json<Pairs>> {
    Ok(Json(pairs::get(&services, &scope, kb_id, source_id).await?))
}

/// Replace all questions and answers of a source. Only what changed is embedded again.
#[utoipa::path(put, path = "/api/v1/kb/{kb_id}/sources/{source_id}/pairs", tag = "question-and-answer pairs",
    params(("kb_id" = Uuid, Path), ("source_id" = Uuid, Path)), request_body = SavePairsRequest,
    responses((status = 200, body = Pairs)),
    security(("bearer" = [])))]
pub async fn save(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path((kb_id, source_id)): Path<(Uuid, Uuid)>,
    Json(request): Json<SavePairsRequest>,
) -> Result<Json<Pairs>> {
    Ok(Json(
        pairs::save(&services, &scope, kb_id, source_id, &request).await?,
    ))
}

/// Add a question with its answer; where the question is there already, its answer is replaced.
#[utoipa::path(post, path = "/api/v1/kb/{kb_id}/sources/{source_id}/pairs", tag = "question-and-answer pairs",
    params(("kb_id" = Uuid, Path), ("source_id" = Uuid, Path)), request_body = Pair,
    responses((status = 200, body = AddedPairs)),
    security(("bearer" = [])))]
pub async fn add(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path((kb_id, source_id)): Path<(Uuid, Uuid)>,
    Json(pair): Json<Pair>,
) -> Result<Json<AddedPairs>> {
    Ok(Json(
        pairs::add(&services, &scope, kb_id, source_id, &pair).await?,
    ))
}

/// Add the questions and answers of a CSV file, a `multipart/form-data` part named `file`: all or none. Where a
/// question is there already, its answer is replaced.
#[utoipa::path(post, path = "/api/v1/kb/{kb_id}/sources/{source_id}/pairs/import", tag = "question-and-answer pairs",
    params(("kb_id" = Uuid, Path), ("source_id" = Uuid, Path)),
    request_body(content((UploadForm = "multipart/form-data"))),
    responses((status = 200, body = AddedPairs)),
    security(("bearer" = [])))]
pub async fn import(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path((kb_id, source_id)): Path<(Uuid, Uuid)>,
    request: Request,
) -> Result<Json<AddedPairs>> {
    let file = one_file(request).await?;
    Ok(Json(
        pairs::import(&services, &scope, kb_id, source_id, file.bytes).await?,
    ))
}
