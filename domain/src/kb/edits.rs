//! What people changed about chunks, kept for as long as the document lives.
//!
//! A chunk is known by what the document says there: its text and headings. So an edit outlives every new version, comes
//! back when settings that cut the document otherwise are taken back, and rests meanwhile.

use api_types::kb::{Importance, RestingEdit};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::documents;
use crate::db::{Db, TenantTx};
use crate::embeddings::{self, ContentHash, Model, content_hash};
use crate::vectors::passage_text;
use crate::{Result, Scope, Services};

/// An edit of a chunk, as it is saved.
pub(super) struct Edit<'a> {
    pub document_id: Uuid,
    pub original_text: &'a str,
    pub heading_path: &'a [String],
    pub text: &'a str,
    pub context: &'a str,
    pub importance: Importance,
    pub enabled: bool,
    pub tokens: i32,
    pub content_hash: &'a [u8],
}

impl Edit<'_> {
    /// Whether nothing differs from what the document says.
    fn is_none(&self) -> bool {
        self.text == self.original_text
            && self.context.is_empty()
            && self.importance == Importance::default()
            && self.enabled
    }

    /// What the chunk is known by.
    fn place(&self) -> Vec<u8> {
        let mut hash = Sha256::new_with_prefix(self.original_text);
        for heading in self.heading_path {
            hash.update([0x1f]);
            hash.update(heading);
        }
        hash.finalize().to_vec()
    }
}

/// Remembers an edit, or forgets the one there was when the chunk is as the document has it again.
pub(super) async fn remember(tx: &mut TenantTx, scope: &Scope, edit: &Edit<'_>) -> Result<()> {
    if edit.is_none() {
        sqlx::query!(
            "delete from chunk_edits where workspace_id = $1 and document_id = $2 and place = $3",
            scope.workspace_id(),
            edit.document_id,
            edit.place()
        )
        .execute(&mut **tx)
        .await?;
        return Ok(());
    }
    sqlx::query!(
        "insert into chunk_edits (workspace_id, document_id, place, original_text, heading_path, text, context,
             importance, enabled, tokens, content_hash)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
         on conflict (workspace_id, document_id, place) do update
         set text = excluded.text, context = excluded.context, importance = excluded.importance,
             enabled = excluded.enabled, tokens = excluded.tokens, content_hash = excluded.content_hash",
        scope.workspace_id(),
        edit.document_id,
        edit.place(),
        edit.original_text,
        edit.heading_path,
        edit.text,
        edit.context,
        edit.importance.steps(),
        edit.enabled,
        edit.tokens,
        edit.content_hash
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Gives the chunks of a version what people changed about those places.
pub(super) async fn apply(tx: &mut TenantTx, scope: &Scope, document_id: Uuid, version: i32) -> Result<()> {
    sqlx::query!(
        "update chunks c
         set text = e.text, original_text = nullif(e.original_text, e.text), context = e.context,
             importance = e.importance, enabled = e.enabled, tokens = e.tokens, content_hash = e.content_hash
         from chunk_edits e
         where e.workspace_id = $1 and e.document_id = $2
           and c.workspace_id = $1 and c.document_id = $2 and c.version = $3
           and c.text = e.original_text and c.heading_path = e.heading_path",
        scope.workspace_id(),
        document_id,
        version
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Embeds what the edits of a version say where that is not known: they rested for long, or another model has come.
pub(super) async fn embed_missing(
    services: &Services,
    scope: &Scope,
    document_id: Uuid,
    version: i32,
    model: &Model,
) -> Result<()> {
    let model_id = model.space().model_id;
    let mut tx = services.db.tenant(scope).await?;
    let title = documents::title(&mut tx, scope, document_id).await?;
    let rows = sqlx::query!(
        "select c.id, c.text, c.context, c.heading_path
         from chunks c
         where c.workspace_id = $1 and c.document_id = $2 and c.version = $3
           and (c.original_text is not null or c.context <> '')
           and not exists (
               select from embeddings e
               where e.workspace_id = $1 and e.model_id = $4 and e.content_hash = c.content_hash)",
        scope.workspace_id(),
        document_id,
        version,
        model_id
    )
    .fetch_all(&mut *tx)
    .await?;
    drop(tx);
    if rows.is_empty() {
        return Ok(());
    }
    let passages: Vec<String> = rows
        .iter()
        .map(|row| passage_text(&title, &row.heading_path, &row.context, &row.text))
        .collect();
    let hashes: Vec<ContentHash> = passages.iter().map(|passage| content_hash(passage)).collect();
    let vectors = model.embed_for(services, scope, passages).await?;
    let embedded: Vec<_> = hashes.iter().copied().zip(vectors).collect();
    let mut tx = services.db.tenant(scope).await?;
    for (row, hash) in rows.iter().zip(&hashes) {
        sqlx::query!(
            "update chunks set content_hash = $3 where workspace_id = $1 and id = $2",
            scope.workspace_id(),
            row.id,
            &hash[..]
        )
        .execute(&mut *tx)
        .await?;
    }
    embeddings::put(&mut tx, scope, model_id, &embedded).await?;
    tx.commit().await
}

/// Edits of places that the live version of a document is not cut into.
pub async fn resting(
    db: &Db,
    scope: &Scope,
    knowledge_base_id: Uuid,
    document_id: Uuid,
) -> Result<Vec<RestingEdit>> {
    let mut tx = db.tenant(scope).await?;
    documents::require(&mut tx, scope, knowledge_base_id, document_id).await?;
    let rows = sqlx::query!(
        "select e.original_text, e.heading_path, e.text, e.context, e.importance, e.enabled
         from chunk_edits e
         join documents d on d.workspace_id = e.workspace_id and d.id = e.document_id
         where e.workspace_id = $1 and e.document_id = $2 and d.live_version is not null and not exists (
             select from chunks c
             where c.workspace_id = $1 and c.document_id = $2 and c.version = d.live_version
               and coalesce(c.original_text, c.text) = e.original_text and c.heading_path = e.heading_path)
         order by e.original_text",
        scope.workspace_id(),
        document_id
    )
    .fetch_all(&mut *tx)
    .await?;
    let edits = rows.into_iter().map(|row| RestingEdit {
        original_text: row.original_text,
        heading_path: row.heading_path,
        text: row.text,
        context: row.context,
        importance: Importance::from_steps(row.importance),
        enabled: row.enabled,
    });
    Ok(edits.collect())
}
