//! The log, on standard error: for people, or as JSON, a line for each entry.
//!
//! Entries of a request have its `request_id`, method and route, and, once known, `workspace_id`, `bot_id`, `session_id` and which
//! kind of `actor` it is; entries of a job have its `job` and `workspace_id`. What people write, addresses, keys and tokens are never
//! logged.

use std::env;
use std::io::{IsTerminal, stderr};

use tracing::level_filters::LevelFilter;
use tracing::{Metadata, Span, Subscriber};
use tracing_subscriber::filter::{FilterFn, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, registry};
use uuid::Uuid;

use crate::traces::{self, Export};

/// The variable that chooses how it is written: `text` or `json`.
const FORMAT: &str = "BOTWRIGHT_LOG_FORMAT";

/// Begins to log, and to send traces if they are wanted. What can't be written, as the disk is full, is left out: saying so in the
/// same place would end the task that logs. `RUST_LOG` chooses what is logged, `filter` when it is not set.
pub fn begin(filter: &str, export: Option<&Export>) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(filter));
    if env::var(FORMAT).is_ok_and(|format| format.eq_ignore_ascii_case("json")) {
        return json(filter, stderr, export).init();
    }
    let most = filter.max_level_hint();
    let log = tracing_subscriber::fmt::layer()
        .with_ansi(stderr().is_terminal())
        .log_internal_errors(false)
        .with_writer(stderr);
    let gate = export.map(|_| gate(most));
    registry()
        .with(export.map(Export::layer))
        .with(filtered(log, filter, export.is_some()))
        .with(gate)
        .init();
}

/// A log of JSON objects: the entry's own fields, and those of the request or job that it belongs to under `spans`.
pub fn json<W>(filter: EnvFilter, writer: W, export: Option<&Export>) -> impl SubscriberInitExt + use<W>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let most = filter.max_level_hint();
    let log = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .log_internal_errors(false)
        .with_writer(writer);
    let gate = export.map(|_| gate(most));
    registry()
        .with(export.map(Export::layer))
        .with(filtered(log, filter, export.is_some()))
        .with(gate)
}

/// The log with its filter. Where it is all there is, the filter stands before everything, and is asked once for each place in the
/// code; beside traces it must be the log's own, which is looked up each time that a task goes on.
fn filtered<S>(
    log: impl Layer<S> + Send + Sync,
    filter: EnvFilter,
    is_beside_traces: bool,
) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    if is_beside_traces {
        log.with_filter(filter).boxed()
    } else {
        log.and_then(filter).boxed()
    }
}

/// Turns away what neither the log nor the traces want before either is asked: when both of them say no to an entry of the `log` crate,
/// tracing-subscriber 0.3.23 takes that for their answer to the next span, which is then lost to both.
fn gate(most: Option<LevelFilter>) -> FilterFn<impl Fn(&Metadata<'_>) -> bool> {
    let most = most.unwrap_or(LevelFilter::TRACE);
    filter_fn(move |metadata| *metadata.level() <= most || traces::is_sent(metadata))
}

/// Says in the entries of this request what it is about, as soon as that is known.
pub fn about(field: &str, id: Uuid) {
    Span::current().record(field, tracing::field::display(id));
}
