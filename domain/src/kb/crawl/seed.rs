//! The addresses that a crawl begins with.

use std::collections::VecDeque;
use std::time::Duration;

use api_types::ErrorCode;
use api_types::kb::DocumentError;
use api_types::sources::CrawlMode;
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

impl Crawler<'_> {
    /// Adds the addresses that the crawl begins with: the start page, the list, or what the sitemap names.
    pub async fn seed(&mut self) -> Result<Vec<Found>, DocumentError> {
        let urls: Vec<Url> = match self.plan.website.mode {
            CrawlMode::Sitemap => self.sitemap().await?,
            CrawlMode::Links | CrawlMode::List => {
                let urls = self.plan.website.urls.iter();
                urls.filter_map(|url| Url::parse(url.trim()).ok()).collect()
            }
        };
        let mut found = Vec::new();
        for url in urls {
            self.admit(normalize(url), 0, 0, &mut found);
        }
        Ok(found)
    }

    /// The pages of the sitemap, and of those that it names. One that can't be read is left out, unless it is the first.
    async fn sitemap(&mut self) -> Result<Vec<Url>, DocumentError> {
        let start = self
            .plan
            .website
            .urls
            .first()
            .and_then(|url| Url::parse(url.trim()).ok());
        let mut waiting: VecDeque<Url> = start.into_iter().collect();
        let (mut read, mut pages) = (Vec::new(), Vec::new());
        let timeout = self.plan.timeout * SITEMAP_TIMEOUTS;
        let most = usize::try_from(self.plan.website.max_pages)
            .unwrap_or(usize::MAX)
            .saturating_mul(2);
        while let Some(url) = waiting.pop_front() {
            if read.len() >= MAX_SITEMAPS || pages.len() > most || read.contains(&url) {
                continue;
            }
            let found = read_sitemap(&self.services.outbound, &url, timeout).await;
            let is_first = read.is_empty();
            read.push(url);
            match found {
                Ok(Sitemap::Pages(urls)) => pages.extend(urls),
                Ok(Sitemap::Index(urls)) => {
                    let site = self.site.as_ref();
                    waiting.extend(
                        urls.into_iter()
                            .filter(|url| site.is_some_and(|site| site.holds(url))),
                    );
                }
                Err(error) if is_first => return Err(error),
                Err(error) => tracing::debug!(error = error.message, "a sitemap can't be read"),
            }
        }
        Ok(pages)
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
