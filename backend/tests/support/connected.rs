//! Sources over connections: added to a draft, finalized, fetched again.

use std::time::Duration;

use api_types::kb::{Document, DocumentStatus};
use api_types::sources::{Crawl, Source, SyncReport};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Person, TestApp, items, ok};

pub async fn until<T>(mut check: impl AsyncFnMut() -> Option<T>) -> T {
    loop {
        if let Some(value) = check().await {
            return value;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A draft with a source of this kind and these items; its path, and the source's id, once everything is fetched.
pub async fn fetched(app: &TestApp, person: &Person, kind: &str, remote: Value) -> (String, Uuid, Crawl) {
    let draft: Value = ok(app.post(person, "/api/v1/kb/draft", json!({}))).await;
    let path = format!("/api/v1/kb/draft/{}", draft["id"].as_str().unwrap());
    let body = json!({ "version": draft["version"], "name": "Shop", "description": "", "chunking": {} });
    let _: Value = ok(app.put(person, &path, body)).await;
    let sources = json!({ "sources": [{ "kind": kind, "remote": remote }] });
    let added: Value = ok(app.put(person, &format!("{path}/sources"), sources)).await;
    let source = added["content"]["sources"][0]["id"].as_str().unwrap();
    let crawl = until(async || {
        let crawl: Crawl = ok(app.get(person, &format!("{path}/sources/{source}/crawl"))).await;
        (!crawl.status.in_progress()).then_some(crawl)
    })
    .await;
    let source = source.parse().unwrap();
    (path, source, crawl)
}

pub async fn finalized(app: &TestApp, person: &Person, draft: &str) -> String {
    let made: Value = ok(app.post(person, &format!("{draft}/finalize"), json!({}))).await;
    let kb = format!("/api/v1/kb/{}", made["knowledge_base_id"].as_str().unwrap());
    indexed(app, person, &kb).await;
    kb
}

pub async fn indexed(app: &TestApp, person: &Person, kb: &str) -> Vec<Document> {
    until(async || {
        let documents: Vec<Document> = items(app.get(person, &format!("{kb}/documents"))).await;
        let is_done = documents
            .iter()
            .all(|document| document.status == DocumentStatus::Indexed);
        is_done.then_some(documents)
    })
    .await
}

pub async fn synced(app: &TestApp, person: &Person, source: &str) -> SyncReport {
    let before: Source = ok(app.get(person, source)).await;
    let _: Source = ok(app.post(person, &format!("{source}/sync"), json!({}))).await;
    let after = until(async || {
        let source: Source = ok(app.get(person, source)).await;
        (source.sync.is_none() && source.last_report != before.last_report).then_some(source)
    })
    .await;
    after.last_report.unwrap()
}
