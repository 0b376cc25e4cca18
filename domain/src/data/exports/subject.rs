//! Whose archive it is: the row that says how far an export is lies in another table for a person than for a workspace.

use api_types::live::Topic;
use uuid::Uuid;

use crate::db::Db;
use crate::{Result, Scope};

/// Whose archive it is.
#[derive(Clone, Copy)]
pub(super) enum Subject {
    Workspace(Scope),
    Person(Uuid),
}

/// How far an export is.
pub(super) struct State<'a> {
    pub part: &'a str,
    pub parts_done: i32,
    pub records: i64,
}

impl Subject {
    /// Begins, or begins anew, and counts it. `None` when there is nothing to be done any more.
    pub async fn start(self, db: &Db, id: Uuid, parts: usize) -> Result<Option<i32>> {
        let parts = i32::try_from(parts).unwrap_or(i32::MAX);
        match self {
            Self::Workspace(scope) => {
                let mut tx = db.tenant(&scope).await?;
                let attempts = sqlx::query_scalar!(
        "update data_exports set attempts = attempts + 1, status = 'running', part = null, parts_done = 0, records = 0,
             parts_total = $3
         where workspace_id = $1 and id = $2 and status in ('queued', 'running')
         returning attempts",
                    scope.workspace_id(),
                    id,
                    parts
                )
                .fetch_optional(&mut *tx)
                .await?;
                tx.tell(Topic::Export, id);
                tx.commit().await?;
                Ok(attempts)
            }
            Self::Person(user_id) => Ok(sqlx::query_scalar!(
        "update person_exports set attempts = attempts + 1, status = 'running', part = null, parts_done = 0, records = 0,
             parts_total = $3
         where user_id = $1 and id = $2 and status in ('queued', 'running')
         returning attempts",
                user_id,
                id,
                parts
            )
            .fetch_optional(db.pool())
            .await?),
        }
    }

    /// Gives it up.
    pub async fn fail(self, db: &Db, id: Uuid) -> Result<()> {
        match self {
            Self::Workspace(scope) => {
                let mut tx = db.tenant(&scope).await?;
                sqlx::query!(
                "update data_exports set status = 'failed', part = null where workspace_id = $1 and id = $2",
                    scope.workspace_id(),
                    id
                )
                .execute(&mut *tx)
                .await?;
                tx.tell(Topic::Export, id);
                tx.commit().await
            }
            Self::Person(user_id) => {
                sqlx::query!(
                    "update person_exports set status = 'failed', part = null where user_id = $1 and id = $2",
                    user_id,
                    id
                )
                .execute(db.pool())
                .await?;
                Ok(())
            }
        }
    }

    /// Writes down how far it is. False once it was deleted.
    pub async fn go_on(self, db: &Db, id: Uuid, state: State<'_>) -> Result<bool> {
        let updated = match self {
            Self::Workspace(scope) => {
                let mut tx = db.tenant(&scope).await?;
                let updated = sqlx::query!(
                    "update data_exports set part = $3, parts_done = $4, records = $5
                     where workspace_id = $1 and id = $2 and status = 'running'",
                    scope.workspace_id(),
                    id,
                    state.part,
                    state.parts_done,
                    state.records
                )
                .execute(&mut *tx)
                .await?;
                tx.tell(Topic::Export, id);
                tx.commit().await?;
                updated
            }
            Self::Person(user_id) => {
                sqlx::query!(
                    "update person_exports set part = $3, parts_done = $4, records = $5
                     where user_id = $1 and id = $2 and status = 'running'",
                    user_id,
                    id,
                    state.part,
                    state.parts_done,
                    state.records
                )
                .execute(db.pool())
                .await?
            }
        };
        Ok(updated.rows_affected() > 0)
    }

    /// Says that the archive is there. False if it was deleted meanwhile.
    pub async fn finish(self, db: &Db, id: Uuid, size: i64, sha256: &[u8]) -> Result<bool> {
        let updated = match self {
            Self::Workspace(scope) => {
                let mut tx = db.tenant(&scope).await?;
                let updated = sqlx::query!(
                    "update data_exports
                     set status = 'done', part = null, parts_done = parts_total, size = $3, sha256 = $4
                     where workspace_id = $1 and id = $2 and status = 'running'",
                    scope.workspace_id(),
                    id,
                    size,
                    sha256
                )
                .execute(&mut *tx)
                .await?;
                tx.tell(Topic::Export, id);
                tx.commit().await?;
                updated
            }
            Self::Person(user_id) => {
                sqlx::query!(
                    "update person_exports
                     set status = 'done', part = null, parts_done = parts_total, size = $3, sha256 = $4
                     where user_id = $1 and id = $2 and status = 'running'",
                    user_id,
                    id,
                    size,
                    sha256
                )
                .execute(db.pool())
                .await?
            }
        };
        Ok(updated.rows_affected() > 0)
    }
}
