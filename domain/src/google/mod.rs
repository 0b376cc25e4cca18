//! Google Drive's API, as far as sources need it: what is shared with a service account, files, folders, exports.

mod failure;
mod file;
mod key;
mod markdown;
mod token;

#[cfg(test)]
#[path = "../../tests/support/service_account.rs"]
mod service_account;

use std::time::Duration;

use api_types::connections::{RemoteItem, RemoteKind};
use api_types::validate::MAX_FILE_BYTES;
use reqwest::{Method, StatusCode};
use secrecy::ExposeSecret;
use serde_json::Value;
use url::Url;
use uuid::Uuid;

use crate::outbound::{Failure, Listed, Outbound, Reply};
use failure::failure;
use token::Tokens;

pub use file::{File, Kind};
pub use key::Key;
pub use markdown::tidy;

/// How long an answer with facts may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How long a file may take.
const FILE_TIMEOUT: Duration = Duration::from_secs(120);
/// Largest list, in bytes.
const MAX_LIST_BYTES: usize = 10 * 1024 * 1024;
/// Files in one part of a list, the most that Google gives.
const PAGE_SIZE: &str = "1000";
/// Titles in one part of what people look through.
const SEARCH_SIZE: &str = "50";
/// What is asked of a file.
const FIELDS: &str = "id,name,mimeType,modifiedTime,size,md5Checksum,webViewLink,trashed,capabilities/canDownload,shortcutDetails(targetId,targetMimeType)";

/// Where Google is, and the tokens that it gave. One in each process.
#[derive(Debug)]
pub struct Google {
    /// Where the API is, without a trailing slash.
    url: String,
    /// Where tokens are given; the only `token_uri` that a key may name.
    token_url: String,
    tokens: Tokens,
}

impl Google {
    /// `url` is where the API is, `token_url` where access tokens are given.
    pub fn new(url: &Url, token_url: &Url) -> Self {
        Self {
            url: url.as_str().trim_end_matches('/').to_owned(),
            token_url: token_url.to_string(),
            tokens: Tokens::default(),
        }
    }

    /// Reads a key; see [`Key::parse`].
    pub fn key(&self, json: &str) -> Result<Key, String> {
        Key::parse(json, &self.token_url)
    }

    /// Drive as the account of `key` sees it. Its tokens are kept for the connection.
    pub const fn drive<'a>(&'a self, outbound: &'a Outbound, connection_id: Uuid, key: Key) -> Drive<'a> {
        Drive {
            google: self,
            outbound,
            connection_id,
            key,
        }
    }
}

/// Drive as a service account sees it.
#[derive(Debug)]
pub struct Drive<'a> {
    google: &'a Google,
    outbound: &'a Outbound,
    connection_id: Uuid,
    key: Key,
}

