//! Adding sources to a draft, and taking them out.
//!
//! A call adds all of its sources or none, and says what is wrong with each.

use std::time::Duration;

use api_types::connections::{ConnectionKind, Remote};
use api_types::drafts::Draft;
use api_types::kb::{AddSourcesRequest, DraftSource, KnowledgeBaseContent, NewSource, SourceKind};
use api_types::pairs::Pair;
use api_types::sources::Website;
use api_types::tenancy::Role;
use api_types::validate::{Checker, MAX_FILE_BYTES, MAX_SOURCES, MAX_TEXT_CHARS};
use api_types::{ErrorCode, FieldError};
use futures::StreamExt;
use url::Url;
use uuid::Uuid;

use super::{get_open, preview, websites};
use crate::Services;
use crate::kb::crawl::{self, Fingerprint};
use crate::kb::parse::{self, Format, ParsedDocument};
use crate::kb::sources::{self, Origin};
use crate::kb::title::{MAX_TITLE_CHARS, title};
use crate::kb::{pairs, read};
use crate::outbound::Fetched;
use crate::storage::Storage;
use crate::{Error, Result, Scope, drafts};

/// How long a web page may take.
const FETCH_TIMEOUT: Duration = Duration::from_secs(20);
/// Pages that one call may name: all of them are in memory until the last is there.
const MAX_PAGES: usize = 5;

/// An uploaded file.
#[derive(Debug)]
pub struct NewFile {
    /// The name the person's computer gave it; not trusted.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// A source with its content, not stored yet.
pub(super) struct Prepared {
    pub(super) source: DraftSource,
    pub(super) content: Content,
}

pub(super) enum Content {
    Bytes {
        bytes: Vec<u8>,
        /// Where it had to be parsed already.
        parsed: Option<ParsedDocument>,
    },
    /// To be fetched in the background.
    Pages(Origin),
}

impl Content {
    /// What is stored of it now.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        match self {
            Self::Bytes { bytes, .. } => bytes,
            Self::Pages(_) => Vec::new(),
        }
    }
}

/// Adds uploaded files.
pub async fn add_files(
    services: &Services,
    scope: &Scope,
    draft_id: Uuid,
    files: Vec<NewFile>,
) -> Result<Draft<KnowledgeBaseContent>> {
    begin(services, scope, draft_id, files.len()).await?;
    // Looking into 20 MB takes its time.
    let prepared = tokio::task::spawn_blocking(|| files.into_iter().map(file).collect())
        .await
        .map_err(anyhow::Error::from)?;
    finish(services, scope, draft_id, prepared).await
}

/// Adds pasted texts, web pages and websites. Pages are fetched now, websites in the background.
pub async fn add_sources(
    services: &Services,
    scope: &Scope,
    draft_id: Uuid,
    request: AddSourcesRequest,
) -> Result<Draft<KnowledgeBaseContent>> {
    begin(services, scope, draft_id, request.sources.len()).await?;
    let is_page = |source: &&NewSource| matches!(source, NewSource::Url { .. });
    if request.sources.iter().filter(is_page).count() > MAX_PAGES {
        return Err(Error::field("sources", "Add at most 5 web pages at once."));
    }
    let prepared = futures::stream::iter(request.sources)
        .map(|source| prepare(services, scope, source))
        .buffered(MAX_PAGES)
        .collect()
        .await;
    finish(services, scope, draft_id, prepared).await
}

/// Adds the pairs of a CSV file as a source of questions and answers.
pub async fn import_pairs(
    services: &Services,
    scope: &Scope,
    draft_id: Uuid,
    file: NewFile,
) -> Result<Draft<KnowledgeBaseContent>> {
    begin(services, scope, draft_id, 1).await?;
    let pairs = pairs::read_csv(file.bytes).await?;
    let name = title(file.name.rsplit(['/', '\\']).next().unwrap_or_default());
    let name = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem);
    let prepared = vec![questions(name, &pairs)];
    finish(services, scope, draft_id, prepared).await
}

/// Takes a source out of a draft, with its file.
pub async fn remove_source(
    services: &Services,
    scope: &Scope,
    draft_id: Uuid,
    source_id: Uuid,
) -> Result<Draft<KnowledgeBaseContent>> {
    scope.require(Role::Editor)?;
    let draft = drafts::update(
        &services.drafts,
        scope,
        draft_id,
        |content: &mut KnowledgeBaseContent| {
            let before = content.sources.len();
            content.sources.retain(|source| source.id != source_id);
            if content.sources.len() == before {
                return Err(Error::not_found("source in this draft"));
            }
            Ok(())
        },
    )
    .await?;
    delete_files(services, scope, draft_id, source_id).await?;
    Ok(draft)
}

