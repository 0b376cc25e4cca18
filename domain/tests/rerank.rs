//! Conversations with rerank servers that behave, and with all the others.
#![expect(clippy::unwrap_used, reason = "a test that can't be set up has failed")]

#[path = "support/fake_rerank.rs"]
mod fake_rerank;

use std::time::Duration;

use api_types::ErrorCode;
use domain::llm::rerank::{Reranker, Shape};
use domain::outbound::Outbound;
use domain::{Error, Result};
use fake_rerank::{FakeRerank, Reply};
use serde_json::{Value, json};

const KEY: &str = "co-test-0123456789";
const SHAPES: [Shape; 3] = [Shape::Cohere, Shape::Jina, Shape::Tei];
const PASSAGES: [&str; 3] = ["Grass is green.", "Paris is in France.", "Snow is white."];

fn client(server: &FakeRerank, shape: Shape) -> Reranker {
    let outbound = Outbound::new(&[server.place()]).unwrap();
    Reranker::new(outbound, shape, &server.base_url(), Some(KEY.into()), "rerank-1").unwrap()
}

async fn rank(server: &FakeRerank, shape: Shape) -> Result<Vec<usize>> {
    let scores = client(server, shape).rank("Where is Paris?", &PASSAGES).await?;
    Ok(scores.into_iter().map(|score| score.index).collect())
}

#[track_caller]
fn assert_error(ranked: Result<Vec<usize>>, code: ErrorCode, says: &str) {
    let error: Error = ranked.unwrap_err();
    assert_eq!(error.code(), code, "{error}");
    assert!(error.to_string().contains(says), "{error}");
}

#[tokio::test]
async fn each_api_is_spoken_as_it_is() {
    let server = FakeRerank::start(Reply::Favour("Paris")).await;
    let query = "Where is Paris?";
    let expected = [
        (
            "/v2/rerank",
            json!({ "model": "rerank-1", "query": query, "documents": PASSAGES, "top_n": 3 }),
        ),
        (
            "/v1/rerank",
            json!({
                "model": "rerank-1", "query": query, "documents": PASSAGES, "top_n": 3, "return_documents": false,
            }),
        ),
        (
            "/rerank",
            json!({ "query": query, "texts": PASSAGES, "raw_scores": false, "truncate": true }),
        ),
    ];
    for (shape, (path, body)) in SHAPES.into_iter().zip(expected) {
        assert_eq!(rank(&server, shape).await.unwrap(), [1, 0, 2], "{shape:?}");
        let request = server.requests().pop().unwrap();
        assert_eq!((request.path.as_str(), &request.body), (path, &body));
        assert_eq!(
            request.authorization.as_deref(),
            Some("Bearer co-test-0123456789")
        );
    }
}

#[tokio::test]
async fn a_server_without_a_key_gets_none() {
    let server = FakeRerank::start(Reply::Favour("Snow")).await;
    let outbound = Outbound::new(&[server.place()]).unwrap();
    let client = Reranker::new(outbound, Shape::Tei, &format!("{}/", server.base_url()), None, "").unwrap();
    let best = client.rank("What is white?", &PASSAGES).await.unwrap()[0];
    assert_eq!((best.index, best.score), (2, 0.98));
    assert_eq!(server.requests()[0].authorization, None);
}

#[tokio::test]
async fn refusals_say_what_to_do_and_never_repeat_the_key() {
    for shape in SHAPES {
        let server = FakeRerank::start(Reply::Status(401, "invalid api token co-test-0123456789")).await;
        let refused = rank(&server, shape).await;
        assert_error(refused, ErrorCode::ProviderUnauthorized, "Check it in Settings");
        server.reply(Reply::TooManyRequests(7));
        let refused = rank(&server, shape).await;
        assert_error(
            refused,
            ErrorCode::ProviderRateLimited,
            "for 7 s. It says: slow down",
        );
        assert_eq!(
            server.requests().len(),
            2,
            "a visitor waits, so nothing is tried again"
        );
        server.reply(Reply::Status(
            500,
            "out of memory, your key is co-test-0123456789",
        ));
        let refused = rank(&server, shape).await;
        assert_error(
            refused,
            ErrorCode::ProviderUnavailable,
            "(500). It says: out of memory, your key is …",
        );
        server.reply(Reply::Status(404, "model 'rerank-1' not found"));
        let refused = rank(&server, shape).await;
        assert_error(
            refused,
            ErrorCode::ProviderUnavailable,
            "model 'rerank-1' not found",
        );
    }
}

