//! Every route of the API document, tried by everybody who must not have it.
//!
//! The document is the list: a route that is added without a rule fails here.

pub mod document;
mod hostile;
mod rules;
mod world;

use std::collections::BTreeSet;

use api_types::tenancy::Role;
use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use self::document::{Document, Operation};
use self::rules::{Rule, rule};
use self::world::World;
use crate::support::fake_openai::{FakeOpenAi, Reply};
use crate::support::{Person, TestApp, done};

/// Two tenants with one of everything each.
struct Worlds {
    app: TestApp,
    document: Document,
    ours: World,
    theirs: World,
    _model: FakeOpenAi,
}

impl Worlds {
    async fn new() -> Self {
        let model = FakeOpenAi::start(Reply::Text("Hello!".into())).await;
        let app = TestApp::start_with(|config| {
            config.worker = true;
            config.outbound_allow = vec![model.place()];
        })
        .await;
        let ours = World::new(&app, &model.base_url()).await;
        let theirs = World::new(&app, &model.base_url()).await;
        Self {
            app,
            document: Document::read(),
            ours,
            theirs,
            _model: model,
        }
    }

    /// An operation on what the ids name, with a body that could be right.
    fn request(&self, operation: &Operation, path: &str, ids: &World) -> RequestBuilder {
        let request = self.app.request(operation.method.clone(), path);
        match self
            .document
            .body(operation, &|name| ids.id(&operation.path, name))
        {
            None => request,
            Some(_) if operation.is_upload => request.multipart(world::a_file()),
            Some(body) => request.json(&body),
        }
    }
}

async fn status(request: RequestBuilder) -> StatusCode {
    request.send().await.unwrap().status()
}

