//! Errors on the wire: RFC 9457 `application/problem+json`, everywhere.

use api_types::ErrorCode;
use axum::extract::rejection::{BytesRejection, FormRejection, JsonRejection, PathRejection, QueryRejection};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::Error;

/// Seconds after which trying again makes sense when a part of the server is away.
const RETRY_SECONDS: u64 = 5;

/// An error on its way to the client.
#[derive(Debug)]
pub struct Problem(pub Error);

/// Shorthand for handlers.
pub type Result<T, E = Problem> = std::result::Result<T, E>;

impl<E: Into<Error>> From<E> for Problem {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl Problem {
    /// A refusal made by the HTTP layer itself.
    pub fn refused(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self(Error::refused(code, detail))
    }

    /// The body, and for what is our own fault an entry in the log under the request's id.
    pub fn body(&self) -> api_types::Problem {
        let code = self.0.code();
        let (status, title) = describe(code);
        let request_id = crate::routes::request_id();
        let (detail, errors, current) = match &self.0 {
            Error::Refused(refusal) => (
                refusal.detail.clone(),
                refusal.errors.clone(),
                refusal.current.clone(),
            ),
            Error::Unavailable { part, source } => {
                tracing::warn!(request_id, part, error = ?source, "a part is away");
                let detail = "A part this request needs is away for the moment. Nothing was changed; try again shortly.";
                (detail.to_owned(), Vec::new(), None)
            }
            Error::Internal(source) => {
                tracing::error!(request_id, error = ?source, "a request failed");
                let detail = "Something went wrong on our side. It was logged under the request id.";
                (detail.to_owned(), Vec::new(), None)
            }
        };
        api_types::Problem {
            type_uri: format!("/docs/errors#{}", code_name(code)),
            title: title.to_owned(),
            status: status.as_u16(),
            code,
            detail,
            request_id,
            errors,
            current,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = self.body();
        let status = StatusCode::from_u16(body.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, axum::Json(&body)).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        let retry_after = match &self.0 {
            Error::Refused(refusal) => refusal.retry_after,
            _ => None,
        };
        let is_away = status == StatusCode::SERVICE_UNAVAILABLE;
        if let Some(seconds) = retry_after.or(is_away.then_some(RETRY_SECONDS)) {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// The name of a code on the wire.
pub fn code_name(code: ErrorCode) -> String {
    serde_json::to_value(code)
        .ok()
        .and_then(|v| v.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// Status and title of each code.
pub fn describe(code: ErrorCode) -> (StatusCode, &'static str) {
    use ErrorCode as C;
    use StatusCode as S;
    match code {
        C::MalformedRequest => (S::BAD_REQUEST, "The request could not be read"),
        C::ValidationFailed => (S::UNPROCESSABLE_ENTITY, "Some fields need a change"),
        C::UnsupportedMediaType => (S::UNSUPPORTED_MEDIA_TYPE, "Wrong media type"),
        C::PayloadTooLarge => (S::PAYLOAD_TOO_LARGE, "Too large"),
        C::RouteNotFound => (S::NOT_FOUND, "No such route"),
        C::MethodNotAllowed => (S::METHOD_NOT_ALLOWED, "Wrong method"),
        C::NotFound => (S::NOT_FOUND, "Not found"),
        C::Unauthorized => (S::UNAUTHORIZED, "Not signed in"),
        C::InvalidCredentials => (S::UNAUTHORIZED, "Wrong e-mail address or password"),
        C::MfaRequired => (S::UNAUTHORIZED, "A code is asked for, too"),
        C::InvalidCode => (S::UNAUTHORIZED, "Wrong code"),
        C::LinkInvalid => (S::UNPROCESSABLE_ENTITY, "This link does not work"),
        C::SignInFailed => (S::UNAUTHORIZED, "The sign-in failed"),
        C::IssuerUnavailable => (S::BAD_GATEWAY, "The service to sign in with did not answer"),
        C::SignUpRequired => (S::UNAUTHORIZED, "No account yet"),
        C::SignInAgain => (S::FORBIDDEN, "Sign in again first"),
        C::IdentityTaken => (S::CONFLICT, "Belongs to another account"),
        C::LastIdentity => (S::CONFLICT, "The last way to sign in"),
        C::RefreshTokenReused => (S::UNAUTHORIZED, "Signed out for safety"),
        C::InvitationGone => (S::GONE, "The invitation is gone"),
        C::LastOwner => (S::CONFLICT, "The last owner"),
        C::LastWorkspace => (S::CONFLICT, "The last workspace"),
        C::Forbidden => (S::FORBIDDEN, "Not allowed"),
        C::InsufficientScope => (S::FORBIDDEN, "The key may not do this"),
        C::EmailTaken => (S::CONFLICT, "Address taken"),
        C::NameTaken => (S::CONFLICT, "Name taken"),
        C::DraftConflict => (S::CONFLICT, "The draft was changed elsewhere"),
        C::DraftNotFound => (S::NOT_FOUND, "No such draft"),
        C::DraftInvalid => (S::UNPROCESSABLE_ENTITY, "The draft is not ready"),
        C::TestsRequired => (S::CONFLICT, "Tests have to pass first"),
        C::RunInProgress => (S::CONFLICT, "The set is being run"),
        C::ExportInProgress => (S::CONFLICT, "An export is being made"),
        C::OriginalRemoved => (S::CONFLICT, "The file is gone"),
        C::UploadsFull => (S::CONFLICT, "No more files for now"),
        C::QuotaExceeded => (S::FORBIDDEN, "A limit of the plan is reached"),
        C::AlreadyTaken => (S::CONFLICT, "Taken by somebody else"),
        C::Changed => (S::CONFLICT, "Changed elsewhere"),
        C::InUse => (S::CONFLICT, "In use"),
        C::SessionNotFound => (S::NOT_FOUND, "No such conversation"),
        C::BotOffline => (S::CONFLICT, "The bot was taken down"),
        C::OriginNotAllowed => (S::FORBIDDEN, "Not on this site"),
        C::VisitorUnverified => (S::UNAUTHORIZED, "Not known to the site"),
        C::UrlForbidden => (S::UNPROCESSABLE_ENTITY, "This address is not fetched"),
        C::FetchFailed => (S::UNPROCESSABLE_ENTITY, "The page could not be fetched"),
        C::UnsupportedFile => (S::UNPROCESSABLE_ENTITY, "This kind of file is not read"),
        C::EmptyDocument => (S::UNPROCESSABLE_ENTITY, "No text"),
        C::EncryptedDocument => (S::UNPROCESSABLE_ENTITY, "Protected by a password"),
        C::NeedsOcr => (S::UNPROCESSABLE_ENTITY, "A scan without text"),
        C::CorruptDocument => (S::UNPROCESSABLE_ENTITY, "Damaged file"),
        C::DocumentTooComplex => (S::UNPROCESSABLE_ENTITY, "Too complex to read"),
        C::ProviderUnavailable => (S::BAD_GATEWAY, "The model did not answer"),
        C::ProviderRateLimited => (S::SERVICE_UNAVAILABLE, "The model is busy"),
        C::ProviderUnauthorized => (S::BAD_GATEWAY, "The model refused the key"),
        C::ProviderProtocol => (S::BAD_GATEWAY, "The model's answer made no sense"),
        C::RateLimited => (S::TOO_MANY_REQUESTS, "Too many requests"),
        C::ServiceUnavailable => (S::SERVICE_UNAVAILABLE, "Away for the moment"),
        C::Internal => (S::INTERNAL_SERVER_ERROR, "Something went wrong"),
    }
}

/// What axum's own extractors refuse, as problems.
impl From<JsonRejection> for Rejected {
    fn from(rejection: JsonRejection) -> Self {
        let code = match &rejection {
            JsonRejection::JsonDataError(_) => ErrorCode::ValidationFailed,
            JsonRejection::MissingJsonContentType(_) => ErrorCode::UnsupportedMediaType,
            other if other.status() == StatusCode::PAYLOAD_TOO_LARGE => ErrorCode::PayloadTooLarge,
            _ => ErrorCode::MalformedRequest,
        };
        Self(code, rejection.body_text())
    }
}

impl From<BytesRejection> for Rejected {
    fn from(rejection: BytesRejection) -> Self {
        let too_large = rejection.status() == StatusCode::PAYLOAD_TOO_LARGE;
        let code = if too_large {
            ErrorCode::PayloadTooLarge
        } else {
            ErrorCode::MalformedRequest
        };
        Self(code, rejection.body_text())
    }
}

impl From<FormRejection> for Rejected {
    fn from(rejection: FormRejection) -> Self {
        let code = match &rejection {
            FormRejection::InvalidFormContentType(_) => ErrorCode::UnsupportedMediaType,
            other if other.status() == StatusCode::PAYLOAD_TOO_LARGE => ErrorCode::PayloadTooLarge,
            _ => ErrorCode::MalformedRequest,
        };
        Self(code, rejection.body_text())
    }
}

impl From<PathRejection> for Rejected {
    /// An id that is no UUID names nothing.
    fn from(rejection: PathRejection) -> Self {
        Self(ErrorCode::NotFound, rejection.body_text())
    }
}

impl From<QueryRejection> for Rejected {
    fn from(rejection: QueryRejection) -> Self {
        Self(ErrorCode::MalformedRequest, rejection.body_text())
    }
}

/// A rejection of one of our extractors.
#[derive(Debug)]
pub struct Rejected(pub ErrorCode, pub String);

impl IntoResponse for Rejected {
    fn into_response(self) -> Response {
        Problem::refused(self.0, self.1).into_response()
    }
}
