//! Knowledge base drafts: sources in, preview, finalize.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "test helpers; lints know tests by their attribute only"
)]

#[expect(dead_code, reason = "shared with tests that use more of it")]
#[path = "../../domain/tests/support/mod.rs"]
mod support;

use std::path::Path;

use api_types::ErrorCode;
use api_types::drafts::CreateDraftRequest;
use api_types::kb::{AddSourcesRequest, Chunking, NewSource, SaveKbDraftRequest};
use domain::kb::drafts::{self, NewFile};
use domain::kb::{bases, chunks, documents};
use domain::storage::Storage;
use domain::{Error, Scope};
use support::{Harness, new_scope};
use uuid::Uuid;

fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_botwright-worker"))
}

fn text(title: &str, text: &str) -> NewSource {
    NewSource::Text {
        title: title.to_owned(),
        text: text.to_owned(),
    }
}

/// A draft named `name` with the given sources.
async fn draft(harness: &Harness, name: &str, sources: Vec<NewSource>) -> Uuid {
    let (services, scope) = (&harness.services, &harness.scope);
    let draft = drafts::create(services, scope, &CreateDraftRequest::default())
        .await
        .unwrap();
    let save = SaveKbDraftRequest {
        version: draft.version,
        name: name.to_owned(),
        description: String::new(),
        chunking: Chunking::default(),
    };
    drafts::save(services, scope, draft.id, save).await.unwrap();
    if !sources.is_empty() {
        drafts::add_sources(services, scope, draft.id, AddSourcesRequest { sources })
            .await
            .unwrap();
    }
    draft.id
}

fn fields(error: &Error) -> Vec<&str> {
    match error {
        Error::Refused(refusal) => refusal.errors.iter().map(|e| e.field.as_str()).collect(),
        other => panic!("{other}"),
    }
}

async fn count(harness: &Harness, table: &str) -> i64 {
    let sql = format!("select count(*) from {table}");
    sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
        .fetch_one(&mut harness.superuser().await)
        .await
        .unwrap()
}

#[tokio::test]
async fn finalizing_twenty_times_at_once_makes_one_knowledge_base() {
    let harness = Harness::new(program()).await;
    let id = draft(
        &harness,
        "Handbook",
        vec![text("One", "First text."), text("Two", "Second text.")],
    )
    .await;
    let calls = (0..20).map(|_| drafts::finalize(&harness.services, &harness.scope, id));
    let results: Vec<_> = futures::future::join_all(calls)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    assert!(results.iter().all(|result| *result == results[0]), "{results:?}");

    // And once more, when the draft is long gone.
    let again = drafts::finalize(&harness.services, &harness.scope, id)
        .await
        .unwrap();
    assert_eq!(again, results[0]);
    let tables = ["knowledge_bases", "documents", "apalis.jobs"];
    let mut counts = Vec::new();
    for table in tables {
        counts.push(count(&harness, table).await);
    }
    assert_eq!(counts, [1, 2, 2]);
    let gone = drafts::get(&harness.services, &harness.scope, id)
        .await
        .unwrap_err();
    assert_eq!(gone.code(), ErrorCode::DraftNotFound);
    let left = harness.services.storage.drafts_with_files().await.unwrap();
    assert_eq!(left, []);
}

#[tokio::test]
async fn every_problem_of_a_draft_is_listed_and_the_draft_kept() {
    let harness = Harness::new(program()).await;
    let id = draft(&harness, "", vec![]).await;
    let error = drafts::finalize(&harness.services, &harness.scope, id)
        .await
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::DraftInvalid);
    assert_eq!(fields(&error), ["content.name", "content.sources"]);
    drafts::get(&harness.services, &harness.scope, id).await.unwrap();
}

#[tokio::test]
async fn a_taken_name_is_said_and_the_draft_kept() {
    let harness = Harness::new(program()).await;
    let first = draft(&harness, "Handbook", vec![text("One", "Text.")]).await;
    drafts::finalize(&harness.services, &harness.scope, first)
        .await
        .unwrap();
    let second = draft(&harness, " Handbook ", vec![text("One", "Text.")]).await;
    let error = drafts::finalize(&harness.services, &harness.scope, second)
        .await
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::NameTaken);
    assert_eq!(fields(&error), ["content.name"]);
    let kept = drafts::get(&harness.services, &harness.scope, second)
        .await
        .unwrap();
    assert_eq!(kept.content.sources.len(), 1);
}

