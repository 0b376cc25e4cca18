//! Connections to where knowledge lies, and what sources take from there: `/api/v1/connections`.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use url::Url;
use uuid::Uuid;

use crate::validate::Checker;

/// Most pages and databases, or files and folders, that a source begins with.
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
    /// Google Drive, by the key of a service account.
    Google,
}

impl ConnectionKind {
    /// The name used in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Notion => "notion",
            Self::Google => "google",
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
    /// The last four characters of the token; of the key's id, with `google`.
    pub hint: String,
    /// With `google`: the e-mail address of the service account, with which files and folders are shared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
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
    /// The token of a Notion integration, such as `ntn_…`, or the JSON key of a Google service account as it was
    /// downloaded.
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

/// What a thing is that a connection shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RemoteKind {
    /// A page of Notion.
    Page,
    /// A database of Notion, of which each row is a page.
    Database,
    /// A file or folder of Google Drive.
    File,
    /// Everything in Google Drive that is shared with the service account; without id.
    Everything,
}

/// Something that a connection shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RemoteItem {
    /// Its id there; of a file or folder, its link will do when a source is added.
    pub id: String,
    /// What it is.
    pub kind: RemoteKind,
    /// Its title; may be empty. That of a file or folder is looked up.
    #[serde(default)]
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
    /// Take the pages and databases within these pages, or the folders within these folders, too.
    pub subpages: bool,
    /// Most pages taken, 1 to 10,000.
    pub max_pages: u32,
}

impl Remote {
    /// Adds what is wrong to `check`, for a connection of this kind; `prefix` is the path of the field.
    pub fn check(&self, kind: ConnectionKind, check: &mut Checker, prefix: &str) {
        let items = format!("{prefix}.items");
        let (choose, what) = match kind {
            ConnectionKind::Notion => ("Choose 1 to 100 pages or databases.", "id of Notion's"),
            ConnectionKind::Google => (
                "Enter 1 to 100 links of files or folders, one a line.",
                "link of a file or folder in Google Drive. Copy it there with Share → Copy link",
            ),
        };
        check.require((1..=MAX_ITEMS).contains(&self.items.len()), &items, choose);
        for (i, item) in self.items.iter().enumerate() {
            if !item.fits(kind) {
                let shown: String = item.id.chars().take(100).collect();
                check.require(false, &items, &format!("“{shown}” is no {what}."));
            }
            check.length(&format!("{items}[{i}].title"), &item.title, 0, 2_000);
        }
        check.require(
            (1..=MAX_PAGES).contains(&self.max_pages),
            &format!("{prefix}.max_pages"),
            "Use 1 to 10,000 pages.",
        );
    }
}

impl RemoteItem {
    fn fits(&self, connection: ConnectionKind) -> bool {
        match (connection, self.kind) {
            (ConnectionKind::Notion, RemoteKind::Page | RemoteKind::Database) => {
                Uuid::try_parse(&self.id).is_ok()
            }
            (ConnectionKind::Google, RemoteKind::File) => google_id(&self.id).is_some(),
            (ConnectionKind::Google, RemoteKind::Everything) => true,
            _ => false,
        }
    }
}

/// The id of a file or folder in Google Drive, out of its link or as it is.
pub fn google_id(text: &str) -> Option<&str> {
    let text = text.trim();
    if is_google_id(text) {
        return Some(text);
    }
    let url = Url::parse(text).ok()?;
    let is_google = matches!(url.host_str(), Some("docs.google.com" | "drive.google.com"));
    if !is_google || !matches!(url.scheme(), "https" | "http") {
        return None;
    }
    // Only the text itself can be lent out, so the parts are looked up in it.
    let text = text.split_once('#').map_or(text, |(rest, _)| rest);
    let (path, query) = text.split_once('?').unwrap_or((text, ""));
    let mut segments = path
        .split('/')
        .skip_while(|segment| !matches!(*segment, "d" | "folders"))
        .skip(1);
    let in_path = segments.next().filter(|id| is_google_id(id));
    let in_query = || {
        query
            .split('&')
            .find_map(|part| part.strip_prefix("id="))
            .filter(|id| is_google_id(id))
    };
    in_path.or_else(in_query)
}

fn is_google_id(text: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    (10..=200).contains(&text.len()) && text.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "1-aBcDeFgHiJkLmNoPqRsTuVwXyZ_0123456789abcd";

    #[test]
    fn files_and_folders_are_known_by_their_links() {
        for link in [
            ID.to_owned(),
            format!(" https://docs.google.com/document/d/{ID}/edit?usp=sharing#heading=h.1 "),
            format!("https://docs.google.com/document/u/1/d/{ID}/edit"),
            format!("https://docs.google.com/spreadsheets/d/{ID}/edit#gid=0"),
            format!("https://docs.google.com/spreadsheets/d/{ID}#gid=0"),
            format!("https://docs.google.com/a/example.com/presentation/d/{ID}"),
            format!("https://drive.google.com/file/d/{ID}/view?usp=drive_link&resourcekey=0-abc"),
            format!("https://drive.google.com/drive/folders/{ID}?usp=sharing"),
            format!("https://drive.google.com/drive/u/0/folders/{ID}"),
            format!("https://drive.google.com/open?id={ID}&usp=drive_fs"),
            format!("https://drive.google.com/uc?export=download&id={ID}"),
        ] {
            assert_eq!(google_id(&link), Some(ID), "{link}");
        }
        for other in [
            "",
            "short",
            "https://docs.google.com/document/d/e/2PACX-1vQabcdefghijklmnop/pub",
            "https://drive.google.com/drive/my-drive",
            "https://drive.google.com.example.com/file/d/1aBcDeFgHiJkLmNoPqRs/view",
            "https://example.com/file/d/1aBcDeFgHiJkLmNoPqRs/view",
            "ftp://drive.google.com/file/d/1aBcDeFgHiJkLmNoPqRs/view",
            "1aBcDeFgHiJk/../../about",
        ] {
            assert_eq!(google_id(other), None, "{other}");
        }
    }

    #[test]
    fn items_fit_the_connection() {
        let remote = |kind, id: &str| Remote {
            connection_id: Uuid::nil(),
            items: vec![RemoteItem {
                id: id.to_owned(),
                kind,
                title: String::new(),
            }],
            subpages: true,
            max_pages: 10,
        };
        let is_good = |connection, remote: Remote| {
            let mut check = Checker::default();
            remote.check(connection, &mut check, "remote");
            check.finish().is_ok()
        };
        let uuid = Uuid::nil().to_string();
        assert!(is_good(ConnectionKind::Notion, remote(RemoteKind::Page, &uuid)));
        assert!(is_good(ConnectionKind::Google, remote(RemoteKind::File, ID)));
        assert!(is_good(
            ConnectionKind::Google,
            remote(RemoteKind::Everything, "")
        ));
        assert!(!is_good(ConnectionKind::Google, remote(RemoteKind::Page, &uuid)));
        assert!(!is_good(ConnectionKind::Notion, remote(RemoteKind::File, &uuid)));
        assert!(!is_good(
            ConnectionKind::Google,
            remote(RemoteKind::File, "https://example.com")
        ));
    }
}
