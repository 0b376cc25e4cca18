//! Secrets that were entrusted to the product, or given out by it once, are found nowhere again: not in what it logs at
//! the finest level, not in any answer, and not in the clear in Postgres, Redis or files.

use std::sync::Mutex;

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use super::auth_mfa::code;
use super::auth_oauth::offer;
use super::routes::document::{Document, Operation};
use crate::support::browser::Browser;
use crate::support::connected::until;
use crate::support::fake_google::FakeGoogle;
use crate::support::fake_issuer::{CLIENT_SECRET, FakeIssuer};
use crate::support::fake_notion::{self, FakeNotion};
use crate::support::fake_openai::{FakeOpenAi, Reply};
use crate::support::fake_smtp::{FakeSmtp, Mood};
use crate::support::log::Log;
use crate::support::planted::{Heads, Planted, found};
use crate::support::{TestApp, traces};

fn made_up(what: &str) -> String {
    format!("{what}{}", Uuid::new_v4().simple())
}

/// A server whose every answer is kept.
struct Watched {
    app: TestApp,
    answers: Mutex<Vec<(String, String)>>,
    planted: Vec<Planted>,
}

impl Watched {
    fn plant(&mut self, name: &'static str, secret: &str, shown_by: &[&'static str]) {
        self.planted.push(Planted::new(name, secret, shown_by));
    }

    /// Sends a request and keeps its answer, headers and all, by this name.
    async fn send(&self, name: &str, request: RequestBuilder) -> (StatusCode, Value) {
        let response = request.send().await.unwrap();
        let status = response.status();
        let headers = format!("{:?}", response.headers());
        let text = String::from_utf8_lossy(&response.bytes().await.unwrap()).into_owned();
        let body = serde_json::from_str(&text).unwrap_or_default();
        let answer = (name.to_owned(), format!("{headers}\n{text}"));
        self.answers.lock().unwrap().push(answer);
        (status, body)
    }

    /// The same, where it must succeed.
    async fn done(&self, name: &str, request: RequestBuilder) -> Value {
        let (status, body) = self.send(name, request).await;
        assert!(status.is_success(), "{name}: {status} {body}");
        body
    }

    fn request(&self, method: Method, path: &str, token: &str) -> RequestBuilder {
        self.app
            .request(method, &format!("/api/v1/{path}"))
            .bearer_auth(token)
    }

    fn post(&self, path: &str, token: &str, body: &Value) -> RequestBuilder {
        self.request(Method::POST, path, token).json(body)
    }

    async fn sql(&self, statement: &'static str) {
        let mut owner = PgConnection::connect(self.app.database.url.as_str())
            .await
            .unwrap();
        sqlx::query(statement).execute(&mut owner).await.unwrap();
    }

    /// Everything that is kept, after `log`, once all that was begun has come to rest; where something was found.
    async fn leaks(&self, log: &Log) -> Vec<String> {
        let mut places = traces::all(&self.app).await;
        let text = log.text();
        assert!(text.len() > 100_000, "the log was kept");
        places.extend(
            // The client of this test keeps its cookies with a crate that the server has no use for.
            text.lines()
                .filter(|line| !line.contains(" cookie_store::"))
                .map(|line| (format!("log: {line}"), line.as_bytes().to_owned())),
        );
        let heads = Heads::of(&self.planted);
        let mut leaks = Vec::new();
        for (place, bytes) in &places {
            let here = found(&self.planted, &heads, bytes);
            leaks.extend(here.iter().map(|planted| format!("{} in {place}", planted.name)));
        }
        for (answer, text) in self.answers.lock().unwrap().iter() {
            for planted in found(&self.planted, &heads, text.as_bytes()) {
                if !planted.is_shown_by(answer) {
                    leaks.push(format!("{} in the answer of {answer}: {text}", planted.name));
                }
            }
        }
        leaks
    }
}

/// The value of a cookie that an answer sets.
fn cookie(watched: &Watched, answer: &str) -> String {
    let answers = watched.answers.lock().unwrap();
    let (_, text) = answers.iter().rfind(|(name, _)| name == answer).unwrap();
    let value = text.split("botwright_refresh=").nth(1).unwrap();
    value.split(';').next().unwrap().to_owned()
}

