//! Members of an organization.

use api_types::ErrorCode;
use api_types::audit::AuditAction;
use api_types::tenancy::{ChangeMemberRequest, Member, Role};
use serde_json::json;
use uuid::Uuid;

use super::{check_rank, not_oneself, workspace};
use crate::db::{Db, TenantTx};
use crate::tenancy::OrganizationScope;
use crate::{Error, Result, audit};

/// Everybody who belongs to the organization, by name.
pub async fn list(db: &Db, scope: &OrganizationScope) -> Result<Vec<Member>> {
    let mut tx = db.organization(scope).await?;
    select(&mut tx, scope, None).await
}

/// Changes the role of a member, suspends them or lets them in again. Needs the role admin.
pub async fn change(
    db: &Db,
    scope: &OrganizationScope,
    user_id: Uuid,
    request: &ChangeMemberRequest,
) -> Result<Member> {
    scope.require(Role::Admin)?;
    not_oneself(scope.user_id() == user_id, request)?;
    let mut tx = db.organization(scope).await?;
    lock_owners(&mut tx, scope).await?;
    let member = find(&mut tx, scope, user_id).await?;
    check_rank(scope.role(), member.role, request.role)?;
    let role = request.role.unwrap_or(member.role);
    let is_suspended = request.is_suspended.unwrap_or(member.is_suspended);
    sqlx::query!(
        "update organization_members set role = $3,
             suspended_at = case when $4 then coalesce(suspended_at, now()) end
         where organization_id = $1 and user_id = $2",
        scope.organization_id(),
        user_id,
        role.as_str(),
        is_suspended
    )
    .execute(&mut *tx)
    .await?;
    has_owner(&mut tx, scope).await?;
    let changed = find(&mut tx, scope, user_id).await?;
    let details = json!({ "role": role, "is_suspended": is_suspended });
    audit::record(
        &mut tx,
        scope.scope(),
        AuditAction::OrganizationMemberChange,
        user_id,
        &changed.name,
        details,
    );
    if is_suspended {
        revoke_invitations_of(&mut tx, scope, user_id).await?;
    }
    tx.commit().await?;
    Ok(changed)
}

/// Takes somebody out of the organization with all its workspaces, or leaves it oneself. Removing others needs the role
/// admin.
pub async fn remove(db: &Db, scope: &OrganizationScope, user_id: Uuid) -> Result<()> {
    let is_oneself = scope.user_id() == user_id;
    if !is_oneself {
        scope.require(Role::Admin)?;
    }
    let mut tx = db.organization(scope).await?;
    lock_owners(&mut tx, scope).await?;
    let member = find(&mut tx, scope, user_id).await?;
    check_rank(scope.role(), member.role, None)?;
    sqlx::query!(
        "delete from organization_members where organization_id = $1 and user_id = $2",
        scope.organization_id(),
        user_id
    )
    .execute(&mut *tx)
    .await?;
    has_owner(&mut tx, scope).await?;
    let action = if is_oneself {
        AuditAction::OrganizationMemberLeave
    } else {
        AuditAction::OrganizationMemberRemove
    };
    audit::record(&mut tx, scope.scope(), action, user_id, &member.name, json!({}));
    revoke_invitations_of(&mut tx, scope, user_id).await?;
    for workspace_id in workspaces(&mut tx, scope).await? {
        tx.bind(workspace_id).await?;
        sqlx::query!(
            "delete from workspace_members where workspace_id = $1 and user_id = $2",
            workspace_id,
            user_id
        )
        .execute(&mut *tx)
        .await?;
    }
    tx.commit().await
}

