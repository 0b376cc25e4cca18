//! A tenant with one of everything.

use std::collections::HashMap;

use api_types::bots::ChatbotContent;
use api_types::kb::{Document, StoredChunk};
use api_types::tenancy::Role;
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use super::hash_of;
use crate::api::chatbot_drafts::deployable;
use crate::api::data::exported;
use crate::api::kb::indexed;
use crate::api::kb_pairs;
use crate::support::{Person, TestApp, done, items, ok};

/// What belongs to one tenant, by the name it has in paths and bodies.
pub struct World {
    pub owner: Person,
    ids: HashMap<&'static str, String>,
}

/// A file to upload.
pub fn a_file() -> Form {
    let part = Part::bytes(b"question,answer\nWho?,Eve\n".to_vec()).file_name("faq.csv");
    Form::new().part("file", part)
}

impl World {
    pub async fn new(app: &TestApp, model: &str) -> Self {
        let owner = app.sign_up().await;
        let mut ids = HashMap::new();
        let member = app.join(&owner, "organization/invitations", Role::Viewer).await;
        ids.insert("user_id", member.auth.user.id.to_string());
        ids.insert(
            "organization_id",
            owner.auth.workspace.organization_id.to_string(),
        );
        let second: Value = ok(app.post(&owner, "/api/v1/workspaces", json!({ "name": "Second" }))).await;
        ids.insert("workspace_id", text(&second["id"]));
        let sessions: Value = ok(app.get(&owner, "/api/v1/auth/sessions")).await;
        ids.insert("session_id", text(&sessions[0]["id"]));
        for (path, name) in [
            ("invitations", "invitation_id"),
            ("organization/invitations", "organization_invitation_id"),
        ] {
            let body = json!({ "role": "viewer", "days": 7 });
            let made: Value = ok(app.post(&owner, &format!("/api/v1/{path}"), body)).await;
            ids.insert(name, text(&made["id"]));
        }
        let body = json!({ "name": "CI", "scopes": ["read"] });
        let key: Value = ok(app.post(&owner, "/api/v1/api-keys", body)).await;
        ids.insert("key_id", text(&key["id"]));
        ids.insert("connection_id", connection(app, &owner).await);
        ids.insert("identity_id", identity(app, &owner).await);
        let mut world = Self { owner, ids };
        let provider = app.provider(&world.owner, model).await;
        world.ids.insert("provider_id", provider.to_string());
        let mut content = deployable("Helper", provider);
        content.lead_form.enabled = true;
        content.uploads.enabled = true;
        world.bot(app, &content).await;
        world.webhook(app).await;
        world.lead(app).await;
        world.inbox(app).await;
        world.knowledge(app).await;
        world.tests(app).await;
        world.exports(app).await;
        world
    }

    async fn bot(&mut self, app: &TestApp, content: &ChatbotContent) {
        let bot = app.deploy(&self.owner, content).await;
        self.ids.insert("bot_id", bot.to_string());
        let path = format!("/api/v1/bots/{bot}/visitor-secrets");
        let secret: Value = ok(app.post(&self.owner, &path, json!({}))).await;
        self.ids.insert("secret_id", text(&secret["id"]));
        let draft = app.draft(&self.owner, content).await;
        self.ids.insert("draft_id", draft.id.to_string());
        let send = app.request(Method::POST, &format!("/api/v1/bots/{bot}/uploads"));
        let file: Value = ok(send.multipart(a_file())).await;
        self.ids.insert("attachment_id", text(&file["id"]));
        let ask = app.request(Method::POST, &format!("/api/v1/bots/{bot}/chat"));
        let body = json!({ "message": "Which shop repairs bicycles?", "attachments": [file["id"]] });
        let chat: Value = ok(ask.json(&body)).await;
        self.ids.insert("conversation_id", text(&chat["session_id"]));
        self.ids.insert("message_id", text(&chat["message_id"]));
        let rate = app.request(Method::POST, &format!("/api/v1/bots/{bot}/feedback"));
        let verdict =
            json!({ "session_id": chat["session_id"], "message_id": chat["message_id"], "rating": "down" });
        done(rate.json(&verdict)).await;
        let groups: Value = ok(app.get(&self.owner, "/api/v1/gaps/groups")).await;
        self.ids.insert("group_id", text(&groups["items"][0]["id"]));
        self.ids
            .insert("gap_id", text(&groups["items"][0]["examples"][0]["id"]));
    }

