//! A service account of Google's whose key is made anew for each test.

use std::sync::LazyLock;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::DecodingKey;
use serde_json::json;

/// The account's address.
pub const ACCOUNT: &str = "knowledge@kettle-shop.iam.gserviceaccount.com";
/// The id of its key.
pub const KEY_ID: &str = "0123456789abcdef0123456789abcdef01234567";

static KEY: LazyLock<KeyPair> = LazyLock::new(|| KeyPair::generate(KeySize::Rsa2048).unwrap());

/// The file that Google's console gives, for assertions sent to `token_uri`.
pub fn key_file(token_uri: &str) -> String {
    let der: Pkcs8V1Der<'_> = KEY.as_der().unwrap();
    let lines: Vec<String> = STANDARD
        .encode(der.as_ref())
        .as_bytes()
        .chunks(64)
        .map(|line| String::from_utf8_lossy(line).into_owned())
        .collect();
    let label = "PRIVATE KEY";
    let pem = format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        lines.join("\n")
    );
    json!({
        "type": "service_account",
        "project_id": "kettle-shop",
        "private_key_id": KEY_ID,
        "private_key": pem,
        "client_email": ACCOUNT,
        "client_id": "100000000000000000001",
        "auth_uri": "https://accounts.google.com/o/oauth2/auth",
        "token_uri": token_uri,
        "auth_provider_x509_cert_url": "https://www.googleapis.com/oauth2/v1/certs",
        "client_x509_cert_url": "https://www.googleapis.com/robot/v1/metadata/x509/knowledge",
        "universe_domain": "googleapis.com",
    })
    .to_string()
}

/// What its signatures are checked with.
pub fn public_key() -> DecodingKey {
    DecodingKey::from_rsa_der(KEY.public_key().as_ref())
}
