//! The addresses that a crawl begins with.

use std::collections::VecDeque;
use std::time::Duration;

use api_types::ErrorCode;
use api_types::kb::DocumentError;
use api_types::sources::CrawlMode;
use serde::{Deserialize, Serialize};
use url::Url;

use super::address::normalize;
use super::sitemap::{self, Sitemap};
use super::{Crawler, Found};
use crate::Error;
use crate::outbound::Outbound;

/// Largest sitemap as sent, in bytes.
const MAX_SITEMAP_BYTES: usize = 50 * 1024 * 1024;
/// How many times longer than a page a sitemap may take.
const SITEMAP_TIMEOUTS: u32 = 3;
/// Most sitemaps read.
const MAX_SITEMAPS: usize = 500;

/// What a crawl begins with.
#[derive(Debug)]
pub struct Seeds {
    /// Addresses that were found now.
    pub found: Vec<Found>,
    /// What is left to be read for more; `None` if that is all.
    pub rest: Option<Sitemaps>,
}

/// Sitemaps that were named by others, and those that were read.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Sitemaps {
    waiting: VecDeque<Url>,
    read: Vec<Url>,
}

impl Crawler<'_> {
    /// Adds addresses that the crawl begins with: the start page, the list, or what sitemaps name. Those are read until
    /// the crawl is asked to stop; `rest` is what was left then.
    pub async fn seed(&mut self, rest: Option<Sitemaps>) -> Result<Seeds, DocumentError> {
        let urls = self.plan.website.urls.iter();
        let urls: Vec<Url> = urls.filter_map(|url| Url::parse(url.trim()).ok()).collect();
        let mut found = Vec::new();
        if self.plan.website.mode == CrawlMode::Sitemap {
            let sitemaps = rest.unwrap_or_else(|| Sitemaps {
                waiting: urls.into_iter().take(1).collect(),
                read: Vec::new(),
            });
            let rest = self.sitemaps(sitemaps, &mut found).await?;
            return Ok(Seeds { found, rest });
        }
        for url in urls {
            self.admit(normalize(url), 0, 0, &mut found);
        }
        Ok(Seeds { found, rest: None })
    }

    /// The pages of the sitemaps, and of those that they name. One that can't be read is left out, unless it is the first.
    async fn sitemaps(
        &mut self,
        mut sitemaps: Sitemaps,
        found: &mut Vec<Found>,
    ) -> Result<Option<Sitemaps>, DocumentError> {
        let timeout = self.plan.timeout * SITEMAP_TIMEOUTS;
        let most = usize::try_from(self.plan.website.max_pages)
            .unwrap_or(usize::MAX)
            .saturating_mul(2);
        while let Some(url) = sitemaps.waiting.pop_front() {
            if sitemaps.read.len() >= MAX_SITEMAPS || self.frontier.len() > most {
                break;
            }
            if sitemaps.read.contains(&url) {
                continue;
            }
            if self.hosts.is_stopping() {
                sitemaps.waiting.push_front(url);
                return Ok(Some(sitemaps));
            }
            let answer = read_sitemap(&self.services.outbound, &url, timeout).await;
            let is_first = sitemaps.read.is_empty();
            sitemaps.read.push(url);
            match answer {
                Ok(Sitemap::Pages(urls)) => {
                    for url in urls {
                        self.admit(normalize(url), 0, 0, found);
                    }
                }
                Ok(Sitemap::Index(urls)) => {
                    let site = self.site.as_ref();
                    let ours = urls
                        .into_iter()
                        .filter(|url| site.is_some_and(|site| site.holds(url)));
                    sitemaps.waiting.extend(ours.take(MAX_SITEMAPS));
                }
                Err(error) if is_first => return Err(error),
                Err(error) => tracing::debug!(error = error.message, "a sitemap can't be read"),
            }
        }
        Ok(None)
    }
}

async fn read_sitemap(outbound: &Outbound, url: &Url, limit: Duration) -> Result<Sitemap, DocumentError> {
    let bytes = fetch(outbound, url, limit).await?;
    let address = url.clone();
    let parsed = tokio::task::spawn_blocking(move || sitemap::parse(&bytes, &address)).await;
    let parsed = parsed.unwrap_or_else(|_| Err("The sitemap is damaged.".to_owned()));
    parsed.map_err(|message| DocumentError {
        code: ErrorCode::CorruptDocument,
        message: format!("{message} Enter the address of the sitemap itself, often /sitemap.xml."),
    })
}

async fn fetch(outbound: &Outbound, url: &Url, limit: Duration) -> Result<Vec<u8>, DocumentError> {
    let fetched = outbound.fetch_page(url.as_str(), MAX_SITEMAP_BYTES, limit).await;
    let fetched = fetched.map_err(|error| DocumentError {
        code: error.code(),
        message: match error {
            Error::Refused(refusal) => format!("The sitemap could not be fetched. {}", refusal.detail),
            _ => "The sitemap could not be fetched.".to_owned(),
        },
    })?;
    Ok(fetched.bytes)
}