/// What stands behind the `#` of the link in the last mail with this subject.
async fn mailed(smtp: &FakeSmtp, subject: &str) -> String {
    until(async || {
        let mails = smtp.mails();
        let mail = mails
            .iter()
            .rfind(|mail| mail.data.contains(&format!("Subject: {subject}")))?;
        // Lines of a mail are at most 76 characters long.
        let text = mail
            .data
            .replace("=\n", "")
            .replace("=3D", "=")
            .replace("=23", "#");
        let token = text.split_once('#')?.1;
        Some(
            token
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c))
                .collect(),
        )
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_found_again() {
    let log = Log::start();
    let (master, mail_password) = (made_up("master"), made_up("smtp"));
    let provider_key = made_up("sk-");
    // Refused at first, so that there is an error to write down.
    let smtp = FakeSmtp::with_password(&mail_password, [Mood::Closing]).await;
    let (google, notion) = (FakeGoogle::start().await, FakeNotion::start().await);
    let (issuer, model) = (
        FakeIssuer::start().await,
        FakeOpenAi::start(Reply::Text("Hello.".into())).await,
    );
    let places = vec![google.place.clone(), notion.place.clone(), model.place()];
    let app = TestApp::start_with(|config| {
        config.worker = true;
        config.secret_key = Some(master.clone().into());
        config.smtp_url = Some(smtp.url(&mail_password).into());
        config.mail_from = Some("Botwright <bots@example.com>".to_owned());
        config.google_url = google.url().parse().unwrap();
        config.google_token_url = google.token_url().parse().unwrap();
        config.notion_url = notion.url().parse().unwrap();
        config.outbound_allow = places;
        offer(config, &issuer);
    })
    .await;
    let mut it = Watched {
        app,
        answers: Mutex::default(),
        planted: Vec::new(),
    };
    it.plant("the master key", &master, &[]);
    it.plant("the mail server's password", &mail_password, &[]);
    it.plant("the issuer's client secret", CLIENT_SECRET, &[]);
    it.plant("the provider's key", &provider_key, &[]);
    it.plant("Notion's token", fake_notion::TOKEN, &[]);
    let key = google.key();
    let line = key["private_key"].as_str().unwrap().lines().nth(5).unwrap();
    it.plant("Google's private key", line, &[]);

    let (token, owner_email) = account(&mut it, &smtp).await;
    links(&mut it, &token).await;
    let connection = connections(&it, &token, &google, &notion).await;
    let (bot, provider) = bot(&mut it, &token, &model, &provider_key).await;
    provider_errors(&it, &token, &model, bot, provider, &provider_key).await;
    let browser = Browser::new(&it.app);
    browser.visit("corp").await;
    it.send("identity sign-up", browser.sign_up("corp@example.org"))
        .await;
    malformed(&it, &token, &provider_key).await;
    let ids = [
        ("bot_id", bot),
        ("provider_id", provider),
        ("connection_id", connection),
    ];
    read_everything(&it, &token, &ids).await;
    internal_errors(&it, &token, bot).await;

    // Mails lose their text once they are sent.
    until(async || {
        let mut owner = PgConnection::connect(it.app.database.url.as_str()).await.unwrap();
        let waiting: i64 =
            sqlx::query_scalar("select count(*) from outbox where sent_at is null and failed_at is null")
                .fetch_one(&mut owner)
                .await
                .unwrap();
        (waiting == 0).then_some(())
    })
    .await;
    assert!(it.planted.len() >= 12, "{}", it.planted.len());
    let leaks = it.leaks(&log).await;
    assert!(leaks.is_empty(), "{} found:\n{}", leaks.len(), leaks.join("\n"));
    // What is looked for would be found.
    let all = traces::all(&it.app).await;
    let known = Planted::new("an address", &owner_email, &[]);
    assert!(all.iter().any(|(_, bytes)| known.is_in(bytes)));
}

/// Signing up, in, and anew; a new password by mail and by the form. Answers an access token and the address.
async fn account(it: &mut Watched, smtp: &FakeSmtp) -> (String, String) {
    let email = format!("{}@example.com", Uuid::new_v4().simple());
    let (first, second, third) = (made_up("first"), made_up("second"), made_up("third"));
    for (name, password) in [
        ("the first password", &first),
        ("the second password", &second),
        ("the third password", &third),
    ] {
        it.plant(name, password, &[]);
    }
    let sign_up = json!({ "email": email, "password": first, "name": "Ada" });
    it.done("sign-up", it.post("auth/signup", "", &sign_up)).await;
    let refresh = cookie(it, "sign-up");
    it.plant("a refresh token", &refresh, &["sign-up"]);
    // The same person again, with a wrong password, and with one that does for nobody.
    it.send("sign-up again", it.post("auth/signup", "", &sign_up))
        .await;
    let login = |password: &str| json!({ "email": email, "password": password });
    it.send("wrong password", it.post("auth/login", "", &login(&second)))
        .await;
    let confirm = mailed(smtp, "Confirm your e-mail address").await;
    it.plant("the token of a confirmation", &confirm, &[]);
    let body = json!({ "token": confirm });
    it.done("confirmation", it.post("auth/email/verify", "", &body))
        .await;
    it.done(
        "forgot",
        it.post("auth/password/forgot", "", &json!({ "email": email })),
    )
    .await;
    let reset = mailed(smtp, "Choose a new password").await;
    it.plant("the token of a reset", &reset, &[]);
    let body = json!({ "token": reset, "password": second });
    it.done("reset", it.post("auth/password/reset", "", &body)).await;
    it.send("reset again", it.post("auth/password/reset", "", &body))
        .await;
    it.send(
        "a password as token",
        it.post(
            "auth/password/reset",
            "",
            &json!({ "token": first, "password": second }),
        ),
    )
    .await;

    let signed_in = it.done("login", it.post("auth/login", "", &login(&second))).await;
    let renewed = cookie(it, "login");
    it.plant("another refresh token", &renewed, &["login"]);
    let token = signed_in["access_token"].as_str().unwrap().to_owned();
    let body = json!({ "current_password": second, "password": third });
    let change = it.request(Method::PUT, "auth/password", &token).json(&body);
    it.done("password", change).await;
    let signed_in = it
        .done("last login", it.post("auth/login", "", &login(&third)))
        .await;
    let token = signed_in["access_token"].as_str().unwrap().to_owned();
    // Another of the same second is the same.
    it.plant(
        "an access token",
        &token,
        &["last login", "refresh", "own invitation"],
    );
    it.done("refresh", it.post("auth/refresh", "", &json!({}))).await;
    let last = cookie(it, "refresh");
    it.plant("the last refresh token", &last, &["refresh"]);
    let setup = json!({ "current_password": third });
    let setup = it
        .done("second factor", it.post("auth/mfa/setup", &token, &setup))
        .await;
    let secret = setup["secret"].as_str().unwrap().to_owned();
    it.plant("the secret of the second factor", &secret, &["second factor"]);
    let body = json!({ "code": code(&secret, 0) });
    let codes = it
        .done("recovery codes", it.post("auth/mfa/enable", &token, &body))
        .await;
    let code = codes["codes"][0].as_str().unwrap().to_owned();
    it.plant("a recovery code", &code, &["recovery codes"]);
    let (status, asked) = it
        .send("first step", it.post("auth/login", "", &login(&third)))
        .await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let challenge = asked["current"]["challenge"].as_str().unwrap();
    let wrong = json!({ "challenge": challenge, "code": "000000" });
    it.send("wrong code", it.post("auth/mfa", "", &wrong)).await;
    let right = json!({ "challenge": challenge, "code": code });
    it.done("recovery", it.post("auth/mfa", "", &right)).await;
    it.send("recovery again", it.post("auth/mfa", "", &right)).await;
    (token, email)
}

/// Links and keys that are given out once.
async fn links(it: &mut Watched, token: &str) {
    let body = json!({ "role": "viewer", "days": 7 });
    let made = it.done("invitation", it.post("invitations", token, &body)).await;
    let invitation = made["link"]
        .as_str()
        .unwrap()
        .split_once('#')
        .unwrap()
        .1
        .to_owned();
    it.plant("the token of an invitation", &invitation, &["invitation"]);
    let body = json!({ "token": invitation });
    it.done("preview", it.post("auth/invitations/preview", "", &body))
        .await;
    it.send("own invitation", it.post("auth/invitations/accept", token, &body))
        .await;
    it.send(
        "used invitation",
        it.post("auth/invitations/accept", token, &body),
    )
    .await;
    let body = json!({ "name": "CI", "scopes": ["read", "chat"] });
    let made = it.done("API key", it.post("api-keys", token, &body)).await;
    let key = made["key"].as_str().unwrap().to_owned();
    it.plant("an API key", &key, &["API key"]);
    it.done("a program", it.request(Method::GET, "bots", &key)).await;
    it.send("a program too far", it.request(Method::GET, "audit", &key))
        .await;
}

/// Notion and Google, connected and refused. Answers the id of one.
async fn connections(it: &Watched, token: &str, google: &FakeGoogle, notion: &FakeNotion) -> Uuid {
    let body = |kind: &str, credential: &str| json!({ "kind": kind, "name": kind, "credential": credential });
    let key = google.key().to_string();
    let made = it
        .done("Google", it.post("connections", token, &body("google", &key)))
        .await;
    let first = made["id"].as_str().unwrap().parse().unwrap();
    let made = it
        .done(
            "Notion",
            it.post("connections", token, &body("notion", fake_notion::TOKEN)),
        )
        .await;
    let second: Uuid = made["id"].as_str().unwrap().parse().unwrap();
    // Taken once, of another kind, damaged, and refused.
    for (kind, credential) in [
        ("notion", fake_notion::TOKEN.to_owned()),
        ("google", fake_notion::TOKEN.to_owned()),
        ("notion", key.clone()),
        ("google", key[..key.len() - 2].to_owned()),
        ("google", key.replace("kettle-shop.iam", "other.iam")),
        ("notion", format!("{}x", fake_notion::TOKEN)),
    ] {
        let (status, _) = it
            .send("refused", it.post("connections", token, &body(kind, &credential)))
            .await;
        assert!(status.is_client_error(), "{kind}: {status}");
    }
    google
        .account()
        .refusals
        .push_back((500, "backendError", "oops".to_owned(), None));
    notion.change(|workspace| workspace.is_revoked = true);
    for id in [first, second] {
        it.send(
            "check",
            it.post(&format!("connections/{id}/check"), token, &json!({})),
        )
        .await;
        it.send(
            "items",
            it.request(Method::GET, &format!("connections/{id}/items"), token),
        )
        .await;
    }
    first
}

/// A bot of a provider, and visitors whom its site vouches for. Answers the ids of both.
async fn bot(it: &mut Watched, token: &str, model: &FakeOpenAi, key: &str) -> (Uuid, Uuid) {
    let id = |value: &Value| value["id"].as_str().unwrap().parse::<Uuid>().unwrap();
    let body = json!({ "name": "P", "base_url": model.base_url(), "default_model": "m", "api_key": key });
    let provider = id(&it.done("provider", it.post("providers", token, &body)).await);
    it.send("the same provider", it.post("providers", token, &body))
        .await;
    let draft = it
        .done("draft", it.post("chatbots/draft", token, &json!({})))
        .await;
    let mut content = draft["content"].clone();
    content["name"] = json!("Helper");
    content["model"] = json!({ "kind": "provider", "provider_id": provider, "model": "m" });
    let path = format!("chatbots/draft/{}", id(&draft));
    let body = json!({ "version": draft["version"], "content": content });
    it.done("save", it.request(Method::PUT, &path, token).json(&body))
        .await;
    let deployed = it
        .done("deploy", it.post(&format!("{path}/deploy"), token, &json!({})))
        .await;
    let bot: Uuid = deployed["bot_id"].as_str().unwrap().parse().unwrap();
    let made = it
        .done(
            "visitor secret",
            it.post(&format!("bots/{bot}/visitor-secrets"), token, &json!({})),
        )
        .await;
    let secret = made["secret"].as_str().unwrap().to_owned();
    it.plant("a visitor secret", &secret, &["visitor secret"]);
    let claims = json!({ "sub": "carol", "exp": chrono::Utc::now().timestamp() + 300 });
    let key = EncodingKey::from_secret(secret.as_bytes());
    let signed = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key).unwrap();
    it.plant("a visitor's token", &signed, &[]);
    for visitor in [signed.as_str(), &format!("{signed}x"), &secret] {
        let ask = it.app.request(Method::POST, &format!("/api/v1/bots/{bot}/chat"));
        let ask = ask
            .header("x-visitor-token", visitor)
            .json(&json!({ "message": "Hi" }));
        it.send("visitor", ask).await;
    }
    (bot, provider)
}

