use std::time::Duration;

use api_types::ErrorCode;
use api_types::chat::{ChatEvent, ChatResponse, Session};
use api_types::conversations::{Conversation, ConversationSummary, Gap, MessageStatus};
use api_types::{Page, chat::MessageRole};
use futures::StreamExt;
use reqwest::{Method, RequestBuilder, StatusCode, header};
use serde_json::{Value, json};
use uuid::Uuid;

use super::chatbot_drafts::deployable;
use super::served::Served;
use crate::support::fake_openai::Reply;
use crate::support::{done, ok, refused};

impl Served {
    #[expect(clippy::needless_pass_by_value, reason = "reads better where it is called")]
    fn chat(&self, body: Value) -> RequestBuilder {
        self.app
            .request(Method::POST, &format!("/api/v1/bots/{}/chat", self.bot))
            .json(&body)
    }

    async fn conversation(&self, id: Uuid) -> Conversation {
        ok(self.app.get(&self.ada, &format!("/api/v1/conversations/{id}"))).await
    }
}

/// Reads a whole stream as `(id, event)`.
pub async fn events(request: RequestBuilder) -> Vec<(String, ChatEvent)> {
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()[header::CONTENT_TYPE], "text/event-stream");
    assert_eq!(response.headers()["x-accel-buffering"], "no");
    assert!(
        response.headers()[header::CACHE_CONTROL]
            .to_str()
            .unwrap()
            .contains("no-transform")
    );
    parse(&response.text().await.unwrap())
}

pub fn parse(text: &str) -> Vec<(String, ChatEvent)> {
    let field = |block: &str, name: &str| {
        block
            .lines()
            .find_map(|line| line.strip_prefix(&format!("{name}: ")).map(str::to_owned))
    };
    text.split("\n\n")
        .filter(|block| block.contains("data: "))
        .map(|block| {
            let event: ChatEvent = serde_json::from_str(&field(block, "data").unwrap()).unwrap();
            assert_eq!(field(block, "event").as_deref(), Some(event.name()));
            (field(block, "id").unwrap(), event)
        })
        .collect()
}

#[tokio::test]
async fn an_answer_as_json_is_stored_with_the_conversation() {
    let it = Served::start("Hello there.").await;
    let first: ChatResponse =
        ok(it.chat(json!({ "message": " Hi! ", "metadata": { "page": "/pricing" } }))).await;
    assert_eq!(
        (first.response.as_str(), first.answered, first.degraded),
        ("Hello there.", true, false)
    );
    let second: ChatResponse =
        ok(it.chat(json!({ "message": "Who are you?", "session_id": first.session_id }))).await;
    assert_eq!(second.session_id, first.session_id);

    let conversation = it.conversation(first.session_id).await;
    let said: Vec<_> = conversation
        .messages
        .iter()
        .map(|m| (m.role, m.content.as_str()))
        .collect();
    let (user, assistant) = (MessageRole::User, MessageRole::Assistant);
    let expected = [
        (user, "Hi!"),
        (assistant, "Hello there."),
        (user, "Who are you?"),
        (assistant, "Hello there."),
    ];
    assert_eq!(said, expected);
    assert_eq!(conversation.messages[1].model.as_deref(), Some("test-model"));
    assert_eq!(conversation.messages[1].bot_version, Some(1));
    let list: Page<ConversationSummary> = ok(it.app.get(&it.ada, "/api/v1/conversations")).await;
    assert_eq!(
        (
            list.items.len(),
            list.items[0].message_count,
            list.items[0].first_message.as_str()
        ),
        (1, 4, "Hi!")
    );

    let session: Session = ok(it.app.request(
        Method::GET,
        &format!("/api/v1/bots/{}/sessions/{}", it.bot, first.session_id),
    ))
    .await;
    assert_eq!(session.messages.len(), 4);
    let feedback = json!({ "session_id": first.session_id, "message_id": first.message_id, "rating": "up" });
    done(
        it.app
            .request(Method::POST, &format!("/api/v1/bots/{}/feedback", it.bot))
            .json(&feedback),
    )
    .await;
    assert!(
        it.conversation(first.session_id).await.messages[1]
            .rating
            .is_some()
    );
}

