//! Long work of one workspace gives others their turn, and goes on where it stopped.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "test helpers; lints know tests by their attribute only"
)]

mod process;
mod runs;
#[expect(dead_code, reason = "shared with tests that use more of it")]
#[path = "../../domain/tests/support/mod.rs"]
mod support;

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use api_types::drafts::CreateDraftRequest;
use api_types::kb::{AddSourcesRequest, Chunking, DocumentStatus, NewSource, SaveKbDraftRequest};
use api_types::test_sets::RunStatus;
use domain::kb::drafts::{self as kb_drafts, NewFile};
use domain::kb::{documents, ocr};
use domain::{Scope, test_sets};
use process::{PROGRAM, Worker};
use runs::start_run;
use support::{Harness, new_scope, until};
use uuid::Uuid;

const SCANS: usize = 3;
const PAGES: usize = 8;
const CASES: usize = 60;

/// One job at a time, and a second for each turn.
async fn harness() -> Harness {
    Harness::with(Path::new(PROGRAM), |config| {
        config.worker_concurrency = 1;
        config.worker_turn_seconds = 1;
    })
    .await
}

async fn knowledge_base(
    harness: &Harness,
    scope: &Scope,
    texts: Vec<NewSource>,
    files: Vec<NewFile>,
) -> Uuid {
    let services = &harness.services;
    let draft = kb_drafts::create(services, scope, &CreateDraftRequest::default())
        .await
        .unwrap();
    let save = SaveKbDraftRequest {
        version: draft.version,
        name: format!("Base {}", draft.id),
        description: String::new(),
        chunking: Chunking::default(),
    };
    kb_drafts::save(services, scope, draft.id, save).await.unwrap();
    if !texts.is_empty() {
        let texts = AddSourcesRequest { sources: texts };
        kb_drafts::add_sources(services, scope, draft.id, texts)
            .await
            .unwrap();
    }
    if !files.is_empty() {
        kb_drafts::add_files(services, scope, draft.id, files)
            .await
            .unwrap();
    }
    kb_drafts::finalize(services, scope, draft.id)
        .await
        .unwrap()
        .knowledge_base_id
}

fn note() -> NewSource {
    NewSource::Text {
        title: "Porto".to_owned(),
        text: "Bicycles are repaired in Porto, at Rua das Flores 12.".to_owned(),
    }
}

/// A scan of so many pages, put together from one.
fn long_scan(folder: &Path) -> Vec<u8> {
    let page = "../domain/tests/fixtures/corpus/ferry-scan.pdf";
    let whole = folder.join("long.pdf");
    let united = std::process::Command::new("pdfunite")
        .args([page; PAGES])
        .arg(&whole)
        .status();
    assert!(united.unwrap().success());
    std::fs::read(whole).unwrap()
}

/// A `tesseract` that notes each page it reads; the folder it lies in, and its notes.
fn counted_tesseract(folder: &Path) -> (PathBuf, PathBuf) {
    let (programs, notes) = (folder.join("bin"), folder.join("pages-read"));
    std::fs::create_dir(&programs).unwrap();
    std::fs::write(&notes, "").unwrap();
    let script = format!(
        "#!/bin/sh\n[ \"$1\" = --list-langs ] || echo page >> '{}'\nexec /usr/bin/tesseract \"$@\"\n",
        notes.display()
    );
    let program = programs.join("tesseract");
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
    (programs, notes)
}

async fn number(harness: &Harness, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql)
        .fetch_one(&mut harness.superuser().await)
        .await
        .unwrap()
}

/// How many documents of a knowledge base are ready.
async fn ready(harness: &Harness, scope: &Scope, kb: Uuid) -> usize {
    let documents = documents::list(&harness.services.db, scope, kb).await.unwrap();
    assert!(
        documents.iter().all(|document| document.error.is_none()),
        "{documents:?}"
    );
    let ready = documents
        .iter()
        .filter(|document| document.status == DocumentStatus::Indexed);
    ready.count()
}