/// A provider that repeats the key in all it says, however much it says.
async fn provider_errors(
    it: &Watched,
    token: &str,
    model: &FakeOpenAi,
    bot: Uuid,
    provider: Uuid,
    key: &str,
) {
    let said = format!("Incorrect API key provided: {key}.");
    let padded = format!("{}{key} and so on", ".".repeat(280));
    for words in [said, padded] {
        for reply in [
            Reply::Status(401, words.clone()),
            Reply::Status(403, words.clone()),
            Reply::Status(400, words.clone()),
            Reply::Status(404, words.clone()),
            Reply::Status(500, words.clone()),
            Reply::ErrorInStream("Well".into(), words.clone()),
            Reply::Raw("application/json", vec![words.clone().into_bytes()]),
            Reply::Raw("text/event-stream", vec![format!("{words}\n\n").into_bytes()]),
            Reply::Redirect(format!("http://127.0.0.1:9/{key}")),
        ] {
            model.reply([reply]);
            it.send(
                "check",
                it.post(&format!("providers/{provider}/check"), token, &json!({})),
            )
            .await;
            let ask = it.app.request(Method::POST, &format!("/api/v1/bots/{bot}/chat"));
            it.send("chat", ask.json(&json!({ "message": "Hi" }))).await;
            let ask = it.app.request(Method::POST, &format!("/api/v1/bots/{bot}/chat"));
            it.send("stream", ask.json(&json!({ "message": "Hi", "stream": true })))
                .await;
            it.send(
                "embedding",
                it.request(Method::PUT, "embedding", token)
                    .json(&json!({ "provider_id": provider, "model": "m" })),
            )
            .await;
        }
    }
}

