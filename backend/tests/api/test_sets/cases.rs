//! Cases: written, imported, made from a transcript.

use api_types::ErrorCode;
use api_types::conversations::Conversation;
use api_types::test_sets::{Expectation, ImportedCases, TestCase, TestSet};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use super::{TEXTS, add, failures, run, set, shop};
use crate::support::{TestApp, done, items, ok, refused};

#[tokio::test]
async fn cases_come_and_go_as_csv() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let kb = app.finalize(&ada, "Shops", &TEXTS).await;
    app.finalize(&ada, "Twice", &[("Lagos", "Another text of the same title.")])
        .await;
    let documents: Vec<Value> = items(app.get(&ada, &format!("/api/v1/kb/{kb}/documents"))).await;
    let lagos = documents
        .iter()
        .find(|document| document["title"] == "Lagos")
        .unwrap()["id"]
        .as_str()
        .unwrap();
    let set = set(&app, &ada, "Sheet").await;
    let path = format!("/api/v1/test-sets/{set}");
    let import = |csv: &str, preview: bool| {
        app.post(
            &ada,
            &format!("{path}/import"),
            json!({ "csv": csv, "preview": preview }),
        )
    };
    let csv = format!(
        "Question;Expected answer;Expected text;Document;Unanswerable\n\
         Where?;Rua das Flores;;porto;\n=1+1?;2;;;no\nWho?;;;;yes\nWhen?;;May to October;{lagos};\n"
    );
    let preview: ImportedCases = ok(import(&csv, true)).await;
    assert_eq!((preview.added, preview.errors.len()), (4, 0));
    let none: Vec<TestCase> = ok(app.get(&ada, &format!("{path}/cases"))).await;
    assert_eq!(none, [], "a preview writes nothing");
    let imported: ImportedCases = ok(import(&csv, false)).await;
    assert_eq!(imported.added, 4);
    let cases: Vec<TestCase> = ok(app.get(&ada, &format!("{path}/cases"))).await;
    let questions: Vec<_> = cases.iter().map(|case| case.question.as_str()).collect();
    assert_eq!(questions, ["Where?", "=1+1?", "Who?", "When?"]);
    assert_eq!(cases[0].document_title.as_deref(), Some("Porto"));
    assert_eq!(cases[2].expectation, Expectation::Unanswerable);

    // What goes out is no formula, and comes back as it was.
    let response = app.get(&ada, &format!("{path}/export")).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/csv; charset=utf-8");
    let exported = response.text().await.unwrap();
    assert!(exported.contains("\n'=1+1?,2"), "{exported}");
    assert!(
        exported.contains(lagos),
        "a title that two documents have is not used: {exported}"
    );
    let again: ImportedCases = ok(import(&exported, false)).await;
    assert_eq!((again.added, again.changed, again.unchanged), (0, 0, 4));
    let changed: ImportedCases = ok(import(&exported.replace(",yes,", ",no,"), false)).await;
    assert_eq!((changed.added, changed.changed, changed.unchanged), (0, 1, 3));

    // All or nothing.
    let bad = "question,document,unanswerable\nNew?,,\nWhich?,Lagos,\nWhat?,Nowhere,\n,,\nHm?,,perhaps\n";
    let preview: ImportedCases = ok(import(bad, true)).await;
    let fields: Vec<_> = preview.errors.iter().map(|error| error.field.as_str()).collect();
    assert_eq!(
        fields,
        ["row 6: unanswerable", "row 3: document", "row 4: document"]
    );
    let problem = refused(
        import(bad, false),
        StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::ValidationFailed,
    )
    .await;
    assert_eq!(problem.errors, preview.errors);
    let mut many = "question\n".to_owned();
    for i in 0..497 {
        many.push_str(&format!("Question {i}?\n"));
    }
    refused(
        import(&many, false),
        StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::ValidationFailed,
    )
    .await;
    let kept: Vec<TestCase> = ok(app.get(&ada, &format!("{path}/cases"))).await;
    assert_eq!(kept.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visitors_question_becomes_a_case_with_what_was_said_before() {
    let app = TestApp::start_with(|config| config.worker = true).await;
    let (ada, content) = shop(&app).await;
    let bot = app.deploy(&ada, &content).await;
    let mut session: Option<String> = None;
    for message in [
        "Where are bicycles repaired?",
        "Who won the chess championship of 1972?",
    ] {
        let body = json!({ "message": message, "session_id": session });
        let chat: Value = ok(app
            .request(Method::POST, &format!("/api/v1/bots/{bot}/chat"))
            .json(&body))
        .await;
        session = chat["session_id"].as_str().map(str::to_owned);
    }
    let session = session.unwrap();
    let conversation: Conversation = ok(app.get(&ada, &format!("/api/v1/conversations/{session}"))).await;
    let set = set(&app, &ada, "From visitors").await;
    let path = format!("/api/v1/test-sets/{set}/cases/from-conversation");
    let add = |message: usize| {
        let body = json!({ "conversation_id": session, "message_id": conversation.messages[message].id });
        app.post(&ada, &path, body)
    };
    let first: TestCase = ok(add(0)).await;
    assert_eq!(
        (first.question.as_str(), first.history.len()),
        ("Where are bicycles repaired?", 0)
    );
    assert_eq!(first.document_title.as_deref(), Some("Porto"));
    let Expectation::Answered {
        passage: Some(passage),
        ..
    } = &first.expectation
    else {
        panic!("{first:?}")
    };
    assert!(passage.text.contains("Rua das Flores 12"));
    let second: TestCase = ok(add(2)).await;
    assert_eq!(second.expectation, Expectation::Unanswerable);
    assert_eq!(second.history.len(), 2);
    refused(add(1), StatusCode::NOT_FOUND, ErrorCode::NotFound).await;
    let run = run(&app, &ada, set, json!({ "bot_id": bot })).await;
    assert_eq!(failures(&run), [None, None], "what was right then is right now");
}

#[tokio::test]
async fn names_are_unique_and_lengths_are_checked() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let one = set(&app, &ada, "One").await;
    let two = set(&app, &ada, "Two").await;
    let path = |id: Uuid| format!("/api/v1/test-sets/{id}");
    let taken = app.put(&ada, &path(two), json!({ "name": "One" }));
    refused(taken, StatusCode::CONFLICT, ErrorCode::NameTaken).await;
    let renamed: TestSet = ok(app.put(&ada, &path(two), json!({ "name": " Three " }))).await;
    assert_eq!(renamed.name, "Three");
    let empty = json!({ "question": " ", "expectation": { "kind": "answered", "passage": { "text": "" },
        "answer": "x".repeat(2_001) } });
    let problem = refused(
        app.post(&ada, &format!("{}/cases", path(one)), empty),
        StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::ValidationFailed,
    )
    .await;
    let fields: Vec<_> = problem.errors.iter().map(|error| error.field.as_str()).collect();
    assert_eq!(
        fields,
        ["question", "expectation.passage.text", "expectation.answer"]
    );
    done(app.delete(&ada, &path(one))).await;
    refused(
        app.get(&ada, &path(one)),
        StatusCode::NOT_FOUND,
        ErrorCode::NotFound,
    )
    .await;
}

