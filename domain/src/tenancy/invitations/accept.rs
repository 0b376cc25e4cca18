//! Looking at an invitation, and accepting it.

use api_types::ErrorCode;
use api_types::audit::AuditAction;
use api_types::auth::User;
use api_types::tenancy::{InvitationPreview, Role};
use api_types::usage::Quota;
use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;

use super::InvitationToken;
use crate::db::{Db, TenantTx};
use crate::quotas::{self, Plans};
use crate::tenancy::{Actor, Origin, Scope};
use crate::{Error, Result, Services, audit};

/// An invitation as its token finds it.
struct Found {
    id: Uuid,
    organization_id: Uuid,
    organization_name: String,
    /// `None` when it is to the whole organization.
    workspace: Option<(Uuid, String)>,
    role: Role,
    email: Option<String>,
    invited_by: Option<String>,
    expires_at: DateTime<Utc>,
}

/// What a link invites to. Unknown, used, revoked and expired ones can't be told apart.
pub async fn preview(db: &Db, token: &InvitationToken) -> Result<InvitationPreview> {
    let mut tx = db.invited(token).await?;
    let found = find(&mut tx, token).await?;
    Ok(InvitationPreview {
        organization_name: found.organization_name,
        workspace_name: found.workspace.map(|(_, name)| name),
        role: found.role,
        email: found.email,
        invited_by: found.invited_by,
        expires_at: found.expires_at,
    })
}

/// Accepts an invitation for somebody who is signed in. Returns the workspace to go to.
pub async fn accept(
    services: &Services,
    user: &User,
    token: &InvitationToken,
    origin: Origin,
) -> Result<Uuid> {
    let mut tx = services.db.invited(token).await?;
    let workspace_id = accept_in(&mut tx, &services.plans, user, token, origin).await?;
    tx.commit().await?;
    Ok(workspace_id)
}

/// Accepts an invitation in a transaction that may make the person, too, and that sees the invitation.
pub(crate) async fn accept_in(
    tx: &mut TenantTx,
    plans: &Plans,
    user: &User,
    token: &InvitationToken,
    origin: Origin,
) -> Result<Uuid> {
    let found = find(tx, token).await?;
    let is_theirs = |email: &String| email.to_lowercase() == user.email.to_lowercase();
    if !found.email.as_ref().is_none_or(is_theirs) {
        return Err(Error::refused(
            ErrorCode::Forbidden,
            "This invitation is for another e-mail address. Sign in with that one, or ask for an invitation of your own.",
        ));
    }
    tx.bind_organization(found.organization_id).await?;
    let workspace_id = match &found.workspace {
        Some((id, _)) => *id,
        None => first_workspace(tx, found.organization_id).await?,
    };
    tx.bind(workspace_id).await?;
    take(tx, &found, user.id).await?;
    let role = join(tx, &found, user.id).await?;
    quotas::check(tx, plans, &[(Quota::Members, 1)]).await?;
    let scope = Scope::new(Actor::User(user.id), workspace_id, role).from_origin(origin);
    let action = match found.workspace {
        Some(_) => AuditAction::InvitationAccept,
        None => AuditAction::OrganizationInvitationAccept,
    };
    audit::record(tx, &scope, action, found.id, &user.name, json!({ "role": role }));
    Ok(workspace_id)
}

