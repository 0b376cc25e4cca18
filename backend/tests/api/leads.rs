//! Leads over HTTP: left by visitors, read and worked on by the team.

use api_types::analytics::Analytics;
use api_types::audit::AuditEntry;
use api_types::bots::ChatbotContent;
use api_types::chat::{BotConfig, ChatResponse};
use api_types::conversations::Conversation;
use api_types::leads::{Lead, LeadField, LeadFieldKind, LeadStatus, LeadSummary, LeadTiming, SubmittedLead};
use api_types::tenancy::Role;
use api_types::{ErrorCode, Page, Problem};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::data::execute;
use super::served::Served;
use crate::support::fake_openai::FakeOpenAi;
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
    let served = Served::start_with("Hello there.", change, |content| {
        content.lead_form.enabled = true;
        content.lead_form.consent = "I agree to be called.".into();
        content.lead_form.fields = vec![
            field("name", LeadFieldKind::Text, true),
            field("email", LeadFieldKind::Email, false),
            field("phone", LeadFieldKind::Phone, false),
            field("wish", LeadFieldKind::Textarea, false),
        ];
    });
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

impl Fixture {
    pub fn leave(&self, answers: impl Serialize) -> RequestBuilder {
        self.send(json!({ "answers": answers, "consent": true }))
    }

    pub fn send(&self, body: impl Serialize) -> RequestBuilder {
        let path = format!("/api/v1/bots/{}/leads", self.bot);
        self.app.request(Method::POST, &path).json(&body)
    }

    pub async fn ask(&self, message: &str, session_id: Option<Uuid>) -> ChatResponse {
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
