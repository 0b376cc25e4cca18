//! Signing in with an account at an issuer.

mod others;
mod tampering;

use api_types::ErrorCode;
use api_types::auth::{AuthResponse, Me, MfaChallenge, SignInOptions};
use api_types::identities::{NewIdentity, WaysToSignIn};
use domain::config::{Config, OpenIdIssuer};
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::auth_mfa;
use crate::support::browser::Browser;
use crate::support::fake_issuer::{CLIENT_ID, CLIENT_SECRET, FakeIssuer};
use crate::support::{Person, TestApp, done, mails, ok, refused};

pub const PASSWORD: &str = "correct horse battery";

/// Has a server offer a local issuer by the name `corp`.
pub fn offer(config: &mut Config, fake: &FakeIssuer) {
    let issuer = OpenIdIssuer {
        label: "Corp".to_owned(),
        url: fake.url(),
        client_id: CLIENT_ID.to_owned(),
        client_secret: Some(CLIENT_SECRET.to_owned().into()),
    };
    config.sign_in.issuers.insert("corp".to_owned(), issuer);
    config.outbound_allow.push(fake.place.clone());
}

pub async fn app(fake: &FakeIssuer) -> TestApp {
    TestApp::start_with(|config| offer(config, fake)).await
}

/// What is known of somebody without an account.
pub async fn unknown(browser: &Browser<'_>) -> NewIdentity {
    let problem = refused(
        browser.finish(),
        StatusCode::UNAUTHORIZED,
        ErrorCode::SignUpRequired,
    )
    .await;
    serde_json::from_value(problem.current.unwrap()).unwrap()
}

/// The sign-in came to nothing, for this reason.
pub async fn failed(browser: &Browser<'_>, code: ErrorCode) -> String {
    let status = match code {
        ErrorCode::IssuerUnavailable => StatusCode::BAD_GATEWAY,
        _ => StatusCode::UNAUTHORIZED,
    };
    refused(browser.finish(), status, code).await.detail
}

#[tokio::test]
async fn a_newcomer_makes_an_account_and_comes_back_to_it() {
    let fake = FakeIssuer::start().await;
    let app = app(&fake).await;
    let options: SignInOptions = ok(app.request(Method::GET, "/api/v1/auth/options")).await;
    let offered: Vec<_> = options
        .issuers
        .iter()
        .map(|issuer| (&*issuer.id, &*issuer.label))
        .collect();
    assert_eq!(offered, [("corp", "Corp")]);

    let browser = Browser::new(&app);
    // Nothing but where to go on stands in the address.
    assert_eq!(
        browser.visit("corp").await,
        "/sign-in/finish?next=%2Fbots%3Fa%3Db"
    );
    let known = unknown(&browser).await;
    assert_eq!(
        (known.way.as_str(), known.label.as_str()),
        ("Corp", "ada@example.org")
    );
    assert_eq!(known.name.as_deref(), Some("Ada Lovelace"));
    // The ticket is still good, and a wrong address can be corrected.
    let wrong = browser.sign_up("ada");
    refused(
        wrong,
        StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::ValidationFailed,
    )
    .await;
    let ada: AuthResponse = ok(browser.sign_up("ada@example.org")).await;
    // The issuer says that the address is hers.
    assert!(ada.user.email_verified);
    assert_eq!(mails::count(&app, "ada@example.org").await, 0);
    let again = browser.sign_up("ada2@example.org");
    refused(again, StatusCode::UNAUTHORIZED, ErrorCode::SignInFailed).await;

    let elsewhere = Browser::new(&app);
    elsewhere.visit("corp").await;
    let back: AuthResponse = ok(elsewhere.finish()).await;
    assert_eq!((back.user.id, back.workspace.id), (ada.user.id, ada.workspace.id));
    // The session goes on as any other; what proved it is used up.
    let renewed: AuthResponse = ok(elsewhere.post("refresh", json!({}))).await;
    assert_eq!(renewed.user.id, ada.user.id);
    refused(
        elsewhere.finish(),
        StatusCode::UNAUTHORIZED,
        ErrorCode::SignInFailed,
    )
    .await;
}

#[tokio::test]
async fn an_address_that_the_issuer_does_not_vouch_for_is_confirmed_by_mail() {
    let fake = FakeIssuer::start().await;
    let app = app(&fake).await;
    for (sub, claims, email) in [
        ("1", json!({ "email_verified": false }), "ada@example.org"),
        ("2", json!({ "email_verified": true }), "other@example.org"),
        (
            "3",
            json!({ "email": null, "email_verified": null }),
            "grace@example.org",
        ),
    ] {
        fake.claim(json!({ "sub": sub }));
        fake.claim(claims);
        let browser = Browser::new(&app);
        let person = browser.newcomer("corp", email).await;
        assert!(!person.auth.user.email_verified, "{sub}");
        let mail = mails::first(&app, email, "Confirm your e-mail address").await;
        let token = mails::token(&mail);
        done(browser.post("email/verify", json!({ "token": token }))).await;
    }
}

