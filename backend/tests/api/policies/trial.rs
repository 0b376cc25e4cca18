//! What each role reaches of one table.

use serde_json::Value;
use sqlx::{AssertSqlSafe, Executor, PgConnection};
use uuid::Uuid;

use super::stage::{Guard, Shown, Stage, named, shown};

/// Those who serve requests and run jobs, and an owner of the table who is no superuser: functions act as one.
const ROLES: [Role; 3] = [Role::App, Role::Worker, Role::Owner];

#[derive(Debug, Clone, Copy, PartialEq)]
enum Role {
    App,
    Worker,
    Owner,
}

struct Trial<'a> {
    /// In a transaction, as a superuser.
    connection: &'a mut PgConnection,
    stage: &'a Stage,
    table: &'a str,
    faults: Vec<String>,
}

/// What is wrong with the guards of a table: who sees or changes what is not theirs, or does not see what is. Ends with the
/// first way that finds something. Whatever it does goes with the transaction.
pub async fn faults(connection: &mut PgConnection, stage: &Stage, table: &str) -> Vec<String> {
    let mut trial = Trial {
        connection,
        stage,
        table,
        faults: Vec::new(),
    };
    let mut readers = 0;
    for role in ROLES {
        if role == Role::Owner {
            trial.hand_to_owner().await;
        }
        for way in ["select", "insert", "update", "delete"] {
            if !trial.may(role, way).await {
                continue;
            }
            match way {
                "select" => {
                    readers += 1;
                    trial.reading(role).await;
                }
                "insert" => trial.inserting(role).await,
                // An owner updates and deletes as the others do; triggers may refuse it before the guard is asked.
                _ if role == Role::Owner => {}
                "update" => trial.updating(role).await,
                _ => trial.deleting(role).await,
            }
            if !trial.faults.is_empty() {
                return trial.faults;
            }
        }
    }
    assert!(readers > 1, "nobody reads {table}");
    trial.faults
}