#[tokio::test]
async fn a_viewer_reads_and_changes_nothing() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let set = set(&app, &ada, "Read only").await;
    let case = add(&app, &ada, set, "Where?", json!({ "kind": "unanswerable" })).await;
    let mut owner = PgConnection::connect(app.database.url.as_str()).await.unwrap();
    for table in ["workspace_members", "organization_members"] {
        let sql = format!("update {table} set role = 'viewer'");
        sqlx::query(sqlx::AssertSqlSafe(sql))
            .execute(&mut owner)
            .await
            .unwrap();
    }
    let path = format!("/api/v1/test-sets/{set}");
    let body = json!({ "question": "Where?", "expectation": { "kind": "unanswerable" } });
    let any = json!({ "bot_id": set });
    let writes = [
        app.post(&ada, "/api/v1/test-sets", json!({ "name": "Mine" })),
        app.put(&ada, &path, json!({ "name": "Mine" })),
        app.delete(&ada, &path),
        app.post(&ada, &format!("{path}/cases"), &body),
        app.put(&ada, &format!("{path}/cases/{}", case.id), &body),
        app.delete(&ada, &format!("{path}/cases/{}", case.id)),
        app.post(
            &ada,
            &format!("{path}/import"),
            json!({ "csv": "question\nWho?\n", "preview": true }),
        ),
        app.post(&ada, &format!("{path}/runs"), &any),
        app.post(&ada, &format!("{path}/runs/{set}/cancel"), json!({})),
    ];
    for request in writes {
        refused(request, StatusCode::FORBIDDEN, ErrorCode::Forbidden).await;
    }
    let cases: Vec<TestCase> = ok(app.get(&ada, &format!("{path}/cases"))).await;
    assert_eq!(cases, [case]);
}