impl Drive<'_> {
    /// The address that files and folders are shared with.
    pub fn account(&self) -> &str {
        &self.key.client_email
    }

    /// The address as Google tells it.
    pub async fn who(&self) -> Result<String, Failure> {
        let about = self.call("about", &[("fields", "user(emailAddress)")]).await?;
        let address = about["user"]["emailAddress"].as_str();
        Ok(address.unwrap_or(self.account()).to_owned())
    }

    /// A file or folder.
    pub async fn file(&self, id: &str) -> Result<File, Failure> {
        let query = [("supportsAllDrives", "true"), ("fields", FIELDS)];
        let found = self.call(&format!("files/{id}"), &query).await?;
        File::read(&found).ok_or_else(unreadable)
    }

    /// What lies in a folder, the trash left out.
    pub async fn within(&self, folder: &str, cursor: Option<&str>) -> Result<Listed<File>, Failure> {
        let q = format!("'{}' in parents and trashed = false", escaped(folder));
        self.files(&q, "folder,name", PAGE_SIZE, cursor).await
    }

    /// Files and folders that are shared with the account itself, the trash left out.
    pub async fn shared(&self, cursor: Option<&str>) -> Result<Listed<File>, Failure> {
        self.files(
            "sharedWithMe = true and trashed = false",
            "folder,name",
            PAGE_SIZE,
            cursor,
        )
        .await
    }

    /// Ids of the shared drives that the account is a member of.
    pub async fn drives(&self, cursor: Option<&str>) -> Result<Listed<String>, Failure> {
        let mut query = vec![("pageSize", "100"), ("fields", "nextPageToken,drives(id)")];
        query.extend(cursor.map(|cursor| ("pageToken", cursor)));
        let found = self.call("drives", &query).await?;
        Ok(listed(&found, "drives", |drive| {
            drive["id"].as_str().map(str::to_owned)
        }))
    }

    /// Files and folders by words of their names.
    pub async fn search(&self, words: &str, cursor: Option<&str>) -> Result<Listed<RemoteItem>, Failure> {
        let mut q = "trashed = false".to_owned();
        if !words.is_empty() {
            q.push_str(&format!(" and name contains '{}'", escaped(words)));
        }
        let found = self.files(&q, "name", SEARCH_SIZE, cursor).await?;
        let items = found.items.into_iter().map(|file| RemoteItem {
            id: file.id,
            kind: RemoteKind::File,
            title: file.name,
        });
        Ok(Listed {
            items: items.collect(),
            next: found.next,
        })
    }

    /// A document of Google's own in another format.
    pub async fn export(&self, id: &str, media_type: &str) -> Result<Vec<u8>, Failure> {
        self.bytes(&format!("files/{id}/export"), &[("mimeType", media_type)])
            .await
    }

    /// A file as it was uploaded.
    pub async fn download(&self, id: &str) -> Result<Vec<u8>, Failure> {
        let query = [("alt", "media"), ("supportsAllDrives", "true")];
        self.bytes(&format!("files/{id}"), &query).await
    }

    async fn files(
        &self,
        q: &str,
        order: &str,
        size: &str,
        cursor: Option<&str>,
    ) -> Result<Listed<File>, Failure> {
        let fields = format!("nextPageToken,files({FIELDS})");
        let mut query = vec![
            ("q", q),
            ("orderBy", order),
            ("pageSize", size),
            ("supportsAllDrives", "true"),
            ("includeItemsFromAllDrives", "true"),
            ("fields", fields.as_str()),
        ];
        query.extend(cursor.map(|cursor| ("pageToken", cursor)));
        let found = self.call("files", &query).await?;
        Ok(listed(&found, "files", File::read))
    }

    async fn call(&self, path: &str, query: &[(&str, &str)]) -> Result<Value, Failure> {
        let reply = self.ask(path, query, TIMEOUT, MAX_LIST_BYTES).await?;
        let body = reply.body.and_then(|body| serde_json::from_slice(&body).ok());
        body.filter(Value::is_object).ok_or_else(unreadable)
    }

    async fn bytes(&self, path: &str, query: &[(&str, &str)]) -> Result<Vec<u8>, Failure> {
        let reply = self.ask(path, query, FILE_TIMEOUT, MAX_FILE_BYTES).await?;
        reply
            .body
            .ok_or_else(|| Failure::TooLarge("It is larger than 20 MB. Split it.".to_owned()))
    }

    /// Asks, once more with a new token when the one that is kept is not taken any more.
    async fn ask(
        &self,
        path: &str,
        query: &[(&str, &str)],
        limit: Duration,
        max_bytes: usize,
    ) -> Result<Reply, Failure> {
        let mut url = Url::parse(&format!("{}/drive/v3/{path}", self.google.url))
            .map_err(|error| Failure::Refused(error.to_string()))?;
        url.query_pairs_mut().extend_pairs(query);
        let mut reply = self.ask_once(&url, limit, max_bytes).await?;
        if reply.status == StatusCode::UNAUTHORIZED {
            self.google.tokens.forget(self.connection_id).await;
            reply = self.ask_once(&url, limit, max_bytes).await?;
        }
        if reply.status.is_success() {
            Ok(reply)
        } else {
            Err(failure(&reply, &self.key))
        }
    }

    async fn ask_once(&self, url: &Url, limit: Duration, max_bytes: usize) -> Result<Reply, Failure> {
        let google = self.google;
        let token = google
            .tokens
            .get(self.outbound, &google.token_url, self.connection_id, &self.key)
            .await?;
        let request = self
            .outbound
            .request(Method::GET, url)
            .map_err(|error| Failure::Refused(error.to_string()))?
            .bearer_auth(token.expose_secret());
        let reply = self.outbound.ask(request, url, limit, max_bytes).await;
        reply.map_err(|why| Failure::Away(format!("Google could not be reached. {why}")))
    }
}

fn unreadable() -> Failure {
    Failure::Away("Google sent something that can't be read.".to_owned())
}

/// As it stands between the quotes of a query.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\'', "\\'")
}

fn listed<T>(answer: &Value, name: &str, read: impl Fn(&Value) -> Option<T>) -> Listed<T> {
    let items = answer[name].as_array().map(Vec::as_slice).unwrap_or_default();
    Listed {
        items: items.iter().filter_map(read).collect(),
        next: answer["nextPageToken"].as_str().map(str::to_owned),
    }
}

/// A name for a file or folder that stays the same when it is moved or renamed. Browsers find it there, too.
pub fn address(id: &str) -> String {
    format!("https://drive.google.com/open?id={id}")
}

/// Stands for everything that is shared with the account.
pub const EVERYTHING: &str = "https://drive.google.com/drive/shared-with-me";
