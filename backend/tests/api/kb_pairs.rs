//! Questions with their answers over HTTP.

use std::time::Duration;

use api_types::ErrorCode;
use api_types::kb::{Chunk, ChunkPreview, Document, DocumentStatus};
use api_types::pairs::{AddedPairs, Pairs};
use reqwest::multipart::{Form, Part};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Person, TestApp, items, ok, refused};

/// A CSV file of one pair, sent to `path`.
pub fn upload(app: &TestApp, person: &Person, path: &str) -> RequestBuilder {
    send_file(
        app,
        person,
        path,
        "faq.csv",
        b"question,answer\nWho?,Eve\n".to_vec(),
    )
}

fn send_file(app: &TestApp, person: &Person, path: &str, name: &str, bytes: Vec<u8>) -> RequestBuilder {
    let part = Part::bytes(bytes).file_name(name.to_owned());
    let request = app.request(Method::POST, path).bearer_auth(person.token());
    request.multipart(Form::new().part("file", part))
}

fn pair(question: &str, answer: &str) -> Value {
    json!({ "question": question, "answer": answer })
}

/// A knowledge base of one source with these pairs; its path, and the source.
pub async fn finalized(app: &TestApp, person: &Person, pairs: Value) -> (String, Uuid) {
    let draft: Value = ok(app.post(person, "/api/v1/kb/draft", json!({}))).await;
    let path = format!("/api/v1/kb/draft/{}", draft["id"].as_str().unwrap());
    let name = Uuid::new_v4().to_string();
    let body = json!({ "version": draft["version"], "name": name, "description": "", "chunking": {} });
    let _: Value = ok(app.put(person, &path, body)).await;
    let source = json!({ "kind": "qa", "title": "Common questions", "pairs": pairs });
    let added: Value = ok(app.put(person, &format!("{path}/sources"), json!({ "sources": [source] }))).await;
    let source = &added["content"]["sources"][0];
    assert_eq!(source["kind"], "qa");
    assert_eq!(source["media_type"], "application/vnd.botwright.qa+json");
    let made: Value = ok(app.post(person, &format!("{path}/finalize"), json!({}))).await;
    let kb = format!("/api/v1/kb/{}", made["knowledge_base_id"].as_str().unwrap());
    (kb, source["id"].as_str().unwrap().parse().unwrap())
}

