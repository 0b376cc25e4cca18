//! The chain: gapless whoever writes at once, closed to changes, and broken by every change that is forced.

use std::process::{Command, Output};

use domain::audit::{self, Verified};
use domain::db::{Db, DbRole};
use futures::future::join_all;
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use uuid::Uuid;

use crate::support::{Person, TestApp, done};

async fn owner(app: &TestApp) -> PgConnection {
    PgConnection::connect(app.database.url.as_str()).await.unwrap()
}

async fn verified(app: &TestApp, person: &Person) -> Verified {
    let mut found = Vec::new();
    let only = Some(person.workspace_id());
    audit::verify(&app.services().db, only, |verified| found.push(verified))
        .await
        .unwrap();
    assert_eq!(found.len(), 1);
    found.remove(0)
}

/// Runs `botwright audit verify`.
fn verify(app: &TestApp, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_botwright"))
        .args(["audit", "verify"])
        .args(arguments)
        .env("DATABASE_URL", app.database.url.as_str())
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// A workspace with entries 1 to 5.
async fn workspace(app: &TestApp) -> Person {
    let person = app.sign_up().await;
    for name in ["A", "B", "C", "D"] {
        done(app.post(&person, "/api/v1/test-sets", json!({ "name": name }))).await;
    }
    person
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_writers_at_once_make_one_chain() {
    let app = TestApp::start().await;
    let (ada, ben) = (app.sign_up().await, app.sign_up().await);
    let writes = (0..50).map(|number| {
        let name = json!({ "name": format!("Set {number}") });
        let person = if number % 5 == 0 { &ben } else { &ada };
        done(app.post(person, "/api/v1/test-sets", name))
    });
    join_all(writes).await;
    for (person, expected) in [(&ada, 41), (&ben, 11)] {
        let verified = verified(&app, person).await;
        assert!(verified.broken.is_none(), "{:?}", verified.broken);
        assert_eq!(verified.entries, expected);
        let times_in_order: bool = sqlx::query_scalar(
            "select bool_and(created_at >= previous) from (
                 select created_at, lag(created_at) over (order by position) as previous
                 from audit_log where workspace_id = $1) times",
        )
        .bind(person.workspace_id())
        .fetch_one(&mut owner(&app).await)
        .await
        .unwrap();
        assert!(times_in_order);
    }
}

#[tokio::test]
async fn nobody_changes_an_entry() {
    let app = TestApp::start().await;
    let ada = workspace(&app).await;
    let mut owner = owner(&app).await;
    for statement in [
        "update audit_log set actor_name = 'Eve'",
        "update audit_log set hash = hash",
        "delete from audit_log",
        "truncate audit_log",
        "truncate workspaces cascade",
        "delete from audit_heads",
        "truncate audit_heads",
        "set session_replication_role = replica; delete from audit_log",
    ] {
        let error = (&mut owner)
            .execute(AssertSqlSafe(statement))
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains("append-only"), "{statement}: {error}");
        owner
            .execute("set session_replication_role = origin")
            .await
            .unwrap();
    }
    for role in [DbRole::App, DbRole::Worker] {
        let db = Db::connect(app.database.url.as_str(), role, 1).unwrap();
        for statement in [
            "update audit_log set actor_name = 'Eve'",
            "delete from audit_log",
            "truncate audit_log",
            "insert into audit_heads values (gen_random_uuid(), 0, '')",
            "update audit_heads set position = 0",
            "delete from audit_heads",
        ] {
            let error = db
                .pool()
                .execute(AssertSqlSafe(statement))
                .await
                .unwrap_err()
                .to_string();
            assert!(
                error.contains("permission denied"),
                "{role:?} {statement}: {error}"
            );
        }
    }
    assert_eq!(verified(&app, &ada).await.entries, 5);
}

