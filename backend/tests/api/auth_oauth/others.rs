//! GitHub, Apple and Microsoft, each with what is its own.

use api_types::ErrorCode;
use api_types::auth::AuthResponse;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use domain::config::{Apple, GitHub, Microsoft};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{failed, unknown};
use crate::support::browser::{Browser, location};
use crate::support::fake_issuer::{CLIENT_ID, CLIENT_SECRET, FakeIssuer, pem};
use crate::support::{TestApp, ok};

async fn with_github(fake: &FakeIssuer) -> TestApp {
    let github = GitHub {
        client_id: CLIENT_ID.to_owned(),
        client_secret: CLIENT_SECRET.to_owned().into(),
        url: fake.url().parse().unwrap(),
        api_url: fake.url().parse().unwrap(),
    };
    TestApp::start_with(|config| {
        config.sign_in.github = Some(github);
        config.outbound_allow.push(fake.place.clone());
    })
    .await
}

#[tokio::test]
async fn github_says_who_it_is_by_a_number_that_stays() {
    let fake = FakeIssuer::start().await;
    let app = with_github(&fake).await;
    let browser = Browser::new(&app);
    browser.visit("github").await;
    let known = unknown(&browser).await;
    assert_eq!((known.way.as_str(), known.label.as_str()), ("GitHub", "ada"));
    // The primary address, not the first.
    assert_eq!(known.email.as_deref(), Some("ada@example.org"));
    let ada: AuthResponse = ok(browser.sign_up("ada@example.org")).await;
    assert!(ada.user.email_verified);

    // Another name and address, the same person; the old name may be somebody else's by now.
    fake.issuer().user["login"] = json!("countess");
    fake.issuer().emails = json!([]);
    browser.visit("github").await;
    let back: AuthResponse = ok(browser.finish()).await;
    assert_eq!(back.user.id, ada.user.id);
    fake.issuer().user = json!({ "id": 7, "login": "ada", "name": null });
    browser.visit("github").await;
    let other = unknown(&browser).await;
    assert_eq!((other.name.as_deref(), other.email), (Some("ada"), None));
}

#[tokio::test]
async fn an_address_that_github_did_not_verify_is_not_confirmed() {
    let fake = FakeIssuer::start().await;
    let app = with_github(&fake).await;
    fake.issuer().emails = json!([{ "email": "ada@example.org", "primary": true, "verified": false }]);
    let browser = Browser::new(&app);
    let ada = browser.newcomer("github", "ada@example.org").await;
    assert!(!ada.auth.user.email_verified);
}

#[tokio::test]
async fn a_code_that_github_refuses_with_200_signs_nobody_in() {
    let fake = FakeIssuer::start().await;
    let app = with_github(&fake).await;
    let browser = Browser::new(&app);
    let callback = browser.consent(browser.begin("github").await).await;
    let state = callback
        .query_pairs()
        .find(|(name, _)| name == "state")
        .unwrap()
        .1
        .into_owned();
    let mut forged = callback.clone();
    forged
        .query_pairs_mut()
        .clear()
        .append_pair("state", &state)
        .append_pair("code", "made-up");
    browser.come_back(forged).await;
    let said = failed(&browser, ErrorCode::SignInFailed).await;
    assert!(said.contains("GitHub did not sign you in"), "{said}");
    // Its API is away.
    let callback = browser.consent(browser.begin("github").await).await;
    fake.issuer().broken = Some(500);
    browser.come_back(callback).await;
    failed(&browser, ErrorCode::IssuerUnavailable).await;
}

