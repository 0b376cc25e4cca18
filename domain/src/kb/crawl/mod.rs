//! Crawling a website. There is no database in here: a [`Crawler`] is given what earlier runs found, and says page by
//! page what became of each, so whoever drives it can stop and go on at any page.
//!
//! Results come in the order in which pages were found, however fast each was answered: of two pages with the same
//! text, the same one is taken every time.

mod address;
mod endless;
mod fingerprint;
mod frontier;
mod hosts;
mod page;
mod pattern;
mod robots;
mod seed;
mod settle;
mod sitemap;
mod visit;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use api_types::ErrorCode;
use api_types::kb::DocumentError;
use api_types::sources::{CrawlMode, PageReason, PageState, Website};
use chrono::{DateTime, Datelike, Utc};
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesOrdered;
use url::Url;
use uuid::Uuid;

use crate::Services;
use crate::outbound::Validators;

use address::Site;
pub(super) use address::normalize;
use endless::Endless;
use frontier::{Entry, Frontier};
use hosts::Hosts;
use robots::Robots;
use visit::{Seen, visit};

pub use fingerprint::Fingerprint;
pub use robots::RobotsFiles;
pub use seed::{Seeds, Sitemaps};

/// Pages asked for at once, most of which wait for their server's turn.
const IN_FLIGHT: usize = 16;
/// Requests that a crawl may make for each page that is wanted, and some more.
const VISITS_PER_PAGE: usize = 5;
const FURTHER_VISITS: usize = 500;
/// Failed connections in a row after which a site is given up.
const MAX_FAILURES: usize = 20;
/// A shorter pause is waited for.
const SHORT_PAUSE: Duration = Duration::from_secs(2);

/// How to crawl.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Which pages.
    pub website: Website,
    /// Whether robots.txt is asked; a person's choice of a single page goes before it.
    pub obey_robots: bool,
    /// The least time between two requests to a server.
    pub delay: Duration,
    /// How long a page may take.
    pub timeout: Duration,
    /// What time it is.
    pub now: DateTime<Utc>,
}

/// A page that an earlier part of this crawl found.
#[derive(Debug, Clone)]
pub struct Known {
    /// Its id.
    pub id: Uuid,
    /// Its address.
    pub url: String,
    /// Clicks from the start page.
    pub depth: u8,
    /// Redirects that led to it.
    pub hops: u8,
    /// Failed attempts.
    pub attempts: u8,
    /// Not to be fetched before.
    pub not_before: Option<DateTime<Utc>>,
    /// What became of it.
    pub state: PageState,
    /// Why it was left out.
    pub reason: Option<PageReason>,
    /// The hash of its words, if it was taken.
    pub words: Option<[u8; 32]>,
    /// The sketch of its words, if it was taken.
    pub sketch: Option<i64>,
    /// With a page left out by hand: whether it was read for its links; `None` if it was not found yet.
    pub links_read: Option<bool>,
}

impl Known {
    /// Whether it was asked for, not left out because of its address alone.
    fn was_visited(&self) -> bool {
        let by_address = matches!(self.reason, Some(PageReason::Excluded | PageReason::Endless));
        !matches!(self.state, PageState::Waiting | PageState::Removed) && !by_address
    }

    /// Whether it is still to be fetched: a page left out by hand only for what it leads to.
    pub(in crate::kb) fn waits(&self) -> bool {
        match self.state {
            PageState::Waiting => true,
            PageState::Removed => self.links_read == Some(false),
            _ => false,
        }
    }
}

/// What an earlier crawl made of a page.
#[derive(Debug, Clone)]
pub struct Earlier {
    /// To ask the server whether it changed.
    pub validators: Validators,
    /// The hash of its title and text; `None` if that is not known.
    pub content: Option<[u8; 32]>,
    /// What it says; `None` if that is not known.
    pub fingerprint: Option<Fingerprint>,
    /// Where its bytes lie.
    pub storage_key: String,
}

