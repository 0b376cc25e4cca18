//! Organizations, and the right to act in one.

use api_types::ErrorCode;
use api_types::audit::AuditAction;
use api_types::tenancy::{Organization, OrganizationWorkspace, Role};
use api_types::validate::Checker;
use serde_json::json;
use uuid::Uuid;

use super::{Actor, Scope};
use crate::db::Db;
use crate::{Error, Result, audit};

/// The right of a person to act in the organization of the workspace they are in.
#[derive(Debug, Clone, Copy)]
pub struct OrganizationScope {
    scope: Scope,
    user_id: Uuid,
    organization_id: Uuid,
    role: Role,
}

impl OrganizationScope {
    /// Reads the membership. Programs have none, nor has a guest, who belongs to a workspace only.
    pub async fn of(db: &Db, scope: &Scope) -> Result<Self> {
        let Actor::User(user_id) = scope.actor() else {
            return Err(Error::refused(
                ErrorCode::Forbidden,
                "Only a person can act for an organization.",
            ));
        };
        let Some((organization_id, role)) = membership(db, scope, user_id).await? else {
            return Err(Error::refused(
                ErrorCode::Forbidden,
                "You are a guest in this workspace and don't belong to its organization. Ask one of its admins.",
            ));
        };
        Ok(Self {
            scope: *scope,
            user_id,
            organization_id,
            role,
        })
    }

    /// The scope of the workspace that the person is in.
    pub const fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Who acts.
    pub const fn user_id(&self) -> Uuid {
        self.user_id
    }

    /// The organization.
    pub const fn organization_id(&self) -> Uuid {
        self.organization_id
    }

    /// The role in the organization.
    pub const fn role(&self) -> Role {
        self.role
    }

    /// Refuses anyone below `role`.
    pub fn require(&self, role: Role) -> Result<()> {
        if self.role >= role {
            return Ok(());
        }
        let detail = format!(
            "This needs the role {} in the organization; yours is {}.",
            role.as_str(),
            self.role.as_str()
        );
        Err(Error::refused(ErrorCode::Forbidden, detail))
    }
}

/// The organization with its workspaces; those of others are shown by name, too, as their admins manage them all.
pub async fn organization(db: &Db, scope: &OrganizationScope) -> Result<Organization> {
    let name = sqlx::query_scalar!(
        "select name from organizations where id = $1",
        scope.organization_id()
    )
    .fetch_one(db.pool())
    .await?;
    let workspaces = sqlx::query_as!(
        OrganizationWorkspace,
        "select id, name, created_at, deletes_at from workspaces where organization_id = $1 order by name",
        scope.organization_id()
    )
    .fetch_all(db.pool())
    .await?;
    Ok(Organization {
        id: scope.organization_id(),
        name,
        role: scope.role(),
        workspaces,
    })
}

async fn membership(db: &Db, scope: &Scope, user_id: Uuid) -> Result<Option<(Uuid, Role)>> {
    let mut tx = db.person(user_id).await?;
    let row = sqlx::query!(
        r#"select organization_id as "organization_id!", organization_role from my_workspaces where id = $1"#,
        scope.workspace_id()
    )
    .fetch_optional(&mut *tx)
    .await?;
    let found = row.and_then(|row| Some((row.organization_id, row.organization_role?)));
    found
        .map(|(id, role)| Ok((id, role.parse().map_err(anyhow::Error::from)?)))
        .transpose()
}

/// Gives the organization another name. Needs the role admin in it.
pub async fn rename_organization(db: &Db, scope: &OrganizationScope, name: &str) -> Result<()> {
    scope.require(Role::Admin)?;
    let mut check = Checker::default();
    check.length("name", name, 1, 80);
    check.finish().map_err(Error::validation)?;
    let mut tx = db.organization(scope).await?;
    sqlx::query!(
        "update organizations set name = $2 where id = $1",
        scope.organization_id(),
        name.trim()
    )
    .execute(&mut *tx)
    .await?;
    audit::record(
        &mut tx,
        scope.scope(),
        AuditAction::OrganizationRename,
        scope.organization_id(),
        name.trim(),
        json!({}),
    );
    tx.commit().await
}
