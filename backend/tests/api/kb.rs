//! Knowledge bases over HTTP, from upload to a cited answer.

use api_types::ErrorCode;
use api_types::bots::ChatbotContent;
use api_types::kb::{KnowledgeBase, SuggestedQuestions};
use reqwest::multipart::{Form, Part};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Person, TestApp, ok, refused};

/// Asks until every document is indexed.
pub async fn indexed(app: &TestApp, person: &Person, id: Uuid) -> KnowledgeBase {
    loop {
        let base: KnowledgeBase = ok(app.get(person, &format!("/api/v1/kb/{id}"))).await;
        assert_eq!(base.progress.failed, 0);
        if base.progress.indexed == base.progress.total {
            return base;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_uploaded_is_found_answered_from_and_deleted() {
    let app = TestApp::start_with(|config| config.worker = true).await;
    let ada = app.sign_up().await;
    let texts = [
        ("Porto", "Bicycles are repaired in Porto, at Rua das Flores 12."),
        ("Lagos", "Surfboards are rented in Lagos from May to October."),
    ];
    let kb = app.finalize(&ada, "Shops", &texts).await;
    let base = indexed(&app, &ada, kb).await;
    assert_eq!((base.progress.total, base.chunk_count), (2, 2));

    let hits: Value = ok(app.post(
        &ada,
        &format!("/api/v1/kb/{kb}/search"),
        json!({ "query": "repair a bicycle" }),
    ))
    .await;
    assert!(hits.to_string().contains("Rua das Flores"), "{hits}");

    let content = ChatbotContent {
        name: "Shop help".into(),
        knowledge_base_ids: vec![kb],
        ..ChatbotContent::default()
    };
    let bot = app.deploy(&ada, &content).await;
    let chat = |message: &str| {
        app.request(Method::POST, &format!("/api/v1/bots/{bot}/chat"))
            .json(&json!({ "message": message }))
    };
    let answer: Value = ok(chat("Where are bicycles repaired?")).await;
    assert!(
        answer["response"].as_str().unwrap().contains("Rua das Flores 12"),
        "{answer}"
    );
    assert_eq!(answer["sources"][0]["title"], "Porto");
    assert_eq!(answer["answered"], true);
    let unknown: Value = ok(chat("Who won the chess championship of 1972?")).await;
    assert_eq!(unknown["answered"], false, "{unknown}");
    assert_eq!(unknown["sources"], json!([]));

    // A knowledge base that a live bot answers from stays.
    let path = format!("/api/v1/kb/{kb}");
    refused(app.delete(&ada, &path), StatusCode::CONFLICT, ErrorCode::InUse).await;
}

#[tokio::test]
async fn bad_uploads_are_refused_and_the_draft_stays_as_it_was() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let draft = app
        .kb_draft(&ada, "Files", &[("Porto", "Bicycles are repaired in Porto.")])
        .await;
    let path = format!("/api/v1/kb/draft/{}", draft.id);
    let upload = |form: Form| {
        app.request(Method::PUT, &format!("{path}/sources"))
            .bearer_auth(ada.token())
            .multipart(form)
    };
    let file =
        |bytes: Vec<u8>, name: &'static str| Form::new().part("file", Part::bytes(bytes).file_name(name));

    let large = upload(file(vec![b'a'; (20 << 20) + 1], "large.txt"));
    let problem = refused(
        large,
        StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::ValidationFailed,
    )
    .await;
    assert!(problem.errors[0].message.contains("20 MB"), "{problem:?}");
    let huge = upload(file(vec![b'a'; (64 << 20) + 1], "huge.txt"));
    refused(huge, StatusCode::PAYLOAD_TOO_LARGE, ErrorCode::PayloadTooLarge).await;
    let empty = upload(file(Vec::new(), "empty.txt"));
    let problem = refused(
        empty,
        StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::ValidationFailed,
    )
    .await;
    assert!(problem.errors[0].message.contains("empty"), "{problem:?}");
    let none = upload(Form::new().text("note", "no file here"));
    let problem = refused(
        none,
        StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::ValidationFailed,
    )
    .await;
    assert_eq!(problem.errors[0].field, "file");
    let cut = app
        .request(Method::PUT, &format!("{path}/sources"))
        .bearer_auth(ada.token())
        .header("content-type", "multipart/form-data; boundary=x")
        .body("--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\ncut");
    refused(cut, StatusCode::BAD_REQUEST, ErrorCode::MalformedRequest).await;

    let after: Value = ok(app.get(&ada, &path)).await;
    assert_eq!(after["version"], draft.version);
    assert_eq!(after["content"]["sources"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_to_offer_are_those_it_can_answer() {
    let app = TestApp::start_with(|config| config.worker = true).await;
    let ada = app.sign_up().await;
    let handbook = "# Opening hours of the shop\n\nThe shop is open from nine to five, on Sundays from ten.\n\n\
        # How do I return a kettle?\n\nSend the kettle back within thirty days, in its box.\n\n\
        # Contents\n\nPages one to nine.";
    let texts = [
        ("Handbook", handbook),
        (
            "Gift cards and vouchers",
            "Gift cards are sold at the till, vouchers are not.",
        ),
    ];
    let kb = app.finalize(&ada, "Shop", &texts).await;
    indexed(&app, &ada, kb).await;
    let path = format!("/api/v1/kb/{kb}/questions");
    let found: SuggestedQuestions = ok(app.get(&ada, &path)).await;
    let expected = [
        "How do I return a kettle?",
        "Opening hours of the shop",
        "Gift cards and vouchers",
    ];
    assert_eq!(found.questions, expected);
}
