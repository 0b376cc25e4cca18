//! Whose rows are asked for.

use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

/// A tenant, and one of everything that it has.
#[derive(FromRow)]
pub struct Tenant {
    pub workspace_id: Uuid,
    pub user_id: Uuid,
    pub session_id: Uuid,
    pub key_hash: Vec<u8>,
    pub bot_id: Uuid,
    pub conversation_id: Uuid,
    pub knowledge_base_ids: Vec<Uuid>,
    pub document_id: Uuid,
    /// What a search found.
    pub chunk_ids: Vec<Uuid>,
}

impl Tenant {
    /// `count` of them, large ones among them as often as among all.
    pub async fn some(owner: &mut PgConnection, count: i64) -> Vec<Self> {
        sqlx::query_as(
            "select w.id as workspace_id, s.user_id, s.id as session_id, k.key_hash, b.id as bot_id,
                 c.id as conversation_id, kb.ids as knowledge_base_ids, d.id as document_id,
                 array(select id from chunks where workspace_id = w.id order by id limit 60) as chunk_ids
             from (select id, row_number() over (order by name, id) as n from workspaces) w,
                 lateral (select id, user_id from sessions where active_workspace_id = w.id order by id limit 1) s,
                 lateral (select key_hash from api_keys where workspace_id = w.id order by id limit 1) k,
                 lateral (select id from bots where workspace_id = w.id order by id limit 1) b,
                 lateral (select id from conversations where workspace_id = w.id and bot_id = b.id order by id limit 1) c,
                 lateral (select array_agg(id) as ids from knowledge_bases where workspace_id = w.id) kb,
                 lateral (select id from documents where workspace_id = w.id order by id limit 1) d
             order by w.n limit $1",
        )
        .bind(count)
        .fetch_all(owner)
        .await
        .unwrap()
    }
}
