//! Signing in with a passkey.

use api_types::ErrorCode;
use api_types::auth::{AuthResponse, SignInOptions};
use api_types::identities::{IdentityKind, PasskeyChallenge, WaysToSignIn};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::auth_mfa;
use super::auth_oauth::{PASSWORD, failed};
use crate::support::authenticator::{Authenticator, PRESENT, VERIFIED};
use crate::support::browser::Browser;
use crate::support::{Person, TestApp, done, mails, ok, refused};

/// Passkeys belong to a name, so that the server has one.
async fn app() -> TestApp {
    TestApp::start_with(|config| {
        let url = format!("http://localhost:{}", config.listen.port());
        config.public_url = Some(url.parse().unwrap());
    })
    .await
}

async fn registration(app: &TestApp, person: &Person) -> PasskeyChallenge {
    let body = json!({ "current_password": PASSWORD });
    ok(app.post(person, "/api/v1/auth/identities/passkeys/challenge", body)).await
}

fn add(app: &TestApp, person: &Person, challenge: &str, credential: &Value) -> reqwest::RequestBuilder {
    let body = json!({ "challenge": challenge, "name": "Laptop", "credential": credential });
    app.post(person, "/api/v1/auth/identities/passkeys", body)
}

/// A new passkey of this person.
async fn added(app: &TestApp, person: &Person) -> Authenticator {
    let asked = registration(app, person).await;
    let mut passkey = Authenticator::new(&app.base);
    let made = passkey.create(&asked.options);
    done(add(app, person, &asked.challenge, &made)).await;
    passkey
}

async fn challenge(browser: &Browser<'_>) -> PasskeyChallenge {
    ok(browser.post("passkeys/challenge", json!({}))).await
}

fn verify(browser: &Browser<'_>, challenge: &str, credential: &Value) -> reqwest::RequestBuilder {
    let body = json!({ "challenge": challenge, "credential": credential });
    browser.post("passkeys/verify", body)
}

/// Asks the passkey, and sends its answer.
async fn prove(browser: &Browser<'_>, passkey: &mut Authenticator) {
    let asked = challenge(browser).await;
    done(verify(browser, &asked.challenge, &passkey.get(&asked.options))).await;
}

/// Asks the passkey; its answer is not taken.
async fn not_taken(browser: &Browser<'_>, passkey: &mut Authenticator, what: &str) {
    let asked = challenge(browser).await;
    let request = verify(browser, &asked.challenge, &passkey.get(&asked.options));
    let said = request.send().await.unwrap();
    assert_eq!(said.status(), StatusCode::UNAUTHORIZED, "{what}");
    let problem: api_types::Problem = said.json().await.unwrap();
    assert_eq!(problem.code, ErrorCode::SignInFailed, "{what}");
}

#[tokio::test]
async fn a_passkey_signs_in_by_itself() {
    let app = app().await;
    let options: SignInOptions = ok(app.request(Method::GET, "/api/v1/auth/options")).await;
    assert!(options.passkeys);
    let ada = app.sign_up().await;
    let asked = registration(&app, &ada).await;
    // The device has to know whose it is, and who uses it.
    let wanted = &asked.options["authenticatorSelection"];
    assert_eq!(
        (&wanted["residentKey"], &wanted["userVerification"]),
        (&json!("required"), &json!("required"))
    );
    assert_eq!(asked.options["rp"]["id"], "localhost");
    let mut passkey = added(&app, &ada).await;
    let told = mails::first(&app, &ada.email, "A way to sign in was added").await;
    assert!(told.contains("Passkey"), "{told}");
    // No second one on the same device.
    let again = registration(&app, &ada).await;
    let known = &again.options["excludeCredentials"][0]["id"];
    assert_eq!(known, &json!(URL_SAFE_NO_PAD.encode(&passkey.id)));

    // It is two factors: no code is asked for.
    auth_mfa::enable(&app, &ada).await;
    let browser = Browser::new(&app);
    let asked = challenge(&browser).await;
    assert!(
        asked.options["allowCredentials"]
            .as_array()
            .is_none_or(Vec::is_empty)
    );
    for _ in 0..2 {
        prove(&browser, &mut passkey).await;
        let back: AuthResponse = ok(browser.finish()).await;
        assert_eq!(back.user.id, ada.auth.user.id);
    }
    let ways: WaysToSignIn = ok(app.get(&ada, "/api/v1/auth/identities")).await;
    let way = &ways.identities[0];
    assert_eq!(
        (way.kind, &*way.way, &*way.label),
        (IdentityKind::Passkey, "Passkey", "Laptop")
    );
    assert!(way.last_used_at.is_some());

    let path = format!("/api/v1/auth/identities/{}/remove", way.id);
    done(app.post(&ada, &path, json!({ "current_password": PASSWORD }))).await;
    not_taken(&browser, &mut passkey, "removed").await;
}