    /// A lead with a note.
    async fn lead(&mut self, app: &TestApp) {
        let path = format!("/api/v1/bots/{}/leads", self.ids["bot_id"]);
        let body = json!({ "answers": { "email": "eve@example.com" }, "consent": true,
            "session_id": self.ids["conversation_id"] });
        let _: Value = ok(app.request(Method::POST, &path).json(&body)).await;
        let leads: Value = ok(app.get(&self.owner, "/api/v1/leads")).await;
        let lead = text(&leads["items"][0]["id"]);
        let path = format!("/api/v1/leads/{lead}/notes");
        let lead_now: Value = ok(app.post(&self.owner, &path, json!({ "content": "Called." }))).await;
        self.ids.insert("note_id", text(&lead_now["notes"][0]["id"]));
        self.ids.insert("lead_id", lead);
    }

    /// A note on the conversation, and a canned reply.
    async fn inbox(&mut self, app: &TestApp) {
        let path = format!("/api/v1/inbox/{}/notes", self.ids["conversation_id"]);
        let now: Value = ok(app.post(&self.owner, &path, json!({ "content": "Knows us." }))).await;
        self.ids
            .insert("conversation_note_id", text(&now["notes"][0]["id"]));
        let body = json!({ "shortcut": "hello", "content": "Hello!" });
        let reply: Value = ok(app.post(&self.owner, "/api/v1/canned-replies", body)).await;
        self.ids.insert("canned_reply_id", text(&reply["id"]));
    }

    /// A webhook that is off, with an event as it is stored once it was sent.
    async fn webhook(&mut self, app: &TestApp) {
        let path = "/api/v1/webhooks";
        let url = "https://example.com/hook";
        let made: Value = ok(app.post(&self.owner, path, json!({ "url": url }))).await;
        let id = text(&made["id"]);
        let off = json!({ "url": url, "is_enabled": false });
        let _: Value = ok(app.put(&self.owner, &format!("{path}/{id}"), off)).await;
        let delivery = Uuid::now_v7();
        let mut database = PgConnection::connect(app.database.url.as_str()).await.unwrap();
        sqlx::query(
            "insert into webhook_deliveries (workspace_id, id, webhook_id, event, body, status)
             values ($1, $2, $3::uuid, 'webhook.test', '{}', 'delivered')",
        )
        .bind(self.owner.workspace_id())
        .bind(delivery)
        .bind(&id)
        .execute(&mut database)
        .await
        .unwrap();
        self.ids.insert("webhook_id", id);
        self.ids.insert("delivery_id", delivery.to_string());
    }

    async fn knowledge(&mut self, app: &TestApp) {
        let texts = [("Porto", "Bicycles are repaired in Porto.")];
        let draft = app.kb_draft(&self.owner, "Draft", &texts).await;
        self.ids.insert("kb_draft_id", draft.id.to_string());
        self.ids
            .insert("draft_source_id", draft.content.sources[0].id.to_string());
        let pairs = json!([{ "question": "Who?", "answer": "Ada" }]);
        let (path, source) = kb_pairs::finalized(app, &self.owner, pairs).await;
        self.ids.insert("source_id", source.to_string());
        let kb: Uuid = path.rsplit('/').next().unwrap().parse().unwrap();
        indexed(app, &self.owner, kb).await;
        self.ids.insert("kb_id", kb.to_string());
        let documents: Vec<Document> = items(app.get(&self.owner, &format!("{path}/documents"))).await;
        let document = documents[0].id;
        self.ids.insert("document_id", document.to_string());
        let chunks = format!("{path}/documents/{document}/chunks");
        let chunks: Vec<StoredChunk> = items(app.get(&self.owner, &chunks)).await;
        self.ids
            .insert("chunk_id", chunks[0].chunk.id.unwrap().to_string());
    }

