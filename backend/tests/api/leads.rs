//! Leads over HTTP: left by visitors, read and worked on by the team, exported, kept for a time, deleted.

use std::io::{Cursor, Read};

use api_types::analytics::Analytics;
use api_types::audit::AuditEntry;
use api_types::bots::ChatbotContent;
use api_types::chat::{BotConfig, ChatResponse};
use api_types::conversations::Conversation;
use api_types::data::{DeletionKind, DeletionReceipt};
use api_types::leads::{Lead, LeadField, LeadFieldKind, LeadStatus, LeadSummary, LeadTiming, SubmittedLead};
use api_types::tenancy::Role;
use api_types::{ErrorCode, Page, Problem};
use domain::data::enforce_retention;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use uuid::Uuid;
use zip::ZipArchive;

use super::chatbot_drafts::deployable;
use super::data::{execute, exported, files, number, worker_services};
use crate::support::fake_openai::{FakeOpenAi, Reply};
use crate::support::{Person, TestApp, done, ok, refused};

pub struct Fixture {
    pub app: TestApp,
    pub ada: Person,
    pub content: ChatbotContent,
    pub bot: Uuid,
    // Answers for as long as it lives.
    _fake: FakeOpenAi,
}

fn field(key: &str, kind: LeadFieldKind, required: bool) -> LeadField {
    LeadField {
        key: key.into(),
        label: format!("Your {key}"),
        kind,
        required,
        options: Vec::new(),
    }
}

/// A bot that asks for name, e-mail address, phone number and a wish.
pub async fn fixture(change: impl FnOnce(&mut domain::config::Config)) -> Fixture {
    let fake = FakeOpenAi::start(Reply::Text("Hello there.".into())).await;
    let app = TestApp::start_with(|config| {
        config.outbound_allow = vec![fake.place()];
        change(config);
    })
    .await;
    let ada = app.sign_up().await;
    let provider = app.provider(&ada, &fake.base_url()).await;
    let mut content = deployable("Helper", provider);
    content.lead_form.enabled = true;
    content.lead_form.consent = "I agree to be called.".into();
    content.lead_form.fields = vec![
        field("name", LeadFieldKind::Text, true),
        field("email", LeadFieldKind::Email, false),
        field("phone", LeadFieldKind::Phone, false),
        field("wish", LeadFieldKind::Textarea, false),
    ];
    let bot = app.deploy(&ada, &content).await;
    Fixture {
        app,
        ada,
        content,
        bot,
        _fake: fake,
    }
}

impl Fixture {
    pub fn leave(&self, answers: impl Serialize) -> RequestBuilder {
        self.send(json!({ "answers": answers, "consent": true }))
    }

    fn send(&self, body: impl Serialize) -> RequestBuilder {
        let path = format!("/api/v1/bots/{}/leads", self.bot);
        self.app.request(Method::POST, &path).json(&body)
    }

    async fn ask(&self, message: &str, session_id: Option<Uuid>) -> ChatResponse {
        let path = format!("/api/v1/bots/{}/chat", self.bot);
        let body = json!({ "message": message, "session_id": session_id });
        ok(self.app.request(Method::POST, &path).json(&body)).await
    }

    pub async fn leads(&self, query: &str) -> Vec<LeadSummary> {
        let page: Page<LeadSummary> = ok(self.app.get(&self.ada, &format!("/api/v1/leads{query}"))).await;
        page.items
    }

    pub async fn lead(&self, id: Uuid) -> Lead {
        ok(self.app.get(&self.ada, &format!("/api/v1/leads/{id}"))).await
    }
}

fn fields(problem: &Problem) -> Vec<&str> {
    problem.errors.iter().map(|error| error.field.as_str()).collect()
}

fn answers(lead: &Lead) -> Vec<(&str, &str)> {
    lead.answers
        .iter()
        .map(|answer| (answer.key.as_str(), answer.value.as_str()))
        .collect()
}

