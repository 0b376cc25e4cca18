//! Knowledge bases in the making: settings and sources in a draft, previewed, then finalized.

mod finalize;
mod pairs;
mod preview;
mod sources;
mod sweep;
mod websites;

use api_types::ErrorCode;
use api_types::drafts::{CreateDraftRequest, Draft, DraftSummary};
use api_types::kb::{KnowledgeBaseContent, SaveKbDraftRequest};
use api_types::tenancy::Role;
use api_types::validate::{self, Checker};
use uuid::Uuid;

use super::bases;
use crate::Services;
use crate::{Error, Result, Scope, drafts};

pub use self::sources::{NewFile, add_files, add_sources, import_pairs, remove_source};
pub use finalize::finalize;
pub use pairs::{pairs, save_pairs};
pub use preview::preview_chunks;
pub use sweep::sweep_expired;
pub use websites::{cancel_crawl, crawl, pages, remove_page, restart_crawl};

/// Begins a draft: an empty one, or one that adds to an existing knowledge base.
pub async fn create(
    services: &Services,
    scope: &Scope,
    request: &CreateDraftRequest,
) -> Result<Draft<KnowledgeBaseContent>> {
    scope.require(Role::Editor)?;
    let content = match request.from {
        None => KnowledgeBaseContent::default(),
        Some(id) => {
            let existing = bases::get(&services.db, scope, id).await?;
            KnowledgeBaseContent {
                name: existing.name,
                description: existing.description,
                chunking: existing.chunking,
                sources: Vec::new(),
            }
        }
    };
    drafts::create(&services.drafts, scope, content, request.from).await
}

/// The workspace's drafts, last saved first.
pub async fn list(services: &Services, scope: &Scope) -> Result<Vec<DraftSummary>> {
    drafts::list::<KnowledgeBaseContent>(&services.drafts, scope).await
}

/// One draft.
pub async fn get(services: &Services, scope: &Scope, id: Uuid) -> Result<Draft<KnowledgeBaseContent>> {
    drafts::get(&services.drafts, scope, id).await
}

/// Saves name, description and chunking on top of the version that was read. The sources stay as they are.
///
/// What is unfinished may be saved; only chunking is checked here, because a preview works with it.
pub async fn save(
    services: &Services,
    scope: &Scope,
    id: Uuid,
    request: SaveKbDraftRequest,
) -> Result<Draft<KnowledgeBaseContent>> {
    scope.require(Role::Editor)?;
    let mut check = Checker::default();
    check.length("name", &request.name, 0, 80);
    check.length("description", &request.description, 0, 500);
    validate::chunking(&mut check, "chunking", request.chunking);
    check.finish().map_err(Error::validation)?;
    let current = get_open(services, scope, id).await?;
    if current.from.is_some() {
        check_same(&current.content, &request)?;
    }
    let content = KnowledgeBaseContent {
        name: request.name,
        description: request.description,
        chunking: request.chunking,
        sources: current.content.sources,
    };
    drafts::save(&services.drafts, scope, id, request.version, content).await
}

/// What belongs to the knowledge base is changed there, not by adding sources to it.
fn check_same(content: &KnowledgeBaseContent, request: &SaveKbDraftRequest) -> Result<()> {
    let mut check = Checker::default();
    let elsewhere =
        "This draft adds sources. Change this of the knowledge base itself: PUT /api/v1/kb/{kb_id}.";
    check.require(content.name == request.name, "name", elsewhere);
    check.require(
        content.description == request.description,
        "description",
        elsewhere,
    );
    check.require(content.chunking == request.chunking, "chunking", elsewhere);
    check.finish().map_err(Error::validation)
}

/// Throws a draft away, with its files.
pub async fn delete(services: &Services, scope: &Scope, id: Uuid) -> Result<()> {
    scope.require(Role::Editor)?;
    drafts::delete::<KnowledgeBaseContent>(&services.drafts, scope, id).await?;
    super::sources::discard_draft(services, scope, id).await?;
    services.storage.delete_draft(scope.workspace_id(), id).await
}

/// A draft that may still change. One that was finalized is only there because the server died before it was
/// deleted; what would be added to it now would be lost.
async fn get_open(services: &Services, scope: &Scope, id: Uuid) -> Result<Draft<KnowledgeBaseContent>> {
    let draft = get(services, scope, id).await?;
    if finalize::earlier_result(&services.db, scope, id).await?.is_some() {
        let detail = "This draft was finalized already; the knowledge base is in the list. Begin a new draft to add to it.";
        return Err(Error::refused(ErrorCode::DraftNotFound, detail));
    }
    Ok(draft)
}
