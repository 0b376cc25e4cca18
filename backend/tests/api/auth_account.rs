//! What one signs in with: confirming and changing an address, changing and resetting a password, lock-out.

use api_types::ErrorCode;
use api_types::auth::{AuthResponse, Me, User};
use reqwest::{Method, RequestBuilder, StatusCode, header};
use serde::Serialize;
use serde_json::{Value, json};

use crate::support::{Person, TestApp, done, mails, ok, refused};

const PASSWORD: &str = "correct horse battery";
const OTHER: &str = "gravel tuba lemonade";

fn post(app: &TestApp, path: &str, body: impl Serialize) -> RequestBuilder {
    app.request(Method::POST, &format!("/api/v1/auth/{path}"))
        .json(&body)
}

fn login(app: &TestApp, email: &str, password: &str) -> RequestBuilder {
    post(app, "login", json!({ "email": email, "password": password }))
}

async fn is_wrong(request: RequestBuilder) {
    refused(request, StatusCode::UNAUTHORIZED, ErrorCode::InvalidCredentials).await;
}

async fn is_signed_out(app: &TestApp, person: &Person) {
    let request = app.get(person, "/api/v1/auth/me");
    refused(request, StatusCode::UNAUTHORIZED, ErrorCode::Unauthorized).await;
}

async fn bad_link(request: RequestBuilder) {
    refused(request, StatusCode::UNPROCESSABLE_ENTITY, ErrorCode::LinkInvalid).await;
}

#[tokio::test]
async fn an_account_works_before_its_address_is_confirmed_and_the_link_confirms_it() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let me: Me = ok(app.get(&ada, "/api/v1/auth/me")).await;
    assert!(!me.user.email_verified);
    // A mail went out just now.
    let resend = || app.post(&ada, "/api/v1/auth/email/resend", json!({}));
    refused(resend(), StatusCode::TOO_MANY_REQUESTS, ErrorCode::RateLimited).await;
    mails::sql(
        &app,
        "update email_tokens set created_at = created_at - interval '2 minutes'",
    )
    .await;
    let old = mails::first(&app, &ada.email, "Confirm your e-mail address").await;
    done(resend()).await;
    let mail = mails::nth(&app, &ada.email, "Confirm your e-mail address", 2).await;
    bad_link(post(&app, "email/verify", json!({ "token": mails::token(&old) }))).await;

    // Mail servers follow links before people do.
    for _ in 0..2 {
        let token = mails::token(&mail);
        let verified: Value = ok(post(&app, "email/verify", json!({ "token": token }))).await;
        assert_eq!(verified["email"], ada.email);
    }
    let me: Me = ok(app.get(&ada, "/api/v1/auth/me")).await;
    assert!(me.user.email_verified);
    done(resend()).await;
    assert_eq!(
        mails::count(&app, &ada.email).await,
        2,
        "there is nothing to confirm any more"
    );
}

#[tokio::test]
async fn a_forgotten_password_is_reset_once_by_mail_and_every_session_ends() {
    let app = TestApp::start_with(|config| config.worker = true).await;
    let ada = app.sign_up().await;
    let forgot = |email: &str| post(&app, "password/forgot", json!({ "email": email }));
    let known = forgot(&ada.email.to_uppercase()).send().await.unwrap();
    let unknown = forgot("nobody@example.com").send().await.unwrap();
    assert_eq!(
        (known.status(), unknown.status()),
        (StatusCode::NO_CONTENT, StatusCode::NO_CONTENT)
    );
    let mail = mails::first(&app, &ada.email, "Choose a new password").await;
    assert_eq!(mails::count(&app, "nobody@example.com").await, 0);

    let reset = |token: &str, password: &str| {
        post(
            &app,
            "password/reset",
            json!({ "token": token, "password": password }),
        )
    };
    let token = mails::token(&mail);
    assert_eq!(token.len(), 43, "32 bytes");
    let weak = refused(
        reset(token, "password1234"),
        StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::ValidationFailed,
    );
    assert_eq!(weak.await.errors[0].field, "password");
    done(reset(token, OTHER)).await;
    bad_link(reset(token, OTHER)).await;
    is_signed_out(&app, &ada).await;
    let refresh = app.request(Method::POST, "/api/v1/auth/refresh");
    refused(refresh, StatusCode::UNAUTHORIZED, ErrorCode::Unauthorized).await;
    is_wrong(login(&app, &ada.email, PASSWORD)).await;
    let again: AuthResponse = ok(login(&app, &ada.email, OTHER)).await;
    assert!(again.user.email_verified, "who reads the mail has the address");
    mails::first(&app, &ada.email, "Your password was changed").await;
}

