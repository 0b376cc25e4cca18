//! A server that people sign in with: OpenID Connect as Google, Keycloak or Apple speak it, and OAuth 2.0 with an API as
//! GitHub's. It checks what the real ones check: the client, its secret, the exact redirect address, PKCE, and that each
//! code is used once. Whoever comes is signed in as `person`.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard};

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

pub const CLIENT_ID: &str = "botwright";
pub const CLIENT_SECRET: &str = "a secret between the two of them";
pub const KEY_ID: &str = "key-1";

static OWN: LazyLock<KeyPair> = LazyLock::new(|| KeyPair::generate(KeySize::Rsa2048).unwrap());
static STRANGERS: LazyLock<KeyPair> = LazyLock::new(|| KeyPair::generate(KeySize::Rsa2048).unwrap());

type Params = HashMap<String, String>;

/// How the next ID tokens are signed.
#[derive(Clone, Copy, PartialEq)]
pub enum Signed {
    Rightly,
    /// With a key that is not the issuer's.
    ByAStranger,
    /// `alg: none`, without a signature.
    Not,
    /// HS256 with the client's secret.
    WithTheSecret,
    /// HS256 with the public key as the secret.
    WithThePublicKey,
}

/// Who comes, and what the issuer does.
pub struct Issuer {
    /// Claims of the ID token; they replace those it would have.
    pub claims: Value,
    pub signed: Signed,
    /// The key that tokens name; the key set always has `KEY_ID` alone, until it is changed.
    pub key_id: String,
    pub published_key_id: String,
    /// What it calls itself.
    pub name: Option<String>,
    /// The error that people come back with.
    pub error: Option<&'static str>,
    /// The status of the token endpoint and the key set, when they are broken.
    pub broken: Option<u16>,
    /// Ways for the client to send its secret, as listed.
    pub auth_methods: Vec<&'static str>,
    /// GitHub's API: its answers.
    pub user: Value,
    pub emails: Value,
    /// Authorizations, by code: their parameters.
    codes: HashMap<String, Params>,
    /// Requests to authorize and for tokens.
    pub authorized: Vec<Params>,
    pub exchanged: Vec<Params>,
    pub discovered: usize,
}

pub struct FakeIssuer {
    pub place: String,
    issuer: Arc<Mutex<Issuer>>,
}

#[derive(Clone)]
struct Shared {
    url: String,
    issuer: Arc<Mutex<Issuer>>,
}

impl FakeIssuer {
    pub async fn start() -> Self {
        let issuer = Issuer {
            claims: json!({ "sub": "ada-1", "email": "ada@example.org", "email_verified": true, "name": "Ada Lovelace" }),
            signed: Signed::Rightly,
            key_id: KEY_ID.to_owned(),
            published_key_id: KEY_ID.to_owned(),
            name: None,
            error: None,
            broken: None,
            auth_methods: vec!["client_secret_basic", "client_secret_post"],
            user: json!({ "id": 583_231, "login": "ada", "name": "Ada Lovelace", "type": "User" }),
            emails: json!([
                { "email": "old@example.org", "primary": false, "verified": true, "visibility": null },
                { "email": "ada@example.org", "primary": true, "verified": true, "visibility": "private" },
            ]),
            codes: HashMap::new(),
            authorized: Vec::new(),
            exchanged: Vec::new(),
            discovered: 0,
        };
        let issuer = Arc::new(Mutex::new(issuer));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let place = listener.local_addr().unwrap().to_string();
        let state = Shared {
            url: format!("http://{place}"),
            issuer: Arc::clone(&issuer),
        };
        let app = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/{tenant}/v2.0/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys))
            .route("/authorize", get(authorize))
            .route("/login/oauth/authorize", get(authorize))
            .route("/token", post(token))
            .route("/login/oauth/access_token", post(access_token))
            .route("/user", get(user))
            .route("/user/emails", get(emails))
            .with_state(state);
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { place, issuer }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.place)
    }

    pub fn issuer(&self) -> MutexGuard<'_, Issuer> {
        self.issuer.lock().unwrap()
    }

    /// Has somebody else come: the parts of their ID token that are not as before.
    pub fn claim(&self, claims: Value) {
        let mut issuer = self.issuer();
        let Value::Object(claims) = claims else {
            panic!("{claims}")
        };
        issuer.claims.as_object_mut().unwrap().extend(claims);
    }
}

