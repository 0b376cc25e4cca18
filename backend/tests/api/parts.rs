//! Messages and events lie in parts of a month each.

use sqlx::{Connection, Executor, PgConnection};

use crate::support::database::TestDatabase;

async fn owner() -> (TestDatabase, PgConnection) {
    let database = TestDatabase::create().await;
    let owner = PgConnection::connect(database.url.as_str()).await.unwrap();
    (database, owner)
}

async fn text(connection: &mut PgConnection, sql: &'static str) -> Vec<String> {
    sqlx::query_scalar(sql).fetch_all(connection).await.unwrap()
}

const PARTS: &str = "select relname::text from pg_class c join pg_inherits i on i.inhrelid = c.oid
    where c.relkind = 'r' order by 1";
/// Nobody's message of a time.
const MESSAGE: &str = "
    set session_replication_role = replica;
    insert into messages (workspace_id, id, conversation_id, role, content)
    values (gen_random_uuid(), uuid_from(now() + interval '1 month'), gen_random_uuid(), 'user', 'soon'),
        (gen_random_uuid(), uuid_from(now()), gen_random_uuid(), 'user', 'now'),
        (gen_random_uuid(), uuid_from(now() + interval '10 years'), gen_random_uuid(), 'user', 'in years');
    reset session_replication_role;";

#[tokio::test]
async fn months_to_come_are_made_once_by_the_worker() {
    let (_database, mut owner) = owner().await;
    let all = text(&mut owner, PARTS).await;
    owner.execute("set role botwright_worker").await.unwrap();
    assert_eq!(text(&mut owner, "select make_parts()::text").await, ["0"]);
    assert_eq!(text(&mut owner, "select make_parts(5)::text").await, ["4"]);
    owner.execute("reset role").await.unwrap();
    assert_eq!(text(&mut owner, PARTS).await.len(), all.len() + 4);
}

#[tokio::test]
async fn parts_are_compressed_as_the_whole_is() {
    let (_database, mut owner) = owner().await;
    owner.execute("select make_parts(5)").await.unwrap();
    let ways = "select distinct attname || ' ' || attcompression::text from pg_attribute
        where (attrelid = 'messages'::regclass or attrelid in (
            select inhrelid from pg_inherits where inhparent = 'messages'::regclass))
          and attname in ('content', 'sources') order by 1";
    assert_eq!(text(&mut owner, ways).await, ["content l", "sources l"]);
}

#[tokio::test]
async fn a_message_lies_in_the_part_of_its_month() {
    let (_database, mut owner) = owner().await;
    owner.execute(MESSAGE).await.unwrap();
    let places = "select content || ' ' || (tableoid = ('parts.messages_' ||
            to_char((now() + interval '1 month') at time zone 'UTC', 'YYYY_MM'))::regclass)::text || ' ' ||
            (tableoid = 'parts.messages_other'::regclass)::text
        from messages order by content";
    let places = text(&mut owner, places).await;
    assert_eq!(
        places,
        ["in years false true", "now false false", "soon true false"]
    );
}

/// A month whose messages are in the default part already stays there: they are found, and nothing fails.
#[tokio::test]
async fn a_month_that_nobody_made_in_time_does_no_harm() {
    let (_database, mut owner) = owner().await;
    let drop = "do $$
        declare
            part constant text := 'parts.messages_' || to_char((now() + interval '1 month') at time zone 'UTC', 'YYYY_MM');
        begin
            execute 'alter table messages detach partition ' || part;
            execute 'drop table ' || part;
        end $$";
    owner.execute(drop).await.unwrap();
    owner.execute(MESSAGE).await.unwrap();
    assert_eq!(text(&mut owner, "select make_parts()::text").await, ["0"]);
    let found = text(&mut owner, "select content from messages order by content").await;
    assert_eq!(found, ["in years", "now", "soon"]);
}

#[tokio::test]
async fn nobody_gets_past_the_policies_by_a_part() {
    let (_database, mut owner) = owner().await;
    for role in ["botwright_app", "botwright_worker"] {
        owner
            .execute(sqlx::AssertSqlSafe(format!("set role {role}")))
            .await
            .unwrap();
        for part in [
            "messages_before",
            "events_before",
            "messages_other",
            "events_other",
        ] {
            let sql = format!("select from parts.{part}");
            let refused = owner.execute(sqlx::AssertSqlSafe(sql)).await.unwrap_err();
            let code = refused
                .as_database_error()
                .and_then(|error| error.code().map(std::borrow::Cow::into_owned));
            assert_eq!(code.as_deref(), Some("42501"), "{role} {part}");
        }
        owner.execute("reset role").await.unwrap();
    }
}
