//! A server that speaks Notion's API as far as it is used, with the errors and limits of the real one.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use uuid::Uuid;

pub const TOKEN: &str = "ntn_test0123456789abcdefWXYZ";
/// So few things are in one answer that everything comes in parts.
const PART: usize = 2;
pub const LONG_AGO: &str = "2026-01-01T09:30:00.000Z";

/// What the workspace holds, and what was asked.
#[derive(Default)]
pub struct Workspace {
    pub pages: BTreeMap<Uuid, Value>,
    /// Titles and rows.
    pub databases: BTreeMap<Uuid, (String, Vec<Uuid>)>,
    /// Blocks within pages and blocks.
    pub blocks: HashMap<Uuid, Vec<Value>>,
    /// So many requests are answered with "slow down".
    pub slow_downs: usize,
    pub is_revoked: bool,
    /// Path, status and time of every request.
    pub requests: Vec<(String, u16, Instant)>,
}

pub struct FakeNotion {
    pub place: String,
    workspace: Arc<Mutex<Workspace>>,
}

pub fn text(words: &str) -> Value {
    json!([{ "type": "text", "text": { "content": words }, "plain_text": words, "annotations": {}, "href": null }])
}

/// A block; `more` goes beside its text.
pub fn block(kind: &str, words: &str, more: &Value) -> Value {
    let mut payload = json!({ "rich_text": text(words), "color": "default" });
    for (name, value) in more.as_object().unwrap() {
        payload[name.as_str()] = value.clone();
    }
    json!({ "object": "block", "id": Uuid::new_v4(), "type": kind, "has_children": false, kind: payload })
}

impl FakeNotion {
    pub async fn start() -> Self {
        let workspace = Arc::<Mutex<Workspace>>::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let place = listener.local_addr().unwrap().to_string();
        let app = Router::new().fallback(serve).with_state(Arc::clone(&workspace));
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { place, workspace }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.place)
    }

    pub fn change<T>(&self, change: impl FnOnce(&mut Workspace) -> T) -> T {
        change(&mut self.workspace.lock().unwrap())
    }

    /// Adds a page of these blocks.
    pub fn page(&self, title: &str, properties: &Value, blocks: Vec<Value>) -> Uuid {
        let id = Uuid::new_v4();
        let mut all = json!({ "Name": { "id": "title", "type": "title", "title": text(title) } });
        for (name, value) in properties.as_object().unwrap() {
            all[name.as_str()] = value.clone();
        }
        let page = json!({
            "object": "page", "id": id, "archived": false, "in_trash": false, "last_edited_time": LONG_AGO,
            "url": format!("https://www.notion.so/{}", id.simple()), "properties": all,
        });
        self.change(|workspace| {
            workspace.pages.insert(id, page);
            workspace.blocks.insert(id, blocks);
        });
        id
    }

    /// Adds a block within another one.
    pub fn within(&self, parent: &mut Value, children: Vec<Value>) {
        parent["has_children"] = true.into();
        let id = parent["id"].as_str().unwrap().parse().unwrap();
        self.change(|workspace| workspace.blocks.insert(id, children));
    }
}

async fn serve(State(workspace): State<Arc<Mutex<Workspace>>>, request: Request<Body>) -> Response {
    let path = request.uri().path().to_owned();
    let query = request.uri().query().unwrap_or_default().to_owned();
    let headers = request.headers().clone();
    let header = |name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    let is_ours = header("authorization") == Some(format!("Bearer {TOKEN}"));
    let is_versioned = header("notion-version").as_deref() == Some("2022-06-28");
    let method = request.method().to_string();
    let body = to_bytes(request.into_body(), 1_000_000).await.unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let mut workspace = workspace.lock().unwrap();
    let (status, answer) = match () {
        () if !is_versioned => error(400, "missing_version", "Notion-Version header failed validation."),
        () if !is_ours || workspace.is_revoked => error(401, "unauthorized", "API token is invalid."),
        () if workspace.slow_downs > 0 => {
            workspace.slow_downs -= 1;
            error(429, "rate_limited", "You have been rate limited.")
        }
        () => answer(&workspace, &method, &path, &query, &body),
    };
    workspace.requests.push((path, status, Instant::now()));
    let status = StatusCode::from_u16(status).unwrap();
    let mut response = (status, axum::Json(answer)).into_response();
    if status == StatusCode::TOO_MANY_REQUESTS {
        response.headers_mut().insert("retry-after", "1".parse().unwrap());
    }
    response
}

fn error(status: u16, code: &str, message: &str) -> (u16, Value) {
    (
        status,
        json!({ "object": "error", "status": status, "code": code, "message": message }),
    )
}

fn answer(workspace: &Workspace, method: &str, path: &str, query: &str, body: &Value) -> (u16, Value) {
    let missing = || error(404, "object_not_found", "Could not find object.");
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    let id = parts
        .get(2)
        .and_then(|id| Uuid::try_parse(id).ok())
        .unwrap_or_default();
    let cursor = body["start_cursor"].as_str().map(str::to_owned);
    match (method, parts.as_slice()) {
        ("GET", ["v1", "users", "me"]) => (
            200,
            json!({ "object": "user", "type": "bot", "name": "Botwright", "bot": { "workspace_name": "Kettle shop" } }),
        ),
        ("POST", ["v1", "search"]) => {
            let words = body["query"].as_str().unwrap_or_default().to_lowercase();
            let databases = workspace
                .databases
                .iter()
                .map(|(id, (title, _))| json!({ "object": "database", "id": id, "title": text(title) }));
            let all = workspace.pages.values().cloned().chain(databases);
            let found = all.filter(|item| item.to_string().to_lowercase().contains(&words));
            list(&found.collect::<Vec<_>>(), cursor.as_deref())
        }
        ("GET", ["v1", "pages", _]) => match workspace.pages.get(&id) {
            Some(page) => (200, page.clone()),
            None => missing(),
        },
        ("POST", ["v1", "databases", _, "query"]) => match workspace.databases.get(&id) {
            Some((_, rows)) => {
                let rows = rows.iter().filter_map(|row| workspace.pages.get(row).cloned());
                list(&rows.collect::<Vec<_>>(), cursor.as_deref())
            }
            None => missing(),
        },
        ("GET", ["v1", "blocks", _, "children"]) => match workspace.blocks.get(&id) {
            Some(blocks) => {
                let cursor = query
                    .split('&')
                    .find_map(|part| part.strip_prefix("start_cursor="));
                list(blocks, cursor)
            }
            None => missing(),
        },
        _ => error(400, "invalid_request_url", "Invalid request URL."),
    }
}

fn list(all: &[Value], cursor: Option<&str>) -> (u16, Value) {
    let start: usize = cursor.map_or(0, |cursor| cursor.parse().unwrap());
    let end = all.len().min(start + PART);
    let next = (end < all.len()).then(|| end.to_string());
    (
        200,
        json!({ "object": "list", "results": all[start..end], "has_more": next.is_some(), "next_cursor": next }),
    )
}
