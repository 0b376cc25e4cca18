//! Connections to where knowledge lies, and what sources take from there: `/api/v1/connections`.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::validate::Checker;

/// Most pages and databases that a source begins with.
pub const MAX_ITEMS: usize = 100;
/// Most pages of one source.
pub const MAX_PAGES: u32 = 10_000;

/// What is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ConnectionKind {
    /// A Notion workspace, by the token of an internal integration.
    Notion,
}

impl ConnectionKind {
    /// The name used in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Notion => "notion",
        }
    }
}

/// A connection. Its credential never leaves the server again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Connection {
    /// Id.
    pub id: Uuid,
    /// What is connected.
    pub kind: ConnectionKind,
    /// Name, unique in the workspace.
    pub name: String,
    /// The credential's last four characters.
    pub hint: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// `POST /connections`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateConnectionRequest {
    /// What to connect.
    pub kind: ConnectionKind,
    /// 1 to 80 characters.
    pub name: String,
    /// The token of a Notion integration, such as `ntn_…`.
    pub credential: String,
}

/// Answer of `POST /connections/{connection_id}/check`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConnectionCheck {
    /// Whether the credential is good.
    pub ok: bool,
    /// What happened, for people.
    pub message: String,
}

/// What a thing in Notion is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RemoteKind {
    /// A page.
    Page,
    /// A database, of which each row is a page.
    Database,
}

/// Something that a connection shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RemoteItem {
    /// Its id there.
    pub id: String,
    /// What it is.
    pub kind: RemoteKind,
    /// Its title; may be empty.
    pub title: String,
}

/// What a source takes over a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Remote {
    /// The connection.
    pub connection_id: Uuid,
    /// Where to begin, 1 to 100.
    pub items: Vec<RemoteItem>,
    /// Take the pages and databases within these pages, too.
    pub subpages: bool,
    /// Most pages taken, 1 to 10,000.
    pub max_pages: u32,
}

impl Remote {
    /// Adds what is wrong to `check`; `prefix` is the path of the field.
    pub fn check(&self, check: &mut Checker, prefix: &str) {
        check.require(
            (1..=MAX_ITEMS).contains(&self.items.len()),
            &format!("{prefix}.items"),
            "Choose 1 to 100 pages or databases.",
        );
        for (i, item) in self.items.iter().enumerate() {
            check.require(
                Uuid::try_parse(&item.id).is_ok(),
                &format!("{prefix}.items[{i}].id"),
                "This is no id of Notion's.",
            );
            check.length(&format!("{prefix}.items[{i}].title"), &item.title, 0, 2_000);
        }
        check.require(
            (1..=MAX_PAGES).contains(&self.max_pages),
            &format!("{prefix}.max_pages"),
            "Use 1 to 10,000 pages.",
        );
    }
}
