//! A database with rows of two tenants in every guarded table, and what may be seen of them.

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use url::Url;
use uuid::Uuid;

use super::rows;
use crate::api::routes::Worlds;
use crate::support::TestApp;
use crate::support::database::{self, TestDatabase};

/// A policy that gives a tenant all of its rows, to read and to write.
pub struct Guard {
    pub table: String,
    /// Holds whose a row is.
    pub column: String,
    /// Says who asks.
    pub setting: &'static str,
}

/// What a policy for reading shows beside the tenant's own.
pub enum Shown {
    /// Rows that a setting of the transaction names: which one, and what it is for a row.
    Named(&'static str, &'static str),
    /// To the worker, of every tenant, rows that fulfil a condition.
    ToWorker(&'static str),
}

/// The policies for reading. One that is not listed fails the tests.
const READING: &[(&str, &str, Shown)] = &[
    (
        "api_keys",
        "presented_key",
        Shown::Named("app.api_key_hash", "encode(key_hash, 'hex')"),
    ),
    ("bots", "visited_bot", Shown::Named("app.bot_id", "id::text")),
    (
        "crawls",
        "unfinished_of_all",
        Shown::ToWorker("draft_id is not null or status in ('queued', 'running')"),
    ),
    (
        "data_exports",
        "expired_of_all",
        Shown::ToWorker("expires_at <= now()"),
    ),
    (
        "data_policies",
        "limited_of_all",
        Shown::ToWorker("conversations_days is not null or files_days is not null or leads_days is not null"),
    ),
    (
        "deletion_receipts",
        "own_receipts",
        Shown::Named("app.user_id", "requested_by::text"),
    ),
    (
        "deletion_receipts",
        "presented_receipt",
        Shown::Named("app.receipt_id", "id::text"),
    ),
    (
        "documents",
        "unfinished_of_all",
        Shown::ToWorker("status not in ('indexed', 'failed')"),
    ),
    (
        "organization_invitations",
        "addressed_invitation",
        Shown::Named("app.user_id", ADDRESSEE),
    ),
    (
        "organization_invitations",
        "presented_invitation",
        Shown::Named("app.invitation_hash", "encode(token_hash, 'hex')"),
    ),
    (
        "organization_members",
        "own_memberships",
        Shown::Named("app.user_id", "user_id::text"),
    ),
    (
        "sources",
        "scheduled_of_all",
        Shown::ToWorker("next_sync_at is not null"),
    ),
    (
        "test_runs",
        "unfinished_of_all",
        Shown::ToWorker("status in ('queued', 'running')"),
    ),
    (
        "workspace_invitations",
        "addressed_invitation",
        Shown::Named("app.user_id", ADDRESSEE),
    ),
    (
        "workspace_invitations",
        "presented_invitation",
        Shown::Named("app.invitation_hash", "encode(token_hash, 'hex')"),
    ),
    (
        "workspace_members",
        "own_memberships",
        Shown::Named("app.user_id", "user_id::text"),
    ),
];

const ADDRESSEE: &str = "(select u.id::text from users u where lower(u.email) = lower(t.email))";

/// One of the two.
pub struct Tenant {
    pub workspace_id: Uuid,
    pub organization_id: Uuid,
}

impl Tenant {
    /// What a setting is when it acts.
    pub fn id(&self, setting: &str) -> Uuid {
        match setting {
            "app.workspace_id" => self.workspace_id,
            _ => self.organization_id,
        }
    }
}

pub struct Stage {
    database: TestDatabase,
    pub guards: Vec<Guard>,
    pub ours: Tenant,
    pub theirs: Tenant,
}

impl Stage {
    pub async fn new() -> Self {
        let worlds = Worlds::new().await;
        let tenant = |workspace: &api_types::tenancy::Workspace| Tenant {
            workspace_id: workspace.id,
            organization_id: workspace.organization_id,
        };
        let (ours, theirs) = (
            tenant(&worlds.ours.owner.auth.workspace),
            tenant(&worlds.theirs.owner.auth.workspace),
        );
        let database = copy(&worlds.app).await;
        drop(worlds);
        let mut owner = PgConnection::connect(database.url.as_str()).await.unwrap();
        for tenant in [&ours, &theirs] {
            rows::fill(&mut owner, tenant).await;
        }
        rows::tell_apart(&mut owner, &ours).await;
        let stage = Self {
            guards: guards(&mut owner).await,
            database,
            ours,
            theirs,
        };
        stage.check(&mut owner).await;
        stage
    }

    /// As a superuser, who sees everything.
    pub async fn connect(&self) -> PgConnection {
        PgConnection::connect(self.database.url.as_str()).await.unwrap()
    }

