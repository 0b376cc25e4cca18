//! Workers that die in the middle of a crawl.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use api_types::sources::CrawlStatus;
use domain::kb::drafts;
use secrecy::{ExposeSecret, SecretString};

use super::fixture::{PROGRAM, draft, ended, lexical, links};
use super::site::Site;
use crate::support::{Harness, until};

const ARTICLES: usize = 300;
const KILLS: usize = 3;
/// Requests that a worker may be waiting for when it is killed.
const IN_FLIGHT: usize = 16;

/// A worker process that is killed when dropped, and never asked.
struct Worker(Child);

impl Worker {
    fn start(harness: &Harness, site: &Site) -> Self {
        let config = &harness.config;
        let secret = |value: &Option<SecretString>| value.as_ref().unwrap().expose_secret().to_owned();
        let child = Command::new(PROGRAM)
            .env("BOTWRIGHT_DATA_DIR", &config.data_dir)
            .env("DATABASE_URL", secret(&config.database_url))
            .env("REDIS_URL", secret(&config.redis_url))
            .env("BOTWRIGHT_SECRET_KEY", secret(&config.secret_key))
            .env("BOTWRIGHT_WORKER_LOST_AFTER_SECONDS", "2")
            .env("BOTWRIGHT_OUTBOUND_ALLOW", format!("[\"{}\"]", site.place))
            .env("BOTWRIGHT_CRAWL_DELAY_MS", "0")
            .env("BOTWRIGHT_MODELS_DIR", "/nowhere")
            .env("RUST_LOG", "error")
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        Self(child)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crawl_goes_on_where_a_killed_worker_left_it() {
    let site = Site::start(ARTICLES, false).await;
    site.change(|state| state.pause = Duration::from_millis(5));
    let harness = lexical(&site).await;
    let (id, source) = draft(&harness, links(&site)).await;
    let done = async || {
        let crawl = drafts::crawl(&harness.services, &harness.scope, id, source)
            .await
            .unwrap();
        usize::try_from(crawl.pages.added).unwrap()
    };
    for kill in 1..=KILLS {
        let worker = Worker::start(&harness, &site);
        until("more pages are there", async || {
            (done().await >= kill * 50).then_some(())
        })
        .await;
        assert!(done().await < ARTICLES, "all was done before kill {kill}");
        drop(worker);
    }
    let _worker = Worker::start(&harness, &site);
    let crawl = ended(&harness, id, source).await;
    let pages = ARTICLES + 4;
    assert_eq!(crawl.status, CrawlStatus::Done);
    assert_eq!(usize::try_from(crawl.pages.added).unwrap(), pages);
    let asked = site.asked();
    assert_eq!(asked.len(), pages);
    assert!(asked.values().all(|times| *times <= 1 + KILLS));
    let again = site.request_count() - pages;
    assert!(again <= KILLS * IN_FLIGHT, "{again} pages were fetched again");
}
