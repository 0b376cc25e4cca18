//! A server that speaks Google's token endpoint and Drive's API as far as they are used, with the errors and limits of the
//! real ones.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jsonwebtoken::{Algorithm, Validation};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub use super::service_account::ACCOUNT;
use super::service_account::{key_file, public_key};

pub const LONG_AGO: &str = "2026-01-01T09:30:00.000Z";
pub const FOLDER: &str = "application/vnd.google-apps.folder";
pub const DOCUMENT: &str = "application/vnd.google-apps.document";
pub const SHEET: &str = "application/vnd.google-apps.spreadsheet";
pub const SLIDES: &str = "application/vnd.google-apps.presentation";
pub const SHORTCUT: &str = "application/vnd.google-apps.shortcut";
const OFFICE: &str = "application/vnd.openxmlformats-officedocument";
/// So few things are in one answer that everything comes in parts.
const PART: usize = 2;
/// What Google exports at most.
const MAX_EXPORT: usize = 10 * 1024 * 1024;

/// A file with its description.
pub struct Stored {
    pub facts: Value,
    pub parent: Option<String>,
    /// Shared with the account itself.
    pub is_shared: bool,
    /// What is exported or downloaded.
    pub content: Vec<u8>,
}

/// What Drive holds, and what was asked.
#[derive(Default)]
pub struct Account {
    pub files: BTreeMap<String, Stored>,
    /// Shared drives.
    pub drives: Vec<String>,
    /// The next requests to the API are refused so: status, reason, message, seconds to wait.
    pub refusals: VecDeque<(u16, &'static str, String, Option<u32>)>,
    /// Requests for the content of these files are refused so, always.
    pub locked: HashMap<String, &'static str>,
    pub is_revoked: bool,
    /// How long tokens are good for, in seconds.
    pub expires_in: u64,
    /// The tokens given; only the last is taken.
    pub tokens: Vec<String>,
    /// Path, query, status and time of every request.
    pub requests: Vec<(String, HashMap<String, String>, u16, Instant)>,
}

pub struct FakeGoogle {
    pub place: String,
    account: Arc<Mutex<Account>>,
}

impl FakeGoogle {
    pub async fn start() -> Self {
        let account = Account {
            expires_in: 3599,
            ..Account::default()
        };
        let account = Arc::new(Mutex::new(account));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let place = listener.local_addr().unwrap().to_string();
        let state = (place.clone(), Arc::clone(&account));
        let app = Router::new().fallback(serve).with_state(state);
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { place, account }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.place)
    }

    pub fn token_url(&self) -> String {
        token_url(&self.place)
    }

    /// The key as it is downloaded, for this server.
    pub fn key(&self) -> Value {
        serde_json::from_str(&key_file(&self.token_url())).unwrap()
    }

    pub fn account(&self) -> MutexGuard<'_, Account> {
        self.account.lock().unwrap()
    }

    /// Adds a file in a folder, or one that is shared itself. Answers its id.
    pub fn add(&self, name: &str, media_type: &str, parent: Option<&str>, content: &[u8]) -> String {
        let id = format!("1{}", uuid::Uuid::new_v4().simple());
        let mut facts = json!({
            "kind": "drive#file", "id": id, "name": name, "mimeType": media_type, "modifiedTime": LONG_AGO,
            "trashed": false, "capabilities": { "canDownload": true, "canEdit": false },
            "webViewLink": link(&id, media_type),
        });
        if !media_type.contains("google-apps") {
            facts["size"] = content.len().to_string().into();
            facts["md5Checksum"] = hex::encode(&Sha256::digest(content)[..16]).into();
        }
        let stored = Stored {
            facts,
            parent: parent.map(str::to_owned),
            is_shared: parent.is_none(),
            content: content.to_owned(),
        };
        self.account().files.insert(id.clone(), stored);
        id
    }

    /// Adds a shortcut in a folder.
    pub fn shortcut(&self, name: &str, parent: &str, target: &str) -> String {
        let id = self.add(name, SHORTCUT, Some(parent), b"");
        let mut account = self.account();
        let media_type = account
            .files
            .get(target)
            .map(|file| file.facts["mimeType"].clone());
        let details = json!({ "targetId": target, "targetMimeType": media_type });
        account.files.get_mut(&id).unwrap().facts["shortcutDetails"] = details;
        id
    }

    /// Changes what is said of a file.
    pub fn set(&self, id: &str, name: &str, value: impl Into<Value>) {
        self.account().files.get_mut(id).unwrap().facts[name] = value.into();
    }

    /// How often the content of files was asked for.
    pub fn downloads(&self) -> usize {
        let is_content = |path: &str, query: &HashMap<String, String>| {
            path.ends_with("/export") || query.get("alt").is_some_and(|alt| alt == "media")
        };
        let requests = &self.account().requests;
        requests
            .iter()
            .filter(|request| is_content(&request.0, &request.1))
            .count()
    }
}

