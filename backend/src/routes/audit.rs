//! `/api/v1/audit`: who did what.

use std::sync::Arc;

use api_types::Page;
use api_types::audit::{AuditEntry, AuditFilter, AuditFormat};
use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use domain::{Services, audit};
use futures::TryStreamExt;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::extract::{Json, Query, SignedIn};
use crate::problem::Result;

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
    /// `csv` or `jsonl`.
    #[serde(default)]
    format: AuditFormat,
}

/// Who did what in this workspace, the newest first. For admins.
#[utoipa::path(get, path = "/api/v1/audit", tag = "audit log", params(AuditFilter, PageQuery),
    responses((status = 200, body = Page<AuditEntry>)),
    security(("bearer" = [])))]
pub async fn list(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
    Query(filter): Query<AuditFilter>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<AuditEntry>>> {
    let page = audit::list(&services.db, &caller.scope, &filter, page.cursor.as_deref()).await?;
    Ok(Json(page))
}

/// The entries as a file: CSV for spreadsheets, or one JSON object a line. For admins; that it was made is written down.
#[utoipa::path(get, path = "/api/v1/audit/export", tag = "audit log", params(AuditFilter, ExportQuery),
    responses((status = 200, content_type = "text/csv", body = String)),
    security(("bearer" = [])))]
pub async fn export(
    State(services): State<Arc<Services>>,
    caller: SignedIn,
    Query(filter): Query<AuditFilter>,
    Query(query): Query<ExportQuery>,
) -> Result<impl IntoResponse> {
    let pieces = audit::export(&services.db, &caller.scope, &filter, query.format).await?;
    let pieces = pieces.inspect_err(|error| tracing::error!(%error, "an export of the audit log broke off"));
    let (media_type, disposition) = match query.format {
        AuditFormat::Csv => (
            "text/csv; charset=utf-8",
            "attachment; filename=\"audit-log.csv\"",
        ),
        AuditFormat::Jsonl => (
            "application/jsonl; charset=utf-8",
            "attachment; filename=\"audit-log.jsonl\"",
        ),
    };
    let headers = [
        (header::CONTENT_TYPE, media_type),
        (header::CONTENT_DISPOSITION, disposition),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, Body::from_stream(pieces)))
}
