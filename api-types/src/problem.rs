//! Errors as the client sees them: RFC 9457 `application/problem+json`.

use serde::{Deserialize, Serialize};

/// Stable, machine-readable names of everything that can go wrong. Clients switch on these, never on text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema, strum::EnumIter))]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The body is not valid JSON, or a query or path parameter does not parse.
    MalformedRequest,
    /// The body parses but one or more fields are not acceptable; see `errors`.
    ValidationFailed,
    /// The body has a media type that this route does not take.
    UnsupportedMediaType,
    /// The body is larger than this route takes.
    PayloadTooLarge,
    /// No such route.
    RouteNotFound,
    /// The route exists, but not for this method.
    MethodNotAllowed,
    /// No such object, or it belongs to somebody else.
    NotFound,
    /// No credential, or it is not valid any more.
    Unauthorized,
    /// E-mail address or password is wrong.
    InvalidCredentials,
    /// The password is right; a code is asked for too, and `current` holds the challenge to send it with.
    MfaRequired,
    /// The code of the second factor is wrong, or was used before.
    InvalidCode,
    /// The link of a mail was used, is too old or incomplete, or a newer one was sent.
    LinkInvalid,
    /// Who signed in by another way than the password could not be told: it was refused there, begun elsewhere, took too
    /// long, or what came back is not right.
    SignInFailed,
    /// The service that vouches for people did not answer, or what it said made no sense.
    IssuerUnavailable,
    /// Who signed in has no account yet; `current` says what is known of them.
    SignUpRequired,
    /// It has been too long since the person signed in for what they want to change.
    SignInAgain,
    /// This way to sign in belongs to another account.
    IdentityTaken,
    /// The person would be left without a way to sign in.
    LastIdentity,
    /// The refresh token was used before; its whole session was signed out.
    RefreshTokenReused,
    /// The credential is fine, but its role or scope does not allow this.
    Forbidden,
    /// The API key lacks the scope that this needs; the detail names it.
    InsufficientScope,
    /// An account with this e-mail address exists.
    EmailTaken,
    /// The invitation was used, taken back, has expired or never was.
    InvitationGone,
    /// The organization would be left without an owner.
    LastOwner,
    /// The organization would be left without a workspace.
    LastWorkspace,
    /// An object of this name exists in the workspace.
    NameTaken,
    /// The draft was saved by someone else since it was read; `current` holds their version.
    DraftConflict,
    /// The draft does not exist or has expired.
    DraftNotFound,
    /// The draft can't be deployed or finalized yet; `errors` lists every problem by field.
    DraftInvalid,
    /// The draft is deployed only after a run of its test set that passed; `current` says what is missing.
    TestsRequired,
    /// The set is being run already.
    RunInProgress,
    /// An export is being made already.
    ExportInProgress,
    /// The uploaded file was removed, as the workspace's settings say; only its chunks are left.
    OriginalRemoved,
    /// A limit of the organization's plan is reached; `current` holds the quota, what is used of it, and the limit.
    QuotaExceeded,
    /// So much of visitors' files waits or is kept already that no more is taken for now.
    UploadsFull,
    /// The object was changed by someone else since it was read; read it again.
    Changed,
    /// Somebody else of the team has the conversation; `current` says who.
    AlreadyTaken,
    /// The object is used by another one that must be changed first.
    InUse,
    /// The conversation does not exist or belongs to another bot.
    SessionNotFound,
    /// The bot was taken down.
    BotOffline,
    /// The site that the request comes from is not among the bot's allowed domains.
    OriginNotAllowed,
    /// The bot talks to visitors only whom its site vouches for, or the token that says so is not good.
    VisitorUnverified,
    /// The URL points to a place that Botwright does not fetch from.
    UrlForbidden,
    /// The page could not be fetched.
    FetchFailed,
    /// The file's content is of a kind that can't be read.
    UnsupportedFile,
    /// The file holds no text.
    EmptyDocument,
    /// The file is protected by a password.
    EncryptedDocument,
    /// The file is a scan without a text layer.
    NeedsOcr,
    /// The file is damaged.
    CorruptDocument,
    /// The file exceeds a parsing limit (size, pages, memory, time).
    DocumentTooComplex,
    /// The model provider did not answer, or refused.
    ProviderUnavailable,
    /// The model provider says it is out of quota or asked to slow down.
    ProviderRateLimited,
    /// The model provider refused the key.
    ProviderUnauthorized,
    /// The model provider's answer could not be understood.
    ProviderProtocol,
    /// Too many requests; wait for `Retry-After` seconds.
    RateLimited,
    /// A part this request needs (database, Redis) is away for the moment; nothing was changed.
    ServiceUnavailable,
    /// A bug or an unforeseen failure; it is logged under `request_id`.
    Internal,
}

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldError {
    /// Path of the field in the body, such as `content.name` or `sources[2].url`.
    pub field: String,
    /// What is wrong and how to put it right, for people.
    pub message: String,
}

impl FieldError {
    /// Shorthand constructor.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            message: message.into(),
        }
    }
}

/// The error body of every route (`application/problem+json`, RFC 9457).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// A URI reference that names the kind of problem: `/docs/errors#<code>`.
    #[serde(rename = "type")]
    pub type_uri: String,
    /// Short summary of the kind of problem.
    pub title: String,
    /// The HTTP status, repeated.
    pub status: u16,
    /// The stable name of the problem.
    pub code: ErrorCode,
    /// What happened, what was kept and what to do.
    pub detail: String,
    /// Under which id the server logged this request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Every field that is not acceptable.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// With `draft_conflict`: the draft as it stands on the server. With `tests_required`: why it is not deployed, a
    /// [`TestsRequired`](crate::test_sets::TestsRequired). With `mfa_required`: an
    /// [`MfaChallenge`](crate::auth::MfaChallenge). With `quota_exceeded`: a [`QuotaUse`](crate::usage::QuotaUse). With
    /// `sign_up_required`: a [`NewIdentity`](crate::identities::NewIdentity).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub current: Option<serde_json::Value>,
}