/// Checks what can be checked before any work is done.
async fn begin(services: &Services, scope: &Scope, draft_id: Uuid, added: usize) -> Result<()> {
    scope.require(Role::Editor)?;
    if added == 0 {
        return Err(Error::field("sources", "Choose at least one file, text or page."));
    }
    let draft = get_open(services, scope, draft_id).await?;
    check_count(draft.content.sources.len() + added)
}

fn check_count(count: usize) -> Result<()> {
    if count <= MAX_SOURCES {
        return Ok(());
    }
    Err(Error::field(
        "sources",
        &format!(
            "A draft holds up to {MAX_SOURCES} sources; this would make {count}. Finalize it and add the rest after."
        ),
    ))
}

/// Stores the files, then adds the sources to the draft.
async fn finish(
    services: &Services,
    scope: &Scope,
    draft_id: Uuid,
    prepared: Vec<Result<Prepared>>,
) -> Result<Draft<KnowledgeBaseContent>> {
    let prepared = all_or_errors(prepared)?;
    let sources: Vec<DraftSource> = prepared.iter().map(|p| p.source.clone()).collect();
    for Prepared { source, content } in prepared {
        match content {
            Content::Bytes { bytes, parsed } => {
                let key = Storage::draft_key(scope.workspace_id(), draft_id, source.id);
                services.storage.put(&key, bytes).await?;
                if let Some(parsed) = parsed {
                    preview::keep(services, scope, draft_id, source.id, &Ok(parsed)).await?;
                }
            }
            Content::Pages(origin) => {
                websites::begin(services, scope, draft_id, source.id, &origin).await?;
            }
        }
    }
    let added = drafts::update(
        &services.drafts,
        scope,
        draft_id,
        |content: &mut KnowledgeBaseContent| {
            check_count(content.sources.len() + sources.len())?;
            content.sources.extend(sources.iter().cloned());
            Ok(())
        },
    )
    .await;
    if added.is_err() {
        for source in &sources {
            delete_files(services, scope, draft_id, source.id).await?;
        }
    }
    added
}

/// Every source, or what is wrong with each that is not acceptable.
fn all_or_errors(prepared: Vec<Result<Prepared>>) -> Result<Vec<Prepared>> {
    let mut sources = Vec::with_capacity(prepared.len());
    let mut errors = Vec::new();
    for (i, result) in prepared.into_iter().enumerate() {
        match result {
            Ok(source) => sources.push(source),
            Err(Error::Refused(refusal)) => errors.extend(of_source(i, *refusal)),
            Err(error) => return Err(error),
        }
    }
    if errors.is_empty() {
        return Ok(sources);
    }
    let detail = "Some sources can't be used, so none of these were added; the draft is as it was. Leave them out and add the others again.";
    Err(Error::refused_fields(ErrorCode::ValidationFailed, detail, errors))
}

/// A refusal of one source as errors of the fields `sources[i]…`.
fn of_source(i: usize, refusal: crate::error::Refusal) -> Vec<FieldError> {
    if refusal.errors.is_empty() {
        return vec![FieldError::new(format!("sources[{i}]"), refusal.detail)];
    }
    let fields = refusal.errors.into_iter();
    fields
        .map(|e| FieldError::new(format!("sources[{i}].{}", e.field), e.message))
        .collect()
}

async fn prepare(services: &Services, scope: &Scope, source: NewSource) -> Result<Prepared> {
    match source {
        NewSource::Text { title, text } => pasted(&title, text),
        NewSource::Url { url } => page(services, &url).await,
        NewSource::Qa { title, pairs } => questions(&title, &pairs),
        NewSource::Website { website } => websites::check(services, &website).map(website_source),
        NewSource::Notion { remote } => {
            let remote = websites::check_remote(services, scope, ConnectionKind::Notion, remote).await?;
            Ok(remote_source(SourceKind::Notion, remote))
        }
        NewSource::Google { remote } => {
            let remote = websites::check_remote(services, scope, ConnectionKind::Google, remote).await?;
            Ok(remote_source(SourceKind::Google, remote))
        }
    }
}

fn file(file: NewFile) -> Result<Prepared> {
    let title = title(file.name.rsplit(['/', '\\']).next().unwrap_or_default());
    if file.bytes.len() > MAX_FILE_BYTES {
        let detail = format!("{title} is larger than 20 MB. Split it and upload the parts.");
        return Err(Error::refused(ErrorCode::PayloadTooLarge, detail));
    }
    let format =
        parse::detect(&file.bytes, &title).map_err(|error| unreadable(&title, error.code(), &error))?;
    Ok(prepared(SourceKind::File, title, format.media_type(), file.bytes))
}

fn pasted(heading: &str, text: String) -> Result<Prepared> {
    let mut check = Checker::default();
    check.length("title", heading, 1, MAX_TITLE_CHARS);
    check.length("text", &text, 1, MAX_TEXT_CHARS);
    check.finish().map_err(Error::validation)?;
    Ok(prepared(
        SourceKind::Text,
        title(heading),
        "text/markdown",
        text.into_bytes(),
    ))
}

