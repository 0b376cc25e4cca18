//! Answers and tokens that somebody had their hands in.

use api_types::ErrorCode;
use api_types::auth::AuthResponse;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use url::Url;

use super::{PASSWORD, app, failed, offer, unknown};
use crate::support::browser::Browser;
use crate::support::fake_issuer::{FakeIssuer, Signed};
use crate::support::{TestApp, ok, refused};

/// The address with another value for one of its parameters.
fn with(url: &Url, name: &str, value: Option<&str>) -> Url {
    let pairs: Vec<_> = url.query_pairs().filter(|(key, _)| key != name).collect();
    let mut changed = url.clone();
    changed
        .query_pairs_mut()
        .clear()
        .extend_pairs(pairs)
        .extend_pairs(value.map(|value| (name, value)));
    changed
}

fn param(url: &Url, name: &str) -> String {
    let found = url.query_pairs().find(|(key, _)| key == name);
    found.unwrap().1.into_owned()
}

/// Comes back with this, and is told that it was not begun here.
async fn not_begun(browser: &Browser<'_>, callback: Url) {
    assert_eq!(browser.come_back(callback).await, "/sign-in/finish");
    failed(browser, ErrorCode::SignInFailed).await;
}

#[tokio::test]
async fn a_state_is_good_once_and_in_its_browser_only() {
    let fake = FakeIssuer::start().await;
    let app = app(&fake).await;
    let browser = Browser::new(&app);
    let begin = async || browser.consent(browser.begin("corp").await).await;
    for state in [None, Some(""), Some("made-up"), Some("null")] {
        let callback = with(&begin().await, "state", state);
        not_begun(&browser, callback).await;
    }
    // Somebody else's, that Eve got hold of or had Ada open.
    let callback = begin().await;
    let eve = Browser::new(&app);
    not_begun(&eve, callback.clone()).await;
    // And it is used up by that.
    not_begun(&browser, callback).await;
    // The cookie of another attempt.
    let first = begin().await;
    let second = begin().await;
    not_begun(&browser, first).await;
    not_begun(&browser, second).await;

    // Used once, it is over, and so is its code.
    let callback = begin().await;
    browser.come_back(callback.clone()).await;
    let known = unknown(&browser).await;
    assert_eq!(known.label, "ada@example.org");
    let exchanged = fake.issuer().exchanged.len();
    browser.come_back(callback).await;
    assert_eq!(fake.issuer().exchanged.len(), exchanged);
    // What came back the first time is still there for its browser.
    let _: AuthResponse = ok(browser.sign_up("ada@example.org")).await;
}

#[tokio::test]
async fn many_who_come_back_with_one_state_are_let_in_once() {
    let fake = FakeIssuer::start().await;
    let app = app(&fake).await;
    let browser = Browser::new(&app);
    let callback = browser.consent(browser.begin("corp").await).await;
    let tries = (0..8).map(|_| browser.http.get(callback.clone()).send());
    let answers = futures::future::join_all(tries).await;
    let brought = answers.iter().filter(|answer| {
        let cookies = answer.as_ref().unwrap().headers().get_all("set-cookie");
        cookies
            .iter()
            .any(|it| it.to_str().unwrap().starts_with("botwright_ticket="))
    });
    assert_eq!(brought.count(), 1);
    assert_eq!(fake.issuer().exchanged.len(), 1);
}

