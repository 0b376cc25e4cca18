//! A worker in this process, and knowledge bases for it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use api_types::drafts::CreateDraftRequest;
use api_types::kb::{
    AddSourcesRequest, Chunking, Document, NewSource, SaveKbDraftRequest, SaveKnowledgeBaseRequest,
    SearchFilter, SearchRequest,
};
use domain::kb::drafts::{self, NewFile};
use domain::kb::{self, bases, documents};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use worker::Settings;

use crate::support::{Harness, until};

pub struct Worker {
    shutdown: CancellationToken,
    task: JoinHandle<()>,
}

impl Worker {
    pub fn start(harness: &Harness) -> Self {
        Self::start_with(harness, Duration::from_secs(15))
    }

    pub fn start_with(harness: &Harness, lost_after: Duration) -> Self {
        let shutdown = CancellationToken::new();
        let settings = Settings {
            concurrency: 2,
            lost_after,
        };
        let task = tokio::spawn(worker::run(
            Arc::new(harness.worker_services()),
            settings,
            shutdown.clone(),
        ));
        Self { shutdown, task }
    }

    pub async fn stop(self) {
        self.shutdown.cancel();
        self.task.await.unwrap();
    }
}

pub async fn harness() -> Harness {
    Harness::new(Path::new(env!("CARGO_BIN_EXE_botwright-worker"))).await
}

pub fn text(title: &str, text: &str) -> NewSource {
    NewSource::Text {
        title: title.to_owned(),
        text: text.to_owned(),
    }
}

/// A new knowledge base of these sources.
pub async fn finalize(
    harness: &Harness,
    chunking: Chunking,
    sources: Vec<NewSource>,
    files: Vec<NewFile>,
) -> Uuid {
    let (services, scope) = (&harness.services, &harness.scope);
    let draft = drafts::create(services, scope, &CreateDraftRequest::default())
        .await
        .unwrap();
    let save = SaveKbDraftRequest {
        version: draft.version,
        name: format!("Base {}", draft.id),
        description: String::new(),
        chunking,
    };
    drafts::save(services, scope, draft.id, save).await.unwrap();
    if !sources.is_empty() {
        drafts::add_sources(services, scope, draft.id, AddSourcesRequest { sources })
            .await
            .unwrap();
    }
    if !files.is_empty() {
        drafts::add_files(services, scope, draft.id, files).await.unwrap();
    }
    drafts::finalize(services, scope, draft.id)
        .await
        .unwrap()
        .knowledge_base_id
}

/// Adds sources to a knowledge base.
pub async fn add(harness: &Harness, kb: Uuid, sources: Vec<NewSource>) {
    let (services, scope) = (&harness.services, &harness.scope);
    let from = CreateDraftRequest { from: Some(kb) };
    let draft = drafts::create(services, scope, &from).await.unwrap();
    drafts::add_sources(services, scope, draft.id, AddSourcesRequest { sources })
        .await
        .unwrap();
    drafts::finalize(services, scope, draft.id).await.unwrap();
}

/// Has every document of a knowledge base cut anew.
pub async fn cut_anew(harness: &Harness, kb: Uuid, chunking: Chunking) {
    let (db, scope) = (&harness.services.db, &harness.scope);
    let base = bases::get(db, scope, kb).await.unwrap();
    let request = SaveKnowledgeBaseRequest {
        name: base.name,
        description: base.description,
        chunking,
    };
    bases::save(db, scope, kb, &request).await.unwrap();
}

pub async fn finalize_texts(harness: &Harness, sources: Vec<NewSource>) -> Uuid {
    finalize(harness, Chunking::default(), sources, Vec::new()).await
}

/// The documents, once none is on its way any more.
pub async fn settled(harness: &Harness, kb: Uuid) -> Vec<Document> {
    until("every document is indexed or failed", async || {
        let base = bases::get(&harness.services.db, &harness.scope, kb)
            .await
            .unwrap();
        (!base.progress.in_progress()).then_some(())
    })
    .await;
    documents::list(&harness.services.db, &harness.scope, kb)
        .await
        .unwrap()
}

pub async fn titles_found(harness: &Harness, kb: Uuid, query: &str) -> Vec<String> {
    let request = SearchRequest {
        filter: SearchFilter::default(),
        explain: false,
        expected: None,
        rerank: None,
        query: query.to_owned(),
        limit: 3,
    };
    let found = kb::find(&harness.services, &harness.scope, kb, &request)
        .await
        .unwrap();
    found.hits.into_iter().map(|hit| hit.title).collect()
}

pub async fn number(harness: &Harness, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql)
        .fetch_one(&mut harness.superuser().await)
        .await
        .unwrap()
}

pub async fn execute(harness: &Harness, sql: &'static str) {
    sqlx::query(sql)
        .execute(&mut harness.superuser().await)
        .await
        .unwrap();
}

/// Waits until the queue holds nothing that is still to be done.
pub async fn idle(harness: &Harness) {
    until("no job is left", async || {
        let open = number(harness, "select count(*) from apalis.jobs where status <> 'Done'").await;
        (open == 0).then_some(())
    })
    .await;
}