/// Makes a member the owner, and an admin of who was it.
pub async fn transfer(db: &Db, scope: &OrganizationScope, user_id: Uuid) -> Result<()> {
    scope.require(Role::Owner)?;
    if scope.user_id() == user_id {
        return Err(Error::field("user_id", "Choose somebody else."));
    }
    let mut tx = db.organization(scope).await?;
    lock_owners(&mut tx, scope).await?;
    let member = find(&mut tx, scope, user_id).await?;
    if member.is_suspended {
        return Err(Error::field("user_id", "They are suspended; let them in first."));
    }
    for (user_id, role) in [(user_id, Role::Owner), (scope.user_id(), Role::Admin)] {
        sqlx::query!(
            "update organization_members set role = $3 where organization_id = $1 and user_id = $2",
            scope.organization_id(),
            user_id,
            role.as_str()
        )
        .execute(&mut *tx)
        .await?;
    }
    audit::record(
        &mut tx,
        scope.scope(),
        AuditAction::OrganizationTransfer,
        scope.organization_id(),
        &member.name,
        json!({ "to": user_id }),
    );
    tx.commit().await
}

/// Whoever may change who the owners are waits for the other one: two owners who leave at the same moment would leave
/// none behind.
async fn lock_owners(tx: &mut TenantTx, scope: &OrganizationScope) -> Result<()> {
    sqlx::query!(
        "select id from organizations where id = $1 for update",
        scope.organization_id()
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(())
}

async fn has_owner(tx: &mut TenantTx, scope: &OrganizationScope) -> Result<()> {
    let owners = sqlx::query_scalar!(
        r#"select count(*) as "count!" from organization_members
           where organization_id = $1 and role = 'owner' and suspended_at is null"#,
        scope.organization_id()
    )
    .fetch_one(&mut **tx)
    .await?;
    if owners > 0 {
        return Ok(());
    }
    Err(Error::refused(
        ErrorCode::LastOwner,
        "An organization needs an owner. Make somebody else the owner first, or delete the organization.",
    ))
}

async fn find(tx: &mut TenantTx, scope: &OrganizationScope, user_id: Uuid) -> Result<Member> {
    let found = select(tx, scope, Some(user_id)).await?;
    found.into_iter().next().ok_or_else(|| Error::not_found("member"))
}

async fn select(tx: &mut TenantTx, scope: &OrganizationScope, user_id: Option<Uuid>) -> Result<Vec<Member>> {
    let rows = sqlx::query!(
        r#"select u.id, u.name, u.email, m.role, m.suspended_at is not null as "is_suspended!", m.created_at
           from organization_members m join users u on u.id = m.user_id
           where m.organization_id = $1 and ($2::uuid is null or m.user_id = $2)
           order by lower(u.name), u.id"#,
        scope.organization_id(),
        user_id
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut members = Vec::new();
    for row in rows {
        let role: Role = row.role.parse().map_err(anyhow::Error::from)?;
        members.push(Member {
            user_id: row.id,
            name: row.name,
            email: row.email,
            role,
            workspace_role: None,
            organization_role: Some(role),
            is_suspended: row.is_suspended,
            joined_at: row.created_at,
        });
    }
    Ok(members)
}

/// What somebody handed out must not outlive their own right to be here. The transaction is bound to another workspace
/// after this.
async fn revoke_invitations_of(tx: &mut TenantTx, scope: &OrganizationScope, user_id: Uuid) -> Result<()> {
    sqlx::query!(
        "update organization_invitations set revoked_at = now()
         where organization_id = $1 and created_by = $2 and accepted_at is null and revoked_at is null",
        scope.organization_id(),
        user_id
    )
    .execute(&mut **tx)
    .await?;
    for workspace_id in workspaces(tx, scope).await? {
        tx.bind(workspace_id).await?;
        workspace::revoke_invitations_of(tx, workspace_id, user_id).await?;
    }
    Ok(())
}

async fn workspaces(tx: &mut TenantTx, scope: &OrganizationScope) -> Result<Vec<Uuid>> {
    let ids = sqlx::query_scalar!(
        "select id from workspaces where organization_id = $1",
        scope.organization_id()
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(ids)
}
