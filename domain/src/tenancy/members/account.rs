//! What becomes of a person's memberships when their account is deleted.

use api_types::ErrorCode;
use api_types::audit::AuditAction;
use api_types::tenancy::Role;
use serde_json::json;
use uuid::Uuid;

use super::workspace;
use crate::db::TenantTx;
use crate::tenancy::{Actor, Origin, Scope};
use crate::{Error, Result, audit};

/// What somebody who deletes their account leaves behind.
#[derive(Debug, Default)]
pub(crate) struct Left {
    /// Organizations that nobody else belongs to; they go with the account.
    pub alone: Vec<Uuid>,
    /// The workspaces of those.
    pub workspaces: Vec<Uuid>,
    /// How many memberships ended.
    pub memberships: u64,
}

/// Takes the person out of every organization and workspace, in a transaction that is bound to them. It is bound to another
/// workspace after this. Refuses while an organization would be left to others without an owner.
pub(crate) async fn leave_everywhere(tx: &mut TenantTx, user_id: Uuid, origin: Origin) -> Result<Left> {
    let organizations = sqlx::query!(
        r#"select o.id, o.name, m.role, o.deletes_at is not null as "is_closed!"
         from organization_members m join organizations o on o.id = m.organization_id
         where m.user_id = $1 order by o.id"#,
        user_id
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut left = Left::default();
    let mut orphans = Vec::new();
    for organization in organizations {
        left.memberships += 1;
        let workspaces = lock(tx, organization.id).await?;
        let is_last_owner = organization.role == Role::Owner.as_str()
            && !has_other_owner(tx, organization.id, user_id).await?;
        if !is_last_owner {
            leave(tx, organization.id, &workspaces, user_id, origin).await?;
        } else if organization.is_closed || !has_others(tx, organization.id, &workspaces, user_id).await? {
            left.alone.push(organization.id);
            left.workspaces.extend(workspaces);
        } else {
            orphans.push(organization.name);
        }
    }
    if !orphans.is_empty() {
        return Err(Error::refused(
            ErrorCode::LastOwner,
            format!(
                "Others belong to {}, and you are the only owner there. Make somebody else the owner or delete it first; \
                 nothing was deleted.",
                orphans.join(", ")
            ),
        ));
    }
    leave_as_guest(tx, user_id, origin, &mut left).await?;
    Ok(left)
}

/// Locks an organization, so that nobody joins it meanwhile, and binds the transaction to it. Answers its workspaces.
async fn lock(tx: &mut TenantTx, id: Uuid) -> Result<Vec<Uuid>> {
    tx.bind_organization(id).await?;
    sqlx::query!("select id from organizations where id = $1 for update", id)
        .fetch_one(&mut **tx)
        .await?;
    let workspaces = sqlx::query_scalar!(
        "select id from workspaces where organization_id = $1 order by id",
        id
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(workspaces)
}

async fn has_other_owner(tx: &mut TenantTx, organization_id: Uuid, user_id: Uuid) -> Result<bool> {
    let found = sqlx::query_scalar!(
        r#"select exists (select from organization_members
           where organization_id = $1 and user_id <> $2 and role = 'owner' and suspended_at is null) as "found!""#,
        organization_id,
        user_id
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(found)
}

/// Whether anybody else belongs to the organization, or is a guest in one of its workspaces.
async fn has_others(
    tx: &mut TenantTx,
    organization_id: Uuid,
    workspaces: &[Uuid],
    user_id: Uuid,
) -> Result<bool> {
    let is_member = sqlx::query_scalar!(
        r#"select exists (select from organization_members where organization_id = $1 and user_id <> $2) as "found!""#,
        organization_id,
        user_id
    )
    .fetch_one(&mut **tx)
    .await?;
    if is_member {
        return Ok(true);
    }
    for workspace_id in workspaces {
        tx.bind(*workspace_id).await?;
        let is_guest = sqlx::query_scalar!(
            r#"select exists (select from workspace_members where workspace_id = $1 and user_id <> $2) as "found!""#,
            workspace_id,
            user_id
        )
        .fetch_one(&mut **tx)
        .await?;
        if is_guest {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Takes the person out of an organization that goes on without them. What they handed out ends with them.
async fn leave(
    tx: &mut TenantTx,
    organization_id: Uuid,
    workspaces: &[Uuid],
    user_id: Uuid,
    origin: Origin,
) -> Result<()> {
    sqlx::query!(
        "update organization_invitations set revoked_at = now()
         where organization_id = $1 and created_by = $2 and accepted_at is null and revoked_at is null",
        organization_id,
        user_id
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "delete from organization_members where organization_id = $1 and user_id = $2",
        organization_id,
        user_id
    )
    .execute(&mut **tx)
    .await?;
    for workspace_id in workspaces {
        tx.bind(*workspace_id).await?;
        workspace::revoke_invitations_of(tx, *workspace_id, user_id).await?;
    }
    if let Some(workspace_id) = workspaces.first() {
        let action = AuditAction::OrganizationMemberAccountDelete;
        record(tx, *workspace_id, user_id, origin, action);
    }
    Ok(())
}

/// Ends what is left: roles in workspaces of organizations that stay.
async fn leave_as_guest(tx: &mut TenantTx, user_id: Uuid, origin: Origin, left: &mut Left) -> Result<()> {
    let workspaces = sqlx::query_scalar!(
        "select workspace_id from workspace_members where user_id = $1 and workspace_id <> all($2)",
        user_id,
        &left.workspaces
    )
    .fetch_all(&mut **tx)
    .await?;
    for workspace_id in workspaces {
        tx.bind(workspace_id).await?;
        workspace::revoke_invitations_of(tx, workspace_id, user_id).await?;
        sqlx::query!(
            "delete from workspace_members where workspace_id = $1 and user_id = $2",
            workspace_id,
            user_id
        )
        .execute(&mut **tx)
        .await?;
        record(
            tx,
            workspace_id,
            user_id,
            origin,
            AuditAction::MemberAccountDelete,
        );
        left.memberships += 1;
    }
    Ok(())
}

/// Without a name: it is written when the person's row is gone.
fn record(tx: &mut TenantTx, workspace_id: Uuid, user_id: Uuid, origin: Origin, action: AuditAction) {
    let scope = Scope::new(Actor::User(user_id), workspace_id, Role::Viewer).from_origin(origin);
    audit::record(tx, &scope, action, user_id, "", json!({}));
}
