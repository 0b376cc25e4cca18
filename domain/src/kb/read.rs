//! From bytes to chunks: parsing in the sandbox, cutting on a thread of its own. Drafts preview and the ingestion
//! job work through the same two functions, so what was previewed is what is indexed.

use std::io::Write;

use anyhow::Context;
use api_types::kb::{Chunk, Chunking, DocumentError};
use tempfile::NamedTempFile;
use tokio::sync::Semaphore;

use super::chunk;
use super::parse::ParsedDocument;
use super::parse::sandbox::SandboxError;
use crate::Services;
use crate::{Error, Result};

/// Reads a file in the limited child process. The inner error is the file's own fault.
pub(super) async fn parse(
    services: &Services,
    media_type: &str,
    bytes: Vec<u8>,
) -> Result<Result<ParsedDocument, DocumentError>> {
    let file = tokio::task::spawn_blocking(move || temporary(&bytes))
        .await
        .map_err(anyhow::Error::from)??;
    match services.parser.parse(file.path(), file_name(media_type)).await {
        Ok(parsed) => Ok(Ok(parsed)),
        Err(SandboxError::Document(error)) => Ok(Err(DocumentError::from(&error))),
        Err(error @ SandboxError::Io(_)) => Err(Error::Unavailable {
            part: "document parser",
            source: error.into(),
        }),
    }
}

fn temporary(bytes: &[u8]) -> anyhow::Result<NamedTempFile> {
    let mut file = NamedTempFile::new().context("could not make a temporary file")?;
    file.write_all(bytes)
        .context("could not write a temporary file")?;
    Ok(file)
}

/// A name that tells the parser which kind of text it is, as was decided when the source was added.
fn file_name(media_type: &str) -> &'static str {
    match media_type {
        "text/markdown" => "source.md",
        "text/html" => "source.html",
        "text/plain" => "source.txt",
        "application/vnd.botwright.qa+json" => "source.botwright-qa",
        _ => "source",
    }
}

/// Documents cut at once in this process. What was begun runs to its end, even if nobody waits for it any more.
static CUTTING: Semaphore = Semaphore::const_new(2);

/// Cuts a parsed document into chunks, without ids.
pub(super) async fn cut(
    services: &Services,
    parsed: ParsedDocument,
    chunking: Chunking,
) -> Result<Vec<Chunk>> {
    let embedder = services.embedder.clone();
    let slot = CUTTING.acquire().await.map_err(anyhow::Error::from)?;
    let chunks = tokio::task::spawn_blocking(move || {
        let _slot = slot;
        chunk::chunk(&parsed, chunking, &|text| match &embedder {
            Some(embedder) => embedder.count_tokens(text),
            None => chunk::estimate_tokens(text),
        })
    })
    .await
    .map_err(anyhow::Error::from)?;
    Ok(chunks)
}
