//! Access tokens as they should never be taken (RFC 8725).

use api_types::ErrorCode;
use api_types::auth::Me;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Person, TestApp, ok, refused};

/// A token with these claims over the usual ones, signed with the server's own key.
pub fn signed(app: &TestApp, claims: &Value) -> String {
    signed_as(app, &Header::new(Algorithm::HS256), claims)
}

fn signed_as(app: &TestApp, header: &Header, claims: &Value) -> String {
    let now = chrono::Utc::now().timestamp();
    let mut all = json!({
        "typ": "access", "iss": "botwright", "aud": "botwright-api", "iat": now, "exp": now + 600,
    });
    for (name, value) in claims.as_object().unwrap() {
        if value.is_null() {
            all.as_object_mut().unwrap().remove(name);
        } else {
            all[name.as_str()] = value.clone();
        }
    }
    encode(
        header,
        &all,
        &EncodingKey::from_secret(app.services().secrets.token_key()),
    )
    .unwrap()
}

/// What the server's own token of this person says.
fn claims_of(person: &Person) -> Value {
    let payload = person.token().split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

#[tokio::test]
async fn tokens_that_are_not_just_like_ours_are_refused() {
    let app = TestApp::start().await;
    let ada = app.sign_up().await;
    let said = claims_of(&ada);
    let base = json!({ "sub": said["sub"], "sid": said["sid"], "ws": said["ws"] });
    let with = |changes: Value| {
        let mut claims = base.clone();
        for (name, value) in changes.as_object().unwrap() {
            claims[name.as_str()] = value.clone();
        }
        claims
    };
    let me = |token: &str| app.request(Method::GET, "/api/v1/auth/me").bearer_auth(token);
    let _: Me = ok(me(&signed(&app, &base))).await;

    let now = chrono::Utc::now().timestamp();
    let mut bad: Vec<(String, String)> = [
        json!({ "typ": "challenge" }),
        json!({ "typ": "visitor" }),
        json!({ "typ": null }),
        json!({ "iss": "somebody" }),
        json!({ "iss": null }),
        json!({ "aud": "another-api" }),
        json!({ "aud": ["botwright-api", 7] }),
        json!({ "aud": null }),
        json!({ "exp": now - 31 }),
        json!({ "exp": null }),
        json!({ "exp": "never" }),
        json!({ "nbf": now + 3600 }),
        json!({ "iat": now + 3600 }),
        json!({ "iat": null }),
        json!({ "sub": Uuid::new_v4() }),
        json!({ "sub": null }),
        json!({ "ws": Uuid::new_v4() }),
        json!({ "sid": Uuid::new_v4() }),
        json!({ "sid": null }),
        json!({ "padding": "x".repeat(20_000) }),
    ]
    .into_iter()
    .map(|changes| {
        (
            changes.to_string().chars().take(60).collect(),
            signed(&app, &with(changes)),
        )
    })
    .collect();

    for algorithm in [Algorithm::HS384, Algorithm::HS512] {
        bad.push((
            format!("{algorithm:?}"),
            signed_as(&app, &Header::new(algorithm), &base),
        ));
    }
    let plain = Header::new(Algorithm::HS256);
    let kid = Header {
        kid: Some("../../dev/null".to_owned()),
        ..plain.clone()
    };
    let jku = Header {
        jku: Some("https://example.com/keys".to_owned()),
        ..plain.clone()
    };
    let x5u = Header {
        x5u: Some("https://example.com/cert".to_owned()),
        ..plain.clone()
    };
    let typ = Header {
        typ: Some("secevent+jwt".to_owned()),
        ..plain
    };
    for header in [kid, jku, x5u, typ] {
        bad.push((format!("{header:?}"), signed_as(&app, &header, &base)));
    }
    let (_, rest) = ada.token().split_once('.').unwrap();
    let (payload, signature) = rest.split_once('.').unwrap();
    for algorithm in ["none", "None", "nOnE", "RS256", "ES256", "EdDSA", "HS257"] {
        let header = part(&json!({ "alg": algorithm, "typ": "JWT" }));
        bad.push((algorithm.to_owned(), format!("{header}.{payload}.{signature}")));
        bad.push((format!("{algorithm} unsigned"), format!("{header}.{payload}.")));
    }
    let owner = part(&json!({ "sub": said["sub"], "sid": said["sid"], "ws": Uuid::new_v4() }));
    let head = part(&json!({ "alg": "HS256", "typ": "JWT" }));
    bad.push((
        "another payload".to_owned(),
        format!("{head}.{owner}.{signature}"),
    ));
    bad.push(("no signature".to_owned(), format!("{head}.{payload}")));
    bad.push(("cut".to_owned(), ada.token()[..ada.token().len() - 2].to_owned()));
    bad.push(("huge".to_owned(), "e".repeat(60_000)));
    bad.push(("dots".to_owned(), "..".to_owned()));
    for (what, token) in bad {
        eprintln!("{what}");
        refused(me(&token), StatusCode::UNAUTHORIZED, ErrorCode::Unauthorized).await;
    }
}
