//! The document parser in a child process, with documents that a process does not survive.

#![expect(clippy::expect_used, clippy::panic, reason = "helpers of tests")]

use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use domain::kb::parse::ParseError;
use domain::kb::parse::sandbox::{Sandbox, SandboxError};
use uuid::Uuid;

const WORKER: &str = env!("CARGO_BIN_EXE_botwright-worker");

/// A folder that goes when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("botwright-parse-{}", Uuid::new_v4()));
        std::fs::create_dir(&path).expect("a folder");
        Self(path)
    }

    fn file(&self, bytes: &[u8]) -> PathBuf {
        let path = self.0.join("document");
        std::fs::write(&path, bytes).expect("a file");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

async fn document_error(bytes: &[u8], name: &str) -> ParseError {
    let folder = Folder::new();
    match Sandbox::new(WORKER.into()).parse(&folder.file(bytes), name).await {
        Err(SandboxError::Document(error)) => error,
        other => panic!("{name}: {other:?}"),
    }
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../domain/tests/fixtures")
        .join(name)
}

#[tokio::test]
async fn the_child_reads_as_the_parser_does() {
    let sandbox = Sandbox::new(WORKER.into());
    for name in [
        "aurora-k2-guide.pdf",
        "returns-handbook.docx",
        "lumen-lamp.html",
        "brewing-notes.md",
    ] {
        let path = fixture(name);
        let here =
            domain::kb::parse::parse(&std::fs::read(&path).expect("a fixture"), name).expect("a document");
        assert_eq!(sandbox.parse(&path, name).await.expect("a document"), here);
    }
    let locked = sandbox.parse(&fixture("encrypted.pdf"), "locked.pdf").await;
    assert!(
        matches!(locked, Err(SandboxError::Document(ParseError::Encrypted))),
        "{locked:?}"
    );
}

#[tokio::test]
async fn a_missing_file_is_not_the_documents_fault() {
    let result = Sandbox::new(WORKER.into())
        .parse(Path::new("/nowhere/file"), "file.pdf")
        .await;
    assert!(matches!(result, Err(SandboxError::Io(_))), "{result:?}");
}

#[tokio::test]
async fn a_stack_overflow_costs_the_document_only() {
    let page = format!("<html><body>{}deep", "<div>".repeat(12_000));
    let error = document_error(page.as_bytes(), "deep.html").await;
    assert!(
        matches!(&error, ParseError::TooComplex(limit) if limit.contains("nested")),
        "{error:?}"
    );
}

/// Small in bytes, but each of its paragraphs takes hundreds of them in memory.
#[tokio::test]
async fn memory_is_limited() {
    let page = format!("<html><body>{}", "<p>a".repeat(4_500_000));
    let error = document_error(page.as_bytes(), "wide.html").await;
    assert!(
        matches!(&error, ParseError::TooComplex(limit) if limit.contains("512 MB")),
        "{error:?}"
    );
}

/// A web page on which the parser needs minutes; the CPU limit is lowered from outside to keep the test short.
#[tokio::test]
async fn time_is_limited() {
    let folder = Folder::new();
    let program = folder.0.join("worker");
    std::fs::write(
        &program,
        format!("#!/bin/sh\nulimit -t 2\nexec '{WORKER}' \"$@\"\n"),
    )
    .expect("a script");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("executable");
    let mut page = "<html><body>".to_owned();
    for n in 0..150_000 {
        write!(page, "<a><b><i><p id={n}>word, word").expect("a string");
    }
    let start = Instant::now();
    let result = Sandbox::new(program)
        .parse(&folder.file(page.as_bytes()), "slow.html")
        .await;
    assert!(
        matches!(result, Err(SandboxError::Document(ParseError::TooComplex(_)))),
        "{result:?}"
    );
    assert!(start.elapsed() < Duration::from_secs(30));
}