#[tokio::test]
async fn an_answer_is_taken_once_and_for_what_was_asked() {
    let app = app().await;
    let ada = app.sign_up().await;
    let mut passkey = added(&app, &ada).await;
    let browser = Browser::new(&app);
    let (first, second) = (challenge(&browser).await, challenge(&browser).await);
    let answer = passkey.get(&first.options);
    // For another question, and for none.
    for challenge in [second.challenge.as_str(), "made-up", ""] {
        let request = verify(&browser, challenge, &answer);
        refused(request, StatusCode::UNAUTHORIZED, ErrorCode::SignInFailed).await;
    }
    let tries = (0..8).map(|_| verify(&browser, &first.challenge, &answer).send());
    let answers = futures::future::join_all(tries).await;
    let worked = answers
        .iter()
        .filter(|answer| answer.as_ref().unwrap().status().is_success());
    assert_eq!(worked.count(), 1);
    // What is no answer at all.
    for nothing in [
        json!({}),
        json!(null),
        json!("x"),
        json!({ "id": "x", "response": {} }),
    ] {
        let asked = challenge(&browser).await;
        let request = verify(&browser, &asked.challenge, &nothing);
        refused(
            request,
            StatusCode::UNPROCESSABLE_ENTITY,
            ErrorCode::ValidationFailed,
        )
        .await;
    }
}

#[tokio::test]
async fn only_an_answer_that_is_right_in_all_is_taken() {
    let app = app().await;
    let (ada, eve) = (app.sign_up().await, app.sign_up().await);
    let mut passkey = added(&app, &ada).await;
    let mut eves = added(&app, &eve).await;
    let browser = Browser::new(&app);
    prove(&browser, &mut passkey).await;

    for origin in [
        "https://evil.example",
        "http://localhost:1",
        "http://evil.localhost",
    ] {
        passkey.origin = origin.to_owned();
        not_taken(&browser, &mut passkey, origin).await;
    }
    passkey.origin.clone_from(&app.base);
    passkey.domain = "evil.example".to_owned();
    not_taken(&browser, &mut passkey, "another domain").await;
    passkey.domain = "localhost".to_owned();
    for (flags, what) in [
        (PRESENT, "not verified"),
        (VERIFIED, "nobody there"),
        (0, "neither"),
    ] {
        passkey.flags = flags;
        not_taken(&browser, &mut passkey, what).await;
    }
    passkey.flags = PRESENT | VERIFIED;
    // A copy of it that counts for itself.
    passkey.count = 0;
    not_taken(&browser, &mut passkey, "a copy").await;
    passkey.count = 100;
    prove(&browser, &mut passkey).await;
    let _: AuthResponse = ok(browser.finish()).await;

    // Eve's passkey under Ada's name, and with Ada's passkey's name.
    let own = std::mem::replace(&mut eves.user, passkey.user.clone());
    not_taken(&browser, &mut eves, "another user").await;
    eves.id.clone_from(&passkey.id);
    not_taken(&browser, &mut eves, "another key").await;
    eves.user = own;
    not_taken(&browser, &mut eves, "another id").await;
    failed(&browser, ErrorCode::SignInFailed).await;
}

#[tokio::test]
async fn a_passkey_is_added_by_its_owner_in_the_session_that_asked() {
    let app = app().await;
    let (ada, eve) = (app.sign_up().await, app.sign_up().await);
    let wrong = json!({ "current_password": "wrong password" });
    let request = app.post(&ada, "/api/v1/auth/identities/passkeys/challenge", wrong);
    refused(request, StatusCode::UNAUTHORIZED, ErrorCode::InvalidCredentials).await;

    let asked = registration(&app, &ada).await;
    let mut passkey = Authenticator::new(&app.base);
    let made = passkey.create(&asked.options);
    // Neither somebody else, nor a second time.
    let request = add(&app, &eve, &asked.challenge, &made);
    refused(request, StatusCode::UNAUTHORIZED, ErrorCode::SignInFailed).await;
    let request = add(&app, &ada, &asked.challenge, &made);
    refused(request, StatusCode::UNAUTHORIZED, ErrorCode::SignInFailed).await;

    for (what, change) in [
        (
            "origin",
            (|it: &mut Authenticator| it.origin = "https://evil.example".to_owned()) as fn(&mut _),
        ),
        ("domain", |it| it.domain = "evil.example".to_owned()),
        ("not verified", |it| it.flags = PRESENT),
    ] {
        let asked = registration(&app, &ada).await;
        let mut passkey = Authenticator::new(&app.base);
        change(&mut passkey);
        let request = add(&app, &ada, &asked.challenge, &passkey.create(&asked.options));
        let said = request.send().await.unwrap();
        assert_eq!(said.status(), StatusCode::UNAUTHORIZED, "{what}");
    }
    let (asked, other) = (registration(&app, &ada).await, registration(&app, &ada).await);
    let made = Authenticator::new(&app.base).create(&other.options);
    let request = add(&app, &ada, &asked.challenge, &made);
    refused(request, StatusCode::UNAUTHORIZED, ErrorCode::SignInFailed).await;

    // One that somebody else has.
    let adas = added(&app, &ada).await;
    let asked = registration(&app, &eve).await;
    let mut copy = Authenticator::new(&app.base);
    copy.id.clone_from(&adas.id);
    let request = add(&app, &eve, &asked.challenge, &copy.create(&asked.options));
    refused(request, StatusCode::CONFLICT, ErrorCode::IdentityTaken).await;
}

#[tokio::test]
async fn a_server_without_a_name_has_no_passkeys() {
    let app = TestApp::start().await;
    let options: SignInOptions = ok(app.request(Method::GET, "/api/v1/auth/options")).await;
    assert!(!options.passkeys);
    let browser = Browser::new(&app);
    let request = browser.post("passkeys/challenge", json!({}));
    refused(request, StatusCode::NOT_FOUND, ErrorCode::NotFound).await;
}
