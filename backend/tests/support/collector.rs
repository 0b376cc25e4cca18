//! A collector of OpenTelemetry: takes traces over HTTP, and keeps them.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use tokio::net::TcpListener;
use tokio::sync::watch;
use url::Url;

pub struct Collector {
    pub url: Url,
    kept: Kept,
}

#[derive(Clone, Default)]
struct Kept {
    spans: Arc<Mutex<Vec<Span>>>,
    /// Everything as it came.
    bytes: Arc<Mutex<Vec<u8>>>,
    batches: watch::Sender<usize>,
}

impl Collector {
    pub async fn start() -> Self {
        let kept = Kept::default();
        let app = Router::new()
            .route("/v1/traces", post(take))
            .with_state(kept.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self {
            url: url.parse().unwrap(),
            kept,
        }
    }

    /// All spans, once there is one for which `is_it` holds.
    pub async fn spans_with(&self, is_it: impl Fn(&Span) -> bool) -> Vec<Span> {
        let mut batches = self.kept.batches.subscribe();
        loop {
            batches.mark_unchanged();
            let spans = self.kept.spans.lock().unwrap().clone();
            if spans.iter().any(&is_it) {
                return spans;
            }
            batches.changed().await.unwrap();
        }
    }

    pub fn holds(&self, text: &str) -> bool {
        memchr::memmem::find(&self.kept.bytes.lock().unwrap(), text.as_bytes()).is_some()
    }
}

async fn take(State(kept): State<Kept>, body: Bytes) -> Bytes {
    let request = ExportTraceServiceRequest::decode(body.clone()).unwrap();
    let scopes = request
        .resource_spans
        .into_iter()
        .flat_map(|spans| spans.scope_spans);
    kept.spans
        .lock()
        .unwrap()
        .extend(scopes.flat_map(|scope| scope.spans));
    kept.bytes.lock().unwrap().extend_from_slice(&body);
    kept.batches.send_modify(|count| *count += 1);
    Bytes::new()
}

/// What a span says under this name; empty where it says nothing.
pub fn attribute(span: &Span, name: &str) -> String {
    let found = span.attributes.iter().find(|attribute| attribute.key == name);
    let value = found.and_then(|attribute| attribute.value.clone()?.value);
    match value {
        Some(Value::StringValue(text)) => text,
        Some(Value::IntValue(number)) => number.to_string(),
        None => String::new(),
        Some(other) => panic!("{name} is {other:?}"),
    }
}
