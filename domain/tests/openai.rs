//! Conversations with model servers that behave, and with all the others.
#![expect(clippy::unwrap_used, reason = "a test that can't be set up has failed")]

#[expect(dead_code, reason = "tests of the server hold answers back")]
#[path = "support/fake_openai.rs"]
mod fake_openai;

use std::time::Duration;

use api_types::ErrorCode;
use domain::Error;
use domain::llm::openai::{OpenAi, Patience};
use domain::llm::{ChatCompletion, Message, Piece, Role, Usage};
use domain::outbound::Outbound;
use fake_openai::{FakeOpenAi, MODEL, Reply, event};
use futures::StreamExt;
use serde_json::{Value, json};

const KEY: &str = "sk-test-0123456789";
const LIMIT: Duration = Duration::from_secs(10);

fn client(server: &FakeOpenAi) -> OpenAi {
    let outbound = Outbound::new(&[server.place()]).unwrap();
    OpenAi::new(outbound, &server.base_url(), Some(KEY.to_owned().into())).unwrap()
}

fn hasty(server: &FakeOpenAi) -> OpenAi {
    let short = Duration::from_millis(300);
    client(server).with_patience(Patience {
        first_byte: short,
        stall: short,
    })
}

fn question() -> ChatCompletion {
    let messages = vec![
        Message::new(Role::System, "Be brief."),
        Message::new(Role::User, "Why?"),
    ];
    ChatCompletion {
        model: MODEL.to_owned(),
        messages,
        temperature: Some(0.5),
        max_tokens: 200,
    }
}

/// The answer's text, its cost, and the error that ended it.
async fn ask(client: &OpenAi) -> (String, Option<Usage>, Option<Error>) {
    let (mut text, mut usage) = (String::new(), None);
    let mut pieces = match client.stream(&question()).await {
        Ok(pieces) => pieces,
        Err(error) => return (text, usage, Some(error)),
    };
    while let Some(piece) = pieces.next().await {
        match piece {
            Ok(Piece::Text(piece)) => text.push_str(&piece),
            Ok(Piece::Usage(cost)) => usage = Some(cost),
            Err(error) => return (text, usage, Some(error)),
        }
    }
    (text, usage, None)
}

async fn reply(reply: Reply) -> (String, Option<Error>) {
    let server = FakeOpenAi::start(reply).await;
    let (text, _, error) = ask(&client(&server)).await;
    (text, error)
}

#[track_caller]
fn assert_error(error: Option<Error>, code: ErrorCode, says: &str) {
    let error = error.unwrap();
    assert_eq!(error.code(), code, "{error}");
    assert!(error.to_string().contains(says), "{error}");
}

fn raw(slices: &[&[u8]]) -> Reply {
    Reply::Raw(
        "text/event-stream",
        slices.iter().map(|slice| slice.to_vec()).collect(),
    )
}

#[tokio::test]
async fn an_answer_streams_with_its_cost() {
    let server = FakeOpenAi::start(Reply::Text("Because it rains.".to_owned())).await;
    let (text, usage, error) = ask(&client(&server)).await;
    assert_eq!(text, "Because it rains.");
    assert_eq!(
        usage,
        Some(Usage {
            prompt_tokens: 11,
            completion_tokens: 7
        })
    );
    assert!(error.is_none());

    let request = server.requests().remove(0);
    assert_eq!(
        request.authorization.as_deref(),
        Some("Bearer sk-test-0123456789")
    );
    let expected = json!({
        "model": MODEL, "temperature": 0.5, "max_tokens": 200, "stream": true,
        "stream_options": { "include_usage": true },
        "messages": [{ "role": "system", "content": "Be brief." }, { "role": "user", "content": "Why?" }],
    });
    assert_eq!(request.body, expected);
}

#[tokio::test]
async fn pieces_arrive_before_the_end() {
    let server = FakeOpenAi::start(Reply::Stall("One two three ".to_owned())).await;
    let mut pieces = client(&server).stream(&question()).await.unwrap();
    let mut text = String::new();
    while text != "One two three " {
        match pieces.next().await.unwrap().unwrap() {
            Piece::Text(piece) => text.push_str(&piece),
            Piece::Usage(_) => panic!("it ended after {text:?}"),
        }
    }
}

