//! Parsing in a child process of our own binary, under limits.
//!
//! A parser that overflows its stack aborts the process it runs in, and one that loops can't be stopped from
//! within; in a child, both cost one document. Each binary calls [`run_if_child`] as the first thing it does.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, ExitStatus, Stdio};
use std::time::Duration;

use rlimit::Resource;
use tokio::io::AsyncReadExt;
use tokio::process::{Child, Command};
use tokio::sync::Semaphore;

use super::{ParseError, ParsedDocument};

/// The hidden subcommand.
const SUBCOMMAND: &str = "parse-document";

const CPU_SECONDS: u64 = 30;
const WALL_CLOCK: Duration = Duration::from_secs(60);
/// What the process may allocate.
const DATA_BYTES: u64 = 512 * 1024 * 1024;
/// Everything it may map, code and reserved address space included.
const ADDRESS_SPACE_BYTES: u64 = 4 * 1024 * 1024 * 1024;
const OPEN_FILES: u64 = 16;
const MAX_OUTPUT_BYTES: u64 = 64 * 1024 * 1024;

/// How often a file is tried whose parser is killed from outside: the machine may be short of memory just then. A
/// parser that ends itself does so every time.
const TRIES: usize = 3;
const SIGKILL: i32 = 9;

/// The signal of the soft CPU limit, the same number on every Linux but MIPS.
const SIGXCPU: i32 = 24;

/// Exit codes of the child, beside 0 with an answer on its standard output.
const CANNOT_LIMIT: u8 = 70;
const CANNOT_READ: u8 = 74;

const TOO_SLOW: &str = "reading it takes longer than 30 seconds";
const TOO_BIG: &str = "reading it needs more than 512 MB of memory, or its parts are nested too deeply";

/// Why a document was not parsed.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The document's fault: trying again changes nothing.
    #[error(transparent)]
    Document(#[from] ParseError),
    /// The machine's fault: the file or the program can't be read, or no process can be started.
    #[error("the document parser could not be run: {0}")]
    Io(#[from] io::Error),
}

/// Parses documents in child processes, at most one a core at a time.
#[derive(Debug)]
pub struct Sandbox {
    program: PathBuf,
    slots: Semaphore,
    wall_clock: Duration,
}

impl Sandbox {
    /// `program` is a binary that calls [`run_if_child`], usually [`std::env::current_exe`].
    pub fn new(program: PathBuf) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            program,
            slots: Semaphore::new(cores),
            wall_clock: WALL_CLOCK,
        }
    }

    /// Reads the file at `path` as [`super::parse`] does. Dropping the future kills the child.
    pub async fn parse(&self, path: &Path, file_name: &str) -> Result<ParsedDocument, SandboxError> {
        let _slot = self.slots.acquire().await.map_err(io::Error::other)?;
        for _ in 1..TRIES {
            if let Some(document) = self.attempt(path, file_name).await? {
                return Ok(document);
            }
        }
        let last = self.attempt(path, file_name).await?;
        last.ok_or_else(|| ParseError::too_complex(TOO_BIG).into())
    }

    /// `None` if the child was killed from outside.
    async fn attempt(&self, path: &Path, file_name: &str) -> Result<Option<ParsedDocument>, SandboxError> {
        let mut child = self.command(path, file_name).spawn()?;
        let finished = tokio::time::timeout(self.wall_clock, finish(&mut child)).await;
        let Ok(result) = finished else {
            child.kill().await?;
            return Err(ParseError::too_complex(TOO_SLOW).into());
        };
        let (status, output) = result?;
        let Some(signal) = status.signal() else {
            return answer(status, &output).map(Some);
        };
        tracing::warn!(signal, "document parser was killed");
        match signal {
            SIGKILL => Ok(None),
            SIGXCPU => Err(ParseError::too_complex(TOO_SLOW).into()),
            _ => Err(ParseError::too_complex(TOO_BIG).into()),
        }
    }

    fn command(&self, path: &Path, file_name: &str) -> Command {
        let mut command = Command::new(&self.program);
        command
            .arg(SUBCOMMAND)
            .arg(path)
            .arg(file_name)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        command
    }
}

/// Reads the answer and waits for the end. A child that writes too much is killed.
async fn finish(child: &mut Child) -> Result<(ExitStatus, Vec<u8>), SandboxError> {
    let mut output = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        stdout.take(MAX_OUTPUT_BYTES + 1).read_to_end(&mut output).await?;
    }
    if output.len() as u64 > MAX_OUTPUT_BYTES {
        child.kill().await?;
        return Err(ParseError::too_complex("it holds more than 64 MB of text").into());
    }
    Ok((child.wait().await?, output))
}

fn answer(status: ExitStatus, output: &[u8]) -> Result<ParsedDocument, SandboxError> {
    match status.code() {
        Some(0) => Ok(serde_json::from_slice::<Result<_, ParseError>>(output).map_err(io::Error::other)??),
        Some(code) if code == i32::from(CANNOT_READ) => {
            Err(io::Error::other("the file can't be read").into())
        }
        Some(code) if code == i32::from(CANNOT_LIMIT) => Err(io::Error::other("limits can't be set").into()),
        code => {
            tracing::warn!(code, "document parser failed");
            Err(ParseError::corrupt("file").into())
        }
    }
}

/// If this process was started by a [`Sandbox`], parses the document and returns the exit code to end with.
/// To be called first in `main`, before threads and settings.
pub fn run_if_child() -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next()? != SUBCOMMAND {
        return None;
    }
    let (path, file_name) = (arguments.next()?, arguments.next()?);
    Some(parse_and_print(Path::new(&path), &file_name).unwrap_or_else(ExitCode::from))
}

