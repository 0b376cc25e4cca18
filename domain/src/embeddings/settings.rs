//! Choosing a workspace's model.

use api_types::audit::AuditAction;
use api_types::embeddings::{ChangeEmbeddingRequest, EmbeddingChange, EmbeddingModel, EmbeddingSettings};
use api_types::live::Topic;
use api_types::tenancy::Role;
use api_types::validate::Checker;
use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;

use super::model::Stored;
use super::{BUILT_IN, Calibration, switch};
use crate::db::{Db, TenantTx};
use crate::jobs::{self, Job};
use crate::llm::embed::MAX_DIMENSIONS;
use crate::{Error, Result, Scope, Services, audit, providers};
use retrieval::minilm;

/// As much of an error as is kept, in characters.
const MAX_ERROR: usize = 500;

struct Stated {
    id: Uuid,
    provider_id: Option<Uuid>,
    provider_name: Option<String>,
    model: String,
    dimensions: i32,
    asked_dimensions: Option<i32>,
    state: String,
    error: Option<String>,
    created_at: DateTime<Utc>,
}

/// A model that was tried and found good.
struct Candidate {
    id: Uuid,
    provider_id: Option<Uuid>,
    model: String,
    dimensions: i32,
    asked_dimensions: Option<i32>,
    calibration: Calibration,
}

/// Which model is in use, and which is to take over.
pub async fn get(services: &Services, scope: &Scope) -> Result<EmbeddingSettings> {
    let mut tx = services.db.tenant(scope).await?;
    let mut live = None;
    let mut next = None;
    let mut error = None;
    for row in stated(&mut tx, scope).await? {
        if row.state == "live" {
            error.clone_from(&row.error);
            live = Some(row.model());
        } else {
            let (done, total) = progress(&mut tx, scope, row.id).await?;
            next = Some(EmbeddingChange {
                model: row.model(),
                documents_done: done,
                documents_total: total,
                error: row.error,
                started_at: row.created_at,
            });
        }
    }
    let built_in = services.embedder.is_some();
    Ok(EmbeddingSettings {
        live: live.or_else(|| built_in.then(EmbeddingModel::built_in)),
        next,
        error,
        built_in,
    })
}

/// Chooses another model, after trying it. A job embeds everything with it; until that is done, the old one answers.
/// Choosing what is being changed to already tries again at once.
pub async fn change(
    services: &Services,
    scope: &Scope,
    request: ChangeEmbeddingRequest,
) -> Result<EmbeddingSettings> {
    scope.require(Role::Admin)?;
    check(&request)?;
    let candidate = attempt(services, scope, &request).await?;
    let mut tx = services.db.tenant(scope).await?;
    switch::lock(&mut tx, scope).await?;
    let stated = stated(&mut tx, scope).await?;
    let live = stated.iter().find(|row| row.state == "live");
    if live.map_or(candidate.provider_id.is_none(), |row| row.is(&candidate)) {
        return Err(Error::field("model", "This model is in use already."));
    }
    let current = stated.iter().find(|row| row.state == "building");
    let id = match current.filter(|row| row.is(&candidate)) {
        Some(row) => row.id,
        None => {
            if let Some(row) = current {
                remove(&mut tx, scope, row.id).await?;
            }
            insert(&mut tx, scope, &candidate).await?;
            let details = json!({ "provider_id": candidate.provider_id });
            let action = AuditAction::EmbeddingChange;
            audit::record(&mut tx, scope, action, candidate.id, &candidate.model, details);
            candidate.id
        }
    };
    let job = Job::ChangeEmbedding {
        workspace_id: scope.workspace_id(),
        model_id: id,
    };
    jobs::enqueue(&mut tx, &job).await?;
    tx.commit().await?;
    get(services, scope).await
}

/// Stays with the model that is in use. Nothing happens if none is to take over.
pub async fn cancel(services: &Services, scope: &Scope) -> Result<EmbeddingSettings> {
    scope.require(Role::Admin)?;
    let mut tx = services.db.tenant(scope).await?;
    switch::lock(&mut tx, scope).await?;
    let rows = stated(&mut tx, scope).await?;
    for row in rows.iter().filter(|row| row.state == "building") {
        remove(&mut tx, scope, row.id).await?;
        let action = AuditAction::EmbeddingCancel;
        audit::record(&mut tx, scope, action, row.id, &row.model, json!({}));
    }
    tx.commit().await?;
    get(services, scope).await
}

fn check(request: &ChangeEmbeddingRequest) -> Result<()> {
    let mut check = Checker::default();
    check.length("model", &request.model, 0, 200);
    let dimensions = request.dimensions.unwrap_or(1);
    let usable = (1..=MAX_DIMENSIONS).contains(&(dimensions as usize));
    let message =
        format!("A vector has 1 to {MAX_DIMENSIONS} numbers; leave it empty for what the model makes.");
    check.require(usable, "dimensions", &message);
    check.finish().map_err(Error::validation)
}

