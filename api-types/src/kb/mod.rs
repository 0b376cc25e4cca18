//! Knowledge bases, their sources, documents and chunks: `/api/v1/kb`.

mod chunks;
mod search;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use url::Url;
use uuid::Uuid;

use crate::connections::Remote;
use crate::pairs::Pair;
use crate::sources::Website;
pub use chunks::{Importance, RestingEdit, SaveChunkRequest, StoredChunk};
pub use search::{SearchFilter, SearchHit, SearchRequest, SearchResponse};

/// How text is cut into chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ChunkStrategy {
    /// At the largest Markdown boundary that fits: heading, paragraph, sentence, word.
    #[default]
    Recursive,
    /// One chunk a section; long sections are cut recursively.
    Heading,
    /// One chunk a page; long pages are cut recursively.
    Page,
    /// Whole sentences up to the size.
    Sentence,
    /// Every `size` tokens, wherever that falls.
    Fixed,
    /// Where the subject changes, told by the embedding model; without one, whole sentences.
    Semantic,
    /// The one of the others that suits the document.
    Adaptive,
}

/// Chunking settings, in tokens of the embedding model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Chunking {
    /// Where to cut.
    pub strategy: ChunkStrategy,
    /// Largest chunk, 32 to 512 tokens.
    pub size: u16,
    /// Tokens repeated from the chunk before, less than half of `size`.
    pub overlap: u16,
}

impl Default for Chunking {
    fn default() -> Self {
        Self {
            strategy: ChunkStrategy::default(),
            size: 200,
            overlap: 20,
        }
    }
}

/// What kind of thing a source or document came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// An uploaded file.
    File,
    /// Pasted text.
    Text,
    /// A web page.
    Url,
    /// A website: pages found by links, by a sitemap or in a list.
    Website,
    /// Questions with their answers.
    Qa,
    /// Pages and databases of Notion.
    Notion,
    /// Files and folders of Google Drive.
    Google,
}

impl SourceKind {
    /// The name used in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Text => "text",
            Self::Url => "url",
            Self::Website => "website",
            Self::Qa => "qa",
            Self::Notion => "notion",
            Self::Google => "google",
        }
    }

    /// Whether it is made of pages that are fetched in the background.
    pub const fn is_crawled(self) -> bool {
        matches!(self, Self::Website | Self::Notion | Self::Google)
    }
}

/// A source in a draft. Its bytes lie in temporary storage until the draft is finalized.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DraftSource {
    /// Id; the source made from it keeps it, and so does the document, but for websites.
    pub id: Uuid,
    /// Where it came from.
    pub kind: SourceKind,
    /// Title: the file's name, the page's title, or what was typed.
    pub title: String,
    /// Detected media type, such as `application/pdf`.
    pub media_type: String,
    /// Size in bytes.
    pub size: u64,
    /// The page, for `url`; the start page, sitemap or first address, for `website`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<Url>,
    /// SHA-256 of title and text, for `url`: whether the page has changed since is seen by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_hash: Option<String>,
}

/// What a knowledge base draft holds. `sources` is kept by the server and changes through `…/sources` only.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct KnowledgeBaseContent {
    /// Name, unique in the workspace. 1 to 80 characters.
    pub name: String,
    /// What it is about, for people. Up to 500 characters.
    pub description: String,
    /// How to cut.
    pub chunking: Chunking,
    /// What goes in, up to 200.
    pub sources: Vec<DraftSource>,
}

/// `PUT /kb/draft/{draft_id}`: everything but the sources.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SaveKbDraftRequest {
    /// The version this save is based on.
    pub version: i64,
    /// Name.
    pub name: String,
    /// Description.
    pub description: String,
    /// Chunking.
    pub chunking: Chunking,
}

/// One source to add as JSON; files are sent as `multipart/form-data` parts named `file` instead.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum NewSource {
    /// Pasted text, read as Markdown.
    Text {
        /// 1 to 200 characters.
        title: String,
        /// Up to 1,000,000 characters.
        text: String,
    },
    /// One web page, fetched now.
    Url {
        /// `http` or `https`.
        url: String,
    },
    /// Pages of a website, fetched in the background; see `…/sources/{source_id}/crawl`.
    Website {
        /// Which pages.
        website: Website,
    },
    /// Questions with their answers; a CSV file of them goes to `…/pairs/import`.
    Qa {
        /// 1 to 200 characters.
        title: String,
        /// 1 to 2,000.
        pairs: Vec<Pair>,
    },
    /// Pages and databases of Notion, fetched in the background as a website is.
    Notion {
        /// Which.
        remote: Remote,
    },
    /// Files and folders of Google Drive, fetched in the background as a website is.
    Google {
        /// Which.
        remote: Remote,
    },
}

/// `PUT /kb/draft/{draft_id}/sources` as JSON: sources to add.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AddSourcesRequest {
    /// What to add.
    pub sources: Vec<NewSource>,
}

/// A piece of a document as the retriever sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Chunk {
    /// Id; absent in a preview.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Uuid>,
    /// Counted from 0 within the document.
    pub position: i32,
    /// The text, Markdown.
    pub text: String,
    /// Headings above it, outermost first.
    pub heading_path: Vec<String>,
    /// Page it starts on, counted from 1, if the format has pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<i32>,
    /// Length in tokens of the embedding model.
    pub tokens: i32,
}

