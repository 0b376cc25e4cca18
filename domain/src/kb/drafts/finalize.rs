//! Making a draft a knowledge base, once, however often and from wherever it is asked for.

use std::collections::HashMap;

use api_types::audit::AuditAction;
use api_types::connections::Remote;
use api_types::drafts::Draft;
use api_types::kb::{DraftSource, Finalized, KnowledgeBaseContent, SourceKind};
use api_types::sources::{CrawlMode, Website};
use api_types::tenancy::Role;
use api_types::usage::Quota;
use api_types::{ErrorCode, FieldError, validate};
use serde_json::json;
use sqlx::types::Json;
use url::Url;
use uuid::Uuid;

use crate::Services;
use crate::db::{Db, TenantTx, retried};
use crate::error::Refusal;
use crate::kb::sources::{self, NewSource, Origin};
use crate::kb::{bases, ingest};
use crate::storage::Storage;
use crate::{Error, Result, Scope, audit, drafts, quotas};

/// Makes the knowledge base of a draft, or adds to the one it was made from; then deletes the draft.
///
/// Asked again (twice at once, or after a crash at any point), it gives the first result: the transaction that
/// makes the knowledge base also notes from which draft.
pub async fn finalize(services: &Services, scope: &Scope, draft_id: Uuid) -> Result<Finalized> {
    scope.require(Role::Editor)?;
    let knowledge_base_id = match earlier_result(&services.db, scope, draft_id).await? {
        Some(id) => id,
        None => match retried(|| make(services, scope, draft_id)).await {
            Ok(id) => id,
            // Another call may have been faster, and have taken the name, the files or the draft itself away.
            Err(error) => {
                let earlier = earlier_result(&services.db, scope, draft_id).await?;
                if earlier.is_none() {
                    drafts::unseal::<KnowledgeBaseContent>(&services.drafts, draft_id).await?;
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
            touch_base(&mut tx, scope, id).await?;
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
    let documents = insert_sources(&mut tx, scope, knowledge_base_id, &draft).await?;
    ingest::enqueue(&mut tx, scope, &documents).await?;
    let details = json!({
        "draft_id": draft_id,
        "documents": documents.len(),
        "new": draft.from.is_none(),
    });
    let (action, name) = (AuditAction::KnowledgeBaseFinalize, &draft.content.name);
    audit::record(&mut tx, scope, action, knowledge_base_id, name, details);
    let added = [
        (Quota::KnowledgeBases, i64::from(draft.from.is_none())),
        (
            Quota::Documents,
            i64::try_from(documents.len()).unwrap_or(i64::MAX),
        ),
        (Quota::Storage, size_of(&mut tx, scope, &documents).await?),
    ];
    quotas::check(&mut tx, &services.plans, &added).await?;
    // From here on nothing can be added that would go with the draft.
    drafts::seal::<KnowledgeBaseContent>(&services.drafts, draft_id).await?;
    refuse_if_changed(services, scope, &draft).await?;
    tx.commit().await?;
    Ok(knowledge_base_id)
}

/// Bytes of these documents.
async fn size_of(tx: &mut TenantTx, scope: &Scope, documents: &[(Uuid, i32)]) -> Result<i64> {
    let ids: Vec<Uuid> = documents.iter().map(|(id, _)| *id).collect();
    let size = sqlx::query_scalar!(
        r#"select coalesce(sum(size), 0)::bigint as "size!" from documents where workspace_id = $1 and id = any($2)"#,
        scope.workspace_id(),
        &ids
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(size)
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
        retry_after: None,
    })))
}

/// Copies, so that a call that fails later has taken nothing from the draft.
async fn copy_files(services: &Services, scope: &Scope, draft: &Draft<KnowledgeBaseContent>) -> Result<()> {
    let workspace_id = scope.workspace_id();
    // The pages of websites lie where they stay.
    let files = draft
        .content
        .sources
        .iter()
        .filter(|source| !source.kind.is_crawled());
    for source in files {
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
    .map_err(|error| bases::name_taken(error, "content.name"))?;
    Ok(id)
}

/// What is added is cut as the knowledge base is now.
async fn touch_base(tx: &mut TenantTx, scope: &Scope, id: Uuid) -> Result<()> {
    bases::lock(tx, scope, id).await?;
    let updated = sqlx::query!(
        "update knowledge_bases set updated_at = now() where workspace_id = $1 and id = $2",
        scope.workspace_id(),
        id
    )
    .execute(&mut **tx)
    .await?;
    if updated.rows_affected() == 0 {
        return Err(Error::not_found("knowledge base"));
    }
    Ok(())
}

/// Adds the sources with their documents. Answers the documents, with their versions.
async fn insert_sources(
    tx: &mut TenantTx,
    scope: &Scope,
    knowledge_base_id: Uuid,
    draft: &Draft<KnowledgeBaseContent>,
) -> Result<Vec<(Uuid, i32)>> {
    let origins = origins(tx, scope, draft).await?;
    let mut documents = Vec::new();
    for source in &draft.content.sources {
        let origin = match source.kind {
            SourceKind::Website | SourceKind::Notion | SourceKind::Google => origins.get(&source.id).cloned(),
            SourceKind::Url => source.url.as_ref().map(single_page),
            SourceKind::File | SourceKind::Text | SourceKind::Qa => None,
        };
        let new = NewSource {
            id: source.id,
            kind: source.kind,
            title: &source.title,
            origin,
        };
        sources::insert(tx, scope, knowledge_base_id, new).await?;
        if source.kind.is_crawled() {
            documents.extend(sources::adopt(tx, scope, knowledge_base_id, source.id).await?);
        } else {
            documents.push(insert_document(tx, scope, knowledge_base_id, source).await?);
        }
    }
    Ok(documents)
}

fn single_page(url: &Url) -> Origin {
    Origin::Website(Website {
        mode: CrawlMode::List,
        urls: vec![url.to_string()],
        max_pages: 1,
        ..Website::default()
    })
}

/// What the crawls of the draft go over, each with pages that can be taken over; locked, so that they stay as they are.
async fn origins(
    tx: &mut TenantTx,
    scope: &Scope,
    draft: &Draft<KnowledgeBaseContent>,
) -> Result<HashMap<Uuid, Origin>> {
    let rows = sqlx::query!(
        r#"select c.id, c.website as "website: Json<Website>", c.remote as "remote: Json<Remote>", c.status,
               exists (select from crawl_pages p where p.workspace_id = c.workspace_id and p.crawl_id = c.id
                       and p.state = 'added') as "has_pages!"
           from crawls c where c.workspace_id = $1 and c.draft_id = $2
           for update of c"#,
        scope.workspace_id(),
        draft.id
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut errors = Vec::new();
    for (i, source) in draft.content.sources.iter().enumerate() {
        if !source.kind.is_crawled() {
            continue;
        }
        let row = rows.iter().find(|row| row.id == source.id);
        let message = match row {
            Some(row) if matches!(row.status.as_str(), "queued" | "running") => {
                "is still being fetched. Wait until it is done, or stop it to take the pages there are."
            }
            Some(row) if row.has_pages => continue,
            _ => "has no pages that can be used. Take it out, or fetch it again.",
        };
        errors.push(FieldError::new(
            format!("content.sources[{i}]"),
            format!("{} {message}", source.title),
        ));
    }
    if !errors.is_empty() {
        let detail = "The draft can't be finalized yet; it is kept as it is.";
        return Err(Error::refused_fields(ErrorCode::DraftInvalid, detail, errors));
    }
    rows.into_iter()
        .map(|row| Ok((row.id, Origin::of(row.website, row.remote)?)))
        .collect()
}

async fn insert_document(
    tx: &mut TenantTx,
    scope: &Scope,
    knowledge_base_id: Uuid,
    source: &DraftSource,
) -> Result<(Uuid, i32)> {
    let url = source.url.as_ref().map(Url::as_str);
    let content_hash = source
        .content_hash
        .as_ref()
        .and_then(|hash| hex::decode(hash).ok());
    let version = sqlx::query_scalar!(
        "insert into documents (workspace_id, id, knowledge_base_id, source_id, external_key, kind, title, media_type,
             size, url, storage_key, content_hash)
         values ($1, $2, $3, $2, $4, $5, $6, $7, $8, $4, $9, $10)
         returning version",
        scope.workspace_id(),
        source.id,
        knowledge_base_id,
        url,
        source.kind.as_str(),
        source.title,
        source.media_type,
        i64::try_from(source.size).unwrap_or(i64::MAX),
        Storage::document_key(scope.workspace_id(), source.id),
        content_hash
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok((source.id, version))
}

/// Deletes the draft and its files; either may be gone already.
async fn delete_draft(services: &Services, scope: &Scope, draft_id: Uuid) -> Result<()> {
    match drafts::delete::<KnowledgeBaseContent>(&services.drafts, scope, draft_id).await {
        Err(error) if error.code() != ErrorCode::DraftNotFound => return Err(error),
        _ => {}
    }
    services
        .storage
        .delete_draft(scope.workspace_id(), draft_id)
        .await
}
