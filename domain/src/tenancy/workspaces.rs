//! Workspaces and who may enter them.

use api_types::ErrorCode;
use api_types::audit::AuditAction;
use api_types::tenancy::{Role, Workspace};
use api_types::validate::Checker;
use serde_json::json;
use uuid::Uuid;

use super::{Actor, OrganizationScope, Origin, Scope};
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
    tx.bind_organization(organization_id).await?;
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

/// Makes a workspace that the person owns, and binds the transaction to it.
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
    name_is_free(inserted)?;
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

/// Adds a workspace to the organization. Needs the role admin in it.
pub async fn create_workspace(db: &Db, scope: &OrganizationScope, name: &str) -> Result<Workspace> {
    scope.require(Role::Admin)?;
    let name = checked_name(name)?;
    let mut tx = db.organization(scope).await?;
    let origin = scope.scope().origin();
    let id = insert_workspace(&mut tx, scope.organization_id(), scope.user_id(), origin, name).await?;
    tx.commit().await?;
    workspace(db, id).await
}

/// Gives the current workspace another name. Needs the role admin in it.
pub async fn rename_workspace(db: &Db, scope: &Scope, name: &str) -> Result<Workspace> {
    scope.require(Role::Admin)?;
    let name = checked_name(name)?;
    let mut tx = db.tenant(scope).await?;
    let updated = sqlx::query!(
        "update workspaces set name = $2 where id = $1",
        scope.workspace_id(),
        name
    )
    .execute(&mut *tx)
    .await;
    name_is_free(updated)?;
    audit::record(
        &mut tx,
        scope,
        AuditAction::WorkspaceRename,
        scope.workspace_id(),
        name,
        json!({}),
    );
    tx.commit().await?;
    workspace(db, scope.workspace_id()).await
}

fn checked_name(name: &str) -> Result<&str> {
    let mut check = Checker::default();
    check.length("name", name, 1, 80);
    check.finish().map_err(Error::validation)?;
    Ok(name.trim())
}

fn name_is_free<T>(result: Result<T, sqlx::Error>) -> Result<T> {
    match result {
        Err(e) if violates(&e, "workspaces_name_key") => Err(Error::refused_fields(
            ErrorCode::NameTaken,
            "Your organization has a workspace of this name.",
            vec![api_types::FieldError::new("name", "Choose another name.")],
        )),
        other => Ok(other?),
    }
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

/// Every workspace that the person may enter, by organization and name.
pub async fn workspaces_of(db: &Db, user_id: Uuid) -> Result<Vec<Workspace>> {
    let entrances = entrances(&mut db.person(user_id).await?).await?;
    Ok(entrances.into_iter().map(|entrance| entrance.workspace).collect())
}

/// A workspace that a person may enter.
pub(crate) struct Entrance {
    pub workspace: Workspace,
    /// The role in its organization; `None` for guests.
    pub organization_role: Option<Role>,
}

/// The same as [`workspaces_of`] in a transaction of the person's, with roles.
pub(crate) async fn entrances(person: &mut TenantTx) -> Result<Vec<Entrance>> {
    let rows = sqlx::query!(
        r#"select id as "id!", organization_id as "organization_id!", organization_name as "organization_name!",
                  name as "name!", organization_role
           from my_workspaces order by organization_name, name"#
    )
    .fetch_all(&mut **person)
    .await?;
    let entrances = rows.into_iter().map(|row| {
        let role = row.organization_role.map(|role| role.parse());
        Ok(Entrance {
            organization_role: role.transpose().map_err(anyhow::Error::from)?,
            workspace: Workspace {
                id: row.id,
                organization_id: row.organization_id,
                organization_name: row.organization_name,
                name: row.name,
            },
        })
    });
    entrances.collect()
}

/// The workspace that the person was in last, else the first that they may enter; a new one in an organization of their
/// own when there is none, so that whoever was removed everywhere can still be invited again.
pub(crate) async fn home_workspace(db: &Db, user_id: Uuid) -> Result<Uuid> {
    let mut tx = db.person(user_id).await?;
    let last = sqlx::query_scalar!(
        r#"select w.id as "id!" from my_workspaces w
           left join lateral (
               select max(s.created_at) as at from sessions s
               where s.user_id = $1 and s.active_workspace_id = w.id
           ) last on true
           order by last.at desc nulls last, w.created_at
           limit 1"#,
        user_id
    )
    .fetch_optional(&mut *tx)
    .await?;
    if let Some(id) = last {
        return Ok(id);
    }
    let name = sqlx::query_scalar!("select name from users where id = $1", user_id)
        .fetch_one(&mut *tx)
        .await?;
    let id = found_organization(&mut tx, user_id, &name).await?;
    tx.commit().await?;
    Ok(id)
}

/// The scope of whoever talks to a bot: its workspace, nothing but reading and talking. `None` when there is no such
/// bot, or its workspace is closed.
pub(crate) async fn visitor_scope(db: &Db, bot_id: Uuid) -> Result<Option<Scope>> {
    let mut tx = db.visitor(bot_id).await?;
    let row = sqlx::query!(
        "select b.workspace_id from bots b
         join workspaces w on w.id = b.workspace_id
         join organizations o on o.id = w.organization_id
         where b.id = $1 and w.deletes_at is null and o.deletes_at is null",
        bot_id
    )
    .fetch_optional(&mut *tx)
    .await?;
    Ok(row.map(|row| Scope::new(Actor::Visitor, row.workspace_id, Role::Viewer)))
}
