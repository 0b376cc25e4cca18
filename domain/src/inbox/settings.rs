//! When people answer, and who is told that a visitor waits.

use api_types::audit::AuditAction;
use api_types::inbox::{InboxNotifications, OfficeHours};
use api_types::tenancy::Role;
use serde_json::json;
use uuid::Uuid;

use super::hours;
use crate::db::Db;
use crate::{Error, Result, Scope, Services, audit};

/// The workspace's office hours.
pub async fn office_hours(db: &Db, scope: &Scope) -> Result<OfficeHours> {
    let mut tx = db.tenant(scope).await?;
    let stored = sqlx::query_scalar!(
        "select hours from office_hours where workspace_id = $1",
        scope.workspace_id()
    )
    .fetch_optional(&mut *tx)
    .await?;
    hours::read(stored)
}

/// Changes them. Needs the role admin.
pub async fn save_office_hours(
    services: &Services,
    scope: &Scope,
    wanted: &OfficeHours,
) -> Result<OfficeHours> {
    scope.require(Role::Admin)?;
    wanted.check().map_err(Error::validation)?;
    if hours::zone(&wanted.time_zone).is_none() {
        return Err(Error::field(
            "time_zone",
            "Choose a time zone such as Europe/Paris.",
        ));
    }
    let mut tx = services.db.tenant(scope).await?;
    sqlx::query!(
        "insert into office_hours (workspace_id, hours) values ($1, $2)
         on conflict (workspace_id) do update set hours = excluded.hours, updated_at = now()",
        scope.workspace_id(),
        json!(wanted)
    )
    .execute(&mut *tx)
    .await?;
    audit::record(
        &mut tx,
        scope,
        AuditAction::OfficeHoursChange,
        scope.workspace_id(),
        "",
        json!(wanted),
    );
    // Live bots know them.
    services
        .live_bots
        .commit_for_all(&services.redis, scope, tx)
        .await?;
    Ok(wanted.clone())
}

/// What somebody is told of in this workspace.
pub async fn notifications(db: &Db, scope: &Scope, user_id: Uuid) -> Result<InboxNotifications> {
    let mut tx = db.tenant(scope).await?;
    let by_mail = sqlx::query_scalar!(
        "select by_mail from inbox_notifications where workspace_id = $1 and user_id = $2",
        scope.workspace_id(),
        user_id
    )
    .fetch_optional(&mut *tx)
    .await?;
    Ok(InboxNotifications {
        by_mail: by_mail.unwrap_or(scope.role() >= Role::Editor),
    })
}

/// Changes that.
pub async fn save_notifications(
    db: &Db,
    scope: &Scope,
    user_id: Uuid,
    wanted: InboxNotifications,
) -> Result<InboxNotifications> {
    let mut tx = db.tenant(scope).await?;
    sqlx::query!(
        "insert into inbox_notifications (workspace_id, user_id, by_mail) values ($1, $2, $3)
         on conflict (workspace_id, user_id) do update set by_mail = excluded.by_mail",
        scope.workspace_id(),
        user_id,
        wanted.by_mail
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(wanted)
}
