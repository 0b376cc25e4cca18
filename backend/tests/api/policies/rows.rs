//! Rows of tables that a tenant with one of everything leaves empty.

use sqlx::{AssertSqlSafe, PgConnection};

use super::stage::Tenant;

/// A table, and how a row of it is made: `$1` is the workspace, `$2` the organization.
const ROWS: &[(&str, &str)] = &[
    (
        "workspace_members",
        "insert into workspace_members (workspace_id, user_id, role)
         select $1, user_id, 'viewer' from organization_members where organization_id = $2 limit 1",
    ),
    (
        "crawls",
        "insert into crawls (workspace_id, id, draft_id, source_id, run, website, status)
         select $1, gen_random_uuid(), gen_random_uuid(), null, gen_random_uuid(), '{}'::jsonb, 'done'
         union all
         (select $1, id, null, id, gen_random_uuid(), '{}', 'done' from sources where workspace_id = $1 limit 1)",
    ),
    (
        "crawl_pages",
        "insert into crawl_pages (workspace_id, crawl_id, id, url, position, depth, state)
         select $1, id, gen_random_uuid(), 'https://example.com', 0, 0, 'waiting'
         from crawls where workspace_id = $1 limit 1",
    ),
    (
        "draft_copies",
        "insert into draft_copies (workspace_id, kind, id, version, draft)
         values ($1, 'chatbot', gen_random_uuid(), 1, '{}')",
    ),
    (
        "bot_knowledge_bases",
        "insert into bot_knowledge_bases (workspace_id, bot_id, knowledge_base_id)
         select $1, b.id, k.id from bots b join knowledge_bases k on k.workspace_id = b.workspace_id
         where b.workspace_id = $1 limit 1",
    ),
    (
        "bot_sites",
        "insert into bot_sites (workspace_id, bot_id, origin)
         select $1, id, 'https://example.com' from bots where workspace_id = $1 limit 1",
    ),
    (
        "gaps",
        "insert into gaps (workspace_id, id, bot_id, question)
         select $1, gen_random_uuid(), id, 'Why?' from bots where workspace_id = $1 limit 1",
    ),
    (
        "retrievals",
        "insert into retrievals (workspace_id, message_id, retrieval)
         select $1, id, '{}' from messages where workspace_id = $1 limit 1",
    ),
    (
        "embedding_models",
        "insert into embedding_models (workspace_id, id, model, dimensions, unrelated, spread, state)
         values ($1, gen_random_uuid(), 'm', 3, 0, 1, 'building')",
    ),
    (
        "embeddings",
        "insert into embeddings (workspace_id, model_id, content_hash, vector)
         values ($1, gen_random_uuid(), '\\x00', '\\x00')",
    ),
    (
        "embedded_documents",
        "insert into embedded_documents (workspace_id, model_id, document_id, version, revision)
         select $1, m.id, d.id, 1, 0 from embedding_models m join documents d on d.workspace_id = m.workspace_id
         where m.workspace_id = $1 limit 1",
    ),
    (
        "scans",
        "insert into scans (workspace_id, document_id, version, languages)
         select $1, id, 1, 'eng' from documents where workspace_id = $1 limit 1",
    ),
    (
        "chunk_edits",
        "insert into chunk_edits (workspace_id, document_id, place, original_text, heading_path, text, context, importance,
             enabled, tokens, content_hash)
         select $1, id, '\\x00', '', '{}', '', '', 0, true, 1, '\\x00' from documents where workspace_id = $1 limit 1",
    ),
    (
        "uploads",
        "insert into uploads (workspace_id, id, bot_id, name, media_type, size)
         select $1, gen_random_uuid(), id, 'a.txt', 'text/plain', 3 from bots where workspace_id = $1 limit 1",
    ),
    (
        "conversation_events",
        "insert into conversation_events (workspace_id, conversation_id, n, kind)
         select $1, id, 1, 'asked' from conversations where workspace_id = $1 limit 1",
    ),
    (
        "office_hours",
        "insert into office_hours (workspace_id, hours) values ($1, '{}')",
    ),
    (
        "inbox_notifications",
        "insert into inbox_notifications (workspace_id, user_id, by_mail)
         select $1, user_id, true from organization_members where organization_id = $2 limit 1",
    ),
    ("data_policies", "insert into data_policies (workspace_id) values ($1)"),
    (
        "deletion_receipts",
        "insert into deletion_receipts (id, kind, subject_id, place_id, organization_id, requested_by, requested_at)
         select gen_random_uuid(), 'conversations', $1, $1, $2, user_id, now()
         from organization_members where organization_id = $2 limit 1",
    ),
];

/// Changes to one of the tenants, so that policies for reading show something and leave something out. `$1` and `$2` as
/// above.
const CHANGES: &[&str] = &[
    "update crawls set status = 'queued' where workspace_id = $1",
    "update documents set status = 'queued' where workspace_id = $1",
    "update sources set next_sync_at = now() where workspace_id = $1",
    "update test_runs set status = 'queued' where workspace_id = $1",
    "update data_exports set expires_at = now() where workspace_id = $1",
    "update data_policies set files_days = 30 where workspace_id = $1",
    "update workspace_invitations set email = (select email from users limit 1) where workspace_id = $1",
    "update organization_invitations set email = (select email from users limit 1) where organization_id = $2",
];

/// Gives a tenant a row in tables where it has none.
pub async fn fill(owner: &mut PgConnection, tenant: &Tenant) {
    for (table, sql) in ROWS {
        let column = if *table == "deletion_receipts" {
            "place_id"
        } else {
            "workspace_id"
        };
        let is_there = format!("select exists(select from {table} where {column} = $1)");
        let is_there: bool = sqlx::query_scalar(AssertSqlSafe(is_there))
            .bind(tenant.workspace_id)
            .fetch_one(&mut *owner)
            .await
            .unwrap();
        if !is_there {
            run(owner, sql, tenant).await;
        }
    }
}

/// Makes the rows of one tenant differ from the other's.
pub async fn tell_apart(owner: &mut PgConnection, tenant: &Tenant) {
    for sql in CHANGES {
        run(owner, sql, tenant).await;
    }
}

/// Both parameters are bound, whichever the statement has.
async fn run(owner: &mut PgConnection, sql: &str, tenant: &Tenant) {
    let sql = sql
        .replace("$1", &format!("'{}'::uuid", tenant.workspace_id))
        .replace("$2", &format!("'{}'::uuid", tenant.organization_id));
    sqlx::query(AssertSqlSafe(sql.clone()))
        .execute(owner)
        .await
        .unwrap_or_else(|error| panic!("{error}: {sql}"));
}
