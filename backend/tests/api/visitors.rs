//! Which sites may show a bot, and visitors whom a site vouches for.

use api_types::ErrorCode;
use api_types::bots::ChatbotContent;
use api_types::chat::{BotConfig, ChatResponse, Session};
use api_types::conversations::ConversationSummary;
use api_types::visitors::{Access, CreatedVisitorSecret, VisitorSecret};
use api_types::{Page, Problem};
use chrono::Utc;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::{Method, RequestBuilder, StatusCode, header};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use super::served::Served;
use crate::support::fake_openai::FakeOpenAi;
use crate::support::{Person, TestApp, done, ok, refused};

const TOKEN: &str = "x-visitor-token";
const SHOP: &str = "https://shop.example";

struct Fixture {
    app: TestApp,
    ada: Person,
    content: ChatbotContent,
    bot: Uuid,
    // Answers for as long as it lives.
    _fake: FakeOpenAi,
}

async fn fixture(access: Access) -> Fixture {
    let served = Served::start_with("Hello there.", |_| {}, |content| content.access = access);
    let Served {
        app,
        ada,
        content,
        bot,
        fake,
        ..
    } = served.await;
    Fixture {
        app,
        ada,
        content,
        bot,
        _fake: fake,
    }
}

fn on_shop() -> Access {
    Access {
        allowed_domains: vec!["shop.example".into(), "*.shop.example".into()],
        ..Access::default()
    }
}

fn verified() -> Access {
    Access {
        verified_only: true,
        ..Access::default()
    }
}

impl Fixture {
    fn visit(&self, method: Method, path: &str) -> RequestBuilder {
        self.app
            .request(method, &format!("/api/v1/bots/{}/{path}", self.bot))
    }

    fn chat(&self, session_id: Option<Uuid>, token: Option<&str>) -> RequestBuilder {
        let request = self
            .visit(Method::POST, "chat")
            .json(&json!({ "message": "Hi", "session_id": session_id }));
        match token {
            Some(token) => request.header(TOKEN, token),
            None => request,
        }
    }

    async fn secret(&self) -> CreatedVisitorSecret {
        let path = format!("/api/v1/bots/{}/visitor-secrets", self.bot);
        ok(self.app.post(&self.ada, &path, json!({}))).await
    }
}

fn sign(secret: &str, claims: &Value) -> String {
    sign_as(&Header::new(Algorithm::HS256), secret, claims)
}

