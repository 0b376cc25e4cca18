//! Every address that was found, and which of them are still to be fetched.

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

use api_types::sources::{PageReason, PageState};
use chrono::Utc;
use url::Url;
use uuid::Uuid;

use super::fingerprint::{Fingerprint, is_near};
use super::hosts::Hosts;
use super::{Known, Plan, SHORT_PAUSE};

/// Addresses that are remembered for each page that is wanted, and some more.
const FOUND_PER_PAGE: usize = 5;
const FURTHER_FOUND: usize = 1_000;
/// Waiting pages that are looked through for one whose server is ready.
const LOOK_AHEAD: usize = 200;

/// An address.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) id: Uuid,
    pub(super) url: Url,
    pub(super) depth: u8,
    pub(super) hops: u8,
    pub(super) attempts: u8,
    /// Not to be fetched before.
    not_before: Option<Instant>,
    pub(super) state: PageState,
    pub(super) reason: Option<PageReason>,
    /// Left out by hand, and not found in this run yet.
    is_unseen: bool,
}

impl Entry {
    /// Whether a person left it out: it is not taken, whatever it says.
    pub(super) fn is_left_out(&self) -> bool {
        self.state == PageState::Removed
    }

    fn pause(&self, now: Instant) -> Duration {
        let not_before = self.not_before.unwrap_or(now);
        not_before.saturating_duration_since(now)
    }
}

/// The addresses of a crawl.
#[derive(Debug)]
pub(super) struct Frontier {
    entries: Vec<Entry>,
    by_url: HashMap<String, usize>,
    /// By depth, then in the order in which they were found.
    waiting: BTreeSet<(u8, usize)>,
    /// The pages that were taken, by their words.
    words: HashMap<[u8; 32], usize>,
    /// The sketches of the pages that were taken, by path.
    sketches: HashMap<String, Vec<(i64, usize)>>,
    taken: usize,
    limit: usize,
}

impl Frontier {
    pub(super) fn new(plan: &Plan, known: Vec<Known>) -> Self {
        let wanted = usize::try_from(plan.website.max_pages).unwrap_or(usize::MAX);
        let mut frontier = Self {
            entries: Vec::with_capacity(known.len()),
            by_url: HashMap::with_capacity(known.len()),
            waiting: BTreeSet::new(),
            words: HashMap::new(),
            sketches: HashMap::new(),
            taken: 0,
            limit: wanted.saturating_mul(FOUND_PER_PAGE) + FURTHER_FOUND,
        };
        for page in known {
            frontier.restore(page);
        }
        frontier
    }

    fn restore(&mut self, page: Known) {
        let Ok(url) = Url::parse(&page.url) else { return };
        let index = self.entries.len();
        if page.waits() {
            self.waiting.insert((page.depth, index));
        }
        self.by_url.insert(page.url, index);
        self.entries.push(Entry {
            id: page.id,
            url,
            depth: page.depth,
            hops: page.hops,
            attempts: page.attempts,
            not_before: None,
            state: page.state,
            reason: page.reason,
            is_unseen: page.state == PageState::Removed && page.links_read.is_none(),
        });
        if is_taken(page.state) {
            self.taken += 1;
            self.remember(index, page.words, page.sketch);
        }
    }

    fn remember(&mut self, index: usize, words: Option<[u8; 32]>, sketch: Option<i64>) {
        if let Some(words) = words {
            self.words.entry(words).or_insert(index);
        }
        if let Some(sketch) = sketch {
            let path = path_key(&self.entries[index].url);
            self.sketches.entry(path).or_default().push((sketch, index));
        }
    }

    pub(super) fn entry(&self, index: usize) -> &Entry {
        &self.entries[index]
    }

    pub(super) fn find(&self, url: &Url) -> Option<&Entry> {
        self.by_url.get(url.as_str()).map(|index| &self.entries[*index])
    }

    /// Adds an address that is new; `None` when it is known or there are too many. Answers its place.
    pub(super) fn add(
        &mut self,
        url: Url,
        depth: u8,
        hops: u8,
        skipped: Option<PageReason>,
    ) -> Option<usize> {
        if self.by_url.contains_key(url.as_str()) || self.entries.len() >= self.limit {
            return None;
        }
        let index = self.entries.len();
        self.by_url.insert(url.as_str().to_owned(), index);
        self.entries.push(Entry {
            id: Uuid::now_v7(),
            url,
            depth,
            hops,
            attempts: 0,
            not_before: None,
            state: skipped.map_or(PageState::Waiting, |_| PageState::Skipped),
            reason: skipped,
            is_unseen: false,
        });
        if skipped.is_none() {
            self.waiting.insert((depth, index));
        }
        Some(index)
    }

