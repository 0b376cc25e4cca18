//! Sources of knowledge bases that live on: websites, how they are crawled, kept fresh and reported on.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::connections::Remote;
use crate::kb::{DocumentError, SourceKind};
use crate::validate::{Checker, is_web_address};

/// Most pages of one website.
pub const MAX_PAGES: u32 = 10_000;
/// Most clicks from the start page.
pub const MAX_DEPTH: u8 = 20;
/// Most addresses in a list.
pub const MAX_URLS: usize = 1_000;
/// Most path patterns of each kind.
pub const MAX_PATTERNS: usize = 50;
/// Longest time between two syncs, in hours: 90 days.
pub const MAX_SYNC_HOURS: i32 = 24 * 90;

/// Where the addresses of a website come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CrawlMode {
    /// The links of a start page, of the pages they lead to, and so on.
    #[default]
    Links,
    /// A sitemap, or an index of sitemaps.
    Sitemap,
    /// A list.
    List,
}

/// Which pages of a website are taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Website {
    /// Where the addresses come from.
    pub mode: CrawlMode,
    /// The start page or the sitemap (one address), or the list (up to 1,000).
    pub urls: Vec<String>,
    /// With `links`: most clicks from the start page, 0 to 20.
    pub max_depth: u8,
    /// Most pages taken, 1 to 10,000.
    pub max_pages: u32,
    /// Take only paths that match one of these, such as `/docs` (and all below it) or `/*/help`. Empty: all.
    pub include: Vec<String>,
    /// Leave out paths that match one of these.
    pub exclude: Vec<String>,
    /// Take pages of subdomains, too.
    pub subdomains: bool,
    /// Take files that pages link to, such as PDF, too.
    pub files: bool,
}

impl Default for Website {
    fn default() -> Self {
        Self {
            mode: CrawlMode::default(),
            urls: Vec::new(),
            max_depth: 5,
            max_pages: 500,
            include: Vec::new(),
            exclude: Vec::new(),
            subdomains: false,
            files: true,
        }
    }
}

impl Website {
    /// Adds what is wrong to `check`; `prefix` is the path of the field.
    pub fn check(&self, check: &mut Checker, prefix: &str) {
        let field = |name: &str| format!("{prefix}.{name}");
        let most = if self.mode == CrawlMode::List { MAX_URLS } else { 1 };
        let message = if most == 1 {
            "Enter one address such as https://example.com/help."
        } else {
            "Enter 1 to 1,000 addresses, one a line, such as https://example.com/help."
        };
        let all_web = self.urls.iter().all(|url| is_web_address(url.trim()));
        check.require(
            all_web && (1..=most).contains(&self.urls.len()),
            &field("urls"),
            message,
        );
        check.require(
            self.max_depth <= MAX_DEPTH,
            &field("max_depth"),
            "Use 0 to 20 clicks.",
        );
        check.require(
            (1..=MAX_PAGES).contains(&self.max_pages),
            &field("max_pages"),
            "Use 1 to 10,000 pages.",
        );
        for (name, patterns) in [("include", &self.include), ("exclude", &self.exclude)] {
            let good = |pattern: &String| {
                pattern.len() <= 500
                    && (pattern.starts_with('/') || pattern.starts_with('*'))
                    && !pattern.contains('\0')
            };
            check.require(
                patterns.len() <= MAX_PATTERNS && patterns.iter().all(good),
                &field(name),
                "Use up to 50 paths such as /docs or /*/help, one a line.",
            );
        }
    }
}

/// How far a crawl is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CrawlStatus {
    /// Waiting for a worker.
    Queued,
    /// Pages are being fetched.
    Running,
    /// Every page that was found has been looked at, or the limit was reached.
    Done,
    /// It could not be done; see `error`.
    Failed,
    /// Somebody stopped it.
    Cancelled,
}

impl CrawlStatus {
    /// The name used in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether a worker still has something to do.
    pub const fn in_progress(self) -> bool {
        matches!(self, Self::Queued | Self::Running)
    }
}

