//! A bot on people's sites: whether a page is ready for it, and where it was seen.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use url::Url;

/// `POST /bots/{bot_id}/embed-check`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct EmbedCheckRequest {
    /// The page that should have the bot, such as `https://example.com/help`. It must be public.
    pub url: String,
}

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum EmbedAspect {
    /// The page can be read.
    Page,
    /// Page and server are reached by connections that browsers let mix.
    Tls,
    /// The embed code stands in the page.
    Snippet,
    /// The page's content security policy lets the script load.
    ScriptPolicy,
    /// The page's content security policy lets the chat be framed.
    FramePolicy,
    /// The bot may be shown on this site.
    AllowedDomains,
    /// The bot answers.
    Live,
    /// Nothing on the way to this server forbids framing the chat.
    FrameHeaders,
    /// Nothing on the way to this server holds answers back until they are complete.
    Streaming,
}

/// How something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum EmbedOutcome {
    /// In order.
    Good,
    /// Works, but could be better.
    Warning,
    /// The bot does not work until this is mended.
    Problem,
    /// Can't be told from here.
    Unknown,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EmbedCheck {
    /// What.
    pub aspect: EmbedAspect,
    /// How it stands.
    pub outcome: EmbedOutcome,
    /// What was seen, a sentence.
    pub message: String,
    /// What to do, with the exact text to use where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<EmbedFix>,
}

/// What to do about something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EmbedFix {
    /// A sentence.
    pub text: String,
    /// To be copied as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// Answer of `POST /bots/{bot_id}/embed-check`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EmbedReport {
    /// The page that was looked at, after redirects.
    pub url: Url,
    /// All that was looked at.
    pub checks: Vec<EmbedCheck>,
}

/// A site that showed the bot; a row of `GET /bots/{bot_id}/sites`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BotSite {
    /// Scheme, host and port, as browsers said it.
    pub origin: String,
    /// When it was first seen there.
    pub first_seen_at: DateTime<Utc>,
    /// When it was last seen there, to ten minutes.
    pub last_seen_at: DateTime<Utc>,
}