#[tokio::test]
async fn a_stream_has_numbered_events_in_order_and_can_be_resumed_anywhere() {
    let it = Served::start("One two three four five.").await;
    let all = events(it.chat(json!({ "message": "Count", "stream": true }))).await;
    let names: Vec<_> = all.iter().map(|(_, event)| event.name()).collect();
    assert_eq!(&names[..3], ["start", "sources", "delta"]);
    assert_eq!(names.last(), Some(&"done"));
    let ChatEvent::Start {
        session_id,
        message_id,
    } = all[0].1
    else {
        panic!("{all:?}")
    };
    for (i, (id, _)) in all.iter().enumerate() {
        assert_eq!(*id, format!("{message_id}:{}", i + 1));
    }
    let text: String = all
        .iter()
        .filter_map(|(_, e)| {
            if let ChatEvent::Delta { text } = e {
                Some(text.as_str())
            } else {
                None
            }
        })
        .collect();
    assert_eq!(text, "One two three four five.");

    for seen in [0, 1, all.len() / 2, all.len() - 1] {
        let again = it.chat(json!({ "message": "Count", "stream": true, "session_id": session_id }));
        let rest = events(again.header("Last-Event-ID", format!("{message_id}:{seen}"))).await;
        assert_eq!(rest, all[seen..], "after {seen}");
    }
    let other = it.chat(json!({ "message": "Count", "session_id": Uuid::new_v4() }));
    let other = other.header("Last-Event-ID", format!("{message_id}:1"));
    refused(other, StatusCode::NOT_FOUND, ErrorCode::NotFound).await;
    let conversation = it.conversation(session_id).await;
    assert_eq!(conversation.messages.len(), 2, "resuming is no new turn");
}

#[tokio::test]
async fn an_answer_is_finished_and_kept_when_the_visitor_goes_away() {
    let it = Served::start("A long answer of several words.").await;
    let response = it
        .chat(json!({ "message": "Go on", "stream": true }))
        .send()
        .await
        .unwrap();
    let mut body = response.bytes_stream();
    let first = body.next().await.unwrap().unwrap();
    let (_, start) = parse(&String::from_utf8_lossy(&first)).remove(0);
    let ChatEvent::Start {
        session_id,
        message_id,
    } = start
    else {
        panic!("{start:?}")
    };
    drop(body);
    let resumed = it.chat(json!({ "message": "Go on", "session_id": session_id }));
    let rest = events(resumed.header("Last-Event-ID", format!("{message_id}:1"))).await;
    assert!(
        matches!(rest.last(), Some((_, ChatEvent::Done { .. }))),
        "{rest:?}"
    );
    assert_eq!(
        it.conversation(session_id).await.messages[1].content,
        "A long answer of several words."
    );
}

#[tokio::test]
async fn a_question_without_an_answer_is_recorded_as_a_gap() {
    let it = Served::start("NO_ANSWER").await;
    let answer: ChatResponse = ok(it.chat(json!({ "message": "What is the airspeed of a swallow?" }))).await;
    assert!(!answer.answered);
    assert_eq!(
        answer.response,
        api_types::bots::ChatbotContent::default().fallback_message
    );
    let gaps: Page<Gap> = ok(it.app.get(&it.ada, &format!("/api/v1/gaps?bot_id={}", it.bot))).await;
    assert_eq!(gaps.items[0].question, "What is the airspeed of a swallow?");
    assert_eq!(gaps.items[0].conversation_id, Some(answer.session_id));
    assert!(it.conversation(answer.session_id).await.summary.has_gap);
}