#[test]
fn every_route_has_a_rule_and_every_rule_a_route() {
    let document = Document::read();
    let routes: BTreeSet<String> = document.operations().map(|operation| operation.name()).collect();
    let ruled: BTreeSet<String> = rules::ROUTES.iter().map(|(name, _)| (*name).to_owned()).collect();
    let without_rule: Vec<_> = routes.difference(&ruled).collect();
    let without_route: Vec<_> = ruled.difference(&routes).collect();
    assert!(
        without_rule.is_empty() && without_route.is_empty(),
        "{without_rule:?} {without_route:?}"
    );
    for operation in document.operations() {
        let is_public = rule(&operation) == Rule::Public;
        assert_eq!(!operation.is_secured, is_public, "{}", operation.name());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_good_token_nothing_is_told() {
    let worlds = Worlds::new().await;
    let (app, ours) = (&worlds.app, &worlds.ours);
    let suspended = app
        .join(&ours.owner, "organization/invitations", Role::Admin)
        .await;
    let path = format!("/api/v1/organization/members/{}", suspended.auth.user.id);
    done(app.put(&ours.owner, &path, json!({ "is_suspended": true }))).await;
    let mut wrong = Vec::new();
    for operation in worlds.document.operations() {
        if rule(&operation) == Rule::Public {
            continue;
        }
        let path = operation.filled(&|name| ours.id(&operation.path, name));
        let request = || worlds.request(&operation, &path, ours);
        for (who, request) in [
            ("nobody", request()),
            (
                "a made-up token",
                request().bearer_auth("eyJhbGciOiJub25lIn0.e30."),
            ),
            ("a made-up key", request().bearer_auth("bw_made-up")),
            ("a suspended member", request().bearer_auth(suspended.token())),
        ] {
            let status = status(request).await;
            if status != StatusCode::UNAUTHORIZED {
                wrong.push(format!("{}: {status} for {who}", operation.name()));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lower_role_is_refused() {
    let worlds = Worlds::new().await;
    let (app, ours) = (&worlds.app, &worlds.ours);
    let mut people = Vec::new();
    for role in [Role::Viewer, Role::Editor, Role::Admin] {
        people.push((
            role,
            app.join(&ours.owner, "organization/invitations", role).await,
        ));
    }
    let guest = app.join(&ours.owner, "invitations", Role::Owner).await;
    let before = ours.fingerprint(app).await;
    let mut wrong = Vec::new();
    for operation in worlds.document.operations() {
        let path = operation.filled(&|name| ours.id(&operation.path, name));
        let mut refused: Vec<&Person> = Vec::new();
        let needed = match rule(&operation) {
            Rule::Workspace(needed) => needed,
            Rule::Organization(needed) => {
                refused.push(&guest);
                needed
            }
            Rule::Public | Rule::Person | Rule::Key => continue,
        };
        refused.extend(
            people
                .iter()
                .filter(|(role, _)| *role < needed)
                .map(|(_, person)| person),
        );
        for person in refused {
            let request = worlds.request(&operation, &path, ours);
            let status = status(request.bearer_auth(person.token())).await;
            if status != StatusCode::FORBIDDEN {
                wrong.push(format!("{}: {status} below {needed:?}", operation.name()));
            }
        }
        // Whoever may read does.
        let may_read = operation.is_read() && needed == Role::Viewer;
        if may_read {
            let viewer = &people[0].1;
            let request = worlds.request(&operation, &path, ours);
            let status = status(request.bearer_auth(viewer.token())).await;
            if !status.is_success() && !rules::NEEDS_MORE.contains(&operation.name().as_str()) {
                wrong.push(format!("{}: {status} for a viewer", operation.name()));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(ours.fingerprint(app).await, before, "nothing was changed");
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_of_another_tenant_name_nothing() {
    let worlds = Worlds::new().await;
    let (app, ours, theirs) = (&worlds.app, &worlds.ours, &worlds.theirs);
    let before = ours.fingerprint(app).await;
    let mut wrong = Vec::new();
    for operation in worlds.document.operations() {
        if matches!(rule(&operation), Rule::Public | Rule::Key) {
            continue;
        }
        let names = operation.parameters();
        // Each position by itself, so that a parent of theirs comes with a child of ours, and all of them.
        let positions = names.iter().map(|name| vec![name.as_str()]);
        let all = (names.len() > 1).then(|| names.iter().map(String::as_str).collect::<Vec<_>>());
        for foreign in positions.chain(all) {
            let path = operation.filled(&|name| {
                let world = if foreign.contains(&name) { ours } else { theirs };
                world.id(&operation.path, name)
            });
            let request = worlds.request(&operation, &path, theirs);
            let status = status(request.bearer_auth(theirs.owner.token())).await;
            let expected = rules::foreign(&operation);
            if status != expected {
                wrong.push(format!(
                    "{}: {status} with a foreign {foreign:?}",
                    operation.name()
                ));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(ours.fingerprint(app).await, before, "nothing of ours was changed");
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_of_another_tenant_in_bodies_name_nothing() {
    let worlds = Worlds::new().await;
    let (app, ours, theirs) = (&worlds.app, &worlds.ours, &worlds.theirs);
    let before = ours.fingerprint(app).await;
    let mut wrong = Vec::new();
    let mut tried = 0;
    for operation in worlds.document.operations() {
        let foreign = |name: &str| ours.id(&operation.path, name);
        let has_ids = worlds.document.body_has_ids(&operation);
        if rule(&operation) == Rule::Public || !has_ids {
            continue;
        }
        tried += 1;
        let path = operation.filled(&|name| theirs.id(&operation.path, name));
        let body = worlds.document.body(&operation, &foreign).unwrap();
        let request = app.request(operation.method.clone(), &path).json(&body);
        let response = request.bearer_auth(theirs.owner.token()).send().await.unwrap();
        let (status, text) = (response.status(), response.text().await.unwrap());
        // What is unfinished may be saved as it is; it is looked at when it is deployed.
        if !status.is_client_error() && !rules::UNFINISHED.contains(&operation.name().as_str()) {
            wrong.push(format!("{}: {status} {text} for {body}", operation.name()));
        }
    }
    assert!(tried >= 8, "{tried}");
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(ours.fingerprint(app).await, before, "nothing of ours was changed");
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_that_belong_to_the_server_are_refused() {
    let worlds = Worlds::new().await;
    let (app, ours) = (&worlds.app, &worlds.ours);
    let before = ours.fingerprint(app).await;
    let mut wrong = Vec::new();
    for operation in worlds.document.operations() {
        let own = |name: &str| ours.id(&operation.path, name);
        let Some(Value::Object(body)) = worlds.document.body(&operation, &own) else {
            continue;
        };
        if operation.is_upload || rules::OPEN_BODIES.contains(&operation.name().as_str()) {
            continue;
        }
        let path = operation.filled(&own);
        for field in ["workspace_id", "user_id", "created_at", "role_override"] {
            let mut body = body.clone();
            if body.insert(field.to_owned(), json!(Uuid::nil())).is_some() {
                continue;
            }
            let request = app.request(operation.method.clone(), &path).json(&body);
            let status = status(request.bearer_auth(ours.owner.token())).await;
            if status != StatusCode::UNPROCESSABLE_ENTITY {
                wrong.push(format!("{}: {status} with {field}", operation.name()));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(ours.fingerprint(app).await, before, "nothing was changed");
}

/// One hash over the rows of a workspace in every table, and of those of its organization.
async fn hash_of(app: &TestApp, workspace_id: Uuid, organization_id: Uuid) -> String {
    let mut owner = PgConnection::connect(app.database.url.as_str()).await.unwrap();
    let tables: Vec<(String, String)> = sqlx::query_as(
        "select table_name::text, column_name::text from information_schema.columns
         where table_schema = 'public' and column_name in ('workspace_id', 'organization_id')
           and table_name in (select tablename from pg_tables where schemaname = 'public')
         order by 1, 2",
    )
    .fetch_all(&mut owner)
    .await
    .unwrap();
    let mut all = String::new();
    for (table, column) in tables {
        let id = if column == "workspace_id" {
            workspace_id
        } else {
            organization_id
        };
        let sql = format!(
            "select coalesce(md5(string_agg(t::text, ',' order by t::text)), '') from {table} t where {column} = $1"
        );
        let hash: String = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .bind(id)
            .fetch_one(&mut owner)
            .await
            .unwrap();
        all.push_str(&format!("{table}.{column}={hash} "));
    }
    all
}
