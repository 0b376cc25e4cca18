//! Traces for a collector of OpenTelemetry: which parts of a request or a job took how long.
//!
//! Spans of our own crates are sent, and of those only what `SENT` lists: ids and names that are known beforehand, never what
//! anybody wrote. Parts of a turn are spans of level `debug`, so that they cost nothing where no collector is set. Nobody waits
//! for the collector: what it doesn't take is dropped.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use async_trait::async_trait;
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::{SpanKind, Status, TraceContextExt, TracerProvider};
use opentelemetry::{KeyValue, Value};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor, SdkTracerProvider, SpanData};
use tokio::runtime::{Builder, Runtime};
use tracing::level_filters::LevelFilter;
use tracing::{Metadata, Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;
use url::Url;

use crate::config::Config;
use crate::outbound;

/// How long the collector may take for a batch.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a span waits for others to be sent with.
const DELAY: Duration = Duration::from_secs(1);
/// Spans that wait for the next batch; more are dropped.
const WAITING: usize = 16_384;
/// The header by which callers say which trace a request belongs to.
pub const TRACEPARENT: &str = "traceparent";
/// Whose spans are sent.
const OURS: [&str; 3] = ["domain", "backend", "worker"];

/// What is told of a span, as our log calls it and as OpenTelemetry does.
const SENT: [(&str, &str); 10] = [
    ("request_id", "botwright.request_id"),
    ("workspace_id", "botwright.workspace_id"),
    ("bot_id", "botwright.bot_id"),
    ("session_id", "botwright.session_id"),
    ("actor", "botwright.actor"),
    ("job", "botwright.job"),
    ("what", "botwright.what"),
    ("method", "http.request.method"),
    ("route", "http.route"),
    (STATUS_CODE, STATUS_CODE),
];
const STATUS_CODE: &str = "http.response.status_code";

/// The way to a collector.
#[derive(Debug)]
pub struct Export(SdkTracerProvider);

impl Export {
    /// To the collector of the settings; `None` where they name none.
    pub fn of(config: &Config) -> anyhow::Result<Option<Self>> {
        config.otlp_endpoint.as_ref().map(Self::to).transpose()
    }

    /// `endpoint` is the collector's address for OTLP over HTTP, such as `http://127.0.0.1:4318`. Called outside of any runtime.
    pub fn to(endpoint: &Url) -> anyhow::Result<Self> {
        let sender = Sender {
            http: outbound::plain_client()?,
            runtime: Builder::new_current_thread().enable_all().build()?,
        };
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(sender)
            .with_endpoint(format!("{}/v1/traces", endpoint.as_str().trim_end_matches('/')))
            .with_timeout(PATIENCE)
            .build()
            .context("BOTWRIGHT_OTLP_ENDPOINT: traces can't be sent")?;
        let exporter = Told {
            exporter,
            is_failing: AtomicBool::new(false),
        };
        let waiting = BatchConfigBuilder::default()
            .with_max_queue_size(WAITING)
            .with_scheduled_delay(DELAY)
            .build();
        let resource = Resource::builder()
            .with_service_name("botwright")
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();
        let batches = BatchSpanProcessor::builder(exporter)
            .with_batch_config(waiting)
            .build();
        let provider = SdkTracerProvider::builder()
            .with_resource(resource)
            .with_span_processor(batches)
            .build();
        Ok(Self(provider))
    }

    /// What takes the spans.
    pub(crate) fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        tracing_opentelemetry::layer()
            .with_tracer(self.0.tracer("botwright"))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_level(false)
            .with_tracked_inactivity(false)
            .with_filter(filter_fn(is_sent).with_max_level_hint(LevelFilter::DEBUG))
    }

    /// Sends what waits, and ends. Takes a few seconds at most. Called outside of any runtime.
    pub fn finish(&self) {
        if let Err(error) = self.0.shutdown_with_timeout(PATIENCE) {
            tracing::warn!(%error, "the last traces were not sent");
        }
    }
}

pub(crate) fn is_sent(metadata: &Metadata<'_>) -> bool {
    let of = metadata.target().split("::").next().unwrap_or_default();
    metadata.is_span() && OURS.contains(&of)
}

/// Makes a span part of the trace that somebody else began.
pub fn follow(span: &Span, traceparent: &str) {
    let context = TraceContextPropagator::new().extract(&Carried(traceparent));
    if context.span().span_context().is_valid() {
        // Where no collector is set there is nothing to be part of.
        let _ = span.set_parent(context);
    }
}

/// What tells others of the span that we are in, where one is sent.
pub(crate) fn traceparent() -> Option<String> {
    let context = Span::current().context();
    let span = context.span();
    let span = span.span_context();
    span.is_valid().then(|| {
        format!(
            "00-{}-{}-{:02x}",
            span.trace_id(),
            span.span_id(),
            span.trace_flags()
        )
    })
}

/// Says how a request was answered.
pub fn answered(span: &Span, status: u16) {
    span.set_attribute(STATUS_CODE, i64::from(status));
    if status >= 500 {
        span.set_status(Status::error(""));
    }
}

/// A header that was sent along.
struct Carried<'a>(&'a str);

impl Extractor for Carried<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        (key == TRACEPARENT).then_some(self.0)
    }

    fn keys(&self) -> Vec<&str> {
        vec![TRACEPARENT]
    }
}

/// Shapes spans as OpenTelemetry has them, and says when the collector is away.
#[derive(Debug)]
struct Told {
    exporter: SpanExporter,
    is_failing: AtomicBool,
}

impl opentelemetry_sdk::trace::SpanExporter for Told {
    async fn export(&self, mut batch: Vec<SpanData>) -> OTelSdkResult {
        batch.iter_mut().for_each(shape);
        let exported = self.exporter.export(batch).await;
        let was_failing = self.is_failing.swap(exported.is_err(), Ordering::Relaxed);
        match &exported {
            Err(error) if !was_failing => tracing::warn!(%error, "traces can't be sent; they are dropped"),
            Ok(()) if was_failing => tracing::info!("traces are sent again"),
            _ => {}
        }
        exported
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

fn shape(span: &mut SpanData) {
    let told = |key: &str| {
        let field = span.attributes.iter().find(|field| field.key.as_str() == key);
        field.map_or_else(String::new, |field| field.value.to_string())
    };
    let (kind, name) = match &*span.name {
        "request" => (SpanKind::Server, format!("{} {}", told("method"), told("route"))),
        "job" => (SpanKind::Consumer, format!("job {}", told("job"))),
        "provider" => (SpanKind::Client, format!("provider {}", told("what"))),
        _ => (SpanKind::Internal, span.name.clone().into_owned()),
    };
    (span.span_kind, span.name) = (kind, name.into());
    span.attributes.retain_mut(|field| {
        let sent = SENT.iter().find(|(ours, _)| field.key.as_str() == *ours);
        if let Some((_, theirs)) = sent {
            field.key = (*theirs).into();
        }
        sent.is_some() && field.value != Value::from("")
    });
}

/// Sends batches, from the thread that makes them.
#[derive(Debug)]
struct Sender {
    http: reqwest::Client,
    runtime: Runtime,
}

#[async_trait]
impl HttpClient for Sender {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let sent = async {
            let mut request = reqwest::Request::try_from(request)?;
            *request.timeout_mut() = Some(PATIENCE);
            let answer = self.http.execute(request).await?;
            let (status, body) = (answer.status(), answer.bytes().await?);
            Ok(Response::builder().status(status).body(body)?)
        };
        // That thread is no part of the server's runtime, and has nothing else to do.
        self.runtime.block_on(sent)
    }
}