async fn discovery(State(shared): State<Shared>) -> Response {
    let url = &shared.url;
    let mut issuer = shared.issuer.lock().unwrap();
    issuer.discovered += 1;
    Json(json!({
        "issuer": issuer.name.as_ref().unwrap_or(url),
        "authorization_endpoint": format!("{url}/authorize"),
        "token_endpoint": format!("{url}/token"),
        "userinfo_endpoint": format!("{url}/userinfo"),
        "jwks_uri": format!("{url}/keys"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "form_post"],
        "subject_types_supported": ["public"],
        // Not all that an issuer can do is to be taken from it.
        "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
        "token_endpoint_auth_methods_supported": issuer.auth_methods,
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": ["openid", "email", "profile"],
    }))
    .into_response()
}

async fn keys(State(shared): State<Shared>) -> Response {
    let issuer = shared.issuer.lock().unwrap();
    if let Some(status) = issuer.broken {
        return StatusCode::from_u16(status).unwrap().into_response();
    }
    // The modulus of 2048 bits within the key's DER; the exponent is 65537.
    let modulus = &OWN.public_key().as_ref()[9..265];
    let key = json!({
        "kty": "RSA", "use": "sig", "alg": "RS256", "kid": issuer.published_key_id, "e": "AQAB",
        "n": URL_SAFE_NO_PAD.encode(modulus),
    });
    Json(json!({ "keys": [key] })).into_response()
}

async fn authorize(State(shared): State<Shared>, Query(asked): Query<Params>) -> Response {
    let mut issuer = shared.issuer.lock().unwrap();
    issuer.authorized.push(asked.clone());
    let param = |name: &str| asked.get(name).cloned().unwrap_or_default();
    let redirect = param("redirect_uri");
    let is_right = param("client_id") == CLIENT_ID
        && param("response_type") == "code"
        && param("code_challenge_method") == "S256"
        && param("code_challenge").len() == 43
        && redirect.contains("/api/v1/auth/oauth/");
    if !is_right {
        return (StatusCode::BAD_REQUEST, format!("{asked:?}")).into_response();
    }
    let code = Uuid::new_v4().to_string();
    let mut answer = vec![("state", param("state"))];
    match issuer.error {
        Some(error) => answer.push(("error", error.to_owned())),
        None => {
            answer.push(("code", code.clone()));
            issuer.codes.insert(code, asked.clone());
        }
    }
    if param("response_mode") == "form_post" {
        let user = r#"{"name":{"firstName":"Ada","lastName":"Lovelace"},"email":"ada@example.org"}"#;
        answer.push(("user", user.to_owned()));
        let inputs = answer.iter().map(|(name, value)| {
            let value = value.replace('"', "&quot;");
            format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\"/>")
        });
        let inputs: String = inputs.collect();
        return Html(format!(
            "<form method=\"post\" action=\"{redirect}\">{inputs}</form>"
        ))
        .into_response();
    }
    let mut back: url::Url = redirect.parse().unwrap();
    back.query_pairs_mut().extend_pairs(answer);
    Redirect::to(back.as_str()).into_response()
}

async fn token(State(shared): State<Shared>, headers: HeaderMap, Form(sent): Form<Params>) -> Response {
    let mut issuer = shared.issuer.lock().unwrap();
    let (sent, asked) = match exchange(&mut issuer, &headers, sent) {
        Ok(exchanged) => exchanged,
        Err(error) => return (StatusCode::BAD_REQUEST, Json(json!({ "error": error }))).into_response(),
    };
    issuer.exchanged.push(sent);
    if let Some(status) = issuer.broken {
        return (StatusCode::from_u16(status).unwrap(), "<html>not now</html>").into_response();
    }
    let now = chrono::Utc::now().timestamp();
    let mut claims = json!({
        "iss": shared.url, "aud": CLIENT_ID, "iat": now, "exp": now + 600, "nonce": asked["nonce"],
    });
    let own = issuer.claims.as_object().unwrap().clone();
    claims.as_object_mut().unwrap().extend(own);
    Json(json!({
        "access_token": "an-access-token", "token_type": "Bearer", "expires_in": 3599, "scope": "openid email",
        "id_token": id_token(&issuer, &claims),
    }))
    .into_response()
}

/// GitHub answers 200 to everything.
async fn access_token(
    State(shared): State<Shared>,
    headers: HeaderMap,
    Form(sent): Form<Params>,
) -> Response {
    let mut issuer = shared.issuer.lock().unwrap();
    match exchange(&mut issuer, &headers, sent) {
        Ok((sent, _)) => issuer.exchanged.push(sent),
        Err(_) => {
            let error = json!({
                "error": "bad_verification_code", "error_uri": "https://docs.github.com/",
                "error_description": "The code passed is incorrect or expired.",
            });
            return Json(error).into_response();
        }
    }
    Json(json!({ "access_token": "gho_token", "scope": "read:user,user:email", "token_type": "bearer" }))
        .into_response()
}