#[tokio::test]
async fn bad_sources_are_named_and_none_of_the_call_is_added() {
    let harness = Harness::new(program()).await;
    let (services, scope) = (&harness.services, &harness.scope);
    let id = draft(&harness, "Handbook", vec![]).await;
    let files = [
        ("good.md", b"# Good".to_vec()),
        ("empty.txt", vec![]),
        ("virus.exe", b"MZ\x90\0\x03\0\0\0".to_vec()),
    ];
    let files = files.map(|(name, bytes)| NewFile {
        name: name.to_owned(),
        bytes,
    });
    let error = drafts::add_files(services, scope, id, files.into())
        .await
        .unwrap_err();
    assert_eq!(fields(&error), ["sources[1]", "sources[2]"]);

    let sources = vec![
        text("", "Text."),
        text("Title", "  "),
        NewSource::Url {
            url: "http://127.0.0.1/".to_owned(),
        },
    ];
    let error = drafts::add_sources(services, scope, id, AddSourcesRequest { sources })
        .await
        .unwrap_err();
    assert_eq!(
        fields(&error),
        ["sources[0].title", "sources[1].text", "sources[2]"]
    );

    let draft = drafts::get(services, scope, id).await.unwrap();
    assert_eq!(draft.content.sources, []);
    assert_eq!(services.storage.drafts_with_files().await.unwrap(), []);
}

#[tokio::test]
async fn a_preview_cuts_every_kind_of_file_and_writes_nothing() {
    let harness = Harness::new(program()).await;
    let (services, scope) = (&harness.services, &harness.scope);
    let id = draft(
        &harness,
        "Handbook",
        vec![text("Notes", "# Opening hours\n\nWe open at nine.")],
    )
    .await;
    let fixtures = [
        "brewing-notes.md",
        "lumen-lamp.html",
        "aurora-k2-guide.pdf",
        "returns-handbook.docx",
        "scanned.pdf",
    ];
    let files = fixtures.map(|name| NewFile {
        name: name.to_owned(),
        bytes: std::fs::read(Path::new("../domain/tests/fixtures").join(name)).unwrap(),
    });
    let added = drafts::add_files(services, scope, id, files.into())
        .await
        .unwrap();
    assert_eq!(added.content.sources.len(), 6);

    let preview = drafts::preview_chunks(services, scope, id, None, None, 2)
        .await
        .unwrap();
    let shown: Vec<_> = preview
        .sources
        .iter()
        .map(|s| (s.chunks.len().min(1), s.error.as_ref().map(|e| e.code)))
        .collect();
    let good = (1, None);
    let can_read_scans = domain::kb::ocr::languages().await.is_some();
    let unreadable = (!can_read_scans).then_some(ErrorCode::NeedsOcr);
    assert_eq!(shown, [good, good, good, good, good, (0, unreadable)]);
    // A preview never waits for text recognition; it says what becomes of the scan.
    let scan = &preview.sources[5];
    assert_eq!(scan.is_scan, can_read_scans);
    assert!(
        preview
            .sources
            .iter()
            .all(|s| s.chunks.len() <= 2 && s.chunks.len() <= s.chunk_count)
    );

    // What was kept when text recognition was, or was not, installed does not outlive that.
    let scanned = added.content.sources[5].id;
    let key = Storage::parsed_key(scope.workspace_id(), id, scanned);
    let stale = serde_json::json!({ "Err": { "code": "needs_ocr", "message": "As it was then." } });
    services
        .storage
        .put(&key, stale.to_string().into_bytes())
        .await
        .unwrap();
    let again = drafts::preview_chunks(services, scope, id, Some(scanned), None, 2)
        .await
        .unwrap();
    assert_eq!(&again.sources[0], scan);

    // Other settings are used at once, and show in the next preview.
    let save = SaveKbDraftRequest {
        version: added.version,
        name: "Handbook".to_owned(),
        description: String::new(),
        chunking: Chunking {
            size: 40,
            overlap: 5,
            ..Chunking::default()
        },
    };
    drafts::save(services, scope, id, save).await.unwrap();
    let finer = drafts::preview_chunks(services, scope, id, Some(added.content.sources[3].id), None, 50)
        .await
        .unwrap();
    assert!(finer.sources[0].chunk_count > preview.sources[3].chunk_count);
    assert!(finer.sources[0].chunks.iter().all(|chunk| chunk.tokens <= 40));
    for table in ["knowledge_bases", "documents", "chunks", "apalis.jobs"] {
        assert_eq!(count(&harness, table).await, 0, "{table}");
    }
}

#[tokio::test]
async fn two_tabs_lose_nothing() {
    let harness = Harness::new(program()).await;
    let (services, scope) = (&harness.services, &harness.scope);
    let id = draft(&harness, "Handbook", vec![]).await;
    let read = drafts::get(services, scope, id).await.unwrap();
    // One tab adds a source while the other types a name on top of the version before it.
    let sources = vec![text("One", "Text.")];
    drafts::add_sources(services, scope, id, AddSourcesRequest { sources })
        .await
        .unwrap();
    let save = |version| SaveKbDraftRequest {
        version,
        name: "Renamed".to_owned(),
        description: String::new(),
        chunking: Chunking::default(),
    };
    let error = drafts::save(services, scope, id, save(read.version))
        .await
        .unwrap_err();
    let Error::Refused(refusal) = error else {
        panic!("{error}")
    };
    assert_eq!(refusal.code, ErrorCode::DraftConflict);
    let current = refusal.current.unwrap();
    let saved = drafts::save(services, scope, id, save(current["version"].as_i64().unwrap()))
        .await
        .unwrap();
    assert_eq!(
        (saved.content.name.as_str(), saved.content.sources.len()),
        ("Renamed", 1)
    );
}

