//! A database for each test, copied from a migrated template.
//!
//! `BOTWRIGHT_TEST_DATABASE_URL` (a superuser's) and `BOTWRIGHT_TEST_REDIS_URL` say where the servers are; `cargo
//! xtask test` starts private ones and sets both.

use sha2::{Digest, Sha256};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use url::Url;
use uuid::Uuid;

/// The lock under which the template is made: tests are processes of their own.
const TEMPLATE_LOCK: i64 = 0x626f_7477_7269_6768;

/// A migrated database that nobody else uses. It goes with this value.
pub struct TestDatabase {
    /// Its URL, as the owner.
    pub url: Url,
}

impl TestDatabase {
    /// Makes one.
    pub async fn create() -> Self {
        let mut admin = admin().await;
        sqlx::query("select pg_advisory_lock($1)")
            .bind(TEMPLATE_LOCK)
            .execute(&mut admin)
            .await
            .unwrap();
        let template = ensure_template(&mut admin).await;
        let name = format!("test_{}", Uuid::new_v4().simple());
        execute(&mut admin, format!("create database {name} template {template}")).await;
        // Closing the connection releases the lock.
        admin.close().await.unwrap();
        Self { url: url_of(&name) }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.url.path().trim_start_matches('/')
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let sql = format!("drop database if exists {} with (force)", self.name());
        // A thread of its own, because the test's runtime is busy running this.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async { execute(&mut admin().await, sql).await });
        });
        dropped.join().ok();
    }
}

/// URL of the test Redis. Tests share it: every key holds a random id.
pub fn redis_url() -> String {
    variable("BOTWRIGHT_TEST_REDIS_URL")
}

/// A connection to the server, as its superuser.
pub async fn admin() -> PgConnection {
    PgConnection::connect(&variable("BOTWRIGHT_TEST_DATABASE_URL"))
        .await
        .unwrap()
}

/// Runs a statement that names a database. Names can't be parameters; these are ours.
pub async fn execute(connection: &mut PgConnection, sql: String) {
    connection.execute(AssertSqlSafe(sql)).await.unwrap();
}

/// Makes the template unless it is there; answers its name, which says what the migrations are.
async fn ensure_template(admin: &mut PgConnection) -> String {
    let mut digest = Sha256::new();
    for migration in migrations::MIGRATOR.iter() {
        digest.update(migration.checksum.as_ref());
    }
    let template = format!("template_{}", &hex::encode(digest.finalize())[..16]);
    let ready: Option<bool> = sqlx::query_scalar("select datistemplate from pg_database where datname = $1")
        .bind(&template)
        .fetch_optional(&mut *admin)
        .await
        .unwrap();
    if ready != Some(true) {
        execute(admin, format!("drop database if exists {template} with (force)")).await;
        execute(admin, format!("create database {template}")).await;
        migrations::migrate(url_of(&template).as_str()).await.unwrap();
        execute(admin, format!("alter database {template} is_template true")).await;
    }
    template
}

fn url_of(name: &str) -> Url {
    let mut url: Url = variable("BOTWRIGHT_TEST_DATABASE_URL").parse().unwrap();
    url.set_path(name);
    url
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run the tests with `cargo xtask test`"))
}
