//! Models that put passages in order, from connecting one to the answers of bots.

use api_types::ErrorCode;
use api_types::bots::{ChatbotContent, ModelChoice};
use api_types::chat::ChatResponse;
use api_types::kb::SearchResponse;
use api_types::providers::{Provider, ProviderCheck, ProviderKind};
use api_types::retrieval::{MessageRetrieval, Rerank};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use super::chatbot_drafts::deployable;
use super::kb::indexed;
use super::test_sets;
use crate::support::fake_openai::{self, FakeOpenAi};
use crate::support::fake_rerank::{FakeRerank, Reply};
use crate::support::{Person, TestApp, done, ok, refused};

const QUESTION: &str = "Where are bicycles repaired?";

/// A knowledge base of two documents, a chat provider that cites the first passage, and a rerank provider.
struct Fixture {
    app: TestApp,
    ada: Person,
    kb: Uuid,
    chat: Uuid,
    rerank: Uuid,
    server: FakeRerank,
    _model: FakeOpenAi,
}

impl Fixture {
    async fn new() -> Self {
        let model = FakeOpenAi::start(fake_openai::Reply::Text("It says so. [1]".into())).await;
        let server = FakeRerank::start(Reply::Favour("Surfboards")).await;
        let places = vec![model.place(), server.place()];
        let app = TestApp::start_with(|config| {
            config.worker = true;
            // By meaning, the other document is a candidate, too.
            config.models_dir = std::env::var_os("BOTWRIGHT_MODELS_DIR").map(Into::into);
            config.outbound_allow = places;
        })
        .await;
        let ada = app.sign_up().await;
        let texts = [
            ("Porto", "Bicycles are repaired in Porto, at Rua das Flores 12."),
            ("Lagos", "Surfboards are rented in Lagos from May to October."),
        ];
        let kb = app.finalize(&ada, "Shops", &texts).await;
        indexed(&app, &ada, kb).await;
        let chat = app.provider(&ada, &model.base_url()).await;
        let rerank = connect(&app, &ada, &server, "cohere_rerank").await.id;
        Self {
            app,
            ada,
            kb,
            chat,
            rerank,
            server,
            _model: model,
        }
    }

    fn content(&self) -> ChatbotContent {
        ChatbotContent {
            knowledge_base_ids: vec![self.kb],
            max_passages: 1,
            rerank: Some(Rerank {
                provider_id: self.rerank,
                model: "rerank-v3.5".into(),
            }),
            ..deployable("Shop help", self.chat)
        }
    }

    async fn ask(&self, bot: Uuid) -> (String, MessageRetrieval) {
        let path = format!("/api/v1/bots/{bot}/chat");
        let request = self.app.request(Method::POST, &path);
        let answer: ChatResponse = ok(request.json(&json!({ "message": QUESTION }))).await;
        let path = format!(
            "/api/v1/conversations/{}/messages/{}/retrieval",
            answer.session_id, answer.message_id
        );
        let why = ok(self.app.get(&self.ada, &path)).await;
        (answer.sources[0].title.clone(), why)
    }

    async fn search(&self, rerank: Value) -> SearchResponse {
        let path = format!("/api/v1/kb/{}/search", self.kb);
        let body = json!({ "query": QUESTION, "limit": 1, "explain": true, "rerank": rerank });
        ok(self.app.post(&self.ada, &path, body)).await
    }
}

async fn connect(app: &TestApp, person: &Person, server: &FakeRerank, kind: &str) -> Provider {
    let model = if kind == "tei_rerank" { "" } else { "rerank-v3.5" };
    let body = json!({
        "name": kind, "kind": kind, "base_url": server.base_url(), "default_model": model,
        "api_key": "co-test-0123456789abcdef",
    });
    ok(app.post(person, "/api/v1/providers", body)).await
}

