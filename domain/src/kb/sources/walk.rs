//! Whatever finds and reads the pages of a source.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use api_types::kb::DocumentError;
use chrono::Utc;

use super::origin::Origin;
use super::run::Run;
use crate::Services;
use crate::kb::crawl::{Crawler, Earlier, Known, Plan, RobotsFiles, Seeds, Sitemaps, Step};
use crate::kb::remote::Walker;
use crate::{Result, Scope};

/// A crawl of a website, or a walk over what a connection shows.
#[derive(Debug)]
pub(super) enum Walk<'a> {
    Website(Box<Crawler<'a>>),
    Remote(Box<Walker<'a>>, RobotsFiles),
}

impl<'a> Walk<'a> {
    /// Goes on from `known` pages. Refuses if the connection is gone.
    pub(super) async fn new(
        services: &'a Services,
        scope: &Scope,
        run: &Run,
        robots: RobotsFiles,
        known: Vec<Known>,
        earlier: HashMap<String, Earlier>,
    ) -> Result<Self> {
        match &run.origin {
            Origin::Website(website) => {
                let plan = Plan {
                    website: website.clone(),
                    obey_robots: run.obey_robots,
                    delay: services.crawl_delay,
                    timeout: services.crawl_timeout,
                    now: Utc::now(),
                };
                let crawler = Crawler::new(services, plan, robots, known, earlier);
                Ok(Self::Website(Box::new(crawler)))
            }
            Origin::Remote(remote) => {
                let walker = Walker::new(services, scope, remote.clone(), known, earlier).await?;
                Ok(Self::Remote(Box::new(walker), robots))
            }
        }
    }

    /// Adds what it begins with; `rest` is what an earlier job left to be done.
    pub(super) async fn seed(&mut self, rest: Option<Sitemaps>) -> Result<Seeds, DocumentError> {
        match self {
            Self::Website(crawler) => crawler.seed(rest).await,
            Self::Remote(walker, _) => Ok(Seeds {
                found: walker.seed(),
                rest: None,
            }),
        }
    }

    pub(super) async fn next(&mut self) -> Step {
        match self {
            Self::Website(crawler) => crawler.next().await,
            Self::Remote(walker, _) => walker.next().await,
        }
    }

    pub(super) fn stopping(&self) -> Arc<AtomicBool> {
        match self {
            Self::Website(crawler) => crawler.stopping(),
            Self::Remote(walker, _) => walker.stopping(),
        }
    }

    pub(super) const fn robots(&self) -> &RobotsFiles {
        match self {
            Self::Website(crawler) => crawler.robots(),
            Self::Remote(_, robots) => robots,
        }
    }
}
