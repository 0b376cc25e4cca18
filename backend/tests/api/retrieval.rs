//! Why passages are found, and what people change about them.

use api_types::ErrorCode;
use api_types::bots::ChatbotContent;
use api_types::chat::ChatResponse;
use api_types::drafts::Draft;
use api_types::kb::{Chunk, Document, KnowledgeBaseContent, SearchResponse, StoredChunk};
use api_types::retrieval::{Candidate, Fate, MessageRetrieval};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use super::kb::indexed;
use crate::support::{Person, TestApp, items, ok, refused};

const BICYCLES: &str = "Bicycles are repaired in Porto, at Rua das Flores 12.";
const SURFING: &str = "Surfboards are rented in Lagos from May to October.";

/// A knowledge base of two documents with a chunk each.
struct Fixture {
    app: TestApp,
    ada: Person,
    kb: Uuid,
    /// Porto's, then Lagos's.
    documents: [Uuid; 2],
}

impl Fixture {
    async fn new() -> Self {
        let app = TestApp::start_with(|config| {
            config.worker = true;
            config.models_dir = std::env::var_os("BOTWRIGHT_MODELS_DIR").map(Into::into);
        })
        .await;
        let ada = app.sign_up().await;
        let kb = app
            .finalize(&ada, "Shops", &[("Porto", BICYCLES), ("Lagos", SURFING)])
            .await;
        indexed(&app, &ada, kb).await;
        let documents: Vec<Document> = items(app.get(&ada, &format!("/api/v1/kb/{kb}/documents"))).await;
        let by_title = |title: &str| documents.iter().find(|d| d.title == title).unwrap().id;
        let documents = [by_title("Porto"), by_title("Lagos")];
        Self {
            app,
            ada,
            kb,
            documents,
        }
    }

    fn path(&self, document: usize) -> String {
        format!("/api/v1/kb/{}/documents/{}", self.kb, self.documents[document])
    }

    /// The only chunk of a document.
    async fn chunk(&self, document: usize) -> StoredChunk {
        let path = format!("{}/chunks", self.path(document));
        let mut chunks: Vec<StoredChunk> = items(self.app.get(&self.ada, &path)).await;
        assert_eq!(chunks.len(), 1);
        chunks.remove(0)
    }

    async fn save(&self, document: usize, body: Value) -> StoredChunk {
        let id = self.chunk(document).await.chunk.id.unwrap();
        let path = format!("{}/chunks/{id}", self.path(document));
        ok(self.app.put(&self.ada, &path, body)).await
    }

    async fn search(&self, mut body: Value) -> SearchResponse {
        body["explain"] = json!(true);
        let path = format!("/api/v1/kb/{}/search", self.kb);
        ok(self.app.post(&self.ada, &path, body)).await
    }
}

