//! Going over the pages that a connection shows, one after the other: what a `Crawler` is for websites.

mod google;

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use api_types::ErrorCode;
use api_types::connections::{Remote, RemoteKind};
use api_types::kb::DocumentError;
use api_types::sources::{PageReason, PageState};
use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::Instant;
use uuid::Uuid;

use super::crawl::{Earlier, Fingerprint, Found, Known, Outcome, Step, Taken, Visit};
use super::parse::Format;
use super::title::title;
use super::{ocr, read};
use crate::connections::{self, Service};
use crate::google::File;
use crate::notion::{self, Notion};
use crate::outbound::{Failure, Validators};
use crate::{Result, Scope, Services};

/// Attempts at a page that fails, and at one for which we are asked to wait.
const MAX_ATTEMPTS: u8 = 3;
const MAX_WAITS: u8 = 20;
/// A service that asks for a longer pause is not waited for.
const MAX_PAUSE: Duration = Duration::from_secs(60 * 60);
/// A shorter pause is waited for.
const SHORT_PAUSE: Duration = Duration::from_secs(2);
/// Pages in a row that can't be had, after which it is given up.
const MAX_FAILURES: usize = 10;
/// Pages within pages, and folders within folders.
const MAX_DEPTH: u8 = 20;
/// Parts of a database that are asked for: rows of 100 each, beyond the most pages of a source.
const MAX_PARTS: usize = 200;
/// Pages, files and folders of one source, those left out among them.
const MAX_SEEN: usize = 100_000;

/// A page, database, file or folder that is still to be read.
struct Entry {
    id: Uuid,
    url: String,
    depth: u8,
    attempts: u8,
    /// By hand: it is read only for the pages within it.
    is_left_out: bool,
}

/// A page or file as it was read.
struct Content {
    title: String,
    /// Where people see it, if not at its address.
    link: Option<String>,
    format: Format,
    bytes: Vec<u8>,
    validators: Validators,
}

