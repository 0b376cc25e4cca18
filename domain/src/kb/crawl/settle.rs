//! What is made of what was seen at an address.

use std::time::Duration;

use api_types::sources::{CrawlMode, PageReason, PageState};
use url::Url;

use super::address::{is_same_page, normalize};
use super::page::Markup;
use super::pattern;
use super::visit::{Page, Seen};
use super::{Crawler, Entry, Fingerprint, Found, Outcome, Taken, Visit};
use crate::kb::title::MAX_TITLE_CHARS;

/// Attempts at a page.
const MAX_ATTEMPTS: u8 = 3;
/// Redirects in a row.
const MAX_HOPS: u8 = 5;
/// A server that asks for a longer pause is not waited for.
const MAX_PAUSE: Duration = Duration::from_secs(60 * 60);

/// Endings of what is never a page or document.
const ASSETS: [&str; 34] = [
    "7z", "avi", "avif", "bmp", "bz2", "css", "dmg", "eot", "exe", "gif", "gz", "ico", "iso", "jpeg", "jpg",
    "js", "json", "m4a", "mjs", "mov", "mp3", "mp4", "ogg", "png", "rar", "rss", "svg", "tar", "ttf", "wav",
    "webm", "webp", "woff", "woff2",
];

impl Crawler<'_> {
    /// `None` if the page was not asked for, and waits again.
    pub(super) fn settle(&mut self, index: usize, seen: Seen) -> Option<Visit> {
        let entry = self.frontier.entry(index).clone();
        if let Seen::NotBegun = seen {
            self.visits -= 1;
            self.frontier.put_back(index, entry.attempts, Duration::ZERO);
            return None;
        }
        self.count_failures(&seen);
        let mut found = Vec::new();
        let outcome = self.outcome(index, &entry, seen, &mut found);
        self.note(index, &entry, &outcome);
        Some(Visit {
            id: entry.id,
            url: entry.url.into(),
            outcome,
            found,
        })
    }

    fn count_failures(&mut self, seen: &Seen) {
        match seen {
            Seen::Again(PageReason::Network, ..) => self.failures += 1,
            Seen::Unwanted(..) => {}
            _ => self.failures = 0,
        }
        if let Seen::Again(_, detail, _) | Seen::Failed(_, detail) = seen {
            self.first_failure.get_or_insert_with(|| detail.clone());
        }
    }

    fn note(&mut self, index: usize, entry: &Entry, outcome: &Outcome) {
        let (state, reason) = match outcome {
            Outcome::Taken(_) => (PageState::Added, None),
            Outcome::Unchanged { .. } => (PageState::Unchanged, None),
            Outcome::Skipped(reason, _) => (PageState::Skipped, Some(*reason)),
            Outcome::Failed(reason, _) => (PageState::Failed, Some(*reason)),
            Outcome::Gone(_) => (PageState::Gone, None),
            Outcome::LeftOut => return,
            Outcome::Later { attempts, pause } => {
                self.frontier.put_back(index, *attempts, *pause);
                return;
            }
        };
        let taken = matches!(state, PageState::Added | PageState::Unchanged);
        self.endless.fetched(&entry.url, taken);
        self.frontier.settle(index, state, reason);
    }

    fn outcome(&mut self, index: usize, entry: &Entry, seen: Seen, found: &mut Vec<Found>) -> Outcome {
        match seen {
            Seen::Page(page) if entry.is_left_out() => {
                self.follow(entry, &page.markup, found);
                Outcome::LeftOut
            }
            Seen::Page(page) => self.read(index, entry, *page, found),
            Seen::NotModified(markup) => self.not_modified(index, entry, &markup, found),
            Seen::Redirect(target) => self.redirect(entry, target, found),
            Seen::Gone(detail) => Outcome::Gone(detail),
            Seen::Unwanted(reason, detail) => Outcome::Skipped(reason, detail),
            Seen::Failed(reason, detail) => Outcome::Failed(reason, detail),
            Seen::Again(reason, detail, wait) => self.again(entry, reason, detail, wait),
            Seen::NotBegun => Outcome::Later {
                attempts: entry.attempts,
                pause: Duration::ZERO,
            },
        }
    }

    /// A page whose server says that it did not change: its text is the one known from earlier.
    fn not_modified(
        &mut self,
        index: usize,
        entry: &Entry,
        markup: &Markup,
        found: &mut Vec<Found>,
    ) -> Outcome {
        self.follow(entry, markup, found);
        if entry.is_left_out() {
            return Outcome::LeftOut;
        }
        if let Some(unwanted) = self.unwanted(entry, markup, found) {
            return unwanted;
        }
        let earlier = self.earlier.get(entry.url.as_str());
        let (validators, fingerprint) = earlier
            .map(|earlier| (earlier.validators.clone(), earlier.fingerprint.clone()))
            .unwrap_or_default();
        if let Some(fingerprint) = &fingerprint
            && let Some(other) = self.frontier.same_text(index, fingerprint)
        {
            return Outcome::Skipped(PageReason::Duplicate, Some(other.into()));
        }
        Outcome::Unchanged {
            validators,
            fingerprint,
        }
    }

    fn again(
        &mut self,
        entry: &Entry,
        reason: PageReason,
        detail: String,
        wait: Option<Duration>,
    ) -> Outcome {
        let attempts = entry.attempts.saturating_add(1);
        let pause = wait.unwrap_or_else(|| Duration::from_secs(1 << attempts.min(6)));
        if attempts >= MAX_ATTEMPTS || pause > MAX_PAUSE {
            return Outcome::Failed(reason, detail);
        }
        // What one page has trouble with need not hold up the others.
        if reason == PageReason::SlowDown {
            self.hosts.pause(&entry.url, pause);
        }
        Outcome::Later { attempts, pause }
    }

    fn redirect(&mut self, entry: &Entry, target: Option<Url>, found: &mut Vec<Found>) -> Outcome {
        let Some(target) = target.map(normalize) else {
            let detail = "It redirects to something unreadable.";
            return Outcome::Failed(PageReason::Redirect, detail.to_owned());
        };
        let detail = Some(target.to_string());
        if self.site.as_ref().is_some_and(|site| !site.holds(&target)) {
            return Outcome::Skipped(PageReason::OtherSite, detail);
        }
        if entry.hops >= MAX_HOPS {
            return Outcome::Skipped(PageReason::Redirect, Some("It redirects too often.".to_owned()));
        }
        self.admit(target, entry.depth, entry.hops + 1, found);
        Outcome::Skipped(PageReason::Redirect, detail)
    }

    fn read(&mut self, index: usize, entry: &Entry, page: Page, found: &mut Vec<Found>) -> Outcome {
        self.follow(entry, &page.markup, found);
        if let Some(unwanted) = self.unwanted(entry, &page.markup, found) {
            return unwanted;
        }
        let fingerprint = match &page.parsed {
            Ok(parsed) => Fingerprint::of(parsed),
            Err(_) if page.is_scan => Fingerprint::of_scan("", &page.bytes),
            Err(error) => return Outcome::Skipped(PageReason::Unreadable, Some(error.message.clone())),
        };
        if let Some(other) = self.frontier.same_text(index, &fingerprint) {
            return Outcome::Skipped(PageReason::Duplicate, Some(other.into()));
        }
        let earlier = self.earlier.get(entry.url.as_str());
        if earlier.is_some_and(|earlier| earlier.content == Some(fingerprint.content)) {
            return Outcome::Unchanged {
                validators: page.validators,
                fingerprint: Some(fingerprint),
            };
        }
        let heading = page
            .parsed
            .as_ref()
            .ok()
            .and_then(|parsed| parsed.title.as_deref());
        Outcome::Taken(Box::new(Taken {
            title: title(heading, &entry.url),
            link: None,
            media_type: page.format.media_type(),
            bytes: page.bytes,
            fingerprint,
            validators: page.validators,
        }))
    }

    /// Why a page that was read is not taken. What a person listed is taken whatever it says of itself.
    fn unwanted(&mut self, entry: &Entry, markup: &Markup, found: &mut Vec<Found>) -> Option<Outcome> {
        if self.plan.website.mode == CrawlMode::List {
            return None;
        }
        // The start page is read for its links even if its own path is not wanted.
        if !self.is_included(&entry.url) {
            return Some(Outcome::Skipped(PageReason::Excluded, None));
        }
        if markup.noindex {
            return Some(Outcome::Skipped(PageReason::Noindex, None));
        }
        let canonical = normalize(markup.canonical.clone()?);
        let is_elsewhere = self.site.as_ref().is_some_and(|site| site.holds(&canonical))
            && !is_same_page(&canonical, &entry.url)
            // Two pages that name each other: the second is as good as the first.
            && self.frontier.find(&canonical).is_none_or(|other| other.reason != Some(PageReason::Canonical));
        if !is_elsewhere {
            return None;
        }
        self.admit(canonical.clone(), entry.depth, entry.hops, found);
        Some(Outcome::Skipped(PageReason::Canonical, Some(canonical.into())))
    }

    fn follow(&mut self, entry: &Entry, markup: &Markup, found: &mut Vec<Found>) {
        let website = &self.plan.website;
        if website.mode != CrawlMode::Links || entry.depth >= website.max_depth {
            return;
        }
        for link in &markup.links {
            self.admit(normalize(link.clone()), entry.depth + 1, 0, found);
        }
    }

    /// Adds an address that was found, if it is of the site and new.
    pub(super) fn admit(&mut self, url: Url, depth: u8, hops: u8, found: &mut Vec<Found>) {
        let is_ours = match &self.site {
            Some(site) => site.holds(&url),
            None => matches!(url.scheme(), "http" | "https"),
        };
        if !is_ours || url.as_str().len() > 2_048 || is_asset(&url) {
            return;
        }
        if self.frontier.find(&url).is_some() {
            self.admit_left_out(&url, depth, found);
            return;
        }
        let is_start = depth == 0 && hops == 0;
        let skipped = match () {
            () if is_start => None,
            () if !self.is_included(&url) => Some(PageReason::Excluded),
            () if self.plan.website.mode == CrawlMode::Links && self.endless.refuses(&url) => {
                Some(PageReason::Endless)
            }
            () => None,
        };
        let Some(index) = self.frontier.add(url, depth, hops, skipped) else {
            return;
        };
        let entry = self.frontier.entry(index);
        found.push(Found {
            id: entry.id,
            url: entry.url.to_string(),
            position: index,
            depth,
            hops,
            skipped,
        });
    }

    /// A page that was left out by hand still leads to others.
    fn admit_left_out(&mut self, url: &Url, depth: u8, found: &mut Vec<Found>) {
        let website = &self.plan.website;
        let is_wanted = depth == 0 || self.is_included(url);
        if website.mode != CrawlMode::Links || depth >= website.max_depth || !is_wanted {
            return;
        }
        let Some(index) = self.frontier.follow_left_out(url, depth) else {
            return;
        };
        let entry = self.frontier.entry(index);
        found.push(Found {
            id: entry.id,
            url: entry.url.to_string(),
            position: index,
            depth,
            hops: entry.hops,
            skipped: None,
        });
    }

    fn is_included(&self, url: &Url) -> bool {
        let website = &self.plan.website;
        let any = |patterns: &[String]| {
            let mut patterns = patterns.iter();
            patterns.any(|pattern| pattern::matches(pattern.trim(), url.path()))
        };
        (website.include.is_empty() || any(&website.include)) && !any(&website.exclude)
    }
}

fn is_asset(url: &Url) -> bool {
    let name = url.path().rsplit('/').next().unwrap_or_default();
    let ending = name
        .rsplit_once('.')
        .map(|(_, ending)| ending.to_ascii_lowercase());
    ending.is_some_and(|ending| ASSETS.contains(&ending.as_str()))
}

/// One line; the address if the page has no title.
fn title(title: Option<&str>, url: &Url) -> String {
    let title: Vec<&str> = title.unwrap_or_default().split_whitespace().collect();
    let title: String = title.join(" ").chars().take(MAX_TITLE_CHARS).collect();
    if title.is_empty() {
        url.as_str().chars().take(MAX_TITLE_CHARS).collect()
    } else {
        title
    }
}
