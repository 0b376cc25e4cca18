//! `/api/v1/analytics`: what bots did, in figures.

use std::sync::Arc;

use api_types::analytics::{Analytics, AnalyticsQuery, AnalyticsTable};
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use domain::{Services, analytics};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::extract::{Caller, Json, Query};
use crate::problem::Result;

/// Which file.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ExportQuery {
    /// `days`, `bots`, `channels`, `questions`, `pages`, `languages` or `models`.
    #[serde(default)]
    table: AnalyticsTable,
}

/// The figures of a period, beside those of as many days before it.
#[utoipa::path(get, path = "/api/v1/analytics", tag = "analytics", params(AnalyticsQuery),
    responses((status = 200, body = Analytics)), security(("bearer" = [])))]
pub async fn report(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Query(query): Query<AnalyticsQuery>,
) -> Result<Json<Analytics>> {
    Ok(Json(analytics::report(&services, &scope, &query).await?))
}

/// One table of the figures as CSV. Cells that a spreadsheet would take for formulas are made text.
#[utoipa::path(get, path = "/api/v1/analytics/export", tag = "analytics", params(AnalyticsQuery, ExportQuery),
    responses((status = 200, content_type = "text/csv", body = String)), security(("bearer" = [])))]
pub async fn export(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Query(query): Query<AnalyticsQuery>,
    Query(export): Query<ExportQuery>,
) -> Result<impl IntoResponse> {
    let file = analytics::export(&services, &scope, &query, export.table).await?;
    let disposition = format!("attachment; filename=\"analytics-{}.csv\"", export.table.as_str());
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, file))
}