/// A walk over the pages of a connection.
pub(super) struct Walker<'a> {
    services: &'a Services,
    service: Arc<Service<'a>>,
    remote: Remote,
    waiting: VecDeque<Entry>,
    seen: HashSet<String>,
    /// Ids of pages that were left out by hand, by address, until they are found.
    left_out: HashMap<String, Uuid>,
    earlier: HashMap<String, Earlier>,
    /// What Drive's lists said of the files that wait, by id; not known any more to a walk that goes on.
    listed: HashMap<String, File>,
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
        let service = connections::open(services, scope, remote.connection_id).await?;
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
            service: Arc::new(service),
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
            listed: HashMap::new(),
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
        let mut found = Vec::new();
        for item in items {
            let url = match item.kind {
                RemoteKind::Everything => Some(crate::google::EVERYTHING.to_owned()),
                RemoteKind::File => Some(crate::google::address(&item.id)),
                kind => Uuid::try_parse(&item.id).ok().map(|id| notion::address(id, kind)),
            };
            if let Some(url) = url {
                self.admit(url, 0, &mut found);
            }
        }
        found
    }

    /// What happens next. A future that is dropped has lost pages: the walk goes on from what was known before.
    pub(super) async fn next(&mut self) -> Step {
        if self.stopping.load(Ordering::Relaxed) {
            return Step::Pause(Duration::ZERO);
        }
        let wanted = usize::try_from(self.remote.max_pages).unwrap_or(usize::MAX);
        let is_full = self.taken >= wanted;
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
            Err(Failure::Unauthorized(why)) => return failed(why),
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
            _ => Step::Finished {
                limit_reached: limit_reached || self.seen.len() >= MAX_SEEN,
            },
        }
    }

    fn trouble(&mut self, entry: &Entry, failure: &Failure) -> Outcome {
        let attempts = entry.attempts.saturating_add(1);
        let detail = failure.to_string();
        let (reason, pause, most) = match failure {
            Failure::NotFound(_) => return Outcome::Gone(detail),
            Failure::TooLarge(_) => return Outcome::Skipped(PageReason::TooLarge, Some(detail)),
            Failure::SlowDown(_, pause) => (
                PageReason::SlowDown,
                pause.unwrap_or_else(|| backoff(attempts)),
                MAX_WAITS,
            ),
            Failure::Away(_) => {
                self.failures += 1;
                (PageReason::Network, backoff(attempts), MAX_ATTEMPTS)
            }
            Failure::Refused(_) | Failure::Unauthorized(_) => {
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
        let service = Arc::clone(&self.service);
        match (&*service, notion::at(&entry.url)) {
            (Service::Google(drive), _) => self.in_drive(drive, entry, found).await,
            (Service::Notion(notion), Some((id, RemoteKind::Page))) => {
                self.page(notion, id, entry, found).await
            }
            (Service::Notion(notion), Some((id, _))) => self.database(notion, id, entry, found).await,
            _ => Ok(Outcome::Skipped(PageReason::Unsupported, None)),
        }
    }

    /// A database is no page; its rows are.
    async fn database(
        &mut self,
        notion: &Notion<'_>,
        id: Uuid,
        entry: &Entry,
        found: &mut Vec<Found>,
    ) -> Result<Outcome, Failure> {
        let mut cursor = None::<String>;
        let most = usize::try_from(self.remote.max_pages).unwrap_or(usize::MAX);
        for _ in 0..MAX_PARTS {
            let rows = notion.rows(id, cursor.as_deref()).await?;
            for row in rows.items {
                self.admit(notion::address(row, RemoteKind::Page), entry.depth, found);
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

    async fn page(
        &mut self,
        notion: &Notion<'_>,
        id: Uuid,
        entry: &Entry,
        found: &mut Vec<Found>,
    ) -> Result<Outcome, Failure> {
        let page = notion.page(id).await?;
        if page["archived"] == true || page["in_trash"] == true {
            return Ok(Outcome::Gone("It is in Notion's trash.".to_owned()));
        }
        let validators = Validators {
            etag: None,
            last_modified: page["last_edited_time"].as_str().and_then(settled),
        };
        // Without its blocks nobody knows which pages are within it.
        if !self.remote.subpages
            && let Some(unchanged) = self.unchanged(entry, &validators)
        {
            return Ok(unchanged);
        }
        let contents = notion::contents(notion, id).await?;
        if self.remote.subpages && entry.depth < MAX_DEPTH {
            for (child, kind) in contents.children {
                self.admit(notion::address(child, kind), entry.depth + 1, found);
            }
        }
        if entry.is_left_out {
            return Ok(Outcome::LeftOut);
        }
        let title = title(&notion::title(&page));
        let properties = notion::properties(&page);
        let bytes = markdown(&title, &format!("{properties}\n\n{}\n", contents.markdown));
        let content = Content {
            title,
            link: None,
            format: Format::Markdown,
            bytes,
            validators,
        };
        self.taken_or_not(entry, content).await
    }

    /// What becomes of a page or file that is as it was taken earlier.
    fn unchanged(&self, entry: &Entry, validators: &Validators) -> Option<Outcome> {
        let earlier = self.earlier.get(&entry.url)?;
        let is_same = earlier.content.is_some()
            && validators.last_modified.is_some()
            && earlier.validators == *validators;
        is_same.then(|| Outcome::Unchanged {
            validators: validators.clone(),
            fingerprint: earlier.fingerprint.clone(),
        })
    }

    async fn taken_or_not(&self, entry: &Entry, content: Content) -> Result<Outcome, Failure> {
        let media_type = content.format.media_type();
        let parsed = read::parse(self.services, media_type, content.bytes.clone()).await;
        let fingerprint = match parsed.map_err(|error| Failure::Away(error.to_string()))? {
            Ok(mut parsed) => {
                // A new name is a change, too, whatever the file calls itself.
                parsed.title = Some(content.title.clone());
                Fingerprint::of(&parsed)
            }
            // Its text is recognised when it is indexed.
            Err(error) if error.code == ErrorCode::NeedsOcr && ocr::languages().await.is_some() => {
                Fingerprint::of_scan(&content.title, &content.bytes)
            }
            Err(error) => {
                let detail = format!("{}: {}", content.title, error.message);
                return Ok(Outcome::Skipped(PageReason::Unreadable, Some(detail)));
            }
        };
        let earlier = self.earlier.get(&entry.url);
        if earlier.is_some_and(|earlier| earlier.content == Some(fingerprint.content)) {
            return Ok(Outcome::Unchanged {
                validators: content.validators,
                fingerprint: Some(fingerprint),
            });
        }
        Ok(Outcome::Taken(Box::new(Taken {
            title: content.title,
            link: content.link,
            media_type,
            bytes: content.bytes,
            fingerprint,
            validators: content.validators,
        })))
    }

    /// Adds what was found, unless it was found before.
    fn admit(&mut self, url: String, depth: u8, found: &mut Vec<Found>) {
        let position = self.seen.len();
        let left_out = self.left_out.remove(&url);
        let is_new = position < MAX_SEEN && self.seen.insert(url.clone());
        if !is_new && left_out.is_none() {
            return;
        }
        // Without the pages within it, a page that was left out leads nowhere.
        let is_page = matches!(notion::at(&url), Some((_, RemoteKind::Page)));
        if left_out.is_some() && is_page && !self.remote.subpages {
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

fn backoff(attempts: u8) -> Duration {
    Duration::from_secs(1 << attempts.min(6))
}

/// A time of change that tells whether a page changed again. Notion gives the minute only, and Google saves what is being
/// written every few seconds: what changed just now may change again without a trace.
fn settled(text: &str) -> Option<String> {
    let time = DateTime::parse_from_rfc3339(text).ok()?;
    (Utc::now() - time.to_utc() > TimeDelta::minutes(2)).then(|| text.to_owned())
}

fn markdown(title: &str, text: &str) -> Vec<u8> {
    format!("---\ntitle: {title}\n---\n{text}").into_bytes()
}
