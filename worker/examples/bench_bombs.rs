//! What hostile files cost: `cargo xtask bench bombs`. For each, what became of it, how long that took, and the most
//! memory its parser had. More than two seconds or 512 MB of any of them is a failure.

#![expect(clippy::print_stdout, reason = "that is what it is for")]
#![expect(clippy::expect_used, reason = "what makes the files is shared with tests")]

#[path = "../tests/bombs/mod.rs"]
mod bombs;

use std::error::Error;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Instant;

use bombs::Bomb;
use domain::kb::parse::sandbox::{self, Sandbox, SandboxError};
use nix::sys::resource::{UsageWho, getrusage};
use serde::{Deserialize, Serialize};
use tikv_jemallocator::Jemalloc;

/// As in the product, whose limits on memory depend on it.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

const MOST_MILLISECONDS: u128 = 2000;
const MOST_MEBIBYTES: i64 = 512;

#[derive(Serialize, Deserialize)]
struct Reading {
    milliseconds: u128,
    /// The most that was resident at once.
    mebibytes: i64,
    verdict: String,
}

fn main() -> ExitCode {
    if let Some(code) = sandbox::run_if_child() {
        return code;
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = match &arguments[..] {
        [mode, path, name] if mode == "--one" => read(path, name),
        _ => read_all(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Each from a process of its own: the system tells the memory of all children together.
fn read_all() -> Result<(), Box<dyn Error>> {
    let bombs = bombs::all();
    let count = bombs.len();
    let (mut slowest, mut largest) = (0, 0);
    println!("{:>8} {:>8}  bomb: what became of it", "ms", "MB");
    for Bomb { what, name, bytes } in bombs {
        let file = tempfile::NamedTempFile::new()?;
        std::fs::write(file.path(), &bytes)?;
        let output = Command::new(std::env::current_exe()?)
            .arg("--one")
            .args([file.path(), Path::new(name)])
            .output()?;
        let reading: Reading = serde_json::from_slice(&output.stdout)
            .map_err(|error| format!("{what}: {error}: {}", String::from_utf8_lossy(&output.stdout)))?;
        println!(
            "{:>8} {:>8}  {what} ({} bytes): {}",
            reading.milliseconds,
            reading.mebibytes,
            bytes.len(),
            reading.verdict
        );
        slowest = slowest.max(reading.milliseconds);
        largest = largest.max(reading.mebibytes);
    }
    println!("{count} bombs; the slowest took {slowest} ms, the largest had {largest} MB");
    if slowest > MOST_MILLISECONDS || largest > MOST_MEBIBYTES {
        return Err(format!("more than {MOST_MILLISECONDS} ms or {MOST_MEBIBYTES} MB").into());
    }
    Ok(())
}

/// Reads one file as the product does, in the limited child process.
fn read(path: &str, name: &str) -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let sandbox = Sandbox::new(std::env::current_exe()?);
    let start = Instant::now();
    let result = runtime.block_on(sandbox.parse(Path::new(path), name));
    let milliseconds = start.elapsed().as_millis();
    let verdict = match result {
        Ok(document) => {
            let chars: usize = document.pages.iter().map(|page| page.markdown.len()).sum();
            format!("{chars} characters of text")
        }
        Err(SandboxError::Document(error)) => format!("refused: {error}"),
        Err(error @ SandboxError::Io(_)) => return Err(error.into()),
    };
    let mebibytes = getrusage(UsageWho::RUSAGE_CHILDREN)?.max_rss() / 1024;
    let reading = Reading {
        milliseconds,
        mebibytes,
        verdict,
    };
    println!("{}", serde_json::to_string(&reading)?);
    Ok(())
}
