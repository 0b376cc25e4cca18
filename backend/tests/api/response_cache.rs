//! Answers that are given again, for bots whose owners want that.

use api_types::analytics::Analytics;
use api_types::bots::ChatbotContent;
use api_types::chat::ChatResponse;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::chatbot_drafts::deployable;
use super::kb::indexed;
use crate::support::fake_openai::{FakeOpenAi, Reply};
use crate::support::{Person, TestApp, ok};

const QUESTION: &str = "Where are bicycles repaired?";

/// A bot of a model that cites its first passage.
struct Fixture {
    app: TestApp,
    ada: Person,
    model: FakeOpenAi,
    kb: Uuid,
    content: ChatbotContent,
}

impl Fixture {
    async fn new(response_cache: bool) -> Self {
        let model = FakeOpenAi::start(Reply::Text("In Porto. [1]".into())).await;
        let app = TestApp::start_with(|config| {
            config.worker = true;
            config.outbound_allow = vec![model.place()];
        })
        .await;
        let ada = app.sign_up().await;
        let texts = [("Porto", "Bicycles are repaired in Porto, at Rua das Flores 12.")];
        let kb = app.finalize(&ada, "Shops", &texts).await;
        indexed(&app, &ada, kb).await;
        let provider = app.provider(&ada, &model.base_url()).await;
        let content = ChatbotContent {
            knowledge_base_ids: vec![kb],
            response_cache,
            ..deployable("Shop help", provider)
        };
        Self {
            app,
            ada,
            model,
            kb,
            content,
        }
    }

    async fn ask(&self, bot: Uuid, more: Value) -> ChatResponse {
        let mut body = json!({ "message": QUESTION });
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let path = format!("/api/v1/bots/{bot}/chat");
        ok(self.app.request(Method::POST, &path).json(&body)).await
    }

    fn asked(&self) -> usize {
        self.model.requests().len()
    }

    async fn figures(&self, bot: Uuid) -> Analytics {
        let path = format!("/api/v1/analytics?bot_id={bot}");
        ok(self.app.get(&self.ada, &path)).await
    }
}

#[tokio::test]
async fn the_same_question_is_answered_again_without_asking_the_model() {
    let it = Fixture::new(true).await;
    let bot = it.app.deploy(&it.ada, &it.content).await;
    let first = it.ask(bot, json!({})).await;
    let again = it.ask(bot, json!({})).await;
    assert_eq!(it.asked(), 1);
    assert_eq!(
        (first.response.as_str(), again.response.as_str()),
        ("In Porto. [1]", "In Porto. [1]")
    );
    assert_eq!(first.sources, again.sources);
    assert_eq!(again.sources[0].title, "Porto");
    assert_ne!(first.session_id, again.session_id);
    let figures = it.figures(bot).await;
    let counted = figures.totals.figures;
    assert_eq!(
        (counted.cache_hits, counted.cache_misses, counted.answered),
        (1, 1, 2)
    );
    assert_eq!((counted.prompt_tokens, counted.completion_tokens), (11, 7));
    assert_eq!(figures.totals.rates.cache, Some(0.5));
}

#[tokio::test]
async fn whatever_the_model_would_read_differently_is_asked_anew() {
    let it = Fixture::new(true).await;
    let content = ChatbotContent {
        instructions: "Speak to people on {{plan}}.".into(),
        ..it.content.clone()
    };
    let bot = it.app.deploy(&it.ada, &content).await;
    it.ask(bot, json!({})).await;
    // Whoever asks is another one, or the page says something else of them.
    it.ask(bot, json!({ "variables": { "plan": "pro" } })).await;
    it.ask(bot, json!({ "metadata": { "city": "Lagos" } })).await;
    assert_eq!(it.asked(), 3);
    // The knowledge is another one.
    let draft: Value = ok(it.app.post(&it.ada, "/api/v1/kb/draft", json!({ "from": it.kb }))).await;
    let path = format!("/api/v1/kb/draft/{}", draft["id"].as_str().unwrap());
    let source = json!({ "kind": "text", "title": "Faro", "text": "Bicycles are repaired in Faro, too: at the station." });
    let _: Value = ok(it.app.put(
        &it.ada,
        &format!("{path}/sources"),
        json!({ "sources": [source] }),
    ))
    .await;
    let _: Value = ok(it.app.post(&it.ada, &format!("{path}/finalize"), json!({}))).await;
    indexed(&it.app, &it.ada, it.kb).await;
    it.ask(bot, json!({})).await;
    assert_eq!(it.asked(), 4);
    it.ask(bot, json!({})).await;
    assert_eq!(it.asked(), 4);
    // Another bot, though it is made of the same.
    let twin = ChatbotContent {
        name: "Twin".into(),
        ..content
    };
    let twin = it.app.deploy(&it.ada, &twin).await;
    it.ask(twin, json!({})).await;
    assert_eq!(it.asked(), 5);
}

#[tokio::test]
async fn what_has_no_answer_is_asked_anew() {
    let it = Fixture::new(true).await;
    it.model.reply([
        Reply::Text("NO_ANSWER".into()),
        Reply::Cut("In".into()),
        Reply::Text("In Porto.".into()),
    ]);
    let bot = it.app.deploy(&it.ada, &it.content).await;
    assert!(!it.ask(bot, json!({})).await.answered);
    // Broken off in the middle.
    let path = format!("/api/v1/bots/{bot}/chat");
    let broken = it
        .app
        .request(Method::POST, &path)
        .json(&json!({ "message": QUESTION }));
    assert!(broken.send().await.unwrap().status().is_server_error());
    assert_eq!(it.ask(bot, json!({})).await.response, "In Porto.");
    assert_eq!(it.asked(), 3);
}

#[tokio::test]
async fn nothing_is_given_again_unless_the_owner_wants_it() {
    let it = Fixture::new(false).await;
    let bot = it.app.deploy(&it.ada, &it.content).await;
    it.ask(bot, json!({})).await;
    it.ask(bot, json!({})).await;
    assert_eq!(it.asked(), 2);
    assert_eq!(it.figures(bot).await.totals.rates.cache, None);
}
