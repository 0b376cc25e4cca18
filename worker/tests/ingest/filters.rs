//! Which documents a search looks at, where there are many.

use api_types::kb::SearchFilter;
use domain::kb::documents;

use super::fixture::{finalize_texts, harness, number, text};
use crate::support::until;

#[tokio::test]
async fn a_filter_reads_the_documents_of_its_knowledge_base_only() {
    let harness = harness().await;
    let kb = finalize_texts(&harness, vec![text("Porto", "Bicycles are repaired in Porto.")]).await;
    let mut superuser = harness.superuser().await;
    // Forty more knowledge bases of as many documents; one in ten of ours has the tag.
    for sql in [
        "insert into knowledge_bases (workspace_id, id, name, chunking)
         select workspace_id, gen_random_uuid(), 'Base ' || n, chunking from knowledge_bases, generate_series(1, 40) n",
        "insert into sources (workspace_id, id, knowledge_base_id, kind, title)
         select workspace_id, gen_random_uuid(), id, 'text', 'Many' from knowledge_bases",
        "insert into documents (workspace_id, id, knowledge_base_id, source_id, kind, title, media_type, size, storage_key,
             status, live_version, tags)
         select workspace_id, gen_random_uuid(), knowledge_base_id, id, 'text', 'Note', 'text/plain', 1, 'x', 'indexed', 1,
             case when n % 10 = 0 then array['manual'] else '{}' end
         from sources, generate_series(1, 1000) n where title = 'Many'",
        "analyze documents",
        "select pg_stat_reset()",
    ] {
        sqlx::query(sql).execute(&mut superuser).await.unwrap();
    }
    let filter = SearchFilter {
        tags: vec!["manual".to_owned()],
        ..SearchFilter::default()
    };
    let matching = documents::matching(&harness.services.db, &harness.scope, &[kb], &filter).await;
    assert_eq!(matching.unwrap().unwrap().len(), 100);
    until("the look-up is counted", async || {
        let by_index = "select coalesce(idx_scan, 0) from pg_stat_user_tables where relname = 'documents'";
        (number(&harness, by_index).await > 0).then_some(())
    })
    .await;
    let rows_read =
        "select (seq_tup_read + idx_tup_fetch)::bigint from pg_stat_user_tables where relname = 'documents'";
    let rows_read = number(&harness, rows_read).await;
    // Its own 1,001, and what others count meanwhile; not the 41,000 of all.
    assert!(rows_read < 2_000, "it read {rows_read} documents");
}