#[tokio::test]
async fn cookies_are_out_of_reach_for_scripts_and_other_sites() {
    let fake = FakeIssuer::start().await;
    let app = TestApp::start_with(|config| {
        offer(config, &fake);
        config.public_url = Some("https://bots.example.com".parse().unwrap());
    })
    .await;
    let url = |path: &str| format!("http://{}/api/v1/auth/{path}", app.state.config.listen);
    let http = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let begun = http
        .post(url("oauth/corp"))
        .json(&json!({}))
        .send()
        .await
        .unwrap();
    let cookie = begun.headers()["set-cookie"].to_str().unwrap().to_owned();
    for part in [
        "botwright_oauth=",
        "HttpOnly",
        "Secure",
        "SameSite=Lax",
        "Path=/api/v1/auth/oauth",
        "Max-Age=600",
    ] {
        assert!(cookie.contains(part), "{cookie} has no {part}");
    }
    let page: Value = begun.json().await.unwrap();
    let page: Url = page["url"].as_str().unwrap().parse().unwrap();
    // Exactly the address that is registered, whatever host the request named.
    let redirect = param(&page, "redirect_uri");
    assert_eq!(
        redirect,
        "https://bots.example.com/api/v1/auth/oauth/corp/callback"
    );
    let callback = crate::support::browser::location(&http.get(page).send().await.unwrap());
    let callback = callback
        .as_str()
        .replace("https://bots.example.com/api/v1/auth/", &url(""));
    let back = http
        .get(callback)
        .header("cookie", cookie.split(';').next().unwrap())
        .header("host", "evil.example")
        .send()
        .await
        .unwrap();
    assert_eq!(
        back.headers()["location"],
        "https://bots.example.com/sign-in/finish"
    );
    let cookies: Vec<_> = back
        .headers()
        .get_all("set-cookie")
        .iter()
        .map(|it| it.to_str().unwrap())
        .collect();
    let ticket = cookies
        .iter()
        .find(|it| it.starts_with("botwright_ticket="))
        .unwrap();
    for part in [
        "HttpOnly",
        "Secure",
        "SameSite=Strict",
        "Path=/api/v1/auth/identities",
        "Max-Age=600",
    ] {
        assert!(ticket.contains(part), "{ticket} has no {part}");
    }
}

#[tokio::test]
async fn each_sign_in_has_its_own_challenge_state_and_nonce() {
    let fake = FakeIssuer::start().await;
    let app = app(&fake).await;
    let browser = Browser::new(&app);
    let (first, second) = (browser.begin("corp").await, browser.begin("corp").await);
    for name in ["state", "nonce", "code_challenge"] {
        assert_ne!(param(&first, name), param(&second, name));
        assert!(param(&first, name).len() >= 43);
    }
    assert_eq!(param(&first, "code_challenge_method"), "S256");
    assert_eq!(param(&first, "scope"), "openid email profile");
    // The secrets themselves stay here.
    assert!(!first.as_str().contains("code_verifier") && !first.as_str().contains("client_secret"));
}

#[tokio::test]
async fn a_code_of_another_sign_in_is_worth_nothing() {
    let fake = FakeIssuer::start().await;
    let app = app(&fake).await;
    let (ada, eve) = (Browser::new(&app), Browser::new(&app));
    let stolen = ada.consent(ada.begin("corp").await).await;
    let own = eve.consent(eve.begin("corp").await).await;
    // Eve puts Ada's code into her own answer: the issuer finds another challenge.
    let injected = with(&own, "code", Some(&param(&stolen, "code")));
    eve.come_back(injected).await;
    let said = failed(&eve, ErrorCode::SignInFailed).await;
    assert!(
        said.contains("Corp did not sign you in") && said.contains("invalid_grant"),
        "{said}"
    );
    // A code that was used, and none at all.
    for code in [None, Some("made-up")] {
        let callback = eve.consent(eve.begin("corp").await).await;
        eve.come_back(with(&callback, "code", code)).await;
        failed(&eve, ErrorCode::SignInFailed).await;
    }
}

#[tokio::test]
async fn without_the_right_challenge_the_issuer_gives_nothing() {
    let fake = FakeIssuer::start().await;
    let app = app(&fake).await;
    let browser = Browser::new(&app);
    // Taken out on the way, the issuer refuses; put in otherwise, our verifier does not fit.
    let page = browser.begin("corp").await;
    let without = browser
        .http
        .get(with(&page, "code_challenge", None))
        .send()
        .await
        .unwrap();
    assert_eq!(without.status(), StatusCode::BAD_REQUEST);
    let other = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let callback = browser.consent(with(&page, "code_challenge", Some(other))).await;
    browser.come_back(callback).await;
    failed(&browser, ErrorCode::SignInFailed).await;
    // Nor does another redirect address, which the code would have gone to.
    let page = browser.begin("corp").await;
    let redirect = param(&page, "redirect_uri").replace("/corp/", "/corp/../corp/");
    let callback = browser
        .consent(with(&page, "redirect_uri", Some(&redirect)))
        .await;
    browser.come_back(callback).await;
    failed(&browser, ErrorCode::SignInFailed).await;
}

