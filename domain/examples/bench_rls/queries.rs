//! The queries that the product asks most.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::tenants::Tenant;

/// A parameter.
pub enum Value {
    Bool(bool),
    Bytes(Vec<u8>),
    Id(Uuid),
    Ids(Vec<Uuid>),
    Int(i32),
    Json(Json),
    Long(i64),
    Text(&'static str),
    Texts(Vec<String>),
    NoId,
    NoJson,
    NoLong,
    NoText,
    Now,
}

/// One of them.
pub struct Query {
    /// What it is for.
    pub name: &'static str,
    /// As the product sends it.
    pub sql: String,
    /// What the transaction is bound to.
    pub setting: &'static str,
    /// The value of that.
    pub bound: fn(&Tenant) -> String,
    /// Its parameters.
    pub values: fn(&Tenant) -> Vec<Value>,
}

type Listed = (&'static str, &'static str, fn(&Tenant) -> Vec<Value>);

/// Of a turn, then of the dashboard: what it is for, how it begins in the code (and what it has in its midst, and how it ends), and its
/// parameters.
const BOUND_TO_WORKSPACE: [Listed; 13] = [
    ("bot that is live", "select b.status, v.version, v.content", |t| {
        vec![Value::Id(t.workspace_id), Value::Id(t.bot_id)]
    }),
    (
        "conversation is the visitor's",
        "select exists(select from conversations where workspace_id = $1 and id = $2 and bot_id = $3",
        |t| {
            vec![
                Value::Id(t.workspace_id),
                Value::Id(t.conversation_id),
                Value::Id(t.bot_id),
                Value::NoText,
            ]
        },
    ),
    (
        "begin a turn",
        r#"select outcome as "outcome!", asked as "asked!""#,
        |t| {
            vec![
                Value::Id(t.workspace_id),
                Value::Id(t.bot_id),
                Value::Id(t.conversation_id),
                Value::Bool(false),
                Value::Text("web"),
                Value::Json(json!({})),
                Value::NoJson,
                Value::Id(Uuid::now_v7()),
                Value::Text("Where is it?"),
                Value::NoLong,
                Value::Int(20),
                Value::Bool(true),
                Value::Bool(true),
                Value::Ids(t.knowledge_base_ids.clone()),
                Value::NoId,
            ]
        },
    ),
    (
        "store an answer",
        r#"select id as "id!" from finish_turns"#,
        |t| {
            let turn = json!({
                "message_id": Uuid::now_v7(), "conversation_id": t.conversation_id, "content": "It is here [1].",
                "sources": [{ "title": "Document", "n": 1 }], "status": "complete", "answered": true, "model": "gpt",
                "bot_version": 3, "latency_ms": 900, "prompt_tokens": 1200, "completion_tokens": 80,
                "session_event_id": Uuid::now_v7(), "turn_event_id": Uuid::now_v7(), "outcome": "answered",
            });
            vec![
                Value::Id(t.workspace_id),
                Value::Json(json!([turn])),
                Value::Texts(vec![json!({ "query": "where", "candidates": [] }).to_string()]),
            ]
        },
    ),
    (
        "model of the vectors",
        "select id, provider_id, model, dimensions, asked_dimensions",
        |t| vec![Value::Id(t.workspace_id), Value::Text("live")],
    ),
    (
        "versions of knowledge bases",
        "select id, index_version from knowledge_bases",
        |t| {
            vec![
                Value::Id(t.workspace_id),
                Value::Ids(t.knowledge_base_ids.clone()),
            ]
        },
    ),
    (
        "60 passages that were found",
        "select c.id, c.knowledge_base_id, c.position, c.text, c.heading_path, c.page, c.tokens, c.context, c.importance, c.document_id",
        |t| {
            vec![
                Value::Id(t.workspace_id),
                Value::Ids(t.chunk_ids.clone()),
                Value::Ids(t.knowledge_base_ids.clone()),
            ]
        },
    ),
    (
        "list of conversations",
        "select c.id, c.bot_id, b.name as bot_name … where c.workspace_id = $1 and c.last_message_at <= $2 … order by c.last_message_at desc, c.id",
        |t| vec![Value::Id(t.workspace_id), Value::Now, Value::Id(Uuid::nil())],
    ),
    (
        "a conversation",
        "select id, role, content, sources, status, answered",
        |t| vec![Value::Id(t.workspace_id), Value::Id(t.conversation_id)],
    ),
    (
        "list of bots",
        "select b.id, b.name, b.status, b.live_version, v.content … offset $3 limit $4",
        |t| {
            vec![
                Value::Id(t.workspace_id),
                Value::Text("%"),
                Value::Long(0),
                Value::Long(51),
            ]
        },
    ),
    (
        "list of knowledge bases",
        "select kb.id, kb.name, kb.description … where kb.workspace_id = $1 group by kb.workspace_id, kb.id order by kb.name",
        |t| vec![Value::Id(t.workspace_id)],
    ),
    (
        "list of documents",
        "select id, source_id, kind, title, media_type, size, url, status, error_code, error_message, chunk_count, chunks_done, languages, tags, importance, original_removed_at, created_at, updated_at from documents where workspace_id = $1 and knowledge_base_id = $2",
        |t| vec![Value::Id(t.workspace_id), Value::Id(t.knowledge_base_ids[0])],
    ),
    (
        "chunks of a document",
        "select c.id, c.position, c.text, c.original_text",
        |t| vec![Value::Id(t.workspace_id), Value::Id(t.document_id), Value::NoId],
    ),
];

/// All of them.
pub fn queries() -> Vec<Query> {
    let asked = asked();
    let sql = |named: &str| {
        let (beginning, rest) = named.split_once(" … ").unwrap_or((named, ""));
        let (midst, end) = rest.split_once(" … ").unwrap_or(("", rest));
        let mut found = asked
            .range(beginning.to_owned()..)
            .take_while(|(text, _)| text.starts_with(beginning))
            .filter(|(text, _)| text.contains(midst) && text.ends_with(end));
        match (found.next(), found.next()) {
            (Some((_, sql)), None) => sql.clone(),
            (found, _) => panic!(
                "{} is {named}",
                if found.is_some() {
                    "more than one query"
                } else {
                    "no query"
                }
            ),
        }
    };
    let named = [
        Query {
            name: "workspace of a visited bot",
            sql: sql("select b.workspace_id from bots b"),
            setting: "app.bot_id",
            bound: |t| t.bot_id.to_string(),
            values: |t| vec![Value::Id(t.bot_id)],
        },
        Query {
            name: "workspace of an API key",
            sql: sql("select k.workspace_id, k.id, k.created_by, k.scopes"),
            setting: "app.api_key_hash",
            bound: |t| hex::encode(&t.key_hash),
            values: |t| vec![Value::Bytes(t.key_hash.clone())],
        },
        Query {
            name: "role of who is signed in",
            sql: sql(r#"select place as "place!", workspace_role, organization_role"#),
            setting: "app.user_id",
            bound: |t| t.user_id.to_string(),
            values: |t| {
                vec![
                    Value::Ids(vec![t.user_id]),
                    Value::Ids(vec![t.workspace_id]),
                    Value::Ids(vec![t.session_id]),
                ]
            },
        },
    ];
    let bound = BOUND_TO_WORKSPACE.map(|(name, beginning, values)| Query {
        name,
        sql: sql(beginning),
        setting: "app.workspace_id",
        bound: |t| t.workspace_id.to_string(),
        values,
    });
    named.into_iter().chain(bound).collect()
}

/// The queries of the code, each by its text on one line.
fn asked() -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.sqlx");
    let files = std::fs::read_dir(folder).unwrap();
    files
        .map(|file| {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            let described: Json = serde_json::from_str(&text).unwrap();
            let sql = described["query"].as_str().unwrap().to_owned();
            (sql.split_whitespace().collect::<Vec<_>>().join(" "), sql)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn all_of_them_are_asked_by_the_product() {
        assert_eq!(super::queries().len(), 16);
    }
}
