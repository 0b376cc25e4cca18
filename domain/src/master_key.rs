//! The master key of a database: recognised at every start, and changed without a pause.
//!
//! Changing it takes two settings: the new key, and the old one among the earlier ones. From the next start on what is
//! sealed is sealed with the new key, both open what is there, and a worker seals everything anew. Then the old one can
//! go. Where several servers run, all of them get the new key as an earlier one first, so that each opens what any
//! other seals.

use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::db::Db;
use crate::secrets::{KeyId, Secrets};
use crate::{Result, Scope, Services, auth, connections, providers, visitors, webhooks};

/// What the canary of each key says.
const CANARY: &str = "botwright";
const BOUND_TO: &str = "canary";

/// What the master key of the settings is to the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recognised {
    /// The one it is sealed with.
    Current,
    /// An earlier one of the database, whose current one is among the earlier ones of the settings: a server that is
    /// still to learn of a change.
    Behind,
    /// New: either the first, or in the place of the one before.
    New,
    /// Another. The id is that of the key which is needed.
    Unknown(KeyId),
}

/// What a database, or a back-up of it, knows of the master key that it is sealed with.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Canary {
    id: Vec<u8>,
    canary: Vec<u8>,
}

impl Canary {
    /// That of a database; `None` when nothing was ever sealed there.
    pub async fn of(conn: &mut PgConnection) -> Result<Option<Self>> {
        Ok(sqlx::query_as!(
            Self,
            "select id, canary from master_keys where replaced_at is null"
        )
        .fetch_optional(conn)
        .await?)
    }

    /// Whether the key, or an earlier one, opens what is sealed.
    pub fn opens_with(&self, secrets: &Secrets) -> bool {
        let is_known = self.id == secrets.key_id() || secrets.is_earlier(&self.id);
        is_known && secrets.open(&self.canary, BOUND_TO).is_ok()
    }

    /// The id of the key that is needed.
    pub fn key_id(&self) -> KeyId {
        self.id.as_slice().try_into().unwrap_or_default()
    }
}

/// Tells whether the master key is that of the database, and changes nothing.
pub async fn compare(db: &Db, secrets: &Secrets) -> Result<Recognised> {
    compare_in(&mut *db.pool().acquire().await?, secrets).await
}

/// Tells whether the master key is that of the database, and remembers a new one. With [`Recognised::Unknown`] nothing
/// must be done: whatever is sealed could not be opened.
pub async fn recognise(db: &Db, secrets: &Secrets) -> Result<Recognised> {
    let mut tx = db.begin().await?;
    // Servers that start at once decide one after the other.
    sqlx::query!("select pg_advisory_xact_lock(hashtext('master_keys'))")
        .execute(&mut *tx)
        .await?;
    let recognised = compare_in(&mut tx, secrets).await?;
    if recognised != Recognised::New {
        return Ok(recognised);
    }
    sqlx::query!("update master_keys set replaced_at = now() where replaced_at is null")
        .execute(&mut *tx)
        .await?;
    let own = secrets.key_id();
    sqlx::query!(
        "insert into master_keys (id, canary) values ($1, $2)",
        own.as_slice(),
        secrets.seal(CANARY, BOUND_TO)?
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(recognised)
}

async fn compare_in(conn: &mut PgConnection, secrets: &Secrets) -> Result<Recognised> {
    let own = secrets.key_id();
    let Some(current) = Canary::of(&mut *conn).await? else {
        return Ok(Recognised::New);
    };
    if !current.opens_with(secrets) {
        return Ok(Recognised::Unknown(current.key_id()));
    }
    if current.id == own {
        return Ok(Recognised::Current);
    }
    let was_used = sqlx::query_scalar!("select 1 from master_keys where id = $1", own.as_slice())
        .fetch_optional(conn)
        .await?;
    Ok(if was_used.is_some() {
        Recognised::Behind
    } else {
        Recognised::New
    })
}

/// Why a server with an unknown master key does not start.
pub fn unknown_key(needed: KeyId) -> String {
    format!(
        "the secret key is not the one that this database is sealed with (its id is {}): set BOTWRIGHT_SECRET_KEY to \
         that one again (or put `secret.key` back into the data folder), or, to change it, give that one in \
         BOTWRIGHT_PREVIOUS_SECRET_KEYS. If it is lost for good, see docs/SELF-HOSTING.md. Nothing was changed",
        hex::encode(needed)
    )
}

/// Seals anew whatever is sealed with an earlier master key, and answers how much. Safe to repeat, to be broken off, and
/// while others change the same.
pub async fn reseal(services: &Services) -> Result<u64> {
    let (db, secrets) = (&services.db, &services.secrets);
    if !secrets.has_earlier() || compare(db, secrets).await? != Recognised::Current {
        return Ok(0);
    }
    let mut resealed = auth::reseal(services).await?;
    let workspaces: Vec<Uuid> = sqlx::query_scalar!("select id from workspaces order by id")
        .fetch_all(db.pool())
        .await?;
    for workspace_id in workspaces {
        let scope = Scope::worker(workspace_id);
        resealed += providers::reseal(services, &scope).await?;
        resealed += connections::reseal(services, &scope).await?;
        resealed += visitors::reseal(services, &scope).await?;
        resealed += webhooks::reseal(services, &scope).await?;
    }
    let own = secrets.key_id();
    sqlx::query!(
        "update master_keys set resealed_at = case when $2 then now() end where id = $1",
        own.as_slice(),
        resealed == 0
    )
    .execute(db.pool())
    .await?;
    Ok(resealed)
}

/// The same value sealed with the master key of now; `None` if it is, or can't be opened: that must not keep the others
/// from it.
pub(crate) fn seal_anew(secrets: &Secrets, sealed: &[u8], bound_to: &str) -> Option<Vec<u8>> {
    secrets.reseal(sealed, bound_to).unwrap_or_else(|error| {
        tracing::error!(%error, bound_to, "a value can't be sealed with the new secret key and stays as it is");
        None
    })
}

/// Whether nothing was found that an earlier master key is needed for.
pub async fn is_resealed(db: &Db) -> Result<bool> {
    let at = sqlx::query_scalar!("select resealed_at from master_keys where replaced_at is null")
        .fetch_optional(db.pool())
        .await?;
    Ok(at.flatten().is_some())
}
