//! Files made to harm whoever reads them, each read as the product does: in the limited child process.

#![expect(clippy::expect_used, reason = "helpers of tests")]

mod bombs;

use std::time::Instant;

use api_types::ErrorCode;
use bombs::Bomb;
use domain::kb::parse::sandbox::{Sandbox, SandboxError};

const WORKER: &str = env!("CARGO_BIN_EXE_botwright-worker");

/// What the sandbox says of a file that used up its processor time.
const TOO_SLOW: &str = "longer than 30 seconds";

/// Whatever they do, the answer is an error of the document or a bounded text, and it is found before the child has
/// used up its time. That it stays within 512 MB is its own limit, which `parse_sandbox.rs` tests. How long each takes
/// is printed and not judged: an optimised build takes less than two seconds, a test build on a busy machine longer.
#[tokio::test(flavor = "multi_thread")]
async fn hostile_files_are_refused_or_bounded() {
    let bombs = bombs::all();
    assert!(bombs.len() >= 30, "{} bombs", bombs.len());
    let sandbox = Sandbox::new(WORKER.into());
    for Bomb { what, name, bytes } in bombs {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), &bytes).expect("its bytes");
        let start = Instant::now();
        let result = sandbox.parse(file.path(), name).await;
        let took = start.elapsed();
        let said = match result {
            Ok(document) => {
                let chars: usize = document.pages.iter().map(|page| page.markdown.len()).sum();
                assert!(chars <= 64 * 1024 * 1024, "{what}: {chars} characters");
                format!("{chars} characters")
            }
            Err(SandboxError::Document(error)) => {
                let known = matches!(
                    error.code(),
                    ErrorCode::DocumentTooComplex
                        | ErrorCode::CorruptDocument
                        | ErrorCode::EmptyDocument
                        | ErrorCode::UnsupportedFile
                );
                assert!(known, "{what}: {error:?}");
                format!("{error:?}")
            }
            Err(error @ SandboxError::Io(_)) => panic!("{what}: {error}"),
        };
        println!(
            "{:>6} ms  {:>9} bytes  {what}: {said}",
            took.as_millis(),
            bytes.len()
        );
        assert!(!said.contains(TOO_SLOW), "{what}: {said}");
    }
}
