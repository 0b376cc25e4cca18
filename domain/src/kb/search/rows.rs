//! What candidates say: their rows, which prove that they are live and switched on.

use std::collections::HashMap;
use std::sync::Arc;

use api_types::kb::Chunk;
use moka::future::Cache;
use retrieval::closeness::Sentences;
use retrieval::words::{Language, language_of};
use uuid::Uuid;

use super::{Hit, Search};
use crate::db::Db;
use crate::vectors::{Candidate, headings, passage_text};
use crate::{Result, Scope, metrics};

/// Memory for chunks that were read lately, in bytes.
const CAPACITY: u64 = 32 * 1024 * 1024;

/// Chunks that were read lately, their words cut: reading and cutting fifty of them costs more than all the rest of a search.
/// Each is good for the version of its knowledge base's index that it was read for. Cheap to clone.
#[derive(Debug, Clone)]
pub struct ReadChunks(Cache<Uuid, Arc<Row>>);

/// A live chunk, with what is known of it from its document.
#[derive(Debug)]
pub(super) struct Row {
    id: Uuid,
    knowledge_base_id: Uuid,
    /// Of the knowledge base's index, or a later one; `None` where it was not known.
    index_version: Option<i64>,
    position: i32,
    text: String,
    heading_path: Vec<String>,
    page: Option<i32>,
    tokens: i32,
    context: String,
    /// Steps up or down from usual, of the chunk and its document together.
    importance: i16,
    document_id: Uuid,
    title: String,
    url: Option<String>,
    /// Whether it is a question with its answer.
    is_pair: bool,
    /// Its words, sentence by sentence.
    sentences: Sentences,
}

impl Default for ReadChunks {
    fn default() -> Self {
        let weigh = |_: &Uuid, row: &Arc<Row>| u32::try_from(row.size()).unwrap_or(u32::MAX);
        Self(Cache::builder().weigher(weigh).max_capacity(CAPACITY).build())
    }
}

impl ReadChunks {
    /// Those of `ids` that are live and enabled, and in the knowledge bases that are searched.
    pub(super) async fn rows(
        &self,
        db: &Db,
        scope: &Scope,
        search: &Search<'_>,
        ids: &[Uuid],
    ) -> Result<HashMap<Uuid, Arc<Row>>> {
        let versions: HashMap<Uuid, i64> = search.versions.unwrap_or_default().iter().copied().collect();
        let mut rows = HashMap::with_capacity(ids.len());
        let mut missing = Vec::new();
        for id in ids {
            // Those that are kept have a version.
            let is_current =
                |row: &Arc<Row>| versions.get(&row.knowledge_base_id).copied() == row.index_version;
            match self.0.get(id).await.filter(is_current) {
                Some(row) => drop(rows.insert(*id, row)),
                None => missing.push(*id),
            }
        }
        metrics::cache("chunks", missing.is_empty());
        if missing.is_empty() {
            return Ok(rows);
        }
        for row in read(db, scope, search.knowledge_base_ids, &missing, &versions).await? {
            let row = Arc::new(row);
            if row.index_version.is_some() {
                self.0.insert(row.id, Arc::clone(&row)).await;
            }
            rows.insert(row.id, row);
        }
        Ok(rows)
    }
}

async fn read(
    db: &Db,
    scope: &Scope,
    knowledge_base_ids: &[Uuid],
    ids: &[Uuid],
    versions: &HashMap<Uuid, i64>,
) -> Result<Vec<Row>> {
    let mut tx = db.tenant(scope).await?;
    let rows = sqlx::query!(
        r#"select c.id, c.knowledge_base_id, c.position, c.text, c.heading_path, c.page, c.tokens, c.context, c.importance,
             c.document_id, d.importance as document_importance, d.title, d.url, d.languages[1] as language,
             d.kind = 'qa' as "is_pair!"
         from chunks c
         join documents d
             on d.workspace_id = c.workspace_id and d.id = c.document_id and d.live_version = c.version
         where c.workspace_id = $1 and c.id = any($2) and c.knowledge_base_id = any($3) and c.enabled"#,
        scope.workspace_id(),
        ids,
        knowledge_base_ids
    )
    .fetch_all(&mut *tx)
    .await?;
    let rows = rows.into_iter().map(|row| Row {
        sentences: sentences(
            &row.title,
            &row.heading_path,
            &row.context,
            &row.text,
            row.language.as_deref(),
        ),
        id: row.id,
        index_version: versions.get(&row.knowledge_base_id).copied(),
        knowledge_base_id: row.knowledge_base_id,
        position: row.position,
        text: row.text,
        heading_path: row.heading_path,
        page: row.page,
        tokens: row.tokens,
        context: row.context,
        importance: row.importance + row.document_importance,
        document_id: row.document_id,
        title: row.title,
        url: row.url,
        is_pair: row.is_pair,
    });
    Ok(rows.collect())
}

fn sentences(
    title: &str,
    heading_path: &[String],
    context: &str,
    text: &str,
    language: Option<&str>,
) -> Sentences {
    let passage = passage_text(title, heading_path, context, text);
    let whole = language.and_then(Language::from_code).unwrap_or_default();
    Sentences::new(
        &headings(title, heading_path, context),
        text,
        language_of(&passage, whole),
    )
}

impl Row {
    /// Its words, sentence by sentence.
    pub(super) const fn sentences(&self) -> &Sentences {
        &self.sentences
    }

    /// Steps up or down from usual, of the chunk and its document together.
    pub(super) const fn importance(&self) -> i16 {
        self.importance
    }

    pub(super) fn hit(&self, candidate: &Candidate, covered: f32) -> Hit {
        Hit {
            chunk: Chunk {
                id: Some(self.id),
                position: self.position,
                text: self.text.clone(),
                heading_path: self.heading_path.clone(),
                page: self.page,
                tokens: self.tokens,
            },
            context: self.context.clone(),
            document_id: self.document_id,
            title: self.title.clone(),
            url: self.url.clone(),
            is_pair: self.is_pair,
            score: 0.0,
            lexical: candidate.lexical,
            cosine: candidate.cosine,
            covered,
        }
    }

    /// Bytes of memory, more or less.
    fn size(&self) -> usize {
        let headings = self
            .heading_path
            .iter()
            .map(|heading| size_of::<String>() + heading.len());
        let texts = self.text.len()
            + self.context.len()
            + self.title.len()
            + self.url.as_ref().map_or(0, String::len);
        size_of::<Self>() + texts + headings.sum::<usize>() + self.sentences.size()
    }
}
