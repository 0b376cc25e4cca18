//! The job that puts questions together that ask for the same in other words.
//!
//! No request waits for it: words alone place a question at first. Only a question whose group has nothing in it that was
//! looked at is moved, so groups stay what they are once people may have seen them; and never one that a person placed.
//! Where there is no model, words are all there is.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::meaning::{self, Meaning, Question};
use super::{COMPARED, stays};
use crate::db::TenantTx;
use crate::embeddings::{self, Calibration, Model};
use crate::jobs::{self, Job, Outcome};
use crate::kb::lock::WorkLock;
use crate::{Result, Scope, Services, vectors};

/// Questions embedded at once.
const BATCH: i64 = 32;
/// How long to wait for whoever else works on the same bot.
const LOCKED_DELAY: Duration = Duration::from_secs(1);

/// A question that the model has not seen.
struct Waiting {
    id: Uuid,
    question: String,
}

/// Looks at what was asked since, for a while; then leaves the rest to another job. `services` acts in the worker's database
/// role. Safe to repeat.
pub async fn run(services: &Services, workspace_id: Uuid, bot_id: Uuid) -> Result<Outcome> {
    let scope = Scope::worker(workspace_id);
    let model = embeddings::live(services, &scope)
        .await
        .map_err(embeddings::away)?;
    let Some(model) = model else {
        return Ok(Outcome::Done);
    };
    // Most often another job has seen to it.
    if waiting(services, &scope, bot_id, &model).await?.is_empty() {
        return Ok(Outcome::Done);
    }
    let name = format!("gaps:{workspace_id}:{bot_id}");
    let Some(lock) = WorkLock::try_acquire(&services.db, &name).await? else {
        return Ok(Outcome::Later(LOCKED_DELAY));
    };
    let worked = work(services, &scope, bot_id, &model).await;
    lock.release().await;
    worked.map(|()| Outcome::Done)
}

async fn work(services: &Services, scope: &Scope, bot_id: Uuid, model: &Model) -> Result<()> {
    let until = Instant::now() + services.turn;
    loop {
        let batch = waiting(services, scope, bot_id, model).await?;
        if batch.is_empty() {
            return Ok(());
        }
        if Instant::now() > until {
            let mut tx = services.db.tenant(scope).await?;
            jobs::enqueue(&mut tx, &job(scope, bot_id)).await?;
            return tx.commit().await;
        }
        let texts = batch.iter().map(|gap| gap.question.clone()).collect();
        let vectors = model.embed_for(services, scope, texts).await?;
        let mut groups = known(services, scope, bot_id, model).await?;
        for (gap, vector) in batch.iter().zip(vectors) {
            let embedded = Embedded {
                id: gap.id,
                question: Question::new(&gap.question, vector),
                model_id: model.space().model_id,
                calibration: model.calibration(),
            };
            embedded.place(services, scope, &mut groups).await?;
        }
    }
}

/// The job.
pub(super) const fn job(scope: &Scope, bot_id: Uuid) -> Job {
    Job::GroupGaps {
        workspace_id: scope.workspace_id(),
        bot_id,
    }
}

/// Those that the model has not seen, the oldest first. What had its place already, with another model, goes before what is
/// compared with it.
async fn waiting(services: &Services, scope: &Scope, bot_id: Uuid, model: &Model) -> Result<Vec<Waiting>> {
    let mut tx = services.db.tenant(scope).await?;
    let waiting = sqlx::query_as!(
        Waiting,
        "select id, question from gaps
         where workspace_id = $1 and bot_id = $2 and model_id is distinct from $3 and group_id is not null
         order by placed_by = 'words', id limit $4",
        scope.workspace_id(),
        bot_id,
        model.space().model_id,
        BATCH
    )
    .fetch_all(&mut *tx)
    .await?;
    Ok(waiting)
}

