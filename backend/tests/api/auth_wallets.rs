//! Signing in with a wallet.

use api_types::ErrorCode;
use api_types::auth::{AuthResponse, SignInOptions};
use api_types::identities::{IdentityKind, WalletKind, WalletMessage, WaysToSignIn};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::auth_oauth::{PASSWORD, failed, unknown};
use crate::support::browser::Browser;
use crate::support::wallets::{Wallet, malleated};
use crate::support::{TestApp, done, mails, ok, refused};

async fn app() -> TestApp {
    TestApp::start_with(|config| config.sign_in.wallets = true).await
}

/// The message that an address is asked to sign.
async fn message(browser: &Browser<'_>, wallet: &Wallet) -> String {
    let body = json!({ "kind": wallet.kind, "address": wallet.address() });
    let asked: WalletMessage = ok(browser.post("wallets/message", body)).await;
    asked.message
}

async fn prove(browser: &Browser<'_>, wallet: &Wallet) {
    let message = message(browser, wallet).await;
    done(browser.post("wallets/verify", wallet.answer(&message))).await;
}

async fn not_taken(browser: &Browser<'_>, answer: Value) {
    let request = browser.post("wallets/verify", answer);
    refused(request, StatusCode::UNAUTHORIZED, ErrorCode::SignInFailed).await;
}

#[tokio::test]
async fn a_wallet_of_each_kind_makes_an_account_and_comes_back_to_it() {
    let app = app().await;
    let options: SignInOptions = ok(app.request(Method::GET, "/api/v1/auth/options")).await;
    assert!(options.wallets);
    for (number, kind) in (1..).zip(WalletKind::ALL) {
        let wallet = Wallet::new(kind, number);
        let browser = Browser::new(&app);
        prove(&browser, &wallet).await;
        let known = unknown(&browser).await;
        assert_eq!(known.way, format!("{} wallet", kind.network()));
        assert_eq!(known.label.to_lowercase(), wallet.address().to_lowercase());
        assert_eq!((known.name, known.email), (None, None));
        let email = format!("{}@example.org", kind.as_str());
        let ada: AuthResponse = ok(browser.sign_up(&email)).await;
        assert!(!ada.user.email_verified);
        mails::first(&app, &email, "Confirm your e-mail address").await;

        let elsewhere = Browser::new(&app);
        prove(&elsewhere, &wallet).await;
        let back: AuthResponse = ok(elsewhere.finish()).await;
        assert_eq!(back.user.id, ada.user.id);
        // Another key is somebody else.
        prove(&elsewhere, &Wallet::new(kind, number + 100)).await;
        unknown(&elsewhere).await;
    }
}

