use api_types::ErrorCode;
use api_types::bots::{Bot, BotStatus, BotSummary};
use api_types::{Page, chat::ChatResponse};
use reqwest::{Method, StatusCode};
use serde_json::json;
use uuid::Uuid;

use super::served::Served;
use crate::support::{done, ok, refused};

#[tokio::test]
async fn a_bot_that_was_taken_down_says_so_and_can_be_put_up_again() {
    let Served {
        app,
        ada,
        bot,
        fake: _fake,
        ..
    } = Served::start("Hello!").await;
    let chat = || {
        app.request(Method::POST, &format!("/api/v1/bots/{bot}/chat"))
            .json(&json!({ "message": "Hello" }))
    };
    let _: ChatResponse = ok(chat()).await;

    let status = format!("/api/v1/bots/{bot}/status");
    done(app.put(&ada, &status, json!({ "status": "offline" }))).await;
    refused(chat(), StatusCode::CONFLICT, ErrorCode::BotOffline).await;
    let bots: Page<BotSummary> = ok(app.get(&ada, "/api/v1/bots")).await;
    assert_eq!(
        (bots.items[0].status, bots.items[0].conversation_count),
        (BotStatus::Offline, 1)
    );
    done(app.put(&ada, &status, json!({ "status": "live" }))).await;
    let _: ChatResponse = ok(chat()).await;

    done(app.delete(&ada, &format!("/api/v1/bots/{bot}"))).await;
    refused(chat(), StatusCode::NOT_FOUND, ErrorCode::NotFound).await;
    let nobody = app.request(Method::GET, &format!("/api/v1/bots/{}/config", Uuid::new_v4()));
    refused(nobody, StatusCode::NOT_FOUND, ErrorCode::NotFound).await;
}

#[tokio::test]
async fn conversations_are_counted_to_a_hundred() {
    let Served {
        app,
        ada,
        bot,
        fake: _fake,
        ..
    } = Served::start("Hello!").await;
    super::data::execute(
        &app,
        "insert into conversations (workspace_id, id, bot_id, channel)
         select workspace_id, gen_random_uuid(), id, 'api' from bots, generate_series(1, 150)",
    )
    .await;
    let read: Bot = ok(app.get(&ada, &format!("/api/v1/bots/{bot}"))).await;
    assert_eq!(read.summary.conversation_count, BotSummary::MOST_COUNTED + 1);
}
