//! Going over the pages that a connection shows, one after the other: what a `Crawler` is for websites.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use api_types::ErrorCode;
use api_types::connections::{Remote, RemoteKind};
use api_types::kb::DocumentError;
use api_types::sources::{PageReason, PageState};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use tokio::time::Instant;
use uuid::Uuid;

use super::crawl::{Earlier, Fingerprint, Found, Known, Outcome, Step, Taken, Visit};
use super::parse::Format;
use super::read;
use crate::notion::{self, Failure, Notion};
use crate::outbound::Validators;
use crate::{Result, Scope, Services, connections};

/// Attempts at a page that fails, and at one for which we are asked to wait.
const MAX_ATTEMPTS: u8 = 3;
const MAX_WAITS: u8 = 20;
/// A service that asks for a longer pause is not waited for.
const MAX_PAUSE: Duration = Duration::from_secs(60 * 60);
/// A shorter pause is waited for.
const SHORT_PAUSE: Duration = Duration::from_secs(2);
/// Pages in a row that can't be had, after which it is given up.
const MAX_FAILURES: usize = 10;
/// Pages within pages.
const MAX_DEPTH: u8 = 20;
/// Parts of a database that are asked for: rows of 100 each, beyond the most pages of a source.
const MAX_PARTS: usize = 200;
/// Longest title, in characters.
const MAX_TITLE_CHARS: usize = 200;

/// A page or database that is still to be read.
struct Entry {
    id: Uuid,
    url: String,
    depth: u8,
    attempts: u8,
    /// By hand: it is read only for the pages within it.
    is_left_out: bool,
}

/// A walk over the pages of a connection.
pub(super) struct Walker<'a> {
    services: &'a Services,
    notion: Notion<'a>,
    remote: Remote,
    waiting: VecDeque<Entry>,
    seen: HashSet<String>,
    /// Ids of pages that were left out by hand, by address, until they are found.
    left_out: HashMap<String, Uuid>,
    earlier: HashMap<String, Earlier>,
    taken: usize,
    failures: usize,
    first_failure: Option<String>,
    /// Nothing is asked for until then.
    pause_until: Instant,
    stopping: Arc<AtomicBool>,
}

impl<'a> Walker<'a> {
    /// Goes on from `known` pages; `earlier` is what is known from walks before this one, by address.
    pub(super) async fn new(
        services: &'a Services,
        scope: &Scope,
        remote: Remote,
        known: Vec<Known>,
        earlier: HashMap<String, Earlier>,
    ) -> Result<Self> {
        let notion = connections::open(services, scope, remote.connection_id).await?;
        let now = Utc::now();
        let pauses = known
            .iter()
            .filter_map(|page| (page.not_before? - now).to_std().ok());
        let is_taken = |page: &&Known| {
            matches!(
                page.state,
                PageState::Added | PageState::Changed | PageState::Unchanged
            )
        };
        Ok(Self {
            services,
            notion,
            remote,
            pause_until: Instant::now() + pauses.max().unwrap_or_default(),
            taken: known.iter().filter(is_taken).count(),
            seen: known.iter().map(|page| page.url.clone()).collect(),
            left_out: known
                .iter()
                .filter(|page| page.state == PageState::Removed && page.links_read.is_none())
                .map(|page| (page.url.clone(), page.id))
                .collect(),
            waiting: known
                .into_iter()
                .filter(Known::waits)
                .map(|page| Entry {
                    id: page.id,
                    url: page.url,
                    depth: page.depth,
                    attempts: page.attempts,
                    is_left_out: page.state == PageState::Removed,
                })
                .collect(),
            earlier,
            failures: 0,
            first_failure: None,
            stopping: Arc::default(),
        })
    }

