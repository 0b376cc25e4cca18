//! Who is what in which workspace.
//!
//! Every request of somebody who is signed in asks, and gets what holds at that moment: nothing is remembered. Those who ask while
//! others are being answered are answered together, by one statement.

use std::collections::HashMap;

use anyhow::Context;
use api_types::tenancy::Role;
use sqlx::PgPool;
use uuid::Uuid;

use super::{Actor, Scope};
use crate::Result;
use crate::db::Db;
use crate::gather::Gather;

/// A person who wants to act in a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Entry {
    user_id: Uuid,
    workspace_id: Uuid,
    /// The session by which they are signed in; `None` asks for no session.
    session_id: Option<Uuid>,
}

/// Looks up what people are in workspaces. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Memberships(Gather<(), Entry, Option<Role>>);

impl Memberships {
    /// The scope of a member who is signed in; `None` when they may not enter that workspace (no member, suspended, or it is
    /// closed), and when the session has ended.
    pub(crate) async fn signed_in(
        &self,
        db: &Db,
        user_id: Uuid,
        workspace_id: Uuid,
        session_id: Uuid,
    ) -> Result<Option<Scope>> {
        let entry = Entry {
            user_id,
            workspace_id,
            session_id: Some(session_id),
        };
        let pool = db.pool().clone();
        let look = move |entries: Vec<Entry>| {
            let pool = pool.clone();
            async move { roles(&pool, &entries).await }
        };
        let role = self.0.join((), entry, look).await?;
        Ok(entry.scope(role))
    }
}

impl Entry {
    fn scope(self, role: Option<Role>) -> Option<Scope> {
        Some(Scope::new(Actor::User(self.user_id), self.workspace_id, role?))
    }
}

/// The scope of a member; `None` when the person may not enter that workspace: no member, suspended, or it is closed.
pub async fn member_scope(db: &Db, user_id: Uuid, workspace_id: Uuid) -> Result<Option<Scope>> {
    let entry = Entry {
        user_id,
        workspace_id,
        session_id: None,
    };
    let role = roles(db.pool(), &[entry]).await?.pop().flatten();
    Ok(entry.scope(role))
}

/// The role of each, in their order. A browser asks for several things at once, so who is the same is looked up once.
async fn roles(pool: &PgPool, entries: &[Entry]) -> Result<Vec<Option<Role>>> {
    let mut places = HashMap::new();
    let mut different = Vec::new();
    for entry in entries {
        places.entry(*entry).or_insert_with(|| {
            different.push(*entry);
            different.len() - 1
        });
    }
    let users: Vec<Uuid> = different.iter().map(|entry| entry.user_id).collect();
    let workspaces: Vec<Uuid> = different.iter().map(|entry| entry.workspace_id).collect();
    let sessions: Vec<Option<Uuid>> = different.iter().map(|entry| entry.session_id).collect();
    let rows = sqlx::query!(
        r#"select place as "place!", workspace_role, organization_role
           from unnest($1::uuid[], $2::uuid[], $3::uuid[]) with ordinality as asked (person, workspace, session, place),
               lateral roles_of(person, workspace, session)"#,
        &users,
        &workspaces,
        &sessions as &[Option<Uuid>]
    )
    .fetch_all(pool)
    .await?;
    let mut found = vec![None; different.len()];
    for row in rows {
        let role = highest([row.workspace_role, row.organization_role])?;
        let place = usize::try_from(row.place)
            .ok()
            .and_then(|place| found.get_mut(place - 1));
        *place.context("a place that was not asked for")? = Some(role.context("a member without a role")?);
    }
    Ok(entries.iter().map(|entry| found[places[entry]]).collect())
}

/// The higher of the roles that somebody has.
pub(super) fn highest(roles: [Option<String>; 2]) -> Result<Option<Role>> {
    let mut highest = None;
    for role in roles.into_iter().flatten() {
        let role: Role = role.parse().map_err(anyhow::Error::from)?;
        highest = highest.max(Some(role));
    }
    Ok(highest)
}
