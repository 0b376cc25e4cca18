//! What can go wrong, seen from inside: a refusal the client can act on, a part that is away, or a bug.

use api_types::{ErrorCode, FieldError};
use serde_json::Value;
use sqlx::postgres::{PgDatabaseError, PgSeverity};

/// Shorthand.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The error of every domain function.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request can't be carried out as it stands; the client is told why.
    #[error("{}", .0.detail)]
    Refused(Box<Refusal>),
    /// Postgres, Redis or storage is away for the moment. Nothing was changed.
    #[error("{part} is unavailable: {source}")]
    Unavailable {
        /// Which part.
        part: &'static str,
        /// What it said.
        source: anyhow::Error,
    },
    /// A bug or an unforeseen failure. Logged, never shown.
    #[error(transparent)]
    Internal(#[from] anyhow::Error),
}

/// Why a request is refused.
#[derive(Debug)]
pub struct Refusal {
    /// Stable name.
    pub code: ErrorCode,
    /// What happened, what was kept, what to do.
    pub detail: String,
    /// Fields that are not acceptable.
    pub errors: Vec<FieldError>,
    /// With `draft_conflict`: the draft as it stands. With `tests_required`: why it is not deployed. With `mfa_required`:
    /// the challenge.
    pub current: Option<Value>,
    /// Seconds after which trying again makes sense.
    pub retry_after: Option<u64>,
}

impl Error {
    /// A refusal with a code and a sentence.
    pub fn refused(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self::Refused(Box::new(Refusal {
            code,
            detail: detail.into(),
            errors: Vec::new(),
            current: None,
            retry_after: None,
        }))
    }

    /// A refusal that says how things stand.
    pub fn with_current(code: ErrorCode, detail: impl Into<String>, current: Value) -> Self {
        Self::Refused(Box::new(Refusal {
            code,
            detail: detail.into(),
            errors: Vec::new(),
            current: Some(current),
            retry_after: None,
        }))
    }

    /// Too often; `detail` says what. Trying again makes sense after so many seconds.
    pub fn too_often(detail: impl Into<String>, retry_after: u64) -> Self {
        Self::Refused(Box::new(Refusal {
            code: ErrorCode::RateLimited,
            detail: detail.into(),
            errors: Vec::new(),
            current: None,
            retry_after: Some(retry_after),
        }))
    }

    /// "No such …": also for what belongs to another tenant.
    pub fn not_found(what: &str) -> Self {
        Self::refused(
            ErrorCode::NotFound,
            format!("There is no such {what} in this workspace."),
        )
    }

    /// One field is not acceptable.
    pub fn field(field: &str, message: &str) -> Self {
        Self::validation(vec![FieldError::new(field, message)])
    }

    /// Some fields are not acceptable.
    pub fn validation(errors: Vec<FieldError>) -> Self {
        Self::refused_fields(
            ErrorCode::ValidationFailed,
            "Some fields need a change; nothing was saved.",
            errors,
        )
    }

    /// A refusal that lists fields.
    pub fn refused_fields(code: ErrorCode, detail: &str, errors: Vec<FieldError>) -> Self {
        Self::Refused(Box::new(Refusal {
            code,
            detail: detail.to_owned(),
            errors,
            current: None,
            retry_after: None,
        }))
    }

    /// The refusal's code, if it is one.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Refused(refusal) => refusal.code,
            Self::Unavailable { .. } => ErrorCode::ServiceUnavailable,
            Self::Internal(_) => ErrorCode::Internal,
        }
    }
}

impl Error {
    /// Whether Postgres broke a transaction off for the sake of another: a deadlock (40P01), or rows that changed
    /// meanwhile (40001).
    pub(crate) fn is_conflict(&self) -> bool {
        let Self::Internal(error) = self else { return false };
        let error = error.downcast_ref::<sqlx::Error>();
        let code = error
            .and_then(sqlx::Error::as_database_error)
            .and_then(sqlx::error::DatabaseError::code);
        matches!(code.as_deref(), Some("40P01" | "40001"))
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        if is_unstorable(&error) {
            return Self::refused(
                ErrorCode::ValidationFailed,
                "Text can't hold NUL characters, nor a date lie out of range; nothing was saved.",
            );
        }
        let away = match &error {
            sqlx::Error::Io(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            // What a connection that is cut in the middle of its handshake looks like.
            | sqlx::Error::Protocol(_)
            | sqlx::Error::Tls(_) => true,
            // Class 57P: the server is shutting down or starting up; 53: its disk is full, or too many connections are open; 58030: its
            // disk fails.
            sqlx::Error::Database(e) => {
                let is_away = |code: &str| code.starts_with("57P") || code.starts_with("53") || code == "58030";
                is_the_end(e.as_ref()) || e.code().is_some_and(|code| is_away(&code))
            }
            _ => false,
        };
        if away {
            Self::Unavailable {
                part: "Postgres",
                source: error.into(),
            }
        } else {
            Self::Internal(error.into())
        }
    }
}

/// Whether Postgres ended the connection, or did not begin one: what it can't do then may have no code of its own, such as
/// "could not write init file" on a full disk.
fn is_the_end(error: &dyn sqlx::error::DatabaseError) -> bool {
    let error = error.try_downcast_ref::<PgDatabaseError>();
    error.is_some_and(|error| matches!(error.severity(), PgSeverity::Fatal | PgSeverity::Panic))
}

/// Whether a value is one that Postgres can't hold: NUL in text (22021) or JSON (22P05), a date out of range (22008).
fn is_unstorable(error: &sqlx::Error) -> bool {
    let code = error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code);
    matches!(code.as_deref(), Some("22021" | "22P05" | "22008"))
}

impl From<redis::RedisError> for Error {
    fn from(error: redis::RedisError) -> Self {
        use redis::ErrorKind;
        match error.kind() {
            ErrorKind::UnexpectedReturnType | ErrorKind::InvalidClientConfig => Self::Internal(error.into()),
            _ => Self::Unavailable {
                part: "Redis",
                source: error.into(),
            },
        }
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::Internal(error.into())
    }
}

/// Whether `error` is the violation of the named constraint.
pub fn violates(error: &sqlx::Error, constraint: &str) -> bool {
    error
        .as_database_error()
        .and_then(|e| e.constraint())
        .is_some_and(|c| c == constraint)
}