/// An address that was found; one that is known already if it was left out by hand, and leads to others.
#[derive(Debug, Clone)]
pub struct Found {
    /// The id the page will have.
    pub id: Uuid,
    /// Its address.
    pub url: String,
    /// In which order it was found.
    pub position: usize,
    /// Clicks from the start page.
    pub depth: u8,
    /// Redirects that led to it.
    pub hops: u8,
    /// Why it is left out, if its address says so already.
    pub skipped: Option<PageReason>,
}

/// What became of a page.
#[derive(Debug)]
pub struct Visit {
    /// Its id.
    pub id: Uuid,
    /// Its address.
    pub url: String,
    /// The outcome.
    pub outcome: Outcome,
    /// What it led to.
    pub found: Vec<Found>,
}

/// The outcome of a visit.
#[derive(Debug)]
pub enum Outcome {
    /// A page to take, with text that is new or changed.
    Taken(Box<Taken>),
    /// A page to keep as it was taken earlier.
    Unchanged {
        /// To ask the server the next time.
        validators: Validators,
        /// What it says, if that is known.
        fingerprint: Option<Fingerprint>,
    },
    /// Left out by hand, and read for its links.
    LeftOut,
    /// Not wanted.
    Skipped(PageReason, Option<String>),
    /// An error, which may be over the next time.
    Failed(PageReason, String),
    /// There is no such page.
    Gone(String),
    /// To be tried again.
    Later {
        /// Failed attempts.
        attempts: u8,
        /// After so long.
        pause: Duration,
    },
}

/// A page to take.
#[derive(Debug)]
pub struct Taken {
    /// Its title; its address if it has none.
    pub title: String,
    /// Where people see it, if not at its address.
    pub link: Option<String>,
    /// Its detected media type.
    pub media_type: &'static str,
    /// As fetched.
    pub bytes: Vec<u8>,
    /// What it says.
    pub fingerprint: Fingerprint,
    /// To ask the server the next time.
    pub validators: Validators,
}

/// What happened next.
#[derive(Debug)]
pub enum Step {
    /// A page was visited.
    Visited(Box<Visit>),
    /// Nothing can be fetched for so long, or the crawl was asked to stop.
    Pause(Duration),
    /// There is nothing left to do.
    Finished {
        /// Pages are left that were not looked at, since there were enough.
        limit_reached: bool,
    },
    /// The site can't be crawled.
    Failed(DocumentError),
}

/// A crawl at work.
pub struct Crawler<'a> {
    services: &'a Services,
    plan: Plan,
    /// The site of the start page or sitemap; none for a list, whose addresses may lie anywhere.
    site: Option<Site>,
    frontier: Frontier,
    earlier: HashMap<String, Earlier>,
    endless: Endless,
    hosts: Hosts,
    robots: Robots,
    in_flight: FuturesOrdered<BoxFuture<'a, (usize, Seen)>>,
    visits: usize,
    /// Failed connections in a row.
    failures: usize,
    /// Why the first page that failed did.
    first_failure: Option<String>,
}

impl<'a> Crawler<'a> {
    /// Goes on from `known` pages in the order in which they were found, which is empty at the beginning. `earlier` is
    /// what is known from crawls before this one, by address.
    pub fn new(
        services: &'a Services,
        plan: Plan,
        robots: RobotsFiles,
        known: Vec<Known>,
        earlier: HashMap<String, Earlier>,
    ) -> Self {
        let start = plan
            .website
            .urls
            .first()
            .and_then(|url| Url::parse(url.trim()).ok());
        let is_list = plan.website.mode == CrawlMode::List;
        let site = start.filter(|_| !is_list);
        let visits = known.iter().filter(|page| page.was_visited()).count();
        let mut hosts = Hosts::new(plan.delay);
        for (url, pause) in frontier::pauses(&known) {
            hosts.pause(&url, pause);
        }
        Self {
            services,
            site: site.map(|url| Site::of(&url, plan.website.subdomains)),
            endless: Endless::new(plan.now.year()),
            frontier: Frontier::new(&plan, known),
            hosts,
            plan,
            earlier,
            robots: Robots::new(robots),
            in_flight: FuturesOrdered::new(),
            visits,
            failures: 0,
            first_failure: None,
        }
    }

    /// The robots.txt files seen so far, to be handed to the next run.
    pub const fn robots(&self) -> &RobotsFiles {
        self.robots.files()
    }

