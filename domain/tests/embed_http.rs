//! Conversations with servers that make vectors, those that behave and all the others.
#![expect(clippy::unwrap_used, reason = "a test that can't be set up has failed")]

#[path = "support/fake_embed.rs"]
mod fake_embed;

use std::sync::Arc;

use api_types::ErrorCode;
use domain::llm::embed::{EmbeddingClient, Shape};
use domain::outbound::Outbound;
use domain::{Error, Result};
use fake_embed::{FakeEmbed, Reply};
use serde_json::json;

const KEY: &str = "sk-test-0123456789";
const SHAPES: [Shape; 3] = [Shape::OpenAi, Shape::Cohere, Shape::Tei];

/// The length of a text and 1, so that texts can be told apart.
fn lengths() -> Reply {
    Reply::Vectors(Arc::new(|text| vec![text.len() as f32, 1.0]))
}

fn client(server: &FakeEmbed, shape: Shape, model: &str, dimensions: Option<usize>) -> EmbeddingClient {
    let outbound = Outbound::new(&[server.place()]).unwrap();
    let base_url = match shape {
        Shape::OpenAi => format!("{}/v1", server.base_url()),
        Shape::Cohere | Shape::Tei => server.base_url(),
    };
    EmbeddingClient::new(outbound, shape, &base_url, Some(KEY.into()), model, dimensions).unwrap()
}

#[track_caller]
fn assert_error<T: std::fmt::Debug>(result: Result<T>, code: ErrorCode, says: &str) {
    let error: Error = result.unwrap_err();
    assert_eq!(error.code(), code, "{error}");
    assert!(error.to_string().contains(says), "{error}");
}

#[tokio::test]
async fn each_api_is_spoken_as_it_is() {
    let server = FakeEmbed::start(lengths()).await;
    let expected = [
        (
            "/v1/embeddings",
            json!({ "model": "m", "input": ["abc"], "encoding_format": "float", "dimensions": 2 }),
        ),
        (
            "/v2/embed",
            json!({
                "model": "m", "texts": ["abc"], "input_type": "search_query", "embedding_types": ["float"],
                "truncate": "END", "output_dimension": 2,
            }),
        ),
        (
            "/embed",
            json!({ "inputs": ["abc"], "truncate": true, "normalize": true }),
        ),
    ];
    for (shape, (path, body)) in SHAPES.into_iter().zip(expected) {
        let vector = client(&server, shape, "m", Some(2))
            .embed_query("abc")
            .await
            .unwrap();
        // Brought to length 1.
        let length = 10_f32.sqrt();
        assert!((vector[0] - 3.0 / length).abs() < 1e-6 && (vector[1] - 1.0 / length).abs() < 1e-6);
        let request = server.requests().pop().unwrap();
        assert_eq!((request.path.as_str(), &request.body), (path, &body));
        assert_eq!(
            request.authorization.as_deref(),
            Some("Bearer sk-test-0123456789")
        );
    }
}

#[tokio::test]
async fn passages_go_in_batches_and_come_back_in_their_order() {
    let server = FakeEmbed::start(lengths()).await;
    let texts: Vec<String> = (1..=150).map(|i| "x".repeat(i)).collect();
    for shape in SHAPES {
        let before = server.requests().len();
        let client = client(&server, shape, "m", None);
        let vectors = client.embed_passages(&texts).await.unwrap();
        assert_eq!(vectors.len(), texts.len());
        for (vector, text) in vectors.iter().zip(&texts) {
            assert!(
                (vector[0] / vector[1] - text.len() as f32).abs() < 0.01,
                "{shape:?}"
            );
        }
        let requests = &server.requests()[before..];
        assert_eq!(requests.len(), 150_usize.div_ceil(client.batch()), "{shape:?}");
        if shape == Shape::Cohere {
            assert_eq!(requests[0].body["input_type"], "search_document");
        }
    }
}

