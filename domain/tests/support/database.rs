//! A database for each test, copied from a migrated template.

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use url::Url;
use uuid::Uuid;

/// The lock under which the template is made: tests are processes of their own.
const TEMPLATE_LOCK: i64 = 0x626f_7477_7269_6768;

/// URL, as the owner, of a new migrated database on the test server.
pub async fn create() -> String {
    let server = server_url();
    let mut admin = PgConnection::connect(&server)
        .await
        .expect("the test Postgres answers");
    let template = template_name();
    sqlx::query("select pg_advisory_lock($1)")
        .bind(TEMPLATE_LOCK)
        .execute(&mut admin)
        .await
        .unwrap();
    ensure_template(&mut admin, &server, &template).await;
    let name = format!("test_{}", Uuid::new_v4().simple());
    run(&mut admin, format!("create database {name} template {template}")).await;
    // Closing the connection releases the lock.
    admin.close().await.unwrap();
    with_database(&server, &name)
}

/// URL of the test Redis. Tests share it: every key holds a random id.
pub fn redis_url() -> String {
    std::env::var("BOTWRIGHT_TEST_REDIS_URL").expect("run the tests with `cargo xtask test`")
}

fn server_url() -> String {
    std::env::var("BOTWRIGHT_TEST_DATABASE_URL").expect("run the tests with `cargo xtask test`")
}

async fn ensure_template(admin: &mut PgConnection, server: &str, template: &str) {
    let ready: Option<bool> = sqlx::query_scalar("select datistemplate from pg_database where datname = $1")
        .bind(template)
        .fetch_optional(&mut *admin)
        .await
        .unwrap();
    if ready == Some(true) {
        return;
    }
    run(admin, format!("drop database if exists {template} with (force)")).await;
    run(admin, format!("create database {template}")).await;
    domain::migrate::migrate(&with_database(server, template))
        .await
        .expect("the migrations run");
    run(admin, format!("alter database {template} is_template true")).await;
}

/// Names the template by what the migrations are, so that changed ones make a new template.
fn template_name() -> String {
    use sha2::{Digest, Sha256};
    let mut digest = Sha256::new();
    for migration in sqlx::migrate!("../migrations").iter() {
        digest.update(migration.checksum.as_ref());
    }
    format!("template_{}", &hex::encode(digest.finalize())[..16])
}

async fn run(admin: &mut PgConnection, sql: String) {
    // Names can't be parameters; these are ours.
    sqlx::query(AssertSqlSafe(sql)).execute(admin).await.unwrap();
}

fn with_database(server: &str, name: &str) -> String {
    let mut url: Url = server.parse().unwrap();
    url.set_path(name);
    url.to_string()
}