fn fate(candidates: &[Candidate], chunk: &StoredChunk) -> Option<Fate> {
    let id = chunk.chunk.id?;
    candidates
        .iter()
        .find(|c| c.trace.chunk_id == id)
        .map(|c| c.trace.fate)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_candidate_has_its_places_and_its_fate() {
    let it = Fixture::new().await;
    let (porto, lagos) = (it.chunk(0).await, it.chunk(1).await);
    let found = it
        .search(json!({ "query": "Where are bicycles repaired?", "limit": 1, "expected": lagos.chunk.id }))
        .await;
    assert!(found.relevant && found.relevance > 0.5, "{}", found.relevance);
    let first = &found.candidates[0];
    assert_eq!(first.trace.chunk_id, porto.chunk.id.unwrap());
    assert_eq!(first.source.as_ref().unwrap().text, BICYCLES);
    let places = [
        first.trace.lexical,
        first.trace.vector,
        first.trace.fused,
        first.trace.close,
    ];
    assert_eq!(places.map(|place| place.unwrap().rank), [Some(1); 4]);
    assert_eq!(fate(&found.candidates, &lagos), Some(Fate::Limit));
    assert_eq!(found.expected.unwrap().trace.fate, Fate::Limit);

    let nowhere = it
        .search(json!({ "query": "bicycles", "expected": Uuid::new_v4() }))
        .await;
    assert_eq!(nowhere.expected.unwrap().trace.fate, Fate::NotFound);
    let plain: SearchResponse = ok(it.app.post(
        &it.ada,
        &format!("/api/v1/kb/{}/search", it.kb),
        json!({ "query": "bicycles" }),
    ))
    .await;
    assert_eq!(plain.candidates, [], "only when asked for");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chunk_can_be_rewritten_explained_and_switched_off() {
    let it = Fixture::new().await;
    let saved = it
        .save(
            0,
            json!({ "text": "Unicycles are mended in Braga.", "context": "velocipede", "enabled": true }),
        )
        .await;
    assert_eq!(saved.original_text.as_deref(), Some(BICYCLES));
    let found = it.search(json!({ "query": "Who mends unicycles?" })).await;
    assert_eq!(found.hits[0].chunk.text, "Unicycles are mended in Braga.");
    let by_context = it.search(json!({ "query": "velocipede" })).await;
    assert!(by_context.hits[0].lexical.is_some());

    let off = it.save(0, json!({ "text": BICYCLES, "enabled": false })).await;
    assert_eq!((off.original_text, off.enabled), (None, false));
    let found = it
        .search(json!({ "query": "Where are bicycles repaired?" }))
        .await;
    assert!(
        found.hits.iter().all(|hit| hit.title != "Porto"),
        "{:?}",
        found.hits
    );

    let path = format!("{}/chunks/{}", it.path(0), it.chunk(0).await.chunk.id.unwrap());
    let bad = json!({ "text": "", "context": "x".repeat(501), "enabled": true });
    let problem = refused(
        it.app.put(&it.ada, &path, bad),
        StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::ValidationFailed,
    )
    .await;
    let fields: Vec<&str> = problem.errors.iter().map(|e| e.field.as_str()).collect();
    assert_eq!(fields, ["text", "context"]);
    // A chunk of another document is not one of this.
    let path = format!("{}/chunks/{}", it.path(1), it.chunk(0).await.chunk.id.unwrap());
    let fine = json!({ "text": "Mine", "enabled": true });
    refused(
        it.app.put(&it.ada, &path, fine.clone()),
        StatusCode::NOT_FOUND,
        ErrorCode::NotFound,
    )
    .await;
    let eve = it.app.sign_up().await;
    let path = format!("{}/chunks/{}", it.path(0), it.chunk(0).await.chunk.id.unwrap());
    refused(
        it.app.put(&eve, &path, fine),
        StatusCode::NOT_FOUND,
        ErrorCode::NotFound,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn importance_decides_between_equals() {
    let it = Fixture::new().await;
    let question = json!({ "query": "Porto or Lagos?" });
    let last = it
        .search(question.clone())
        .await
        .hits
        .last()
        .unwrap()
        .title
        .clone();
    let document = usize::from(last == "Lagos");
    let path = it.path(document);
    let body = json!({ "tags": ["Coast ", "coast"], "importance": "high" });
    let saved: Document = ok(it.app.put(&it.ada, &path, body)).await;
    assert_eq!(saved.tags, ["coast"]);
    let text = it.chunk(document).await.chunk.text;
    it.save(
        document,
        json!({ "text": text, "importance": "high", "enabled": true }),
    )
    .await;
    assert_eq!(it.search(question).await.hits[0].title, last);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_documents_asked_for_are_searched() {
    let it = Fixture::new().await;
    let body = json!({ "tags": ["coast"], "importance": "normal" });
    let saved: Document = ok(it.app.put(&it.ada, &it.path(1), body)).await;
    assert_eq!(saved.languages, ["en"]);
    for (filter, expected) in [
        (json!({ "tags": ["Coast"] }), &["Lagos"][..]),
        (json!({ "documents": [it.documents[0]] }), &["Porto"]),
        (json!({ "kinds": ["file"] }), &[]),
        (
            json!({ "kinds": ["text"], "languages": ["en"] }),
            &["Lagos", "Porto"],
        ),
        (json!({ "languages": ["fr"] }), &[]),
    ] {
        let found = it
            .search(json!({ "query": "Porto or Lagos?", "filter": filter }))
            .await;
        let mut titles: Vec<&str> = found.hits.iter().map(|hit| hit.title.as_str()).collect();
        titles.sort_unstable();
        assert_eq!(titles, expected, "{filter}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bot_may_be_kept_to_documents_with_a_tag() {
    let it = Fixture::new().await;
    let body = json!({ "tags": ["public"], "importance": "normal" });
    let _: Document = ok(it.app.put(&it.ada, &it.path(1), body)).await;
    let content = ChatbotContent {
        name: "Shop help".into(),
        knowledge_base_ids: vec![it.kb],
        document_tags: vec![" Public".into()],
        ..ChatbotContent::default()
    };
    let bot = it.app.deploy(&it.ada, &content).await;
    for (question, expected) in [
        ("Where are bicycles repaired?", &[][..]),
        ("Where are surfboards rented?", &["Lagos"]),
    ] {
        let request = it.app.request(Method::POST, &format!("/api/v1/bots/{bot}/chat"));
        let answer: ChatResponse = ok(request.json(&json!({ "message": question }))).await;
        let titles: Vec<&str> = answer
            .sources
            .iter()
            .map(|source| source.title.as_str())
            .collect();
        assert_eq!(titles, expected, "{question} {}", answer.response);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_changed_stays_when_documents_are_cut_anew() {
    let it = Fixture::new().await;
    it.save(
        0,
        json!({ "text": "Unicycles are mended in Braga.", "importance": "low", "enabled": true }),
    )
    .await;
    let chunking = json!({ "strategy": "sentence", "size": 64, "overlap": 0 });
    let preview: Vec<Chunk> = ok(it.app.post(
        &it.ada,
        &format!("{}/preview-chunks", it.path(0)),
        json!({ "chunking": chunking }),
    ))
    .await;
    assert_eq!(
        preview.iter().map(|c| c.text.as_str()).collect::<Vec<_>>(),
        [BICYCLES],
        "the document's own text"
    );

    // Adding sources changes nothing about those there are.
    let draft: Draft<KnowledgeBaseContent> =
        ok(it.app.post(&it.ada, "/api/v1/kb/draft", json!({ "from": it.kb }))).await;
    let path = format!("/api/v1/kb/draft/{}", draft.id);
    let body = json!({ "version": draft.version, "name": "Shops", "description": "", "chunking": chunking });
    refused(
        it.app.put(&it.ada, &path, body),
        StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::ValidationFailed,
    )
    .await;

    let before = it.chunk(0).await;
    let body = json!({ "name": "Repairs", "description": "Shops", "chunking": chunking });
    let saved: Value = ok(it.app.put(&it.ada, &format!("/api/v1/kb/{}", it.kb), body)).await;
    assert_eq!(saved["name"], "Repairs");
    assert_eq!(saved["edit_count"], 1);
    indexed(&it.app, &it.ada, it.kb).await;
    let after = it.chunk(0).await;
    assert_ne!(before.chunk.id, after.chunk.id, "a new version");
    assert_eq!(
        (after.chunk.text, after.original_text, after.importance),
        (before.chunk.text, before.original_text, before.importance)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_may_not_have_a_document_cut_for_a_look() {
    let it = Fixture::new().await;
    let mut owner = PgConnection::connect(it.app.database.url.as_str()).await.unwrap();
    for table in ["workspace_members", "organization_members"] {
        let sql = format!("update {table} set role = 'viewer'");
        sqlx::query(sqlx::AssertSqlSafe(sql))
            .execute(&mut owner)
            .await
            .unwrap();
    }
    let _: Vec<StoredChunk> = items(it.app.get(&it.ada, &format!("{}/chunks", it.path(0)))).await;
    let chunking = json!({ "chunking": { "strategy": "semantic", "size": 64, "overlap": 0 } });
    let path = format!("{}/preview-chunks", it.path(0));
    refused(
        it.app.post(&it.ada, &path, chunking),
        StatusCode::FORBIDDEN,
        ErrorCode::Forbidden,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_keeps_why_it_is_what_it_is() {
    let it = Fixture::new().await;
    let content = ChatbotContent {
        name: "Shop help".into(),
        knowledge_base_ids: vec![it.kb],
        ..ChatbotContent::default()
    };
    let bot = it.app.deploy(&it.ada, &content).await;
    let chat = async |message: &str| -> ChatResponse {
        let request = it.app.request(Method::POST, &format!("/api/v1/bots/{bot}/chat"));
        ok(request.json(&json!({ "message": message }))).await
    };
    let path = |answer: &ChatResponse| {
        format!(
            "/api/v1/conversations/{}/messages/{}/retrieval",
            answer.session_id, answer.message_id
        )
    };
    let answer = chat("Where are bicycles repaired?").await;
    let why: MessageRetrieval = ok(it.app.get(&it.ada, &path(&answer))).await;
    assert_eq!(why.query, "Where are bicycles repaired?");
    assert!(why.relevant);
    assert_eq!(fate(&why.candidates, &it.chunk(0).await), Some(Fate::Given));

    let unknown = chat("Who won the chess championship of 1972?").await;
    let why: MessageRetrieval = ok(it.app.get(&it.ada, &path(&unknown))).await;
    assert!(!why.relevant);
    assert!(
        why.candidates.iter().all(|c| c.trace.fate == Fate::NotRelevant),
        "{why:?}"
    );

    let eve = it.app.sign_up().await;
    refused(
        it.app.get(&eve, &path(&answer)),
        StatusCode::NOT_FOUND,
        ErrorCode::NotFound,
    )
    .await;
    let greeting = chat("Hello").await;
    refused(
        it.app.get(&it.ada, &path(&greeting)),
        StatusCode::NOT_FOUND,
        ErrorCode::NotFound,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_new_question_is_not_taken_for_more_of_the_last_one() {
    let it = Fixture::new().await;
    let content = ChatbotContent {
        name: "Shops".into(),
        knowledge_base_ids: vec![it.kb],
        ..ChatbotContent::default()
    };
    let bot = it.app.deploy(&it.ada, &content).await;
    let path = format!("/api/v1/bots/{bot}/chat");
    let ask = async |message: &str, session: Option<Uuid>| -> ChatResponse {
        let body = json!({ "message": message, "session_id": session });
        ok(it.app.request(Method::POST, &path).json(&body)).await
    };
    let first = ask("Where are bicycles repaired?", None).await;
    assert_eq!(first.sources[0].title, "Porto");
    let second = ask("Who rents surfboards?", Some(first.session_id)).await;
    assert_eq!(second.sources[0].title, "Lagos", "{}", second.response);
    // What says nothing by itself is still searched with the question before.
    let third = ask("Until when?", Some(first.session_id)).await;
    assert_eq!(third.sources[0].title, "Lagos", "{}", third.response);
}
