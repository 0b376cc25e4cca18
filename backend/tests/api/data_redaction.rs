//! With redaction on, what visitors write about themselves reaches neither Postgres nor Redis nor a model.

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::served::Served;
use crate::support::fake_openai::Reply;
use crate::support::{ok, traces};

const SECRETS: [&str; 3] = [
    "ada.lovelace+shop@example.com",
    "+49 30 90182015",
    "4111 1111 1111 1111",
];

#[tokio::test(flavor = "multi_thread")]
async fn nothing_raw_is_stored_or_sent() {
    let served = Served::start_with(
        "Hello!",
        |_| {},
        |content| content.instructions = "You talk to {{name}}.".into(),
    );
    let Served {
        app, ada, bot, fake, ..
    } = served.await;
    let path = format!("/api/v1/bots/{bot}/chat");
    // Before it is on, the bot is in the cache as it was.
    let plain: Value = ok(app
        .request(Method::POST, &path)
        .json(&json!({ "message": "I am early@example.net" })))
    .await;
    let _: Value = ok(app.put(&ada, "/api/v1/data/policy", json!({ "redacts": true }))).await;

    // What was said before is not sent on any more.
    let asked = fake.requests().len();
    let again = json!({ "message": "And does it know me still?", "session_id": plain["session_id"] });
    let _: Value = ok(app.request(Method::POST, &path).json(&again)).await;
    let later = fake.requests().split_off(asked);
    assert!(!later.is_empty());
    for request in later {
        let body = request.body.to_string();
        assert!(
            body.contains("[email]") && !body.contains("early@example.net"),
            "{body}"
        );
    }

    // From here on the model gives back all that it was given.
    fake.reply([Reply::Echo]);
    let id = Uuid::new_v4().simple().to_string();
    let said = format!(
        "I am {id}: {}, {} and {}. Where is order 20261122-7781?",
        SECRETS[0], SECRETS[1], SECRETS[2]
    );
    let body =
        json!({ "message": said, "metadata": { "mail": SECRETS[0] }, "variables": { "name": SECRETS[1] } });
    let first: Value = ok(app.request(Method::POST, &path).json(&body)).await;
    // A follow-up is rewritten by the model and searched again; a stream is kept in Redis.
    let next = json!({ "message": format!("And it? My card is {}", SECRETS[2]), "session_id": first["session_id"], "stream": true });
    let stream = app.request(Method::POST, &path).json(&next).send().await.unwrap();
    stream.text().await.unwrap();
    // Where there is no answer, the question becomes a gap.
    fake.reply([Reply::Text("NO_ANSWER".into())]);
    let gap = json!({ "message": format!("Please call me back under {} about my parcel", SECRETS[1]) });
    let _: Value = ok(app.request(Method::POST, &path).json(&gap)).await;
    // A client of the OpenAI-compatible endpoint sends the history along.
    let key: Value = ok(app.post(
        &ada,
        "/api/v1/api-keys",
        json!({ "name": "Chat", "scopes": ["chat"] }),
    ))
    .await;
    let messages = json!([
        { "role": "user", "content": format!("I am {}", SECRETS[0]) },
        { "role": "assistant", "content": "Hello!" },
        { "role": "user", "content": format!("And my number is {}, do you see it?", SECRETS[2]) },
    ]);
    let completion = app
        .request(Method::POST, "/v1/chat/completions")
        .bearer_auth(key["key"].as_str().unwrap());
    let _: Value = ok(completion.json(&json!({ "model": bot, "messages": messages }))).await;

    for secret in SECRETS {
        assert_eq!(traces::of(&app, secret).await, Vec::<String>::new(), "{secret}");
        for request in fake.requests() {
            assert!(
                !request.body.to_string().contains(secret),
                "{secret} in {}",
                request.body
            );
        }
    }
    let conversation = format!("/api/v1/conversations/{}", first["session_id"].as_str().unwrap());
    let stored: Value = ok(app.get(&ada, &conversation)).await;
    let expected = format!("I am {id}: [email], [phone] and [card]. Where is order 20261122-7781?");
    assert_eq!(stored["messages"][0]["content"], expected);

    // Switched off again, it counts with the next message.
    let _: Value = ok(app.put(&ada, "/api/v1/data/policy", json!({ "redacts": false }))).await;
    let off = json!({ "message": "I am bob@example.org", "session_id": plain["session_id"] });
    let _: Value = ok(app.request(Method::POST, &path).json(&off)).await;
    assert!(
        traces::of(&app, "bob@example.org")
            .await
            .contains(&"public.messages".to_owned())
    );
}
