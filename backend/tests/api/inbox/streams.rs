//! Streams of visitors: how many may be open, and what becomes of an answer when a person takes over.

use std::sync::Arc;

use api_types::ErrorCode;
use api_types::chat::MessageRole;
use api_types::conversations::MessageStatus;
use futures::StreamExt;
use futures::stream::BoxStream;
use reqwest::{Method, StatusCode};
use serde_json::json;
use tokio::sync::Notify;
use uuid::Uuid;

use super::{Fixture, plain};
use crate::support::fake_openai::Reply;
use crate::support::refused;

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_is_followed_so_often_and_not_more() {
    let it = plain().await;
    let id = it.waiting().await;
    let path = format!("/api/v1/bots/{}/sessions/{id}/live", it.bot);
    let mut open = Vec::new();
    for _ in 0..8 {
        open.push(it.follow(&it.app.base, id, None).await);
    }
    let more = it.app.request(Method::GET, &path);
    let problem = refused(more, StatusCode::TOO_MANY_REQUESTS, ErrorCode::RateLimited).await;
    assert!(problem.detail.contains("live streams"), "{}", problem.detail);
    // Another conversation is not held back by it, and this one no more once a stream was closed.
    let other = it.waiting().await;
    it.follow(&it.app.base, other, None).await;
    open.pop();
    loop {
        let response = it.app.request(Method::GET, &path).send().await.unwrap();
        if response.status() == StatusCode::OK {
            break;
        }
        // The server learns of it by its next write.
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

/// A further question, and its answer as it comes.
async fn told_more(it: &Fixture, id: Uuid) -> BoxStream<'static, Vec<u8>> {
    let ask = it.public(
        "chat",
        json!({ "message": "Tell me more", "session_id": id, "stream": true }),
    );
    let response = ask.send().await.unwrap();
    response
        .bytes_stream()
        .map(|bytes| bytes.unwrap().to_vec())
        .boxed()
}

/// Reads a stream until this is in it.
async fn until(stream: &mut BoxStream<'_, Vec<u8>>, text: &mut String, part: &str) {
    while !text.contains(part) {
        let bytes = stream.next().await.unwrap();
        text.push_str(&String::from_utf8_lossy(&bytes));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_stops_when_a_person_takes_over() {
    let it = plain().await;
    let chat = it.chat("Hi", None).await;
    let id = chat.session_id;
    let gate = Arc::new(Notify::new());
    it.fake
        .reply([Reply::Held("The first words".into(), gate.clone())]);
    let mut stream = told_more(&it, id).await;
    let mut text = String::new();
    until(&mut stream, &mut text, "words").await;

    it.reply(&it.ada, id, "Let me take this.").await;
    until(&mut stream, &mut text, "event: done").await;
    gate.notify_one();
    assert!(text.contains("event: hand_off"), "{text}");
    assert!(stream.next().await.is_none());

    let read = it.conversation(id).await.conversation.messages;
    let said: Vec<_> = read.iter().map(|message| message.content.as_str()).collect();
    assert_eq!(
        said,
        [
            "Hi",
            "Hello there.",
            "Tell me more",
            "The first words",
            "Let me take this."
        ]
    );
    let partial = &read[3];
    assert_eq!(
        (partial.role, partial.status, partial.by_person),
        (MessageRole::Assistant, MessageStatus::Partial, false)
    );
    assert!(partial.created_at < read[4].created_at);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_shown_before_is_not_kept() {
    let it = plain().await;
    let chat = it.chat("Hi", None).await;
    let id = chat.session_id;
    it.fake.reply([Reply::Silence]);
    let mut stream = told_more(&it, id).await;
    let mut text = String::new();
    until(&mut stream, &mut text, "event: start").await;
    it.act(&it.ada, id, "take", json!({})).await;
    until(&mut stream, &mut text, "event: done").await;
    assert!(!text.contains("event: delta"), "{text}");
    let read = it.conversation(id).await.conversation.messages;
    assert_eq!(read.len(), 3, "{read:?}");
}