#[tokio::test]
async fn a_writer_chooses_neither_time_nor_place_nor_name() {
    let app = TestApp::start().await;
    let ada = workspace(&app).await;
    sqlx::query(
        "insert into audit_log (workspace_id, id, actor_kind, actor_id, actor_name, action, object_id, created_at,
             position, previous_hash, hash)
         values ($1, gen_random_uuid(), 'user', $2, 'Eve', 'bot.delete', gen_random_uuid(), '2020-01-01', 2, '', '')",
    )
    .bind(ada.workspace_id())
    .bind(ada.auth.user.id)
    .execute(&mut owner(&app).await)
    .await
    .unwrap();
    let verified = verified(&app, &ada).await;
    assert!(verified.broken.is_none());
    assert_eq!(verified.entries, 6);
    let (name, recent): (String, bool) = sqlx::query_as(
        "select actor_name, created_at > now() - interval '1 minute' from audit_log where position = 6",
    )
    .fetch_one(&mut owner(&app).await)
    .await
    .unwrap();
    assert_eq!((name.as_str(), recent), ("Test", true));
}

#[tokio::test]
async fn entries_go_with_their_workspace_and_stay_without_their_people() {
    let app = TestApp::start().await;
    let (ada, ben) = (workspace(&app).await, workspace(&app).await);
    let mut owner = owner(&app).await;
    for statement in [
        "delete from users where id = $1",
        "delete from workspaces where id in (select active_workspace_id from sessions where user_id = $1)",
    ] {
        sqlx::query(AssertSqlSafe(statement))
            .bind(if statement.contains("users") {
                ada.auth.user.id
            } else {
                ben.auth.user.id
            })
            .execute(&mut owner)
            .await
            .unwrap();
    }
    let verified = verified(&app, &ada).await;
    assert!(verified.broken.is_none(), "{:?}", verified.broken);
    assert_eq!(verified.entries, 5);
    let left: Vec<Uuid> =
        sqlx::query_scalar("select workspace_id from audit_log union select workspace_id from audit_heads")
            .fetch_all(&mut owner)
            .await
            .unwrap();
    assert_eq!(left, [ada.workspace_id()]);
}

/// What an owner of the database might do with the triggers switched off, what is said of it, and which position is
/// named. `MINE` stands for the rows of one workspace, which has five entries; `COPY(x)` for its entries with `x`
/// changed.
const TAMPERING: &[(&str, &str, i64)] = &[
    (
        "update audit_log set details = '{\"x\": 1}' where MINE and position = 3",
        "was changed",
        3,
    ),
    (
        "update audit_log set created_at = created_at - interval '1 microsecond' where MINE and position = 3",
        "was changed",
        3,
    ),
    (
        "update audit_log set address = null where MINE and position = 2",
        "was changed",
        2,
    ),
    (
        "update audit_log set actor_name = object_name, object_name = actor_name where MINE and position = 5",
        "was changed",
        5,
    ),
    // With a hash that is right again.
    (
        "update audit_log set actor_name = 'Eve' where MINE and position = 3;
         update audit_log a set hash = audit_hash(a) where MINE and position = 3",
        "does not follow",
        4,
    ),
    (
        "update audit_log set actor_name = 'Eve' where MINE and position = 5;
         update audit_log a set hash = audit_hash(a) where MINE and position = 5",
        "head of the chain was changed",
        6,
    ),
    (
        "delete from audit_log where MINE and position = 3",
        "was removed",
        3,
    ),
    (
        "delete from audit_log where MINE and position = 1",
        "was removed",
        1,
    ),
    (
        "delete from audit_log where MINE and position = 3;
         update audit_log set position = position - 1 where MINE and position > 3;
         update audit_heads set position = 4 where MINE",
        "does not follow",
        3,
    ),
    (
        "delete from audit_log where MINE and position >= 4",
        "cut off",
        4,
    ),
    ("delete from audit_log where MINE", "cut off", 1),
    (
        "update audit_log set position = case position when 2 then 3 else 2 end where MINE and position in (2, 3)",
        "does not follow",
        2,
    ),
    (
        "update audit_log set position = position + 1 where MINE and position >= 3;
         insert into audit_log select COPY('position', 3) where MINE and position = 2",
        "does not follow",
        3,
    ),
    (
        "insert into audit_log select COPY('position', 3) where MINE and position = 2",
        "",
        3,
    ),
    (
        "insert into audit_log select COPY('position', 6, 'previous_hash', a.hash) where MINE and position = 5;
         update audit_log a set hash = audit_hash(a) where MINE and position = 6",
        "behind the head",
        6,
    ),
    (
        "insert into audit_log select COPY('position', 0) where MINE and position = 2",
        "outside of the chain",
        6,
    ),
    (
        "update audit_heads set hash = decode(repeat('ab', 32), 'hex') where MINE",
        "head of the chain was changed",
        6,
    ),
    (
        "update audit_heads set position = 4 where MINE",
        "behind the head",
        5,
    ),
    (
        "update audit_heads set position = 6 where MINE",
        "cut off",
        6,
    ),
    ("delete from audit_heads where MINE", "behind the head", 1),
];