#[tokio::test]
async fn silence_is_not_waited_for() {
    let server = FakeRerank::start(Reply::Silence).await;
    for shape in SHAPES {
        let client = client(&server, shape).with_limit(Duration::from_millis(200));
        let ranked = client.rank("?", &PASSAGES).await.map(|_| Vec::new());
        assert_error(ranked, ErrorCode::ProviderUnavailable, "did not answer in time");
    }
}

/// Results with these indexes and scores, in the words of an API.
fn results(shape: Shape, scores: &[(i32, Value)]) -> Reply {
    let name = if shape == Shape::Tei {
        "score"
    } else {
        "relevance_score"
    };
    let result = |(index, score): &(i32, Value)| json!({ "index": index, name: score });
    Reply::Results(scores.iter().map(result).collect())
}

#[tokio::test]
async fn a_ranking_that_is_none_is_refused() {
    let server = FakeRerank::start(Reply::Silence).await;
    let one = json!(1.0);
    for shape in SHAPES {
        let scores = |scores: &[(i32, &Value)]| {
            let scores: Vec<_> = scores
                .iter()
                .map(|(index, score)| (*index, (*score).clone()))
                .collect();
            results(shape, &scores)
        };
        for (reply, says) in [
            (
                scores(&[(0, &one), (1, &one), (3, &one)]),
                "names a passage that was not sent",
            ),
            (
                scores(&[(0, &one), (1, &one), (1, &one)]),
                "names a passage twice",
            ),
            (scores(&[(0, &one), (1, &one)]), "has 2 of 3 passages"),
            (scores(&[]), "has 0 of 3 passages"),
            (scores(&[(0, &one), (1, &one), (-1, &one)]), "not a ranking"),
            (
                scores(&[(0, &one), (1, &one), (2, &Value::Null)]),
                "not a ranking",
            ),
            (
                scores(&[(0, &one), (1, &one), (2, &json!("high"))]),
                "not a ranking",
            ),
            (
                scores(&[(0, &one), (1, &one), (2, &json!(1e300))]),
                "a score that is no number",
            ),
            (
                Reply::Results(json!([{ "index": 0 }, { "index": 1 }, { "index": 2 }])),
                "not a ranking",
            ),
            (
                Reply::Raw(r#"[{"index": 0, "score": NaN}]"#.into()),
                "not a ranking",
            ),
            (
                Reply::Raw("<html>Sign in to the guest network</html>".into()),
                "not a ranking",
            ),
            (Reply::Raw(String::new()), "not a ranking"),
            (Reply::Raw(" ".repeat(1_100_000)), "more than 1 MB"),
        ] {
            server.reply(reply.clone());
            let error = rank(&server, shape).await.unwrap_err();
            assert_eq!(error.code(), ErrorCode::ProviderProtocol, "{error}");
            let says_so = error.to_string().contains(says);
            assert!(says_so, "{shape:?}: {error}, expected: {says}");
        }
    }
}

#[tokio::test]
async fn the_order_is_by_score_whatever_the_order_of_the_answer() {
    let server = FakeRerank::start(Reply::Silence).await;
    for shape in SHAPES {
        server.reply(results(
            shape,
            &[(2, json!(-3)), (0, json!(-3.5)), (1, json!(-3))],
        ));
        assert_eq!(rank(&server, shape).await.unwrap(), [1, 2, 0]);
    }
}

#[tokio::test]
async fn only_the_beginning_of_long_texts_is_sent() {
    let server = FakeRerank::start(Reply::Favour("x")).await;
    let long = "ä".repeat(2_500);
    let client = client(&server, Shape::Cohere);
    client.rank(&long, &[long.as_str(), "x"]).await.unwrap();
    let body = &server.requests()[0].body;
    for text in [&body["query"], &body["documents"][0]] {
        assert_eq!(text.as_str().unwrap().chars().count(), 2_000);
    }
}

#[tokio::test]
async fn neither_redirects_nor_the_own_network_are_entered() {
    let inside = FakeRerank::start(Reply::Favour("Paris")).await;
    let server = FakeRerank::start(Reply::Redirect(format!("{}/v2/rerank", inside.base_url()))).await;
    assert_error(
        rank(&server, Shape::Cohere).await,
        ErrorCode::ProviderProtocol,
        "redirects elsewhere",
    );
    let outbound = Outbound::new(&[]).unwrap();
    for base_url in [
        inside.base_url().as_str(),
        "http://169.254.169.254/latest",
        "http://[::1]/",
        "http://10.0.0.7",
        "http://localhost",
        "file:///etc/passwd",
    ] {
        let refused = Reranker::new(outbound.clone(), Shape::Tei, base_url, Some(KEY.into()), "");
        assert_eq!(refused.unwrap_err().code(), ErrorCode::UrlForbidden, "{base_url}");
    }
    assert!(inside.requests().is_empty());
}
