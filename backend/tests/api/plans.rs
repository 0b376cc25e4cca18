//! What is asked reads little of what a workspace has, however much that is.

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use uuid::Uuid;

use super::served::Served;
use crate::support::connected::until;
use crate::support::{done, ok};

/// Conversations of the one workspace. Five hundred others have five each, so Postgres guesses that a bot has one.
const CONVERSATIONS: i64 = 20_000;
/// How often each is asked: the first times Postgres plans for what it is given, then for all.
const TIMES: usize = 15;

async fn fill(database: &mut PgConnection, workspace: Uuid, bot: Uuid) {
    let fill = format!(
        "set session_replication_role = replica;
         insert into conversations (workspace_id, id, bot_id, channel, metadata, message_count, created_at, last_message_at)
         select '{workspace}', gen_random_uuid(), '{bot}', 'web', '{{}}', 2, at, at
         from generate_series(1, {CONVERSATIONS}) n, lateral (select now() - n * interval '1 minute' as at) a;
         insert into conversations (workspace_id, id, bot_id, channel, metadata, message_count)
         select o.workspace, gen_random_uuid(), o.bot, 'web', '{{}}', 2
         from (select gen_random_uuid() as workspace, gen_random_uuid() as bot from generate_series(1, 500)) o,
             generate_series(1, 5);
         reset session_replication_role;
         analyze conversations;"
    );
    database.execute(AssertSqlSafe(fill)).await.unwrap();
}

#[tokio::test]
async fn one_conversation_of_very_many_is_found_without_reading_the_others() {
    let served = Served::start("It holds three litres.").await;
    let (app, ada, bot) = (&served.app, &served.ada, served.bot);
    let mut database = PgConnection::connect(app.database.url.as_str()).await.unwrap();
    fill(&mut database, ada.workspace_id(), bot).await;
    let asked = json!({ "message": "How many litres does it hold?", "stream": false });
    let chat = format!("/api/v1/bots/{bot}/chat");
    let begun: Value = ok(app.post(ada, &chat, &asked)).await;
    let mut goes_on = asked;
    goes_on["session_id"] = begun["session_id"].clone();
    let one = begun["session_id"].as_str().unwrap();
    let inbox = format!("/api/v1/inbox/{one}");
    let reads = [
        "/api/v1/conversations".to_owned(),
        format!("/api/v1/conversations?bot_id={bot}"),
        format!("/api/v1/conversations/{one}"),
        format!("/api/v1/bots/{bot}/sessions/{one}"),
        "/api/v1/inbox".to_owned(),
        "/api/v1/inbox?state=waiting".to_owned(),
        "/api/v1/inbox?state=closed".to_owned(),
        "/api/v1/inbox/counts".to_owned(),
        inbox.clone(),
    ];
    for _ in 0..TIMES {
        let told: Value = ok(app.post(ada, &chat, &goes_on)).await;
        let feedback = json!({ "session_id": one, "message_id": told["message_id"], "rating": "up" });
        done(app.post(ada, &format!("/api/v1/bots/{bot}/feedback"), feedback)).await;
        let around = format!(
            "/api/v1/conversations/{one}/messages?around={}",
            told["message_id"].as_str().unwrap()
        );
        let _: Value = ok(app.get(ada, &around)).await;
        for what in ["take", "read", "give-back"] {
            done(app.post(ada, &format!("{inbox}/{what}"), json!({}))).await;
        }
        for path in &reads {
            let _: Value = ok(app.get(ada, path)).await;
        }
    }
    // A connection tells its counts when it ends.
    app.services().db.pool().close().await;
    let open =
        "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
                and backend_type = 'client backend'";
    until(async || {
        let open: i64 = sqlx::query_scalar(open).fetch_one(&mut database).await.unwrap();
        (open == 0).then_some(())
    })
    .await;
    let read: i64 = sqlx::query_scalar(
        "select seq_tup_read + idx_tup_fetch from pg_stat_user_tables where relname = 'conversations'",
    )
    .fetch_one(&mut database)
    .await
    .unwrap();
    assert!(read > 0);
    assert!(read < CONVERSATIONS, "{read} rows were read");
}