    async fn tests(&mut self, app: &TestApp) {
        let set: Value = ok(app.post(&self.owner, "/api/v1/test-sets", json!({ "name": "Tests" }))).await;
        let path = format!("/api/v1/test-sets/{}", text(&set["id"]));
        self.ids.insert("test_set_id", text(&set["id"]));
        let case = json!({ "question": "Where?", "expectation": { "kind": "unanswerable" } });
        let case: Value = ok(app.post(&self.owner, &format!("{path}/cases"), case)).await;
        self.ids.insert("case_id", text(&case["id"]));
        let target = json!({ "draft_id": self.ids["draft_id"] });
        let run: Value = ok(app.post(&self.owner, &format!("{path}/runs"), target)).await;
        self.ids.insert("run_id", text(&run["id"]));
        let run = format!("{path}/runs/{}", self.ids["run_id"]);
        loop {
            let run: Value = ok(app.get(&self.owner, &run)).await;
            if !["queued", "running"].contains(&run["status"].as_str().unwrap()) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    }

    /// An archive of the workspace and one of its owner, both whole.
    async fn exports(&mut self, app: &TestApp) {
        for (path, name) in [
            ("/api/v1/data/exports", "export_id"),
            ("/api/v1/auth/exports", "own_export_id"),
        ] {
            let made = exported(app, &self.owner, path).await;
            self.ids.insert(name, made.id.to_string());
        }
    }

    /// What a name means in a path or in the body of a route.
    pub fn id(&self, path: &str, name: &str) -> String {
        let is_kb_draft = path.starts_with("/api/v1/kb/draft");
        let name = match name {
            "draft_id" if is_kb_draft => "kb_draft_id",
            "source_id" if is_kb_draft => "draft_source_id",
            "invitation_id" if path.starts_with("/api/v1/organization/") => "organization_invitation_id",
            "note_id" if path.starts_with("/api/v1/inbox/") => "conversation_note_id",
            "from" if path.starts_with("/api/v1/inbox/") => "user_id",
            "from" if is_kb_draft => "kb_id",
            "from" => "bot_id",
            "knowledge_base_ids" | "knowledge_base_id" => "kb_id",
            "conversation_ids" => "conversation_id",
            "attachments" => "attachment_id",
            "export_id" if path.starts_with("/api/v1/auth/") => "own_export_id",
            // The conversation a visitor goes on with; in the dashboard's routes it is where one is signed in.
            "session_id" if path.starts_with("/api/v1/bots/") => "conversation_id",
            other => other,
        };
        self.ids
            .get(name)
            .cloned()
            .unwrap_or_else(|| Uuid::new_v4().to_string())
    }

    /// Whether a row of the tenant was changed.
    pub async fn fingerprint(&self, app: &TestApp) -> String {
        let workspace = &self.owner.auth.workspace;
        hash_of(app, workspace.id, workspace.organization_id).await
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// A connection as it is stored; the service behind it is not there.
async fn connection(app: &TestApp, owner: &Person) -> String {
    let id = Uuid::now_v7();
    let mut database = PgConnection::connect(app.database.url.as_str()).await.unwrap();
    sqlx::query(
        "insert into connections (workspace_id, id, kind, name, credential, hint)
         values ($1, $2, 'notion', 'Team', '\\x00', 'abcd')",
    )
    .bind(owner.workspace_id())
    .bind(id)
    .execute(&mut database)
    .await
    .unwrap();
    id.to_string()
}

/// Another way for the owner to sign in, as it is stored.
async fn identity(app: &TestApp, owner: &Person) -> String {
    let id = Uuid::now_v7();
    let mut database = PgConnection::connect(app.database.url.as_str()).await.unwrap();
    sqlx::query(
        "insert into identities (id, user_id, kind, subject) values ($1, $2, 'https://id.example', $3)",
    )
    .bind(id)
    .bind(owner.auth.user.id)
    .bind(id.to_string())
    .execute(&mut database)
    .await
    .unwrap();
    id.to_string()
}
