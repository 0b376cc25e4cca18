//! Every string of every body, every path and every query, with what breaks things: it is refused or kept as it is, and
//! never our own fault.

use std::io::ErrorKind;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::multipart::{Form, Part};
use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::Worlds;
use super::document::Operation;
use super::rules::{Rule, rule};
use crate::support::{TestApp, done};

/// The connection of these worlds has a credential that nothing opens, which is our fault, whatever is asked.
const UNOPENED: &str = "GET /api/v1/connections/{connection_id}/items";

/// As JSON: some of it is none.
fn hostile() -> Vec<Vec<u8>> {
    let long = json!("a".repeat(200_000)).to_string();
    let strings: [&[u8]; 12] = [
        br#""\u0000""#,
        br#""a\u0000b""#,
        br#""../../../../etc/passwd""#,
        br#""..\\..\\windows\\win.ini""#,
        br#""/etc/passwd\u0000.txt""#,
        br#""%2e%2e%2f%00""#,
        // Half of a pair: escaped, and as bytes that are no text at all.
        br#""\ud800""#,
        b"\"\xed\xa0\x80\xff\"",
        "\"\u{202e}gpj.exe\u{2066}\u{200b}\u{feff}\"".as_bytes(),
        br#""=cmd|' /C calc'!A0""#,
        br#""'; drop table users; --""#,
        br#""\r\nSet-Cookie: a=b\r\n\r\n<script>""#,
    ];
    strings
        .iter()
        .map(|string| string.to_vec())
        .chain([long.into_bytes()])
        .collect()
}

/// Where strings are in a value, as JSON pointers.
fn strings(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::String(_) => found.push(at.to_owned()),
        Value::Array(items) => {
            for (n, item) in items.iter().enumerate() {
                strings(item, &format!("{at}/{n}"), found);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                strings(field, &format!("{at}/{name}"), found);
            }
        }
        _ => {}
    }
}

/// The body with this in the place of one of its strings.
fn with(body: &Value, pointer: &str, hostile: &[u8]) -> Vec<u8> {
    const PLACE: &str = "the place of the hostile string";
    let mut body = body.clone();
    *body.pointer_mut(pointer).unwrap() = json!(PLACE);
    let text = body.to_string();
    let (before, after) = text.split_once(&format!("\"{PLACE}\"")).unwrap();
    [before.as_bytes(), hostile, after.as_bytes()].concat()
}

impl Worlds {
    /// As the owner, where one has to be signed in.
    fn as_owner(&self, operation: &Operation, request: RequestBuilder) -> RequestBuilder {
        match rule(operation) {
            Rule::Public => request,
            _ => request.bearer_auth(self.ours.owner.token()),
        }
    }

    fn path(&self, operation: &Operation) -> String {
        operation.filled(&|name| self.ours.id(&operation.path, name))
    }
}

/// Whether the connection was closed while the body was being sent.
fn is_cut_short(error: &reqwest::Error) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        if let Some(io) = cause.downcast_ref::<std::io::Error>() {
            return matches!(io.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset);
        }
        source = cause.source();
    }
    false
}

/// What went wrong on our side, if anything did.
async fn fault(request: RequestBuilder) -> Option<String> {
    let again = request.try_clone();
    let response = match request.send().await {
        Ok(response) => response,
        // Refused before all of the body was read: the connection may be closed before the client has heard why.
        Err(error) if is_cut_short(&error) => return None,
        // So was the request before, whose connection was kept: any client asks again on another one.
        Err(error) if format!("{error:?}").contains("IncompleteMessage") => {
            again.unwrap().send().await.unwrap()
        }
        Err(error) => panic!("{error:?}"),
    };
    let status = response.status();
    // What another server says is told as 502 with a code; here there is none but a fake one that answers.
    if status.is_server_error() && status != StatusCode::BAD_GATEWAY {
        return Some(format!("{status} {}", response.text().await.unwrap()));
    }
    None
}