    /// Every guarded table.
    pub fn tables(&self) -> Vec<&str> {
        let mut tables: Vec<&str> = self.guards.iter().map(|guard| guard.table.as_str()).collect();
        tables.dedup();
        tables
    }

    pub fn guards_of(&self, table: &str) -> impl Iterator<Item = &Guard> {
        self.guards.iter().filter(move |guard| guard.table == table)
    }

    /// Both tenants have something in every table, and of what policies for reading show there is some and some else.
    async fn check(&self, owner: &mut PgConnection) {
        let guarded: Vec<String> =
            sqlx::query_scalar("select oid::regclass::text from pg_class where relrowsecurity order by 1")
                .fetch_all(&mut *owner)
                .await
                .unwrap();
        assert_eq!(self.tables(), guarded);
        for Guard {
            table,
            column,
            setting,
        } in &self.guards
        {
            for tenant in [&self.ours, &self.theirs] {
                let condition = format!("{column} = '{}'", tenant.id(setting));
                let some = count(owner, table, &condition).await > 0;
                assert!(
                    some,
                    "{table} holds nothing of a tenant: give it a row in policies/rows.rs"
                );
            }
        }
        let reading: Vec<(String, String)> = sqlx::query_as(
            "select polrelid::regclass::text, polname::text from pg_policy where polcmd <> '*' order by 1, 2",
        )
        .fetch_all(&mut *owner)
        .await
        .unwrap();
        let known: Vec<_> = READING
            .iter()
            .map(|(table, policy, _)| ((*table).to_owned(), (*policy).to_owned()))
            .collect();
        assert_eq!(reading, known);
        for (table, policy, shown) in READING {
            let seen = match shown {
                Shown::ToWorker(condition) => (*condition).to_owned(),
                Shown::Named(_, name) => format!("{name} = '{}'", named(owner, table, name).await),
            };
            let (all, seen) = (
                count(owner, table, "true").await,
                count(owner, table, &seen).await,
            );
            assert!(
                0 < seen && seen < all,
                "{policy} shows {seen} of {all} rows of {table}"
            );
        }
    }
}

/// What policies for reading show of a table.
pub fn shown(table: &str) -> impl Iterator<Item = &'static Shown> {
    READING
        .iter()
        .filter(move |(of, _, _)| *of == table)
        .map(|(_, _, shown)| shown)
}

/// A value for the setting that names rows of a table.
pub async fn named(owner: &mut PgConnection, table: &str, name: &str) -> String {
    let sql = format!("select {name} from {table} t where {name} is not null order by 1 limit 1");
    sqlx::query_scalar(AssertSqlSafe(sql))
        .fetch_one(owner)
        .await
        .unwrap()
}

async fn count(owner: &mut PgConnection, table: &str, condition: &str) -> i64 {
    let sql = format!("select count(*) from {table} t where {condition}");
    sqlx::query_scalar(AssertSqlSafe(sql))
        .fetch_one(owner)
        .await
        .unwrap()
}

/// The policies that write, all of the same form: a column that must be what a setting says.
async fn guards(owner: &mut PgConnection) -> Vec<Guard> {
    let policies: Vec<(String, String)> = sqlx::query_as(
        "select polrelid::regclass::text, pg_get_expr(polqual, polrelid) from pg_policy where polcmd = '*' order by 1, polname",
    )
    .fetch_all(owner)
    .await
    .unwrap();
    let guard = |(table, condition): (String, String)| {
        let parts = condition
            .strip_prefix('(')
            .and_then(|condition| condition.split_once(" = ( SELECT "));
        let (column, rest) = parts.unwrap_or_else(|| panic!("{table} has another guard: {condition}"));
        let setting = match rest.split('(').next() {
            Some("app_workspace_id") => "app.workspace_id",
            Some("app_organization_id") => "app.organization_id",
            _ => panic!("{table} is guarded by something new: {condition}"),
        };
        Guard {
            table,
            column: column.to_owned(),
            setting,
        }
    };
    policies.into_iter().map(guard).collect()
}

/// The database as it is, without anybody at work in it.
async fn copy(app: &TestApp) -> TestDatabase {
    let mut admin = database::admin().await;
    let (from, to) = (app.database.name(), format!("test_{}", Uuid::new_v4().simple()));
    for sql in [
        format!("alter database {from} with allow_connections false"),
        format!("select pg_terminate_backend(pid) from pg_stat_activity where datname = '{from}'"),
        format!("create database {to} template {from}"),
    ] {
        database::execute(&mut admin, sql).await;
    }
    let mut url: Url = app.database.url.clone();
    url.set_path(&to);
    TestDatabase { url }
}
