//! Mails: through a mail server, and on the page that stands in for one.

use std::path::PathBuf;
use std::time::Duration;

use api_types::ErrorCode;
use api_types::auth::SignInOptions;
use domain::config::Config;
use domain::db::DbRole;
use domain::jobs::Outcome;
use domain::{Services, mail};
use reqwest::{Method, StatusCode, header};
use sqlx::{Connection, PgConnection, Row};
use uuid::Uuid;

use crate::support::fake_smtp::{FakeSmtp, Mood};
use crate::support::{TestApp, mails, ok, refused};

fn through(config: &mut Config, url: String) {
    config.smtp_url = Some(url.into());
    config.mail_from = Some("Botwright <bots@example.com>".to_owned());
}

/// A server with a mail in its outbox, and what a worker would send it with.
async fn fixture(smtp: &FakeSmtp, password: &str) -> (TestApp, Services, Uuid) {
    let app = TestApp::start_with(|config| through(config, smtp.url(password))).await;
    app.sign_up().await;
    let program = PathBuf::from(env!("CARGO_BIN_EXE_botwright"));
    let worker = Services::new(&app.state.config, DbRole::Worker, program, None).unwrap();
    let id = row(&app).await.get("id");
    (app, worker, id)
}

async fn row(app: &TestApp) -> sqlx::postgres::PgRow {
    let mut owner = PgConnection::connect(app.database.url.as_str()).await.unwrap();
    sqlx::query("select id, body, attempts, sent_at is not null as sent, failed_at is not null as failed, error from outbox")
        .fetch_one(&mut owner)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_mail_reaches_the_mail_server_as_text_and_html_and_its_link_is_not_kept() {
    let smtp = FakeSmtp::start([]).await;
    let app = TestApp::start_with(|config| {
        through(config, smtp.url("sesame"));
        config.worker = true;
    })
    .await;
    let ada = app.sign_up().await;
    let began = std::time::Instant::now();
    while !row(&app).await.get::<bool, _>("sent") {
        assert!(began.elapsed() < Duration::from_secs(60));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let [mail] = smtp.mails().try_into().unwrap();
    assert_eq!(mail.to, ada.email);
    for part in [
        "From: Botwright <bots@example.com>",
        "Subject: Confirm your e-mail address",
        "Content-Type: text/plain",
        "Content-Type: text/html",
        "/verify#",
    ] {
        assert!(mail.data.contains(part), "{part}: {}", mail.data);
    }
    let row = row(&app).await;
    assert_eq!(row.get::<Option<String>, _>("body"), None);
    let message_id = format!("Message-ID: <{}@example.com>", row.get::<Uuid, _>("id"));
    assert!(mail.data.contains(&message_id), "{}", mail.data);
}

#[tokio::test]
async fn a_mail_is_tried_again_until_the_server_takes_it_and_then_no_more() {
    let smtp = FakeSmtp::start([Mood::Closing, Mood::Greylisting, Mood::Cut]).await;
    let (app, worker, id) = fixture(&smtp, "sesame").await;
    for (seconds, error) in [(15, "421"), (30, "450"), (60, "")] {
        let outcome = mail::send(&worker, id).await.unwrap();
        assert_eq!(outcome, Outcome::Later(Duration::from_secs(seconds)));
        let row = row(&app).await;
        let said: String = row.get("error");
        assert!(said.contains(error), "{said}");
        assert!(row.get::<Option<String>, _>("body").is_some());
    }
    assert_eq!(mail::send(&worker, id).await.unwrap(), Outcome::Done);
    assert!(row(&app).await.get::<bool, _>("sent"));
    // The job is run again, as after a crash.
    let connections = smtp.connections();
    assert_eq!(mail::send(&worker, id).await.unwrap(), Outcome::Done);
    assert_eq!(smtp.connections(), connections);
    assert_eq!(smtp.mails().len(), 1);
}

#[tokio::test]
async fn a_mail_that_nobody_takes_is_given_up() {
    let smtp = FakeSmtp::start([Mood::NoSuchMailbox]).await;
    let (app, worker, id) = fixture(&smtp, "sesame").await;
    assert_eq!(mail::send(&worker, id).await.unwrap(), Outcome::Done);
    let given_up = row(&app).await;
    assert!(given_up.get::<bool, _>("failed") && !given_up.get::<bool, _>("sent"));
    assert_eq!(given_up.get::<Option<String>, _>("body"), None);
    assert!(given_up.get::<String, _>("error").contains("550"));

    // A wrong password may be put right, but not for ever.
    let (app, worker, id) = fixture(&smtp, "wrong").await;
    for _ in 0..13 {
        assert!(matches!(
            mail::send(&worker, id).await.unwrap(),
            Outcome::Later(_)
        ));
    }
    assert_eq!(mail::send(&worker, id).await.unwrap(), Outcome::Done);
    let given_up = row(&app).await;
    assert!(given_up.get::<bool, _>("failed"));
    let error: String = given_up.get("error");
    assert!(error.contains("535") && !error.contains("wrong@"), "{error}");
}

#[tokio::test]
async fn the_outbox_is_shown_on_the_machine_itself_only() {
    let app = TestApp::start_with(|config| {
        config.is_embedded = true;
        config.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    })
    .await;
    let ada = app.sign_up().await;
    let get = || app.request(Method::GET, "/outbox");
    let response = get().send().await.unwrap();
    assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
    assert_eq!(response.headers()[header::REFERRER_POLICY], "no-referrer");
    let page = response.text().await.unwrap();
    let mail = mails::first(&app, &ada.email, "Confirm your e-mail address").await;
    let link = format!("<a href=\"{}/verify#{}\"", app.base, mails::token(&mail));
    assert!(page.contains(&link), "{page}");
    let options: SignInOptions = ok(app.request(Method::GET, "/api/v1/auth/options")).await;
    assert!(options.outbox);
    for (name, value) in [
        ("x-forwarded-for", "127.0.0.1"),
        ("forwarded", "for=127.0.0.1"),
        ("x-real-ip", "127.0.0.1"),
        ("via", "1.1 proxy"),
        ("host", "rebound.example.com"),
    ] {
        let options = app
            .request(Method::GET, "/api/v1/auth/options")
            .header(name, value);
        assert!(!ok::<SignInOptions>(options).await.outbox);
        let request = get().header(name, value);
        refused(request, StatusCode::NOT_FOUND, ErrorCode::RouteNotFound).await;
    }
}

#[tokio::test]
async fn there_is_no_outbox_page_with_a_mail_server_or_with_ones_own_postgres() {
    let smtp = FakeSmtp::start([]).await;
    let with_smtp = TestApp::start_with(|config| {
        config.is_embedded = true;
        through(config, smtp.url("sesame"));
    })
    .await;
    for app in [with_smtp, TestApp::start().await] {
        let request = app.request(Method::GET, "/outbox");
        refused(request, StatusCode::NOT_FOUND, ErrorCode::RouteNotFound).await;
    }
}

#[tokio::test]
async fn doctor_asks_the_mail_server() {
    let smtp = FakeSmtp::start([]).await;
    for (password, good) in [("sesame", true), ("wrong", false)] {
        let app = TestApp::start_with(|config| through(config, smtp.url(password))).await;
        let mailer = app.services().mailer.as_ref().unwrap();
        assert_eq!(mailer.ping().await.is_ok(), good, "{password}");
    }
}

#[tokio::test]
async fn what_is_over_is_removed_and_what_is_not_stays() {
    let smtp = FakeSmtp::start([]).await;
    let (app, worker, _) = fixture(&smtp, "sesame").await;
    let counts = || async {
        let mut owner = PgConnection::connect(app.database.url.as_str()).await.unwrap();
        let sql = "select array[(select count(*) from outbox), (select count(*) from email_tokens),
                       (select count(*) from sessions), (select count(*) from sign_in_attempts),
                       (select count(*) from mfa_challenges)]";
        let counts: Vec<i64> = sqlx::query_scalar(sql).fetch_one(&mut owner).await.unwrap();
        counts
    };
    let wrong = serde_json::json!({ "email": "nobody@example.com", "password": "wrong password" });
    let login = app.request(Method::POST, "/api/v1/auth/login").json(&wrong);
    refused(login, StatusCode::UNAUTHORIZED, ErrorCode::InvalidCredentials).await;
    mails::sql(
        &app,
        "insert into mfa_challenges select gen_random_uuid(), id, 0, now() + interval '1 minute' from users",
    )
    .await;
    let sweep = || async {
        mail::sweep(&worker.db).await.unwrap();
        domain::auth::sweep(&worker.db).await.unwrap();
    };
    sweep().await;
    assert_eq!(counts().await, [1, 1, 1, 1, 1]);
    for statement in [
        "update outbox set created_at = now() - interval '31 days'",
        "update email_tokens set expires_at = now() - interval '1 second'",
        "update sessions set revoked_at = now() - interval '31 days'",
        "update sign_in_attempts set last_at = now() - interval '25 hours'",
        "update mfa_challenges set expires_at = now() - interval '1 second'",
    ] {
        mails::sql(&app, statement).await;
    }
    sweep().await;
    assert_eq!(counts().await, [0, 0, 0, 0, 0]);
}