#[tokio::test]
async fn tokens_that_came_together_are_one_piece() {
    let token = |text: &str| event(&json!({ "choices": [{ "delta": { "content": text } }] }));
    let end = json!({ "choices": [{ "delta": {}, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": 3, "completion_tokens": 100 } });
    let many: Vec<Vec<u8>> = (0..100).map(|_| token("a\0b")).collect();
    let slices = vec![many.concat(), event(&end)];
    let server = FakeOpenAi::start(Reply::Raw("text/event-stream", slices)).await;
    let pieces = client(&server).stream(&question()).await.unwrap();
    let pieces: Vec<Piece> = pieces.map(Result::unwrap).collect().await;
    let usage = Usage {
        prompt_tokens: 3,
        completion_tokens: 100,
    };
    // Others have their turn every 64 events.
    let text = |count| Piece::Text("ab".repeat(count));
    assert_eq!(pieces, [text(64), text(36), Piece::Usage(usage)]);
}

#[tokio::test]
async fn a_server_without_streams_is_understood() {
    let server = FakeOpenAi::start(Reply::Json("All at once.".to_owned())).await;
    let (text, usage, error) = ask(&client(&server)).await;
    assert_eq!((text.as_str(), error.is_none()), ("All at once.", true));
    assert_eq!(
        usage,
        Some(Usage {
            prompt_tokens: 11,
            completion_tokens: 7
        })
    );
}

#[tokio::test]
async fn complete_joins_the_pieces() {
    let server = FakeOpenAi::start(Reply::Echo).await;
    let answer = client(&server).complete(&question(), LIMIT).await.unwrap();
    let echoed: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(echoed, json!(question().messages));

    server.reply([Reply::Stall("Never ends".to_owned())]);
    let error = client(&server)
        .complete(&question(), Duration::from_millis(200))
        .await
        .err();
    assert_error(error, ErrorCode::ProviderUnavailable, "did not answer in time");
}

#[tokio::test]
async fn odd_but_legal_streams_are_read() {
    let sloppy: &[&[u8]] = &[
        b"\xef\xbb\xbf: OPENROUTER PROCESSING\r\n\r\nevent: message\r\nid: 1\r\nretry: 5\r\n",
        b"data:{\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":null}}]}\r\n\r\n",
        b"data: {\"choices\":[{\"delta\":{\"reasoning_content\":\"secret thoughts\"}}]}\r\n\r\n",
        b"data: {\"choices\":[{\"delta\":\r\ndata: {\"content\":\"gr",
        b"\xc3",
        b"\xbc\xc3\x9f \xf0\x9f\x98",
        b"\x80\"}}]}\r\n\r\n",
        b"data: {\"choices\":[{\"delta\":{\"content\":\"!\"},\"finish_reason\":\"stop\"}]}",
    ];
    let (text, error) = reply(raw(sloppy)).await;
    assert_eq!(text, "grüß 😀!");
    assert!(error.is_none(), "{error:?}");

    let bytes: Vec<Vec<u8>> = sloppy.concat().chunks(1).map(<[u8]>::to_vec).collect();
    let (text, error) = reply(Reply::Raw("text/event-stream; charset=utf-8", bytes)).await;
    assert_eq!((text.as_str(), error.is_none()), ("grüß 😀!", true));
}

#[tokio::test]
async fn a_finished_answer_needs_no_done() {
    let last = event(&json!({ "choices": [{ "delta": { "content": "Yes." }, "finish_reason": "stop" }] }));
    let server = FakeOpenAi::start(Reply::Raw("", vec![last])).await;
    let (text, usage, error) = ask(&client(&server)).await;
    assert_eq!((text.as_str(), usage, error.is_none()), ("Yes.", None, true));
}