    /// Set to true, it has the walk ask for nothing further.
    pub(super) fn stopping(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.stopping)
    }

    /// Adds what was chosen to begin with.
    pub(super) fn seed(&mut self) -> Vec<Found> {
        let items = self.remote.items.clone();
        let ids = items
            .iter()
            .filter_map(|item| Some((Uuid::try_parse(&item.id).ok()?, item.kind)));
        let mut found = Vec::new();
        for (id, kind) in ids {
            self.admit(id, kind, 0, &mut found);
        }
        found
    }

    /// What happens next. A future that is dropped has lost pages: the walk goes on from what was known before.
    pub(super) async fn next(&mut self) -> Step {
        if self.stopping.load(Ordering::Relaxed) {
            return Step::Pause(Duration::ZERO);
        }
        let is_full = self.taken >= usize::try_from(self.remote.max_pages).unwrap_or(usize::MAX);
        if is_full || self.waiting.is_empty() {
            return self.finished(is_full && !self.waiting.is_empty());
        }
        let pause = self.pause_until.saturating_duration_since(Instant::now());
        if pause > SHORT_PAUSE {
            return Step::Pause(pause);
        }
        tokio::time::sleep(pause).await;
        let Some(entry) = self.waiting.pop_front() else {
            return self.finished(false);
        };
        let mut found = Vec::new();
        let outcome = match self.visit(&entry, &mut found).await {
            Ok(outcome) => {
                self.failures = 0;
                outcome
            }
            Err(Failure::Unauthorized) => return failed(Failure::Unauthorized.to_string()),
            Err(failure) => self.trouble(&entry, &failure),
        };
        if self.failures >= MAX_FAILURES {
            return failed(self.first_failure.clone().unwrap_or_default());
        }
        let is_taken = matches!(outcome, Outcome::Taken(_) | Outcome::Unchanged { .. });
        self.taken += usize::from(is_taken);
        let (id, url) = (entry.id, entry.url.clone());
        if let Outcome::Later { attempts, .. } = outcome {
            self.waiting.push_front(Entry { attempts, ..entry });
        }
        Step::Visited(Box::new(Visit {
            id,
            url,
            outcome,
            found,
        }))
    }

    fn finished(&self, limit_reached: bool) -> Step {
        match &self.first_failure {
            Some(failure) if self.taken == 0 => failed(failure.clone()),
            _ => Step::Finished { limit_reached },
        }
    }

    fn trouble(&mut self, entry: &Entry, failure: &Failure) -> Outcome {
        let attempts = entry.attempts.saturating_add(1);
        let detail = failure.to_string();
        let (reason, pause, most) = match failure {
            Failure::NotFound => return Outcome::Gone(detail),
            Failure::SlowDown(pause) => (PageReason::SlowDown, *pause, MAX_WAITS),
            Failure::Away(_) => {
                self.failures += 1;
                let pause = Duration::from_secs(1 << attempts.min(6));
                (PageReason::Network, pause, MAX_ATTEMPTS)
            }
            Failure::Refused(_) | Failure::Unauthorized => {
                self.first_failure.get_or_insert(detail.clone());
                return Outcome::Failed(PageReason::HttpStatus, detail);
            }
        };
        self.first_failure.get_or_insert_with(|| detail.clone());
        if attempts >= most || pause > MAX_PAUSE {
            return Outcome::Failed(reason, detail);
        }
        self.pause_until = Instant::now() + pause;
        Outcome::Later { attempts, pause }
    }

    async fn visit(&mut self, entry: &Entry, found: &mut Vec<Found>) -> Result<Outcome, Failure> {
        match notion::at(&entry.url) {
            Some((id, RemoteKind::Page)) => self.page(id, entry, found).await,
            Some((id, RemoteKind::Database)) => self.database(id, entry, found).await,
            None => Ok(Outcome::Skipped(PageReason::Unsupported, None)),
        }
    }

    /// A database is no page; its rows are.
    async fn database(
        &mut self,
        id: Uuid,
        entry: &Entry,
        found: &mut Vec<Found>,
    ) -> Result<Outcome, Failure> {
        let mut cursor = None::<String>;
        let most = usize::try_from(self.remote.max_pages).unwrap_or(usize::MAX);
        for _ in 0..MAX_PARTS {
            let rows = self.notion.rows(id, cursor.as_deref()).await?;
            for row in rows.items {
                self.admit(row, RemoteKind::Page, entry.depth, found);
            }
            cursor = rows.next;
            // One more than is wanted shows that there are more.
            if cursor.is_none() || found.len() > most {
                break;
            }
        }
        if entry.is_left_out {
            return Ok(Outcome::LeftOut);
        }
        Ok(Outcome::Skipped(PageReason::List, None))
    }

    async fn page(&mut self, id: Uuid, entry: &Entry, found: &mut Vec<Found>) -> Result<Outcome, Failure> {
        let page = self.notion.page(id).await?;
        if page["archived"] == true || page["in_trash"] == true {
            return Ok(Outcome::Gone("It is in Notion's trash.".to_owned()));
        }
        let validators = Validators {
            etag: None,
            last_modified: edited(&page),
        };
        let earlier = self.earlier.get(&entry.url).cloned();
        let is_known = earlier.as_ref().is_some_and(|earlier| {
            earlier.content.is_some()
                && validators.last_modified.is_some()
                && earlier.validators.last_modified == validators.last_modified
        });
        // Without its blocks nobody knows which pages are within it.
        if is_known && !self.remote.subpages {
            return Ok(Outcome::Unchanged {
                validators,
                fingerprint: earlier.and_then(|earlier| earlier.fingerprint),
            });
        }
        let contents = notion::contents(&self.notion, id).await?;
        if self.remote.subpages && entry.depth < MAX_DEPTH {
            for (child, kind) in contents.children {
                self.admit(child, kind, entry.depth + 1, found);
            }
        }
        if entry.is_left_out {
            return Ok(Outcome::LeftOut);
        }
        let title = title(&page);
        let text = format!(
            "---\ntitle: {title}\n---\n{}\n\n{}\n",
            notion::properties(&page),
            contents.markdown
        );
        self.taken_or_not(title, text, validators, earlier).await
    }

    async fn taken_or_not(
        &self,
        title: String,
        text: String,
        validators: Validators,
        earlier: Option<Earlier>,
    ) -> Result<Outcome, Failure> {
        let bytes = text.into_bytes();
        let media_type = Format::Markdown.media_type();
        let parsed = read::parse(self.services, media_type, bytes.clone()).await;
        let parsed = match parsed.map_err(|error| Failure::Away(error.to_string()))? {
            Ok(parsed) => parsed,
            Err(error) => return Ok(Outcome::Skipped(PageReason::Unreadable, Some(error.message))),
        };
        let fingerprint = Fingerprint::of(&parsed);
        if earlier.is_some_and(|earlier| earlier.content == Some(fingerprint.content)) {
            return Ok(Outcome::Unchanged {
                validators,
                fingerprint: Some(fingerprint),
            });
        }
        Ok(Outcome::Taken(Box::new(Taken {
            title,
            media_type,
            bytes,
            fingerprint,
            validators,
        })))
    }

    /// Adds what was found, unless it was found before.
    fn admit(&mut self, id: Uuid, kind: RemoteKind, depth: u8, found: &mut Vec<Found>) {
        let url = notion::address(id, kind);
        let position = self.seen.len();
        let left_out = self.left_out.remove(&url);
        if !self.seen.insert(url.clone()) && left_out.is_none() {
            return;
        }
        // Without the pages within it, a page that was left out leads nowhere.
        if left_out.is_some() && kind == RemoteKind::Page && !self.remote.subpages {
            return;
        }
        let id = left_out.unwrap_or_else(Uuid::now_v7);
        self.waiting.push_back(Entry {
            id,
            url: url.clone(),
            depth,
            attempts: 0,
            is_left_out: left_out.is_some(),
        });
        found.push(Found {
            id,
            url,
            position,
            depth,
            hops: 0,
            skipped: None,
        });
    }
}

impl std::fmt::Debug for Walker<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Walker")
            .field("taken", &self.taken)
            .finish_non_exhaustive()
    }
}

fn failed(why: String) -> Step {
    Step::Failed(DocumentError {
        code: ErrorCode::FetchFailed,
        message: why,
    })
}

/// When the page was last edited. Notion tells the minute only, so what was edited just now may be edited again
/// without a trace.
fn edited(page: &Value) -> Option<String> {
    let text = page["last_edited_time"].as_str()?;
    let time = DateTime::parse_from_rfc3339(text).ok()?;
    (Utc::now() - time.to_utc() > TimeDelta::minutes(2)).then(|| text.to_owned())
}

fn title(page: &Value) -> String {
    let title: String = notion::title(page).chars().take(MAX_TITLE_CHARS).collect();
    let title = title.replace('\0', "");
    if title.is_empty() {
        "Untitled".to_owned()
    } else {
        title
    }
}
