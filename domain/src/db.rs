//! Postgres: a pool in one of the two unprivileged roles, and transactions bound to a tenant.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use api_types::live::Topic;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool, Postgres, Transaction};
use uuid::Uuid;

use crate::live::Teller;
use crate::tenancy::OrganizationScope;
use crate::tenancy::invitations::InvitationToken;
use crate::{Result, Scope, audit};

/// How long a connection may have been idle to be used again without asking whether it still is one. After a restart of Postgres
/// those that served in its last moment fail once, like what they served.
const TRUSTED: Duration = Duration::from_secs(1);

/// Which database role a process works in. Neither bypasses row-level security.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DbRole {
    /// Serves requests.
    App,
    /// Runs jobs.
    Worker,
}

impl DbRole {
    const fn name(self) -> &'static str {
        match self {
            Self::App => "botwright_app",
            Self::Worker => "botwright_worker",
        }
    }
}

/// The database as one role sees it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Db {
    pool: PgPool,
    options: PgConnectOptions,
    /// Absent in tools, which tell nobody.
    teller: Option<Teller>,
}

impl Db {
    /// Connects lazily: a database that is away at start is found when it is back.
    pub fn connect(url: &str, role: DbRole, max_connections: u32) -> Result<Self, sqlx::Error> {
        let options: PgConnectOptions = url.parse()?;
        let options = options.application_name(role.name()).options([
            ("role", role.name()),
            // A request never waits longer for a query, nor a transaction for its next one.
            ("statement_timeout", "30s"),
            ("idle_in_transaction_session_timeout", "60s"),
            // What is asked takes a millisecond or two; to compile it first takes longer than that.
            ("jit", "off"),
        ]);
        let pool = PgPoolOptions::new()
            .max_connections(max_connections)
            .acquire_timeout(Duration::from_secs(5))
            // By default every statement would be two round trips.
            .test_before_acquire(false)
            .before_acquire(|connection, about| {
                Box::pin(async move {
                    if about.idle_for > TRUSTED {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            })
            .connect_lazy_with(options.clone());
        Ok(Self {
            pool,
            options,
            teller: None,
        })
    }

    /// Has what transactions change told live.
    pub fn telling(self, teller: Teller) -> Self {
        Self {
            teller: Some(teller),
            ..self
        }
    }

    /// Begins a transaction that sees and touches the rows of `scope`'s workspace only.
    pub async fn tenant(&self, scope: &Scope) -> Result<TenantTx> {
        self.tenant_by("begin", scope).await
    }

    /// The same, in which Postgres plans each statement for what it is given: for filters that may let everything through or next to
    /// nothing, of a workspace that may have ten rows or millions. One plan for all of them may take a thousand times as long.
    pub(crate) async fn searching(&self, scope: &Scope) -> Result<TenantTx> {
        self.tenant_by("begin; set local plan_cache_mode = force_custom_plan", scope)
            .await
    }

    async fn tenant_by(&self, begin: &str, scope: &Scope) -> Result<TenantTx> {
        let workspace_id = scope.workspace_id();
        let mut tx = self
            .begin_bound(begin, "app.workspace_id", &workspace_id.to_string())
            .await?;
        tx.workspace_id = Some(workspace_id);
        Ok(tx)
    }

    /// Begins a transaction that sees the memberships of one person, before a workspace is chosen.
    pub(crate) async fn person(&self, user_id: Uuid) -> Result<TenantTx> {
        self.bound_to("app.user_id", &user_id.to_string()).await
    }

    /// Begins a transaction that sees and touches the members and invitations of an organization, and the rows of the
    /// workspace that its member is in.
    pub(crate) async fn organization(&self, scope: &OrganizationScope) -> Result<TenantTx> {
        let mut tx = self.tenant(scope.scope()).await?;
        tx.bind_organization(scope.organization_id()).await?;
        Ok(tx)
    }

    /// Begins a transaction that sees one invitation.
    pub(crate) async fn invited(&self, token: &InvitationToken) -> Result<TenantTx> {
        self.bound_to("app.invitation_hash", &hex::encode(token.hash()))
            .await
    }

    /// Begins a transaction that sees one receipt, for whoever was given its id.
    pub(crate) async fn receipt(&self, id: Uuid) -> Result<TenantTx> {
        self.bound_to("app.receipt_id", &id.to_string()).await
    }

    /// Begins a transaction that sees one bot's row, to learn which workspace serves it.
    pub(crate) async fn visitor(&self, bot_id: Uuid) -> Result<TenantTx> {
        self.bound_to("app.bot_id", &bot_id.to_string()).await
    }

    /// Begins a transaction that sees the API key with this hash.
    pub(crate) async fn machine(&self, key_hash: &[u8]) -> Result<TenantTx> {
        self.bound_to("app.api_key_hash", &hex::encode(key_hash)).await
    }

    async fn bound_to(&self, setting: &str, value: &str) -> Result<TenantTx> {
        self.begin_bound("begin", setting, value).await
    }

    /// In one round trip. The value is an id or a hash.
    async fn begin_bound(&self, begin: &str, setting: &str, value: &str) -> Result<TenantTx> {
        debug_assert!(
            value.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-'),
            "quoted"
        );
        let begin = format!("{begin}; select set_config('{setting}', '{value}', true)");
        Ok(TenantTx {
            tx: self.begin_with(begin).await?,
            workspace_id: None,
            entries: Vec::new(),
            teller: self.teller.clone(),
            changed: Vec::new(),
        })
    }

    /// Begins a transaction over all tenants for something that one process at a time does; `None` while another is at
    /// it. `what` names it.
    pub(crate) async fn alone(&self, what: &str) -> Result<Option<Transaction<'static, Postgres>>> {
        let mut tx = self.begin().await?;
        let is_first = sqlx::query_scalar!(
            r#"select pg_try_advisory_xact_lock(hashtextextended($1, 0)) as "locked!""#,
            format!("botwright:{what}")
        )
        .fetch_one(&mut *tx)
        .await?;
        Ok(is_first.then_some(tx))
    }

    /// Begins a transaction that is bound to nobody, for rows of persons.
    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Postgres>> {
        self.begin_with("begin".to_owned()).await
    }

    /// In a task of its own: a request that is given up while `begin` waits would leave its connection in a transaction, as far
    /// as Postgres is concerned, and the next one who gets it in the midst of that (sqlx 0.9, `PgTransactionManager::begin`).
    async fn begin_with(&self, statement: String) -> Result<Transaction<'static, Postgres>> {
        let pool = self.pool.clone();
        #[expect(clippy::disallowed_methods, reason = "this is what takes its place")]
        let begun = tokio::spawn(async move { pool.begin_with(AssertSqlSafe(statement)).await }).await;
        Ok(begun.map_err(anyhow::Error::from)??)
    }

    /// Makes the parts of messages and events for the months to come, and says how many were new.
    pub async fn make_parts(&self) -> Result<i32> {
        Ok(sqlx::query_scalar!(r#"select make_parts() as "made!""#)
            .fetch_one(&self.pool)
            .await?)
    }

    /// A connection beside the pool, which may be used up.
    pub async fn connection(&self) -> Result<PgConnection> {
        Ok(PgConnection::connect_with(&self.options).await?)
    }

    /// Whether Postgres answers.
    pub async fn ping(&self) -> Result<()> {
        sqlx::query("select 1").execute(&self.pool).await?;
        Ok(())
    }

    /// The pool itself: for accounts (rows of persons, not of tenants), the job queue, health checks, and functions of the database
    /// that bind their transaction by themselves.
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }
}

/// A transaction bound to a tenant by `set_config(…, is_local => true)`; dropped without [`commit`](Self::commit),
/// it rolls back.
#[derive(Debug)]
pub struct TenantTx {
    tx: Transaction<'static, Postgres>,
    /// The workspace whose rows are seen.
    workspace_id: Option<Uuid>,
    /// For the audit log.
    entries: Vec<audit::Entry>,
    teller: Option<Teller>,
    /// What is told live, and of which workspace.
    changed: Vec<(Uuid, Topic, Uuid)>,
}

impl TenantTx {
    /// Makes the changes durable, with what [`audit::record`] was told; then those who look are told.
    pub async fn commit(mut self) -> Result<()> {
        // Last, as it locks the log of the workspace until the end.
        for entry in std::mem::take(&mut self.entries) {
            if self.workspace_id != Some(entry.workspace_id()) {
                self.bind(entry.workspace_id()).await?;
            }
            audit::append(&mut self.tx, &entry).await?;
        }
        self.tx.commit().await?;
        if let Some(teller) = self.teller {
            for (workspace_id, what, id) in self.changed {
                teller.changed(workspace_id, what, id);
            }
        }
        Ok(())
    }