#[tokio::test]
async fn an_account_with_the_same_address_is_never_joined_by_itself() {
    let fake = FakeIssuer::start().await;
    let app = app(&fake).await;
    let ada = app.sign_up().await;
    fake.claim(json!({ "email": ada.email, "email_verified": true }));
    let browser = Browser::new(&app);
    browser.visit("corp").await;
    unknown(&browser).await;
    let problem = refused(
        browser.sign_up(&ada.email.to_uppercase()),
        StatusCode::CONFLICT,
        ErrorCode::EmailTaken,
    )
    .await;
    assert!(
        problem.detail.contains("add this way under Account: Corp"),
        "{}",
        problem.detail
    );

    // Signed in, she adds it herself.
    let callback = browser
        .consent(browser.begin_link(&ada, "corp", PASSWORD).await)
        .await;
    assert_eq!(browser.come_back(callback).await, "/account/link");
    done(browser.link(&ada)).await;
    let told = mails::first(&app, &ada.email, "A way to sign in was added").await;
    assert!(told.contains("Corp"), "{told}");
    let elsewhere = Browser::new(&app);
    elsewhere.visit("corp").await;
    let back: AuthResponse = ok(elsewhere.finish()).await;
    assert_eq!(back.user.id, ada.auth.user.id);
}

#[tokio::test]
async fn an_invitation_is_taken_along() {
    let fake = FakeIssuer::start().await;
    let app = app(&fake).await;
    let owner = app.sign_up().await;
    let token = app
        .invite(
            &owner,
            "organization/invitations",
            api_types::tenancy::Role::Editor,
        )
        .await;
    let browser = Browser::new(&app);
    // The browser keeps the token meanwhile: neither the issuer nor an address gets to know it.
    let body = json!({ "invitation": token });
    refused(
        browser.post("oauth/corp", body),
        StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::ValidationFailed,
    )
    .await;
    browser.visit("corp").await;
    let body = json!({ "name": "Ada", "email": "ada@example.org", "invitation": token });
    let joined: AuthResponse = ok(browser.post("identities/signup", body)).await;
    assert_eq!(joined.workspace.id, owner.workspace_id());
    let me: Me = ok(app
        .request(Method::GET, "/api/v1/auth/me")
        .bearer_auth(&joined.access_token))
    .await;
    assert_eq!(me.workspaces.len(), 1);
}

#[tokio::test]
async fn the_second_factor_is_asked_for_after_an_issuer_too() {
    let fake = FakeIssuer::start().await;
    let app = app(&fake).await;
    let ada = app.sign_up().await;
    let browser = Browser::new(&app);
    let callback = browser
        .consent(browser.begin_link(&ada, "corp", PASSWORD).await)
        .await;
    browser.come_back(callback).await;
    done(browser.link(&ada)).await;
    let (secret, _) = auth_mfa::enable(&app, &ada).await;

    browser.visit("corp").await;
    let problem = refused(browser.finish(), StatusCode::UNAUTHORIZED, ErrorCode::MfaRequired).await;
    let asked: MfaChallenge = serde_json::from_value(problem.current.unwrap()).unwrap();
    let body = json!({ "challenge": asked.challenge, "code": auth_mfa::code(&secret, 1) });
    let back: AuthResponse = ok(browser.post("mfa", body)).await;
    assert_eq!(back.user.id, ada.auth.user.id);
}

