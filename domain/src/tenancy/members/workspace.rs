//! Members of one workspace: those of its organization, and guests.

use api_types::ErrorCode;
use api_types::audit::AuditAction;
use api_types::tenancy::{ChangeMemberRequest, Member, Role};
use serde_json::json;
use uuid::Uuid;

use super::super::memberships::highest;
use super::{check_rank, not_oneself};
use crate::db::{Db, TenantTx};
use crate::{Error, Result, Scope, audit};

/// Everybody who may enter the workspace, or is suspended in it, by name.
pub async fn list(db: &Db, scope: &Scope) -> Result<Vec<Member>> {
    let mut tx = begin(db, scope).await?;
    select(&mut tx, scope, None).await
}

/// Changes the role of a member in this workspace, suspends them or lets them in again. Needs the role admin.
pub async fn change(db: &Db, scope: &Scope, user_id: Uuid, request: &ChangeMemberRequest) -> Result<Member> {
    scope.require(Role::Admin)?;
    not_oneself(scope.user_id() == Some(user_id), request)?;
    let mut tx = begin(db, scope).await?;
    let member = find(&mut tx, scope, user_id).await?;
    check_rank(scope.role(), member.role, request.role)?;
    let role = request.role.or(member.workspace_role).unwrap_or(Role::Viewer);
    // A member of the organization gets a row of their own here with the first change.
    sqlx::query!(
        "insert into workspace_members (workspace_id, user_id, role, suspended_at)
         values ($1, $2, $3, case when $4 then now() end)
         on conflict (workspace_id, user_id) do update set role = excluded.role,
             suspended_at = case coalesce($4, workspace_members.suspended_at is not null)
                 when true then coalesce(workspace_members.suspended_at, now()) end",
        scope.workspace_id(),
        user_id,
        role.as_str(),
        request.is_suspended
    )
    .execute(&mut *tx)
    .await?;
    let changed = find(&mut tx, scope, user_id).await?;
    if changed.is_suspended {
        revoke_invitations_of(&mut tx, scope.workspace_id(), user_id).await?;
    }
    let details = json!({ "role": role, "is_suspended": changed.is_suspended });
    audit::record(
        &mut tx,
        scope,
        AuditAction::MemberChange,
        user_id,
        &changed.name,
        details,
    );
    tx.commit().await?;
    Ok(changed)
}

/// Takes a guest out of the workspace, or leaves it oneself. Removing others needs the role admin.
pub async fn remove(db: &Db, scope: &Scope, user_id: Uuid) -> Result<()> {
    let is_oneself = scope.user_id() == Some(user_id);
    if !is_oneself {
        scope.require(Role::Admin)?;
    }
    let mut tx = begin(db, scope).await?;
    let member = find(&mut tx, scope, user_id).await?;
    check_rank(scope.role(), member.role, None)?;
    if member.organization_role.is_some() {
        return Err(Error::refused(
            ErrorCode::Forbidden,
            "Members of the organization may enter each of its workspaces. Remove them there, or suspend them here.",
        ));
    }
    sqlx::query!(
        "delete from workspace_members where workspace_id = $1 and user_id = $2",
        scope.workspace_id(),
        user_id
    )
    .execute(&mut *tx)
    .await?;
    revoke_invitations_of(&mut tx, scope.workspace_id(), user_id).await?;
    let action = if is_oneself {
        AuditAction::MemberLeave
    } else {
        AuditAction::MemberRemove
    };
    audit::record(&mut tx, scope, action, user_id, &member.name, json!({}));
    tx.commit().await
}

/// A transaction that sees the members of the workspace and of its organization.
async fn begin(db: &Db, scope: &Scope) -> Result<TenantTx> {
    let mut tx = db.tenant(scope).await?;
    let organization_id = sqlx::query_scalar!(
        "select organization_id from workspaces where id = $1",
        scope.workspace_id()
    )
    .fetch_one(&mut *tx)
    .await?;
    tx.bind_organization(organization_id).await?;
    Ok(tx)
}

async fn find(tx: &mut TenantTx, scope: &Scope, user_id: Uuid) -> Result<Member> {
    let found = select(tx, scope, Some(user_id)).await?;
    found.into_iter().next().ok_or_else(|| Error::not_found("member"))
}

/// The members, or the one with this id. Rows of the workspace and of its organization are all that can be seen.
async fn select(tx: &mut TenantTx, scope: &Scope, user_id: Option<Uuid>) -> Result<Vec<Member>> {
    let rows = sqlx::query!(
        r#"select u.id, u.name, u.email, wm.role as "workspace_role?", om.role as "organization_role?",
                  (wm.suspended_at is not null or om.suspended_at is not null) as "is_suspended!",
                  least(wm.created_at, om.created_at) as "joined_at!"
           from (select m.user_id from workspace_members m where m.workspace_id = $1
                 union
                 select m.user_id from organization_members m) members
           join users u on u.id = members.user_id
           left join workspace_members wm on wm.user_id = u.id and wm.workspace_id = $1
           left join organization_members om on om.user_id = u.id
           where $2::uuid is null or u.id = $2
           order by lower(u.name), u.id"#,
        scope.workspace_id(),
        user_id
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut members = Vec::new();
    for row in rows {
        let parse = |role: Option<&str>| role.map(str::parse::<Role>).transpose();
        let workspace_role = parse(row.workspace_role.as_deref()).map_err(anyhow::Error::from)?;
        let organization_role = parse(row.organization_role.as_deref()).map_err(anyhow::Error::from)?;
        let role = highest([row.workspace_role, row.organization_role])?;
        members.push(Member {
            user_id: row.id,
            name: row.name,
            email: row.email,
            role: role.ok_or_else(|| anyhow::anyhow!("a member without a role"))?,
            workspace_role,
            organization_role,
            is_suspended: row.is_suspended,
            joined_at: row.joined_at,
        });
    }
    Ok(members)
}

/// What somebody handed out must not outlive their own right to be here.
pub(super) async fn revoke_invitations_of(
    tx: &mut TenantTx,
    workspace_id: Uuid,
    user_id: Uuid,
) -> Result<()> {
    sqlx::query!(
        "update workspace_invitations set revoked_at = now()
         where workspace_id = $1 and created_by = $2 and accepted_at is null and revoked_at is null",
        workspace_id,
        user_id
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