#[tokio::test]
async fn an_answer_goes_to_the_issuer_it_was_begun_with() {
    let (fake, evil) = (FakeIssuer::start().await, FakeIssuer::start().await);
    let app = TestApp::start_with(|config| {
        offer(config, &evil);
        let issuer = config.sign_in.issuers.remove("corp").unwrap();
        config.sign_in.issuers.insert("evil".to_owned(), issuer);
        offer(config, &fake);
    })
    .await;
    let browser = Browser::new(&app);
    let callback = browser.consent(browser.begin("corp").await).await;
    let mixed = callback.as_str().replace("/corp/callback", "/evil/callback");
    not_begun(&browser, mixed.parse().unwrap()).await;
    assert!(evil.issuer().exchanged.is_empty());
    // As does who says that it answers (RFC 9207).
    let callback = browser.consent(browser.begin("corp").await).await;
    browser.come_back(with(&callback, "iss", Some(&evil.url()))).await;
    failed(&browser, ErrorCode::SignInFailed).await;
    let callback = browser.consent(browser.begin("corp").await).await;
    browser.come_back(with(&callback, "iss", Some(&fake.url()))).await;
    unknown(&browser).await;
    // One person's number at one issuer is nobody's at another.
    let _: AuthResponse = ok(browser.sign_up("ada@example.org")).await;
    let callback = browser.consent(browser.begin("evil").await).await;
    browser.come_back(callback).await;
    unknown(&browser).await;
}

#[tokio::test]
async fn only_an_id_token_that_is_right_in_all_is_taken() {
    let fake = FakeIssuer::start().await;
    let app = app(&fake).await;
    let browser = Browser::new(&app);
    let now = chrono::Utc::now().timestamp();
    let right = fake.issuer().claims.clone();
    for claims in [
        json!({ "nonce": "another one" }),
        json!({ "nonce": null }),
        json!({ "aud": "another client" }),
        json!({ "aud": ["botwright", "another client"] }),
        json!({ "aud": null }),
        json!({ "azp": "another client" }),
        json!({ "iss": "https://evil.example" }),
        json!({ "iss": format!("{}/", fake.url()) }),
        json!({ "iss": null }),
        json!({ "exp": now - 1 }),
        json!({ "exp": null }),
        json!({ "sub": null }),
    ] {
        fake.claim(claims.clone());
        browser.visit("corp").await;
        let said = browser.finish().send().await.unwrap();
        assert!(
            said.status().is_client_error() || said.status().is_server_error(),
            "{claims}"
        );
        let problem: api_types::Problem = said.json().await.unwrap();
        let known = [ErrorCode::SignInFailed, ErrorCode::IssuerUnavailable];
        assert!(known.contains(&problem.code), "{claims}: {problem:?}");
        fake.issuer().claims = right.clone();
    }
    for signed in [
        Signed::ByAStranger,
        Signed::Not,
        Signed::WithTheSecret,
        Signed::WithThePublicKey,
    ] {
        fake.issuer().signed = signed;
        browser.visit("corp").await;
        failed(&browser, ErrorCode::SignInFailed).await;
    }
    fake.issuer().signed = Signed::Rightly;
    fake.issuer().key_id = "key-2".to_owned();
    browser.visit("corp").await;
    failed(&browser, ErrorCode::SignInFailed).await;
    fake.issuer().key_id = "key-1".to_owned();
    browser.visit("corp").await;
    unknown(&browser).await;
}

#[tokio::test]
async fn a_new_key_of_the_issuer_is_found() {
    let fake = FakeIssuer::start().await;
    let app = app(&fake).await;
    let browser = Browser::new(&app);
    browser.visit("corp").await;
    unknown(&browser).await;
    assert_eq!(fake.issuer().discovered, 1);
    {
        let mut issuer = fake.issuer();
        issuer.key_id = "key-2".to_owned();
        issuer.published_key_id = "key-2".to_owned();
    }
    browser.visit("corp").await;
    unknown(&browser).await;
    assert_eq!(fake.issuer().discovered, 2);
}