#[tokio::test]
async fn options_that_a_model_turns_down_are_adapted() {
    let server = FakeOpenAi::start(Reply::Echo).await;
    server.reply([
        Reply::Status(
            400,
            "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.".to_owned(),
        ),
        Reply::Status(
            400,
            "'temperature' does not support 0.5 with this model.".to_owned(),
        ),
        Reply::Status(422, "stream_options: Extra inputs are not permitted".to_owned()),
        Reply::Text("Fine.".to_owned()),
    ]);
    let (text, _, error) = ask(&client(&server)).await;
    assert_eq!((text.as_str(), error.is_none()), ("Fine.", true));
    let body = server.requests().pop().unwrap().body;
    assert_eq!(body["max_completion_tokens"], 200);
    for dropped in ["max_tokens", "temperature", "stream_options"] {
        assert!(body.get(dropped).is_none(), "{dropped}");
    }

    server.reply([Reply::Status(
        400,
        "temperature, max_tokens and stream_options are all wrong".to_owned(),
    )]);
    let (_, _, error) = ask(&client(&server)).await;
    assert_error(
        error,
        ErrorCode::ProviderUnavailable,
        "refused the request (400). It says: temperature,",
    );
}

#[tokio::test]
async fn refusals_are_told_apart() {
    use ErrorCode::{ProviderProtocol, ProviderRateLimited, ProviderUnauthorized, ProviderUnavailable};
    let secret = format!("Incorrect API key provided: {KEY}.");
    for (answer, code, says) in [
        (
            Reply::Status(401, secret.clone()),
            ProviderUnauthorized,
            "does not accept the key",
        ),
        (
            Reply::Status(403, secret.clone()),
            ProviderUnauthorized,
            "does not let this key",
        ),
        (
            Reply::Status(404, "No model `x`.".to_owned()),
            ProviderUnavailable,
            "It says: No model `x`.",
        ),
        (
            Reply::Status(400, secret.clone()),
            ProviderUnavailable,
            "It says: Incorrect API key provided: ….",
        ),
        (
            Reply::Status(500, "oops".to_owned()),
            ProviderUnavailable,
            "problem of its own (500). It says: oops",
        ),
        (
            Reply::Status(503, String::new()),
            ProviderUnavailable,
            "problem of its own (503).",
        ),
        (
            Reply::TooManyRequests(None),
            ProviderRateLimited,
            "It says: You exceeded your current quota.",
        ),
        (
            Reply::TooManyRequests(Some(60)),
            ProviderRateLimited,
            "asks to slow down for 60 s",
        ),
        (
            Reply::Redirect("http://127.0.0.1:1/".to_owned()),
            ProviderProtocol,
            "redirects elsewhere",
        ),
    ] {
        let server = FakeOpenAi::start(answer).await;
        let (text, _, error) = ask(&client(&server)).await;
        assert_eq!(text, "");
        assert!(
            !error.as_ref().unwrap().to_string().contains(KEY),
            "the key leaks: {error:?}"
        );
        assert_error(error, code, says);
        assert_eq!(server.requests().len(), 1, "no retry");
    }
}

#[tokio::test]
async fn the_key_does_not_follow_redirects() {
    let other = FakeOpenAi::start(Reply::Text("caught".to_owned())).await;
    let server = FakeOpenAi::start(Reply::Redirect(format!("{}/chat/completions", other.base_url()))).await;
    let outbound = Outbound::new(&[server.place(), other.place()]).unwrap();
    let client = OpenAi::new(outbound, &server.base_url(), Some(KEY.to_owned().into())).unwrap();
    assert_error(
        ask(&client).await.2,
        ErrorCode::ProviderProtocol,
        "redirects elsewhere",
    );
    assert!(other.requests().is_empty());
}

#[tokio::test]
async fn a_short_wait_is_retried_once() {
    let server = FakeOpenAi::start(Reply::Echo).await;
    server.reply([Reply::TooManyRequests(Some(0)), Reply::Text("Now.".to_owned())]);
    let (text, _, error) = ask(&client(&server)).await;
    assert_eq!((text.as_str(), error.is_none()), ("Now.", true));

    server.reply([Reply::TooManyRequests(Some(0))]);
    assert_error(
        ask(&client(&server)).await.2,
        ErrorCode::ProviderRateLimited,
        "slow down",
    );
    assert_eq!(server.requests().len(), 4, "one retry a question");
}

#[tokio::test]
async fn a_dead_server_is_unavailable() {
    let server = FakeOpenAi::start(Reply::Echo).await;
    let client = client(&server);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = listener.local_addr().unwrap().to_string();
    drop(listener);
    let dead = OpenAi::new(
        Outbound::new(std::slice::from_ref(&closed)).unwrap(),
        &format!("http://{closed}"),
        None,
    );
    assert_error(
        ask(&dead.unwrap()).await.2,
        ErrorCode::ProviderUnavailable,
        "does not accept connections",
    );
    assert!(ask(&client).await.2.is_none());
}