#[tokio::test(flavor = "multi_thread")]
async fn scans_and_test_runs_of_one_workspace_hold_up_no_other() {
    if ocr::languages().await.is_none() {
        println!("not run: {}", ocr::INSTALL);
        return;
    }
    let harness = harness().await;
    let (ada, bob) = (&harness.scope, new_scope(&harness.services).await);
    let folder = tempfile::tempdir().unwrap();
    let (programs, notes) = counted_tesseract(folder.path());
    let scan = long_scan(folder.path());
    let scans = (0..SCANS).map(|n| NewFile {
        name: format!("scan-{n}.pdf"),
        bytes: scan.clone(),
    });
    let scanned = knowledge_base(&harness, ada, Vec::new(), scans.collect()).await;
    let base = knowledge_base(&harness, ada, vec![note()], Vec::new()).await;
    let run = start_run(&harness, base, CASES).await;
    let run_done = async || {
        let detail = test_sets::get_run(&harness.services.db, ada, run.test_set_id, run.id);
        detail.await.unwrap().run
    };

    let worker = Worker::start_with(&harness, |command| {
        let path = std::env::var("PATH").unwrap();
        command.env("PATH", format!("{}:{path}", programs.display()));
    });
    until("a scan and the run have begun", async || {
        let pages = number(
            &harness,
            "select coalesce(sum(cardinality(pages)), 0)::bigint from scans",
        );
        (pages.await > 0 && run_done().await.done > 0).then_some(())
    })
    .await;
    let single = knowledge_base(&harness, &bob, vec![note()], Vec::new()).await;
    until("the other workspace's document is ready", async || {
        (ready(&harness, &bob, single).await == 1).then_some(())
    })
    .await;
    assert!(ready(&harness, ada, scanned).await < SCANS, "it came last");

    until("all scans are read", async || {
        (ready(&harness, ada, scanned).await == SCANS).then_some(())
    })
    .await;
    until("the run has ended", async || {
        let run = run_done().await;
        (run.status == RunStatus::Done && run.done == CASES as i64).then_some(())
    })
    .await;
    drop(worker);
    let pages_read = std::fs::read_to_string(notes).unwrap().lines().count();
    assert_eq!(pages_read, SCANS * PAGES, "each page once");
    assert_eq!(number(&harness, "select count(*) from scans").await, 0);
    let pages = number(
        &harness,
        "select count(distinct page) from chunks c join documents d on d.id = c.document_id where d.title = 'scan-1.pdf'",
    );
    assert_eq!(pages.await, PAGES as i64);
    let mut superuser = harness.superuser().await;
    for (kind, least) in [("run_tests", 2), ("ingest_document", SCANS as i64 * 3)] {
        let jobs = sqlx::query_scalar::<_, i64>(
            "select count(*) from apalis.jobs where convert_from(job, 'UTF8')::jsonb ->> 'job' = $1",
        );
        let jobs = jobs.bind(kind).fetch_one(&mut superuser);
        assert!(jobs.await.unwrap() >= least, "{kind} took several turns");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_goes_on_after_its_worker_was_killed() {
    if ocr::languages().await.is_none() {
        println!("not run: {}", ocr::INSTALL);
        return;
    }
    let harness = harness().await;
    let folder = tempfile::tempdir().unwrap();
    let scan = NewFile {
        name: "scan.pdf".to_owned(),
        bytes: long_scan(folder.path()),
    };
    let kb = knowledge_base(&harness, &harness.scope, Vec::new(), vec![scan]).await;
    let worker = Worker::start(&harness);
    until("two pages are read", async || {
        let read = number(
            &harness,
            "select count(*) from scans where cardinality(pages) >= 2",
        );
        (read.await == 1).then_some(())
    })
    .await;
    drop(worker);
    // What it read is marked: read anew, the page would say something else.
    sqlx::query("update scans set pages[2] = 'The second page was read before.'")
        .execute(&mut harness.superuser().await)
        .await
        .unwrap();
    let _worker = Worker::start(&harness);
    until("the scan is read", async || {
        (ready(&harness, &harness.scope, kb).await == 1).then_some(())
    })
    .await;
    let marked = number(
        &harness,
        "select count(*) from chunks where text like '%The second page was read before.%'",
    );
    assert_eq!(marked.await, 1);
}
