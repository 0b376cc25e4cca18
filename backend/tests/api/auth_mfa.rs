//! The second factor.

use api_types::ErrorCode;
use api_types::auth::{AuthResponse, Me, MfaChallenge, MfaSetup, MfaStatus, RecoveryCodes};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};
use totp_rs::{Builder, Secret};

use crate::support::{Person, TestApp, done, mails, ok, refused};

const PASSWORD: &str = "correct horse battery";

/// What an authenticator app with this secret shows, so many steps from now.
pub fn code(secret: &str, steps: i64) -> String {
    let secret = Secret::try_from_base32(secret).unwrap();
    let totp = Builder::new().with_secret(secret).build_noncompliant();
    let now = chrono::Utc::now().timestamp() + steps * 30;
    totp.generate(now.unsigned_abs()).to_string()
}

fn auth(app: &TestApp, path: &str, body: impl Serialize) -> RequestBuilder {
    app.request(Method::POST, &format!("/api/v1/auth/{path}"))
        .json(&body)
}

fn login(app: &TestApp, person: &Person) -> RequestBuilder {
    auth(
        app,
        "login",
        json!({ "email": person.email, "password": PASSWORD }),
    )
}

fn mfa(app: &TestApp, challenge: &str, code: &str) -> RequestBuilder {
    auth(app, "mfa", json!({ "challenge": challenge, "code": code }))
}

/// The first step of a sign-in.
async fn challenge(app: &TestApp, person: &Person) -> String {
    let problem = refused(
        login(app, person),
        StatusCode::UNAUTHORIZED,
        ErrorCode::MfaRequired,
    )
    .await;
    let challenge: MfaChallenge = serde_json::from_value(problem.current.unwrap()).unwrap();
    assert_eq!(challenge.expires_in, 300);
    challenge.challenge
}

async fn wrong_code(request: RequestBuilder) {
    refused(request, StatusCode::UNAUTHORIZED, ErrorCode::InvalidCode).await;
}

/// Turns it on with the code of now; that of the next step is still good. Answers secret and recovery codes.
pub async fn enable(app: &TestApp, person: &Person) -> (String, Vec<String>) {
    let body = json!({ "current_password": PASSWORD });
    let setup: MfaSetup = ok(app.post(person, "/api/v1/auth/mfa/setup", body)).await;
    assert!(
        setup.uri.starts_with("otpauth://totp/Botwright:"),
        "{}",
        setup.uri
    );
    assert!(setup.uri.contains(&setup.secret) && setup.qr_size >= 21 && setup.qr_path.starts_with('M'));
    let body = json!({ "code": code(&setup.secret, 0) });
    let codes: RecoveryCodes = ok(app.post(person, "/api/v1/auth/mfa/enable", body)).await;
    (setup.secret, codes.codes)
}

#[tokio::test]
async fn it_is_asked_for_once_it_is_on_and_each_code_and_challenge_works_once() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let (secret, codes) = enable(&app, &ada).await;
    assert_eq!(codes.len(), 10);
    mails::first(&app, &ada.email, "Two-step sign-in was turned on").await;
    let status: MfaStatus = ok(app.get(&ada, "/api/v1/auth/mfa")).await;
    assert_eq!((status.enabled, status.recovery_codes_left), (true, 10));

    let first = challenge(&app, &ada).await;
    wrong_code(mfa(&app, &first, "000000")).await;
    let next = code(&secret, 1);
    let spaced = format!("{} {}", &next[..3], &next[3..]);
    let session: AuthResponse = ok(mfa(&app, &first, &spaced)).await;
    assert_eq!(session.user.id, ada.auth.user.id);
    // The challenge was met, the code was seen, and what came before it is over.
    let again = mfa(&app, &first, &code(&secret, 1));
    refused(again, StatusCode::UNAUTHORIZED, ErrorCode::Unauthorized).await;
    let second = challenge(&app, &ada).await;
    for seen in [next, code(&secret, -1)] {
        wrong_code(mfa(&app, &second, &seen)).await;
    }
    mails::sql(&app, "update second_factors set last_step = 0").await;
    let _: AuthResponse = ok(mfa(&app, &second, &code(&secret, 0))).await;
    // Two steps ahead is too far.
    let third = challenge(&app, &ada).await;
    wrong_code(mfa(&app, &third, &code(&secret, 3))).await;
}