    /// Has a page that was left out by hand read for its links, once. Answers its place.
    pub(super) fn follow_left_out(&mut self, url: &Url, depth: u8) -> Option<usize> {
        let index = *self.by_url.get(url.as_str())?;
        let entry = &mut self.entries[index];
        if !std::mem::take(&mut entry.is_unseen) {
            return None;
        }
        entry.depth = depth;
        self.waiting.insert((depth, index));
        Some(index)
    }

    /// Takes the first waiting page that may be fetched now, or whose server is ready soon.
    pub(super) fn take_ready(&mut self, hosts: &Hosts) -> Option<usize> {
        let now = Instant::now();
        let is_ready =
            |entry: &Entry| entry.pause(now).is_zero() && hosts.pause_of(&entry.url) <= SHORT_PAUSE;
        let mut candidates = self.waiting.iter().take(LOOK_AHEAD);
        let place = *candidates.find(|(_, index)| is_ready(&self.entries[*index]))?;
        self.waiting.remove(&place);
        Some(place.1)
    }

    /// How long until one of the waiting pages may be fetched.
    pub(super) fn shortest_pause(&self, hosts: &Hosts) -> Duration {
        let now = Instant::now();
        let entries = self
            .waiting
            .iter()
            .take(LOOK_AHEAD)
            .map(|(_, index)| &self.entries[*index]);
        let pauses = entries.map(|entry| entry.pause(now).max(hosts.pause_of(&entry.url)));
        pauses.min().unwrap_or_default()
    }

    /// Puts a page back that was not fetched, for a while.
    pub(super) fn put_back(&mut self, index: usize, attempts: u8, pause: Duration) {
        let entry = &mut self.entries[index];
        entry.attempts = attempts;
        entry.not_before = Some(Instant::now() + pause);
        self.waiting.insert((entry.depth, index));
    }

    /// Notes what became of a page.
    pub(super) fn settle(&mut self, index: usize, state: PageState, reason: Option<PageReason>) {
        let entry = &mut self.entries[index];
        (entry.state, entry.reason) = (state, reason);
        if is_taken(state) {
            self.taken += 1;
        }
    }

    /// The page taken earlier that says the same: anywhere if it has the same words, and at the same path with other
    /// parameters if it is nearly the same. Else this page is remembered.
    pub(super) fn same_text(&mut self, index: usize, fingerprint: &Fingerprint) -> Option<Url> {
        if let Some(other) = self.words.get(&fingerprint.words) {
            return Some(self.entries[*other].url.clone());
        }
        let path = path_key(&self.entries[index].url);
        let near = self.sketches.get(&path).into_iter().flatten();
        let mut near = near.filter(|(sketch, _)| is_near(*sketch, fingerprint.sketch));
        if let Some((_, other)) = near.next() {
            return Some(self.entries[*other].url.clone());
        }
        self.remember(index, Some(fingerprint.words), Some(fingerprint.sketch));
        None
    }

    /// How many addresses are known.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// How many pages were taken.
    pub(super) const fn taken(&self) -> usize {
        self.taken
    }

    /// Whether nothing waits.
    pub(super) fn is_exhausted(&self) -> bool {
        self.waiting.is_empty()
    }
}

/// The pauses that servers asked for before this run began.
pub(super) fn pauses(known: &[Known]) -> impl Iterator<Item = (Url, Duration)> {
    let waiting = known.iter().filter(|page| page.waits());
    waiting.filter_map(|page| {
        let pause = (page.not_before? - Utc::now()).to_std().ok()?;
        Some((Url::parse(&page.url).ok()?, pause))
    })
}

const fn is_taken(state: PageState) -> bool {
    matches!(
        state,
        PageState::Added | PageState::Changed | PageState::Unchanged
    )
}

fn path_key(url: &Url) -> String {
    format!("{}{}", url.host_str().unwrap_or_default(), url.path())
}