#[tokio::test]
async fn the_message_says_who_asks_and_is_good_once_and_for_its_time() {
    let app = app().await;
    let browser = Browser::new(&app);
    let wallet = Wallet::new(WalletKind::Ethereum, 1);
    let first = message(&browser, &wallet).await;
    let domain = app.base.strip_prefix("http://").unwrap();
    assert!(
        first.starts_with(&format!(
            "{domain} wants you to sign in with your Ethereum account:\n0x"
        )),
        "{first}"
    );
    assert!(
        first.contains(&format!("\nURI: {}\nVersion: 1\nChain ID: 1\n", app.base)),
        "{first}"
    );
    assert_ne!(first, message(&browser, &wallet).await);

    // Signed rightly, but not by our words.
    let line = |name: &str| first.lines().find(|line| line.starts_with(name)).unwrap();
    for (from, to) in [
        (domain, "evil.example"),
        (app.base.as_str(), "https://evil.example"),
        ("Chain ID: 1", "Chain ID: 137"),
        ("Version: 1", "Version: 2"),
        (line("Nonce: "), "Nonce: 00000000000000000000000000000000"),
        (line("Issued At: "), "Issued At: 2020-01-01T00:00:00Z"),
        (line("Expiration Time: "), "Expiration Time: 2100-01-01T00:00:00Z"),
        ("Sign in to Botwright.", "Sign in to Botwright!"),
    ] {
        let changed = first.replace(from, to);
        assert_ne!(changed, first, "{from}");
        not_taken(&browser, wallet.answer(&changed)).await;
    }
    for other in ["", "Sign in", &"x".repeat(100_000)] {
        not_taken(&browser, wallet.answer(other)).await;
    }
    // Ours is still good, once, however often it is sent.
    let tries = (0..8).map(|_| browser.post("wallets/verify", wallet.answer(&first)).send());
    let answers = futures::future::join_all(tries).await;
    let worked = answers
        .iter()
        .filter(|answer| answer.as_ref().unwrap().status().is_success());
    assert_eq!(worked.count(), 1);
    not_taken(&browser, wallet.answer(&first)).await;

    // Five minutes later it is gone.
    let late = message(&browser, &wallet).await;
    let key = format!("sign_in:wallet:{}", sha256(&late));
    let mut redis = app.services().redis.commands();
    let ttl: i64 = redis::cmd("TTL").arg(&key).query_async(&mut redis).await.unwrap();
    assert!((295..=300).contains(&ttl), "{ttl}");
    let expired: i64 = redis::cmd("PEXPIRE")
        .arg(&key)
        .arg(0)
        .query_async(&mut redis)
        .await
        .unwrap();
    assert_eq!(expired, 1);
    not_taken(&browser, wallet.answer(&late)).await;
}

fn sha256(text: &str) -> String {
    use sha2::{Digest, Sha256};
    hex::encode(Sha256::digest(text))
}

/// What is sent back for a message.
type Answer<'a> = Box<dyn Fn(&str) -> Value + 'a>;

#[tokio::test]
async fn only_the_signature_of_the_address_counts() {
    let app = app().await;
    let browser = Browser::new(&app);
    for kind in WalletKind::ALL {
        let (ada, eve) = (Wallet::new(kind, 1), Wallet::new(kind, 2));
        let mut wrong: Vec<Answer<'_>> = vec![
            Box::new(|message| eve.answer(message)),
            Box::new(|message| ada.with_signature(message, &eve.sign(message))),
            Box::new(|message| ada.with_signature(message, &ada.sign("something else"))),
            Box::new(|message| ada.with_signature(message, &[0; 65])),
            Box::new(|message| ada.with_signature(message, &[0; 64])),
            Box::new(|message| ada.with_signature(message, &[0xff; 64])),
            Box::new(|message| ada.with_signature(message, &[])),
            Box::new(|message| ada.with_signature(message, &ada.sign(message)[..63])),
            Box::new(|message| ada.with_signature(message, &[ada.sign(message), vec![0]].concat())),
            Box::new(|message| json!({ "message": message, "signature": "nothing of the kind" })),
        ];
        if kind != WalletKind::Solana {
            wrong.push(Box::new(|message| {
                ada.with_signature(message, &malleated(&ada.sign(message)))
            }));
        }
        if kind == WalletKind::Ethereum {
            for v in [2, 26, 29, 37, 255] {
                let ada = &ada;
                wrong.push(Box::new(move |message| {
                    let mut signature = ada.sign(message);
                    signature[64] = v;
                    ada.with_signature(message, &signature)
                }));
            }
        }
        for (number, answer) in wrong.iter().enumerate() {
            let message = message(&browser, &ada).await;
            let request = browser.post("wallets/verify", answer(&message));
            let said = request.send().await.unwrap();
            assert_eq!(said.status(), StatusCode::UNAUTHORIZED, "{kind:?} {number}");
            // A wrong one uses it up.
            not_taken(&browser, ada.answer(&message)).await;
        }
    }
}

