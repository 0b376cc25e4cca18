//! The job that brings everything into the index of the model that is to take over.
//!
//! What is done is written down document by document, with the version and revision it is true of; so the job may be
//! killed anywhere, and what changes meanwhile is simply not done yet.

use std::time::{Duration, Instant};

use api_types::live::Topic;
use uuid::Uuid;

use super::{Model, settings, store, switch};
use crate::db::{Db, TenantTx};
use crate::jobs::{self, Job, Outcome};
use crate::kb::lock::WorkLock;
use crate::{Result, Scope, Services, vectors};

/// How long to wait for whoever else works on the same change.
pub(super) const LOCKED_DELAY: Duration = Duration::from_secs(1);
/// Documents looked up at once.
const DOCUMENTS: i64 = 50;

/// A live version of a document that a model has yet to do.
pub(super) struct Missing {
    id: Uuid,
    knowledge_base_id: Uuid,
    version: i32,
    revision: i32,
}

/// The right to work on a workspace's models.
pub(super) async fn lock(services: &Services, workspace_id: Uuid) -> Result<Option<WorkLock>> {
    WorkLock::try_acquire(&services.db, &format!("embedding-change:{workspace_id}")).await
}

/// Goes on with a change of models; `services` acts in the worker's database role. Safe to run again and at the same
/// time as another. Errors are those of the parts it needs, the provider's among them; the caller runs it again later.
pub async fn run(services: &Services, workspace_id: Uuid, model_id: Uuid) -> Result<Outcome> {
    let Some(lock) = lock(services, workspace_id).await? else {
        return Ok(Outcome::Later(LOCKED_DELAY));
    };
    let scope = Scope::worker(workspace_id);
    let outcome = work(services, &scope, model_id).await;
    lock.release().await;
    outcome
}

async fn work(services: &Services, scope: &Scope, model_id: Uuid) -> Result<Outcome> {
    let row = settings::row(&services.db, scope, "building").await?;
    let Some(row) = row.filter(|row| row.id == model_id) else {
        return Ok(Outcome::Done);
    };
    let Some(model) = Model::open(services, scope, &row).await? else {
        // The built-in one, which this worker lacks; another may have it.
        return Ok(Outcome::Later(Duration::from_secs(60)));
    };
    let until = Instant::now() + services.turn;
    loop {
        let mut tx = services.db.tenant(scope).await?;
        let documents = missing(&mut tx, scope, model_id, DOCUMENTS).await?;
        drop(tx);
        if documents.is_empty() && switch::settle(&services.db, scope, model_id).await? {
            return Ok(Outcome::Done);
        }
        for document in &documents {
            if Instant::now() > until {
                go_on(&services.db, scope, model_id).await?;
                return Ok(Outcome::Done);
            }
            bring(services, scope, &model, document).await?;
        }
    }
}

/// Live documents that the model has not done as they are now.
pub(super) async fn missing(
    tx: &mut TenantTx,
    scope: &Scope,
    model_id: Uuid,
    limit: i64,
) -> Result<Vec<Missing>> {
    let documents = sqlx::query_as!(
        Missing,
        r#"select d.id, d.knowledge_base_id, d.live_version as "version!", d.revision
           from documents d
           where d.workspace_id = $1 and d.live_version is not null
             and not exists (select from embedded_documents e
                 where e.workspace_id = $1 and e.model_id = $2 and e.document_id = d.id
                   and e.version = d.live_version and e.revision = d.revision)
           order by d.id
           limit $3"#,
        scope.workspace_id(),
        model_id,
        limit
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(documents)
}

/// Embeds what a document lacks, brings it into the model's index and writes that down.
async fn bring(services: &Services, scope: &Scope, model: &Model, document: &Missing) -> Result<()> {
    embed(services, scope, model, document).await?;
    let space = model.space();
    let index = &services.vectors;
    // Nobody searches there yet, so what is left of other versions can go first.
    index
        .remove_from_space(scope, space.model_id, document.id)
        .await?;
    index
        .upsert_document(
            scope,
            space,
            document.knowledge_base_id,
            document.id,
            document.version,
        )
        .await?;
    let mut tx = services.db.tenant(scope).await?;
    let written = sqlx::query!(
        "insert into embedded_documents (workspace_id, model_id, document_id, version, revision)
         select d.workspace_id, m.id, d.id, $4, $5
         from documents d
         join embedding_models m on m.workspace_id = d.workspace_id and m.id = $2
         where d.workspace_id = $1 and d.id = $3 and d.live_version is not null
         on conflict (workspace_id, model_id, document_id)
             do update set version = excluded.version, revision = excluded.revision",
        scope.workspace_id(),
        space.model_id,
        document.id,
        document.version,
        document.revision
    )
    .execute(&mut *tx)
    .await?;
    tx.tell(Topic::Embedding, space.model_id);
    tx.commit().await?;
    if written.rows_affected() == 0 {
        // Deleted meanwhile, perhaps after its vectors were removed.
        index
            .remove_from_space(scope, space.model_id, document.id)
            .await?;
    }
    Ok(())
}

async fn embed(services: &Services, scope: &Scope, model: &Model, document: &Missing) -> Result<()> {
    let model_id = model.space().model_id;
    let mut tx = services.db.tenant(scope).await?;
    let rows = sqlx::query!(
        "select distinct on (c.content_hash) c.content_hash, d.title, c.heading_path, c.context, c.text
         from chunks c
         join documents d on d.workspace_id = c.workspace_id and d.id = c.document_id
         where c.workspace_id = $1 and c.document_id = $2 and c.version = $3
           and not exists (select from embeddings e
               where e.workspace_id = $1 and e.model_id = $4 and e.content_hash = c.content_hash)",
        scope.workspace_id(),
        document.id,
        document.version,
        model_id
    )
    .fetch_all(&mut *tx)
    .await?;
    drop(tx);
    for batch in rows.chunks(model.batch()) {
        let texts = batch
            .iter()
            .map(|row| vectors::passage_text(&row.title, &row.heading_path, &row.context, &row.text))
            .collect();
        let embedded = model.embed_for(services, scope, texts).await?;
        let hashes = batch
            .iter()
            .filter_map(|row| row.content_hash.as_slice().try_into().ok());
        let embedded: Vec<_> = hashes.zip(embedded).collect();
        let mut tx = services.db.tenant(scope).await?;
        store::put(&mut tx, scope, model_id, &embedded).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Leaves the rest to another job of this kind.
async fn go_on(db: &Db, scope: &Scope, model_id: Uuid) -> Result<()> {
    let job = Job::ChangeEmbedding {
        workspace_id: scope.workspace_id(),
        model_id,
    };
    let mut tx = db.tenant(scope).await?;
    jobs::enqueue_turn(&mut tx, &job, 0, Duration::ZERO).await?;
    tx.commit().await
}