fn parse_and_print(path: &Path, file_name: &OsStr) -> Result<ExitCode, u8> {
    set_limits().map_err(|_| CANNOT_LIMIT)?;
    let bytes = std::fs::read(path).map_err(|_| CANNOT_READ)?;
    let result = super::parse(&bytes, &file_name.to_string_lossy());
    let mut stdout = io::stdout().lock();
    serde_json::to_writer(&mut stdout, &result).map_err(|_| CANNOT_READ)?;
    stdout.flush().map_err(|_| CANNOT_READ)?;
    Ok(ExitCode::SUCCESS)
}

fn set_limits() -> io::Result<()> {
    for (resource, limit) in [
        (Resource::CORE, 0),
        (Resource::CPU, CPU_SECONDS),
        (Resource::DATA, DATA_BYTES),
        (Resource::AS, ADDRESS_SPACE_BYTES),
        (Resource::NOFILE, OPEN_FILES),
        (Resource::FSIZE, 0),
    ] {
        let (_, hard) = resource.get()?;
        // A lower limit set from outside stays; the hard one a second later lets the soft CPU limit send its signal.
        let limit = limit.min(hard);
        let above = if resource == Resource::CPU {
            (limit + 1).min(hard)
        } else {
            limit
        };
        resource.set(limit, above)?;
    }
    Ok(())
}

/// Children that misbehave are shell scripts here; the parser itself in a child is tested with the worker.
#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::time::Instant;

    use super::*;

    async fn run(script: &str, wall_clock: Duration) -> Result<ParsedDocument, SandboxError> {
        let directory = std::env::temp_dir().join(format!("botwright-sandbox-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir(&directory).expect("a directory");
        let program = directory.join("parser");
        std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).expect("a script");
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("executable");
        let sandbox = Sandbox {
            wall_clock,
            ..Sandbox::new(program)
        };
        let result = sandbox.parse(Path::new("/nowhere/file"), "-n a me.txt").await;
        std::fs::remove_dir_all(&directory).expect("removed");
        result
    }

    async fn document_error(script: &str) -> ParseError {
        match run(script, WALL_CLOCK).await {
            Err(SandboxError::Document(error)) => error,
            other => panic!("{script}: {other:?}"),
        }
    }

    async fn is_io_error(script: &str) -> bool {
        matches!(run(script, WALL_CLOCK).await, Err(SandboxError::Io(_)))
    }

    #[tokio::test]
    async fn the_answer_is_what_the_child_prints() {
        let script = r#"test "$*" = "parse-document /nowhere/file -n a me.txt" && test -z "$HOME" &&
            echo '{"Ok": {"title": null, "pages": [{"number": 1, "markdown": "text"}]}}'"#;
        let document = run(script, WALL_CLOCK).await.expect("a document");
        assert_eq!(document.pages[0].markdown, "text");
        assert_eq!(
            document_error(r#"echo '{"Err": {"code": "needs_ocr"}}'"#).await,
            ParseError::NeedsOcr
        );
    }

    #[tokio::test]
    async fn a_child_that_dies_costs_the_document() {
        assert_eq!(
            document_error("kill -ABRT $$").await,
            ParseError::too_complex(TOO_BIG)
        );
        assert_eq!(
            document_error("kill -KILL $$").await,
            ParseError::too_complex(TOO_BIG)
        );
        assert_eq!(
            document_error("kill -XCPU $$").await,
            ParseError::too_complex(TOO_SLOW)
        );
        assert_eq!(document_error("exit 101").await, ParseError::corrupt("file"));
    }

    #[tokio::test]
    async fn a_file_whose_parser_is_killed_is_tried_three_times() {
        let tries = tempfile::NamedTempFile::new().expect("a file");
        let count = || {
            std::fs::read_to_string(tries.path())
                .expect("the tries")
                .lines()
                .count()
        };
        let script = format!("echo x >> {}; kill -KILL $$", tries.path().display());
        assert_eq!(document_error(&script).await, ParseError::too_complex(TOO_BIG));
        assert_eq!(count(), TRIES);
        let third_time = format!(
            r#"echo x >> {file}; test $(wc -l < {file}) -lt 6 && kill -KILL $$
            echo '{{"Ok": {{"title": null, "pages": [{{"number": 1, "markdown": "text"}}]}}}}'"#,
            file = tries.path().display()
        );
        assert!(run(&third_time, WALL_CLOCK).await.is_ok());
        assert_eq!(count(), 2 * TRIES);
        assert_eq!(
            document_error("kill -XCPU $$").await,
            ParseError::too_complex(TOO_SLOW)
        );
    }

    #[tokio::test]
    async fn a_child_that_never_ends_is_killed() {
        let start = Instant::now();
        let result = run("exec sleep 600", Duration::from_millis(200)).await;
        assert!(
            matches!(result, Err(SandboxError::Document(error)) if error == ParseError::too_complex(TOO_SLOW))
        );
        assert!(start.elapsed() < Duration::from_secs(30));
    }

    #[tokio::test]
    async fn a_child_that_never_stops_writing_is_killed() {
        let error = document_error("exec yes").await;
        assert_eq!(error, ParseError::too_complex("it holds more than 64 MB of text"));
    }

    #[tokio::test]
    async fn the_machine_is_at_fault_if_nothing_could_be_run() {
        assert!(is_io_error("exit 74").await);
        assert!(is_io_error("echo nonsense").await);
        let missing = Sandbox::new(PathBuf::from("/nowhere/botwright"))
            .parse(Path::new("/etc/hosts"), "hosts")
            .await;
        assert!(matches!(missing, Err(SandboxError::Io(_))));
    }
}