#[tokio::test]
async fn an_inward_address_is_refused() {
    let server = FakeOpenAi::start(Reply::Echo).await;
    let error = OpenAi::new(Outbound::new(&[]).unwrap(), &server.base_url(), None).err();
    assert_error(error, ErrorCode::UrlForbidden, "BOTWRIGHT_OUTBOUND_ALLOW");
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn silence_is_unavailable() {
    for silent in [Reply::Silence, Reply::HeadOnly] {
        let server = FakeOpenAi::start(silent).await;
        let (text, _, error) = ask(&hasty(&server)).await;
        assert_eq!(text, "");
        assert_eq!(error.unwrap().code(), ErrorCode::ProviderUnavailable);
        assert_eq!(server.requests().len(), 1, "no retry");
    }
}

#[tokio::test]
async fn a_stall_ends_the_answer() {
    let server = FakeOpenAi::start(Reply::Stall("It was the".to_owned())).await;
    let (text, _, error) = ask(&hasty(&server)).await;
    assert_eq!(text, "It was the");
    assert_error(
        error,
        ErrorCode::ProviderUnavailable,
        "stopped sending before its answer was complete",
    );
}

#[tokio::test]
async fn a_cut_is_noticed() {
    for (cut, says) in [
        (Reply::Cut("It was".to_owned()), "broke off before its end"),
        (Reply::Broken("It was".to_owned()), "broke off"),
        (
            Reply::ErrorInStream("It was".to_owned(), format!("overloaded {KEY}")),
            "It says: overloaded …",
        ),
    ] {
        let (text, error) = reply(cut).await;
        assert_eq!(text, "It was");
        assert_error(error, ErrorCode::ProviderProtocol, says);
    }
}

#[tokio::test]
async fn garbage_is_a_protocol_error() {
    let empty = event(&json!({ "choices": [{ "delta": {}, "finish_reason": "length" }] }));
    let long_line = [b"data: ".to_vec(), vec![b'x'; 1 << 21]].concat();
    for (garbage, says) in [
        (raw(&[b"data: {not json}\n\n"]), "not a chat completion"),
        (raw(&[b"\xff\xfe\xfd\n\n"]), "not text"),
        (raw(&[b"<html>Bad gateway</html>\n"]), "not an event stream"),
        (
            raw(&[b"{\"error\":{\"message\":\"no GPU left\"}}\n"]),
            "It says: no GPU left",
        ),
        (
            raw(&[&empty]),
            "ended without an answer. It says: finish reason: length",
        ),
        (raw(&[b"data: [DONE]\n\n"]), "ended without an answer"),
        (raw(&[]), "broke off"),
        (raw(&[&long_line]), "more than 1 MB"),
        (raw(&[&b"data: x\n".repeat(1 << 20)]), "more than 1 MB"),
        (
            Reply::Raw("text/html", vec![b"<html>".to_vec()]),
            "sent text/html instead",
        ),
        (
            Reply::Raw("application/json", vec![b"{\"error\":\"asleep\"}".to_vec()]),
            "It says: asleep",
        ),
        (
            Reply::Raw("application/json", vec![b"\"asleep\"".to_vec()]),
            "not a chat completion",
        ),
        (
            Reply::Raw("application/json", vec![b"{".to_vec()]),
            "not a chat completion",
        ),
        (
            Reply::Raw("application/json", vec![vec![b' '; 1 << 21]]),
            "more than 1 MB",
        ),
    ] {
        let (text, error) = reply(garbage).await;
        assert_eq!(text, "", "{says}");
        assert_error(error, ErrorCode::ProviderProtocol, says);
    }
}

#[tokio::test]
async fn an_endless_answer_is_capped() {
    let (text, error) = reply(Reply::Text("word ".repeat(20_000))).await;
    assert!(
        text.len() <= 64 * 1024 && text.len() > 60 * 1024,
        "{}",
        text.len()
    );
    assert_error(error, ErrorCode::ProviderProtocol, "longer than 64 KB");
}
