//! Figures of real chats with a fake model.

use api_types::ErrorCode;
use api_types::analytics::{Analytics, Cost, Figures, ModelFigures, Rates};
use api_types::chat::ChatResponse;
use api_types::conversations::Conversation;
use api_types::tenancy::Role;
use chrono::NaiveDate;
use domain::Scope;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use super::chatbot_drafts::deployable;
use super::data::number;
use crate::support::fake_openai::{FakeOpenAi, Reply};
use crate::support::{Person, TestApp, done, ok, refused};

/// A server with a live bot of a fake model, which uses 11 tokens in and 7 out for each answer.
pub struct Fixture {
    pub app: TestApp,
    pub ada: Person,
    pub fake: FakeOpenAi,
    pub provider: Uuid,
    pub bot: Uuid,
}

impl Fixture {
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut domain::config::Config)) -> Self {
        let fake = FakeOpenAi::start(Reply::Text("Hello there.".into())).await;
        let place = fake.place();
        let app = TestApp::start_with(|config| {
            config.outbound_allow = vec![place];
            change(config);
        })
        .await;
        let ada = app.sign_up().await;
        let provider = app.provider(&ada, &fake.base_url()).await;
        let bot = app.deploy(&ada, &deployable("Helper", provider)).await;
        Self {
            app,
            ada,
            fake,
            provider,
            bot,
        }
    }

    pub fn chat(&self, body: &Value) -> RequestBuilder {
        let path = format!("/api/v1/bots/{}/chat", self.bot);
        self.app.request(Method::POST, &path).json(body)
    }

    pub async fn ask(&self, message: &str, session: Option<Uuid>) -> ChatResponse {
        ok(self.chat(&json!({ "message": message, "session_id": session }))).await
    }

    pub fn feedback(&self, answer: &ChatResponse, more: &Value) -> RequestBuilder {
        let mut body = json!({ "session_id": answer.session_id, "message_id": answer.message_id });
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        let path = format!("/api/v1/bots/{}/feedback", self.bot);
        self.app.request(Method::POST, &path).json(&body)
    }

    pub async fn rate(&self, answer: &ChatResponse, rating: &str) {
        done(self.feedback(answer, &json!({ "rating": rating }))).await;
    }

    async fn report(&self, query: &str) -> Analytics {
        ok(self.app.get(&self.ada, &format!("/api/v1/analytics{query}"))).await
    }

    async fn figures(&self) -> Figures {
        self.report("").await.totals.figures
    }

    /// Puts everything that happened so far to another time.
    async fn move_to(&self, at: &str) {
        let mut owner = PgConnection::connect(self.app.database.url.as_str())
            .await
            .unwrap();
        for sql in [
            "update events set counts_at = $1::text::timestamptz",
            "update event_slots set slot = date_bin('15 minutes', $1::text::timestamptz, timestamptz '2000-01-01 00:00+00')",
            "update event_days set day = ($1::text::timestamptz at time zone 'UTC')::date",
        ] {
            sqlx::query(sql).bind(at).execute(&mut owner).await.unwrap();
        }
    }
}

