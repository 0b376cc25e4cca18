//! Traces as a collector gets them: what belongs to what, and nothing that anybody wrote.

use std::time::{Duration, Instant};

use api_types::bots::ChatbotContent;
use domain::traces::Export;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::kb::indexed;
use super::served::Served;
use crate::support::collector::{Collector, attribute};
use crate::support::log::Log;
use crate::support::ok;

/// A trace that a caller of ours began, and the span in which it calls.
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";

#[tokio::test]
async fn a_turn_and_a_job_are_told_part_by_part_and_without_words() {
    let collector = Collector::start().await;
    let export = Export::to(&collector.url).unwrap();
    let log = Log::start_json(Some(&export));
    let served = Served::start_with(
        "The secret recipe is plums.",
        |config| config.worker = true,
        |_| {},
    )
    .await;
    let app = &served.app;
    let base = app
        .finalize(
            &served.ada,
            "zebra-canary-base",
            &[(
                "Recipe",
                "The secret recipe is plums, says zebra-canary-document.",
            )],
        )
        .await;
    indexed(app, &served.ada, base).await;
    let content = ChatbotContent {
        name: "zebra-canary-bot".to_owned(),
        knowledge_base_ids: vec![base],
        ..served.content.clone()
    };
    let bot = app.deploy(&served.ada, &content).await;
    let path = format!("/api/v1/bots/{bot}/chat?utm=zebra-canary-query");
    let body = json!({ "message": "What is the secret recipe, zebra-canary-question?", "metadata": { "mail": "vera@example.org" } });
    let answer: Value = ok(app
        .request(Method::POST, &path)
        .header("traceparent", format!("00-{TRACE}-{CALLER}-01"))
        .json(&body))
    .await;

    let is_turn = |span: &Span| span.name == "POST /api/v1/bots/{bot_id}/chat";
    let spans = collector.spans_with(is_turn).await;
    let turn = spans.iter().find(|span| is_turn(span)).unwrap();
    assert_eq!(hex::encode(&turn.trace_id), TRACE);
    assert_eq!(hex::encode(&turn.parent_span_id), CALLER);
    assert_eq!(turn.kind, SpanKind::Server as i32);
    for (name, value) in [
        ("http.request.method", "POST"),
        ("http.route", "/api/v1/bots/{bot_id}/chat"),
        ("http.response.status_code", "200"),
        ("botwright.bot_id", &bot.to_string()),
        ("botwright.workspace_id", &served.ada.workspace_id().to_string()),
        ("botwright.session_id", answer["session_id"].as_str().unwrap()),
    ] {
        assert_eq!(attribute(turn, name), value, "{name}");
    }
    assert_eq!(
        tree(&spans, turn, 0),
        "begin\nturn\n  retrieval\n    embedding\n  provider chat\n  storing\n"
    );

    let is_job = |span: &Span| span.name == "job ingest_document";
    let spans = collector.spans_with(is_job).await;
    let job = spans.iter().find(|span| is_job(span)).unwrap();
    let is_finalize = |span: &Span| span.name == "POST /api/v1/kb/draft/{draft_id}/finalize";
    let spans = collector.spans_with(is_finalize).await;
    let finalize = spans.iter().find(|span| is_finalize(span)).unwrap();
    assert_eq!(
        job.trace_id, finalize.trace_id,
        "a job belongs to the request that asked for it"
    );
    assert_eq!(job.parent_span_id, finalize.span_id);

    for canary in [
        "zebra-canary",
        "plums",
        "secret recipe",
        "vera@example.org",
        &served.ada.email,
        served.ada.token(),
        "sk-test",
        "horse battery",
    ] {
        assert!(!collector.holds(canary), "{canary} in {spans:#?}");
    }
    let served_entry = log.text().lines().any(|line| {
        let entry: Value = serde_json::from_str(line).unwrap();
        entry["message"] == "served" && entry["spans"][0]["bot_id"] == bot.to_string()
    });
    assert!(served_entry, "the log is as ever");
}

/// The names of what is below a span, in the order in which it began.
fn tree(spans: &[Span], parent: &Span, depth: usize) -> String {
    let mut children: Vec<&Span> = spans
        .iter()
        .filter(|span| span.parent_span_id == parent.span_id)
        .collect();
    children.sort_by_key(|span| span.start_time_unix_nano);
    let lines = children.into_iter().map(|child| {
        let indent = "  ".repeat(depth);
        format!("{indent}{}\n{}", child.name, tree(spans, child, depth + 1))
    });
    lines.collect()
}

#[tokio::test]
async fn a_collector_that_is_away_is_nobodys_loss() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    let export = Export::to(&url.parse().unwrap()).unwrap();
    let log = Log::start_json(Some(&export));
    let served = Served::start("With a soft cloth.").await;
    let path = format!("/api/v1/bots/{}/chat", served.bot);
    let body = json!({ "message": "How is it cleaned?" });
    let answer: Value = ok(served.app.request(Method::POST, &path).json(&body)).await;
    assert_eq!(answer["response"], "With a soft cloth.");

    let began = Instant::now();
    tokio::task::spawn_blocking(move || export.finish())
        .await
        .unwrap();
    assert!(
        began.elapsed() < Duration::from_secs(15),
        "the end waits for nobody"
    );
    assert!(log.text().contains("traces can't be sent"), "it is said");
}