#[tokio::test]
async fn links_that_are_old_empty_or_of_another_kind_reset_nothing() {
    let app = TestApp::start_with(|config| config.worker = true).await;
    let ada = app.sign_up().await;
    let reset = |token: Value| {
        post(
            &app,
            "password/reset",
            json!({ "token": token, "password": OTHER }),
        )
    };
    bad_link(reset(json!(""))).await;
    bad_link(reset(json!(" "))).await;
    bad_link(reset(json!("A".repeat(43)))).await;
    let null = reset(Value::Null);
    refused(
        null,
        StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::ValidationFailed,
    )
    .await;
    let confirm = mails::first(&app, &ada.email, "Confirm your e-mail address").await;
    bad_link(reset(json!(mails::token(&confirm)))).await;

    let forgot = || post(&app, "password/forgot", json!({ "email": ada.email }));
    done(forgot()).await;
    let first = mails::first(&app, &ada.email, "Choose a new password").await;
    bad_link(post(
        &app,
        "email/verify",
        json!({ "token": mails::token(&first) }),
    ))
    .await;
    mails::sql(
        &app,
        "update email_tokens set created_at = created_at - interval '2 minutes'",
    )
    .await;
    done(forgot()).await;
    let second = mails::nth(&app, &ada.email, "Choose a new password", 2).await;
    bad_link(reset(json!(mails::token(&first)))).await;
    mails::sql(
        &app,
        "update email_tokens set expires_at = now() - interval '1 second'",
    )
    .await;
    bad_link(reset(json!(mails::token(&second)))).await;
    let _: AuthResponse = ok(login(&app, &ada.email, PASSWORD)).await;
}

#[tokio::test]
async fn one_reset_link_used_many_times_at_once_works_once() {
    let app = TestApp::start_with(|config| config.worker = true).await;
    let ada = app.sign_up().await;
    done(post(&app, "password/forgot", json!({ "email": ada.email }))).await;
    let mail = mails::first(&app, &ada.email, "Choose a new password").await;
    let body = json!({ "token": mails::token(&mail), "password": OTHER });
    let tries = (0..8).map(|_| post(&app, "password/reset", body.clone()).send());
    let answers = futures::future::join_all(tries).await;
    let worked = answers
        .iter()
        .filter(|answer| answer.as_ref().unwrap().status().is_success());
    assert_eq!(worked.count(), 1);
}

#[tokio::test]
async fn changing_the_password_needs_the_current_one_and_ends_the_other_sessions() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let elsewhere = Person {
        email: ada.email.clone(),
        auth: ok(login(&app, &ada.email, PASSWORD)).await,
    };
    let change = |current: &str, new: &str| {
        let body = json!({ "current_password": current, "password": new });
        app.put(&ada, "/api/v1/auth/password", body)
    };
    let wrong = refused(
        change("wrong password", OTHER),
        StatusCode::UNAUTHORIZED,
        ErrorCode::InvalidCredentials,
    );
    assert_eq!(wrong.await.errors[0].field, "current_password");
    for weak in ["short", "qwertyuiop12", &ada.email] {
        let request = change(PASSWORD, weak);
        refused(
            request,
            StatusCode::UNPROCESSABLE_ENTITY,
            ErrorCode::ValidationFailed,
        )
        .await;
    }
    let _: Me = ok(app.get(&elsewhere, "/api/v1/auth/me")).await;
    done(change(PASSWORD, OTHER)).await;
    is_signed_out(&app, &elsewhere).await;
    let _: Me = ok(app.get(&ada, "/api/v1/auth/me")).await;
    mails::first(&app, &ada.email, "Your password was changed").await;
    is_wrong(login(&app, &ada.email, PASSWORD)).await;
    let _: AuthResponse = ok(login(&app, &ada.email, OTHER)).await;
}