#[tokio::test]
async fn one_code_sent_many_times_at_once_signs_in_once() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let (secret, _) = enable(&app, &ada).await;
    let challenges = [challenge(&app, &ada).await, challenge(&app, &ada).await];
    let code = code(&secret, 1);
    let tries = (0..4).map(|i| mfa(&app, &challenges[i % 2], &code).send());
    let answers = futures::future::join_all(tries).await;
    let worked = answers
        .iter()
        .filter(|answer| answer.as_ref().unwrap().status().is_success());
    assert_eq!(worked.count(), 1);
}

#[tokio::test]
async fn a_recovery_code_stands_in_once_and_new_ones_replace_the_old() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let (_, codes) = enable(&app, &ada).await;
    let first = challenge(&app, &ada).await;
    let _: AuthResponse = ok(mfa(&app, &first, &codes[0].to_uppercase())).await;
    let told = mails::first(&app, &ada.email, "A recovery code was used").await;
    assert!(told.contains("Left: 9."), "{told}");
    let second = challenge(&app, &ada).await;
    wrong_code(mfa(&app, &second, &codes[0])).await;

    let wrong = json!({ "current_password": "wrong password" });
    let request = app.post(&ada, "/api/v1/auth/mfa/recovery-codes", wrong);
    refused(request, StatusCode::UNAUTHORIZED, ErrorCode::InvalidCredentials).await;
    let right = json!({ "current_password": PASSWORD });
    let new: RecoveryCodes = ok(app.post(&ada, "/api/v1/auth/mfa/recovery-codes", right)).await;
    mails::first(&app, &ada.email, "New recovery codes were made").await;
    wrong_code(mfa(&app, &second, &codes[1])).await;
    let _: AuthResponse = ok(mfa(&app, &second, &new.codes[0].replace('-', ""))).await;
}

#[tokio::test]
async fn codes_can_not_be_guessed() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let (secret, _) = enable(&app, &ada).await;
    let first = challenge(&app, &ada).await;
    for guess in ["000000", "", "null", "12345", "1234567"] {
        wrong_code(mfa(&app, &first, guess)).await;
    }
    // Neither for this challenge, nor for a new one.
    for challenge in [first, challenge(&app, &ada).await] {
        let request = mfa(&app, &challenge, &code(&secret, 0));
        refused(request, StatusCode::TOO_MANY_REQUESTS, ErrorCode::RateLimited).await;
    }
    mails::sql(&app, "update sign_in_attempts set locked_until = null").await;
    let second = challenge(&app, &ada).await;
    mails::sql(&app, "update mfa_challenges set expires_at = now()").await;
    let late = mfa(&app, &second, &code(&secret, 0));
    refused(late, StatusCode::UNAUTHORIZED, ErrorCode::Unauthorized).await;
}

#[tokio::test]
async fn a_challenge_opens_nothing_and_an_access_token_is_no_challenge() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let (secret, _) = enable(&app, &ada).await;
    let challenge = challenge(&app, &ada).await;
    let me = app
        .request(Method::GET, "/api/v1/auth/me")
        .bearer_auth(&challenge);
    refused(me, StatusCode::UNAUTHORIZED, ErrorCode::Unauthorized).await;
    for token in [ada.token(), "", "a.b.c"] {
        let request = mfa(&app, token, &code(&secret, 0));
        refused(request, StatusCode::UNAUTHORIZED, ErrorCode::Unauthorized).await;
    }
}

