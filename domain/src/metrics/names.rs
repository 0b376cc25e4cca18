//! Every metric there is. docs/OBSERVABILITY.md, the dashboard and the alerts in `deploy/` are compared with this list.

use metrics::{describe_counter, describe_gauge, describe_histogram};

/// What a metric is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It only grows.
    Counter,
    /// It goes up and down.
    Gauge,
    /// Spread over buckets.
    Histogram,
}

/// A metric.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// Its labels.
    pub labels: &'static [&'static str],
    /// What it says.
    pub help: &'static str,
}

macro_rules! metrics {
    ($($constant:ident = $name:literal, $kind:ident, [$($label:literal),*], $help:literal;)*) => {
        $(pub(super) const $constant: &str = $name;)*

        /// All of them.
        pub const ALL: &[Metric] = &[
            $(Metric { name: $name, kind: Kind::$kind, labels: &[$($label),*], help: $help },)*
        ];
    };
}

metrics! {
    BUILD_INFO = "botwright_build_info", Gauge, ["version"], "1; the label tells the version.";
    UP = "botwright_up", Gauge, ["part"], "Whether a part answers: postgres, redis.";
    HTTP_REQUESTS = "botwright_http_requests_total", Counter, ["method", "route", "status"], "Requests that were answered.";
    HTTP_SECONDS = "botwright_http_request_seconds", Histogram, ["method", "route"], "Time to the head of an answer.";
    TURNS = "botwright_turns_total", Counter, ["outcome"], "Questions to deployed bots: answered, gap (no answer in the knowledge), error, people (who took over).";
    TURN_SECONDS = "botwright_turn_seconds", Histogram, [], "Time from a question to the end of its answer.";
    FIRST_WORDS_SECONDS = "botwright_first_words_seconds", Histogram, [], "Time from a question to the first words of its answer.";
    TOKENS = "botwright_tokens_total", Counter, ["direction"], "Tokens of models, as providers count them: prompt, completion.";
    PROVIDER_REQUESTS = "botwright_provider_requests_total", Counter, ["what", "outcome"], "Requests to model providers: chat, embed, rerank; ok or failed.";
    PROVIDER_SECONDS = "botwright_provider_seconds", Histogram, ["what"], "Time to the first words of a model, or to the whole answer of the others.";
    PROVIDER_REQUESTS_OPEN = "botwright_provider_requests_open", Gauge, [], "Requests to model providers that are under way.";
    CACHE_REQUESTS = "botwright_cache_requests_total", Counter, ["cache", "outcome"], "Looks into caches: bots, chunks, passages, responses (of models), vectors (of questions); hit or miss.";
    STREAMS_OPEN = "botwright_streams_open", Gauge, [], "Answers that are being made.";
    SOCKETS_OPEN = "botwright_sockets_open", Gauge, [], "Dashboards that follow what happens.";
    JOBS = "botwright_jobs_total", Counter, ["kind", "outcome"], "Jobs that this process ran: done, later (to be gone on with), failed (to be tried again), given_up.";
    JOB_SECONDS = "botwright_job_seconds", Histogram, ["kind"], "Time that jobs took.";
    JOBS_WAITING = "botwright_jobs_waiting", Gauge, ["kind"], "Jobs whose time has come and that nobody has taken, of all processes.";
    JOBS_OLDEST = "botwright_jobs_oldest_seconds", Gauge, [], "How long the oldest of these waits.";
    DRAFTS = "botwright_drafts", Gauge, [], "Drafts in Redis, of all workspaces.";
    DB_CONNECTIONS = "botwright_db_connections", Gauge, ["state"], "Connections to Postgres in the pool of this process: used, idle.";
    DB_CONNECTIONS_MOST = "botwright_db_connections_max", Gauge, [], "Connections that the pool may have.";
    MEMORY = "botwright_memory_bytes", Gauge, [], "Resident memory of this process.";
}

/// Has the texts told in the answer to a scrape.
pub(super) fn describe() {
    for metric in ALL {
        match metric.kind {
            Kind::Counter => describe_counter!(metric.name, metric.help),
            Kind::Gauge => describe_gauge!(metric.name, metric.help),
            Kind::Histogram => describe_histogram!(metric.name, metric.help),
        }
    }
}
