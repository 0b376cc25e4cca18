//! The end of a workspace or an organization: closed at once, removed when a time of grace is over, restored until then.

use api_types::ErrorCode;
use api_types::audit::AuditAction;
use api_types::tenancy::{ClosedOrganization, Role};
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use serde_json::json;
use uuid::Uuid;

use super::OrganizationScope;
use crate::db::{Db, TenantTx};
use crate::{Error, Result, Services, audit};

/// How long what was deleted can be restored.
const GRACE: TimeDelta = TimeDelta::days(7);

/// Closes a workspace of the organization: nobody may enter it, its bots and keys stop working. Needs the role owner in
/// the organization. The last one that is open stays: then it is the organization that ends.
pub async fn close_workspace(
    services: &Services,
    scope: &OrganizationScope,
    id: Uuid,
) -> Result<DateTime<Utc>> {
    scope.require(Role::Owner)?;
    let deletes_at = in_grace();
    let mut tx = services.db.organization(scope).await?;
    // Two who close the last two at the same moment wait for each other.
    let open = sqlx::query!(
        r#"select w.id, w.name from organizations o join workspaces w on w.organization_id = o.id
           where o.id = $1 and w.deletes_at is null for update"#,
        scope.organization_id()
    )
    .fetch_all(&mut *tx)
    .await?;
    let name = open.iter().find(|workspace| workspace.id == id);
    let name = name
        .ok_or_else(|| Error::not_found("open workspace"))?
        .name
        .clone();
    if open.len() == 1 {
        return Err(Error::refused(
            ErrorCode::LastWorkspace,
            "An organization needs a workspace. Make another one first, or delete the organization.",
        ));
    }
    sqlx::query!(
        "update workspaces set deletes_at = $2, closed_by = $3, closed_at = now() where id = $1",
        id,
        deletes_at,
        scope.user_id()
    )
    .execute(&mut *tx)
    .await?;
    let details = json!({ "deletes_at": deletes_at });
    audit::record(
        &mut tx,
        scope.scope(),
        AuditAction::WorkspaceClose,
        id,
        &name,
        details,
    );
    let bots = bots(&mut tx, &[id]).await?;
    tx.commit().await?;
    forget(services, &bots).await;
    Ok(deletes_at)
}

/// Opens a workspace of the organization again. Needs the role owner in the organization.
pub async fn restore_workspace(services: &Services, scope: &OrganizationScope, id: Uuid) -> Result<()> {
    scope.require(Role::Owner)?;
    let mut tx = services.db.organization(scope).await?;
    let restored = sqlx::query!(
        "update workspaces set deletes_at = null, closed_by = null, closed_at = null
         where id = $1 and organization_id = $2 and deletes_at > now() returning name",
        id,
        scope.organization_id()
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or_else(|| Error::not_found("closed workspace"))?;
    audit::record(
        &mut tx,
        scope.scope(),
        AuditAction::WorkspaceRestore,
        id,
        &restored.name,
        json!({}),
    );
    tx.commit().await
}

/// Closes the organization with all its workspaces. Needs the role owner in it, and its name, typed again.
pub async fn close_organization(
    services: &Services,
    scope: &OrganizationScope,
    name: &str,
) -> Result<DateTime<Utc>> {
    scope.require(Role::Owner)?;
    let deletes_at = in_grace();
    let mut tx = services.db.organization(scope).await?;
    let closed = sqlx::query!(
        "update organizations set deletes_at = $3, closed_by = $4, closed_at = now()
         where id = $1 and name = $2 and deletes_at is null",
        scope.organization_id(),
        name.trim(),
        deletes_at,
        scope.user_id()
    )
    .execute(&mut *tx)
    .await?;
    if closed.rows_affected() == 0 {
        return Err(Error::field(
            "name",
            "Type the name of the organization as it is.",
        ));
    }
    let details = json!({ "deletes_at": deletes_at });
    let id = scope.organization_id();
    audit::record(
        &mut tx,
        scope.scope(),
        AuditAction::OrganizationClose,
        id,
        name.trim(),
        details,
    );
    let workspaces = sqlx::query_scalar!("select id from workspaces where organization_id = $1", id)
        .fetch_all(&mut *tx)
        .await?;
    let bots = bots(&mut tx, &workspaces).await?;
    tx.commit().await?;
    forget(services, &bots).await;
    Ok(deletes_at)
}

/// The closed organizations that the person owns.
pub async fn closed_organizations(db: &Db, user_id: Uuid) -> Result<Vec<ClosedOrganization>> {
    let mut tx = db.person(user_id).await?;
    let rows = sqlx::query_as!(
        ClosedOrganization,
        r#"select o.id, o.name, o.deletes_at as "deletes_at!"
           from organization_members m join organizations o on o.id = m.organization_id
           where m.user_id = $1 and m.role = 'owner' and m.suspended_at is null and o.deletes_at > now()
           order by o.name"#,
        user_id
    )
    .fetch_all(&mut *tx)
    .await?;
    Ok(rows)
}

/// Opens an organization again that the person owns.
pub async fn restore_organization(db: &Db, user_id: Uuid, id: Uuid) -> Result<()> {
    let mut tx = db.person(user_id).await?;
    let restored = sqlx::query!(
        "update organizations o set deletes_at = null, closed_by = null, closed_at = null
         where o.id = $2 and o.deletes_at > now() and exists (
             select from organization_members m
             where m.organization_id = o.id and m.user_id = $1 and m.role = 'owner' and m.suspended_at is null)",
        user_id,
        id
    )
    .execute(&mut *tx)
    .await?;
    if restored.rows_affected() == 0 {
        return Err(Error::not_found("closed organization"));
    }
    tx.commit().await
}

/// Closes organizations whose only member deletes their account: there is nobody who could restore them. Answers the bots of
/// their workspaces. The transaction is bound to another workspace after this.
pub(crate) async fn close_for_good(
    tx: &mut TenantTx,
    organizations: &[Uuid],
    workspaces: &[Uuid],
) -> Result<Vec<Uuid>> {
    sqlx::query!(
        "update organizations set deletes_at = now(), closed_at = now() where id = any($1)",
        organizations
    )
    .execute(&mut **tx)
    .await?;
    bots(tx, workspaces).await
}

/// The bots of workspaces that are being closed. The transaction is bound to another workspace after this.
async fn bots(tx: &mut TenantTx, workspaces: &[Uuid]) -> Result<Vec<Uuid>> {
    let mut bots = Vec::new();
    for workspace_id in workspaces {
        tx.bind(*workspace_id).await?;
        let ids = sqlx::query_scalar!("select id from bots where workspace_id = $1", workspace_id);
        bots.extend(ids.fetch_all(&mut **tx).await?);
    }
    Ok(bots)
}

/// When what is closed now is removed; in whole seconds, as Postgres would cut off what is below a microsecond.
fn in_grace() -> DateTime<Utc> {
    (Utc::now() + GRACE).trunc_subsecs(0)
}

/// They answer nobody from now on, on no replica.
async fn forget(services: &Services, bots: &[Uuid]) {
    for id in bots {
        services.live_bots.changed(&services.redis, *id).await;
    }
}