fn token_url(place: &str) -> String {
    format!("http://{place}/token")
}

/// Where people see a file.
pub fn link(id: &str, media_type: &str) -> String {
    match media_type {
        DOCUMENT => format!("https://docs.google.com/document/d/{id}/edit?usp=drivesdk"),
        SHEET => format!("https://docs.google.com/spreadsheets/d/{id}/edit?usp=drivesdk"),
        SLIDES => format!("https://docs.google.com/presentation/d/{id}/edit?usp=drivesdk"),
        FOLDER => format!("https://drive.google.com/drive/folders/{id}"),
        _ => format!("https://drive.google.com/file/d/{id}/view?usp=drivesdk"),
    }
}

type Answer = Result<Vec<u8>, (u16, Value)>;

async fn serve(
    State((place, account)): State<(String, Arc<Mutex<Account>>)>,
    request: Request<Body>,
) -> Response {
    let path = request.uri().path().to_owned();
    let query = request.uri().query().unwrap_or_default();
    let query: HashMap<String, String> = url::form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    let (method, headers) = (request.method().to_string(), request.headers().clone());
    let header = |name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    let body = to_bytes(request.into_body(), 1_000_000).await.unwrap();
    let mut account = account.lock().unwrap();
    let mut wait = None;
    let answer = match path.strip_prefix("/drive/v3/") {
        None if method == "POST" && path == "/token" => {
            let is_form = header("content-type").as_deref() == Some("application/x-www-form-urlencoded");
            assert!(is_form, "{headers:?}");
            token(&mut account, &token_url(&place), &body)
        }
        Some(rest) if method == "GET" => {
            let bearer = account.tokens.last().map(|token| format!("Bearer {token}"));
            if bearer.is_none() || header("authorization") != bearer {
                Err(error(401, "authError", "Invalid Credentials"))
            } else if let Some((status, reason, message, seconds)) = account.refusals.pop_front() {
                wait = seconds;
                Err(error(status, reason, &message))
            } else {
                drive(&account, rest, &query)
            }
        }
        _ => Err(error(404, "notFound", "Not Found")),
    };
    let (status, bytes) = match answer {
        Ok(bytes) => (200, bytes),
        Err((status, body)) => (status, body.to_string().into_bytes()),
    };
    account.requests.push((path, query, status, Instant::now()));
    let mut response = (StatusCode::from_u16(status).unwrap(), bytes).into_response();
    if let Some(seconds) = wait {
        response.headers_mut().insert("retry-after", seconds.into());
    }
    response
}

fn error(status: u16, reason: &str, message: &str) -> (u16, Value) {
    let domain = if reason.ends_with("Exceeded") || reason == "accessNotConfigured" {
        "usageLimits"
    } else {
        "global"
    };
    let errors = json!([{ "domain": domain, "reason": reason, "message": message }]);
    (
        status,
        json!({ "error": { "code": status, "message": message, "errors": errors } }),
    )
}

/// A token for a signed assertion: RFC 7523 as Google has it.
fn token(account: &mut Account, token_url: &str, body: &[u8]) -> Answer {
    let form: HashMap<String, String> = url::form_urlencoded::parse(body).into_owned().collect();
    assert_eq!(form["grant_type"], "urn:ietf:params:oauth:grant-type:jwt-bearer");
    let refused = |why: &str| {
        let body = json!({ "error": "invalid_grant", "error_description": why });
        Err((400, body))
    };
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_audience(&[token_url]);
    validation.set_required_spec_claims(&["exp", "iss", "aud"]);
    let decoded = jsonwebtoken::decode::<Value>(&form["assertion"], &public_key(), &validation);
    let Ok(decoded) = decoded.map(|decoded| decoded.claims) else {
        return refused("Invalid JWT Signature.");
    };
    if account.is_revoked || decoded["iss"] != ACCOUNT {
        return refused("Invalid grant: account not found");
    }
    let life = decoded["exp"].as_i64().unwrap() - decoded["iat"].as_i64().unwrap();
    if life > 3600 {
        return refused(
            "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe.",
        );
    }
    assert_eq!(decoded["scope"], "https://www.googleapis.com/auth/drive.readonly");
    let token = format!("ya29.{}", account.tokens.len());
    account.tokens.push(token.clone());
    let body = json!({ "access_token": token, "expires_in": account.expires_in, "token_type": "Bearer" });
    Ok(body.to_string().into_bytes())
}