/// Does it as an owner who has switched everything off that is in the way.
async fn tamper(owner: &mut PgConnection, statement: &str, victim: &Person) {
    let mine = format!("workspace_id = '{}'", victim.workspace_id());
    let statement = statement.replace("MINE", &mine);
    let copy = copied(&statement);
    for sql in [
        "alter table audit_log disable trigger user",
        "alter table audit_heads disable trigger user",
        "alter table audit_log drop constraint if exists audit_log_position_key",
        &copy,
        "alter table audit_log enable trigger user",
        "alter table audit_heads enable trigger user",
    ] {
        owner.execute(AssertSqlSafe(sql.to_owned())).await.unwrap();
    }
}

/// Writes out `COPY(…)`.
fn copied(statement: &str) -> String {
    let Some((before, rest)) = statement.split_once("COPY(") else {
        return statement.to_owned();
    };
    let (changes, after) = rest.split_once(") where").unwrap();
    format!(
        "{before} (jsonb_populate_record(a, jsonb_build_object('id', gen_random_uuid(), {changes}))).*
         from audit_log a where{after}"
    )
}

#[tokio::test]
async fn every_change_of_the_owner_is_found() {
    let app = TestApp::start().await;
    let whole = workspace(&app).await;
    let output = verify(&app, &[]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(
        said(&output).contains("Whole: 5 entries of 1 workspace."),
        "{}",
        said(&output)
    );

    let mut owner = owner(&app).await;
    for (statement, what, position) in TAMPERING {
        let victim = workspace(&app).await;
        tamper(&mut owner, statement, &victim).await;
        let found = verified(&app, &victim).await.broken;
        let broken = found.unwrap_or_else(|| panic!("not found: {statement}"));
        assert_eq!(broken.position, *position, "{statement}: {broken:?}");
        assert!(broken.what.contains(what), "{statement}: {broken:?}");
        if let Some((entry, _)) = broken.entry {
            let id = victim.workspace_id().to_string();
            let output = verify(&app, &["--workspace", &id]);
            assert_eq!(output.status.code(), Some(1));
            let line = format!("BROKEN  {id}  at entry {position}, {entry} of ");
            assert!(said(&output).contains(&line), "{}", said(&output));
        }
    }
    let output = verify(&app, &[]);
    assert_eq!(output.status.code(), Some(1));
    let end = format!(
        "Whole: 5 entries of 1 workspace.\nBroken: the log of {} workspaces.",
        TAMPERING.len()
    );
    assert!(said(&output).contains(&end), "{}", said(&output));
    let id = whole.workspace_id().to_string();
    assert!(verify(&app, &["--workspace", &id]).status.success());
    let unknown = verify(&app, &["--workspace", &Uuid::new_v4().to_string()]);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(
        String::from_utf8(unknown.stderr)
            .unwrap()
            .contains("no such workspace")
    );
}
