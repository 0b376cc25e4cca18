//! The OpenAI-compatible endpoint, byte for byte; the official clients are tried in the end-to-end tests.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use super::served::Served;
use crate::support::{TestApp, ok};

#[tokio::test]
async fn a_bot_is_a_model_to_openai_clients() {
    let Served {
        app, ada, bot, fake, ..
    } = Served::start("Hello there.").await;
    let key: Value = ok(app.post(
        &ada,
        "/api/v1/api-keys",
        json!({ "name": "Client", "scopes": ["chat"] }),
    ))
    .await;
    let key = key["key"].as_str().unwrap();
    let complete = |body: Value| {
        app.request(Method::POST, "/v1/chat/completions")
            .bearer_auth(key)
            .json(&body)
    };

    let models: Value = ok(app.request(Method::GET, "/v1/models").bearer_auth(key)).await;
    assert_eq!(models["data"][0]["id"], json!(bot));
    let messages = json!([
        { "role": "system", "content": "You are a pirate." },
        { "role": "user", "content": [{ "type": "text", "text": "Hi there" }] },
    ]);
    let body = json!({ "model": bot, "messages": messages, "temperature": 0.2, "user": "u1" });
    let answer: Value = ok(complete(body.clone())).await;
    assert_eq!(answer["object"], "chat.completion");
    assert_eq!(answer["choices"][0]["message"]["content"], "Hello there.");
    let prompt = fake.requests().last().unwrap().body.to_string();
    assert!(!prompt.contains("pirate"), "a request does not change the prompt");

    let mut streamed = body;
    streamed["stream"] = json!(true);
    streamed["stream_options"] = json!({ "include_usage": true });
    let text = complete(streamed).send().await.unwrap().text().await.unwrap();
    let data: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .collect();
    assert_eq!(data.last(), Some(&"[DONE]"));
    let chunks: Vec<Value> = data[..data.len() - 1]
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let said: String = chunks
        .iter()
        .filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str())
        .collect();
    assert_eq!(said, "Hello there.");
    assert!(chunks.last().unwrap()["usage"]["total_tokens"].is_u64());

    for model in [Uuid::new_v4().to_string(), "gpt-5".into()] {
        let unknown = complete(json!({ "model": model, "messages": messages }))
            .send()
            .await
            .unwrap();
        assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
        let error: Value = unknown.json().await.unwrap();
        assert_eq!(error["error"]["code"], "not_found");
    }
    let eve = app.sign_up().await;
    let foreign: Value = ok(app.post(
        &eve,
        "/api/v1/api-keys",
        json!({ "name": "Client", "scopes": ["chat"] }),
    ))
    .await;
    let foreign = app
        .request(Method::POST, "/v1/chat/completions")
        .bearer_auth(foreign["key"].as_str().unwrap());
    let foreign = foreign
        .json(&json!({ "model": bot, "messages": messages }))
        .send()
        .await
        .unwrap();
    assert_eq!(foreign.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn refusals_have_the_shape_that_openai_clients_read() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let key: Value = ok(app.post(
        &ada,
        "/api/v1/api-keys",
        json!({ "name": "Client", "scopes": ["chat"] }),
    ))
    .await;
    let key = key["key"].as_str().unwrap();
    let complete = || app.request(Method::POST, "/v1/chat/completions");
    let question =
        |text: &str| json!({ "model": Uuid::new_v4(), "messages": [{ "role": "user", "content": text }] });

    for request in [
        complete().json(&question("Hi there")),
        complete().json(&question("Hi there")).bearer_auth("bw_unknown"),
        app.request(Method::GET, "/v1/models").bearer_auth("bw_unknown"),
    ] {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(response.headers()["www-authenticate"], "Bearer");
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["error"]["code"], "unauthorized");
        assert_eq!(body["error"]["type"], "invalid_request_error");
        assert!(body["error"]["message"].is_string());
    }

    let huge = question(&"a".repeat(7 << 20));
    let response = complete().bearer_auth(key).json(&huge).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["error"]["code"], "payload_too_large");
}