    /// Set to true, it has the crawl begin no further request; what is on its way is still answered.
    pub fn stopping(&self) -> Arc<AtomicBool> {
        self.hosts.stopping()
    }

    /// What happens next. A future that is dropped has lost pages: the crawl goes on from what was known before.
    pub async fn next(&mut self) -> Step {
        loop {
            self.fill().await;
            if let Some((index, seen)) = self.in_flight.next().await {
                if let Some(visit) = self.settle(index, seen) {
                    return Step::Visited(Box::new(visit));
                }
                if self.failures >= MAX_FAILURES {
                    return self.failed();
                }
                continue;
            }
            if self.hosts.is_stopping() {
                return Step::Pause(Duration::ZERO);
            }
            let is_full = self.is_full();
            if is_full || self.frontier.is_exhausted() {
                return self.finished(is_full);
            }
            let pause = self.frontier.shortest_pause(&self.hosts);
            if pause > SHORT_PAUSE {
                return Step::Pause(pause);
            }
            tokio::time::sleep(pause).await;
        }
    }

    fn finished(&self, is_full: bool) -> Step {
        if self.frontier.taken() == 0 && self.first_failure.is_some() {
            return self.failed();
        }
        Step::Finished {
            limit_reached: is_full && !self.frontier.is_exhausted(),
        }
    }

    fn failed(&self) -> Step {
        let message = self.first_failure.clone().unwrap_or_default();
        Step::Failed(DocumentError {
            code: ErrorCode::FetchFailed,
            message: format!("The site could not be read. {message}")
                .trim_end()
                .to_owned(),
        })
    }

    /// Whether no further page may be asked for.
    fn is_full(&self) -> bool {
        let wanted = usize::try_from(self.plan.website.max_pages).unwrap_or(usize::MAX);
        self.frontier.taken() + self.in_flight.len() >= wanted
            || self.visits >= wanted.saturating_mul(VISITS_PER_PAGE) + FURTHER_VISITS
    }

    /// Asks for as many further pages as may be.
    async fn fill(&mut self) {
        while !self.hosts.is_stopping() && self.in_flight.len() < IN_FLIGHT && !self.is_full() {
            let Some(index) = self.frontier.take_ready(&self.hosts) else {
                return;
            };
            self.visits += 1;
            let url = self.frontier.entry(index).url.clone();
            if let Some(seen) = self.refused(&url).await {
                self.in_flight.push_back(Box::pin(async move { (index, seen) }));
                continue;
            }
            let earlier = self.earlier.get(url.as_str()).cloned();
            let host = self.hosts.of(&url);
            // A file leads nowhere.
            let files = self.plan.website.files && !self.frontier.entry(index).is_left_out();
            let (services, timeout) = (self.services, self.plan.timeout);
            let visit = async move {
                let Some(_turn) = host.turn().await else {
                    return (index, Seen::NotBegun);
                };
                (index, visit(services, url, earlier, files, timeout).await)
            };
            self.in_flight.push_back(Box::pin(visit));
        }
    }

    /// Why a page is not asked for after all.
    async fn refused(&mut self, url: &Url) -> Option<Seen> {
        if self.endless.is_exhausted(url) {
            return Some(Seen::Unwanted(PageReason::Endless, None));
        }
        if !self.plan.obey_robots {
            return None;
        }
        if let Err(error) = self.services.outbound.check_url(url.as_str()) {
            return Some(Seen::Failed(PageReason::Forbidden, error.to_string()));
        }
        let rules = self.robots.rules(&self.services.outbound, url).await;
        self.hosts.slow_down(url, rules.delay);
        match () {
            () if rules.allows(url) => None,
            () if rules.is_unreachable => {
                let detail = "The server did not give its robots.txt, so it may not be read now.";
                Some(Seen::Failed(PageReason::Robots, detail.to_owned()))
            }
            () => Some(Seen::Unwanted(PageReason::Robots, None)),
        }
    }
}

impl std::fmt::Debug for Crawler<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Crawler")
            .field("visits", &self.visits)
            .finish_non_exhaustive()
    }
}