impl Trial<'_> {
    async fn reading(&mut self, role: Role) {
        let (stage, table) = (self.stage, self.table);
        self.sees(role, None, "false").await;
        for Guard { column, setting, .. } in stage.guards_of(table) {
            for tenant in [&stage.ours, &stage.theirs] {
                let id = tenant.id(setting).to_string();
                self.sees(role, Some((setting, &id)), &format!("{column} = '{id}'"))
                    .await;
            }
        }
        for shown in shown(table) {
            if let Shown::Named(setting, name) = shown {
                let value = named(self.connection, table, name).await;
                self.sees(role, Some((setting, &value)), &format!("{name} = '{value}'"))
                    .await;
            }
        }
    }

    /// With a setting, exactly the rows that fulfil a condition, and, as the worker, those that it sees of everybody.
    async fn sees(&mut self, role: Role, setting: Option<(&str, &str)>, condition: &str) {
        let of_all = shown(self.table).filter_map(|shown| match shown {
            Shown::ToWorker(condition) if role == Role::Worker => Some(format!(" or ({condition})")),
            _ => None,
        });
        let rows = format!(
            "select coalesce(array_agg(ctid::text order by ctid), '{{}}') from {} t",
            self.table
        );
        let expected = format!("{rows} where ({condition}){}", of_all.collect::<String>());
        let expected: Vec<String> = sqlx::query_scalar(AssertSqlSafe(expected))
            .fetch_one(&mut *self.connection)
            .await
            .unwrap();
        self.act_as(role, setting).await;
        let seen: Result<Vec<String>, _> = sqlx::query_scalar(AssertSqlSafe(rows))
            .fetch_one(&mut *self.connection)
            .await;
        self.stop_acting().await;
        match seen {
            Ok(seen) if seen == expected => {}
            Ok(seen) => {
                let (seen, expected) = (seen.len(), expected.len());
                self.fault(
                    role,
                    &format!("sees {seen} rows and not {expected} with {setting:?}"),
                );
            }
            Err(error) => self.fault(role, &format!("can't read with {setting:?}: {error}")),
        }
    }

    /// A row of theirs can't be written.
    async fn inserting(&mut self, role: Role) {
        let (stage, table) = (self.stage, self.table);
        let columns: String = sqlx::query_scalar(
            "select string_agg(quote_ident(attname), ', ') from pg_attribute
             where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = ''",
        )
        .bind(table)
        .fetch_one(&mut *self.connection)
        .await
        .unwrap();
        for guard in stage.guards_of(table) {
            let (ours, theirs) = self.ids(guard);
            let row = format!(
                "select to_jsonb(t) from {table} t where {} = $1 limit 1",
                guard.column
            );
            let row: Value = sqlx::query_scalar(AssertSqlSafe(row))
                .bind(theirs)
                .fetch_one(&mut *self.connection)
                .await
                .unwrap();
            let insert = format!(
                "insert into {table} ({columns}) select {columns} from jsonb_populate_record(null::{table}, $1)"
            );
            self.act_as(role, Some((guard.setting, &ours.to_string()))).await;
            let inserted = sqlx::query(AssertSqlSafe(insert))
                .bind(row)
                .execute(&mut *self.connection)
                .await;
            self.stop_acting().await;
            self.refused(role, "inserts", &inserted.map(|done| done.rows_affected()));
        }
    }

    /// Only what is ours is changed, and it can't be made theirs.
    async fn updating(&mut self, role: Role) {
        let (stage, table) = (self.stage, self.table);
        for guard in stage.guards_of(table) {
            let (column, (ours, theirs)) = (&guard.column, self.ids(guard));
            let count = format!("select count(*) from {table} where {column} = $1");
            let count: i64 = sqlx::query_scalar(AssertSqlSafe(count))
                .bind(ours)
                .fetch_one(&mut *self.connection)
                .await
                .unwrap();
            let touch = format!("update {table} set {column} = {column}");
            let touched = self.execute(role, guard, touch).await;
            if touched.as_ref().ok() != Some(&count.unsigned_abs()) {
                self.fault(role, &format!("updates {touched:?} rows and not {count}"));
            }
            let hand_over = format!("update {table} set {column} = '{theirs}' where {column} = '{ours}'");
            let handed_over = self.execute(role, guard, hand_over).await;
            self.refused(role, "hands over", &handed_over);
        }
    }

    async fn deleting(&mut self, role: Role) {
        let (stage, table) = (self.stage, self.table);
        for guard in stage.guards_of(table) {
            let (ours, _) = self.ids(guard);
            let others = format!("delete from {table} where {} <> '{ours}'", guard.column);
            let deleted = self.execute(role, guard, others).await;
            if !matches!(deleted, Ok(0)) {
                self.fault(role, &format!("deletes {deleted:?} rows of others"));
            }
        }
    }

    /// Runs a statement for our tenant, and takes it back. Answers how many rows it changed.
    async fn execute(&mut self, role: Role, guard: &Guard, sql: String) -> Result<u64, sqlx::Error> {
        let (ours, _) = self.ids(guard);
        self.act_as(role, Some((guard.setting, &ours.to_string()))).await;
        let done = self.connection.execute(AssertSqlSafe(sql)).await;
        self.stop_acting().await;
        done.map(|done| done.rows_affected())
    }

    /// It must be row-level security that refuses; what fails for another reason got past it.
    fn refused(&mut self, role: Role, what: &str, result: &Result<u64, sqlx::Error>) {
        let is_refused = result.as_ref().is_err_and(|error| {
            error
                .as_database_error()
                .is_some_and(|error| error.message().contains("row-level security"))
        });
        if !is_refused {
            self.fault(role, &format!("{what} a row of another tenant: {result:?}"));
        }
    }

    fn ids(&self, guard: &Guard) -> (Uuid, Uuid) {
        (
            self.stage.ours.id(guard.setting),
            self.stage.theirs.id(guard.setting),
        )
    }

    fn fault(&mut self, role: Role, what: &str) {
        self.faults.push(format!("{}: {role:?} {what}", self.table));
    }

    async fn may(&mut self, role: Role, privilege: &str) -> bool {
        if role == Role::Owner {
            return true;
        }
        sqlx::query_scalar("select has_table_privilege($1, $2, $3)")
            .bind(role.name())
            .bind(self.table)
            .bind(privilege)
            .fetch_one(&mut *self.connection)
            .await
            .unwrap()
    }

    async fn hand_to_owner(&mut self) {
        let name = Role::Owner.name();
        let table = self.table;
        for sql in [
            format!("create role {name} nologin nosuperuser nobypassrls"),
            format!("grant usage, create on schema public to {name}"),
            format!("grant select on users to {name}"),
            format!("alter table {table} owner to {name}"),
        ] {
            self.run(&sql).await;
        }
    }

    async fn act_as(&mut self, role: Role, setting: Option<(&str, &str)>) {
        self.run("savepoint acting").await;
        self.run(&format!("set local role {}", role.name())).await;
        if let Some((setting, value)) = setting {
            self.run(&format!("set local {setting} = '{value}'")).await;
        }
    }

    async fn stop_acting(&mut self) {
        self.run("rollback to savepoint acting").await;
        self.run("release savepoint acting").await;
    }

    async fn run(&mut self, sql: &str) {
        self.connection
            .execute(AssertSqlSafe(sql.to_owned()))
            .await
            .unwrap_or_else(|error| panic!("{error}: {sql}"));
    }
}

impl Role {
    fn name(self) -> String {
        match self {
            Self::App => "botwright_app".to_owned(),
            Self::Worker => "botwright_worker".to_owned(),
            // Roles belong to the whole cluster, and other tests run beside this one.
            Self::Owner => format!("owner_{}", std::process::id()),
        }
    }
}