pub(super) fn questions(heading: &str, pairs: &[Pair]) -> Result<Prepared> {
    let mut check = Checker::default();
    check.length("title", heading, 1, MAX_TITLE_CHARS);
    api_types::pairs::check(&mut check, "pairs", pairs);
    check.finish().map_err(Error::validation)?;
    let pairs: Vec<Pair> = pairs.iter().map(Pair::tidied).collect();
    let bytes = pairs::to_bytes(&pairs)?;
    Ok(prepared(
        SourceKind::Qa,
        title(heading),
        Format::Pairs.media_type(),
        bytes,
    ))
}

/// Fetches a page and reads it at once: for its title, and so that one without text is refused while the person
/// is still looking.
async fn page(services: &Services, url: &str) -> Result<Prepared> {
    let page = services
        .outbound
        .fetch_page(url, MAX_FILE_BYTES, FETCH_TIMEOUT)
        .await?;
    let format =
        parse::detect(&page.bytes, name_in(&page)).map_err(|error| unreadable(url, error.code(), &error))?;
    let parsed = match read::parse(services, format.media_type(), page.bytes.clone()).await? {
        Ok(parsed) => Some(parsed),
        // As with one that is uploaded: the preview says what becomes of it.
        Err(error) if error.code == ErrorCode::NeedsOcr => None,
        Err(error) => return Err(unreadable(url, error.code, &error.message)),
    };
    let fingerprint = match &parsed {
        Some(parsed) => Fingerprint::of(parsed),
        None => Fingerprint::of_scan("", &page.bytes),
    };
    let heading = parsed.as_ref().and_then(|parsed| parsed.title.as_deref());
    let title = title(heading.unwrap_or(page.final_url.as_str()));
    let source = new_source(
        SourceKind::Url,
        title,
        format.media_type(),
        page.bytes.len(),
        // As a sync will write it, so that the document is found again.
        Some(crawl::normalize(page.final_url)),
    );
    Ok(Prepared {
        source: DraftSource {
            content_hash: Some(hex::encode(fingerprint.content)),
            ..source
        },
        content: Content::Bytes {
            bytes: page.bytes,
            parsed,
        },
    })
}

fn website_source(website: Website) -> Prepared {
    let first = website.urls.first().and_then(|url| Url::parse(url.trim()).ok());
    let name = first.as_ref().map(|url| {
        let path = url.path().trim_end_matches('/');
        format!("{}{path}", url.host_str().unwrap_or_default())
    });
    let name = match (name.unwrap_or_default(), website.urls.len()) {
        (name, 0 | 1) => name,
        (name, n) => format!("{name} and {} more", n - 1),
    };
    Prepared {
        source: new_source(SourceKind::Website, title(&name), "text/html", 0, first),
        content: Content::Pages(Origin::Website(website)),
    }
}

fn remote_source(kind: SourceKind, remote: Remote) -> Prepared {
    let first = remote.items.first().map_or("", |item| item.title.as_str());
    let name = match remote.items.len() {
        0 | 1 => first.to_owned(),
        n => format!("{first} and {} more", n - 1),
    };
    Prepared {
        source: new_source(kind, title(&name), Format::Markdown.media_type(), 0, None),
        content: Content::Pages(Origin::Remote(remote)),
    }
}

/// A name for the detector, which trusts it only to tell kinds of text apart: the server's word comes first.
fn name_in(page: &Fetched) -> &str {
    if page.media_type.contains("html") {
        "page.html"
    } else {
        page.final_url.path()
    }
}

fn unreadable(what: &str, code: ErrorCode, why: &dyn std::fmt::Display) -> Error {
    Error::refused(code, format!("{what}: {why}"))
}

fn prepared(kind: SourceKind, title: String, media_type: &str, bytes: Vec<u8>) -> Prepared {
    Prepared {
        source: new_source(kind, title, media_type, bytes.len(), None),
        content: Content::Bytes { bytes, parsed: None },
    }
}

fn new_source(
    kind: SourceKind,
    title: String,
    media_type: &str,
    size: usize,
    url: Option<Url>,
) -> DraftSource {
    DraftSource {
        id: Uuid::now_v7(),
        kind,
        title,
        media_type: media_type.to_owned(),
        size: size as u64,
        url,
        content_hash: None,
    }
}

pub(super) async fn delete_files(
    services: &Services,
    scope: &Scope,
    draft_id: Uuid,
    source_id: Uuid,
) -> Result<()> {
    let workspace_id = scope.workspace_id();
    services
        .storage
        .delete(&Storage::draft_key(workspace_id, draft_id, source_id))
        .await?;
    services
        .storage
        .delete(&Storage::parsed_key(workspace_id, draft_id, source_id))
        .await?;
    sources::discard(services, scope, draft_id, source_id).await
}