#[tokio::test]
async fn models_that_read_words_before_a_text_get_them() {
    let server = FakeEmbed::start(lengths()).await;
    let client = client(&server, Shape::OpenAi, "nomic-embed-text", None);
    client.embed_query("Where?").await.unwrap();
    client
        .embed_passages(&["Here.".to_owned(), " ".to_owned()])
        .await
        .unwrap();
    let expected = [
        "search_query: Where?",
        "search_document: Here.",
        "search_document: .",
    ];
    assert_eq!(server.texts(), expected, "and nothing is ever empty");
}

#[tokio::test]
async fn a_pause_is_kept_for_passages_but_not_for_questions() {
    let server = FakeEmbed::start(lengths()).await;
    for shape in SHAPES {
        let client = client(&server, shape, "m", None);
        server.next(Reply::TooManyRequests(0));
        server.next(Reply::Status(503, "loading"));
        let before = server.requests().len();
        client.embed_passages(&["a".to_owned()]).await.unwrap();
        assert_eq!(server.requests().len() - before, 3, "{shape:?}");

        server.next(Reply::TooManyRequests(1));
        assert_error(
            client.embed_query("a").await,
            ErrorCode::ProviderRateLimited,
            "for 1 s",
        );
        // Who asks for more than a moment is left to the job.
        server.next(Reply::TooManyRequests(600));
        let refused = client.embed_passages(&["a".to_owned()]).await;
        assert_error(refused, ErrorCode::ProviderRateLimited, "for 600 s");
    }
}

#[tokio::test]
async fn refusals_say_what_to_do_and_never_repeat_the_key() {
    let server = FakeEmbed::start(Reply::Status(401, "bad key sk-test-0123456789")).await;
    for shape in SHAPES {
        let client = client(&server, shape, "m", None);
        server.reply(Reply::Status(401, "bad key sk-test-0123456789"));
        let refused = client.embed_passages(&["a".to_owned()]).await;
        assert_error(refused, ErrorCode::ProviderUnauthorized, "Check it in Settings");
        server.reply(Reply::Status(404, "model 'm' not found, sk-test-0123456789"));
        let refused = client.embed_query("a").await;
        assert_error(refused, ErrorCode::ProviderUnavailable, "model 'm' not found, …");
    }
}

#[tokio::test]
async fn what_is_no_list_of_vectors_is_refused() {
    let server = FakeEmbed::start(lengths()).await;
    for shape in SHAPES {
        let client = client(&server, shape, "m", None);
        let texts = ["a".to_owned(), "bb".to_owned()];
        for raw in [
            "<html>",
            "{}",
            "[[]]",
            "[\"a\"]",
            r#"{"data":[{"embedding":[null]}]}"#,
        ] {
            server.reply(Reply::Raw(raw.to_owned()));
            let code = client.embed_passages(&texts).await.unwrap_err().code();
            assert_eq!(code, ErrorCode::ProviderProtocol, "{shape:?} {raw}");
        }
        let too_few = match shape {
            Shape::OpenAi => r#"{"data":[{"index":0,"embedding":[1]}]}"#,
            Shape::Cohere => r#"{"embeddings":{"float":[[1]]}}"#,
            Shape::Tei => "[[1]]",
        };
        server.reply(Reply::Raw(too_few.to_owned()));
        let refused = client.embed_passages(&texts).await;
        assert_error(refused, ErrorCode::ProviderProtocol, "1 vectors for 2 texts");
        server.reply(Reply::Vectors(Arc::new(|text| vec![1.0; text.len()])));
        let refused = client.embed_passages(&texts).await;
        assert_error(
            refused,
            ErrorCode::ProviderProtocol,
            "vectors of 1 and of 2 numbers",
        );
        server.reply(Reply::Vectors(Arc::new(|_| vec![0.0, 0.0])));
        let refused = client.embed_query("a").await;
        assert_error(refused, ErrorCode::ProviderProtocol, "without a direction");
    }
}
