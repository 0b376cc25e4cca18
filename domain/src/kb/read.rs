//! From bytes to chunks: parsing in the sandbox, cutting on a thread of its own. Drafts preview and the ingestion
//! job work through the same functions, so what was previewed is what is indexed; only scans are left to the job.

use std::io::Write;

use anyhow::Context;
use api_types::ErrorCode;
use api_types::kb::{Chunk, Chunking, DocumentError};
use tempfile::NamedTempFile;
use tokio::sync::Semaphore;

use super::parse::sandbox::SandboxError;
use super::parse::{Format, ParseError, ParsedDocument};
use super::{chunk, ocr};
use crate::Services;
use crate::{Error, Result};

/// What a preview says of a scan.
const RECOGNISED_LATER: &str = "This PDF is a scan. Its text is recognised when the knowledge base is built, so \
    there is nothing to see yet.";

/// Reads a file in the limited child process, for a person who waits. The inner error is the file's own fault.
pub(super) async fn parse(
    services: &Services,
    media_type: &str,
    bytes: Vec<u8>,
) -> Result<Result<ParsedDocument, DocumentError>> {
    let (_file, parsed) = read(services, media_type, bytes).await?;
    let mut parsed = parsed.map_err(|error| DocumentError::from(&error));
    tell_of_scan(&mut parsed).await;
    Ok(parsed)
}

/// The text of a file, up to so many characters, and whether there was more. The inner error is the file's own fault.
pub(crate) async fn text(
    services: &Services,
    media_type: &str,
    bytes: Vec<u8>,
    most: usize,
) -> Result<Result<(String, bool), ErrorCode>> {
    let (_file, parsed) = read(services, media_type, bytes).await?;
    Ok(match parsed {
        Err(error) => Err(error.code()),
        Ok(parsed) => {
            let pages: Vec<&str> = parsed.pages.iter().map(|page| page.markdown.as_str()).collect();
            let whole = pages.join("\n\n");
            let text: String = whole.chars().take(most).collect();
            let is_cut = text.len() < whole.len();
            Ok((text, is_cut))
        }
    })
}

/// Says of a scan what becomes of it. That is not known once and for all: text recognition may be installed any time.
pub(super) async fn tell_of_scan(parsed: &mut Result<ParsedDocument, DocumentError>) {
    let Err(error) = parsed else { return };
    if error.code != ErrorCode::NeedsOcr {
        return;
    }
    error.message = match ocr::languages().await {
        Some(_) => RECOGNISED_LATER.to_owned(),
        None => ParseError::NeedsOcr.to_string(),
    };
}

/// What a job makes of a file.
pub(super) enum Reading {
    Text(ParsedDocument),
    /// Pages of pictures, which can be recognised.
    Scan,
}

/// Reads a file as [`parse`] does, for a job: it goes on with a scan.
pub(super) async fn parse_or_scan(
    services: &Services,
    media_type: &str,
    bytes: Vec<u8>,
) -> Result<Result<Reading, DocumentError>> {
    let (_file, parsed) = read(services, media_type, bytes).await?;
    Ok(match parsed {
        Ok(parsed) => Ok(Reading::Text(parsed)),
        Err(ParseError::NeedsOcr) if ocr::languages().await.is_some() => Ok(Reading::Scan),
        Err(error) => Err(DocumentError::from(&error)),
    })
}

/// The file, for as long as it is needed, and what the parser made of it.
async fn read(
    services: &Services,
    media_type: &str,
    bytes: Vec<u8>,
) -> Result<(NamedTempFile, Result<ParsedDocument, ParseError>)> {
    let file = file(bytes).await?;
    let name = Format::file_name(media_type);
    match services.parser.parse(file.path(), name).await {
        Ok(parsed) => Ok((file, Ok(parsed))),
        Err(SandboxError::Document(error)) => Ok((file, Err(error))),
        Err(error @ SandboxError::Io(_)) => Err(Error::Unavailable {
            part: "document parser",
            source: error.into(),
        }),
    }
}

/// These bytes as a file that goes with the value.
pub(super) async fn file(bytes: Vec<u8>) -> Result<NamedTempFile> {
    let file = tokio::task::spawn_blocking(move || temporary(&bytes)).await;
    Ok(file.map_err(anyhow::Error::from)??)
}

fn temporary(bytes: &[u8]) -> anyhow::Result<NamedTempFile> {
    let mut file = NamedTempFile::new().context("could not make a temporary file")?;
    file.write_all(bytes)
        .context("could not write a temporary file")?;
    Ok(file)
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
        let count = |text: &str| match &embedder {
            Some(embedder) => embedder.count_tokens(text),
            None => chunk::estimate_tokens(text),
        };
        let embed = |texts: &[String]| embedder.as_ref()?.embed_now(texts).ok();
        let measure = chunk::Measure {
            count: &count,
            embed: Some(&embed),
        };
        chunk::chunk(&parsed, chunking, measure)
    })
    .await
    .map_err(anyhow::Error::from)?;
    Ok(chunks)
}