#[tokio::test]
async fn what_a_visitor_leaves_is_what_the_team_reads() {
    let fixture = fixture(|_| {}).await;
    let path = format!("/api/v1/bots/{}/config", fixture.bot);
    let config: BotConfig = ok(fixture.app.request(Method::GET, &path)).await;
    assert_eq!(config.lead_form, Some(fixture.content.lead_form.clone()));

    let chat = fixture.ask("Hi", None).await;
    let left: SubmittedLead = ok(fixture.send(json!({
        "answers": { "name": " Ada ", "email": "Ada@Example.com", "wish": "=A kettle\nin red" },
        "consent": true,
        "session_id": chat.session_id,
        "page_url": "https://shop.example/kettles?ref=1",
    })))
    .await;
    assert_eq!(left.session_id, chat.session_id);
    assert_eq!(left.message, fixture.content.lead_form.thanks);

    let leads = fixture.leads("").await;
    assert_eq!(leads.len(), 1);
    let lead = fixture.lead(leads[0].id).await;
    assert_eq!(lead.summary, leads[0]);
    assert_eq!(
        answers(&lead),
        [
            ("name", "Ada"),
            ("email", "Ada@Example.com"),
            ("wish", "=A kettle\nin red")
        ]
    );
    assert_eq!(lead.answers[0].label, "Your name");
    assert_eq!(lead.summary.status, LeadStatus::New);
    assert_eq!(lead.summary.bot_name.as_deref(), Some("Helper"));
    assert_eq!(lead.conversation_id, Some(chat.session_id));
    assert_eq!(
        lead.page_url.as_deref(),
        Some("https://shop.example/kettles?ref=1")
    );
    assert_eq!(lead.consent.unwrap().text, "I agree to be called.");
    let path = format!("/api/v1/conversations/{}", chat.session_id);
    let conversation: Conversation = ok(fixture.app.get(&fixture.ada, &path)).await;
    assert_eq!(conversation.lead_id, Some(lead.summary.id));

    // Before the first message it begins the conversation that goes on with it.
    let left: SubmittedLead = ok(fixture.leave(json!({ "name": "Bob", "phone": "030 901820" }))).await;
    let chat = fixture.ask("Hi again", Some(left.session_id)).await;
    assert_eq!(chat.session_id, left.session_id);

    // Whoever is known already is no further lead.
    done(fixture.leave(json!({ "name": "Ada", "email": "ada@example.com" }))).await;
    let figures: Analytics = ok(fixture.app.get(&fixture.ada, "/api/v1/analytics")).await;
    assert_eq!(figures.totals.figures.leads, 2);
}

