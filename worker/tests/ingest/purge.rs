//! What is left of a workspace once its time of grace is over: nothing, and of the others everything.

use api_types::drafts::CreateDraftRequest;
use api_types::kb::Chunking;
use domain::kb::drafts as kb_drafts;
use domain::tenancy::purge_due;
use domain::{Scope, drafts};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::fixture::{Worker, execute, finalize, harness, settled, text};
use crate::support::{Harness, new_scope};

/// Rows of a workspace in every table that has any, by table.
async fn rows(harness: &Harness, workspace_id: Uuid) -> Vec<(String, i64)> {
    let mut database = harness.superuser().await;
    let tables: Vec<String> = sqlx::query_scalar(
        "select table_name::text from information_schema.columns
         where table_schema = 'public' and column_name = 'workspace_id'
           and table_name in (select tablename from pg_tables where schemaname = 'public') order by 1",
    )
    .fetch_all(&mut database)
    .await
    .unwrap();
    let mut found = Vec::new();
    for table in tables {
        let sql = format!("select count(*) from {table} where workspace_id = $1");
        let count: i64 = sqlx::query_scalar(AssertSqlSafe(sql))
            .bind(workspace_id)
            .fetch_one(&mut database)
            .await
            .unwrap();
        if count > 0 {
            found.push((table, count));
        }
    }
    let jobs: i64 = sqlx::query_scalar(
        "select count(*) from apalis.jobs where convert_from(job, 'UTF8')::jsonb ->> 'workspace_id' = $1::text",
    )
    .bind(workspace_id)
    .fetch_one(&mut database)
    .await
    .unwrap();
    if jobs > 0 {
        found.push(("jobs".to_owned(), jobs));
    }
    found
}

fn files(harness: &Harness, workspace_id: Uuid) -> usize {
    let name = workspace_id.to_string();
    let mut folders = vec![harness.config.files_dir()];
    let mut count = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().contains(&name) {
                count += 1;
            }
        }
    }
    count
}

/// A knowledge base with a document, a draft with a file, and a job that waits.
async fn fill(harness: &Harness, scope: &Scope) {
    let services = &harness.services;
    let draft = kb_drafts::create(services, scope, &CreateDraftRequest::default())
        .await
        .unwrap();
    let sources = api_types::kb::AddSourcesRequest {
        sources: vec![text("Draft", "Not finished yet.")],
    };
    kb_drafts::add_sources(services, scope, draft.id, sources)
        .await
        .unwrap();
    let bot = api_types::bots::ChatbotContent::default();
    drafts::create(&services.drafts, scope, bot, None).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_of_a_workspace_and_all_of_the_others() {
    let harness = harness().await;
    let (services, scope) = (&harness.services, &harness.scope);
    let sources = vec![text("Porto", "Bicycles are repaired in Porto.")];
    let kb = finalize(&harness, Chunking::default(), sources, Vec::new()).await;
    let worker = Worker::start(&harness);
    settled(&harness, kb).await;
    worker.stop().await;
    fill(&harness, scope).await;
    let other = new_scope(services).await;
    fill(&harness, &other).await;
    // Copies of drafts are written a moment after them.
    services.drafts.flush().await.unwrap();
    let (ours, theirs) = (scope.workspace_id(), other.workspace_id());
    let kept = (rows(&harness, theirs).await, files(&harness, theirs));
    assert!(
        rows(&harness, ours).await.len() > 8,
        "{:?}",
        rows(&harness, ours).await
    );
    assert!(files(&harness, ours) >= 2);

    // While it can be restored, all of it is there.
    execute(
        &harness,
        "update workspaces set deletes_at = now() + interval '1 hour'",
    )
    .await;
    assert_eq!(purge_due(&harness.worker_services()).await.unwrap(), 0);
    assert!(files(&harness, ours) >= 2);

    let mut database = harness.superuser().await;
    sqlx::query("update workspaces set deletes_at = case when id = $1 then now() - interval '1 second' end")
        .bind(ours)
        .execute(&mut database)
        .await
        .unwrap();
    assert_eq!(purge_due(&harness.worker_services()).await.unwrap(), 1);
    assert_eq!(rows(&harness, ours).await, []);
    assert_eq!(files(&harness, ours), 0);
    let left = kb_drafts::list(services, scope).await.unwrap();
    assert!(left.is_empty());
    assert_eq!((rows(&harness, theirs).await, files(&harness, theirs)), kept);
    assert_eq!(kb_drafts::list(services, &other).await.unwrap().len(), 1);
    assert_eq!(purge_due(&harness.worker_services()).await.unwrap(), 0);
}
