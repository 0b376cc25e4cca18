//! Files made to harm whoever reads them, each read as the product does: in the limited child process.

#![expect(clippy::expect_used, reason = "helpers of tests")]

mod bombs;

use std::time::{Duration, Instant};

use api_types::ErrorCode;
use bombs::Bomb;
use domain::kb::parse::sandbox::{Sandbox, SandboxError};

const WORKER: &str = env!("CARGO_BIN_EXE_botwright-worker");

/// Optimised, each takes less than two seconds; the parsers of a test build are some times slower.
const PATIENCE: Duration = Duration::from_secs(10);

/// Whatever they do, the answer is an error of the document or a bounded text, and it comes soon. That the child
/// stays within 512 MB is its own limit, which `parse_sandbox.rs` tests.
#[tokio::test(flavor = "multi_thread")]
async fn hostile_files_are_refused_or_bounded() {
    let bombs = bombs::all();
    assert!(bombs.len() >= 30, "{} bombs", bombs.len());
    let sandbox = Sandbox::new(WORKER.into());
    let mut slow = Vec::new();
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
        if took > PATIENCE {
            slow.push(format!("{what} took {took:?}"));
        }
    }
    assert!(slow.is_empty(), "{slow:#?}");
}