#[tokio::test]
async fn how_an_address_is_written_makes_no_difference_but_what_is_none_is_refused() {
    let app = app().await;
    let browser = Browser::new(&app);
    let wallet = Wallet::new(WalletKind::Ethereum, 1);
    prove(&browser, &wallet).await;
    let ada: AuthResponse = ok(browser.sign_up("ada@example.org")).await;
    let small = wallet.address();
    let capital = format!("0x{}", small[2..].to_uppercase());
    for address in [small.clone(), capital, format!(" {small} ")] {
        let body = json!({ "kind": "ethereum", "address": address, "chain_id": "137" });
        let asked: WalletMessage = ok(browser.post("wallets/message", body)).await;
        assert!(asked.message.contains("\nChain ID: 137\n"));
        // Some wallets number their signatures from 0.
        let mut signature = wallet.sign(&asked.message);
        signature[64] -= 27;
        done(browser.post(
            "wallets/verify",
            wallet.with_signature(&asked.message, &signature),
        ))
        .await;
        let back: AuthResponse = ok(browser.finish()).await;
        assert_eq!(back.user.id, ada.user.id);
    }
    let solana = Wallet::new(WalletKind::Solana, 1).address();
    for (kind, address) in [
        ("ethereum", ""),
        ("ethereum", "0x123"),
        ("ethereum", "ada.eth"),
        ("ethereum", &*solana),
        ("solana", "11111111111111111111111111111111"),
        ("solana", &small),
        ("cosmos", &small),
        ("cosmos", "cosmos1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq"),
    ] {
        let body = json!({ "kind": kind, "address": address });
        let request = browser.post("wallets/message", body);
        refused(
            request,
            StatusCode::UNPROCESSABLE_ENTITY,
            ErrorCode::ValidationFailed,
        )
        .await;
    }
    let body = json!({ "kind": "ethereum", "address": small, "chain_id": "1\nURI: https://evil.example" });
    let request = browser.post("wallets/message", body);
    refused(
        request,
        StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::ValidationFailed,
    )
    .await;
}

#[tokio::test]
async fn a_wallet_is_added_to_an_account_by_words_of_its_own() {
    let app = app().await;
    let ada = app.sign_up().await;
    let browser = Browser::new(&app);
    let wallet = Wallet::new(WalletKind::Cosmos, 7);
    let ask = |password: &str| {
        let body = json!({ "kind": "cosmos", "address": wallet.address(), "current_password": password });
        browser
            .post("identities/wallets/message", body)
            .bearer_auth(ada.token())
    };
    refused(
        ask("wrong password"),
        StatusCode::UNAUTHORIZED,
        ErrorCode::InvalidCredentials,
    )
    .await;
    let asked: WalletMessage = ok(ask(PASSWORD)).await;
    assert!(
        asked
            .message
            .contains("\nAdd this wallet to your account at Botwright.\n")
    );
    done(browser.post("wallets/verify", wallet.answer(&asked.message))).await;
    // It was not signed to sign in.
    failed(&browser, ErrorCode::SignInFailed).await;
    done(browser.link(&ada)).await;
    let told = mails::first(&app, &ada.email, "A way to sign in was added").await;
    assert!(told.contains("Cosmos wallet"), "{told}");
    let ways: WaysToSignIn = ok(app.get(&ada, "/api/v1/auth/identities")).await;
    assert_eq!(ways.identities[0].kind, IdentityKind::Wallet);
    assert_eq!(ways.identities[0].label, wallet.address());
    prove(&browser, &wallet).await;
    let back: AuthResponse = ok(browser.finish()).await;
    assert_eq!(back.user.id, ada.auth.user.id);
}

#[tokio::test]
async fn wallets_are_off_unless_the_operator_wants_them() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let browser = Browser::new(&app);
    let wallet = Wallet::new(WalletKind::Ethereum, 1);
    let body = json!({ "kind": wallet.kind, "address": wallet.address() });
    let request = browser.post("wallets/message", body.clone());
    refused(request, StatusCode::NOT_FOUND, ErrorCode::NotFound).await;
    let request = app.post(&ada, "/api/v1/auth/identities/wallets/message", body);
    refused(request, StatusCode::NOT_FOUND, ErrorCode::NotFound).await;
    let request = browser.post("wallets/verify", wallet.answer("x"));
    refused(request, StatusCode::NOT_FOUND, ErrorCode::NotFound).await;
}