#[tokio::test]
async fn removing_a_source_or_a_draft_removes_its_files() {
    let harness = Harness::new(program()).await;
    let (services, scope) = (&harness.services, &harness.scope);
    let id = draft(
        &harness,
        "Handbook",
        vec![text("One", "Text."), text("Two", "Text.")],
    )
    .await;
    drafts::preview_chunks(services, scope, id, None, None, 5)
        .await
        .unwrap();
    let first = drafts::get(services, scope, id).await.unwrap().content.sources[0].id;
    let left = drafts::remove_source(services, scope, id, first).await.unwrap();
    assert_eq!(left.content.sources.len(), 1);
    let files = services
        .storage
        .draft_files(scope.workspace_id(), id)
        .await
        .unwrap();
    assert!(
        files.len() == 2 && files.iter().all(|name| !name.starts_with(&first.to_string())),
        "{files:?}"
    );
    drafts::delete(services, scope, id).await.unwrap();
    assert_eq!(services.storage.drafts_with_files().await.unwrap(), []);
}

#[tokio::test]
async fn files_of_expired_drafts_are_swept_and_others_kept() {
    let harness = Harness::new(program()).await;
    let (services, scope) = (&harness.services, &harness.scope);
    let kept = draft(&harness, "Kept", vec![text("One", "Text.")]).await;
    let expired = draft(&harness, "Expired", vec![text("One", "Text.")]).await;
    let source = drafts::get(services, scope, expired)
        .await
        .unwrap()
        .content
        .sources[0]
        .id;
    // What a finalize leaves that dies after copying the files.
    let copy = Storage::document_key(scope.workspace_id(), source);
    services.storage.put(&copy, b"Text.".to_vec()).await.unwrap();
    let expire: i64 = redis::cmd("DEL")
        .arg(format!("draft:kb:{expired}"))
        .query_async(&mut services.redis.commands())
        .await
        .unwrap();
    assert_eq!(expire, 1);
    // Its copy is as old.
    services.drafts.flush().await.unwrap();
    sqlx::query("update draft_copies set saved_at = now() - interval '25 hours' where id = $1")
        .bind(expired)
        .execute(&mut harness.superuser().await)
        .await
        .unwrap();

    let swept = drafts::sweep_expired(&harness.worker_services()).await.unwrap();
    assert_eq!(swept, 1);
    let left = services.storage.drafts_with_files().await.unwrap();
    assert_eq!(left, [(scope.workspace_id(), kept)]);
    assert_eq!(services.storage.get(&copy).await.unwrap(), None);
}

#[tokio::test]
async fn nothing_is_seen_or_touched_from_another_workspace() {
    let harness = Harness::new(program()).await;
    let (services, owner) = (&harness.services, &harness.scope);
    let open = draft(&harness, "Open", vec![text("One", "Text.")]).await;
    let source = drafts::get(services, owner, open).await.unwrap().content.sources[0].id;
    let done = draft(&harness, "Done", vec![text("One", "Text.")]).await;
    let kb = drafts::finalize(services, owner, done)
        .await
        .unwrap()
        .knowledge_base_id;
    let document = documents::list(&services.db, owner, kb).await.unwrap()[0].id;

    let stranger: Scope = new_scope(services).await;
    let from = CreateDraftRequest { from: Some(kb) };
    let refusals = [
        drafts::get(services, &stranger, open).await.map(drop),
        drafts::delete(services, &stranger, open).await,
        drafts::remove_source(services, &stranger, open, source)
            .await
            .map(drop),
        drafts::preview_chunks(services, &stranger, open, None, None, 5)
            .await
            .map(drop),
        drafts::finalize(services, &stranger, open).await.map(drop),
        drafts::finalize(services, &stranger, done).await.map(drop),
        drafts::create(services, &stranger, &from).await.map(drop),
        bases::get(&services.db, &stranger, kb).await.map(drop),
        bases::delete(&services.db, &stranger, kb).await,
        documents::list(&services.db, &stranger, kb).await.map(drop),
        chunks::list(&services.db, &stranger, kb, document)
            .await
            .map(drop),
        documents::retry(&services.db, &stranger, kb, document)
            .await
            .map(drop),
        documents::delete(&services.db, &stranger, kb, document).await,
    ];
    for (i, refusal) in refusals.into_iter().enumerate() {
        let code = refusal.unwrap_err().code();
        assert!(
            matches!(code, ErrorCode::NotFound | ErrorCode::DraftNotFound),
            "{i}: {code:?}"
        );
    }
    assert_eq!(drafts::list(services, &stranger).await.unwrap(), []);
    assert_eq!(bases::list(&services.db, &stranger).await.unwrap(), []);
    assert_eq!(
        drafts::get(services, owner, open)
            .await
            .unwrap()
            .content
            .sources
            .len(),
        1
    );
    assert_eq!(documents::list(&services.db, owner, kb).await.unwrap().len(), 1);
}
