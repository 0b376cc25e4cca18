//! What is counted, who may read it, and that the dashboard and the alerts speak of what there is.

use std::collections::BTreeSet;
use std::path::Path;

use api_types::ErrorCode;
use domain::metrics::{self, ALL};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::kb::indexed;
use super::served::Served;
use crate::support::{TestApp, ok, refused};

/// Names in a text, without what histograms add.
fn names(text: &str) -> BTreeSet<String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.split(|c| !is_part(c))
        .filter(|word| word.starts_with("botwright_") && word.len() > "botwright_".len())
        .map(|word| {
            let whole = ["_bucket", "_sum", "_count"]
                .iter()
                .find_map(|end| word.strip_suffix(end));
            let is_listed = |name: &str| ALL.iter().any(|metric| metric.name == name);
            whole.filter(|name| is_listed(name)).unwrap_or(word).to_owned()
        })
        .collect()
}

#[tokio::test]
async fn everything_that_is_listed_is_counted() {
    metrics::install().unwrap();
    let served = Served::start_with("Use a soft cloth.", |config| config.worker = true, |_| {}).await;
    let app = &served.app;
    let body = json!({ "message": "How is it cleaned?" });
    let _: Value = ok(app
        .request(Method::POST, &format!("/api/v1/bots/{}/chat", served.bot))
        .json(&body))
    .await;
    let base = app
        .finalize(
            &served.ada,
            "Handbook",
            &[("Care", "It is cleaned with a soft cloth.")],
        )
        .await;
    indexed(app, &served.ada, base).await;
    let _: Value = ok(app.post(
        &served.ada,
        &format!("/api/v1/kb/{base}/search"),
        json!({ "query": "cloth", "limit": 3 }),
    ))
    .await;

    let text = app
        .request(Method::GET, "/metrics")
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    let there = names(&text);
    // Only an embedding model looks up vectors, and only sockets are sockets.
    let elsewhere = ["botwright_sockets_open"];
    for metric in ALL {
        assert!(
            there.contains(metric.name) || elsewhere.contains(&metric.name),
            "{} in\n{text}",
            metric.name
        );
    }
    let line = |start: &str| {
        text.lines()
            .find(|line| line.starts_with(start))
            .unwrap_or_else(|| panic!("{start} in\n{text}"))
    };
    assert_eq!(
        line("botwright_turns_total{"),
        r#"botwright_turns_total{outcome="answered"} 1"#
    );
    assert_eq!(
        line("botwright_up{part=\"postgres\"}"),
        r#"botwright_up{part="postgres"} 1"#
    );
    line(r#"botwright_http_requests_total{method="POST",route="/api/v1/bots/{bot_id}/chat",status="200"} 1"#);
    line(r#"botwright_jobs_total{kind="ingest_document",outcome="done"} 1"#);
    let id = served.bot.to_string();
    assert!(!text.contains(&id), "no ids in labels");
}

#[tokio::test]
async fn metrics_are_for_the_operator() {
    metrics::install().unwrap();
    let app = TestApp::start().await;
    let own = app.request(Method::GET, "/metrics");
    assert!(own.send().await.unwrap().status().is_success());
    let passed_on = app
        .request(Method::GET, "/metrics")
        .header("x-forwarded-for", "127.0.0.1");
    refused(passed_on, StatusCode::FORBIDDEN, ErrorCode::Forbidden).await;

    let app =
        TestApp::start_with(|config| config.metrics_token = Some("a-token-for-prometheus".to_owned().into()))
            .await;
    refused(
        app.request(Method::GET, "/metrics"),
        StatusCode::FORBIDDEN,
        ErrorCode::Forbidden,
    )
    .await;
    let wrong = app.request(Method::GET, "/metrics").bearer_auth("another");
    refused(wrong, StatusCode::FORBIDDEN, ErrorCode::Forbidden).await;
    let right = app
        .request(Method::GET, "/metrics")
        .bearer_auth("a-token-for-prometheus");
    assert!(
        right
            .header("x-forwarded-for", "203.0.113.7")
            .send()
            .await
            .unwrap()
            .status()
            .is_success()
    );
}

#[test]
fn dashboard_alerts_and_guide_speak_of_what_there_is() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let listed: BTreeSet<String> = ALL.iter().map(|metric| metric.name.to_owned()).collect();
    let read = |path: &str| std::fs::read_to_string(root.join(path)).unwrap();
    let _: Value = serde_json::from_str(&read("deploy/grafana/botwright.json")).unwrap();
    for path in [
        "deploy/grafana/botwright.json",
        "deploy/prometheus/alerts.yml",
        "deploy/kubernetes/autoscaling.yaml",
        "deploy/kubernetes/prometheus-adapter.yaml",
        "docs/OBSERVABILITY.md",
    ] {
        let named = names(&read(path));
        let unknown: Vec<_> = named.difference(&listed).collect();
        assert!(unknown.is_empty(), "{path} speaks of {unknown:?}");
    }
    let shown = names(&read("deploy/grafana/botwright.json"));
    let explained = names(&read("docs/OBSERVABILITY.md"));
    assert_eq!(shown, listed, "every metric is on the dashboard");
    assert_eq!(explained, listed, "every metric is explained");
}
