//! The log as an operator has it: it says whose each entry is, and nothing that anybody wrote.

use reqwest::Method;
use serde_json::{Value, json};

use super::served::Served;
use crate::support::log::Log;
use crate::support::ok;

#[tokio::test]
async fn entries_say_whose_they_are_and_nothing_that_anybody_wrote() {
    let log = Log::start_json(None);
    let served = Served::start("The secret recipe is plums.").await;
    let app = &served.app;
    let body =
        json!({ "message": "What is zebra-canary-question?", "metadata": { "mail": "vera@example.org" } });
    let path = format!("/api/v1/bots/{}/chat?utm=zebra-canary-query", served.bot);
    let answer: Value = ok(app.request(Method::POST, &path).json(&body)).await;
    let text = log.text();
    let entries: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let turn = entries
        .iter()
        .find(|entry| {
            entry["message"] == "served" && entry["spans"][0]["route"] == "/api/v1/bots/{bot_id}/chat"
        })
        .unwrap_or_else(|| panic!("no entry of the turn in\n{text}"));
    let span = &turn["spans"][0];
    assert_eq!(turn["status"], 200);
    assert_eq!(span["bot_id"], served.bot.to_string());
    assert_eq!(span["workspace_id"], served.ada.workspace_id().to_string());
    assert_eq!(span["session_id"], answer["session_id"]);
    assert_eq!(span["request_id"].as_str().unwrap().len(), 36);

    let members = entries
        .iter()
        .find(|entry| entry["spans"][0]["route"] == "/api/v1/providers")
        .unwrap();
    assert_eq!(members["spans"][0]["actor"], "user");
    for canary in [
        "zebra-canary",
        "plums",
        "vera@example.org",
        &served.ada.email,
        served.ada.token(),
        "sk-test",
        "horse battery",
    ] {
        assert!(!text.contains(canary), "{canary} in\n{text}");
    }
}
