//! What an operator watches. [`names`] has every metric with its help; whoever counts calls the function for it here, so a
//! label is written once. What has to be looked up is in [`gather`].
//!
//! Labels are few and known beforehand: never an id, an address or words of anybody.

mod access;
mod gather;
mod names;

use std::sync::OnceLock;
use std::time::Duration;

use anyhow::Context;
use metrics::{counter, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::Services;
pub use access::{Asker, PASSED_ON, REFUSAL, may_read};
pub use names::{ALL, Kind, Metric};

/// The media type of what [`render`] answers.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Seconds: from a look into a cache to a model that thinks for a minute.
const SECONDS: [f64; 14] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0,
];
/// How often histograms are tidied up between scrapes.
const UPKEEP: Duration = Duration::from_secs(5);

static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();

/// Begins to count, once in a process. Called within the runtime, as it starts a task.
pub fn install() -> anyhow::Result<()> {
    if HANDLE.get().is_some() {
        return Ok(());
    }
    let builder =
        PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?;
    let handle = builder
        .install_recorder()
        .context("metrics are counted already")?;
    names::describe();
    gauge!(names::BUILD_INFO, "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    let upkeep = handle.clone();
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(UPKEEP);
        loop {
            ticks.tick().await;
            upkeep.run_upkeep();
        }
    });
    // Somebody else was quicker: theirs is as good.
    let _ = HANDLE.set(handle);
    Ok(())
}

/// Everything, in the text format of Prometheus; looks up what has to be, but not more often than every few seconds.
pub async fn render(services: &Services) -> String {
    gather::gather(services).await;
    HANDLE.get().map(PrometheusHandle::render).unwrap_or_default()
}

/// A request was answered. `route` is its template.
pub fn http(method: &str, route: &str, status: u16, took: Duration) {
    let (method, route) = (method.to_owned(), route.to_owned());
    counter!(names::HTTP_REQUESTS, "method" => method.clone(), "route" => route.clone(), "status" => status.to_string())
        .increment(1);
    histogram!(names::HTTP_SECONDS, "method" => method, "route" => route).record(took);
}

/// An answer came to its end: `answered`, `gap`, `error`, or `people` who took over.
pub(crate) fn turn(outcome: &'static str, first_words: Option<Duration>, took: Duration) {
    counter!(names::TURNS, "outcome" => outcome).increment(1);
    histogram!(names::TURN_SECONDS).record(took);
    if let Some(first_words) = first_words {
        histogram!(names::FIRST_WORDS_SECONDS).record(first_words);
    }
}

/// Tokens that a model was given and wrote.
pub(crate) fn tokens(prompt: u32, completion: u32) {
    counter!(names::TOKENS, "direction" => "prompt").increment(prompt.into());
    counter!(names::TOKENS, "direction" => "completion").increment(completion.into());
}

/// A provider answered, or did not: `what` is `chat`, `embed` or `rerank`.
pub(crate) fn provider(what: &'static str, went_well: bool, took: Duration) {
    let outcome = if went_well { "ok" } else { "failed" };
    counter!(names::PROVIDER_REQUESTS, "what" => what, "outcome" => outcome).increment(1);
    histogram!(names::PROVIDER_SECONDS, "what" => what).record(took);
}

/// Something was looked up in a cache.
pub(crate) fn cache(cache: &'static str, was_there: bool) {
    let outcome = if was_there { "hit" } else { "miss" };
    counter!(names::CACHE_REQUESTS, "cache" => cache, "outcome" => outcome).increment(1);
}

/// A job ended: `done`, `later` (to be gone on with), `failed` (to be tried again) or `given_up`.
pub fn job(kind: &'static str, outcome: &'static str, took: Duration) {
    counter!(names::JOBS, "kind" => kind, "outcome" => outcome).increment(1);
    histogram!(names::JOB_SECONDS, "kind" => kind).record(took);
}

/// Something that is open, until it is dropped.
#[derive(Debug)]
pub struct Counted(&'static str);

impl Counted {
    /// A stream of an answer.
    pub fn stream() -> Self {
        Self::new(names::STREAMS_OPEN)
    }

    /// A request to a model provider.
    pub(crate) fn provider_request() -> Self {
        Self::new(names::PROVIDER_REQUESTS_OPEN)
    }

    /// A WebSocket of the dashboard.
    pub fn socket() -> Self {
        Self::new(names::SOCKETS_OPEN)
    }

    fn new(name: &'static str) -> Self {
        gauge!(name).increment(1.0);
        Self(name)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        gauge!(self.0).decrement(1.0);
    }
}