const fn nothing() -> Figures {
    Figures {
        sessions: 0,
        resolved: 0,
        deflected: 0,
        hand_offs: 0,
        leads: 0,
        answered: 0,
        gaps: 0,
        errors: 0,
        ups: 0,
        downs: 0,
        prompt_tokens: 0,
        completion_tokens: 0,
        cache_hits: 0,
        cache_misses: 0,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_is_counted_once() {
    let it = Fixture::new().await;
    assert_eq!(it.figures().await, nothing());

    // Resolved, with two questions; liked.
    let first = it.ask("How long is the warranty?", None).await;
    it.ask("And does it cover the lid?", Some(first.session_id)).await;
    it.rate(&first, "up").await;
    it.rate(&first, "up").await;
    // A gap and an answer: not resolved, but no person was needed.
    it.fake
        .reply([Reply::Text("NO_ANSWER".into()), Reply::Text("Yes.".into())]);
    let second = it.ask("Wie lange ist die Garantie?", None).await;
    assert!(!second.answered);
    it.ask("Is there one at all?", Some(second.session_id)).await;
    // An answer that did not come.
    it.fake.reply([Reply::Status(500, "no".into())]);
    let failed = it.chat(&json!({ "message": "How long?" })).send().await.unwrap();
    assert!(!failed.status().is_success());
    it.fake.reply([Reply::Text("Yes.".into())]);

    // A visitor is told that it failed before that is stored.
    let all = loop {
        let report = it.report("").await;
        if report.totals.figures.errors > 0 {
            break report;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    };
    let expected = Figures {
        sessions: 3,
        resolved: 1,
        deflected: 2,
        answered: 3,
        gaps: 1,
        errors: 1,
        ups: 1,
        prompt_tokens: 44,
        completion_tokens: 28,
        ..nothing()
    };
    assert_eq!(all.totals.figures, expected);
    let rates = Rates {
        resolution: Some(1.0 / 3.0),
        deflection: Some(2.0 / 3.0),
        answer_rate: Some(0.75),
        satisfaction: Some(1.0),
        cache: None,
    };
    assert_eq!(all.totals.rates, rates);
    assert_eq!(all.before.figures, nothing());
    assert_eq!((all.days.len(), all.days_before.len()), (30, 30));
    assert_eq!(all.days[29].figures, expected);
    assert_eq!((all.bots.len(), &*all.bots[0].name), (1, "Helper"));
    assert_eq!((all.channels.len(), &*all.channels[0].channel), (1, "api"));
    assert!(all.totals.latency.first_token.is_some() && all.totals.latency.total.is_some());
    let languages: Vec<_> = all
        .languages
        .iter()
        .map(|it| (&*it.name, it.count, it.gaps))
        .collect();
    assert!(languages.contains(&("de", 1, 1)), "{languages:?}");

    // A verdict that is turned around counts once, and the session with it.
    it.rate(&first, "down").await;
    let figures = it.figures().await;
    assert_eq!((figures.ups, figures.downs, figures.resolved), (0, 1, 0));
    it.rate(&first, "up").await;
    assert_eq!(it.figures().await, expected);
    assert_sums_agree(&it.app).await;
}

/// The sums are what their events add up to.
async fn assert_sums_agree(app: &TestApp) {
    let slots = "select count(*) from (
            select workspace_id, bot_id, channel, date_bin('15 minutes', counts_at, timestamptz '2000-01-01 00:00+00'),
                sum(sessions), sum(resolved), sum(deflected), count(*) filter (where kind = 'hand_off'),
                count(*) filter (where kind = 'lead'), count(*) filter (where outcome = 'answered'),
                count(*) filter (where outcome = 'gap'), count(*) filter (where outcome = 'error'), sum(ups), sum(downs),
                coalesce(sum(prompt_tokens), 0), coalesce(sum(completion_tokens), 0)
            from events group by 1, 2, 3, 4
            except
            select workspace_id, bot_id, channel, slot, sessions, resolved, deflected, hand_offs, leads, answered, gaps,
                errors, ups, downs, prompt_tokens, completion_tokens from event_slots) as differing";
    let days = "select count(*) from (
            select e.workspace_id, e.bot_id, e.channel, (e.counts_at at time zone 'UTC')::date, t.dimension, t.value,
                count(*), count(*) filter (where outcome = 'gap'), coalesce(sum(prompt_tokens), 0),
                coalesce(sum(completion_tokens), 0)
            from events e cross join lateral turn_dimensions(e) t where e.kind = 'turn' group by 1, 2, 3, 4, 5, 6
            except
            select workspace_id, bot_id, channel, day, dimension, value, turns, gaps, prompt_tokens, completion_tokens
            from event_days) as differing";
    assert!(number(app, "select count(*) from events").await > 0);
    assert_eq!((number(app, slots).await, number(app, days).await), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_lose_nothing() {
    let it = Fixture::new().await;
    let session = it.ask("How long is the warranty?", None).await.session_id;
    let questions = (0..20).map(|i| it.ask("How long is the warranty?", (i % 2 == 0).then_some(session)));
    let answers = futures::future::join_all(questions).await;
    let verdicts = answers
        .iter()
        .flat_map(|answer| [it.rate(answer, "down"), it.rate(answer, "up")]);
    futures::future::join_all(verdicts).await;
    let figures = it.figures().await;
    assert_eq!((figures.sessions, figures.answered), (11, 21));
    assert_eq!(figures.ups + figures.downs, 20);
    assert_sums_agree(&it.app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_is_resumed_counts_no_turn() {
    let it = Fixture::new().await;
    let question = json!({ "message": "How long is the warranty?", "stream": true });
    let text = it.chat(&question).send().await.unwrap().text().await.unwrap();
    let start = text.lines().find_map(|line| line.strip_prefix("data: ")).unwrap();
    let start: Value = serde_json::from_str(start).unwrap();
    let again = it
        .chat(&json!({ "message": "How long is the warranty?", "session_id": start["session_id"], "stream": true }))
        .header("Last-Event-ID", format!("{}:1", start["message_id"].as_str().unwrap()));
    let text = again.send().await.unwrap().text().await.unwrap();
    assert!(text.contains("event: done"), "{text}");
    let figures = it.figures().await;
    assert_eq!((figures.sessions, figures.answered), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn days_are_those_of_the_time_zone_and_periods_are_compared() {
    let it = Fixture::new().await;
    it.ask("How long is the warranty?", None).await;
    // In Berlin it is the 11th already.
    it.move_to("2026-03-10T23:30:00Z").await;
    let day = |text: &str| text.parse::<NaiveDate>().unwrap();
    for (tz, date) in [
        ("UTC", "2026-03-10"),
        ("Europe/Berlin", "2026-03-11"),
        ("Asia/Kathmandu", "2026-03-11"),
        ("America/New_York", "2026-03-10"),
    ] {
        let report = it
            .report(&format!("?from=2026-03-08&to=2026-03-14&tz={tz}"))
            .await;
        let busy: Vec<_> = report
            .days
            .iter()
            .filter(|day| day.figures.sessions > 0)
            .collect();
        assert_eq!((busy.len(), busy[0].day), (1, day(date)), "{tz}");
        assert_eq!(report.languages.len(), 1, "{tz}");
        // The day alone, and the days beside it.
        let only = it.report(&format!("?from={date}&to={date}&tz={tz}")).await;
        assert_eq!(
            (only.totals.figures.sessions, only.languages[0].count),
            (1, 1),
            "{tz}"
        );
        assert_eq!(
            (only.from, only.to, only.questions.len()),
            (day(date), day(date), 1)
        );
        let next = day(date).succ_opt().unwrap();
        let after = it.report(&format!("?from={next}&to={next}&tz={tz}")).await;
        assert_eq!(after.totals.figures, nothing(), "{tz}");
        assert!(after.languages.is_empty() && after.questions.is_empty(), "{tz}");
        assert_eq!(after.before.figures.sessions, 1, "{tz}");
    }
    for query in [
        "?tz=Europe/Nowhere",
        "?tz=%00",
        "?from=2026-03-02&to=2026-03-01",
        "?from=2020-01-01&to=2026-03-01",
        "?to=9999-12-31",
    ] {
        let request = it.app.get(&it.ada, &format!("/api/v1/analytics{query}"));
        refused(
            request,
            StatusCode::UNPROCESSABLE_ENTITY,
            ErrorCode::ValidationFailed,
        )
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bots_and_channels_are_told_apart_and_other_tenants_see_nothing() {
    let it = Fixture::new().await;
    let other = it.app.deploy(&it.ada, &deployable("Other", it.provider)).await;
    it.ask("How long is the warranty?", None).await;
    let web =
        it.chat(&json!({ "message": "How long is it?", "page": "https://shop.example/prices?user=ada#x" }));
    let _: ChatResponse = ok(web.header("sec-fetch-site", "same-origin")).await;
    let path = format!("/api/v1/bots/{other}/chat");
    let _: ChatResponse = ok(it
        .app
        .request(Method::POST, &path)
        .json(&json!({ "message": "Hi there" })))
    .await;

    let all = it.report("").await;
    assert_eq!(all.totals.figures.sessions, 3);
    assert_eq!(all.bots.len(), 2);
    assert_eq!(all.pages.len(), 1);
    assert_eq!(
        (&*all.pages[0].name, all.pages[0].count),
        ("https://shop.example/prices", 1)
    );
    let of_one = it.report(&format!("?bot_id={other}")).await;
    assert_eq!((of_one.totals.figures.sessions, of_one.bots.len()), (1, 1));
    assert!(of_one.pages.is_empty());
    let of_web = it.report("?channel=web").await;
    assert_eq!((of_web.totals.figures.sessions, of_web.questions.len()), (1, 1));

    let eve = it.app.sign_up().await;
    let theirs: Analytics = ok(it.app.get(&eve, "/api/v1/analytics")).await;
    assert_eq!(theirs.totals.figures, nothing());
    assert!(theirs.bots.is_empty() && theirs.questions.is_empty() && theirs.models.is_empty());
    let foreign = it.app.get(&eve, &format!("/api/v1/analytics?bot_id={other}"));
    refused(foreign, StatusCode::NOT_FOUND, ErrorCode::NotFound).await;
    let bad = it.chat(&json!({ "message": "Hi", "page": "javascript:alert(1)" }));
    let problem = refused(bad, StatusCode::UNPROCESSABLE_ENTITY, ErrorCode::ValidationFailed).await;
    assert_eq!(problem.errors[0].field, "page");
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_are_put_together_and_go_with_their_conversations() {
    let it = Fixture::new().await;
    it.ask("How long is the warranty?", None).await;
    it.ask("the warranty, how long is it?", None).await;
    let other = it.ask("Do you ship to Peru?", None).await;
    let asked = |report: &Analytics| -> Vec<(String, i64)> {
        let rows = report.questions.iter();
        rows.map(|row| (row.question.clone(), row.count)).collect()
    };
    let expected = [
        ("the warranty, how long is it?".to_owned(), 2),
        ("Do you ship to Peru?".to_owned(), 1),
    ];
    assert_eq!(asked(&it.report("").await), expected);
    let path = format!("/api/v1/conversations/{}", other.session_id);
    let _: Value = ok(it.app.delete(&it.ada, &path)).await;
    let report = it.report("").await;
    assert_eq!(asked(&report), expected[..1]);
    assert_eq!(report.totals.figures.sessions, 3, "it is counted all the same");
    let left = "select count(*) from events where conversation_id is null and (page is not null or question_key is not null)";
    assert_eq!(number(&it.app, left).await, 0);
    assert_sums_agree(&it.app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_cost_what_the_provider_says() {
    let it = Fixture::new().await;
    it.ask("How long is the warranty?", None).await;
    let before = it.report("").await;
    assert_eq!((before.models.len(), before.models[0].cost.clone()), (1, None));
    assert!(before.totals.costs.is_empty());
    let provider = format!("/api/v1/providers/{}", it.provider);
    let mut body = json!({ "name": "Models", "base_url": it.fake.base_url(), "default_model": "test-model" });
    body["prices"] = json!([{ "model": "test-model", "prompt": 2.0, "completion": 10.0, "currency": "usd" }]);
    let problem = refused(
        it.app.put(&it.ada, &provider, &body),
        StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::ValidationFailed,
    )
    .await;
    assert_eq!(problem.errors[0].field, "prices[0].currency");
    body["prices"][0]["currency"] = json!("USD");
    let _: Value = ok(it.app.put(&it.ada, &provider, &body)).await;
    let report = it.report("").await;
    let cost = Cost {
        currency: "USD".into(),
        amount: (11.0 * 2.0 + 7.0 * 10.0) / 1_000_000.0,
    };
    let expected = ModelFigures {
        model: "test-model".into(),
        provider: Some("Models".into()),
        turns: 1,
        prompt_tokens: 11,
        completion_tokens: 7,
        cost: Some(cost.clone()),
    };
    assert_eq!((report.models, report.totals.costs), (vec![expected], vec![cost]));
    // Who changes the name keeps the prices.
    body.as_object_mut().unwrap().remove("prices");
    let kept: Value = ok(it.app.put(&it.ada, &provider, &body)).await;
    assert_eq!(kept["prices"][0]["model"], "test-model");
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_are_saved_as_csv_that_no_spreadsheet_runs() {
    let it = Fixture::new().await;
    it.ask("=HYPERLINK(\"https://evil.example\",\"warranty\")", None)
        .await;
    let save = async |table: &str| {
        let path = format!("/api/v1/analytics/export?table={table}");
        let response = it.app.get(&it.ada, &path).send().await.unwrap();
        assert_eq!(response.headers()["content-type"], "text/csv; charset=utf-8");
        let name = format!("attachment; filename=\"analytics-{table}.csv\"");
        assert_eq!(response.headers()["content-disposition"], name.as_str());
        response.text().await.unwrap()
    };
    let days = save("days").await;
    assert_eq!(days.lines().count(), 31);
    assert!(days.starts_with("day,sessions,resolved,deflected,"), "{days}");
    assert!(
        days.trim_end().ends_with(",1,1,1,0,0,1,1,0,0,0,0,11,7,0,0"),
        "{days}"
    );
    let questions = save("questions").await;
    assert!(questions.contains("\"'=HYPERLINK("), "{questions}");
    assert!(save("models").await.contains("test-model"));
    for table in ["bots", "channels", "pages", "languages"] {
        assert!(!save(table).await.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_may_read_reads_figures() {
    let it = Fixture::new().await;
    for (scope, status) in [("read", StatusCode::OK), ("chat", StatusCode::FORBIDDEN)] {
        let body = json!({ "name": scope, "scopes": [scope] });
        let key: Value = ok(it.app.post(&it.ada, "/api/v1/api-keys", body)).await;
        let request = it.app.request(Method::GET, "/api/v1/analytics");
        let response = request
            .bearer_auth(key["key"].as_str().unwrap())
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), status);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hand_offs_and_leads_are_counted_by_whoever_makes_them() {
    let it = Fixture::new().await;
    let answer = it.ask("How long is the warranty?", None).await;
    let scope: Scope =
        domain::tenancy::member_scope(&it.app.services().db, it.ada.auth.user.id, it.ada.workspace_id())
            .await
            .unwrap()
            .unwrap();
    for _ in 0..2 {
        let mut tx = it.app.services().db.tenant(&scope).await.unwrap();
        domain::analytics::hand_off(&mut tx, &scope, answer.session_id)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }
    let mut tx = it.app.services().db.tenant(&scope).await.unwrap();
    domain::analytics::lead(&mut tx, &scope, it.bot, Some(answer.session_id), "web")
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let figures = it.figures().await;
    assert_eq!(
        (
            figures.hand_offs,
            figures.leads,
            figures.deflected,
            figures.resolved
        ),
        (1, 1, 0, 1)
    );
    assert_sums_agree(&it.app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verdict_has_a_reason_that_the_team_reads() {
    let it = Fixture::new().await;
    let answer = it.ask("How long is the warranty?", None).await;
    for (body, field) in [
        (json!({ "rating": "up", "reason": "wrong" }), "reason"),
        (json!({ "rating": "up", "comment": "x" }), "comment"),
        (
            json!({ "rating": "down", "comment": "x".repeat(1001) }),
            "comment",
        ),
    ] {
        let request = it.feedback(&answer, &body);
        let problem = refused(
            request,
            StatusCode::UNPROCESSABLE_ENTITY,
            ErrorCode::ValidationFailed,
        )
        .await;
        assert_eq!(problem.errors[0].field, field);
    }
    let verdict = json!({ "rating": "down", "reason": "incomplete", "comment": " The lid? " });
    done(it.feedback(&answer, &verdict)).await;
    let path = format!("/api/v1/conversations/{}", answer.session_id);
    let read: Value = ok(it.app.get(&it.ada, &path)).await;
    let message = &read["messages"][1];
    assert_eq!(
        (
            &message["rating"],
            &message["rating_reason"],
            &message["rating_comment"]
        ),
        (&json!("down"), &json!("incomplete"), &json!("The lid?"))
    );
    it.rate(&answer, "up").await;
    let read: Conversation = ok(it.app.get(&it.ada, &path)).await;
    assert_eq!(read.messages[1].rating_reason, None);
    let session = format!("/api/v1/bots/{}/sessions/{}", it.bot, answer.session_id);
    let seen: Value = ok(it.app.request(Method::GET, &session)).await;
    assert_eq!(seen["messages"][1]["rating"], "up");
    let viewer = it.app.join(&it.ada, "invitations", Role::Viewer).await;
    let _: Analytics = ok(it.app.get(&viewer, "/api/v1/analytics")).await;
}