fn sign_as(header: &Header, secret: &str, claims: &Value) -> String {
    jsonwebtoken::encode(header, claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap()
}

fn in_seconds(seconds: i64) -> i64 {
    Utc::now().timestamp() + seconds
}

fn carol(secret: &str) -> String {
    sign(
        secret,
        &json!({ "sub": "carol-7", "name": "Carol", "exp": in_seconds(300) }),
    )
}

fn allowed_origin(response: &reqwest::Response) -> Option<&str> {
    let value = response.headers().get(header::ACCESS_CONTROL_ALLOW_ORIGIN)?;
    Some(value.to_str().unwrap())
}

#[tokio::test]
async fn only_pages_of_allowed_sites_reach_a_bot() {
    let it = fixture(on_shop()).await;
    for origin in [SHOP, "https://eu.shop.example"] {
        let response = it
            .visit(Method::GET, "config")
            .header(header::ORIGIN, origin)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{origin}");
        assert_eq!(allowed_origin(&response), Some(origin));
        assert!(
            response.headers()[header::VARY]
                .to_str()
                .unwrap()
                .contains("origin")
        );
    }
    for origin in [
        "https://evil.example",
        "http://shop.example",
        "https://shop.example.evil.test",
        "null",
    ] {
        for request in [it.visit(Method::GET, "config"), it.chat(None, None)] {
            let request = request.header(header::ORIGIN, origin);
            let response = request.try_clone().unwrap().send().await.unwrap();
            assert_eq!(allowed_origin(&response), None, "{origin}");
            refused(request, StatusCode::FORBIDDEN, ErrorCode::OriginNotAllowed).await;
        }
        let preflight = it
            .visit(Method::OPTIONS, "chat")
            .header(header::ORIGIN, origin)
            .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
            .send()
            .await
            .unwrap();
        assert_eq!(allowed_origin(&preflight), None, "{origin}");
    }
    // Programs have no origin; a page of our own is the frame.
    let _: ChatResponse = ok(it.chat(None, None)).await;
    let framed = it
        .chat(None, None)
        .header(header::ORIGIN, "http://bots.example")
        .header("sec-fetch-site", "same-origin");
    let _: ChatResponse = ok(framed).await;
    let claimed = it
        .chat(None, None)
        .header(header::ORIGIN, "https://evil.example")
        .header("sec-fetch-site", "cross-site");
    refused(claimed, StatusCode::FORBIDDEN, ErrorCode::OriginNotAllowed).await;
}

#[tokio::test]
async fn only_allowed_sites_may_frame_the_chat_page() {
    let it = fixture(on_shop()).await;
    let policy = async |path: String| {
        let response = it.app.request(Method::GET, &path).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_eq!(
            response.headers()[header::CONTENT_TYPE],
            "text/html; charset=utf-8"
        );
        assert!(!response.headers().contains_key(header::ETAG));
        response.headers()[header::CONTENT_SECURITY_POLICY]
            .to_str()
            .unwrap()
            .to_owned()
    };
    let bot = it.bot;
    for path in [
        format!("/widget/frame?bot={bot}"),
        format!("/chat/{}/{bot}", Uuid::nil()),
    ] {
        let policy = policy(path).await;
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe-inline"));
        let ancestors = "frame-ancestors 'self' https://shop.example https://*.shop.example";
        assert!(policy.ends_with(ancestors), "{policy}");
    }
    for path in [
        format!("/widget/frame?bot={}", Uuid::now_v7()),
        "/widget/frame".into(),
    ] {
        assert!(policy(path).await.ends_with("frame-ancestors * file:"));
    }
    // It follows the next deploy.
    let open = ChatbotContent {
        access: Access::default(),
        ..it.content.clone()
    };
    let draft: Value = ok(it
        .app
        .post(&it.ada, "/api/v1/chatbots/draft", json!({ "from": bot })))
    .await;
    let path = format!("/api/v1/chatbots/draft/{}", draft["id"].as_str().unwrap());
    let saved = json!({ "version": draft["version"], "content": open });
    let _: Value = ok(it.app.put(&it.ada, &path, saved)).await;
    let _: Value = ok(it.app.post(&it.ada, &format!("{path}/deploy"), json!({}))).await;
    assert!(
        policy(format!("/widget/frame?bot={bot}"))
            .await
            .ends_with("frame-ancestors * file:")
    );
}

#[tokio::test]
async fn a_bot_with_unreadable_domains_is_not_deployed() {
    let it = fixture(Access::default()).await;
    let content = ChatbotContent {
        name: "Other".into(),
        access: Access {
            allowed_domains: vec![
                "ok.example".into(),
                "'self'; script-src *".into(),
                "xn--a.example".into(),
            ],
            ..Access::default()
        },
        ..it.content.clone()
    };
    for (domains, field) in [
        (content.access.allowed_domains.clone(), 1),
        (vec!["xn--a.example".into()], 0),
    ] {
        let content = ChatbotContent {
            access: Access {
                allowed_domains: domains,
                ..Access::default()
            },
            ..content.clone()
        };
        let draft = it.app.draft(&it.ada, &content).await;
        let deploy = it.app.post(
            &it.ada,
            &format!("/api/v1/chatbots/draft/{}/deploy", draft.id),
            json!({}),
        );
        let problem = refused(deploy, StatusCode::UNPROCESSABLE_ENTITY, ErrorCode::DraftInvalid).await;
        let fields: Vec<_> = problem.errors.into_iter().map(|error| error.field).collect();
        assert_eq!(fields, [format!("content.access.allowed_domains[{field}]")]);
    }
}

#[tokio::test]
async fn a_bot_for_verified_visitors_talks_to_nobody_else() {
    let it = fixture(verified()).await;
    let config: BotConfig = ok(it.visit(Method::GET, "config")).await;
    assert!(config.verified_only);
    let unverified = (StatusCode::UNAUTHORIZED, ErrorCode::VisitorUnverified);
    refused(it.chat(None, None), unverified.0, unverified.1).await;
    // Without a secret nobody can vouch for anybody.
    refused(it.chat(None, Some(&carol("guess"))), unverified.0, unverified.1).await;

    let made = it.secret().await;
    let begun: ChatResponse = ok(it.chat(None, Some(&carol(&made.secret)))).await;
    let path = format!("sessions/{}", begun.session_id);
    let read = it.visit(Method::GET, &path).header(TOKEN, carol(&made.secret));
    assert_eq!(ok::<Session>(read).await.messages.len(), 2);

    let list: Page<ConversationSummary> = ok(it.app.get(&it.ada, "/api/v1/conversations")).await;
    let visitor = list.items[0].visitor.clone().unwrap();
    assert_eq!(
        (visitor.id.as_str(), visitor.name.as_deref()),
        ("carol-7", Some("Carol"))
    );
}

#[tokio::test]
async fn a_known_visitors_conversation_is_theirs_alone() {
    let it = fixture(Access::default()).await;
    let made = it.secret().await;
    let anonymous: ChatResponse = ok(it.chat(None, None)).await;
    let id = Some(anonymous.session_id);
    // Signing in on the site takes the conversation along.
    let _: ChatResponse = ok(it.chat(id, Some(&carol(&made.secret)))).await;
    let dave = sign(&made.secret, &json!({ "sub": "dave", "exp": in_seconds(300) }));
    for token in [None, Some(dave.as_str())] {
        refused(
            it.chat(id, token),
            StatusCode::NOT_FOUND,
            ErrorCode::SessionNotFound,
        )
        .await;
        let with = |request: RequestBuilder| match token {
            Some(token) => request.header(TOKEN, token),
            None => request,
        };
        let read = with(it.visit(Method::GET, &format!("sessions/{}", anonymous.session_id)));
        refused(read, StatusCode::NOT_FOUND, ErrorCode::SessionNotFound).await;
        let rate = with(it.visit(Method::POST, "feedback")).json(&json!({
            "session_id": anonymous.session_id, "message_id": anonymous.message_id, "rating": "up"
        }));
        refused(rate, StatusCode::NOT_FOUND, ErrorCode::SessionNotFound).await;
        let resume = with(it.chat(id, None)).header("last-event-id", format!("{}:1", anonymous.message_id));
        refused(resume, StatusCode::NOT_FOUND, ErrorCode::NotFound).await;
    }
    let _: ChatResponse = ok(it.chat(id, Some(&carol(&made.secret)))).await;
}

#[tokio::test]
async fn bad_tokens_are_refused_and_said_why() {
    let it = fixture(Access::default()).await;
    let made = it.secret().await;
    let secret = made.secret.as_str();
    let good = json!({ "sub": "carol", "exp": in_seconds(300) });
    let with = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        sign(secret, &claims)
    };
    let without = |name: &str| {
        let mut claims = good.clone();
        claims.as_object_mut().unwrap().remove(name);
        sign(secret, &claims)
    };
    let token = sign(secret, &good);
    let (signed, _) = token.rsplit_once('.').unwrap();
    let named_key = Header {
        kid: Some("mine".into()),
        ..Header::new(Algorithm::HS256)
    };
    let none = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJjYXJvbCIsImV4cCI6NDA3MDkwODgwMH0.";
    let other_bot = Uuid::now_v7().to_string();
    for (token, reason) in [
        (String::new(), "no JSON Web Token signed with HS256"),
        ("a.b.c".into(), "no JSON Web Token signed with HS256"),
        (none.into(), "no JSON Web Token signed with HS256"),
        (format!("{signed}."), "not signed with a secret of this bot"),
        (
            sign("another secret", &good),
            "not signed with a secret of this bot",
        ),
        (sign_as(&Header::new(Algorithm::HS512), secret, &good), "HS256"),
        (sign_as(&named_key, secret, &good), "header other than"),
        (with("exp", in_seconds(-90).into()), "expired"),
        (with("exp", in_seconds(3_700).into()), "more than an hour"),
        (with("nbf", in_seconds(90).into()), "not good yet"),
        (with("iat", in_seconds(90).into()), "future"),
        (with("aud", other_bot.into()), "another bot"),
        (with("sub", "".into()), "1 to 200"),
        (with("sub", "x".repeat(201).into()), "1 to 200"),
        (with("sub", "a\0b".into()), "1 to 200"),
        (with("sub", 7.into()), "`sub` (text)"),
        (with("name", "x".repeat(201).into()), "at most 200"),
        (without("exp"), "`exp` (seconds"),
        (without("sub"), "`sub` (text)"),
        (with("name", "x".repeat(5_000).into()), "too long"),
    ] {
        let problem: Problem = refused(
            it.chat(None, Some(&token)),
            StatusCode::UNAUTHORIZED,
            ErrorCode::VisitorUnverified,
        )
        .await;
        assert!(problem.detail.contains(reason), "{reason}: {}", problem.detail);
    }
    for claims in [
        good.clone(),
        json!({ "sub": "carol", "exp": in_seconds(3_600), "aud": it.bot }),
    ] {
        let _: ChatResponse = ok(it.chat(None, Some(&sign(secret, &claims)))).await;
    }
}

