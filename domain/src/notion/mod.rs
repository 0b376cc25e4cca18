//! Notion's API, as far as sources need it: what an integration sees, pages, rows of databases, blocks.

mod blocks;
mod properties;
mod text;

use std::time::Duration;

use api_types::connections::{RemoteItem, RemoteKind};
use reqwest::{Method, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

use crate::Result;
use crate::outbound::{Failure, Listed, Outbound, said};

pub use blocks::{Contents, contents};
pub use properties::{properties, title};

/// The version of the API that is spoken.
const VERSION: &str = "2022-06-28";
/// How long one answer may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Largest answer, in bytes.
const MAX_BYTES: usize = 10 * 1024 * 1024;
/// Things in one answer, the most that Notion gives.
const PAGE_SIZE: u8 = 100;

/// The API with a token.
#[derive(Debug)]
pub struct Notion<'a> {
    outbound: &'a Outbound,
    base: &'a str,
    token: SecretString,
}

impl<'a> Notion<'a> {
    /// `base` is where the API is, without a trailing slash.
    pub const fn new(outbound: &'a Outbound, base: &'a str, token: SecretString) -> Self {
        Self {
            outbound,
            base,
            token,
        }
    }

    /// The name of the workspace that the token belongs to, or of the integration.
    pub async fn who(&self) -> Result<String, Failure> {
        let me = self.call(Method::GET, "/v1/users/me", None).await?;
        let workspace = me["bot"]["workspace_name"].as_str();
        Ok(workspace.or(me["name"].as_str()).unwrap_or("Notion").to_owned())
    }

    /// Pages and databases that the token sees, by words of their titles.
    pub async fn search(&self, words: &str, cursor: Option<&str>) -> Result<Listed<RemoteItem>, Failure> {
        let mut body = json!({ "query": words, "page_size": PAGE_SIZE });
        if let Some(cursor) = cursor {
            body["start_cursor"] = cursor.into();
        }
        let found = self.call(Method::POST, "/v1/search", Some(body)).await?;
        Ok(listed(&found, item))
    }

    /// A page with its properties.
    pub async fn page(&self, id: Uuid) -> Result<Value, Failure> {
        self.call(Method::GET, &format!("/v1/pages/{id}"), None).await
    }

    /// Ids of the rows of a database.
    pub async fn rows(&self, id: Uuid, cursor: Option<&str>) -> Result<Listed<Uuid>, Failure> {
        let mut body = json!({ "page_size": PAGE_SIZE });
        if let Some(cursor) = cursor {
            body["start_cursor"] = cursor.into();
        }
        let path = format!("/v1/databases/{id}/query");
        let found = self.call(Method::POST, &path, Some(body)).await?;
        Ok(listed(&found, id_of))
    }

    /// Blocks directly within a page or block.
    async fn children(&self, id: Uuid, cursor: Option<&str>) -> Result<Listed<Value>, Failure> {
        let mut path = format!("/v1/blocks/{id}/children?page_size={PAGE_SIZE}");
        if let Some(cursor) = cursor {
            let cursor: String = url::form_urlencoded::byte_serialize(cursor.as_bytes()).collect();
            path.push_str(&format!("&start_cursor={cursor}"));
        }
        let found = self.call(Method::GET, &path, None).await?;
        Ok(listed(&found, |block| Some(block.clone())))
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value, Failure> {
        let url = Url::parse(&format!("{}{path}", self.base))
            .map_err(|error| Failure::Refused(error.to_string()))?;
        let mut request = self
            .outbound
            .request(method, &url)
            .map_err(|error| Failure::Refused(error.to_string()))?
            .bearer_auth(self.token.expose_secret())
            .header("Notion-Version", VERSION);
        if let Some(body) = &body {
            request = request.json(body);
        }
        let reply = self.outbound.ask(request, &url, TIMEOUT, MAX_BYTES).await;
        let reply = reply.map_err(|why| away(&why))?;
        let body: Value = serde_json::from_slice(&reply.body.unwrap_or_default()).unwrap_or_default();
        if !reply.status.is_success() {
            return Err(failure(reply.status, reply.retry_after, &body));
        }
        let is_answer = body.is_object();
        is_answer
            .then_some(body)
            .ok_or_else(|| away("It sent something that can't be read."))
    }
}

fn away(why: &str) -> Failure {
    Failure::Away(format!("Notion could not be reached. {why}"))
}

fn failure(status: StatusCode, wait: Option<Duration>, body: &Value) -> Failure {
    let said = said(body["message"].as_str().unwrap_or_default(), status);
    match status.as_u16() {
        401 => Failure::Unauthorized(
            "Notion refuses the token. Copy it again from notion.so/my-integrations, and connect Notion anew with it."
                .to_owned(),
        ),
        404 => Failure::NotFound(
            "Notion does not show this. Share it with the integration (⋯ → Connections), or it was deleted.".to_owned(),
        ),
        429 => Failure::SlowDown("Notion asks to slow down.".to_owned(), wait),
        // What was asked for changes right now, or Notion has trouble of its own.
        409 | 500.. => away(&said),
        _ => Failure::Refused(format!("Notion refuses. {said}")),
    }
}

fn listed<T>(answer: &Value, read: impl Fn(&Value) -> Option<T>) -> Listed<T> {
    let results = answer["results"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let has_more = answer["has_more"].as_bool().unwrap_or_default();
    Listed {
        items: results.iter().filter_map(read).collect(),
        next: answer["next_cursor"]
            .as_str()
            .filter(|_| has_more)
            .map(str::to_owned),
    }
}

fn id_of(object: &Value) -> Option<Uuid> {
    Uuid::try_parse(object["id"].as_str()?).ok()
}

fn item(object: &Value) -> Option<RemoteItem> {
    let (kind, title) = match object["object"].as_str()? {
        "page" => (RemoteKind::Page, title(object)),
        "database" => (RemoteKind::Database, text::plain(&object["title"])),
        _ => return None,
    };
    Some(RemoteItem {
        id: id_of(object)?.to_string(),
        kind,
        title,
    })
}

/// Where people see a page or database, which stays the same when its title changes.
pub fn address(id: Uuid, kind: RemoteKind) -> String {
    let place = format!("https://www.notion.so/{}", id.simple());
    match kind {
        RemoteKind::Database => format!("{place}?database"),
        _ => place,
    }
}

/// What stands at an [`address`].
pub fn at(address: &str) -> Option<(Uuid, RemoteKind)> {
    let rest = address.strip_prefix("https://www.notion.so/")?;
    let (id, kind) = match rest.strip_suffix("?database") {
        Some(id) => (id, RemoteKind::Database),
        None => (rest, RemoteKind::Page),
    };
    Some((Uuid::try_parse(id).ok()?, kind))
}