/// What became of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PageState {
    /// Found, not fetched yet.
    Waiting,
    /// Taken; it was not known before.
    Added,
    /// Taken; its text differs from the one known before.
    Changed,
    /// Taken; its text is the one known before.
    Unchanged,
    /// Left out; see `reason`.
    Skipped,
    /// Could not be fetched; see `reason`. What is known of it stays.
    Failed,
    /// There is no such page any more.
    Gone,
    /// Left out by hand, now and in later syncs.
    Removed,
}

impl PageState {
    /// The name used in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Unchanged => "unchanged",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
            Self::Gone => "gone",
            Self::Removed => "removed",
        }
    }
}

/// Why a page was left out or could not be fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PageReason {
    /// The site's robots.txt asks programs to stay away from it.
    Robots,
    /// The page asks not to be listed.
    Noindex,
    /// The page names another address as its own.
    Canonical,
    /// Another page has the same text.
    Duplicate,
    /// It leads to another address.
    Redirect,
    /// It leads to another site.
    OtherSite,
    /// A path pattern leaves it out.
    Excluded,
    /// It looks like one of endlessly many, such as the days of a calendar.
    Endless,
    /// It is a list of pages, which are taken one by one.
    List,
    /// As many pages as wanted were taken already.
    PageLimit,
    /// Its kind can't be read, or files are not wanted.
    Unsupported,
    /// It has no text, or can't be read.
    Unreadable,
    /// It is larger than pages (5 MB), files (20 MB) or what Google exports (10 MB) may be.
    TooLarge,
    /// The server answered with an error.
    HttpStatus,
    /// The server was not reached, or broke off.
    Network,
    /// The server asked to slow down, again and again.
    SlowDown,
    /// Its address is one that Botwright does not fetch from.
    Forbidden,
    /// Its owner lets nobody download or copy it.
    Protected,
}

impl PageReason {
    /// The name used in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Robots => "robots",
            Self::Noindex => "noindex",
            Self::Canonical => "canonical",
            Self::Duplicate => "duplicate",
            Self::Redirect => "redirect",
            Self::OtherSite => "other_site",
            Self::Excluded => "excluded",
            Self::Endless => "endless",
            Self::List => "list",
            Self::PageLimit => "page_limit",
            Self::Unsupported => "unsupported",
            Self::Unreadable => "unreadable",
            Self::TooLarge => "too_large",
            Self::HttpStatus => "http_status",
            Self::Network => "network",
            Self::SlowDown => "slow_down",
            Self::Forbidden => "forbidden",
            Self::Protected => "protected",
        }
    }

    /// In a few words, for people.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Robots => "The site asks programs to stay away (robots.txt)",
            Self::Noindex => "The page asks not to be listed (noindex)",
            Self::Canonical => "Stands at another address (canonical)",
            Self::Duplicate => "Same text as another page",
            Self::Redirect => "Leads to another address",
            Self::OtherSite => "Leads to another site",
            Self::Excluded => "Left out by your paths",
            Self::Endless => "One of endlessly many pages",
            Self::List => "A list; its pages are taken one by one",
            Self::PageLimit => "Over the limit of pages",
            Self::Unsupported => "Of a kind that is not read",
            Self::Unreadable => "No text that can be read",
            Self::TooLarge => "Too large",
            Self::HttpStatus => "The site answered with an error",
            Self::Network => "Could not be reached",
            Self::SlowDown => "The site asked to slow down",
            Self::Forbidden => "Address not allowed",
            Self::Protected => "Its owner does not let it be copied",
        }
    }
}

/// How many pages are in which state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PageCounts {
    /// Found, in all.
    pub found: i64,
    /// Not fetched yet.
    pub waiting: i64,
    /// New.
    pub added: i64,
    /// With other text than before.
    pub changed: i64,
    /// As before.
    pub unchanged: i64,
    /// Left out.
    pub skipped: i64,
    /// Not fetched because of an error.
    pub failed: i64,
    /// No longer there.
    pub gone: i64,
    /// Left out by hand.
    pub removed: i64,
}

