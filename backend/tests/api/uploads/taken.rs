//! What is taken, from whom, and to whom it is handed out.

use api_types::ErrorCode;
use api_types::chat::{BotConfig, Session};
use api_types::conversations::Conversation;
use api_types::inbox::InboxConversation;
use api_types::tenancy::Role;
use api_types::visitors::CreatedVisitorSecret;
use jsonwebtoken::{EncodingKey, Header};
use reqwest::multipart::{Form, Part};
use reqwest::{Method, StatusCode};
use serde_json::json;
use uuid::Uuid;

use super::{Fixture, PNG, fixture, form, plain};
use crate::support::{done, ok, refused};

const UNPROCESSABLE: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_what_its_content_says() {
    let it = plain().await;
    let picture = it.sent("holiday.txt", PNG).await;
    assert_eq!(
        (picture.media_type.as_str(), picture.is_picture),
        ("image/png", true)
    );
    assert_eq!(
        (picture.name.as_str(), picture.size),
        ("holiday.txt.png", PNG.len() as u64)
    );
    let notes = it
        .sent("../../notes.exe", b"Bicycles are repaired in Porto.")
        .await;
    assert_eq!(
        (notes.media_type.as_str(), notes.name.as_str()),
        ("text/plain", "notes.exe.txt")
    );
    assert_eq!(it.files(), 2);

    let svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
    for (name, bytes) in [
        ("picture.png", &svg[..]),
        ("page.html", b"<!doctype html><p>Hi"),
        ("page.txt", b"<html><script>alert(1)</script></html>"),
        ("run.txt", b"#!/bin/sh\nrm -rf /\n"),
        (
            "tool.png",
            b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00",
        ),
        ("all.docx", b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
    ] {
        let problem = refused(it.send(name, bytes), UNPROCESSABLE, ErrorCode::UnsupportedFile).await;
        assert_eq!(problem.errors[0].field, "file", "{name}");
        assert!(problem.detail.contains("PNG"), "{}", problem.detail);
    }
    refused(it.send("a.txt", b""), UNPROCESSABLE, ErrorCode::EmptyDocument).await;
    // Nothing is left of what was refused.
    assert_eq!(it.files(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_form_is_one_file_and_nothing_else() {
    let it = plain().await;
    let note = || Part::bytes(b"Hello.".to_vec()).file_name("a.txt");
    for (form, why) in [
        (Form::new(), "nothing"),
        (Form::new().part("other", note()), "another name"),
        (Form::new().part("file", note()).part("file", note()), "two"),
        (Form::new().part("file", note()).text("prompt", "Obey"), "a field"),
    ] {
        let request = it.public("uploads").multipart(form);
        let response = request.send().await.unwrap();
        assert!(
            matches!(
                response.status(),
                StatusCode::UNPROCESSABLE_ENTITY | StatusCode::BAD_REQUEST
            ),
            "{why}: {}",
            response.status()
        );
    }
    assert_eq!(it.files(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bot_that_takes_no_files_says_so() {
    let it = fixture(|content| content.uploads.enabled = false).await;
    refused(
        it.send("a.txt", b"Hello."),
        StatusCode::NOT_FOUND,
        ErrorCode::NotFound,
    )
    .await;
    refused(
        it.say("Hi", None, &[Uuid::new_v4()]),
        StatusCode::NOT_FOUND,
        ErrorCode::NotFound,
    )
    .await;
    let config: BotConfig = ok(it
        .app
        .request(Method::GET, &format!("/api/v1/bots/{}/config", it.bot)))
    .await;
    assert!(!config.uploads);
    let mut content = it.content.clone();
    content.uploads.enabled = true;
    content.uploads.received_message = String::new();
    let draft = it.app.draft(&it.ada, &content).await;
    let deploy = format!("/api/v1/chatbots/draft/{}/deploy", draft.id);
    let problem = refused(
        it.app.post(&it.ada, &deploy, json!({})),
        UNPROCESSABLE,
        ErrorCode::DraftInvalid,
    )
    .await;
    assert_eq!(problem.errors[0].field, "content.uploads.received_message");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_attaches_what_they_sent_to_this_bot_alone() {
    let it = plain().await;
    let file = it.sent("a.txt", b"Hello.").await;
    let other_bot = it
        .app
        .deploy(
            &it.ada,
            &api_types::bots::ChatbotContent {
                name: "Other".into(),
                ..it.content.clone()
            },
        )
        .await;
    let elsewhere = it
        .app
        .request(Method::POST, &format!("/api/v1/bots/{other_bot}/chat"))
        .json(&json!({ "message": "Hi", "attachments": [file.id] }));
    let problem = refused(elsewhere, UNPROCESSABLE, ErrorCode::ValidationFailed).await;
    assert_eq!(problem.errors[0].field, "attachments[0]");
    for (ids, field) in [
        (vec![file.id, Uuid::new_v4()], "attachments[1]"),
        (vec![file.id, file.id], "attachments[1]"),
        (vec![Uuid::new_v4(); 5], "attachments"),
    ] {
        let problem = refused(
            it.say("Hi", None, &ids),
            UNPROCESSABLE,
            ErrorCode::ValidationFailed,
        )
        .await;
        assert_eq!(problem.errors[0].field, field);
    }
    refused(
        it.say("  ", None, &[]),
        UNPROCESSABLE,
        ErrorCode::ValidationFailed,
    )
    .await;
    // None of that was a message, and the file is still there for one; it may be sent again with it.
    let chat = it.said("", None, &[file.id]).await;
    it.said("Once more", Some(chat.session_id), &[file.id]).await;
    // But not by who begins another conversation with its id.
    let problem = refused(
        it.say("Hi", None, &[file.id]),
        UNPROCESSABLE,
        ErrorCode::ValidationFailed,
    )
    .await;
    assert_eq!(problem.errors[0].field, "attachments[0]");
    // A conversation of somebody else's takes no file in.
    let unknown = it
        .public(&format!("uploads?session_id={}", Uuid::new_v4()))
        .multipart(form("a.txt", b"Hello."));
    refused(unknown, StatusCode::NOT_FOUND, ErrorCode::SessionNotFound).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_known_visitor_sent_is_theirs() {
    let it = fixture(|content| content.access.verified_only = true).await;
    refused(
        it.send("a.txt", b"Hello."),
        StatusCode::UNAUTHORIZED,
        ErrorCode::VisitorUnverified,
    )
    .await;
    let path = format!("/api/v1/bots/{}/visitor-secrets", it.bot);
    let secret: CreatedVisitorSecret = ok(it.app.post(&it.ada, &path, json!({}))).await;
    let token = |who: &str| {
        let claims = json!({ "sub": who, "exp": chrono::Utc::now().timestamp() + 300 });
        let key = EncodingKey::from_secret(secret.secret.as_bytes());
        jsonwebtoken::encode(&Header::default(), &claims, &key).unwrap()
    };
    let carol = it
        .send("a.txt", b"Hello.")
        .header("x-visitor-token", token("carol"));
    let file: api_types::uploads::Attachment = ok(carol).await;
    let by = |who: &str| {
        it.say("Hi", None, &[file.id])
            .header("x-visitor-token", token(who))
    };
    let problem = refused(by("dave"), UNPROCESSABLE, ErrorCode::ValidationFailed).await;
    assert_eq!(problem.errors[0].field, "attachments[0]");
    done(by("carol")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_team_sees_what_was_sent_and_nobody_else_does() {
    let it = plain().await;
    let (picture, notes) = (
        it.sent("cat.png", PNG).await,
        it.sent("notes (1).txt", b"Hello.").await,
    );
    let chat = it.said("", None, &[notes.id, picture.id]).await;
    let id = chat.session_id;
    let viewer = it.app.join(&it.ada, "invitations", Role::Viewer).await;

    let read: Conversation = ok(it.app.get(&viewer, &format!("/api/v1/conversations/{id}"))).await;
    assert_eq!(read.messages[0].attachments, [notes.clone(), picture.clone()]);
    assert_eq!(read.summary.first_message, "notes (1).txt, cat.png");
    let inbox: InboxConversation = ok(it.app.get(&viewer, &format!("/api/v1/inbox/{id}"))).await;
    assert_eq!(inbox.conversation.messages[0].attachments.len(), 2);
    let session = format!("/api/v1/bots/{}/sessions/{id}", it.bot);
    let session: Session = ok(it.app.request(Method::GET, &session)).await;
    assert_eq!(session.messages[0].attachments, [notes.clone(), picture.clone()]);

    let path = Fixture::file_path(id, picture.id);
    let response = it.app.get(&viewer, &path).send().await.unwrap();
    let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "image/png");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("content-security-policy"), "default-src 'none'; sandbox");
    assert!(header("content-disposition").starts_with("attachment; filename=\"cat.png\""));
    assert_eq!(response.bytes().await.unwrap(), PNG);
    // What is no picture is nothing that a browser opens.
    let text = it
        .app
        .get(&viewer, &Fixture::file_path(id, notes.id))
        .send()
        .await
        .unwrap();
    assert_eq!(text.headers()["content-type"], "application/octet-stream");
    assert_eq!(
        text.headers()["content-disposition"],
        "attachment; filename=\"notes _1_.txt\"; filename*=UTF-8''notes%20%281%29.txt"
    );

    let eve = it.app.sign_up().await;
    refused(
        it.app.get(&eve, &path),
        StatusCode::NOT_FOUND,
        ErrorCode::NotFound,
    )
    .await;
    let elsewhere = Fixture::file_path(Uuid::new_v4(), picture.id);
    refused(
        it.app.get(&viewer, &elsewhere),
        StatusCode::NOT_FOUND,
        ErrorCode::NotFound,
    )
    .await;
    refused(
        it.app.request(Method::GET, &path),
        StatusCode::UNAUTHORIZED,
        ErrorCode::Unauthorized,
    )
    .await;
    // What is in no message yet is the visitor's own business.
    let waiting = it.sent("draft.txt", b"Not sent.").await;
    let waiting = Fixture::file_path(id, waiting.id);
    refused(
        it.app.get(&viewer, &waiting),
        StatusCode::NOT_FOUND,
        ErrorCode::NotFound,
    )
    .await;
}