#[tokio::test]
async fn what_does_not_fit_the_form_is_refused_field_by_field() {
    let fixture = fixture(|_| {}).await;
    let refuse = async |body: Value| {
        let (status, code) = (StatusCode::UNPROCESSABLE_ENTITY, ErrorCode::ValidationFailed);
        refused(fixture.send(body), status, code).await
    };
    let problem = refuse(json!({ "answers": { "email": "ada", "phone": "call me", "role": "x" } })).await;
    assert_eq!(
        fields(&problem),
        [
            "answers.role",
            "answers.name",
            "answers.email",
            "answers.phone",
            "consent"
        ]
    );
    let whole = json!({ "name": "Ada", "wish": "\0" });
    let problem = refuse(json!({ "answers": whole, "consent": true })).await;
    assert_eq!(fields(&problem), ["answers.wish"]);
    let problem =
        refuse(json!({ "answers": { "name": "Ada" }, "consent": true, "page_url": "javascript:alert(1)" }))
            .await;
    assert_eq!(fields(&problem), ["page_url"]);
    let unknown = fixture
        .send(json!({ "answers": {}, "status": "won" }))
        .send()
        .await
        .unwrap();
    assert_eq!(unknown.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(fixture.leads("").await, []);

    // Conversations of others, and bots without a form.
    let foreign =
        fixture.send(json!({ "answers": { "name": "Ada" }, "consent": true, "session_id": Uuid::new_v4() }));
    refused(foreign, StatusCode::NOT_FOUND, ErrorCode::SessionNotFound).await;
    let mut content = fixture.content.clone();
    content.name = "Silent".into();
    content.lead_form.enabled = false;
    let silent = fixture.app.deploy(&fixture.ada, &content).await;
    let path = format!("/api/v1/bots/{silent}/leads");
    let body = json!({ "answers": { "name": "Ada" }, "consent": true });
    let request = fixture.app.request(Method::POST, &path).json(&body);
    refused(request, StatusCode::NOT_FOUND, ErrorCode::NotFound).await;
}

#[tokio::test]
async fn a_form_that_is_not_whole_is_not_deployed() {
    let fixture = fixture(|_| {}).await;
    let mut content = fixture.content.clone();
    content.name = "Broken".into();
    content.lead_form.fields[1].key = "name".into();
    content.lead_form.timing = LeadTiming::AfterMessages { count: 99 };
    let draft = fixture.app.draft(&fixture.ada, &content).await;
    let path = format!("/api/v1/chatbots/draft/{}/deploy", draft.id);
    let (status, code) = (StatusCode::UNPROCESSABLE_ENTITY, ErrorCode::DraftInvalid);
    let problem = refused(fixture.app.post(&fixture.ada, &path, json!({})), status, code).await;
    assert_eq!(
        fields(&problem),
        [
            "content.lead_form.timing.count",
            "content.lead_form.fields[1].key"
        ]
    );
}

#[tokio::test]
async fn the_same_person_is_one_lead_and_nothing_is_lost() {
    let fixture = fixture(|_| {}).await;
    done(fixture.leave(json!({ "name": "Ada", "email": "ada@example.com", "wish": "Red" }))).await;
    done(fixture.leave(json!({ "name": "Ada L.", "email": "ADA@example.com", "phone": "+49 (30) 901820" })))
        .await;
    // By the number alone it is she, too; somebody with another address is somebody else.
    done(fixture.leave(json!({ "name": "Ada L.", "phone": "0049 30/901820" }))).await;
    done(fixture.leave(json!({ "name": "Bob", "phone": "+4930901820", "email": "bob@example.com" }))).await;
    let leads = fixture.leads("").await;
    let names: Vec<_> = leads.iter().map(|lead| lead.name.as_deref().unwrap()).collect();
    assert_eq!(names, ["Bob", "Ada L."]);
    let ada = fixture.lead(leads[1].id).await;
    assert_eq!(ada.summary.submissions, 3);
    assert_eq!(
        answers(&ada),
        [
            ("name", "Ada L."),
            ("email", "ADA@example.com"),
            ("wish", "Red"),
            ("phone", "0049 30/901820")
        ]
    );
    let first = ada.history.last().unwrap();
    assert_eq!((ada.history.len(), first.answers[0].value.as_str()), (3, "Ada"));

    // Whoever leaves neither is known by the conversation only.
    let chat = fixture.ask("Hi", None).await;
    for name in ["Eve", "Eve M."] {
        let body = json!({ "answers": { "name": name }, "consent": true, "session_id": chat.session_id });
        done(fixture.send(body)).await;
    }
    done(fixture.leave(json!({ "name": "Eve" }))).await;
    let names: Vec<_> = fixture
        .leads("")
        .await
        .into_iter()
        .map(|lead| lead.name.unwrap())
        .collect();
    assert_eq!(names, ["Eve", "Eve M.", "Bob", "Ada L."]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_person_many_times_at_once_is_one_lead() {
    let fixture = fixture(|_| {}).await;
    let requests = (0..8).map(|n| {
        let request = fixture.leave(json!({ "name": format!("Ada {n}"), "email": "ada@example.com" }));
        async { request.send().await.unwrap().status() }
    });
    let statuses = futures::future::join_all(requests).await;
    assert!(
        statuses.iter().all(|status| *status == StatusCode::CREATED),
        "{statuses:?}"
    );
    let leads = fixture.leads("").await;
    assert_eq!((leads.len(), leads[0].submissions), (1, 8));
}

#[tokio::test]
async fn the_same_address_in_two_workspaces_is_two_leads() {
    let fixture = fixture(|_| {}).await;
    done(fixture.leave(json!({ "name": "Ada", "email": "ada@example.com" }))).await;
    let eve = fixture.app.sign_up().await;
    let theirs: Page<LeadSummary> = ok(fixture.app.get(&eve, "/api/v1/leads")).await;
    assert_eq!(theirs.items, []);
    let id = fixture.leads("").await[0].id;
    let path = format!("/api/v1/leads/{id}");
    refused(
        fixture.app.get(&eve, &path),
        StatusCode::NOT_FOUND,
        ErrorCode::NotFound,
    )
    .await;
    refused(
        fixture.app.delete(&eve, &path),
        StatusCode::NOT_FOUND,
        ErrorCode::NotFound,
    )
    .await;
    let file = fixture
        .app
        .get(&eve, "/api/v1/leads/export")
        .send()
        .await
        .unwrap();
    assert!(!file.text().await.unwrap().contains("Ada"));
    assert_eq!(fixture.leads("").await.len(), 1);
}

#[tokio::test]
async fn the_form_is_offered_in_its_time() {
    let mut fixture = fixture(|_| {}).await;
    let first = fixture.ask("Hi", None).await;
    assert!(!first.offers_lead_form);
    let second = fixture.ask("Still there?", Some(first.session_id)).await;
    assert!(second.offers_lead_form);
    let body = json!({ "answers": { "name": "Ada" }, "consent": true, "session_id": first.session_id });
    done(fixture.send(body)).await;
    let third = fixture.ask("And now?", Some(first.session_id)).await;
    assert!(!third.offers_lead_form, "it was filled in");

    fixture.content.name = "Intent".into();
    fixture.content.lead_form.timing = LeadTiming::OnIntent;
    fixture.bot = fixture.app.deploy(&fixture.ada, &fixture.content).await;
    assert!(!fixture.ask("Where is my parcel?", None).await.offers_lead_form);
    assert!(fixture.ask("Can I talk to a human?", None).await.offers_lead_form);
    assert!(fixture.ask("Was kostet das?", None).await.offers_lead_form);
}

#[tokio::test]
async fn the_team_finds_leads_and_works_on_them() {
    let fixture = fixture(|_| {}).await;
    let (app, ada) = (&fixture.app, &fixture.ada);
    done(
        fixture.leave(
            json!({ "name": "Ada Lovelace", "email": "ada@example.com", "wish": "50% off, _please_" }),
        ),
    )
    .await;
    done(fixture.leave(json!({ "name": "Боб", "phone": "+49 30 901820" }))).await;
    for (search, found) in [
        ("LOVELACE", 1),
        ("ada@", 1),
        ("боб", 1),
        ("%2B49%20(30)%20901", 1),
        ("50%25", 1),
        ("_", 1),
        ("%25", 1),
        ("nobody", 0),
        ("%00", 0),
        ("", 2),
    ] {
        assert_eq!(
            fixture.leads(&format!("?search={search}")).await.len(),
            found,
            "{search}"
        );
    }
    let id = fixture.leads("?search=ada").await[0].id;
    let path = format!("/api/v1/leads/{id}");
    let viewer = app.join(ada, "invitations", Role::Viewer).await;
    let editor = app.join(ada, "invitations", Role::Editor).await;
    let wanted = json!({ "status": "qualified" });
    refused(
        app.put(&viewer, &path, &wanted),
        StatusCode::FORBIDDEN,
        ErrorCode::Forbidden,
    )
    .await;
    let lead: Lead = ok(app.put(&editor, &path, &wanted)).await;
    assert_eq!(lead.summary.status, LeadStatus::Qualified);
    let _: Lead = ok(app.put(&editor, &path, &wanted)).await;
    assert_eq!(fixture.leads("?status=qualified").await.len(), 1);
    assert_eq!(
        fixture
            .leads(&format!("?status=new&bot_id={}", fixture.bot))
            .await
            .len(),
        1
    );

    let notes = format!("{path}/notes");
    for bad in ["", "  ", &"x".repeat(4_001)] {
        let (status, code) = (StatusCode::UNPROCESSABLE_ENTITY, ErrorCode::ValidationFailed);
        refused(app.post(&editor, &notes, json!({ "content": bad })), status, code).await;
    }
    let lead: Lead = ok(app.post(&editor, &notes, json!({ "content": "Called back." }))).await;
    let note = &lead.notes[0];
    assert_eq!(
        (note.content.as_str(), note.author.as_deref()),
        ("Called back.", Some("Test"))
    );
    let note_path = format!("{notes}/{}", note.id);
    done(app.delete(&editor, &note_path)).await;
    refused(
        app.delete(&editor, &note_path),
        StatusCode::NOT_FOUND,
        ErrorCode::NotFound,
    )
    .await;

    let log: Page<AuditEntry> = ok(app.get(ada, &format!("/api/v1/audit?object_id={id}"))).await;
    let actions: Vec<_> = log.items.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(
        actions,
        ["lead.delete_note", "lead.add_note", "lead.set_status"],
        "what changes nothing is not written down"
    );
    assert!(
        !serde_json::to_string(&log.items)
            .unwrap()
            .contains("ada@example.com")
    );

    // Coming back does not undo what the team did.
    done(fixture.leave(json!({ "name": "Ada", "email": "ada@example.com" }))).await;
    assert_eq!(fixture.lead(id).await.summary.status, LeadStatus::Qualified);
}

#[tokio::test]
async fn pages_follow_each_other_without_a_gap() {
    let fixture = fixture(|_| {}).await;
    done(fixture.leave(json!({ "name": "First", "email": "first@example.com" }))).await;
    execute(
        &fixture.app,
        "insert into leads (workspace_id, id, name, submitted_at)
         select workspace_id, gen_random_uuid(), 'Lead ' || n, submitted_at from leads, generate_series(1, 120) n",
    )
    .await;
    let mut seen = std::collections::BTreeSet::new();
    let mut path = "/api/v1/leads".to_owned();
    loop {
        let page: Page<LeadSummary> = ok(fixture.app.get(&fixture.ada, &path)).await;
        assert!(
            page.items.iter().all(|lead| seen.insert(lead.id)),
            "no lead twice"
        );
        let Some(cursor) = page.next_cursor else { break };
        path = format!("/api/v1/leads?cursor={cursor}");
    }
    assert_eq!(seen.len(), 121);
    let bad = fixture.app.get(&fixture.ada, "/api/v1/leads?cursor=x");
    refused(bad, StatusCode::BAD_REQUEST, ErrorCode::MalformedRequest).await;
}

#[tokio::test]
async fn files_hold_text_only() {
    let fixture = fixture(|_| {}).await;
    let formula = "=HYPERLINK(\"http://evil.example\")";
    done(fixture.leave(json!({ "name": formula, "phone": "+49 30 901820", "wish": "a,\"b\"\nc" }))).await;
    let export = async |person: &Person, format: &str| {
        let path = format!("/api/v1/leads/export?format={format}");
        fixture.app.get(person, &path).send().await.unwrap()
    };
    let response = export(&fixture.ada, "csv").await;
    assert_eq!(response.headers()["x-content-type-options"], "nosniff");
    assert_eq!(
        response.headers()["content-disposition"],
        "attachment; filename=\"leads.csv\""
    );
    let text = response.text().await.unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert!(
        lines[0].ends_with("consented at,Your name,Your phone,Your wish"),
        "{text}"
    );
    assert!(
        text.contains(",\"'=HYPERLINK(\"\"http://evil.example\"\")\",'+49 30 901820,\"a,\"\"b\"\""),
        "{text}"
    );

    let response = export(&fixture.ada, "xlsx").await;
    assert_eq!(
        response.headers()["content-disposition"],
        "attachment; filename=\"leads.xlsx\""
    );
    let mut book = ZipArchive::new(Cursor::new(response.bytes().await.unwrap())).unwrap();
    let mut part = |name: &str| {
        let mut text = String::new();
        book.by_name(name).unwrap().read_to_string(&mut text).unwrap();
        text
    };
    let sheet = part("xl/worksheets/sheet1.xml");
    assert!(!sheet.contains("<f") && !sheet.contains("hyperlink"), "{sheet}");
    assert!(part("xl/sharedStrings.xml").contains("=HYPERLINK("));

    let viewer = fixture.app.join(&fixture.ada, "invitations", Role::Viewer).await;
    assert_eq!(export(&viewer, "csv").await.status(), StatusCode::FORBIDDEN);
    let log: Page<AuditEntry> = ok(fixture.app.get(&fixture.ada, "/api/v1/audit?action=lead.export")).await;
    assert_eq!((log.items.len(), &log.items[0].details["rows"]), (2, &json!(1)));
}

#[tokio::test]
async fn a_deleted_lead_leaves_a_receipt_and_nothing_else() {
    let fixture = fixture(|_| {}).await;
    let (app, ada) = (&fixture.app, &fixture.ada);
    for _ in 0..2 {
        done(fixture.leave(json!({ "name": "Ada", "email": "ada@example.com" }))).await;
    }
    let id = fixture.leads("").await[0].id;
    let path = format!("/api/v1/leads/{id}");
    let _: Lead = ok(app.post(ada, &format!("{path}/notes"), json!({ "content": "Nice." }))).await;
    let editor = app.join(ada, "invitations", Role::Editor).await;
    refused(
        app.delete(&editor, &path),
        StatusCode::FORBIDDEN,
        ErrorCode::Forbidden,
    )
    .await;
    let receipt: DeletionReceipt = ok(app.delete(ada, &path)).await;
    assert_eq!(receipt.kind, DeletionKind::Leads);
    let count = |what: &str| receipt.counts[what];
    assert_eq!(
        (count("leads"), count("lead_submissions"), count("lead_notes")),
        (1, 2, 1)
    );
    refused(app.get(ada, &path), StatusCode::NOT_FOUND, ErrorCode::NotFound).await;
    let listed: Vec<DeletionReceipt> = ok(app.get(ada, "/api/v1/receipts")).await;
    assert_eq!(listed, [receipt]);
    for table in ["leads", "lead_submissions", "lead_notes"] {
        assert_eq!(number(app, &format!("select count(*) from {table}")).await, 0);
    }
}

#[tokio::test]
async fn old_leads_go_and_outlive_bots_and_conversations() {
    let fixture = fixture(|_| {}).await;
    let (app, ada) = (&fixture.app, &fixture.ada);
    let chat = fixture.ask("Hi", None).await;
    let body = json!({ "answers": { "name": "Ada" }, "consent": true, "session_id": chat.session_id });
    done(fixture.send(body)).await;
    done(fixture.leave(json!({ "name": "Bob" }))).await;
    let path = format!("/api/v1/conversations/{}", chat.session_id);
    let _: DeletionReceipt = ok(app.delete(ada, &path)).await;
    done(app.delete(ada, &format!("/api/v1/bots/{}", fixture.bot))).await;
    let leads = fixture.leads("").await;
    assert_eq!((leads.len(), leads[0].bot_id, leads[1].bot_id), (2, None, None));
    assert_eq!(fixture.lead(leads[1].id).await.conversation_id, None);

    let mut owner = PgConnection::connect(app.database.url.as_str()).await.unwrap();
    sqlx::query("update leads set updated_at = now() - interval '31 days' where id = $1")
        .bind(leads[1].id)
        .execute(&mut owner)
        .await
        .unwrap();
    let worker = worker_services(app);
    assert_eq!(
        enforce_retention(&worker).await.unwrap(),
        0,
        "nobody said that anything goes"
    );
    let wrong = app.put(ada, "/api/v1/data/policy", json!({ "leads_days": 0 }));
    refused(
        wrong,
        StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::ValidationFailed,
    )
    .await;
    let _: Value = ok(app.put(ada, "/api/v1/data/policy", json!({ "leads_days": 30 }))).await;
    assert_eq!(
        enforce_retention(&worker).await.unwrap(),
        2,
        "a lead and its submission"
    );
    let left = fixture.leads("").await;
    assert_eq!((left.len(), left[0].name.as_deref()), (1, Some("Bob")));
    let log: Page<AuditEntry> = ok(app.get(ada, "/api/v1/audit?action=data.retention")).await;
    assert_eq!(log.items[0].details["leads"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_holds_leads_and_webhooks_without_their_secrets() {
    let fixture = fixture(|config| config.worker = true).await;
    let (app, ada) = (&fixture.app, &fixture.ada);
    let webhook: Value = ok(app.post(
        ada,
        "/api/v1/webhooks",
        json!({ "url": "https://hooks.example/a" }),
    ))
    .await;
    let off = json!({ "url": "https://hooks.example/a", "is_enabled": false });
    let path = format!("/api/v1/webhooks/{}", webhook["id"].as_str().unwrap());
    let _: Value = ok(app.put(ada, &path, off)).await;
    done(fixture.leave(json!({ "name": "Ada", "email": "ada@example.com" }))).await;
    let lead = fixture.leads("").await[0].id;
    let note = json!({ "content": "Called back." });
    let _: Lead = ok(app.post(ada, &format!("/api/v1/leads/{lead}/notes"), note)).await;
    let exports = "/api/v1/data/exports";
    let export = exported(app, ada, exports).await;
    let files = files(app, ada, exports, &export).await;
    for part in [
        "ada@example.com",
        "I agree to be called.",
        "Called back.",
        "\"submissions\"",
    ] {
        assert!(
            files["leads.jsonl"].contains(part),
            "{part}: {}",
            files["leads.jsonl"]
        );
    }
    assert!(files["webhooks.jsonl"].contains("https://hooks.example/a"));
    let secret = webhook["secret"].as_str().unwrap();
    assert!(files.values().all(|text| !text.contains(secret)));
}

/// Redaction is about what slips into messages; details that were asked for, with consent, are what the form is for.
#[tokio::test]
async fn redaction_leaves_leads_alone() {
    let fixture = fixture(|_| {}).await;
    let _: Value = ok(fixture
        .app
        .put(&fixture.ada, "/api/v1/data/policy", json!({ "redacts": true })))
    .await;
    let chat = fixture.ask("I am ada@example.com", None).await;
    let body = json!({ "answers": { "name": "Ada", "email": "ada@example.com" }, "consent": true,
        "session_id": chat.session_id });
    done(fixture.send(body)).await;
    assert_eq!(
        fixture.leads("").await[0].email.as_deref(),
        Some("ada@example.com")
    );
    let path = format!("/api/v1/conversations/{}", chat.session_id);
    let conversation: Conversation = ok(fixture.app.get(&fixture.ada, &path)).await;
    assert_eq!(conversation.messages[0].content, "I am [email]");
}