#[tokio::test]
async fn a_new_address_is_confirmed_from_itself_and_the_old_one_is_told() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.sign_up().await, app.sign_up().await);
    let new = format!("new.{}", ada.email);
    let change = |email: &str, password: &str| {
        let body = json!({ "email": email, "current_password": password });
        app.put(&ada, "/api/v1/auth/email", body)
    };
    is_wrong(change(&new, "wrong password")).await;
    let bad = change("nonsense", PASSWORD);
    refused(bad, StatusCode::UNPROCESSABLE_ENTITY, ErrorCode::ValidationFailed).await;
    let taken = change(&eve.email.to_uppercase(), PASSWORD);
    refused(taken, StatusCode::CONFLICT, ErrorCode::EmailTaken).await;
    done(change(&new, PASSWORD)).await;
    let me: Me = ok(app.get(&ada, "/api/v1/auth/me")).await;
    assert_eq!(me.user.email, ada.email, "nothing changes before it is confirmed");

    let mail = mails::first(&app, &new, "Confirm your new e-mail address").await;
    let confirm = || post(&app, "email/verify", json!({ "token": mails::token(&mail) }));
    let _: Value = ok(confirm()).await;
    bad_link(confirm()).await;
    let told = mails::first(&app, &ada.email, "Your e-mail address was changed").await;
    assert!(told.contains(&new));
    is_wrong(login(&app, &ada.email, PASSWORD)).await;
    let again: AuthResponse = ok(login(&app, &new, PASSWORD)).await;
    assert!(again.user.email_verified);

    // Somebody else takes the address before the link is followed.
    mails::sql(
        &app,
        "update email_tokens set created_at = created_at - interval '2 minutes'",
    )
    .await;
    done(change("wanted@example.com", PASSWORD)).await;
    let sign_up = json!({ "email": "Wanted@example.com", "password": PASSWORD, "name": "W" });
    let _: AuthResponse = ok(post(&app, "signup", sign_up)).await;
    let mail = mails::first(&app, "wanted@example.com", "Confirm your new e-mail address").await;
    let late = post(&app, "email/verify", json!({ "token": mails::token(&mail) }));
    refused(late, StatusCode::CONFLICT, ErrorCode::EmailTaken).await;
}

#[tokio::test]
async fn the_name_can_be_changed_and_nothing_else_with_it() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let user: User = ok(app.put(&ada, "/api/v1/auth/me", json!({ "name": " Countess " }))).await;
    assert_eq!(
        (user.name.as_str(), user.email.as_str()),
        ("Countess", ada.email.as_str())
    );
    for body in [
        json!({ "name": "" }),
        json!({ "name": "x".repeat(81) }),
        json!({ "name": "A", "email": "b@example.com" }),
        json!({ "name": "A", "email_verified": true }),
    ] {
        let request = app.put(&ada, "/api/v1/auth/me", body);
        refused(
            request,
            StatusCode::UNPROCESSABLE_ENTITY,
            ErrorCode::ValidationFailed,
        )
        .await;
    }
}

