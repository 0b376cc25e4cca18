//! Lists that are long: read a page at a time, each row once, in order.

use std::collections::HashSet;

use api_types::Page;
use api_types::bots::BotSummary;
use api_types::chat::Session;
use api_types::conversations::{Conversation, MessagePage};
use api_types::kb::{Document, StoredChunk};
use api_types::sources::Source;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use super::served::Served;
use crate::support::{Person, TestApp, ok, refused};

/// Messages of the long conversation.
const MESSAGES: i64 = 10_000;

async fn database(app: &TestApp) -> PgConnection {
    PgConnection::connect(app.database.url.as_str()).await.unwrap()
}

/// Every page of a list, by following its cursors.
async fn pages<T: DeserializeOwned>(app: &TestApp, person: &Person, path: &str) -> Vec<Vec<T>> {
    let mut pages = Vec::new();
    let mut cursor = None::<String>;
    loop {
        let sign = if path.contains('?') { '&' } else { '?' };
        let rest = cursor
            .map(|cursor| format!("{sign}cursor={cursor}"))
            .unwrap_or_default();
        let page: Page<T> = ok(app.get(person, &format!("{path}{rest}"))).await;
        pages.push(page.items);
        cursor = page.next_cursor;
        if cursor.is_none() {
            return pages;
        }
    }
}