/// Makes the model embed a few texts.
async fn attempt(services: &Services, scope: &Scope, request: &ChangeEmbeddingRequest) -> Result<Candidate> {
    let Some(provider_id) = request.provider_id else {
        return built_in(services);
    };
    let asked_dimensions = request.dimensions;
    let model = request.model.trim();
    let asked = asked_dimensions.map(|dimensions| dimensions as usize);
    let client = providers::embedder(services, scope, provider_id, model, asked).await?;
    let vectors = client.embed_passages(&["Where is the key?".to_owned()]).await?;
    let dimensions = vectors.first().map_or(0, Vec::len);
    if asked.is_some_and(|asked| asked != dimensions) {
        let message = format!("This model makes vectors of {dimensions} numbers only; leave it empty.");
        return Err(Error::field("dimensions", &message));
    }
    Ok(Candidate {
        id: Uuid::now_v7(),
        provider_id: Some(provider_id),
        model: model.to_owned(),
        dimensions: i32::try_from(dimensions).map_err(anyhow::Error::from)?,
        asked_dimensions: asked_dimensions.map(i32::from),
        calibration: Calibration::measure(&client).await?,
    })
}

fn built_in(services: &Services) -> Result<Candidate> {
    if services.embedder.is_none() {
        let message = "The built-in model is not installed on this server.";
        return Err(Error::field("provider_id", message));
    }
    Ok(Candidate {
        id: BUILT_IN,
        provider_id: None,
        model: minilm::ID.to_owned(),
        dimensions: minilm::DIMENSIONS as i32,
        asked_dimensions: None,
        calibration: Calibration::BUILT_IN,
    })
}

async fn insert(tx: &mut TenantTx, scope: &Scope, candidate: &Candidate) -> Result<()> {
    sqlx::query!(
        "insert into embedding_models
             (workspace_id, id, provider_id, model, dimensions, asked_dimensions, unrelated, spread, state)
         values ($1, $2, $3, $4, $5, $6, $7, $8, 'building')",
        scope.workspace_id(),
        candidate.id,
        candidate.provider_id,
        candidate.model,
        candidate.dimensions,
        candidate.asked_dimensions,
        candidate.calibration.unrelated,
        candidate.calibration.spread
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Takes a model out of use; a job then removes its vectors.
async fn remove(tx: &mut TenantTx, scope: &Scope, id: Uuid) -> Result<()> {
    sqlx::query!(
        "delete from embedding_models where workspace_id = $1 and id = $2",
        scope.workspace_id(),
        id
    )
    .execute(&mut **tx)
    .await?;
    let job = Job::ForgetEmbedding {
        workspace_id: scope.workspace_id(),
        model_id: id,
    };
    jobs::enqueue(tx, &job).await
}

async fn stated(tx: &mut TenantTx, scope: &Scope) -> Result<Vec<Stated>> {
    let rows = sqlx::query_as!(
        Stated,
        r#"select m.id, m.provider_id, p.name as "provider_name?", m.model, m.dimensions, m.asked_dimensions, m.state,
               m.error, m.created_at
           from embedding_models m
           left join providers p on p.workspace_id = m.workspace_id and p.id = m.provider_id
           where m.workspace_id = $1"#,
        scope.workspace_id()
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// Documents that a model has done, and all of them.
async fn progress(tx: &mut TenantTx, scope: &Scope, id: Uuid) -> Result<(i64, i64)> {
    let row = sqlx::query!(
        r#"select count(e.document_id) as "done!", count(*) as "total!"
           from documents d
           left join embedded_documents e on e.workspace_id = d.workspace_id and e.document_id = d.id
               and e.model_id = $2 and e.version = d.live_version and e.revision = d.revision
           where d.workspace_id = $1 and d.live_version is not null"#,
        scope.workspace_id(),
        id
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok((row.done, row.total))
}

/// The model in this state.
pub(super) async fn row(db: &Db, scope: &Scope, state: &str) -> Result<Option<Stored>> {
    let mut tx = db.tenant(scope).await?;
    let row = sqlx::query_as!(
        Stored,
        "select id, provider_id, model, dimensions, asked_dimensions, unrelated, spread, error from embedding_models
         where workspace_id = $1 and state = $2",
        scope.workspace_id(),
        state
    )
    .fetch_optional(&mut *tx)
    .await?;
    Ok(row)
}

/// Writes down why a model's provider did not answer, or that it does again.
pub(super) async fn note(services: &Services, scope: &Scope, id: Uuid, error: Option<&str>) -> Result<()> {
    let error: Option<String> = error.map(|error| error.chars().take(MAX_ERROR).collect());
    let mut tx = services.db.tenant(scope).await?;
    sqlx::query!(
        "update embedding_models set error = $3 where workspace_id = $1 and id = $2",
        scope.workspace_id(),
        id,
        error
    )
    .execute(&mut *tx)
    .await?;
    tx.tell(Topic::Embedding, id);
    tx.commit().await
}

impl Stated {
    fn model(&self) -> EmbeddingModel {
        EmbeddingModel {
            provider_id: self.provider_id,
            provider_name: self.provider_name.clone(),
            model: self.model.clone(),
            dimensions: self.dimensions.unsigned_abs(),
        }
    }

    fn is(&self, candidate: &Candidate) -> bool {
        self.provider_id == candidate.provider_id
            && self.model == candidate.model
            && self.asked_dimensions == candidate.asked_dimensions
            && self.dimensions == candidate.dimensions
    }
}