/// Requests that can't be read, with a secret in them.
async fn malformed(it: &Watched, token: &str, secret: &str) {
    for body in [
        format!("{{\"name\": \"P\", \"api_key\": \"{secret}\""),
        format!("{{\"name\": \"P\", \"api_key\": \"{secret}\", }}"),
        format!("{{\"name\": \"P\", \"api_key\": [\"{secret}\"]}}"),
        format!("{{\"name\": 7, \"api_key\": \"{secret}\"}}"),
        format!("api_key={secret}"),
    ] {
        let request = it.request(Method::POST, "providers", token);
        let request = request.header("content-type", "application/json").body(body);
        let (status, _) = it.send("malformed", request).await;
        assert!(status.is_client_error());
    }
    // Where no secret belongs, nothing is told but to who sent it; it is not written down either.
    for path in ["bots", "nothing", "conversations"] {
        it.app
            .request(Method::GET, &format!("/api/v1/{path}?api_key={secret}"))
            .bearer_auth(secret)
            .send()
            .await
            .unwrap();
    }
}

/// Every route that reads, as the owner.
async fn read_everything(it: &Watched, token: &str, ids: &[(&str, Uuid)]) {
    let mut read = 0;
    for operation in Document::read().operations().filter(Operation::is_read) {
        let known = |name: &str| ids.iter().find(|(known, _)| *known == name);
        if operation.parameters().iter().any(|name| known(name).is_none()) {
            continue;
        }
        let path = operation.filled(&|name| known(name).unwrap().1.to_string());
        let request = it.app.request(Method::GET, &path).bearer_auth(token);
        it.send(&operation.name(), request).await;
        read += 1;
    }
    assert!(read >= 30, "{read}");
}

/// What can't be opened any more, as after a mistake with the database.
async fn internal_errors(it: &Watched, token: &str, bot: Uuid) {
    it.sql("update providers set api_key = overlay(api_key placing '\\xffff'::bytea from 30)")
        .await;
    it.sql("update connections set credential = overlay(credential placing '\\xffff'::bytea from 30)")
        .await;
    it.sql("update visitor_secrets set secret = overlay(secret placing '\\xffff'::bytea from 30)")
        .await;
    for connection in it
        .done("connections", it.request(Method::GET, "connections", token))
        .await
        .as_array()
        .unwrap()
    {
        let path = format!("connections/{}/check", connection["id"].as_str().unwrap());
        it.send("broken", it.post(&path, token, &json!({}))).await;
    }
    let ask = it.app.request(Method::POST, &format!("/api/v1/bots/{bot}/chat"));
    let (status, _) = it.send("broken", ask.json(&json!({ "message": "Hi" }))).await;
    assert!(!status.is_success(), "{status}");
}