/// The chunks of the only document, once it is indexed.
async fn chunks(app: &TestApp, person: &Person, kb: &str) -> Vec<Chunk> {
    loop {
        let documents: Vec<Document> = items(app.get(person, &format!("{kb}/documents"))).await;
        match documents[0].status {
            DocumentStatus::Indexed => {
                return items(app.get(person, &format!("{kb}/documents/{}/chunks", documents[0].id))).await;
            }
            DocumentStatus::Failed => panic!("{documents:?}"),
            _ => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

fn as_text(chunks: &[Chunk]) -> Vec<(&str, &str)> {
    let text = |chunk: &'_ Chunk| (chunk.heading_path.len(), chunk.text.is_empty());
    assert!(chunks.iter().all(|chunk| text(chunk) == (1, false)));
    chunks
        .iter()
        .map(|chunk| (chunk.heading_path[0].as_str(), chunk.text.as_str()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn pairs_of_a_draft_are_changed_by_whoever_saw_the_last_of_them() {
    let app = TestApp::start_with(|config| config.worker = true).await;
    let ada = app.sign_up().await;
    let draft: Value = ok(app.post(&ada, "/api/v1/kb/draft", json!({}))).await;
    let path = format!("/api/v1/kb/draft/{}", draft["id"].as_str().unwrap());
    let body = json!({ "version": draft["version"], "name": "Shop", "description": "", "chunking": {} });
    let _: Value = ok(app.put(&ada, &path, body)).await;
    let first = json!([
        pair("How long is the warranty?", "37 months."),
        pair("Where?", "In Porto.")
    ]);
    let sources = json!({ "sources": [
        { "kind": "qa", "title": "Common questions", "pairs": first },
        { "kind": "text", "title": "Note", "text": "We open at nine." } ] });
    let added: Value = ok(app.put(&ada, &format!("{path}/sources"), sources)).await;
    let id = |draft: &Value, i: usize| draft["content"]["sources"][i]["id"].as_str().unwrap().to_owned();
    let of = |source: &str| format!("{path}/sources/{source}/pairs");
    let opened = of(&id(&added, 0));
    let pairs: Value = ok(app.get(&ada, &opened)).await;
    assert_eq!(pairs, first);
    // Its preview is kept, and must not outlive the change.
    let _: ChunkPreview = ok(app.get(&ada, &format!("{path}/preview-chunks"))).await;

    let wrong = json!({ "pairs": [pair("Why?", " "), pair("why?", "x")] });
    let problem = refused(
        app.put(&ada, &opened, wrong),
        StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::ValidationFailed,
    )
    .await;
    let fields: Vec<_> = problem.errors.iter().map(|error| error.field.as_str()).collect();
    assert_eq!(fields, ["pairs[0].answer", "pairs[1].question"]);

    let second =
        json!({ "pairs": [pair("How long is the warranty? ", "48 months."), pair("When?", "At nine.")] });
    let saved: Value = ok(app.put(&ada, &opened, &second)).await;
    assert_eq!(saved["content"]["sources"][0]["title"], "Common questions");
    assert_eq!(saved["content"]["sources"][1], added["content"]["sources"][1]);
    let preview: ChunkPreview = ok(app.get(&ada, &format!("{path}/preview-chunks"))).await;
    let expected = [("How long is the warranty?", "48 months."), ("When?", "At nine.")];
    assert_eq!(as_text(&preview.sources[0].chunks), expected);

    // Another tab that still shows the first ones; a source that holds no pairs; somebody else.
    let eve = app.sign_up().await;
    let now = of(&id(&saved, 0));
    for (person, path) in [(&ada, &opened), (&ada, &of(&id(&saved, 1))), (&eve, &now)] {
        for request in [app.get(person, path), app.put(person, path, &second)] {
            let status = request.send().await.unwrap().status();
            assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
        }
    }
    let made: Value = ok(app.post(&ada, &format!("{path}/finalize"), json!({}))).await;
    let kb = format!("/api/v1/kb/{}", made["knowledge_base_id"].as_str().unwrap());
    assert_eq!(as_text(&chunks(&app, &ada, &kb).await), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn pairs_are_written_changed_added_and_imported() {
    let app = TestApp::start_with(|config| config.worker = true).await;
    let ada = app.sign_up().await;
    let first = json!([
        pair("How long is the\n warranty? ", " 37 months. "),
        pair("Do you ship abroad?", "Yes, to:\n\n- Peru\n- Chad"),
    ]);
    let (kb, source) = finalized(&app, &ada, first).await;
    let found = chunks(&app, &ada, &kb).await;
    let expected = [
        ("How long is the warranty?", "37 months."),
        ("Do you ship abroad?", "Yes, to:\n\n- Peru\n- Chad"),
    ];
    assert_eq!(as_text(&found), expected);

    let path = format!("{kb}/sources/{source}/pairs");
    let read: Pairs = ok(app.get(&ada, &path)).await;
    assert_eq!((read.version, read.pairs.len()), (1, 2));
    let changed = json!([
        pair("How long is the warranty?", "48 months."),
        pair("Who?", "Us.")
    ]);
    let saved: Pairs = ok(app.put(&ada, &path, json!({ "version": 1, "pairs": changed }))).await;
    assert_eq!((saved.version, saved.pairs[0].answer.as_str()), (2, "48 months."));
    assert_eq!(
        as_text(&chunks(&app, &ada, &kb).await),
        [("How long is the warranty?", "48 months."), ("Who?", "Us.")]
    );
    // Somebody who still has the first version does not overwrite the second.
    let late = app.put(&ada, &path, json!({ "version": 1, "pairs": changed }));
    refused(late, StatusCode::CONFLICT, ErrorCode::Changed).await;

    let added: AddedPairs = ok(app.post(&ada, &path, pair("Is there a manual?", "In the box."))).await;
    assert_eq!((added.version, added.added, added.changed), (3, 1, 0));
    let replaced: AddedPairs = ok(app.post(&ada, &path, pair("WHO?", "All of us."))).await;
    assert_eq!((replaced.version, replaced.added, replaced.changed), (4, 0, 1));

    let csv = "Answer;Question\r\n\"Green\nor \"\"blue\"\"\";Which colours?\r\nIn the box.;Is there a manual?\r\nA year;How long is the warranty?\r\n";
    let utf16: Vec<u8> = csv.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let imported: AddedPairs = ok(send_file(
        &app,
        &ada,
        &format!("{path}/import"),
        "more.csv",
        utf16,
    ))
    .await;
    assert_eq!(
        imported,
        AddedPairs {
            version: 5,
            added: 1,
            changed: 1,
            unchanged: 1
        }
    );
    assert_eq!(
        as_text(&chunks(&app, &ada, &kb).await),
        [
            ("How long is the warranty?", "A year"),
            ("WHO?", "All of us."),
            ("Is there a manual?", "In the box."),
            ("Which colours?", "Green\nor \"blue\""),
        ]
    );
    // What is there already makes no new version.
    let same: AddedPairs = ok(app.post(&ada, &path, pair("WHO?", "All of us."))).await;
    assert_eq!((same.version, same.unchanged), (5, 1));
    let hits: Value = ok(app.post(
        &ada,
        &format!("{kb}/search"),
        json!({ "query": "Which colours?" }),
    ))
    .await;
    assert_eq!(hits["hits"][0]["chunk"]["heading_path"][0], "Which colours?");
}

#[tokio::test]
async fn bad_pairs_are_refused_and_nothing_changes() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let (kb, source) = finalized(&app, &ada, json!([pair("Who?", "Us.")])).await;
    let path = format!("{kb}/sources/{source}/pairs");
    let invalid = (StatusCode::UNPROCESSABLE_ENTITY, ErrorCode::ValidationFailed);

    let bad = json!([pair("", "x"), pair("Why?", &"x".repeat(4_001)), pair("why?", "y")]);
    let save = app.put(&ada, &path, json!({ "version": 1, "pairs": bad }));
    let problem = refused(save, invalid.0, invalid.1).await;
    let fields: Vec<&str> = problem.errors.iter().map(|error| error.field.as_str()).collect();
    assert_eq!(
        fields,
        ["pairs[0].question", "pairs[1].answer", "pairs[2].question"]
    );
    let none = app.put(&ada, &path, json!({ "version": 1, "pairs": [] }));
    assert_eq!(refused(none, invalid.0, invalid.1).await.errors[0].field, "pairs");
    let add = app.post(&ada, &path, pair("Why?", " "));
    assert_eq!(refused(add, invalid.0, invalid.1).await.errors[0].field, "answer");

    let csv = b"question,answer\nNew?,Yes\n,Nobody asked\n".to_vec();
    let import = send_file(&app, &ada, &format!("{path}/import"), "faq.csv", csv.clone());
    let problem = refused(import, invalid.0, invalid.1).await;
    assert_eq!(problem.errors[0].field, "row 3: question");
    let after: Pairs = ok(app.get(&ada, &path)).await;
    assert_eq!((after.version, after.pairs.len()), (1, 1));

    // Neither does a draft take half of a file; it takes a good one under its name.
    let draft = app
        .kb_draft(&ada, "Other", &[("Note", "Clocks are sold here.")])
        .await;
    let draft_path = format!("/api/v1/kb/draft/{}", draft.id);
    let import = format!("{draft_path}/pairs/import");
    refused(
        send_file(&app, &ada, &import, "faq.csv", csv),
        invalid.0,
        invalid.1,
    )
    .await;
    let good = b"question\tanswer\nWhen?\tAt nine.\n".to_vec();
    let added: Value = ok(send_file(&app, &ada, &import, "Opening hours.tsv", good)).await;
    let faq = &added["content"]["sources"][1];
    assert_eq!(
        (&faq["kind"], &faq["title"]),
        (&json!("qa"), &json!("Opening hours"))
    );
    let preview: ChunkPreview = ok(app.get(
        &ada,
        &format!(
            "{draft_path}/preview-chunks?source_id={}",
            faq["id"].as_str().unwrap()
        ),
    ))
    .await;
    assert_eq!(as_text(&preview.sources[0].chunks), [("When?", "At nine.")]);

    // A source of another kind has no pairs.
    let texts = app
        .finalize(&ada, "Texts", &[("Note", "Clocks are sold here.")])
        .await;
    let documents: Vec<Document> = items(app.get(&ada, &format!("/api/v1/kb/{texts}/documents"))).await;
    let other = format!("/api/v1/kb/{texts}/sources/{}/pairs", documents[0].source_id);
    refused(app.get(&ada, &other), StatusCode::NOT_FOUND, ErrorCode::NotFound).await;
}