#[tokio::test]
async fn apple_answers_by_a_form_and_is_shown_a_secret_that_we_sign() {
    let fake = FakeIssuer::start().await;
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
    let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref()).unwrap();
    let apple = Apple {
        client_id: CLIENT_ID.to_owned(),
        team_id: "TEAM123456".to_owned(),
        key_id: "KEY1234567".to_owned(),
        // As it is written in the environment.
        private_key: pem(pkcs8.as_ref()).replace('\n', "\\n").into(),
        url: fake.url().parse().unwrap(),
    };
    let app = TestApp::start_with(|config| {
        config.sign_in.apple = Some(apple);
        config.outbound_allow.push(fake.place.clone());
    })
    .await;
    // Apple's tokens have no name in them, and write booleans as strings.
    fake.issuer().claims =
        json!({ "sub": "001.ada", "email": "x@privaterelay.example", "email_verified": "true" });
    fake.issuer().auth_methods = vec!["client_secret_post"];

    let browser = Browser::new(&app);
    let page = browser.begin("apple").await;
    let form = browser.http.get(page).send().await.unwrap().text().await.unwrap();
    let (action, fields) = read_form(&form);
    let back = browser.submit(&action, &fields).await;
    assert!(
        location(&back)
            .as_str()
            .ends_with("/sign-in/finish?next=%2Fbots%3Fa%3Db")
    );
    let known = unknown(&browser).await;
    assert_eq!(known.name.as_deref(), Some("Ada Lovelace"));
    let ada: AuthResponse = ok(browser.sign_up("x@privaterelay.example")).await;
    assert!(ada.user.email_verified);

    let sent = fake.issuer().exchanged[0].clone();
    assert!(!sent.contains_key("auth"), "in the body, as Apple wants it");
    let mut right = Validation::new(Algorithm::ES256);
    right.set_audience(&[fake.url()]);
    right.set_issuer(&["TEAM123456"]);
    let public = DecodingKey::from_ec_der(key.public_key().as_ref());
    let secret = jsonwebtoken::decode::<Value>(&sent["client_secret"], &public, &right).unwrap();
    assert_eq!(secret.header.kid.as_deref(), Some("KEY1234567"));
    assert_eq!(secret.claims["sub"], CLIENT_ID);
    // The same form again.
    let (action, fields) = read_form(&form);
    let again = browser.submit(&action, &fields).await;
    assert_eq!(again.status(), StatusCode::SEE_OTHER);
    assert_eq!(fake.issuer().exchanged.len(), 1);
}

/// Where a form goes, and what is in it.
fn read_form(html: &str) -> (String, Vec<(String, String)>) {
    let between = |text: &str, before: &str| {
        let rest = text.split_once(before).unwrap().1;
        rest.split('"').next().unwrap().replace("&quot;", "\"")
    };
    let fields = html.split("<input").skip(1);
    let fields = fields.map(|input| (between(input, "name=\""), between(input, "value=\"")));
    (between(html, "action=\""), fields.collect())
}

#[tokio::test]
async fn accounts_of_any_directory_at_microsoft_are_kept_apart() {
    let fake = FakeIssuer::start().await;
    let microsoft = Microsoft {
        client_id: CLIENT_ID.to_owned(),
        client_secret: CLIENT_SECRET.to_owned().into(),
        tenant: "common".to_owned(),
        url: fake.url().parse().unwrap(),
    };
    let app = TestApp::start_with(|config| {
        config.sign_in.microsoft = Some(microsoft);
        config.outbound_allow.push(fake.place.clone());
    })
    .await;
    fake.issuer().name = Some(format!("{}/{{tenantid}}/v2.0", fake.url()));
    let directory = |id: &str| json!({ "iss": format!("{}/{id}/v2.0", fake.url()) });
    // An address at Microsoft is whatever an administrator wrote there, and says nothing of being theirs.
    fake.issuer().claims = json!({ "sub": "ada", "email": "ada@example.org", "name": "Ada" });
    fake.claim(directory("72f988bf-86f1-41af-91ab-2d7cd011db47"));
    let browser = Browser::new(&app);
    browser.visit("microsoft").await;
    assert_eq!(unknown(&browser).await.way, "Microsoft");
    let ada: AuthResponse = ok(browser.sign_up("ada@example.org")).await;
    assert!(!ada.user.email_verified);
    browser.visit("microsoft").await;
    let back: AuthResponse = ok(browser.finish()).await;
    assert_eq!(back.user.id, ada.user.id);

    fake.claim(directory("9188040d-6c67-4c5b-b112-36a304b66dad"));
    browser.visit("microsoft").await;
    unknown(&browser).await;
    for wrong in [
        directory("common"),
        json!({ "iss": "https://evil.example/72f988bf-86f1-41af-91ab-2d7cd011db47/v2.0" }),
    ] {
        fake.claim(wrong);
        browser.visit("microsoft").await;
        failed(&browser, ErrorCode::SignInFailed).await;
    }
}
