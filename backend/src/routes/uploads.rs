//! Files that visitors send: taken in from anybody, handed out to the team.

use std::sync::Arc;
use std::time::Duration;

use api_types::ErrorCode;
use api_types::uploads::{Attachment, MAX_UPLOAD_BYTES};
use axum::body::Body;
use axum::extract::multipart::{Multipart, MultipartError};
use axum::extract::{Extension, FromRequest, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::tenancy::Origin;
use domain::uploads::{self, NewUpload};
use domain::{Error, Services};
use futures::TryStreamExt;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::client_address;
use crate::extract::{Caller, Json, Path, Query};
use crate::open::{Open, Owner};
use crate::problem::{Problem, Result};
use crate::visit::Visit;

/// The largest body: a file, and what a form says of it.
pub const MAX_BODY_BYTES: usize = MAX_UPLOAD_BYTES as usize + 64 * 1024;
/// How long sending a file may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// Files that one address may send at the same time.
const PER_ADDRESS: usize = 4;
/// Files that are taken in at the same time; each is held in memory until it is whole.
const AT_ONCE: usize = 24;

/// A file as a browser sends it.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "only describes the body")]
pub struct VisitorUpload {
    /// The file, up to 10 MB.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// Where the file belongs.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UploadQuery {
    /// The conversation it is sent in, if there is one already.
    session_id: Option<Uuid>,
}

/// Send a file for a message to come: a `multipart/form-data` part named `file`. Name its `id` in `attachments` of that
/// message within a day; only whoever sent it knows the id. Pictures (PNG, JPEG, WebP, GIF), PDF, documents of Office and
/// OpenDocument, RTF and plain text are taken, as their content says.
#[utoipa::path(post, path = "/api/v1/bots/{bot_id}/uploads", tag = "chat",
    params(("bot_id" = Uuid, Path), UploadQuery, ("x-visitor-token" = Option<String>, Header)),
    request_body(content((VisitorUpload = "multipart/form-data"))),
    responses((status = 201, body = Attachment)))]
pub async fn upload(
    State(services): State<Arc<Services>>,
    Visit { bot, visitor }: Visit,
    Query(query): Query<UploadQuery>,
    Extension(open): Extension<Open>,
    Extension(origin): Extension<Origin>,
    request: Request,
) -> Result<(StatusCode, Json<Attachment>)> {
    check_length(request.headers())?;
    uploads::admit(&services, &bot, query.session_id, visitor.as_ref()).await?;
    let address = origin.address.map(client_address::network);
    let mut owners = vec![(Owner::Anybody, AT_ONCE)];
    owners.extend(address.map(|address| (Owner::Address(address), PER_ADDRESS)));
    let _slot = open.take("uploads", &owners)?;
    let file = tokio::time::timeout(PATIENCE, read(request))
        .await
        .map_err(|_| too_slow())??;
    let stored = uploads::receive(&services, &bot, query.session_id, visitor.as_ref(), file).await?;
    Ok((StatusCode::CREATED, Json(stored)))
}

/// What says itself that it is too large is not read at all.
fn check_length(headers: &HeaderMap) -> Result<()> {
    let length = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if length.is_some_and(|length| length > MAX_BODY_BYTES) {
        return Err(too_large());
    }
    Ok(())
}

/// The one file of the form; reading stops where it gets too large.
async fn read(request: Request) -> Result<NewUpload> {
    let mut form = Multipart::from_request(request, &())
        .await
        .map_err(|error| Problem::refused(ErrorCode::MalformedRequest, error.body_text()))?;
    let mut file = None;
    while let Some(mut part) = form.next_field().await.map_err(unreadable)? {
        if part.name() != Some("file") || file.is_some() {
            return Err(
                Error::field("file", "Send one file, in a part named `file`, and nothing else.").into(),
            );
        }
        let name = part.file_name().unwrap_or_default().to_owned();
        let mut bytes = Vec::new();
        while let Some(chunk) = part.chunk().await.map_err(unreadable)? {
            if (bytes.len() + chunk.len()) as u64 > MAX_UPLOAD_BYTES {
                return Err(too_large());
            }
            bytes.extend_from_slice(&chunk);
        }
        file = Some(NewUpload { name, bytes });
    }
    Ok(file.ok_or_else(|| Error::field("file", "Send a file in a part named `file`."))?)
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that `map_err` calls")]
fn unreadable(error: MultipartError) -> Problem {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return too_large();
    }
    Problem::refused(ErrorCode::MalformedRequest, error.body_text())
}

fn too_large() -> Problem {
    let megabytes = MAX_UPLOAD_BYTES / 1024 / 1024;
    let detail =
        format!("Files may have up to {megabytes} MB. Nothing was kept of this one; send a smaller one.");
    Problem(Error::refused_fields(
        ErrorCode::PayloadTooLarge,
        &detail,
        vec![api_types::FieldError::new("file", &detail)],
    ))
}

fn too_slow() -> Problem {
    let detail = "The file did not arrive within two minutes. Nothing was kept of it; try again.";
    Problem::refused(ErrorCode::MalformedRequest, detail)
}

/// A file that a visitor sent, as a download.
#[utoipa::path(get, path = "/api/v1/conversations/{conversation_id}/attachments/{attachment_id}", tag = "conversations",
    params(("conversation_id" = Uuid, Path), ("attachment_id" = Uuid, Path)),
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>)), security(("bearer" = [])))]
pub async fn attachment(
    State(services): State<Arc<Services>>,
    Caller(scope): Caller,
    Path((conversation_id, attachment_id)): Path<(Uuid, Uuid)>,
) -> Result<Response> {
    let download = uploads::open(&services, &scope, conversation_id, attachment_id).await?;
    let bytes = download
        .bytes
        .inspect_err(|error| tracing::error!(%error, "a download of a visitor's file broke off"));
    // Nothing of it runs in our origin, whatever is in it.
    let media_type = if download.file.is_picture {
        download.file.media_type.as_str()
    } else {
        "application/octet-stream"
    };
    let headers = [
        (header::CONTENT_TYPE, media_type.to_owned()),
        (header::CONTENT_DISPOSITION, disposition(&download.file.name)),
        (header::CONTENT_LENGTH, download.file.size.to_string()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; sandbox".to_owned(),
        ),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, Body::from_stream(bytes)).into_response())
}

/// Saves it under its name: once in ASCII, and once as it is (RFC 6266).
fn disposition(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|c| {
            let is_plain = c.is_ascii_alphanumeric() || matches!(c, ' ' | '.' | '-' | '_');
            if is_plain { c } else { '_' }
        })
        .collect();
    let mut whole = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_') {
            whole.push(char::from(byte));
        } else {
            whole.push_str(&format!("%{byte:02X}"));
        }
    }
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{whole}")
}

#[cfg(test)]
mod tests {
    use super::disposition;

    #[test]
    fn a_name_stays_inside_its_header() {
        assert_eq!(
            disposition("a\"; x=\r\nSet-Cookie: b Ж.pdf"),
            "attachment; filename=\"a__ x___Set-Cookie_ b _.pdf\"; \
             filename*=UTF-8''a%22%3B%20x%3D%0D%0ASet-Cookie%3A%20b%20%D0%96.pdf"
        );
    }
}
