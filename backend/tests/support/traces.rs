//! Where a text is still found: in every table of the database, every key of Redis, and every file.

use std::path::Path;

use redis::AsyncCommands;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::TestApp;

/// Every place where `marker` is; `tables` come with their name, keys of Redis and files with theirs.
pub async fn of(app: &TestApp, marker: &str) -> Vec<String> {
    let mut found = in_postgres(app, marker).await;
    found.extend(in_redis(app, marker).await);
    in_files(&app.state.config.data_dir, marker.as_bytes(), &mut found);
    found.sort();
    found
}

/// As text and, for payloads of jobs and the like, as bytes.
async fn in_postgres(app: &TestApp, marker: &str) -> Vec<String> {
    let mut owner = PgConnection::connect(app.database.url.as_str()).await.unwrap();
    let tables: Vec<(String, String)> = sqlx::query_as(
        "select schemaname::text, tablename::text from pg_tables where schemaname in ('public', 'apalis') order by 1, 2",
    )
    .fetch_all(&mut owner)
    .await
    .unwrap();
    let mut found = Vec::new();
    for (schema, table) in tables {
        let sql = format!(
            "select count(*) from {schema}.{table} t where strpos(t::text, $1) > 0 or strpos(t::text, $2) > 0"
        );
        let count: i64 = sqlx::query_scalar(AssertSqlSafe(sql))
            .bind(marker)
            .bind(hex::encode(marker))
            .fetch_one(&mut owner)
            .await
            .unwrap();
        if count > 0 {
            found.push(format!("{schema}.{table}"));
        }
    }
    found
}

/// In names and values of whatever kind.
async fn in_redis(app: &TestApp, marker: &str) -> Vec<String> {
    let mut redis = app.services().redis.commands();
    let mut cursor = 0_u64;
    let mut found = Vec::new();
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
            let value = match kind.as_str() {
                "string" => redis
                    .get::<_, Option<Vec<u8>>>(&key)
                    .await
                    .unwrap()
                    .unwrap_or_default(),
                "none" => Vec::new(),
                _ => all(&mut redis, &kind, &key).await,
            };
            if key.contains(marker) || holds(&value, marker.as_bytes()) {
                found.push(format!("redis {kind}"));
            }
        }
        cursor = next;
        if cursor == 0 {
            return found;
        }
    }
}

async fn all(redis: &mut redis::aio::ConnectionManager, kind: &str, key: &str) -> Vec<u8> {
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

fn in_files(folder: &Path, marker: &[u8], found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            in_files(&path, marker, found);
        } else if holds(&std::fs::read(&path).unwrap_or_default(), marker) {
            found.push("file".to_owned());
        }
    }
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