#[tokio::test]
async fn what_the_issuer_refuses_is_told_in_words() {
    let fake = FakeIssuer::start().await;
    let app = app(&fake).await;
    let browser = Browser::new(&app);
    for (error, words) in [
        ("access_denied", "You did not go on at Corp"),
        ("temporarily_unavailable", "temporarily_unavailable"),
    ] {
        fake.issuer().error = Some(error);
        browser.visit("corp").await;
        let said = failed(&browser, ErrorCode::SignInFailed).await;
        assert!(said.contains(words), "{said}");
        // Told once.
        failed(&browser, ErrorCode::SignInFailed).await;
    }
}

#[tokio::test]
async fn an_issuer_that_is_away_or_talks_nonsense_is_told_too() {
    let fake = FakeIssuer::start().await;
    let app = TestApp::start_with(|config| {
        offer(config, &fake);
        let mut gone = config.sign_in.issuers["corp"].clone();
        // Nobody listens there, and no server inside the own network is asked unless the operator says so.
        gone.url = "http://127.0.0.1:9".to_owned();
        config.sign_in.issuers.insert("inside".to_owned(), gone.clone());
        gone.url = "http://localhost:1".to_owned();
        config.outbound_allow.push("localhost:1".to_owned());
        config.sign_in.issuers.insert("gone".to_owned(), gone);
    })
    .await;
    let browser = Browser::new(&app);
    for issuer in ["gone", "inside"] {
        let request = browser.post(&format!("oauth/{issuer}"), json!({}));
        refused(request, StatusCode::BAD_GATEWAY, ErrorCode::IssuerUnavailable).await;
    }
    let unset = browser.post("oauth/google", json!({}));
    refused(unset, StatusCode::NOT_FOUND, ErrorCode::NotFound).await;

    // It calls itself otherwise, or breaks down between the one step and the other.
    fake.issuer().name = Some("https://evil.example".to_owned());
    let request = browser.post("oauth/corp", json!({}));
    refused(request, StatusCode::BAD_GATEWAY, ErrorCode::IssuerUnavailable).await;
    fake.issuer().name = None;
    let callback = browser.consent(browser.begin("corp").await).await;
    fake.issuer().broken = Some(503);
    browser.come_back(callback).await;
    failed(&browser, ErrorCode::IssuerUnavailable).await;
    fake.issuer().broken = None;
    browser.visit("corp").await;
    unknown(&browser).await;
}

#[tokio::test]
async fn a_way_is_added_in_the_session_and_browser_that_it_was_confirmed_in() {
    let fake = FakeIssuer::start().await;
    let app = app(&fake).await;
    let (ada, eve) = (app.sign_up().await, app.sign_up().await);
    let browser = Browser::new(&app);
    let callback = browser
        .consent(browser.begin_link(&ada, "corp", PASSWORD).await)
        .await;
    browser.come_back(callback).await;
    // Neither another person, nor a sign-in, nor another browser.
    refused(
        browser.link(&eve),
        StatusCode::UNAUTHORIZED,
        ErrorCode::SignInFailed,
    )
    .await;
    failed(&browser, ErrorCode::SignInFailed).await;
    let elsewhere = Browser::new(&app);
    refused(
        elsewhere.link(&ada),
        StatusCode::UNAUTHORIZED,
        ErrorCode::SignInFailed,
    )
    .await;
    // What was proven to sign in is not added to an account.
    elsewhere.visit("corp").await;
    refused(
        elsewhere.link(&eve),
        StatusCode::UNAUTHORIZED,
        ErrorCode::SignInFailed,
    )
    .await;
    // The session ended meanwhile.
    app.request(Method::DELETE, "/api/v1/auth/sessions")
        .bearer_auth(ada.token())
        .send()
        .await
        .unwrap();
    refused(
        browser.link(&ada),
        StatusCode::UNAUTHORIZED,
        ErrorCode::Unauthorized,
    )
    .await;
}

#[tokio::test]
async fn what_is_gone_on_with_is_a_page_of_ours() {
    let fake = FakeIssuer::start().await;
    let app = app(&fake).await;
    let browser = Browser::new(&app);
    for next in [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
    ] {
        let request = browser.post("oauth/corp", json!({ "next": next }));
        refused(
            request,
            StatusCode::UNPROCESSABLE_ENTITY,
            ErrorCode::ValidationFailed,
        )
        .await;
    }
}
