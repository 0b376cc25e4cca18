//! What tests against real servers share: a database of its own for each test, and a person with a workspace. Other
//! crates use this file through `#[path]`.

pub mod database;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use api_types::auth::SignupRequest;
use domain::Scope;
use domain::Services;
use domain::config::Config;
use domain::db::DbRole;
use domain::services::load_embedder;
use sqlx::{Connection, PgConnection};
use tempfile::TempDir;
use uuid::Uuid;

use self::database::{TestDatabase, admin, execute};

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
    database: TestDatabase,
    program: PathBuf,
    _data_dir: TempDir,
}

impl Harness {
    /// Makes an installation; `program` is a binary that can parse documents as a child process.
    pub async fn new(program: &Path) -> Self {
        Self::with(program, |_| {}).await
    }

    /// Makes an installation with other settings.
    pub async fn with(program: &Path, change: impl FnOnce(&mut Config)) -> Self {
        let database = TestDatabase::create().await;
        let data_dir = tempfile::tempdir().unwrap();
        let mut config = Config::load().unwrap();
        config.data_dir = data_dir.path().to_owned();
        config.database_url = Some(database.url.as_str().into());
        config.redis_url = Some(database::redis_url().into());
        config.qdrant_url = None;
        config.secret_key = Some("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff".into());
        change(&mut config);
        let services =
            Services::new(&config, DbRole::App, program.to_owned(), load_embedder(&config)).unwrap();
        let scope = new_scope(&services).await;
        Self {
            config,
            services,
            scope,
            database,
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
        let name = self.database.name();
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
        PgConnection::connect(self.database.url.as_str()).await.unwrap()
    }
}

/// Signs somebody new up; the owner of a workspace of their own.
pub async fn new_scope(services: &Services) -> Scope {
    let request = SignupRequest {
        email: format!("{}@example.com", Uuid::new_v4()),
        password: "correct horse battery".to_owned(),
        name: "Ada".to_owned(),
        invitation: None,
    };
    let user = domain::auth::seed(&services.db, request).await.unwrap();
    let user_id = user.unwrap().id;
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
