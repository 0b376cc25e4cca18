//! Making a draft a knowledge base, once, however often and from wherever it is asked for.

use api_types::drafts::Draft;
use api_types::kb::{Chunking, DraftSource, Finalized, KnowledgeBaseContent};
use api_types::tenancy::Role;
use api_types::{ErrorCode, FieldError, validate};
use serde_json::json;
use sqlx::types::Json;
use uuid::Uuid;

use crate::Services;
use crate::db::{Db, TenantTx};
use crate::error::{Refusal, violates};
use crate::jobs::{self, Job};
use crate::storage::Storage;
use crate::{Error, Result, Scope, audit, drafts};

/// Makes the knowledge base of a draft, or adds to the one it was made from; then deletes the draft.
///
/// Asked again (twice at once, or after a crash at any point), it gives the first result: the transaction that
/// makes the knowledge base also notes from which draft.
pub async fn finalize(services: &Services, scope: &Scope, draft_id: Uuid) -> Result<Finalized> {
    scope.require(Role::Editor)?;
    let knowledge_base_id = match earlier_result(&services.db, scope, draft_id).await? {
        Some(id) => id,
        None => match make(services, scope, draft_id).await {
            Ok(id) => id,
            // Another call may have been faster, and have taken the name, the files or the draft itself away.
            Err(error) => {
                let earlier = earlier_result(&services.db, scope, draft_id).await?;
                if earlier.is_none() {
                    drafts::unseal::<KnowledgeBaseContent>(&services.redis, draft_id).await?;
                }
                earlier.ok_or(error)?
            }
        },
    };
    if let Err(error) = delete_draft(services, scope, draft_id).await {
        tracing::warn!(%draft_id, %error, "a finalized draft was left behind; it expires by itself");
    }
    Ok(Finalized { knowledge_base_id })
}

/// The knowledge base that was made from this draft before.
pub(super) async fn earlier_result(db: &Db, scope: &Scope, draft_id: Uuid) -> Result<Option<Uuid>> {
    let mut tx = db.tenant(scope).await?;
    let found = sqlx::query_scalar!(
        "select knowledge_base_id from kb_finalizations where workspace_id = $1 and draft_id = $2",
        scope.workspace_id(),
        draft_id
    )
    .fetch_optional(&mut *tx)
    .await?;
    Ok(found)
}

async fn make(services: &Services, scope: &Scope, draft_id: Uuid) -> Result<Uuid> {
    let draft = super::get(services, scope, draft_id).await?;
    check(&draft)?;
    copy_files(services, scope, &draft).await?;
    let mut tx = services.db.tenant(scope).await?;
    let knowledge_base_id = match draft.from {
        None => insert_base(&mut tx, scope, &draft.content).await?,
        Some(id) => {
            update_base(&mut tx, scope, id, &draft.content).await?;
            id
        }
    };
    sqlx::query!(
        "insert into kb_finalizations (workspace_id, draft_id, knowledge_base_id) values ($1, $2, $3)",
        scope.workspace_id(),
        draft_id,
        knowledge_base_id
    )
    .execute(&mut *tx)
    .await?;
    for source in &draft.content.sources {
        insert_document(&mut tx, scope, knowledge_base_id, source).await?;
    }
    let details = json!({
        "name": draft.content.name,
        "draft_id": draft_id,
        "documents": draft.content.sources.len(),
        "new": draft.from.is_none(),
    });
    audit::record(
        &mut tx,
        scope,
        "knowledge_base.finalize",
        knowledge_base_id,
        details,
    )
    .await?;
    // From here on nothing can be added that would go with the draft.
    drafts::seal::<KnowledgeBaseContent>(&services.redis, draft_id).await?;
    refuse_if_changed(services, scope, &draft).await?;
    tx.commit().await?;
    Ok(knowledge_base_id)
}

fn check(draft: &Draft<KnowledgeBaseContent>) -> Result<()> {
    validate::knowledge_base(&draft.content, draft.from.is_some()).map_err(|errors| {
        let detail = "The draft can't be finalized yet; it is kept as it is.";
        Error::refused_fields(ErrorCode::DraftInvalid, detail, errors)
    })
}

/// What was added to the draft since it was read would be lost with it.
async fn refuse_if_changed(
    services: &Services,
    scope: &Scope,
    draft: &Draft<KnowledgeBaseContent>,
) -> Result<()> {
    let current = super::get(services, scope, draft.id).await?;
    if current.version == draft.version {
        return Ok(());
    }
    Err(Error::Refused(Box::new(Refusal {
        code: ErrorCode::DraftConflict,
        detail: "The draft was changed while it was being finalized. Nothing was made of it; `current` is what is \
                 there now. Look at it and finalize again."
            .to_owned(),
        errors: Vec::new(),
        current: Some(serde_json::to_value(current)?),
    })))
}