    /// Has everybody who looks at the workspace told that something changed, once that is durable.
    pub(crate) fn tell(&mut self, what: Topic, id: Uuid) {
        if let Some(workspace_id) = self.workspace_id {
            let changed = (workspace_id, what, id);
            if !self.changed.contains(&changed) {
                self.changed.push(changed);
            }
        }
    }

    /// Has an entry written to the audit log as the last thing before the end.
    pub(crate) fn at_commit(&mut self, entry: audit::Entry) {
        self.entries.push(entry);
    }

    /// Binds a transaction begun for a person, bot or key to the workspace found through it.
    pub(crate) async fn bind(&mut self, workspace_id: Uuid) -> Result<()> {
        self.workspace_id = Some(workspace_id);
        set_local(&mut self.tx, "app.workspace_id", &workspace_id.to_string()).await
    }

    /// Binds a transaction to an organization that its person founds, belongs to or is invited to.
    pub(crate) async fn bind_organization(&mut self, organization_id: Uuid) -> Result<()> {
        set_local(&mut self.tx, "app.organization_id", &organization_id.to_string()).await
    }

    /// Lets a transaction see the invitation that its person presents.
    pub(crate) async fn bind_invitation(&mut self, token: &InvitationToken) -> Result<()> {
        set_local(&mut self.tx, "app.invitation_hash", &hex::encode(token.hash())).await
    }
}

/// How often a transaction is begun that Postgres breaks off for the sake of another.
const MAX_TRIES: u32 = 6;
/// How long to wait before it is begun again; doubled each time.
const PAUSE: Duration = Duration::from_millis(20);

/// Runs a transaction, again when Postgres broke it off for the sake of another: so nobody is shown a deadlock that is
/// over. `transaction` is all of it, from its beginning to its commit.
///
/// There is one order in which rows are locked, so that it hardly ever comes to that: crawls, pages of crawls, documents,
/// chunks, knowledge bases, sources, then usage and quotas, and the audit log last of all.
pub(crate) async fn retried<T, F>(transaction: impl Fn() -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    for attempt in 1..MAX_TRIES {
        match transaction().await {
            Err(error) if error.is_conflict() => {
                tracing::debug!(attempt, %error, "a transaction gave way to another; beginning it again");
                tokio::time::sleep(PAUSE * 2_u32.pow(attempt - 1)).await;
            }
            other => return other,
        }
    }
    transaction().await
}

/// Sets what the row-level security policies look at, until the transaction ends.
async fn set_local(conn: &mut PgConnection, setting: &str, value: &str) -> Result<()> {
    sqlx::query!("select set_config($1, $2, true)", setting, value)
        .fetch_one(conn)
        .await?;
    Ok(())
}

impl Deref for TenantTx {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.tx
    }
}

impl DerefMut for TenantTx {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.tx
    }
}