#[tokio::test]
async fn five_wrong_passwords_lock_an_address_out_whether_or_not_it_has_an_account() {
    let app = TestApp::start_with(|config| config.worker = true).await;
    let ada = app.sign_up().await;
    let nobody = "nobody@example.com";
    let mut details = Vec::new();
    for email in [ada.email.as_str(), nobody] {
        for _ in 0..5 {
            is_wrong(login(&app, email, "wrong password")).await;
        }
        // The right one is not even looked at.
        let response = login(&app, &email.to_uppercase(), PASSWORD).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        let wait: u64 = response.headers()[header::RETRY_AFTER]
            .to_str()
            .unwrap()
            .parse()
            .unwrap();
        assert!((16..=30).contains(&wait), "{wait}");
        let mut body: Value = response.json().await.unwrap();
        body.as_object_mut().unwrap().remove("request_id");
        body["detail"] = body["detail"]
            .as_str()
            .unwrap()
            .replace(char::is_numeric, "")
            .into();
        details.push(body);
    }
    assert_eq!(details[0], details[1]);

    // The wait doubles with each further one, to an hour.
    for expected in [60, 120, 240, 480, 960, 1920, 3600, 3600] {
        mails::sql(&app, "update sign_in_attempts set locked_until = now()").await;
        is_wrong(login(&app, &ada.email, "wrong password")).await;
        let response = login(&app, &ada.email, PASSWORD).send().await.unwrap();
        let wait: u64 = response.headers()[header::RETRY_AFTER]
            .to_str()
            .unwrap()
            .parse()
            .unwrap();
        assert!(
            (expected / 2 + 1..=expected).contains(&wait),
            "{wait} of {expected}"
        );
    }

    // A link by mail opens it again.
    done(post(&app, "password/forgot", json!({ "email": ada.email }))).await;
    let mail = mails::first(&app, &ada.email, "Choose a new password").await;
    let body = json!({ "token": mails::token(&mail), "password": OTHER });
    done(post(&app, "password/reset", body)).await;
    let _: AuthResponse = ok(login(&app, &ada.email, OTHER)).await;
    // The right one forgets the wrong ones.
    for _ in 0..3 {
        for _ in 0..4 {
            is_wrong(login(&app, &ada.email, "wrong password")).await;
        }
        let _: AuthResponse = ok(login(&app, &ada.email, OTHER)).await;
    }
}

#[tokio::test]
async fn many_wrong_passwords_at_once_are_no_more_than_one_after_the_other() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let tries = (0..30).map(|_| login(&app, &ada.email, "wrong password").send());
    let answers = futures::future::join_all(tries).await;
    let looked_at = answers
        .iter()
        .filter(|answer| answer.as_ref().unwrap().status() == StatusCode::UNAUTHORIZED);
    assert_eq!(looked_at.count(), 5);
}

#[tokio::test]
async fn a_stolen_access_token_can_not_try_passwords() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    for path in ["mfa/setup", "mfa/disable", "mfa/setup", "mfa/setup", "mfa/setup"] {
        let body = json!({ "current_password": "wrong password" });
        is_wrong(app.post(&ada, &format!("/api/v1/auth/{path}"), body)).await;
    }
    let body = json!({ "current_password": PASSWORD, "password": OTHER });
    let locked = app.put(&ada, "/api/v1/auth/password", body);
    refused(locked, StatusCode::TOO_MANY_REQUESTS, ErrorCode::RateLimited).await;
}

#[tokio::test]
async fn an_account_without_a_password_is_not_opened_by_any() {
    let app = TestApp::start_with(|config| config.worker = true).await;
    let ada = app.sign_up().await;
    mails::sql(&app, "update users set password_hash = null").await;
    for password in [PASSWORD, ""] {
        is_wrong(login(&app, &ada.email, password)).await;
    }
    // A session that is no longer fresh proves nothing.
    mails::sql(
        &app,
        "update sessions set created_at = now() - interval '11 minutes'",
    )
    .await;
    let body = json!({ "current_password": "", "password": OTHER });
    let request = app.put(&ada, "/api/v1/auth/password", body);
    refused(request, StatusCode::FORBIDDEN, ErrorCode::SignInAgain).await;
    // A link by mail gives it one.
    done(post(&app, "password/forgot", json!({ "email": ada.email }))).await;
    let mail = mails::first(&app, &ada.email, "Choose a new password").await;
    let body = json!({ "token": mails::token(&mail), "password": OTHER });
    done(post(&app, "password/reset", body)).await;
    let _: AuthResponse = ok(login(&app, &ada.email, OTHER)).await;
}