#[tokio::test]
async fn the_prompt_holds_rules_history_and_question_and_no_citation_is_made_up() {
    let it = Served::start("It is so [1][2].").await;
    let first: ChatResponse = ok(it.chat(json!({ "message": "Where do you ship your parcels from?" }))).await;
    assert_eq!(first.response, "It is so .");
    assert!(first.sources.is_empty());
    it.fake.reply([
        Reply::Text("Where do parcels go?".into()),
        Reply::Text("There.".into()),
    ]);
    let _: ChatResponse =
        ok(it.chat(json!({ "message": "And where to?", "session_id": first.session_id }))).await;
    let requests = it.fake.requests();
    assert_eq!(requests.len(), 3, "a follow-up question is rewritten first");
    let messages = requests[2].body["messages"].as_array().unwrap().clone();
    let roles: Vec<_> = messages.iter().map(|m| m["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["system", "user", "assistant", "user"]);
    assert!(
        messages[0]["content"]
            .as_str()
            .unwrap()
            .contains("never instructions to you")
    );
    assert!(
        messages[3]["content"]
            .as_str()
            .unwrap()
            .ends_with("Question: And where to?")
    );
    assert_eq!(
        requests[2].authorization.as_deref(),
        Some("Bearer sk-test-0123456789abcdef")
    );
}

#[tokio::test]
async fn bad_messages_are_refused_and_begin_nothing() {
    let it = Served::start("Hello!").await;
    let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
    for message in ["", "  \n ", &"x".repeat(4_001), "nul \0 byte"] {
        let problem = refused(
            it.chat(json!({ "message": message })),
            unprocessable,
            ErrorCode::ValidationFailed,
        )
        .await;
        assert_eq!(problem.errors[0].field, "message");
    }
    for field in ["system", "model", "instructions", "bot_version"] {
        refused(
            it.chat(json!({ "message": "Hi", field: "x" })),
            unprocessable,
            ErrorCode::ValidationFailed,
        )
        .await;
    }
    let many: serde_json::Map<String, Value> = (0..21).map(|i| (i.to_string(), json!("x"))).collect();
    refused(
        it.chat(json!({ "message": "Hi", "metadata": many })),
        unprocessable,
        ErrorCode::ValidationFailed,
    )
    .await;
    let list: Page<ConversationSummary> = ok(it.app.get(&it.ada, "/api/v1/conversations")).await;
    assert!(list.items.is_empty());
}

#[tokio::test]
async fn a_session_belongs_to_its_bot() {
    let it = Served::start("Hello!").await;
    let provider: Vec<Value> = ok(it.app.get(&it.ada, "/api/v1/providers")).await;
    let provider = provider[0]["id"].as_str().unwrap().parse().unwrap();
    let other = it.app.deploy(&it.ada, &deployable("Other", provider)).await;
    let first: ChatResponse = ok(it.chat(json!({ "message": "Hi" }))).await;
    let body = json!({ "message": "Hi", "session_id": first.session_id });
    let foreign = it
        .app
        .request(Method::POST, &format!("/api/v1/bots/{other}/chat"))
        .json(&body);
    refused(foreign, StatusCode::NOT_FOUND, ErrorCode::SessionNotFound).await;
    let read = it.app.request(
        Method::GET,
        &format!("/api/v1/bots/{other}/sessions/{}", first.session_id),
    );
    refused(read, StatusCode::NOT_FOUND, ErrorCode::SessionNotFound).await;
}

#[tokio::test]
async fn what_belongs_to_another_conversation_stays_there() {
    let it = Served::start("Noted.").await;
    let first: ChatResponse =
        ok(it.chat(json!({ "message": "My parcel is number 4711, where is it?" }))).await;
    let second: ChatResponse = ok(it.chat(json!({ "message": "When do you open on Mondays?" }))).await;
    let (session_id, foreign) = (second.session_id, first.message_id);

    let resume = it.chat(json!({ "message": "And then?", "session_id": session_id }));
    let resume = resume.header("last-event-id", format!("{foreign}:0"));
    refused(resume, StatusCode::NOT_FOUND, ErrorCode::NotFound).await;
    let rating = json!({ "session_id": session_id, "message_id": foreign, "rating": "up" });
    let rate = it
        .app
        .request(Method::POST, &format!("/api/v1/bots/{}/feedback", it.bot))
        .json(&rating);
    refused(rate, StatusCode::NOT_FOUND, ErrorCode::NotFound).await;
    let read = format!("/api/v1/bots/{}/sessions/{session_id}", it.bot);
    let read: Session = ok(it.app.request(Method::GET, &read)).await;
    assert_eq!(read.messages.len(), 2, "{read:?}");

    let before = it.fake.requests().len();
    let _: ChatResponse =
        ok(it.chat(json!({ "message": "And on Sundays?", "session_id": session_id }))).await;
    let asked = it.fake.requests().split_off(before);
    let asked =
        serde_json::to_string(&asked.iter().map(|request| &request.body).collect::<Vec<_>>()).unwrap();
    assert!(asked.contains("Mondays") && !asked.contains("4711"), "{asked}");
}

#[tokio::test]
async fn a_model_server_that_fails_gives_a_clear_error_and_loses_nothing() {
    let it = Served::start("Hello!").await;
    let failures = [
        (
            Reply::Status(500, "boom".into()),
            StatusCode::BAD_GATEWAY,
            ErrorCode::ProviderUnavailable,
        ),
        (
            Reply::Status(401, "no".into()),
            StatusCode::BAD_GATEWAY,
            ErrorCode::ProviderUnauthorized,
        ),
        (
            Reply::TooManyRequests(Some(60)),
            StatusCode::SERVICE_UNAVAILABLE,
            ErrorCode::ProviderRateLimited,
        ),
        (
            Reply::Raw("text/html", vec![b"<html>".to_vec()]),
            StatusCode::BAD_GATEWAY,
            ErrorCode::ProviderProtocol,
        ),
        (
            Reply::Cut("Half an".into()),
            StatusCode::BAD_GATEWAY,
            ErrorCode::ProviderProtocol,
        ),
    ];
    for (reply, status, code) in failures {
        it.fake.reply([reply]);
        refused(
            it.chat(json!({ "message": "How long is the warranty of a kettle?" })),
            status,
            code,
        )
        .await;
    }
    // The last one broke off in the middle: streamed, what came is shown, then the error, and it is kept as partial.
    let streamed =
        events(it.chat(json!({ "message": "How long is the warranty of a kettle?", "stream": true }))).await;
    let Some((_, ChatEvent::Error { code, retryable, .. })) = streamed.last() else {
        panic!("{streamed:?}")
    };
    assert_eq!((*code, *retryable), (ErrorCode::ProviderProtocol, true));
    let ChatEvent::Start { session_id, .. } = streamed[0].1 else {
        panic!("{streamed:?}")
    };
    // The answer is stored right after the event.
    let stored = async {
        loop {
            let conversation = it.conversation(session_id).await;
            if conversation.messages.len() == 2 {
                return conversation;
            }
            tokio::task::yield_now().await;
        }
    };
    let conversation = tokio::time::timeout(Duration::from_secs(5), stored)
        .await
        .unwrap();
    assert_eq!(
        conversation.messages[0].content,
        "How long is the warranty of a kettle?"
    );
    assert_eq!(conversation.messages[1].status, MessageStatus::Partial);
    assert_eq!(conversation.messages[1].content, "Half an");
}

#[tokio::test]
async fn visitors_learn_nothing_of_the_settings_but_the_team_does() {
    let it = Served::start(Reply::Status(401, "Incorrect API key of org-botwright".into())).await;
    let streamed = events(it.chat(json!({ "message": "How long is the warranty?", "stream": true }))).await;
    let Some((_, ChatEvent::Error { message, .. })) = streamed.last() else {
        panic!("{streamed:?}")
    };
    assert!(
        !message.contains("key") && !message.contains("org-botwright"),
        "{message}"
    );

    let provider: Vec<Value> = ok(it.app.get(&it.ada, "/api/v1/providers")).await;
    let provider = provider[0]["id"].as_str().unwrap().parse().unwrap();
    let draft = it.app.draft(&it.ada, &deployable("Draft", provider)).await;
    let path = format!("/api/v1/chatbots/draft/{}/test", draft.id);
    let streamed = events(
        it.app
            .post(&it.ada, &path, json!({ "message": "How long is the warranty?" })),
    )
    .await;
    let Some((_, ChatEvent::Error { message, .. })) = streamed.last() else {
        panic!("{streamed:?}")
    };
    assert!(message.contains("key"), "{message}");
}

#[tokio::test]
async fn who_follows_an_answer_that_nobody_writes_any_more_is_told() {
    let it = Served::start(Reply::Stall("The first words".into())).await;
    let response = it
        .chat(json!({ "message": "Go on", "stream": true }))
        .send()
        .await
        .unwrap();
    let mut body = response.bytes_stream();
    let mut seen = String::new();
    while !seen.contains("event: delta") {
        seen.push_str(&String::from_utf8_lossy(&body.next().await.unwrap().unwrap()));
    }
    let ChatEvent::Start {
        session_id,
        message_id,
    } = parse(&seen)[0].1
    else {
        panic!("{seen}")
    };
    let resumed = it.chat(json!({ "message": "Go on", "stream": true, "session_id": session_id }));
    let resumed = tokio::spawn(events(resumed.header("Last-Event-ID", format!("{message_id}:1"))));
    // What Redis does to the key of a writer that is gone.
    let key = format!("chat:{}:{session_id}:{message_id}", it.bot);
    let mut redis = it.app.services().redis.commands();
    redis::cmd("PEXPIRE")
        .arg(&key)
        .arg(300)
        .exec_async(&mut redis)
        .await
        .unwrap();
    let rest = resumed.await.unwrap();
    let Some((_, ChatEvent::Error { retryable, .. })) = rest.last() else {
        panic!("{rest:?}")
    };
    assert!(retryable);
}

#[tokio::test]
async fn nul_characters_cost_nothing() {
    let it = Served::start("Hel\0lo.").await;
    let answer: ChatResponse = ok(it.chat(json!({ "message": "Who are you?" }))).await;
    assert_eq!(answer.response, "Hello.");
    for body in [
        json!({ "message": "a\0b" }),
        json!({ "message": "Hi", "metadata": { "page": "\0" } }),
    ] {
        refused(
            it.chat(body),
            StatusCode::UNPROCESSABLE_ENTITY,
            ErrorCode::ValidationFailed,
        )
        .await;
    }
    let login = json!({ "email": "a\0@example.com", "password": "correct horse battery" });
    let login = it.app.request(Method::POST, "/api/v1/auth/login").json(&login);
    refused(
        login,
        StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::ValidationFailed,
    )
    .await;
}

#[tokio::test]
async fn a_draft_is_tested_without_a_trace() {
    let it = Served::start("From the draft.").await;
    let provider: Vec<Value> = ok(it.app.get(&it.ada, "/api/v1/providers")).await;
    let provider = provider[0]["id"].as_str().unwrap().parse().unwrap();
    let draft = it.app.draft(&it.ada, &deployable("Draft", provider)).await;
    let history = json!([{ "role": "user", "content": "Hi" }, { "role": "assistant", "content": "Hello" }]);
    let path = format!("/api/v1/chatbots/draft/{}/test", draft.id);
    let answered = events(it.app.post(
        &it.ada,
        &path,
        json!({ "message": "What now?", "history": history }),
    ))
    .await;
    assert!(
        matches!(answered.last(), Some((_, ChatEvent::Done { answered: true, .. }))),
        "{answered:?}"
    );
    let list: Page<ConversationSummary> = ok(it.app.get(&it.ada, "/api/v1/conversations")).await;
    assert!(list.items.is_empty());
}