impl PageCounts {
    /// Pages that are taken.
    pub const fn taken(self) -> i64 {
        self.added + self.changed + self.unchanged
    }

    /// Pages that were looked at.
    pub const fn done(self) -> i64 {
        self.found - self.waiting
    }
}

/// One run over the pages of a website.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Crawl {
    /// Which pages of a website are wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub website: Option<Website>,
    /// What is wanted over a connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote: Option<Remote>,
    /// How far it is.
    pub status: CrawlStatus,
    /// Pages by state.
    pub pages: PageCounts,
    /// With `failed`: why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<DocumentError>,
    /// When a worker began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<DateTime<Utc>>,
}

/// A page that a crawl found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CrawledPage {
    /// Id within its crawl.
    pub id: Uuid,
    /// Its address.
    pub url: String,
    /// Its title, once read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What became of it.
    pub state: PageState,
    /// Why it was left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<PageReason>,
    /// More about that: another address, or what the server said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// How many pages were left out for a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReasonCount {
    /// The reason.
    pub reason: PageReason,
    /// How many.
    pub count: i64,
}

/// What one sync did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SyncReport {
    /// `done`, `failed` or `cancelled`. What was taken before it ended stays.
    pub status: CrawlStatus,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    pub finished_at: DateTime<Utc>,
    /// New documents.
    pub added: i64,
    /// Documents with new text.
    pub changed: i64,
    /// Documents that were deleted because their pages are gone.
    pub removed: i64,
    /// Documents as before.
    pub unchanged: i64,
    /// Pages that could not be fetched; their documents stay.
    pub failed: i64,
    /// Documents whose pages were not found this time, kept because the crawl did not see all of the site.
    pub kept: i64,
    /// Pages left out or failed, by reason; most first.
    pub reasons: Vec<ReasonCount>,
    /// With `failed`: why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<DocumentError>,
}

/// A source of a knowledge base.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Source {
    /// Id.
    pub id: Uuid,
    /// What it is.
    pub kind: SourceKind,
    /// Title.
    pub title: String,
    /// With `website` and `url`: which pages are taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub website: Option<Website>,
    /// With `notion` and `google`: what is taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote: Option<Remote>,
    /// How many documents were made of it.
    pub documents: i64,
    /// Hours between two syncs; none: by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sync_every_hours: Option<i32>,
    /// When the next sync is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_sync_at: Option<DateTime<Utc>>,
    /// The sync that is on its way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sync: Option<SyncProgress>,
    /// What the last sync did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_report: Option<SyncReport>,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

impl Source {
    /// Whether it can be fetched again.
    pub const fn can_sync(&self) -> bool {
        self.website.is_some() || self.remote.is_some()
    }
}

/// A sync that is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SyncProgress {
    /// `queued` or `running`.
    pub status: CrawlStatus,
    /// Pages by state.
    pub pages: PageCounts,
}

/// `PUT /kb/{kb_id}/sources/{source_id}`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct UpdateSourceRequest {
    /// Hours between two syncs, 1 to 2,160; `null`: by hand only.
    pub sync_every_hours: Option<i32>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(website: &Website) -> Vec<String> {
        let mut check = Checker::default();
        website.check(&mut check, "w");
        let errors = check.finish().err().unwrap_or_default();
        errors.into_iter().map(|error| error.field).collect()
    }

    #[test]
    fn settings_out_of_range_are_named() {
        let good = Website {
            urls: vec!["https://example.com/".into()],
            ..Website::default()
        };
        assert_eq!(problems(&good), Vec::<String>::new());
        let bad = Website {
            urls: vec!["https://example.com/".into(), "ftp://example.com".into()],
            max_depth: 21,
            max_pages: 0,
            include: vec!["docs".into()],
            exclude: vec!["/a".into(); 51],
            ..good
        };
        assert_eq!(
            problems(&bad),
            ["w.urls", "w.max_depth", "w.max_pages", "w.include", "w.exclude"]
        );
    }
}
