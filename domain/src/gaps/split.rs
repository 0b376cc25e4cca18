//! Taking a question out of a group that it does not belong to.

use api_types::gaps::{GapGroup, SplitGapRequest};
use api_types::tenancy::Role;
use retrieval::words;
use uuid::Uuid;

use super::groups;
use crate::db::TenantTx;
use crate::{Error, Result, Scope, Services};

/// Makes a group of its own for a question, and for all of the group that were asked in the same words. They stay there: only
/// people move them again.
pub async fn split(
    services: &Services,
    scope: &Scope,
    id: Uuid,
    request: SplitGapRequest,
) -> Result<GapGroup> {
    scope.require(Role::Editor)?;
    let mut tx = services.db.tenant(scope).await?;
    let bot_id = lock(&mut tx, scope, id).await?;
    let asked = asked(&mut tx, scope, id).await?;
    let wrong = asked.iter().find(|asked| asked.id == request.gap_id);
    let wrong = wrong.ok_or_else(|| Error::not_found("question in this group"))?;
    let stays = asked.iter().find(|asked| asked.key != wrong.key);
    let Some(stays) = stays else {
        let message = "All questions of this group are in the same words; there is nothing to take out.";
        return Err(Error::field("gap_id", message));
    };
    // The group goes by the words of what stays in it.
    name(&mut tx, scope, bot_id, id, stays).await?;
    let new_id = Uuid::now_v7();
    sqlx::query!(
        "insert into gap_groups (workspace_id, id, bot_id, question_key, terms) values ($1, $2, $3, $4, $5)",
        scope.workspace_id(),
        new_id,
        bot_id,
        free_key(&mut tx, scope, bot_id, new_id, wrong.key).await?,
        &terms(&wrong.gist)
    )
    .execute(&mut *tx)
    .await?;
    let moved: Vec<Uuid> = asked
        .iter()
        .filter(|asked| asked.key == wrong.key)
        .map(|asked| asked.id)
        .collect();
    sqlx::query!(
        "update gaps set group_id = $3, placed_by = 'person', question_key = $4 where workspace_id = $1 and id = any($2)",
        scope.workspace_id(),
        &moved,
        new_id,
        wrong.key
    )
    .execute(&mut *tx)
    .await?;
    let group = groups::get(&mut tx, scope, new_id).await?;
    tx.commit().await?;
    Ok(group)
}

/// A question of the group.
struct Asked {
    id: Uuid,
    gist: Vec<words::Term>,
    key: i64,
}

/// The group's bot; nobody else changes the group until the end.
async fn lock(tx: &mut TenantTx, scope: &Scope, id: Uuid) -> Result<Uuid> {
    let bot_id = sqlx::query_scalar!(
        "select bot_id from gap_groups where workspace_id = $1 and id = $2 for update",
        scope.workspace_id(),
        id
    )
    .fetch_optional(&mut **tx)
    .await?;
    bot_id.ok_or_else(groups::not_found)
}

/// All that was asked, the oldest first.
async fn asked(tx: &mut TenantTx, scope: &Scope, id: Uuid) -> Result<Vec<Asked>> {
    let rows = sqlx::query!(
        "select id, question from gaps where workspace_id = $1 and group_id = $2 order by id",
        scope.workspace_id(),
        id
    )
    .fetch_all(&mut **tx)
    .await?;
    let asked = rows.into_iter().map(|row| {
        let gist = words::gist(&row.question);
        let key = words::gist_key(&gist);
        Asked {
            id: row.id,
            gist,
            key,
        }
    });
    Ok(asked.collect())
}

async fn name(tx: &mut TenantTx, scope: &Scope, bot_id: Uuid, id: Uuid, asked: &Asked) -> Result<()> {
    let key = free_key(tx, scope, bot_id, id, asked.key).await?;
    sqlx::query!(
        "update gap_groups set question_key = $3, terms = $4 where workspace_id = $1 and id = $2",
        scope.workspace_id(),
        id,
        key,
        &terms(&asked.gist)
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The key that a group wants, or another one if a different group has it: then it is found by its questions alone.
async fn free_key(tx: &mut TenantTx, scope: &Scope, bot_id: Uuid, id: Uuid, wanted: i64) -> Result<i64> {
    let taken = sqlx::query_scalar!(
        "select id from gap_groups where workspace_id = $1 and bot_id = $2 and question_key = $3 and id <> $4",
        scope.workspace_id(),
        bot_id,
        wanted,
        id
    )
    .fetch_optional(&mut **tx)
    .await?;
    let (high, low) = Uuid::new_v4().as_u64_pair();
    Ok(taken.map_or(wanted, |_| (high ^ low).cast_signed()))
}

fn terms(gist: &[words::Term]) -> Vec<i64> {
    gist.iter().map(|term| i64::from(*term)).collect()
}
