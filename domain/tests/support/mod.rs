//! What tests against real servers share: a database of its own for each test, and a person with a workspace.
//!
//! `BOTWRIGHT_TEST_DATABASE_URL` (a superuser's) and `BOTWRIGHT_TEST_REDIS_URL` say where the servers are; `cargo
//! xtask test` starts private ones and sets both. Other crates use this file through `#[path]`.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use api_types::auth::SignupRequest;
use domain::Scope;
use domain::Services;
use domain::config::Config;
use domain::db::DbRole;
use domain::services::load_embedder;
use sqlx::{Connection, Executor, PgConnection};
use tempfile::TempDir;
use url::Url;
use uuid::Uuid;

/// How long [`until`] waits: for slow machines, not for slow code.
const PATIENCE: Duration = Duration::from_secs(120);

/// A database, a data folder, and one workspace.
pub struct Harness {
    /// The settings of this installation.
    pub config: Config,
    /// What the server would work with.
    pub services: Services,
    /// The owner of the workspace.
    pub scope: Scope,
    /// The database, as its owner.
    pub database_url: Url,
    program: PathBuf,
    _data_dir: TempDir,
}

impl Harness {
    /// Makes an installation; `program` is a binary that can parse documents as a child process.
    pub async fn new(program: &Path) -> Self {
        let database_url = create_database().await;
        let data_dir = tempfile::tempdir().unwrap();
        let mut config = Config::load().unwrap();
        config.data_dir = data_dir.path().to_owned();
        config.database_url = Some(database_url.as_str().into());
        config.redis_url = Some(variable("BOTWRIGHT_TEST_REDIS_URL").into());
        config.qdrant_url = None;
        config.secret_key = Some("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff".into());
        let services =
            Services::new(&config, DbRole::App, program.to_owned(), load_embedder(&config)).unwrap();
        let scope = new_scope(&services).await;
        Self {
            config,
            services,
            scope,
            database_url,
            program: program.to_owned(),
            _data_dir: data_dir,
        }
    }

    /// What a worker would work with.
    pub fn worker_services(&self) -> Services {
        Services::new(
            &self.config,
            DbRole::Worker,
            self.program.clone(),
            self.services.embedder.clone(),
        )
        .unwrap()
    }

    /// Cuts every connection to the database and refuses new ones for a while.
    pub async fn disconnect_database(&self, pause: Duration) {
        let name = self.database_url.path().trim_start_matches('/');
        let mut admin = admin().await;
        execute(
            &mut admin,
            format!("alter database {name} allow_connections false"),
        )
        .await;
        execute(
            &mut admin,
            format!("select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'"),
        )
        .await;
        tokio::time::sleep(pause).await;
        execute(
            &mut admin,
            format!("alter database {name} allow_connections true"),
        )
        .await;
    }

    /// A connection that sees every tenant's rows.
    pub async fn superuser(&self) -> PgConnection {
        PgConnection::connect(self.database_url.as_str()).await.unwrap()
    }
}

impl Drop for Harness {
    fn drop(&mut self) {
        let name = self.database_url.path().trim_start_matches('/').to_owned();
        // A thread of its own, because the test's runtime is busy running this.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let mut admin = admin().await;
                execute(&mut admin, format!("drop database if exists {name} with (force)")).await;
            });
        });
        dropped.join().ok();
    }
}

/// Signs somebody new up; the owner of a workspace of their own.
pub async fn new_scope(services: &Services) -> Scope {
    let request = SignupRequest {
        email: format!("{}@example.com", Uuid::new_v4()),
        password: "correct horse battery".to_owned(),
        name: "Ada".to_owned(),
    };
    let session = domain::auth::signup(&services.db, &services.secrets, request)
        .await
        .unwrap();
    let user_id = session.response.user.id;
    let workspaces = domain::tenancy::workspaces_of(&services.db, user_id)
        .await
        .unwrap();
    let scope = domain::tenancy::member_scope(&services.db, user_id, workspaces[0].id)
        .await
        .unwrap();
    scope.unwrap()
}

/// Waits until `check` gives a value.
pub async fn until<T>(what: &str, mut check: impl AsyncFnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(value) = check().await {
            return value;
        }
        assert!(began.elapsed() < PATIENCE, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A migrated database that nobody else uses: a copy of a template that is made once for each state of the
/// migrations.
async fn create_database() -> Url {
    let mut admin = admin().await;
    let template = format!("botwright_template_{:016x}", migrations_hash());
    make_template(&mut admin, &template).await;
    let name = format!("botwright_test_{}", Uuid::new_v4().simple());
    execute(&mut admin, format!("create database {name} template {template}")).await;
    database(&name)
}

async fn make_template(admin: &mut PgConnection, template: &str) {
    execute(admin, "select pg_advisory_lock(7262)".to_owned()).await;
    let exists: Option<i32> = sqlx::query_scalar("select 1 from pg_database where datname = $1")
        .bind(template)
        .fetch_optional(&mut *admin)
        .await
        .unwrap();
    if exists.is_none() {
        let unfinished = format!("{template}_unfinished");
        execute(
            admin,
            format!("drop database if exists {unfinished} with (force)"),
        )
        .await;
        execute(admin, format!("create database {unfinished}")).await;
        domain::migrate::migrate(database(&unfinished).as_str())
            .await
            .unwrap();
        execute(admin, format!("alter database {unfinished} rename to {template}")).await;
    }
    execute(admin, "select pg_advisory_unlock(7262)".to_owned()).await;
}

fn migrations_hash() -> u64 {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../migrations");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files {
        std::fs::read(file).unwrap().hash(&mut hasher);
    }
    hasher.finish()
}

async fn admin() -> PgConnection {
    PgConnection::connect(&variable("BOTWRIGHT_TEST_DATABASE_URL"))
        .await
        .unwrap()
}

/// Names of databases can't be parameters; these are made here, of letters and digits.
async fn execute(connection: &mut PgConnection, sql: String) {
    connection.execute(sqlx::AssertSqlSafe(sql)).await.unwrap();
}

fn database(name: &str) -> Url {
    let mut url: Url = variable("BOTWRIGHT_TEST_DATABASE_URL").parse().unwrap();
    url.set_path(name);
    url
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set; run the tests with `cargo xtask test`"))
}