#[tokio::test]
async fn a_rerank_server_of_each_kind_is_connected_and_checked() {
    let server = FakeRerank::start(Reply::Favour("Paris")).await;
    let app = TestApp::start_with(|config| config.outbound_allow = vec![server.place()]).await;
    let ada = app.sign_up().await;
    for (kind, path) in [
        ("cohere_rerank", "/v2/rerank"),
        ("jina_rerank", "/v1/rerank"),
        ("tei_rerank", "/rerank"),
    ] {
        let provider = connect(&app, &ada, &server, kind).await;
        assert_eq!(provider.kind.as_str(), kind);
        let check = format!("/api/v1/providers/{}/check", provider.id);
        let checked: ProviderCheck = ok(app.post(&ada, &check, json!({}))).await;
        assert!(checked.ok, "{}", checked.message);
        assert_eq!(server.requests().pop().unwrap().path, path);
        server.reply(Reply::Status(401, "no"));
        let checked: ProviderCheck = ok(app.post(&ada, &check, json!({}))).await;
        assert!(!checked.ok && checked.message.contains("does not accept the key"));
        server.reply(Reply::Favour("Paris"));

        // What it is stays; all else can be changed without naming it.
        let path = format!("/api/v1/providers/{}", provider.id);
        let mut body =
            json!({ "name": format!("My {kind}"), "base_url": server.base_url(), "default_model": "m" });
        let saved: Provider = ok(app.put(&ada, &path, &body)).await;
        assert_eq!((saved.kind, saved.default_model.as_str()), (provider.kind, "m"));
        body["kind"] = json!("openai");
        let problem = invalid(app.put(&ada, &path, body)).await;
        assert_eq!(problem, ["kind"]);
    }
    let listed: Vec<Provider> = ok(app.get(&ada, "/api/v1/providers")).await;
    assert!(listed.iter().all(|provider| provider.kind.is_rerank()));
    for (kind, field) in [("cohere_rerank", "default_model"), ("tei_rerank", "base_url")] {
        let base_url = if field == "base_url" {
            "http://127.0.0.1:1"
        } else {
            "https://example.com"
        };
        let body = json!({ "name": "x", "kind": kind, "base_url": base_url, "default_model": "" });
        assert_eq!(invalid(app.post(&ada, "/api/v1/providers", body)).await, [field]);
    }
    // Those that were there before, and those that name no kind, write answers.
    let plain = json!({ "name": "Plain", "base_url": "https://example.com", "default_model": "m" });
    let plain: Provider = ok(app.post(&ada, "/api/v1/providers", plain)).await;
    assert_eq!(plain.kind, ProviderKind::Openai);
}

