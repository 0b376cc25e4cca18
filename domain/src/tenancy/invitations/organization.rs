//! Invitations to an organization, with all its workspaces.

use api_types::audit::AuditAction;
use api_types::tenancy::{CreateInvitationRequest, Invitation, Role};
use serde_json::json;
use uuid::Uuid;

use super::{Draft, NewInvitation, Row};
use crate::db::Db;
use crate::tenancy::OrganizationScope;
use crate::{Error, Result, audit};

/// Those that are still open, newest first. Needs the role admin.
pub async fn list(db: &Db, scope: &OrganizationScope) -> Result<Vec<Invitation>> {
    scope.require(Role::Admin)?;
    let mut tx = db.organization(scope).await?;
    let rows = sqlx::query_as!(
        Row,
        r#"select i.id, i.role, i.email, u.name as "invited_by?", i.created_at, i.expires_at
           from organization_invitations i left join users u on u.id = i.created_by
           where i.organization_id = $1 and i.accepted_at is null and i.revoked_at is null and i.expires_at > now()
           order by i.created_at desc"#,
        scope.organization_id()
    )
    .fetch_all(&mut *tx)
    .await?;
    rows.into_iter().map(Invitation::try_from).collect()
}

/// Makes an invitation. Needs the role admin.
pub async fn create(
    db: &Db,
    scope: &OrganizationScope,
    request: &CreateInvitationRequest,
) -> Result<NewInvitation> {
    scope.require(Role::Admin)?;
    let draft = Draft::new(scope.role(), request)?;
    let mut tx = db.organization(scope).await?;
    let made = sqlx::query!(
        r#"insert into organization_invitations (organization_id, id, role, email, token_hash, created_by, expires_at)
           values ($1, $2, $3, $4, $5, $6, $7)
           returning created_at, (select name from users where id = $6) as invited_by"#,
        scope.organization_id(),
        draft.id,
        draft.role.as_str(),
        draft.email,
        draft.token.hash(),
        scope.user_id(),
        draft.expires_at
    )
    .fetch_one(&mut *tx)
    .await?;
    audit::record(
        &mut tx,
        scope.scope(),
        AuditAction::OrganizationInvitationCreate,
        draft.id,
        draft.email.as_deref().unwrap_or_default(),
        draft.details(),
    );
    tx.commit().await?;
    Ok(draft.made(made.invited_by, made.created_at))
}

/// Takes an invitation back; its link stops working at once. Needs the role admin.
pub async fn revoke(db: &Db, scope: &OrganizationScope, id: Uuid) -> Result<()> {
    scope.require(Role::Admin)?;
    let mut tx = db.organization(scope).await?;
    let revoked = sqlx::query_scalar!(
        "update organization_invitations set revoked_at = now()
         where organization_id = $1 and id = $2 and accepted_at is null and revoked_at is null
         returning email",
        scope.organization_id(),
        id
    )
    .fetch_optional(&mut *tx)
    .await?;
    let whom = revoked.ok_or_else(|| Error::not_found("open invitation"))?;
    let whom = whom.unwrap_or_default();
    audit::record(
        &mut tx,
        scope.scope(),
        AuditAction::OrganizationInvitationRevoke,
        id,
        &whom,
        json!({}),
    );
    tx.commit().await
}
