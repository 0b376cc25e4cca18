//! Workspaces and who may enter them.

use api_types::ErrorCode;
use api_types::audit::AuditAction;
use api_types::tenancy::{Role, Workspace};
use api_types::validate::Checker;
use serde_json::json;
use uuid::Uuid;

use super::{Actor, Origin, Scope};
use crate::db::{Db, TenantTx};
use crate::error::violates;
use crate::{Error, Result, audit};

/// Makes an organization with one workspace for a new user, who owns both. Returns the workspace's id.
pub(crate) async fn found_organization(tx: &mut TenantTx, user_id: Uuid, user_name: &str) -> Result<Uuid> {
    let organization_id = Uuid::now_v7();
    let name = format!("{user_name}'s organization");
    sqlx::query!(
        "insert into organizations (id, name) values ($1, $2)",
        organization_id,
        name
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "insert into organization_members (organization_id, user_id, role) values ($1, $2, 'owner')",
        organization_id,
        user_id
    )
    .execute(&mut **tx)
    .await?;
    // A sign-up has no scope that would say where it came from.
    insert_workspace(tx, organization_id, user_id, Origin::default(), "My workspace").await
}

async fn insert_workspace(
    tx: &mut TenantTx,
    organization_id: Uuid,
    user_id: Uuid,
    origin: Origin,
    name: &str,
) -> Result<Uuid> {
    let id = Uuid::now_v7();
    let inserted = sqlx::query!(
        "insert into workspaces (id, organization_id, name) values ($1, $2, $3)",
        id,
        organization_id,
        name
    )
    .execute(&mut **tx)
    .await;
    match inserted {
        Err(e) if violates(&e, "workspaces_name_key") => {
            return Err(Error::refused_fields(
                ErrorCode::NameTaken,
                "Your organization has a workspace of this name.",
                vec![api_types::FieldError::new("name", "Choose another name.")],
            ));
        }
        other => other?,
    };
    tx.bind(id).await?;
    sqlx::query!(
        "insert into workspace_members (workspace_id, user_id, role) values ($1, $2, 'owner')",
        id,
        user_id
    )
    .execute(&mut **tx)
    .await?;
    let scope = Scope::new(Actor::User(user_id), id, Role::Owner).from_origin(origin);
    audit::record(tx, &scope, AuditAction::WorkspaceCreate, id, name, json!({}));
    Ok(id)
}

/// Adds a workspace to the organization of `scope`'s. Needs the role admin there.
pub async fn create_workspace(db: &Db, scope: &Scope, name: &str) -> Result<Workspace> {
    scope.require(Role::Admin)?;
    let mut check = Checker::default();
    check.length("name", name, 1, 80);
    check.finish().map_err(Error::validation)?;
    let Actor::User(user_id) = scope.actor() else {
        return Err(Error::refused(
            ErrorCode::Forbidden,
            "Only a person can make a workspace.",
        ));
    };
    let current = workspace(db, scope.workspace_id()).await?;
    let mut tx = db.person(user_id).await?;
    let (organization_id, name) = (current.organization_id, name.trim());
    let id = insert_workspace(&mut tx, organization_id, user_id, scope.origin(), name).await?;
    tx.commit().await?;
    Ok(Workspace {
        id,
        name: name.to_owned(),
        ..current
    })
}

/// One workspace by id. Call only with an id that was checked.
pub async fn workspace(db: &Db, id: Uuid) -> Result<Workspace> {
    sqlx::query_as!(
        Workspace,
        "select w.id, w.organization_id, o.name as organization_name, w.name
         from workspaces w join organizations o on o.id = w.organization_id where w.id = $1",
        id
    )
    .fetch_optional(db.pool())
    .await?
    .ok_or_else(|| Error::not_found("workspace"))
}

/// Every workspace the person is a member of, by organization and name.
pub async fn workspaces_of(db: &Db, user_id: Uuid) -> Result<Vec<Workspace>> {
    let mut tx = db.person(user_id).await?;
    let rows = sqlx::query_as!(
        Workspace,
        "select w.id, w.organization_id, o.name as organization_name, w.name
         from workspace_members m
         join workspaces w on w.id = m.workspace_id
         join organizations o on o.id = w.organization_id
         where m.user_id = $1
         order by o.name, w.name",
        user_id
    )
    .fetch_all(&mut *tx)
    .await?;
    Ok(rows)
}

/// The scope of a member; `None` when the person is no member of that workspace.
pub async fn member_scope(db: &Db, user_id: Uuid, workspace_id: Uuid) -> Result<Option<Scope>> {
    let mut tx = db.person(user_id).await?;
    let row = sqlx::query!(
        "select role from workspace_members where user_id = $1 and workspace_id = $2",
        user_id,
        workspace_id
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let role: Role = row.role.parse().map_err(anyhow::Error::from)?;
    Ok(Some(Scope::new(Actor::User(user_id), workspace_id, role)))
}

/// The scope of whoever talks to a bot: its workspace, nothing but reading and talking.
pub(crate) async fn visitor_scope(db: &Db, bot_id: Uuid) -> Result<Option<Scope>> {
    let mut tx = db.visitor(bot_id).await?;
    let row = sqlx::query!("select workspace_id from bots where id = $1", bot_id)
        .fetch_optional(&mut *tx)
        .await?;
    Ok(row.map(|row| Scope::new(Actor::Visitor, row.workspace_id, Role::Viewer)))
}
