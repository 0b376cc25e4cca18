//! Where a text is still found: in every table of the database, every key of Redis, and every file.

use std::path::Path;

use redis::AsyncCommands;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::TestApp;

/// A place, and all that is in it.
type Kept = (String, Vec<u8>);

/// Every place where `marker` is, as text and, for payloads of jobs and the like, as bytes; tables come with their name,
/// keys of Redis with their kind.
pub async fn of(app: &TestApp, marker: &str) -> Vec<String> {
    let bytes = hex::encode(marker);
    let is_in = |kept: &[u8]| holds(kept, marker.as_bytes()) || holds(kept, bytes.as_bytes());
    let mut found: Vec<String> = all(app)
        .await
        .into_iter()
        .filter(|(_, kept)| is_in(kept))
        .map(|(place, _)| place)
        .collect();
    found.sort();
    found
}

/// Everything that is kept: the rows of every table, the keys of Redis and the files.
pub async fn all(app: &TestApp) -> Vec<Kept> {
    let mut kept = in_postgres(app).await;
    kept.extend(in_redis(app).await);
    in_files(&app.state.config.data_dir, &mut kept);
    kept
}

/// Rows as Postgres writes them: bytes in hexadecimal.
async fn in_postgres(app: &TestApp) -> Vec<Kept> {
    let mut owner = PgConnection::connect(app.database.url.as_str()).await.unwrap();
    let tables: Vec<(String, String)> = sqlx::query_as(
        // What lies in a part is in its table, too.
        "select n.nspname::text, c.relname::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
         where c.relkind in ('r', 'p') and not c.relispartition
           and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast') order by 1, 2",
    )
    .fetch_all(&mut owner)
    .await
    .unwrap();
    let mut kept = Vec::new();
    for (schema, table) in tables {
        let sql = format!("select t::text from {schema}.{table} t");
        let rows: Vec<String> = sqlx::query_scalar(AssertSqlSafe(sql))
            .fetch_all(&mut owner)
            .await
            .unwrap();
        kept.push((format!("{schema}.{table}"), rows.join("\n").into_bytes()));
    }
    kept
}

/// In names and values of whatever kind.
async fn in_redis(app: &TestApp) -> Vec<Kept> {
    let mut redis = app.services().redis.commands();
    let mut cursor = 0_u64;
    let mut kept = Vec::new();
    loop {
        let (next, keys): (u64, Vec<String>) = redis::cmd("SCAN")
            .arg(cursor)
            .arg("COUNT")
            .arg(500)
            .query_async(&mut redis)
            .await
            .unwrap();
        for key in keys {
            // Long values are packed by DUMP, so each kind is read as what it is.
            let kind: String = redis::cmd("TYPE")
                .arg(&key)
                .query_async(&mut redis)
                .await
                .unwrap();
            let mut value = match kind.as_str() {
                "string" => redis
                    .get::<_, Option<Vec<u8>>>(&key)
                    .await
                    .unwrap()
                    .unwrap_or_default(),
                "none" => Vec::new(),
                _ => whole(&mut redis, &kind, &key).await,
            };
            value.push(b'\n');
            value.extend_from_slice(key.as_bytes());
            kept.push((format!("redis {kind}"), value));
        }
        cursor = next;
        if cursor == 0 {
            return kept;
        }
    }
}

async fn whole(redis: &mut redis::aio::ConnectionManager, kind: &str, key: &str) -> Vec<u8> {
    let command = match kind {
        "stream" => redis::cmd("XRANGE").arg(key).arg("-").arg("+").to_owned(),
        "hash" => redis::cmd("HGETALL").arg(key).to_owned(),
        "set" => redis::cmd("SMEMBERS").arg(key).to_owned(),
        "zset" => redis::cmd("ZRANGE").arg(key).arg(0).arg(-1).to_owned(),
        "list" => redis::cmd("LRANGE").arg(key).arg(0).arg(-1).to_owned(),
        other => panic!("keys of the kind {other} are not looked at"),
    };
    let value: redis::Value = command.query_async(redis).await.unwrap();
    let mut bytes = Vec::new();
    flatten(&value, &mut bytes);
    bytes
}

fn flatten(value: &redis::Value, bytes: &mut Vec<u8>) {
    match value {
        redis::Value::BulkString(text) => {
            bytes.extend_from_slice(text);
            bytes.push(b'\n');
        }
        redis::Value::Array(values) => values.iter().for_each(|value| flatten(value, bytes)),
        redis::Value::Map(pairs) => pairs.iter().for_each(|(name, value)| {
            flatten(name, bytes);
            flatten(value, bytes);
        }),
        _ => {}
    }
}

fn in_files(folder: &Path, kept: &mut Vec<Kept>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            in_files(&path, kept);
        } else {
            kept.push(("file".to_owned(), std::fs::read(&path).unwrap_or_default()));
        }
    }
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(bytes, part).is_some()
}
