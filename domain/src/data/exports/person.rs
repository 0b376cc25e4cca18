//! What an archive of a person holds: what is theirs, and what they did. What they made belongs to the workspaces it is in.

use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::workspace::{Part, Record};
use crate::db::TenantTx;
use crate::{Result, Scope};

/// What a query answers with; it is small, and read at once.
type Records = Result<Vec<Value>>;

macro_rules! parts {
    ($($file:literal $about:literal $sql:literal)*) => {
        /// The files of the person's own rows.
        pub(super) const PARTS: &[Part] = &[$(Part { file: $file, about: $about }),*];

        /// The records of a part.
        pub(super) async fn records(conn: &mut PgConnection, part: &Part, user_id: Uuid) -> Records {
            match part.file {
                $($file => Ok(sqlx::query_scalar!($sql, user_id).fetch_all(conn).await?),)*
                other => Err(anyhow::anyhow!("there is no part {other}").into()),
            }
        }
    };
}

parts! {
    "profile.jsonl" "Your account."
    r#"select to_jsonb(x) as "line!" from (
           select u.id, u.email, u.name, u.created_at, u.email_verified_at, f.enabled_at as two_step_since
           from users u left join second_factors f on f.user_id = u.id where u.id = $1) x"#

    "identities.jsonl" "Other ways in which you sign in."
    r#"select to_jsonb(x) as "line!" from (
           select kind, subject, created_at, last_used_at from identities where user_id = $1 order by created_at) x"#

    "sessions.jsonl" "Where you are and were signed in."
    r#"select to_jsonb(x) as "line!" from (
           select id, user_agent, address, created_at, last_used_at, revoked_at from sessions
           where user_id = $1 order by created_at) x"#

    "memberships.jsonl" "Where you may go, and your roles there."
    r#"select to_jsonb(x) as "line!" from (
           select id as workspace_id, name as workspace, organization_id, organization_name as organization,
                  workspace_role, organization_role
           from my_workspaces where $1::uuid is not null order by organization_name, name) x"#

    "mails.jsonl" "Mails that were sent to you in the last 30 days, without their text."
    r#"select to_jsonb(x) as "line!" from (
           select recipient, subject, created_at, sent_at from outbox where user_id = $1 order by created_at) x"#
}

/// What the person did, as the audit log has it.
pub(super) const ACTIONS: Part = Part {
    file: "actions.jsonl",
    about: "What you did in the workspaces that you may enter, as their audit logs have it.",
};

/// What the person did in one workspace, after the entry with this id.
pub(super) async fn actions(
    tx: &mut TenantTx,
    scope: &Scope,
    user_id: Uuid,
    after: Uuid,
    most: i64,
) -> Result<Vec<Record>> {
    let rows = sqlx::query_as!(
        Record,
        r#"select x.id as "id!", to_jsonb(x)::text as "line!" from (
               select id, workspace_id, created_at, address, action, object_id, object_name, details
               from audit_log
               where workspace_id = $1 and actor_kind = 'user' and actor_id = $2 and id > $3) x
           order by x.id limit $4"#,
        scope.workspace_id(),
        user_id,
        after,
        most
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// The workspaces that the person may enter.
pub(super) async fn workspaces(tx: &mut TenantTx) -> Result<Vec<Uuid>> {
    let ids = sqlx::query_scalar!(r#"select id as "id!" from my_workspaces order by id"#)
        .fetch_all(&mut **tx)
        .await?;
    Ok(ids)
}