async fn find(tx: &mut TenantTx, token: &InvitationToken) -> Result<Found> {
    let row = sqlx::query!(
        r#"select i.id as "id!", o.id as "organization_id!", o.name as "organization_name!",
                  w.id as "workspace_id?", w.name as "workspace_name?", i.role as "role!", i.email,
                  u.name as "invited_by?", i.expires_at as "expires_at!"
           from (
               select id, organization_id, null::uuid as workspace_id, role, email, created_by, expires_at,
                      accepted_at, revoked_at
               from organization_invitations where token_hash = $1
               union all
               select i.id, w.organization_id, i.workspace_id, i.role, i.email, i.created_by, i.expires_at,
                      i.accepted_at, i.revoked_at
               from workspace_invitations i join workspaces w on w.id = i.workspace_id
               where i.token_hash = $1 and w.deletes_at is null
           ) i
           join organizations o on o.id = i.organization_id
           left join workspaces w on w.id = i.workspace_id
           left join users u on u.id = i.created_by
           where i.accepted_at is null and i.revoked_at is null and i.expires_at > now() and o.deletes_at is null"#,
        token.hash()
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or_else(gone)?;
    Ok(Found {
        id: row.id,
        organization_id: row.organization_id,
        organization_name: row.organization_name,
        workspace: row.workspace_id.zip(row.workspace_name),
        role: row.role.parse().map_err(anyhow::Error::from)?,
        email: row.email,
        invited_by: row.invited_by,
        expires_at: row.expires_at,
    })
}

/// Uses it up. Of two who accept at the same moment, the later one finds it gone.
async fn take(tx: &mut TenantTx, found: &Found, user_id: Uuid) -> Result<()> {
    let taken = if found.workspace.is_some() {
        sqlx::query!(
            "update workspace_invitations set accepted_at = now(), accepted_by = $2
             where id = $1 and accepted_at is null and revoked_at is null",
            found.id,
            user_id
        )
        .execute(&mut **tx)
        .await?
    } else {
        sqlx::query!(
            "update organization_invitations set accepted_at = now(), accepted_by = $2
             where id = $1 and accepted_at is null and revoked_at is null",
            found.id,
            user_id
        )
        .execute(&mut **tx)
        .await?
    };
    if taken.rows_affected() == 0 {
        return Err(gone());
    }
    Ok(())
}

/// Makes a member of them, or raises their role if they are one already. Returns the role they have then.
async fn join(tx: &mut TenantTx, found: &Found, user_id: Uuid) -> Result<Role> {
    let current = if let Some((workspace_id, _)) = found.workspace {
        sqlx::query!(
            "select role, suspended_at from workspace_members where workspace_id = $1 and user_id = $2 for update",
            workspace_id,
            user_id
        )
        .fetch_optional(&mut **tx)
        .await?
        .map(|row| (row.role, row.suspended_at))
    } else {
        sqlx::query!(
            "select role, suspended_at from organization_members
             where organization_id = $1 and user_id = $2 for update",
            found.organization_id,
            user_id
        )
        .fetch_optional(&mut **tx)
        .await?
        .map(|row| (row.role, row.suspended_at))
    };
    let mut role = found.role;
    if let Some((current, suspended_at)) = current {
        if suspended_at.is_some() {
            return Err(Error::refused(
                ErrorCode::Forbidden,
                "You are suspended there. Ask an admin to let you in again.",
            ));
        }
        role = role.max(current.parse().map_err(anyhow::Error::from)?);
    }
    if let Some((workspace_id, _)) = found.workspace {
        sqlx::query!(
            "insert into workspace_members (workspace_id, user_id, role) values ($1, $2, $3)
             on conflict (workspace_id, user_id) do update set role = excluded.role",
            workspace_id,
            user_id,
            role.as_str()
        )
        .execute(&mut **tx)
        .await?;
    } else {
        sqlx::query!(
            "insert into organization_members (organization_id, user_id, role) values ($1, $2, $3)
             on conflict (organization_id, user_id) do update set role = excluded.role",
            found.organization_id,
            user_id,
            role.as_str()
        )
        .execute(&mut **tx)
        .await?;
    }
    Ok(role)
}

async fn first_workspace(tx: &mut TenantTx, organization_id: Uuid) -> Result<Uuid> {
    sqlx::query_scalar!(
        "select id from workspaces where organization_id = $1 and deletes_at is null order by created_at limit 1",
        organization_id
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or_else(gone)
}

fn gone() -> Error {
    Error::refused(
        ErrorCode::InvitationGone,
        "This invitation was used, taken back, has expired or never was. Ask for another one.",
    )
}
