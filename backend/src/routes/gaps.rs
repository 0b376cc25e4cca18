//! `/api/v1/gaps/groups`: what bots could not answer, grouped, and what was made of it.

use std::sync::Arc;

use api_types::Page;
use api_types::gaps::{
    GapGroup, GapStatus, ImproveAnswerRequest, ImprovedAnswer, SaveGapStatusRequest, SplitGapRequest,
};
use axum::extract::State;
use domain::{Services, gaps};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::extract::{Caller, Json, Path, Query};
use crate::problem::Result;

/// Which groups.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct GroupsQuery {
    /// Only those of this bot.
    bot_id: Option<Uuid>,
    /// `open`, `improved` or `dismissed`; `open` when it is left out.
    #[serde(default)]
    status: GapStatus,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Questions that bots could not answer, or answered so that visitors did not like it, in groups; those that were asked
/// most often first.
#[utoipa::path(get, path = "/api/v1/gaps/groups", tag = "conversations", params(GroupsQuery),
    responses((status = 200, body = Page<GapGroup>)), security(("bearer" = [])))]
pub async fn gap_groups(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Query(query): Query<GroupsQuery>,
) -> Result<Json<Page<GapGroup>>> {
    let cursor = query.cursor.as_deref();
    Ok(Json(
        gaps::list(&services, &scope, query.bot_id, query.status, cursor).await?,
    ))
}

/// Say what is made of a group: dismissed, improved, or open again.
#[utoipa::path(put, path = "/api/v1/gaps/groups/{group_id}", tag = "conversations", params(("group_id" = Uuid, Path)),
    request_body = SaveGapStatusRequest, responses((status = 200, body = GapGroup)), security(("bearer" = [])))]
pub async fn save_gap_status(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path(group_id): Path<Uuid>,
    Json(request): Json<SaveGapStatusRequest>,
) -> Result<Json<GapGroup>> {
    Ok(Json(
        gaps::set_status(&services, &scope, group_id, request.status).await?,
    ))
}

/// Take a question out that was put to the wrong group, with all that were asked in the same words. It gets a group of its
/// own, and stays there. Answers with the new group.
#[utoipa::path(post, path = "/api/v1/gaps/groups/{group_id}/split", tag = "conversations",
    params(("group_id" = Uuid, Path)), request_body = SplitGapRequest, responses((status = 200, body = GapGroup)),
    security(("bearer" = [])))]
pub async fn split_gap(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path(group_id): Path<Uuid>,
    Json(request): Json<SplitGapRequest>,
) -> Result<Json<GapGroup>> {
    Ok(Json(gaps::split(&services, &scope, group_id, request).await?))
}

/// Write the answer: it is added to a knowledge base as a question with its answer, and, if a test set is named, as a case
/// that expects it. The group is improved then.
#[utoipa::path(post, path = "/api/v1/gaps/groups/{group_id}/improve", tag = "conversations",
    params(("group_id" = Uuid, Path)), request_body = ImproveAnswerRequest,
    responses((status = 200, body = ImprovedAnswer)), security(("bearer" = [])))]
pub async fn improve_answer(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path(group_id): Path<Uuid>,
    Json(request): Json<ImproveAnswerRequest>,
) -> Result<Json<ImprovedAnswer>> {
    Ok(Json(gaps::improve(&services, &scope, group_id, &request).await?))
}