#[tokio::test]
async fn secrets_are_shown_once_and_changed_without_a_gap() {
    let it = fixture(verified()).await;
    let (first, second) = (it.secret().await, it.secret().await);
    assert_ne!(first.secret, second.secret);
    let path = format!("/api/v1/bots/{}/visitor-secrets", it.bot);
    let third = it.app.post(&it.ada, &path, json!({}));
    refused(third, StatusCode::CONFLICT, ErrorCode::InUse).await;
    let listed = it
        .app
        .get(&it.ada, &path)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(!listed.contains(&first.secret) && !listed.contains(&second.secret));
    let listed: Vec<VisitorSecret> = serde_json::from_str(&listed).unwrap();
    assert_eq!(
        listed,
        [second.visitor_secret.clone(), first.visitor_secret.clone()]
    );
    assert!(first.secret.ends_with(&first.visitor_secret.hint));

    for secret in [&first.secret, &second.secret] {
        let _: ChatResponse = ok(it.chat(None, Some(&carol(secret)))).await;
    }
    done(
        it.app
            .delete(&it.ada, &format!("{path}/{}", first.visitor_secret.id)),
    )
    .await;
    let old = it.chat(None, Some(&carol(&first.secret)));
    refused(old, StatusCode::UNAUTHORIZED, ErrorCode::VisitorUnverified).await;
    let _: ChatResponse = ok(it.chat(None, Some(&carol(&second.secret)))).await;

    // Nowhere in the clear.
    let mut owner = PgConnection::connect(it.app.database.url.as_str()).await.unwrap();
    let stored: Vec<Vec<u8>> = sqlx::query_scalar("select secret from visitor_secrets")
        .fetch_all(&mut owner)
        .await
        .unwrap();
    assert_eq!(stored.len(), 1);
    let needle = second.secret.as_bytes();
    assert!(!stored[0].windows(needle.len()).any(|window| window == needle));
}
