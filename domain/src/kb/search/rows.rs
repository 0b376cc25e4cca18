//! What candidates say: their rows, which prove that they are live and switched on.

use std::collections::HashMap;

use api_types::kb::Chunk;
use retrieval::closeness::Sentences;
use retrieval::words::{Language, language_of};
use uuid::Uuid;

use super::Hit;
use super::rank::Ranked;
use crate::db::Db;
use crate::vectors::{Candidate, headings, passage_text};
use crate::{Result, Scope};

pub(super) struct Row {
    id: Uuid,
    position: i32,
    text: String,
    heading_path: Vec<String>,
    page: Option<i32>,
    tokens: i32,
    context: String,
    importance: i16,
    document_id: Uuid,
    document_importance: i16,
    title: String,
    url: Option<String>,
    language: Option<String>,
    is_pair: bool,
}

/// The live, enabled ones of these knowledge bases.
pub(super) async fn read(
    db: &Db,
    scope: &Scope,
    knowledge_base_ids: &[Uuid],
    ranked: &[Ranked],
) -> Result<HashMap<Uuid, Row>> {
    let ids: Vec<Uuid> = ranked.iter().map(|r| r.trace.chunk_id).collect();
    let mut tx = db.tenant(scope).await?;
    let rows = sqlx::query_as!(
        Row,
        r#"select c.id, c.position, c.text, c.heading_path, c.page, c.tokens, c.context, c.importance, c.document_id,
             d.importance as document_importance, d.title, d.url, d.languages[1] as language,
             d.kind = 'qa' as "is_pair!"
         from chunks c
         join documents d
             on d.workspace_id = c.workspace_id and d.id = c.document_id and d.live_version = c.version
         where c.workspace_id = $1 and c.id = any($2) and c.knowledge_base_id = any($3) and c.enabled"#,
        scope.workspace_id(),
        &ids,
        knowledge_base_ids
    )
    .fetch_all(&mut *tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

impl Row {
    /// Its words, sentence by sentence.
    pub(super) fn sentences(&self) -> Sentences {
        let headings = headings(&self.title, &self.heading_path, &self.context);
        let passage = passage_text(&self.title, &self.heading_path, &self.context, &self.text);
        let whole = self
            .language
            .as_deref()
            .and_then(Language::from_code)
            .unwrap_or_default();
        Sentences::new(&headings, &self.text, language_of(&passage, whole))
    }

    /// Steps up or down from usual, of the chunk and its document together.
    pub(super) fn importance(&self) -> i16 {
        self.importance + self.document_importance
    }

    pub(super) fn hit(self, candidate: &Candidate, covered: f32) -> Hit {
        Hit {
            chunk: Chunk {
                id: Some(self.id),
                position: self.position,
                text: self.text,
                heading_path: self.heading_path,
                page: self.page,
                tokens: self.tokens,
            },
            context: self.context,
            document_id: self.document_id,
            title: self.title,
            url: self.url,
            is_pair: self.is_pair,
            score: 0.0,
            lexical: candidate.lexical,
            cosine: candidate.cosine,
            covered,
        }
    }
}