#[tokio::test(flavor = "multi_thread")]
async fn no_string_of_a_body_is_our_fault() {
    let worlds = Worlds::new().await;
    let (mut wrong, mut tried) = (Vec::new(), 0);
    for operation in worlds.document.operations() {
        if operation.is_upload {
            continue;
        }
        let ids = |name: &str| worlds.ours.id(&operation.path, name);
        let mut bodies = worlds.document.whole_bodies(&operation, &ids);
        bodies.extend(worlds.document.body(&operation, &ids));
        for body in bodies {
            let mut pointers = Vec::new();
            strings(&body, "", &mut pointers);
            for pointer in pointers {
                for string in hostile() {
                    tried += 1;
                    let sent = with(&body, &pointer, &string);
                    let request = worlds
                        .app
                        .request(operation.method.clone(), &worlds.path(&operation))
                        .header(CONTENT_TYPE, "application/json")
                        .body(sent);
                    if let Some(fault) = fault(worlds.as_owner(&operation, request)).await {
                        let string = String::from_utf8_lossy(&string[..string.len().min(40)]).into_owned();
                        wrong.push(format!("{} {pointer} {string}: {fault}", operation.name()));
                    }
                }
            }
        }
    }
    assert!(tried > 1000, "{tried}");
    assert!(
        wrong.is_empty(),
        "{} of {tried}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn no_path_and_no_query_is_our_fault() {
    let worlds = Worlds::new().await;
    let mut wrong = Vec::new();
    let hostile = [
        "%00",
        "a%00b",
        "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "..%5c..%5c",
        "%ff%fe",
        "%ed%a0%80",
        "%E2%80%AEgpj.exe",
        "%0d%0aSet-Cookie:%20a=b",
        "%25s%25n",
        "99999999999999999999",
        "-1",
        "NaN",
    ];
    let long = "a".repeat(5_000);
    for operation in worlds.document.operations() {
        if operation.name() == UNOPENED {
            continue;
        }
        for string in hostile.iter().copied().chain([long.as_str()]) {
            let mut paths = Vec::new();
            for parameter in operation.parameters() {
                paths.push(operation.filled(&|name| {
                    if name == parameter {
                        string.to_owned()
                    } else {
                        worlds.ours.id(&operation.path, name)
                    }
                }));
            }
            for query in &operation.queries {
                paths.push(format!("{}?{query}={string}", worlds.path(&operation)));
            }
            for path in paths {
                let request = worlds.request(&operation, &path, &worlds.ours);
                if let Some(fault) = fault(worlds.as_owner(&operation, request)).await {
                    wrong.push(format!("{} {path}: {fault}", operation.method));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_name_of_a_file_is_our_fault() {
    let worlds = Worlds::new().await;
    let names = [
        "../../../../etc/passwd",
        "..\\..\\windows\\win.ini",
        "/etc/passwd",
        "a\u{0}.txt",
        "\u{202e}txt.exe",
        "a\"; filename=\"b",
        "a\r\nContent-Type: text/html",
        "",
        ".",
        "..",
        "CON",
        "=cmd|' /C calc'!A0.csv",
        "<img src=x onerror=alert(1)>.txt",
    ];
    let long = "n".repeat(5_000);
    let mut wrong = Vec::new();
    for operation in worlds
        .document
        .operations()
        .filter(|operation| operation.is_upload)
    {
        for name in names.iter().copied().chain([long.as_str()]) {
            let part = Part::bytes(b"question,answer\nWho?,Eve\n".to_vec()).file_name(name.to_owned());
            let request = worlds
                .app
                .request(operation.method.clone(), &worlds.path(&operation))
                .multipart(Form::new().part("file", part));
            if let Some(fault) = fault(worlds.as_owner(&operation, request)).await {
                wrong.push(format!("{} {name:?}: {fault}", operation.name()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
    // Wherever they were put, it is not where their names say.
    let data = &worlds.app.state.config.data_dir;
    assert!(!data.join("../etc").exists() && !data.join("etc").exists());
    let draft = worlds.ours.id("/api/v1/kb/draft", "draft_id");
    done(
        worlds
            .app
            .get(&worlds.ours.owner, &format!("/api/v1/kb/draft/{draft}")),
    )
    .await;
}

/// A hundred thousand brackets, alone and in a field.
#[tokio::test(flavor = "multi_thread")]
async fn deep_nesting_is_refused() {
    let worlds = Worlds::new().await;
    let deep = 100_000;
    let mut wrong = Vec::new();
    for operation in worlds
        .document
        .operations()
        .filter(|operation| !operation.is_upload)
    {
        let ids = |name: &str| worlds.ours.id(&operation.path, name);
        let Some(body) = worlds.document.body(&operation, &ids) else {
            continue;
        };
        let nested = format!("{}{}", "[".repeat(deep), "]".repeat(deep));
        let mut bodies = vec![nested.clone(), "{\"a\":".repeat(deep)];
        for name in body.as_object().into_iter().flat_map(serde_json::Map::keys) {
            bodies.push(format!("{{\"{name}\":{nested}}}"));
        }
        for body in bodies {
            let request = worlds
                .app
                .request(operation.method.clone(), &worlds.path(&operation))
                .header(CONTENT_TYPE, "application/json")
                .body(body);
            let response = worlds.as_owner(&operation, request).send().await.unwrap();
            if !response.status().is_client_error() {
                wrong.push(format!("{}: {}", operation.name(), response.status()));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

/// What a server answers that is sent a head, and no body however long it says that it is.
async fn answer_to_head(app: &TestApp, head: &str) -> String {
    let place = app.base.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(place).await.unwrap();
    let head = format!("{head}Host: {place}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 12];
    // It would wait for the body for ever.
    let read = tokio::time::timeout(Duration::from_secs(60), stream.read_exact(&mut answer));
    read.await.map_or_else(
        |_| "nothing".to_owned(),
        |_| String::from_utf8_lossy(&answer).into_owned(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_no_body_is_read() {
    let worlds = Worlds::new().await;
    let mut wrong = Vec::new();
    for operation in worlds.document.operations() {
        if rule(&operation) == Rule::Public || worlds.document.body(&operation, &|_| String::new()).is_none()
        {
            continue;
        }
        let kind = if operation.is_upload {
            "multipart/form-data; boundary=x"
        } else {
            "application/json"
        };
        for token in ["", "Authorization: Bearer made-up\r\n"] {
            let head = format!(
                "{} {} HTTP/1.1\r\nContent-Type: {kind}\r\nContent-Length: 60000000\r\n{token}",
                operation.method,
                worlds.path(&operation)
            );
            let answer = answer_to_head(&worlds.app, &head).await;
            if answer != "HTTP/1.1 401" {
                wrong.push(format!("{}: {answer}", operation.name()));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[tokio::test]
async fn huge_tokens_are_refused() {
    let app = TestApp::start().await;
    for length in [10_000, 100_000, 1_000_000] {
        for token in [
            "a".repeat(length),
            format!("e30.{}.x", "e".repeat(length)),
            format!("bw_{}", "a".repeat(length)),
        ] {
            let request = app.request(reqwest::Method::GET, "/api/v1/auth/me");
            let sent = request
                .header(AUTHORIZATION, format!("Bearer {token}"))
                .send()
                .await;
            // The largest heads are not even read.
            if let Ok(response) = sent {
                let status = response.status();
                let refused = [
                    StatusCode::UNAUTHORIZED,
                    StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
                ];
                assert!(refused.contains(&status), "{length}: {status}");
            }
        }
    }
}
