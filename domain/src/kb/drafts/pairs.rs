//! Questions with their answers that are still part of a draft.

use api_types::ErrorCode;
use api_types::drafts::Draft;
use api_types::kb::{DraftSource, KnowledgeBaseContent, SourceKind};
use api_types::pairs::Pair;
use api_types::tenancy::Role;
use uuid::Uuid;

use super::get_open;
use super::sources::{Prepared, delete_files, questions};
use crate::Services;
use crate::storage::Storage;
use crate::{Error, Result, Scope, drafts};

/// The pairs of a source in a draft.
pub async fn pairs(services: &Services, scope: &Scope, draft_id: Uuid, source_id: Uuid) -> Result<Vec<Pair>> {
    let draft = super::get(services, scope, draft_id).await?;
    find(&draft, source_id)?;
    let key = Storage::draft_key(scope.workspace_id(), draft_id, source_id);
    let bytes = services.storage.get(&key).await?.ok_or_else(gone)?;
    Ok(serde_json::from_slice(&bytes)?)
}

/// Replaces all pairs of a source in a draft. That makes another source of it, in the same place and with another id: so
/// whoever opened the pairs before can't overwrite what is saved here, and what is being finalized is left alone.
pub async fn save_pairs(
    services: &Services,
    scope: &Scope,
    draft_id: Uuid,
    source_id: Uuid,
    pairs: &[Pair],
) -> Result<Draft<KnowledgeBaseContent>> {
    scope.require(Role::Editor)?;
    let draft = get_open(services, scope, draft_id).await?;
    let Prepared { source, content } = questions(&find(&draft, source_id)?.title, pairs)?;
    let key = Storage::draft_key(scope.workspace_id(), draft_id, source.id);
    services.storage.put(&key, content.into_bytes()).await?;
    let saved = drafts::update(
        &services.drafts,
        scope,
        draft_id,
        |content: &mut KnowledgeBaseContent| {
            let mut sources = content.sources.iter_mut();
            let place = sources.find(|other| other.id == source_id).ok_or_else(gone)?;
            place.clone_from(&source);
            Ok(())
        },
    )
    .await;
    let superfluous = if saved.is_ok() { source_id } else { source.id };
    delete_files(services, scope, draft_id, superfluous).await?;
    saved
}

fn find(draft: &Draft<KnowledgeBaseContent>, source_id: Uuid) -> Result<&DraftSource> {
    let mut sources = draft.content.sources.iter();
    let found = sources.find(|source| source.id == source_id && source.kind == SourceKind::Qa);
    found.ok_or_else(gone)
}

fn gone() -> Error {
    Error::refused(
        ErrorCode::NotFound,
        "These questions are not in the draft any more: somebody changed or removed them. Nothing was saved; copy what \
         you wrote, open them again and put it in.",
    )
}