/// The fields that a request is refused for.
async fn invalid(request: reqwest::RequestBuilder) -> Vec<String> {
    let problem = refused(
        request,
        StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::ValidationFailed,
    )
    .await;
    problem.errors.into_iter().map(|error| error.field).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bot_cites_what_its_reranker_puts_first_and_answers_as_before_without_it() {
    let it = Fixture::new().await;
    let plain = ChatbotContent {
        name: "Plain".into(),
        rerank: None,
        ..it.content()
    };
    let plain = it.app.deploy(&it.ada, &plain).await;
    let (before, why) = it.ask(plain).await;
    assert_eq!((before.as_str(), why.rerank_error), ("Porto", None));
    assert_eq!(it.server.requests().len(), 0);

    let bot = it.app.deploy(&it.ada, &it.content()).await;
    let (cited, why) = it.ask(bot).await;
    assert_eq!((cited.as_str(), why.rerank_error), ("Lagos", None));
    let ranks: Vec<_> = why
        .candidates
        .iter()
        .map(|c| c.trace.reranked.unwrap().rank)
        .collect();
    assert_eq!(ranks, [Some(1), Some(2)]);
    let request = it.server.requests().pop().unwrap();
    assert_eq!(request.body["query"], QUESTION);
    assert_eq!(request.body["model"], "rerank-v3.5");
    let key = "Bearer co-test-0123456789abcdef";
    assert_eq!(request.authorization.as_deref(), Some(key));

    for reply in [
        Reply::Status(500, "down"),
        Reply::TooManyRequests(30),
        Reply::Silence,
    ] {
        it.server.reply(reply);
        let (cited, why) = it.ask(bot).await;
        assert_eq!(cited, before);
        assert!(why.rerank_error.is_some());
        assert!(why.candidates.iter().all(|c| c.trace.reranked.is_none()));
    }

    let path = format!("/api/v1/providers/{}", it.rerank);
    refused(
        it.app.delete(&it.ada, &path),
        StatusCode::CONFLICT,
        ErrorCode::InUse,
    )
    .await;
    done(it.app.delete(&it.ada, &format!("/api/v1/bots/{bot}"))).await;
    done(it.app.delete(&it.ada, &path)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reranker_that_is_away_is_left_alone_for_a_while() {
    let it = Fixture::new().await;
    let bot = it.app.deploy(&it.ada, &it.content()).await;
    it.server.reply(Reply::Status(500, "down"));
    for _ in 0..3 {
        let (_, why) = it.ask(bot).await;
        assert!(why.rerank_error.unwrap().contains("500"));
    }
    let asked = it.server.requests().len();
    let (title, why) = it.ask(bot).await;
    assert_eq!(title, "Porto", "the order of the search");
    let error = why.rerank_error.unwrap();
    assert!(
        error.contains("failed several times in a row, so it is not asked for another"),
        "{error}"
    );
    assert_eq!(it.server.requests().len(), asked);

    // Another provider on the same server is asked all the same.
    let other = connect(&it.app, &it.ada, &it.server, "jina_rerank").await.id;
    let rerank = json!({ "provider_id": other, "model": "m" });
    assert!(it.search(rerank).await.rerank_error.unwrap().contains("500"));
    assert_eq!(it.server.requests().len(), asked + 1);

    // An admin who checks it, and sees that it answers, need not wait.
    it.server.reply(Reply::Favour("Surfboards"));
    let check = format!("/api/v1/providers/{}/check", it.rerank);
    let checked: ProviderCheck = ok(it.app.post(&it.ada, &check, json!({}))).await;
    assert!(checked.ok);
    let (title, why) = it.ask(bot).await;
    assert_eq!((title.as_str(), why.rerank_error), ("Lagos", None));
}

#[tokio::test(flavor = "multi_thread")]
async fn test_runs_ask_the_reranker_and_say_when_it_was_away() {
    let it = Fixture::new().await;
    let bot = it.app.deploy(&it.ada, &it.content()).await;
    let set = test_sets::set(&it.app, &it.ada, "Shops").await;
    let lagos = json!({ "kind": "answered", "passage": { "text": "rented in Lagos" } });
    test_sets::add(&it.app, &it.ada, set, QUESTION, lagos).await;
    let target = json!({ "bot_id": bot });
    let figures = test_sets::run(&it.app, &it.ada, set, target.clone())
        .await
        .run
        .figures
        .unwrap();
    assert_eq!((figures.passed, figures.degraded), (1, 0));
    it.server.reply(Reply::Status(500, "down"));
    let figures = test_sets::run(&it.app, &it.ada, set, target)
        .await
        .run
        .figures
        .unwrap();
    assert_eq!((figures.passed, figures.degraded), (0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_search_of_a_knowledge_base_can_be_reranked() {
    let it = Fixture::new().await;
    let plain = it.search(Value::Null).await;
    assert_eq!(plain.hits[0].title, "Porto");
    let rerank = json!({ "provider_id": it.rerank, "model": "rerank-v3.5" });
    let reranked = it.search(rerank.clone()).await;
    assert_eq!(reranked.hits[0].title, "Lagos");
    assert_eq!(
        (reranked.relevance, reranked.rerank_error),
        (plain.relevance, None)
    );
    it.server.reply(Reply::Raw("[]".into()));
    let failed = it.search(rerank.clone()).await;
    assert_eq!(failed.hits, plain.hits);
    assert!(failed.rerank_error.unwrap().contains("not a ranking"));

    let path = format!("/api/v1/kb/{}/search", it.kb);
    let asked = it.server.requests().len();
    for provider_id in [it.chat, Uuid::new_v4()] {
        let body = json!({ "query": QUESTION, "rerank": { "provider_id": provider_id } });
        assert_eq!(
            invalid(it.app.post(&it.ada, &path, body)).await,
            ["rerank.provider_id"]
        );
    }
    // Another workspace's provider is none.
    let eve = it.app.sign_up().await;
    let kb = it
        .app
        .finalize(&eve, "Hers", &[("Faro", "Boats leave from Faro.")])
        .await;
    let body = json!({ "query": QUESTION, "rerank": rerank });
    let path = format!("/api/v1/kb/{kb}/search");
    assert_eq!(
        invalid(it.app.post(&eve, &path, body)).await,
        ["rerank.provider_id"]
    );
    assert_eq!(it.server.requests().len(), asked);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bot_is_deployed_only_with_providers_that_do_what_it_wants() {
    let it = Fixture::new().await;
    let fields = async |person: &Person, content: &ChatbotContent| -> Vec<String> {
        let draft = it.app.draft(person, content).await;
        let path = format!("/api/v1/chatbots/draft/{}/deploy", draft.id);
        let deploy = it.app.post(person, &path, json!({}));
        let problem = refused(deploy, StatusCode::UNPROCESSABLE_ENTITY, ErrorCode::DraftInvalid).await;
        problem.errors.into_iter().map(|error| error.field).collect()
    };
    let swapped = ChatbotContent {
        model: ModelChoice::Provider {
            provider_id: it.rerank,
            model: "m".into(),
            temperature: None,
        },
        rerank: Some(Rerank {
            provider_id: it.chat,
            model: "m".into(),
        }),
        ..it.content()
    };
    let expected = ["content.model.provider_id", "content.rerank.provider_id"];
    assert_eq!(fields(&it.ada, &swapped).await, expected);
    let mut unnamed = it.content();
    unnamed.rerank.as_mut().unwrap().model = " ".into();
    assert_eq!(fields(&it.ada, &unnamed).await, ["content.rerank.model"]);
    let eve = it.app.sign_up().await;
    let mut foreign = it.content();
    foreign.knowledge_base_ids.clear();
    assert_eq!(fields(&eve, &foreign).await, expected);
    // A server with one model needs no name.
    let mut one_model = it.content();
    let provider_id = connect(&it.app, &it.ada, &it.server, "tei_rerank").await.id;
    one_model.rerank = Some(Rerank {
        provider_id,
        model: String::new(),
    });
    it.app.deploy(&it.ada, &one_model).await;
}