#[tokio::test]
async fn turning_it_on_and_off_needs_the_password_and_is_told_by_mail() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let post = |path: &str, password: &str| {
        let body = json!({ "current_password": password });
        app.post(&ada, &format!("/api/v1/auth/mfa/{path}"), body)
    };
    let wrong = post("setup", "wrong password");
    refused(wrong, StatusCode::UNAUTHORIZED, ErrorCode::InvalidCredentials).await;
    // Set up, but not shown to work: nothing is asked for.
    let setup: MfaSetup = ok(post("setup", PASSWORD)).await;
    wrong_code(app.post(&ada, "/api/v1/auth/mfa/enable", json!({ "code": "000000" }))).await;
    let _: AuthResponse = ok(login(&app, &ada)).await;
    let none = post("recovery-codes", PASSWORD);
    refused(
        none,
        StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::ValidationFailed,
    )
    .await;

    let body = json!({ "code": code(&setup.secret, 0) });
    let _: RecoveryCodes = ok(app.post(&ada, "/api/v1/auth/mfa/enable", body)).await;
    refused(post("setup", PASSWORD), StatusCode::CONFLICT, ErrorCode::InUse).await;
    let wrong = post("disable", "wrong password");
    refused(wrong, StatusCode::UNAUTHORIZED, ErrorCode::InvalidCredentials).await;
    challenge(&app, &ada).await;
    done(post("disable", PASSWORD)).await;
    mails::first(&app, &ada.email, "Two-step sign-in was turned off").await;
    let _: AuthResponse = ok(login(&app, &ada)).await;
}

#[tokio::test]
async fn whoever_signed_up_with_the_address_of_another_does_not_lock_them_out() {
    let app = TestApp::start_with(|config| config.worker = true).await;
    let squatter = app.sign_up().await;
    enable(&app, &squatter).await;
    done(auth(&app, "password/forgot", json!({ "email": squatter.email }))).await;
    let mail = mails::first(&app, &squatter.email, "Choose a new password").await;
    let body = json!({ "token": mails::token(&mail), "password": "gravel tuba lemonade" });
    done(auth(&app, "password/reset", body)).await;
    // What is gone is told.
    mails::first(&app, &squatter.email, "Two-step sign-in was turned off").await;
    let body = json!({ "email": squatter.email, "password": "gravel tuba lemonade" });
    let _: AuthResponse = ok(auth(&app, "login", body)).await;
}

#[tokio::test]
async fn a_reset_does_not_take_the_second_factor_of_a_confirmed_address_away() {
    let app = TestApp::start_with(|config| config.worker = true).await;
    let ada = app.sign_up().await;
    let mail = mails::first(&app, &ada.email, "Confirm your e-mail address").await;
    let _: Value = ok(auth(
        &app,
        "email/verify",
        json!({ "token": mails::token(&mail) }),
    ))
    .await;
    enable(&app, &ada).await;
    let pending = challenge(&app, &ada).await;
    done(auth(&app, "password/forgot", json!({ "email": ada.email }))).await;
    let mail = mails::first(&app, &ada.email, "Choose a new password").await;
    let body = json!({ "token": mails::token(&mail), "password": PASSWORD });
    done(auth(&app, "password/reset", body)).await;
    // A sign-in that was under way with the old password ends.
    let request = mfa(&app, &pending, "000000");
    refused(request, StatusCode::UNAUTHORIZED, ErrorCode::Unauthorized).await;
    challenge(&app, &ada).await;
    let request = app.get(&ada, "/api/v1/auth/me");
    refused(request, StatusCode::UNAUTHORIZED, ErrorCode::Unauthorized).await;
}

#[tokio::test]
async fn the_secret_and_the_recovery_codes_are_not_readable_in_the_database() {
    use sqlx::Connection;
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let (secret, codes) = enable(&app, &ada).await;
    let mut owner = sqlx::PgConnection::connect(app.database.url.as_str())
        .await
        .unwrap();
    let rows: Vec<String> = sqlx::query_scalar(
        "select encode(secret, 'escape') from second_factors union all
         select encode(code_hash, 'escape') from recovery_codes",
    )
    .fetch_all(&mut owner)
    .await
    .unwrap();
    assert_eq!(rows.len(), 11);
    for row in rows {
        assert!(!row.contains(&secret) && !codes.iter().any(|code| row.contains(code.as_str())));
    }
    let _: Me = ok(app.get(&ada, "/api/v1/auth/me")).await;
}
