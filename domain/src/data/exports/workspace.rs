//! What an archive of a workspace holds. Each part is one query, which names what it takes: a column that is added to a
//! table is not in an archive before somebody says so here.

use uuid::Uuid;

use crate::db::TenantTx;
use crate::storage::Storage;
use crate::{Result, Scope};

/// One record, as JSON, with what the next batch begins after.
pub(super) struct Record {
    pub id: Uuid,
    pub line: String,
}

/// A file of the archive.
pub(super) struct Part {
    pub file: &'static str,
    /// What it holds, for the README.
    pub about: &'static str,
}

/// Makes of a list of files with a query each what they hold, and how a batch of each is read. A query is given the
/// workspace, the id after which to begin, and how many at most.
macro_rules! parts {
    ($($file:literal $about:literal $sql:literal)*) => {
        /// All files of JSON lines.
        pub(super) const PARTS: &[Part] = &[$(Part { file: $file, about: $about }),*];

        /// The records of a part after the one with this id.
        pub(super) async fn records(
            tx: &mut TenantTx, scope: &Scope, part: &Part, after: Uuid, most: i64,
        ) -> Result<Vec<Record>> {
            let workspace_id = scope.workspace_id();
            match part.file {
                $($file => Ok(sqlx::query_as!(Record, $sql, workspace_id, after, most).fetch_all(&mut **tx).await?),)*
                other => Err(anyhow::anyhow!("there is no part {other}").into()),
            }
        }
    };
}