/// The bot's newest groups, by what was looked at in each.
async fn known(services: &Services, scope: &Scope, bot_id: Uuid, model: &Model) -> Result<Vec<Meaning>> {
    let space = model.space();
    let mut tx = services.db.tenant(scope).await?;
    let rows = sqlx::query!(
        r#"select g.id as "id!", e.question as "question!", e.vector as "vector!"
           from (select id from gap_groups where workspace_id = $1 and bot_id = $2
                 order by created_at desc limit $3) g
           cross join lateral (
               select id, question, vector from gaps
               where workspace_id = $1 and group_id = g.id and model_id = $4 and placed_by <> 'words'
               order by id limit $5) e
           order by g.id, e.id"#,
        scope.workspace_id(),
        bot_id,
        COMPARED,
        space.model_id,
        meaning::COMPARED as i64
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut groups: Vec<Meaning> = Vec::new();
    for row in rows {
        let Some(vector) = vectors::from_bytes(&row.vector, space.dimensions) else {
            continue;
        };
        take_in(&mut groups, row.id, Question::new(&row.question, vector));
    }
    Ok(groups)
}

fn take_in(groups: &mut Vec<Meaning>, id: Uuid, question: Question) {
    match groups.iter_mut().find(|group| group.group_id == id) {
        Some(group) => group.add(question),
        None => groups.push(Meaning::new(id, question)),
    }
}

/// A question and what it means.
struct Embedded {
    id: Uuid,
    question: Question,
    model_id: Uuid,
    calibration: Calibration,
}

/// Where a question is now.
struct Place {
    group_id: Uuid,
    created_at: DateTime<Utc>,
    /// Whether it may go elsewhere.
    is_new: bool,
}

impl Embedded {
    /// Puts it to those that mean the same, if it has no place yet.
    async fn place(self, services: &Services, scope: &Scope, groups: &mut Vec<Meaning>) -> Result<()> {
        let mut tx = services.db.tenant(scope).await?;
        let Some(place) = self.lock(&mut tx, scope).await? else {
            // It went with its conversation.
            return Ok(());
        };
        let others = groups.iter().filter(|group| group.group_id != place.group_id);
        let wanted = place
            .is_new
            .then(|| meaning::same(&self.question, others, self.calibration));
        let target = match wanted.flatten() {
            Some(id) if stays(&mut tx, scope, id).await? => id,
            _ => place.group_id,
        };
        self.store(&mut tx, scope, target).await?;
        if target != place.group_id {
            leave(&mut tx, scope, place.group_id).await?;
            reopen(&mut tx, scope, target, place.created_at).await?;
        }
        tx.commit().await?;
        take_in(groups, target, self.question);
        Ok(())
    }

    async fn lock(&self, tx: &mut TenantTx, scope: &Scope) -> Result<Option<Place>> {
        let place = sqlx::query_as!(
            Place,
            r#"select g.group_id as "group_id!", g.created_at,
                   g.placed_by = 'words' and o.status = 'open' and not exists (
                       select from gaps s where s.workspace_id = $1 and s.group_id = g.group_id
                           and s.placed_by <> 'words') as "is_new!"
               from gaps g
               join gap_groups o on o.workspace_id = g.workspace_id and o.id = g.group_id
               where g.workspace_id = $1 and g.id = $2
               for update of g"#,
            scope.workspace_id(),
            self.id
        )
        .fetch_optional(&mut **tx)
        .await?;
        Ok(place)
    }

    async fn store(&self, tx: &mut TenantTx, scope: &Scope, group_id: Uuid) -> Result<()> {
        sqlx::query!(
            "update gaps set group_id = $3, vector = $4, model_id = $5, question_key = $6,
                 placed_by = case placed_by when 'words' then 'meaning' else placed_by end
             where workspace_id = $1 and id = $2",
            scope.workspace_id(),
            self.id,
            group_id,
            vectors::to_bytes(self.question.vector()),
            self.model_id,
            self.question.key()
        )
        .execute(&mut **tx)
        .await?;
        Ok(())
    }
}

/// Removes a group if nothing is left in it.
async fn leave(tx: &mut TenantTx, scope: &Scope, id: Uuid) -> Result<()> {
    sqlx::query!(
        "delete from gap_groups g
         where g.workspace_id = $1 and g.id = $2
           and not exists (select from gaps where workspace_id = g.workspace_id and group_id = g.id)",
        scope.workspace_id(),
        id
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What was asked after its answer was improved is asked in vain again.
async fn reopen(tx: &mut TenantTx, scope: &Scope, id: Uuid, asked_at: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "update gap_groups set status = 'open', changed_at = now(), changed_by = null
         where workspace_id = $1 and id = $2 and status = 'improved' and changed_at < $3",
        scope.workspace_id(),
        id,
        asked_at
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