/// How one source would be chunked, or why it can't be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SourcePreview {
    /// The source.
    pub source_id: Uuid,
    /// The page, where the source is a website.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<PreviewPage>,
    /// How many chunks it makes in all.
    pub chunk_count: usize,
    /// The first ones.
    pub chunks: Vec<Chunk>,
    /// Whether it holds pictures of pages: their text is recognised when the knowledge base is built.
    #[serde(default)]
    pub is_scan: bool,
    /// Why it can't be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<DocumentError>,
}

/// A page of a website in a preview.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PreviewPage {
    /// Its id.
    pub id: Uuid,
    /// Its title.
    pub title: String,
    /// Its address.
    pub url: String,
}

/// Answer of `GET /kb/draft/{draft_id}/preview-chunks`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChunkPreview {
    /// One entry a source asked for; of a website, one for each of its first pages.
    pub sources: Vec<SourcePreview>,
}

/// Why a document could not be read, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DocumentError {
    /// Stable name.
    pub code: crate::ErrorCode,
    /// For people.
    pub message: String,
}

/// Answer of `POST /kb/draft/{draft_id}/finalize`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Finalized {
    /// The knowledge base.
    pub knowledge_base_id: Uuid,
}

/// Where a document is on its way into the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DocumentStatus {
    /// Waiting for a worker.
    Queued,
    /// Being read.
    Parsing,
    /// Being cut into chunks.
    Chunking,
    /// Chunks are being embedded; see `chunks_done` of `chunk_count`.
    Embedding,
    /// Being put into the index.
    Indexing,
    /// Bots answer from it.
    Indexed,
    /// Could not be read; see `error`.
    Failed,
}

impl DocumentStatus {
    /// The name used in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Parsing => "parsing",
            Self::Chunking => "chunking",
            Self::Embedding => "embedding",
            Self::Indexing => "indexing",
            Self::Indexed => "indexed",
            Self::Failed => "failed",
        }
    }

    /// Whether a worker still has something to do.
    pub const fn in_progress(self) -> bool {
        !matches!(self, Self::Indexed | Self::Failed)
    }
}

/// A document of a knowledge base.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Document {
    /// Id.
    pub id: Uuid,
    /// The source it was made from.
    pub source_id: Uuid,
    /// Where it came from.
    pub kind: SourceKind,
    /// Title.
    pub title: String,
    /// Media type.
    pub media_type: String,
    /// Size in bytes.
    pub size: i64,
    /// The page, for `url`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// How far it is.
    pub status: DocumentStatus,
    /// With `failed`: why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<DocumentError>,
    /// Chunks in all, once known.
    pub chunk_count: i32,
    /// Chunks embedded so far.
    pub chunks_done: i32,
    /// ISO 639-1 codes of what it is written in, that of most of the text first.
    #[serde(default)]
    pub languages: Vec<String>,
    /// Tags that searches can ask for, in lower case.
    #[serde(default)]
    pub tags: Vec<String>,
    /// How much it matters.
    #[serde(default)]
    pub importance: Importance,
    /// When its file was removed, as it was older than the workspace keeps files. Its chunks stay, and can't be cut
    /// otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original_removed_at: Option<DateTime<Utc>>,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// How many documents are in which state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Progress {
    /// All.
    pub total: i64,
    /// Done.
    pub indexed: i64,
    /// Failed.
    pub failed: i64,
}

impl Progress {
    /// Whether a worker still has something to do.
    pub const fn in_progress(self) -> bool {
        self.indexed + self.failed < self.total
    }
}

/// A knowledge base.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KnowledgeBase {
    /// Id.
    pub id: Uuid,
    /// Name.
    pub name: String,
    /// Description.
    pub description: String,
    /// How its documents are cut.
    pub chunking: Chunking,
    /// Documents by state.
    pub progress: Progress,
    /// Chunks in the index.
    pub chunk_count: i64,
    /// Changes that people made to chunks, those that rest among them.
    pub edit_count: i64,
    /// Names of the live bots that answer from it.
    pub used_by: Vec<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// `PUT /kb/{kb_id}`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SaveKnowledgeBaseRequest {
    /// 1 to 80 characters, unique in the workspace.
    pub name: String,
    /// What it is about, up to 500 characters.
    pub description: String,
    /// How its documents are cut. Another way has all of them cut anew.
    pub chunking: Chunking,
}

/// Answer of `GET /kb/{kb_id}/questions`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SuggestedQuestions {
    /// Up to three, each with an answer in the knowledge base; none while nothing is indexed.
    pub questions: Vec<String>,
}

/// Answer of `POST /kb/{kb_id}/documents/retry-failed`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Retried {
    /// How many documents are tried again.
    pub documents: usize,
}

/// `POST /kb/{kb_id}/documents/{document_id}/preview-chunks`: other settings to try.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PreviewRequest {
    /// How to cut.
    pub chunking: Chunking,
}

/// `PUT /kb/{kb_id}/documents/{document_id}`: what people say about a document.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SaveDocumentRequest {
    /// Up to 20 tags of up to 40 characters.
    pub tags: Vec<String>,
    /// How much it matters.
    pub importance: Importance,
}