fn drive(account: &Account, path: &str, query: &HashMap<String, String>) -> Answer {
    let asked = |name: &str| query.get(name).map_or("", String::as_str);
    match path.split('/').collect::<Vec<_>>().as_slice() {
        ["about"] => json_of(&json!({ "user": { "emailAddress": ACCOUNT } })),
        ["drives"] => {
            let drives = account
                .drives
                .iter()
                .map(|id| json!({ "kind": "drive#drive", "id": id }));
            part("drives", &drives.collect::<Vec<_>>(), asked("pageToken"))
        }
        ["files"] => {
            let files = listed(account, asked("q"))?;
            let shown = files.iter().map(|facts| only(facts, asked("fields")));
            part("files", &shown.collect::<Vec<_>>(), asked("pageToken"))
        }
        ["files", id] | ["files", id, "export"] => {
            let stored = account.files.get(*id);
            let missing = || error(404, "notFound", &format!("File not found: {id}."));
            let stored = stored.ok_or_else(missing)?;
            if path.ends_with("/export") {
                return export(account, id, stored, asked("mimeType"));
            }
            if asked("alt") != "media" {
                return json_of(&only(&stored.facts, asked("fields")));
            }
            if stored.facts["mimeType"].as_str().unwrap().contains("google-apps") {
                let message =
                    "Only files with binary content can be downloaded. Use Export with Docs Editors files.";
                return Err(error(403, "fileNotDownloadable", message));
            }
            content(account, id, stored)
        }
        _ => Err(error(404, "notFound", "Not Found")),
    }
}

fn export(account: &Account, id: &str, stored: &Stored, wanted: &str) -> Answer {
    let fits = match stored.facts["mimeType"].as_str().unwrap() {
        DOCUMENT => wanted == "text/markdown",
        SHEET => wanted == format!("{OFFICE}.spreadsheetml.sheet"),
        SLIDES => wanted == format!("{OFFICE}.presentationml.presentation"),
        _ => {
            let message = "Export only supports Docs Editors files.";
            return Err(error(403, "fileNotExportable", message));
        }
    };
    if !fits {
        return Err(error(
            400,
            "badRequest",
            "The requested conversion is not supported.",
        ));
    }
    if stored.content.len() > MAX_EXPORT {
        let message = "This file is too large to be exported.";
        return Err(error(403, "exportSizeLimitExceeded", message));
    }
    content(account, id, stored)
}

fn content(account: &Account, id: &str, stored: &Stored) -> Answer {
    match account.locked.get(id) {
        Some(reason) => Err(error(
            403,
            reason,
            "The user does not have sufficient permissions for this file.",
        )),
        None => Ok(stored.content.clone()),
    }
}

fn listed(account: &Account, q: &str) -> Result<Vec<Value>, (u16, Value)> {
    let (parent, shared, words) = match q {
        "sharedWithMe = true and trashed = false" => (None, true, None),
        "trashed = false" => (None, false, None),
        _ => {
            let parent = q.strip_suffix("' in parents and trashed = false");
            let words = q.strip_prefix("trashed = false and name contains '");
            match (parent.and_then(|id| id.strip_prefix('\'')), words) {
                (Some(id), _) => (Some(id), false, None),
                (None, Some(words)) => (None, false, words.strip_suffix('\'')),
                _ => return Err(error(400, "invalid", "Invalid Value")),
            }
        }
    };
    let is_wanted = |stored: &&Stored| {
        let name = stored.facts["name"].as_str().unwrap().to_lowercase();
        stored.facts["trashed"] == false
            && parent.is_none_or(|parent| stored.parent.as_deref() == Some(parent))
            && (!shared || stored.is_shared)
            && words.is_none_or(|words| name.contains(&words.replace("\\'", "'").to_lowercase()))
    };
    let mut found: Vec<Value> = account
        .files
        .values()
        .filter(is_wanted)
        .map(|stored| stored.facts.clone())
        .collect();
    found.sort_by_key(|facts| (facts["mimeType"] != FOLDER, facts["name"].to_string()));
    Ok(found)
}

/// Only what was asked for is told.
fn only(facts: &Value, fields: &str) -> Value {
    let mut facts = facts.as_object().unwrap().clone();
    facts.retain(|name, _| fields.contains(name.as_str()));
    facts.into()
}

fn part(name: &str, all: &[Value], cursor: &str) -> Answer {
    let start: usize = cursor
        .strip_prefix('~')
        .map_or(0, |cursor| cursor.parse().unwrap());
    let end = all.len().min(start + PART);
    let mut body = json!({ name: all[start..end] });
    if end < all.len() {
        body["nextPageToken"] = format!("~{end}").into();
    }
    json_of(&body)
}

fn json_of(body: &Value) -> Answer {
    Ok(body.to_string().into_bytes())
}
