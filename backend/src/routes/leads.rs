//! `/api/v1/leads`, and `/api/v1/bots/{bot_id}/leads`, where visitors leave their details.

use std::sync::Arc;

use api_types::Page;
use api_types::data::DeletionReceipt;
use api_types::leads::{
    AddNoteRequest, Lead, LeadFilter, LeadFormat, LeadSummary, SaveLeadRequest, SubmitLeadRequest,
    SubmittedLead,
};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use domain::{Services, leads};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::chat::channel;
use crate::extract::{Caller, Json, Path, Query, SignedIn};
use crate::problem::Result;
use crate::visit::Visit;

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Which file.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ExportQuery {
    /// `csv` or `xlsx`.
    #[serde(default)]
    format: LeadFormat,
}

/// Leave details in the bot's lead form. Somebody who is known by e-mail address or phone number is the same lead.
#[utoipa::path(post, path = "/api/v1/bots/{bot_id}/leads", tag = "chat",
    params(("bot_id" = Uuid, Path), ("x-visitor-token" = Option<String>, Header)), request_body = SubmitLeadRequest,
    responses((status = 201, body = SubmittedLead)))]
pub async fn submit(
    State(services): State<Arc<Services>>,
    Visit { bot, visitor }: Visit,
    headers: HeaderMap,
    Json(request): Json<SubmitLeadRequest>,
) -> Result<(StatusCode, Json<SubmittedLead>)> {
    let channel = channel(&headers);
    let submitted = leads::submit(&services, &bot, &request, channel, visitor.as_ref()).await?;
    Ok((StatusCode::CREATED, Json(submitted)))
}

/// Leads, those who left details last first.
#[utoipa::path(get, path = "/api/v1/leads", tag = "leads", params(LeadFilter, PageQuery),
    responses((status = 200, body = Page<LeadSummary>)), security(("bearer" = [])))]
pub async fn list(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Query(filter): Query<LeadFilter>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<LeadSummary>>> {
    Ok(Json(
        leads::list(&services.db, &scope, &filter, page.cursor.as_deref()).await?,
    ))
}

/// The leads as a file for spreadsheets, up to 20,000. That it was made is written down.
#[utoipa::path(get, path = "/api/v1/leads/export", tag = "leads", params(LeadFilter, ExportQuery),
    responses((status = 200, content_type = "text/csv", body = String)), security(("bearer" = [])))]
pub async fn export(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
    Query(filter): Query<LeadFilter>,
    Query(query): Query<ExportQuery>,
) -> Result<impl IntoResponse> {
    let file = leads::export(&services.db, &caller.scope, filter, query.format).await?;
    let (media_type, disposition) = match query.format {
        LeadFormat::Csv => ("text/csv; charset=utf-8", "attachment; filename=\"leads.csv\""),
        LeadFormat::Xlsx => (
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "attachment; filename=\"leads.xlsx\"",
        ),
    };
    let headers = [
        (header::CONTENT_TYPE, media_type),
        (header::CONTENT_DISPOSITION, disposition),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, file))
}

/// One lead with its history and notes.
#[utoipa::path(get, path = "/api/v1/leads/{lead_id}", tag = "leads", params(("lead_id" = Uuid, Path)),
    responses((status = 200, body = Lead)), security(("bearer" = [])))]
pub async fn get(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path(lead_id): Path<Uuid>,
) -> Result<Json<Lead>> {
    Ok(Json(leads::get(&services.db, &scope, lead_id).await?))
}

/// Say how far the team is with a lead.
#[utoipa::path(put, path = "/api/v1/leads/{lead_id}", tag = "leads", params(("lead_id" = Uuid, Path)),
    request_body = SaveLeadRequest, responses((status = 200, body = Lead)), security(("bearer" = [])))]
pub async fn save(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path(lead_id): Path<Uuid>,
    Json(request): Json<SaveLeadRequest>,
) -> Result<Json<Lead>> {
    Ok(Json(leads::save(&services.db, &scope, lead_id, request).await?))
}

/// Delete a lead for good, with its submissions, notes and what webhooks were told of it. For admins.
#[utoipa::path(delete, path = "/api/v1/leads/{lead_id}", tag = "leads", params(("lead_id" = Uuid, Path)),
    responses((status = 200, body = DeletionReceipt)), security(("bearer" = [])))]
pub async fn delete(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
    Path(lead_id): Path<Uuid>,
) -> Result<Json<DeletionReceipt>> {
    Ok(Json(leads::delete(&services.db, &caller.scope, lead_id).await?))
}

/// Write a note on a lead.
#[utoipa::path(post, path = "/api/v1/leads/{lead_id}/notes", tag = "leads", params(("lead_id" = Uuid, Path)),
    request_body = AddNoteRequest, responses((status = 201, body = Lead)), security(("bearer" = [])))]
pub async fn add_note(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path(lead_id): Path<Uuid>,
    Json(request): Json<AddNoteRequest>,
) -> Result<(StatusCode, Json<Lead>)> {
    let lead = leads::add_note(&services.db, &scope, lead_id, &request.content).await?;
    Ok((StatusCode::CREATED, Json(lead)))
}

/// Delete a note.
#[utoipa::path(delete, path = "/api/v1/leads/{lead_id}/notes/{note_id}", tag = "leads",
    params(("lead_id" = Uuid, Path), ("note_id" = Uuid, Path)), responses((status = 204)),
    security(("bearer" = [])))]
pub async fn delete_note(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path((lead_id, note_id)): Path<(Uuid, Uuid)>,
) -> Result<StatusCode> {
    leads::delete_note(&services.db, &scope, lead_id, note_id).await?;
    Ok(StatusCode::NO_CONTENT)
}