#[tokio::test]
async fn ways_are_listed_and_removed_but_for_the_last() {
    let fake = FakeIssuer::start().await;
    let app = app(&fake).await;
    let browser = Browser::new(&app);
    let ada = browser.newcomer("corp", "ada@example.org").await;
    let list = || app.get(&ada, "/api/v1/auth/identities");
    let ways: WaysToSignIn = ok(list()).await;
    assert!(!ways.has_password && ways.identities.len() == 1);
    let first = &ways.identities[0];
    assert_eq!(
        (first.way.as_str(), first.label.as_str()),
        ("Corp", "ada@example.org")
    );
    let remove = |person: &Person, id, password: &str| {
        let path = format!("/api/v1/auth/identities/{id}/remove");
        app.post(person, &path, json!({ "current_password": password }))
    };
    refused(
        remove(&ada, first.id, ""),
        StatusCode::CONFLICT,
        ErrorCode::LastIdentity,
    )
    .await;

    // A second account at the same issuer; without a password, having signed in just now proves that it is her.
    fake.claim(json!({ "sub": "ada-2", "email": "ada2@example.org" }));
    let callback = browser.consent(browser.begin_link(&ada, "corp", "").await).await;
    browser.come_back(callback).await;
    done(browser.link(&ada)).await;
    let elsewhere = Browser::new(&app);
    elsewhere.visit("corp").await;
    let other: AuthResponse = ok(elsewhere.finish()).await;
    let ways: WaysToSignIn = ok(list()).await;
    assert_eq!(ways.identities.len(), 2);

    // Later it proves nothing any more.
    mails::sql(
        &app,
        "update sessions set created_at = now() - interval '11 minutes'",
    )
    .await;
    refused(
        remove(&ada, first.id, ""),
        StatusCode::FORBIDDEN,
        ErrorCode::SignInAgain,
    )
    .await;
    let body = json!({ "current_password": "" });
    let link = app.post(&ada, "/api/v1/auth/identities/oauth/corp", body);
    refused(link, StatusCode::FORBIDDEN, ErrorCode::SignInAgain).await;
    mails::sql(&app, "update sessions set created_at = now()").await;

    // Both at once: one of them stays.
    let [a, b] = [0, 1].map(|n| remove(&ada, ways.identities[n].id, "").send());
    let (a, b) = tokio::join!(a, b);
    let mut statuses = [a.unwrap().status(), b.unwrap().status()];
    statuses.sort();
    assert_eq!(statuses, [StatusCode::NO_CONTENT, StatusCode::CONFLICT]);
    mails::first(&app, "ada@example.org", "A way to sign in was removed").await;
    let left: WaysToSignIn = ok(list()).await;
    assert_eq!(left.identities.len(), 1);
    // The other session may have been begun by the way that is gone.
    let request = app
        .request(Method::GET, "/api/v1/auth/me")
        .bearer_auth(&other.access_token);
    refused(request, StatusCode::UNAUTHORIZED, ErrorCode::Unauthorized).await;
}

#[tokio::test]
async fn a_way_belongs_to_one_account_and_is_out_of_reach_for_others() {
    let fake = FakeIssuer::start().await;
    let app = app(&fake).await;
    let browser = Browser::new(&app);
    let ada = browser.newcomer("corp", "ada@example.org").await;
    let eve = app.sign_up().await;
    let ways: WaysToSignIn = ok(app.get(&ada, "/api/v1/auth/identities")).await;

    let callback = browser
        .consent(browser.begin_link(&eve, "corp", PASSWORD).await)
        .await;
    browser.come_back(callback).await;
    refused(browser.link(&eve), StatusCode::CONFLICT, ErrorCode::IdentityTaken).await;
    let callback = browser.consent(browser.begin_link(&ada, "corp", "").await).await;
    browser.come_back(callback).await;
    refused(browser.link(&ada), StatusCode::CONFLICT, ErrorCode::InUse).await;

    let path = format!("/api/v1/auth/identities/{}/remove", ways.identities[0].id);
    let body = json!({ "current_password": PASSWORD });
    refused(
        app.post(&eve, &path, &body),
        StatusCode::NOT_FOUND,
        ErrorCode::NotFound,
    )
    .await;
    let wrong = json!({ "current_password": "wrong password" });
    let link = app.post(&eve, "/api/v1/auth/identities/oauth/corp", wrong);
    refused(link, StatusCode::UNAUTHORIZED, ErrorCode::InvalidCredentials).await;
}

#[tokio::test]
async fn whoever_owns_the_address_gets_the_account_without_the_ways_of_who_took_it() {
    let fake = FakeIssuer::start().await;
    let app = TestApp::start_with(|config| {
        offer(config, &fake);
        config.worker = true;
    })
    .await;
    fake.claim(json!({ "email": "eve@example.org" }));
    let eve = Browser::new(&app);
    eve.newcomer("corp", "ada@example.com").await;
    // Ada asks for a new password: the address is hers.
    done(eve.post("password/forgot", json!({ "email": "ada@example.com" }))).await;
    let mail = mails::first(&app, "ada@example.com", "Choose a new password").await;
    let body = json!({ "token": mails::token(&mail), "password": PASSWORD });
    done(eve.post("password/reset", body)).await;
    eve.visit("corp").await;
    unknown(&eve).await;
}

#[tokio::test]
async fn a_password_can_be_set_by_whoever_has_none() {
    let fake = FakeIssuer::start().await;
    let app = app(&fake).await;
    let browser = Browser::new(&app);
    let ada = browser.newcomer("corp", "ada@example.org").await;
    let login = || browser.post("login", json!({ "email": ada.email, "password": PASSWORD }));
    refused(login(), StatusCode::UNAUTHORIZED, ErrorCode::InvalidCredentials).await;
    done(app.put(&ada, "/api/v1/auth/password", json!({ "password": PASSWORD }))).await;
    let _: AuthResponse = ok(login()).await;
    let ways: WaysToSignIn = ok(app.get(&ada, "/api/v1/auth/identities")).await;
    assert!(ways.has_password);
    // From now on it is asked for.
    let body = json!({ "email": "new@example.org" });
    let request = app.put(&ada, "/api/v1/auth/email", body);
    refused(request, StatusCode::UNAUTHORIZED, ErrorCode::InvalidCredentials).await;
}
