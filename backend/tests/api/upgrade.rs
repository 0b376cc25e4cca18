//! A database of an earlier version, brought up to date.

use serde_json::{Value, json};
use sqlx::{Connection, Executor, PgConnection};
use url::Url;
use uuid::Uuid;

use crate::support::database::{TestDatabase, admin, execute};

/// The last migration before messages and events lay in parts, and answers were stored many at once.
const EARLIER: i64 = 31;

const WORKSPACE: &str = "00000000-0000-7000-8000-000000000002";
const SESSION: &str = "00000000-0000-4000-8000-000000000004";

/// A bot with a conversation: a question and its answer, one message of a clock that was years ahead, and what was counted.
const CONTENT: &str = r#"
    begin;
    insert into organizations (id, name) values ('00000000-0000-7000-8000-000000000001', 'Earlier');
    insert into workspaces (id, organization_id, name)
    values ('00000000-0000-7000-8000-000000000002', '00000000-0000-7000-8000-000000000001', 'Earlier');
    insert into bots (workspace_id, id, name, live_version)
    values ('00000000-0000-7000-8000-000000000002', '00000000-0000-7000-8000-000000000003', 'Bot', 1);
    insert into bot_versions (workspace_id, bot_id, version, content, draft_id, draft_version)
    values ('00000000-0000-7000-8000-000000000002', '00000000-0000-7000-8000-000000000003', 1, '{}', gen_random_uuid(), 1);
    insert into conversations (workspace_id, id, bot_id, channel, message_count, created_at)
    values ('00000000-0000-7000-8000-000000000002', '00000000-0000-4000-8000-000000000004',
        '00000000-0000-7000-8000-000000000003', 'api', 3, '2026-01-05');
    insert into messages (workspace_id, id, conversation_id, role, content)
    values
        ('00000000-0000-7000-8000-000000000002', '019b8c00-0000-7000-8000-000000000001',
            '00000000-0000-4000-8000-000000000004', 'user', 'How long?'),
        ('00000000-0000-7000-8000-000000000002', '019b8c00-0000-7000-8000-000000000002',
            '00000000-0000-4000-8000-000000000004', 'assistant', 'Three years [1].'),
        ('00000000-0000-7000-8000-000000000002', '0fffffff-0000-7000-8000-000000000003',
            '00000000-0000-4000-8000-000000000004', 'user', 'Of a clock that is ahead.');
    insert into retrievals (workspace_id, message_id, retrieval)
    values ('00000000-0000-7000-8000-000000000002', '019b8c00-0000-7000-8000-000000000002',
        '{"query": "How long?", "candidates": []}');
    insert into events (workspace_id, id, counts_at, kind, bot_id, conversation_id, channel, outcome, completion_tokens)
    values ('00000000-0000-7000-8000-000000000002', '019b8c00-0000-7000-8000-000000000004', now(), 'turn',
        '00000000-0000-7000-8000-000000000003', '00000000-0000-4000-8000-000000000004', 'api', 'answered', 7);
    commit;"#;

/// A database that nothing was done to yet.
async fn empty() -> TestDatabase {
    let mut url: Url = std::env::var("BOTWRIGHT_TEST_DATABASE_URL")
        .unwrap()
        .parse()
        .unwrap();
    url.set_path(&format!("test_{}", Uuid::new_v4().simple()));
    let database = TestDatabase { url };
    let sql = format!("create database {}", database.name());
    execute(&mut admin().await, sql).await;
    database
}

async fn upgraded() -> (TestDatabase, PgConnection) {
    let database = empty().await;
    let url = database.url.as_str();
    migrations::migrate_to(url, EARLIER).await.unwrap();
    let mut owner = PgConnection::connect(url).await.unwrap();
    owner.execute(CONTENT).await.unwrap();
    migrations::migrate(url).await.unwrap();
    (database, owner)
}

async fn rows(connection: &mut PgConnection, sql: &'static str) -> Vec<String> {
    sqlx::query_scalar(sql).fetch_all(connection).await.unwrap()
}

#[tokio::test]
async fn what_was_said_and_counted_is_still_there() {
    let (_database, mut owner) = upgraded().await;
    let messages = rows(
        &mut owner,
        "select tableoid::regclass || ' ' || content from messages order by id",
    )
    .await;
    assert_eq!(
        messages,
        [
            "parts.messages_before How long?",
            "parts.messages_before Three years [1].",
            "parts.messages_other Of a clock that is ahead."
        ]
    );
    assert_eq!(
        rows(&mut owner, "select retrieval ->> 'query' from retrievals").await,
        ["How long?"]
    );
    assert_eq!(rows(&mut owner, "select outcome from events").await, ["answered"]);
    let sums = "select answered || ' ' || completion_tokens from event_slots";
    assert_eq!(rows(&mut owner, sums).await, ["1 7"]);
    // What points at messages goes with them, as before.
    owner.execute("delete from conversations").await.unwrap();
    assert_eq!(rows(&mut owner, "select content from messages").await, [""; 0]);
    assert_eq!(
        rows(&mut owner, "select retrieval::text from retrievals").await,
        [""; 0]
    );
}

/// While the servers are replaced one by one, those of the version before store answers too.
#[tokio::test]
async fn answers_of_servers_of_both_versions_are_stored() {
    let (_database, mut owner) = upgraded().await;
    owner.execute("set role botwright_app").await.unwrap();
    let retrieval = json!({ "query": "And then?", "candidates": [] });
    let finish = |more: Value| {
        let mut turn = json!({
            "message_id": Uuid::now_v7(), "conversation_id": SESSION, "content": "Nothing.", "sources": [],
            "status": "complete", "answered": true, "model": "built-in", "bot_version": 1, "latency_ms": 5,
            "completion_tokens": 2, "session_event_id": Uuid::now_v7(), "turn_event_id": Uuid::now_v7(),
            "outcome": "answered",
        });
        turn.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        json!([turn])
    };
    let workspace: Uuid = WORKSPACE.parse().unwrap();
    for (sql, turns) in [
        (
            "select count(*) from finish_turns($1, $2)",
            finish(json!({ "retrieval": retrieval })),
        ),
        (
            "select count(*) from finish_turns($1, $2, array[$3])",
            finish(json!({})),
        ),
    ] {
        let mut query = sqlx::query_scalar::<_, i64>(sql).bind(workspace).bind(turns);
        if sql.contains("$3") {
            query = query.bind(retrieval.to_string());
        }
        assert_eq!(query.fetch_one(&mut owner).await.unwrap(), 1, "{sql}");
    }
    owner.execute("reset role").await.unwrap();
    let count = "select message_count::text from conversations";
    assert_eq!(rows(&mut owner, count).await, ["5"]);
    let found = "select retrieval ->> 'query' from retrievals order by message_id";
    assert_eq!(
        rows(&mut owner, found).await,
        ["How long?", "And then?", "And then?"]
    );
    let sums =
        "select sum(answered) || ' ' || sum(completion_tokens) || ' ' || sum(sessions) from event_slots";
    assert_eq!(rows(&mut owner, sums).await, ["3 11 1"]);
}