async fn user(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    let issuer = shared.issuer.lock().unwrap();
    of_api(&issuer, &headers, &issuer.user)
}

async fn emails(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    let issuer = shared.issuer.lock().unwrap();
    of_api(&issuer, &headers, &issuer.emails)
}

fn of_api(issuer: &Issuer, headers: &HeaderMap, body: &Value) -> Response {
    if let Some(status) = issuer.broken {
        return StatusCode::from_u16(status).unwrap().into_response();
    }
    // Without a name of the program GitHub answers nobody.
    let is_right = headers
        .get(header::AUTHORIZATION)
        .is_some_and(|it| it == "Bearer gho_token");
    if !is_right || !headers.contains_key(header::USER_AGENT) {
        return (
            StatusCode::UNAUTHORIZED,
            Json(json!({ "message": "Bad credentials" })),
        )
            .into_response();
    }
    Json(body.clone()).into_response()
}

/// Takes a code. Answers what was sent, its secret among it, and what was asked when the code was made.
fn exchange(
    issuer: &mut Issuer,
    headers: &HeaderMap,
    mut sent: Params,
) -> Result<(Params, Params), &'static str> {
    if let Some(basic) = headers.get(header::AUTHORIZATION) {
        let basic = basic.to_str().unwrap().strip_prefix("Basic ").unwrap();
        let pair = String::from_utf8(STANDARD.decode(basic).unwrap()).unwrap();
        let pair = pair.replace('+', " ").replace("%20", " ");
        let (id, secret) = pair.split_once(':').unwrap();
        sent.insert("client_id".into(), id.into());
        sent.insert("client_secret".into(), secret.into());
        sent.insert("auth".into(), "basic".into());
    }
    let secret = sent.get("client_secret").map(String::as_str).unwrap_or_default();
    // Apple's is a token that we sign; its test looks into it.
    let knows_us = secret == CLIENT_SECRET || secret.split('.').count() == 3;
    if !knows_us || sent.get("client_id").is_none_or(|id| id != CLIENT_ID) {
        return Err("invalid_client");
    }
    let asked = sent.get("code").and_then(|code| issuer.codes.remove(code));
    let asked = asked.ok_or("invalid_grant")?;
    let verifier = sent.get("code_verifier").ok_or("invalid_grant")?;
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
    let is_same = sent.get("redirect_uri") == asked.get("redirect_uri")
        && asked.get("code_challenge") == Some(&challenge)
        && sent
            .get("grant_type")
            .is_some_and(|it| it == "authorization_code");
    if is_same {
        Ok((sent, asked))
    } else {
        Err("invalid_grant")
    }
}

fn id_token(issuer: &Issuer, claims: &Value) -> String {
    let mut head = Header::new(Algorithm::RS256);
    head.kid = Some(issuer.key_id.clone());
    match issuer.signed {
        Signed::Rightly => jsonwebtoken::encode(&head, claims, &private(&OWN)).unwrap(),
        Signed::ByAStranger => jsonwebtoken::encode(&head, claims, &private(&STRANGERS)).unwrap(),
        Signed::WithTheSecret => {
            head.alg = Algorithm::HS256;
            let key = EncodingKey::from_secret(CLIENT_SECRET.as_bytes());
            jsonwebtoken::encode(&head, claims, &key).unwrap()
        }
        Signed::WithThePublicKey => {
            head.alg = Algorithm::HS256;
            let key = EncodingKey::from_secret(OWN.public_key().as_ref());
            jsonwebtoken::encode(&head, claims, &key).unwrap()
        }
        Signed::Not => {
            let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
            format!(
                "{}.{}.",
                part(&json!({ "alg": "none", "kid": issuer.key_id })),
                part(claims)
            )
        }
    }
}

fn private(key: &KeyPair) -> EncodingKey {
    let der: Pkcs8V1Der<'_> = key.as_der().unwrap();
    EncodingKey::from_rsa_pem(pem(der.as_ref()).as_bytes()).unwrap()
}

/// A private key as it stands in a file.
pub fn pem(der: &[u8]) -> String {
    let lines: Vec<String> = STANDARD
        .encode(der)
        .as_bytes()
        .chunks(64)
        .map(|line| String::from_utf8_lossy(line).into_owned())
        .collect();
    let label = "PRIVATE KEY";
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        lines.join("\n")
    )
}
