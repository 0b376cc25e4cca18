//! What row-level security does in every table that has it, and that its absence is noticed.
//!
//! The database itself is the list of tables and policies. Beside two tenants with rows in every one of them, the roles
//! of the server and the worker, and an owner of the tables, try to reach what is not theirs. Then every policy in turn is
//! dropped and opened, and every table's guard is switched off: each time the catalogue's checks must find it, and the
//! trial, too.

mod rows;
mod stage;
mod trial;

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use self::stage::Stage;
use super::catalogue;

/// What takes a guard away.
struct Mutation {
    table: String,
    sql: String,
}

/// Every way to take one away.
async fn mutations(connection: &mut PgConnection) -> Vec<Mutation> {
    let policies: Vec<(String, String, bool)> = sqlx::query_as(
        "select polrelid::regclass::text, polname::text, polcmd = '*' from pg_policy order by 1, 2",
    )
    .fetch_all(&mut *connection)
    .await
    .unwrap();
    let tables: Vec<String> =
        sqlx::query_scalar("select oid::regclass::text from pg_class where relrowsecurity order by 1")
            .fetch_all(connection)
            .await
            .unwrap();
    let mut all = Vec::new();
    for (table, policy, writes) in policies {
        let opened = [
            "using (true) with check (true)",
            "with check (true)",
            "using (true)",
        ];
        // Policies for reading have no check.
        let opened = if writes { &opened[..] } else { &opened[2..] };
        let alter = opened
            .iter()
            .map(|how| format!("alter policy {policy} on {table} {how}"));
        for sql in alter.chain([format!("drop policy {policy} on {table}")]) {
            let table = table.clone();
            all.push(Mutation { table, sql });
        }
    }
    for table in tables {
        for how in ["disable row level security", "no force row level security"] {
            let sql = format!("alter table {table} {how}");
            let table = table.clone();
            all.push(Mutation { table, sql });
        }
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_others_are_out_of_reach_in_every_table() {
    let stage = Stage::new().await;
    let mut owner = stage.connect().await;
    let mut found = Vec::new();
    for table in stage.tables() {
        let mut transaction = owner.begin().await.unwrap();
        found.extend(trial::faults(&mut transaction, &stage, table).await);
    }
    assert_eq!(found, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_policy_that_is_taken_away_is_missed() {
    let stage = Stage::new().await;
    let mut owner = stage.connect().await;
    assert_eq!(catalogue::faults(&mut owner).await, Vec::<String>::new());
    let mutations = mutations(&mut owner).await;
    assert!(mutations.len() > 200, "{}", mutations.len());
    let mut unnoticed = Vec::new();
    for Mutation { table, sql } in mutations {
        // Never committed: the next one begins with the real schema.
        let mut transaction = owner.begin().await.unwrap();
        transaction.execute(AssertSqlSafe(sql.clone())).await.unwrap();
        if catalogue::faults(&mut transaction).await.is_empty() {
            unnoticed.push(format!("in the catalogue: {sql}"));
        }
        if trial::faults(&mut transaction, &stage, &table).await.is_empty() {
            unnoticed.push(format!("by those who try: {sql}"));
        }
        transaction.rollback().await.unwrap();
    }
    assert_eq!(unnoticed, Vec::<String>::new());
}