parts! {
    "workspace.jsonl" "The workspace, with what it keeps for how long, and what it used by day."
    r#"select x.id as "id!", to_jsonb(x)::text as "line!" from (
           select w.id, w.name, o.name as organization, w.created_at, p.conversations_days, p.files_days, p.leads_days,
                  coalesce(p.redacts, false) as redacts, h.hours as office_hours,
                  (select jsonb_agg(jsonb_build_object('user_id', i.user_id, 'by_mail', i.by_mail))
                   from inbox_notifications i where i.workspace_id = w.id) as inbox_notifications,
                  (select jsonb_agg(to_jsonb(u) - 'workspace_id' order by u.day)
                   from usage_days u where u.workspace_id = w.id) as usage
           from workspaces w join organizations o on o.id = w.organization_id
           left join data_policies p on p.workspace_id = w.id
           left join office_hours h on h.workspace_id = w.id
           where w.id = $1 and w.id > $2) x
       order by x.id limit $3"#

    "members.jsonl" "Guests of the workspace. Members of its organization are not repeated here."
    r#"select x.id as "id!", to_jsonb(x)::text as "line!" from (
           select u.id, u.name, u.email, m.role, m.created_at, m.suspended_at
           from workspace_members m join users u on u.id = m.user_id
           where m.workspace_id = $1 and u.id > $2) x
       order by x.id limit $3"#

    "invitations.jsonl" "Invitations to the workspace."
    r#"select x.id as "id!", to_jsonb(x)::text as "line!" from (
           select id, role, email, created_by, created_at, expires_at, accepted_by, accepted_at, revoked_at
           from workspace_invitations where workspace_id = $1 and id > $2) x
       order by x.id limit $3"#

    "api_keys.jsonl" "API keys, without the keys."
    r#"select x.id as "id!", to_jsonb(x)::text as "line!" from (
           select id, name, prefix, scopes, created_by, created_at, expires_at, last_used_at
           from api_keys where workspace_id = $1 and id > $2) x
       order by x.id limit $3"#

    "providers.jsonl" "Connected providers of models, without their keys."
    r#"select x.id as "id!", to_jsonb(x)::text as "line!" from (
           select id, kind, name, base_url, default_model, prices, created_at
           from providers where workspace_id = $1 and id > $2) x
       order by x.id limit $3"#

    "connections.jsonl" "Connected services, without their credentials."
    r#"select x.id as "id!", to_jsonb(x)::text as "line!" from (
           select id, kind, name, account, created_at
           from connections where workspace_id = $1 and id > $2) x
       order by x.id limit $3"#

    "embedding_models.jsonl" "Which models make the vectors; the vectors can be made again."
    r#"select x.id as "id!", to_jsonb(x)::text as "line!" from (
           select id, provider_id, model, dimensions, state, created_at
           from embedding_models where workspace_id = $1 and id > $2) x
       order by x.id limit $3"#

    "bots.jsonl" "Bots with every version that was deployed, and the sites on which they were seen."
    r#"select x.id as "id!", to_jsonb(x)::text as "line!" from (
           select b.id, b.name, b.status, b.live_version, b.created_at, b.updated_at,
                  (select jsonb_agg(jsonb_build_object('version', v.version, 'content', v.content,
                              'deployed_by', v.deployed_by, 'deployed_at', v.deployed_at) order by v.version)
                   from bot_versions v where v.workspace_id = b.workspace_id and v.bot_id = b.id) as versions,
                  (select jsonb_agg(jsonb_build_object('origin', s.origin, 'first_seen_at', s.first_seen_at,
                              'last_seen_at', s.last_seen_at) order by s.origin)
                   from bot_sites s where s.workspace_id = b.workspace_id and s.bot_id = b.id) as sites
           from bots b where b.workspace_id = $1 and b.id > $2) x
       order by x.id limit $3"#

    "knowledge_bases.jsonl" "Knowledge bases with their settings."
    r#"select x.id as "id!", to_jsonb(x)::text as "line!" from (
           select id, name, description, chunking, created_at, updated_at
           from knowledge_bases where workspace_id = $1 and id > $2) x
       order by x.id limit $3"#

    "sources.jsonl" "Where documents come from, and when they are fetched again."
    r#"select x.id as "id!", to_jsonb(x)::text as "line!" from (
           select id, knowledge_base_id, kind, title, website, remote, sync_every_hours, next_sync_at, last_report,
                  created_at, updated_at
           from sources where workspace_id = $1 and id > $2) x
       order by x.id limit $3"#

    "pages.jsonl" "Every address that was found on websites and in connected services, and what became of it."
    r#"select x.id as "id!", to_jsonb(x)::text as "line!" from (
           select id, crawl_id, url, link, depth, state, reason, detail, title
           from crawl_pages where workspace_id = $1 and id > $2) x
       order by x.id limit $3"#

    "documents.jsonl" "Documents, with what people changed about their chunks; their files are in files/."
    r#"select x.id as "id!", to_jsonb(x)::text as "line!" from (
           select d.id, d.knowledge_base_id, d.source_id, d.kind, d.title, d.media_type, d.size, d.url, d.status,
                  d.error_code, d.error_message, d.version, d.live_version, d.languages, d.tags, d.importance,
                  d.created_at, d.updated_at, d.original_removed_at,
                  (select jsonb_agg(jsonb_build_object('original_text', e.original_text, 'heading_path', e.heading_path,
                              'text', e.text, 'context', e.context, 'importance', e.importance, 'enabled', e.enabled))
                   from chunk_edits e where e.workspace_id = d.workspace_id and e.document_id = d.id) as edits
           from documents d where d.workspace_id = $1 and d.id > $2) x
       order by x.id limit $3"#

    "chunks.jsonl" "The passages that documents were cut into, as bots find them."
    r#"select x.id as "id!", to_jsonb(x)::text as "line!" from (
           select id, document_id, version, position, page, heading_path, text, original_text, context, importance,
                  enabled, tokens
           from chunks where workspace_id = $1 and id > $2) x
       order by x.id limit $3"#

    "conversations.jsonl" "Conversations with their messages, and how the passages of each answer were chosen."
    r#"select x.id as "id!", to_jsonb(x)::text as "line!" from (
           select c.id, c.bot_id, c.channel, c.metadata, c.visitor, c.has_gap, c.created_at, c.last_message_at,
                  c.state, c.assignee_id, c.waiting_since, c.handed_off_at,
                  (select jsonb_agg(jsonb_build_object('n', e.n, 'kind', e.kind, 'actor_id', e.actor_id,
                              'message_id', e.message_id, 'created_at', e.created_at) order by e.n)
                   from conversation_events e
                   where e.workspace_id = c.workspace_id and e.conversation_id = c.id) as events,
                  (select jsonb_agg(jsonb_build_object('id', n.id, 'author_id', n.author_id, 'content', n.content,
                              'created_at', n.created_at) order by n.created_at)
                   from conversation_notes n
                   where n.workspace_id = c.workspace_id and n.conversation_id = c.id) as notes,
                  (select jsonb_agg(jsonb_build_object('id', m.id, 'role', m.role, 'content', m.content,
                              'sources', m.sources, 'status', m.status, 'answered', m.answered, 'model', m.model,
                              'is_by_person', m.is_by_person, 'author_id', m.author_id, 'bot_version', m.bot_version, 'latency_ms', m.latency_ms,
                              'prompt_tokens', m.prompt_tokens, 'completion_tokens', m.completion_tokens,
                              'rating', m.rating, 'rating_reason', m.rating_reason,
                              'rating_comment', m.rating_comment, 'created_at', m.created_at, 'retrieval', r.retrieval,
                              'attachments', (select jsonb_agg(jsonb_build_object('id', f.id, 'name', f.name,
                                  'media_type', f.media_type, 'size', f.size) order by f.position)
                                  from uploads f where f.workspace_id = m.workspace_id and f.message_id = m.id)
                              ) order by m.id)
                   from messages m
                   left join retrievals r on r.workspace_id = m.workspace_id and r.message_id = m.id
                   where m.workspace_id = c.workspace_id and m.conversation_id = c.id
                     and m.id >= first_id(c.created_at)) as messages
           from conversations c where c.workspace_id = $1 and c.id > $2) x
       order by x.id limit $3"#

    "canned_replies.jsonl" "Answers that the team has written once."
    r#"select x.id as "id!", to_jsonb(x)::text as "line!" from (
           select id, shortcut, content, updated_at from canned_replies where workspace_id = $1 and id > $2) x
       order by x.id limit $3"#

    "gaps.jsonl" "Questions that bots had no answer to, or one that was not liked."
    r#"select x.id as "id!", to_jsonb(x)::text as "line!" from (
           select id, bot_id, conversation_id, kind, question, message_id, group_id, created_at
           from gaps where workspace_id = $1 and id > $2) x
       order by x.id limit $3"#

    "leads.jsonl" "People who left their details, each time that they did, and the team's notes."
    r#"select x.id as "id!", to_jsonb(x)::text as "line!" from (
           select l.id, l.bot_id, l.conversation_id, l.name, l.email, l.phone, l.answers, l.consent, l.consented_at,
                  l.page_url, l.status, l.created_at, l.submitted_at, l.updated_at,
                  (select jsonb_agg(jsonb_build_object('id', s.id, 'bot_id', s.bot_id,
                              'conversation_id', s.conversation_id, 'answers', s.answers, 'consent', s.consent,
                              'page_url', s.page_url, 'created_at', s.created_at) order by s.created_at)
                   from lead_submissions s
                   where s.workspace_id = l.workspace_id and s.lead_id = l.id) as submissions,
                  (select jsonb_agg(jsonb_build_object('id', n.id, 'author_id', n.author_id, 'content', n.content,
                              'created_at', n.created_at) order by n.created_at)
                   from lead_notes n where n.workspace_id = l.workspace_id and n.lead_id = l.id) as notes
           from leads l where l.workspace_id = $1 and l.id > $2) x
       order by x.id limit $3"#

    "webhooks.jsonl" "Webhooks, without their secrets, and what was sent to them."
    r#"select x.id as "id!", to_jsonb(x)::text as "line!" from (
           select w.id, w.url, w.is_enabled, w.disabled_for, w.created_by, w.created_at,
                  (select jsonb_agg(jsonb_build_object('id', d.id, 'event', d.event, 'body', d.body,
                              'status', d.status, 'attempts', d.attempts, 'http_status', d.http_status,
                              'error', d.error, 'created_at', d.created_at, 'tried_at', d.tried_at)
                              order by d.created_at)
                   from webhook_deliveries d
                   where d.workspace_id = w.workspace_id and d.webhook_id = w.id) as deliveries
           from webhooks w where w.workspace_id = $1 and w.id > $2) x
       order by x.id limit $3"#

    "gap_groups.jsonl" "Groups of such questions, and what was made of them."
    r#"select x.id as "id!", to_jsonb(x)::text as "line!" from (
           select id, bot_id, status, changed_by, changed_at, created_at
           from gap_groups where workspace_id = $1 and id > $2) x
       order by x.id limit $3"#

    "events.jsonl" "What happened, as figures are computed from it."
    r#"select x.id as "id!", to_jsonb(x)::text as "line!" from (
           select id, at, counts_at, kind, bot_id, conversation_id, channel, outcome, language, page, model, provider_id,
                  prompt_tokens, completion_tokens, first_token_ms, total_ms, sessions, resolved, deflected, ups, downs
           from events where workspace_id = $1 and id > $2) x
       order by x.id limit $3"#

    "test_sets.jsonl" "Test sets with their cases."
    r#"select x.id as "id!", to_jsonb(x)::text as "line!" from (
           select s.id, s.name, s.version, s.created_at, s.updated_at,
                  (select jsonb_agg(jsonb_build_object('id', c.id, 'question', c.question, 'history', c.history,
                              'expectation', c.expectation, 'created_at', c.created_at) order by c.id)
                   from test_cases c where c.workspace_id = s.workspace_id and c.test_set_id = s.id) as cases
           from test_sets s where s.workspace_id = $1 and s.id > $2) x
       order by x.id limit $3"#

    "test_runs.jsonl" "Runs of test sets with their results."
    r#"select x.id as "id!", to_jsonb(x)::text as "line!" from (
           select r.id, r.test_set_id, r.set_version, r.bot_id, r.bot_version, r.draft_id, r.content, r.status, r.total,
                  r.error, r.figures, r.started_by, r.created_at, r.finished_at,
                  (select jsonb_agg(jsonb_build_object('case_id', t.case_id, 'question', t.question,
                              'history', t.history, 'expectation', t.expectation, 'result', t.result)
                              order by t.position)
                   from test_results t where t.workspace_id = r.workspace_id and t.run_id = r.id) as results
           from test_runs r where r.workspace_id = $1 and r.id > $2) x
       order by x.id limit $3"#

    "audit_log.jsonl" "Who did what. The audit page exports it with the hashes that prove it whole."
    r#"select x.id as "id!", to_jsonb(x)::text as "line!" from (
           select id, position, created_at, actor_kind, actor_id, actor_name, address, request_id, action, object_id,
                  object_name, details
           from audit_log where workspace_id = $1 and id > $2) x
       order by x.id limit $3"#
}

/// A document's file.
pub(super) struct Original {
    pub id: Uuid,
    pub title: String,
    pub storage_key: String,
}

/// Files of visitors that are in messages, after the one with this id.
pub(super) async fn uploads(
    tx: &mut TenantTx,
    scope: &Scope,
    after: Uuid,
    most: i64,
) -> Result<Vec<Original>> {
    let rows = sqlx::query!(
        "select id, name from uploads
         where workspace_id = $1 and id > $2 and message_id is not null order by id limit $3",
        scope.workspace_id(),
        after,
        most
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Original {
            storage_key: Storage::upload_key(scope.workspace_id(), row.id),
            id: row.id,
            title: row.name,
        })
        .collect())
}

/// The files of documents after the one with this id.
pub(super) async fn originals(
    tx: &mut TenantTx,
    scope: &Scope,
    after: Uuid,
    most: i64,
) -> Result<Vec<Original>> {
    let rows = sqlx::query_as!(
        Original,
        "select id, title, storage_key from documents
         where workspace_id = $1 and id > $2 and original_removed_at is null order by id limit $3",
        scope.workspace_id(),
        after,
        most
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}