/// A conversation in which so much was said; even messages are the visitor's.
async fn conversation(database: &mut PgConnection, workspace: Uuid, bot: Uuid) -> Uuid {
    let id = Uuid::new_v4();
    sqlx::query(
        "insert into conversations (workspace_id, id, bot_id, channel, metadata, message_count)
         values ($1, $2, $3, 'web', '{}', $4)",
    )
    .bind(workspace)
    .bind(id)
    .bind(bot)
    .bind(i32::try_from(MESSAGES).unwrap())
    .execute(&mut *database)
    .await
    .unwrap();
    sqlx::query(
        "insert into messages (workspace_id, id, conversation_id, role, content, sources, status, answered)
         select $1, (left(uuid_from(now())::text, 14) || '7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, $2,
             case when n % 2 = 0 then 'user' else 'assistant' end, 'message ' || n, '[]', 'complete', true
         from generate_series(0, $3::bigint - 1) n",
    )
    .bind(workspace)
    .bind(id)
    .bind(MESSAGES)
    .execute(&mut *database)
    .await
    .unwrap();
    id
}

fn number(content: &str) -> i64 {
    content.strip_prefix("message ").unwrap().parse().unwrap()
}

fn numbers(page: &MessagePage) -> Vec<i64> {
    page.messages
        .iter()
        .map(|message| number(&message.content))
        .collect()
}

#[tokio::test]
async fn a_long_conversation_is_read_a_part_at_a_time() {
    let Served {
        app,
        ada,
        bot,
        fake: _fake,
        ..
    } = Served::start("Hello.").await;
    let id = conversation(&mut database(&app).await, ada.workspace_id(), bot).await;
    let path = format!("/api/v1/conversations/{id}");

    let found: Conversation = ok(app.get(&ada, &path)).await;
    assert_eq!(found.messages.len(), 100);
    assert!(found.has_earlier);
    assert_eq!(number(&found.messages[99].content), MESSAGES - 1);

    // All the way up, nothing twice and nothing left out.
    let mut seen = 100;
    let (mut first, mut has_earlier) = (found.messages[0].id, true);
    while has_earlier {
        let page: MessagePage = ok(app.get(&ada, &format!("{path}/messages?before={first}"))).await;
        let end = MESSAGES - seen;
        assert_eq!(numbers(&page), (end - 100..end).collect::<Vec<_>>());
        assert!(page.has_later);
        seen += 100;
        (first, has_earlier) = (page.messages[0].id, page.has_earlier);
    }
    assert_eq!(seen, MESSAGES);

    // From a link into the middle, to both sides.
    let time = &found.messages[0].id.to_string()[..13];
    let middle = format!("{time}-7000-8000-000000001388");
    let around: MessagePage = ok(app.get(&ada, &format!("{path}/messages?around={middle}"))).await;
    assert_eq!(numbers(&around), (4_950..=5_050).collect::<Vec<_>>());
    assert!(around.has_earlier && around.has_later);
    let last = around.messages[100].id;
    let after: MessagePage = ok(app.get(&ada, &format!("{path}/messages?after={last}"))).await;
    assert_eq!(numbers(&after), (5_051..=5_150).collect::<Vec<_>>());

    let nowhere = format!("{path}/messages?around={}", Uuid::nil());
    refused(
        app.get(&ada, &nowhere),
        reqwest::StatusCode::NOT_FOUND,
        api_types::ErrorCode::NotFound,
    )
    .await;
    let unclear = format!("{path}/messages?around={middle}&before={middle}");
    refused(
        app.get(&ada, &unclear),
        reqwest::StatusCode::UNPROCESSABLE_ENTITY,
        api_types::ErrorCode::ValidationFailed,
    )
    .await;

    // The visitor's own, with nobody's word but the id's.
    let path = format!("/api/v1/bots/{bot}/sessions/{id}");
    let get = |query: String| app.http.get(format!("{}{path}{query}", app.base));
    let session: Session = ok(get(String::new())).await;
    assert_eq!(session.messages.len(), 100);
    assert!(session.has_earlier);
    let before: Session = ok(get(format!("?before={}", session.messages[0].id))).await;
    assert_eq!(number(&before.messages[99].content), MESSAGES - 101);
    let first: Session = ok(get(format!("?before={time}-7000-8000-000000000032"))).await;
    assert_eq!(first.messages.len(), 50);
    assert!(!first.has_earlier);
}

#[tokio::test]
async fn two_hundred_bots_are_listed_in_pages_and_found_by_name() {
    let Served {
        app,
        ada,
        bot,
        fake: _fake,
        ..
    } = Served::start("Hello.").await;
    let mut database = database(&app).await;
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!(
        "insert into bots (workspace_id, id, name, status, live_version)
         select workspace_id, gen_random_uuid(), 'Bot ' || lpad(n::text, 3, '0'), status, live_version
         from bots, generate_series(1, 200) n where id = '{bot}';
         insert into bot_versions (workspace_id, bot_id, version, content, draft_id, draft_version)
         select b.workspace_id, b.id, v.version, v.content, gen_random_uuid(), 1
         from bots b, bot_versions v where v.bot_id = '{bot}' and b.id <> '{bot}';"
    )))
    .execute(&mut database)
    .await
    .unwrap();

    let all: Vec<Vec<BotSummary>> = pages(&app, &ada, "/api/v1/bots").await;
    assert_eq!(all.iter().map(Vec::len).collect::<Vec<_>>(), [50, 50, 50, 50, 1]);
    let names: Vec<_> = all.concat().into_iter().map(|bot| bot.name).collect();
    assert!(names.is_sorted(), "{names:?}");
    assert_eq!(names.iter().collect::<HashSet<_>>().len(), 201);

    let one: Page<BotSummary> = ok(app.get(&ada, "/api/v1/bots?limit=500")).await;
    assert_eq!((one.items.len(), one.next_cursor), (201, None));
    let found: Page<BotSummary> = ok(app.get(&ada, "/api/v1/bots?q=bOt%2019")).await;
    assert_eq!(found.items.len(), 10);
    // Words, not a pattern.
    let none: Page<BotSummary> = ok(app.get(&ada, "/api/v1/bots?q=B_t")).await;
    assert_eq!(none.items.len(), 0);
    for wrong in ["limit=0", "limit=501"] {
        let path = format!("/api/v1/bots?{wrong}");
        let code = api_types::ErrorCode::ValidationFailed;
        refused(
            app.get(&ada, &path),
            reqwest::StatusCode::UNPROCESSABLE_ENTITY,
            code,
        )
        .await;
    }
    let code = api_types::ErrorCode::MalformedRequest;
    refused(
        app.get(&ada, "/api/v1/bots?cursor=x"),
        reqwest::StatusCode::BAD_REQUEST,
        code,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_sources_and_chunks_are_listed_in_pages() {
    let app = TestApp::start_with(|config| config.worker = true).await;
    let ada = app.sign_up().await;
    let base = app
        .finalize(&ada, "Guide", &[("Warranty", "It lasts 37 months.")])
        .await;
    let kb = format!("/api/v1/kb/{base}");
    crate::support::connected::indexed(&app, &ada, &kb).await;
    let mut database = database(&app).await;
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!(
        "insert into sources (workspace_id, id, knowledge_base_id, kind, title)
         select workspace_id, gen_random_uuid(), knowledge_base_id, kind, 'Page ' || n
         from sources, generate_series(1, 120) n where knowledge_base_id = '{base}';
         insert into documents (workspace_id, id, knowledge_base_id, source_id, kind, title, media_type, size,
             storage_key, content_hash, status, live_version)
         select s.workspace_id, s.id, s.knowledge_base_id, s.id, d.kind, s.title, d.media_type, d.size, d.storage_key,
             d.content_hash, 'indexed', 1
         from sources s, documents d where d.title = 'Warranty' and s.title like 'Page %';
         insert into chunks (workspace_id, id, knowledge_base_id, document_id, version, position, text, heading_path, tokens,
             content_hash)
         select workspace_id, gen_random_uuid(), knowledge_base_id, document_id, version, n, 'Chunk ' || n, heading_path,
             tokens, content_hash
         from chunks, generate_series(1, 120) n where knowledge_base_id = '{base}';"
    )))
    .execute(&mut database)
    .await
    .unwrap();

    let documents: Vec<Vec<Document>> = pages(&app, &ada, &format!("{kb}/documents")).await;
    assert_eq!(documents.iter().map(Vec::len).collect::<Vec<_>>(), [50, 50, 21]);
    let documents = documents.concat();
    let ids: HashSet<Uuid> = documents.iter().map(|document| document.id).collect();
    assert_eq!(ids.len(), 121);
    let found: Page<Document> = ok(app.get(&ada, &format!("{kb}/documents?q=page%2011"))).await;
    assert_eq!(found.items.len(), 11);

    let sources: Vec<Vec<Source>> = pages(&app, &ada, &format!("{kb}/sources")).await;
    assert_eq!(sources.iter().map(Vec::len).collect::<Vec<_>>(), [50, 50, 21]);

    let document = documents
        .iter()
        .find(|document| document.title == "Warranty")
        .unwrap();
    let path = format!("{kb}/documents/{}/chunks", document.id);
    let chunks: Vec<Vec<StoredChunk>> = pages(&app, &ada, &path).await;
    let texts: Vec<String> = chunks
        .concat()
        .into_iter()
        .map(|chunk| chunk.chunk.text)
        .collect();
    assert_eq!(texts.len(), 121);
    assert_eq!(texts[120], "Chunk 120");
    let first: Value = ok(app.get(&ada, &format!("{path}?limit=3"))).await;
    assert_eq!(first["next_cursor"], "3");
}