/// Copies, so that a call that fails later has taken nothing from the draft.
async fn copy_files(services: &Services, scope: &Scope, draft: &Draft<KnowledgeBaseContent>) -> Result<()> {
    let workspace_id = scope.workspace_id();
    for source in &draft.content.sources {
        let from = Storage::draft_key(workspace_id, draft.id, source.id);
        let to = Storage::document_key(workspace_id, source.id);
        services.storage.copy(&from, &to).await?;
    }
    Ok(())
}

async fn insert_base(tx: &mut TenantTx, scope: &Scope, content: &KnowledgeBaseContent) -> Result<Uuid> {
    let id = Uuid::now_v7();
    sqlx::query!(
        "insert into knowledge_bases (workspace_id, id, name, description, chunking) values ($1, $2, $3, $4, $5)",
        scope.workspace_id(),
        id,
        content.name.trim(),
        content.description.trim(),
        Json(content.chunking) as _
    )
    .execute(&mut **tx)
    .await
    .map_err(name_taken)?;
    Ok(id)
}

async fn update_base(
    tx: &mut TenantTx,
    scope: &Scope,
    id: Uuid,
    content: &KnowledgeBaseContent,
) -> Result<()> {
    let current = sqlx::query_scalar!(
        r#"select chunking as "chunking: Json<Chunking>" from knowledge_bases where workspace_id = $1 and id = $2
           for update"#,
        scope.workspace_id(),
        id
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or_else(|| Error::not_found("knowledge base"))?;
    if current.0 != content.chunking {
        rechunk(tx, scope, id).await?;
    }
    sqlx::query!(
        "update knowledge_bases set name = $3, description = $4, chunking = $5, updated_at = now()
         where workspace_id = $1 and id = $2",
        scope.workspace_id(),
        id,
        content.name.trim(),
        content.description.trim(),
        Json(content.chunking) as _
    )
    .execute(&mut **tx)
    .await
    .map_err(name_taken)?;
    Ok(())
}

/// Has every document cut anew. Bots answer from the versions there are until the new ones are ready.
async fn rechunk(tx: &mut TenantTx, scope: &Scope, knowledge_base_id: Uuid) -> Result<()> {
    let documents = sqlx::query!(
        "update documents
         set version = version + 1, status = 'queued', error_code = null, error_message = null, attempts = 0,
             chunks_done = 0, updated_at = now()
         where workspace_id = $1 and knowledge_base_id = $2
         returning id, version",
        scope.workspace_id(),
        knowledge_base_id
    )
    .fetch_all(&mut **tx)
    .await?;
    for document in documents {
        enqueue(tx, scope, document.id, document.version).await?;
    }
    Ok(())
}

async fn insert_document(
    tx: &mut TenantTx,
    scope: &Scope,
    knowledge_base_id: Uuid,
    source: &DraftSource,
) -> Result<()> {
    let version = sqlx::query_scalar!(
        "insert into documents (workspace_id, id, knowledge_base_id, kind, title, media_type, size, url, storage_key)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         returning version",
        scope.workspace_id(),
        source.id,
        knowledge_base_id,
        source.kind.as_str(),
        source.title,
        source.media_type,
        i64::try_from(source.size).unwrap_or(i64::MAX),
        source.url.as_ref().map(url::Url::as_str),
        Storage::document_key(scope.workspace_id(), source.id)
    )
    .fetch_one(&mut **tx)
    .await?;
    enqueue(tx, scope, source.id, version).await
}

async fn enqueue(tx: &mut TenantTx, scope: &Scope, document_id: Uuid, version: i32) -> Result<()> {
    let job = Job::IngestDocument {
        workspace_id: scope.workspace_id(),
        document_id,
        version,
    };
    jobs::enqueue(tx, &job).await
}

/// Deletes the draft and its files; either may be gone already.
async fn delete_draft(services: &Services, scope: &Scope, draft_id: Uuid) -> Result<()> {
    match drafts::delete::<KnowledgeBaseContent>(&services.redis, scope, draft_id).await {
        Err(error) if error.code() != ErrorCode::DraftNotFound => return Err(error),
        _ => {}
    }
    services
        .storage
        .delete_draft(scope.workspace_id(), draft_id)
        .await
}

fn name_taken(error: sqlx::Error) -> Error {
    if violates(&error, "knowledge_bases_name_key") {
        let detail = "There is a knowledge base of this name. The draft is kept as it is.";
        let errors = vec![FieldError::new("content.name", "Choose another name.")];
        return Error::refused_fields(ErrorCode::NameTaken, detail, errors);
    }
    error.into()
}
