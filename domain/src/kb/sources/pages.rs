//! The pages of a crawl: counting, listing, leaving out.

use std::collections::HashMap;

use api_types::Page;
use api_types::sources::{CrawledPage, PageCounts, PageReason, PageState};
use uuid::Uuid;

use super::rows;
use crate::db::{Db, TenantTx};
use crate::kb::documents::by_name;
use crate::{Error, Result, Scope};

/// Pages in one answer.
const PAGE_SIZE: i64 = 50;

/// Which pages to list.
#[derive(Debug, Clone, Default)]
pub struct PageFilter {
    /// Only these; all when empty.
    pub states: Vec<PageState>,
    /// `next_cursor` of the answer before.
    pub cursor: Option<String>,
}

/// Pages of the last crawl of a source, in the order they were found.
pub async fn pages(
    db: &Db,
    scope: &Scope,
    knowledge_base_id: Uuid,
    source_id: Uuid,
    filter: &PageFilter,
) -> Result<Page<CrawledPage>> {
    let mut tx = db.tenant(scope).await?;
    rows::require(&mut tx, scope, knowledge_base_id, source_id).await?;
    pages_of_crawl(&mut tx, scope, source_id, filter).await
}

/// Pages of a crawl, in the order they were found.
pub(in crate::kb) async fn pages_of_crawl(
    tx: &mut TenantTx,
    scope: &Scope,
    crawl_id: Uuid,
    filter: &PageFilter,
) -> Result<Page<CrawledPage>> {
    let after: Option<i32> = match &filter.cursor {
        None => None,
        Some(cursor) => Some(
            cursor
                .parse()
                .map_err(|_| Error::field("cursor", "This is no cursor of ours."))?,
        ),
    };
    let states: Vec<String> = filter
        .states
        .iter()
        .map(|state| state.as_str().to_owned())
        .collect();
    let mut rows = sqlx::query!(
        r#"select id, coalesce(link, url) as "url!", title, state, reason, detail, position from crawl_pages
         where workspace_id = $1 and crawl_id = $2 and (cardinality($3::text[]) = 0 or state = any($3))
           and ($4::int is null or position > $4)
         order by position limit $5"#,
        scope.workspace_id(),
        crawl_id,
        &states,
        after,
        PAGE_SIZE + 1
    )
    .fetch_all(&mut **tx)
    .await?;
    let has_more = rows.len() > PAGE_SIZE as usize;
    rows.truncate(PAGE_SIZE as usize);
    let last = rows.last().map(|row| row.position.to_string());
    let pages = rows.into_iter().map(|row| {
        Ok(CrawledPage {
            id: row.id,
            url: row.url,
            title: row.title,
            state: by_name::<PageState>(&row.state)?,
            reason: row.reason.as_deref().map(by_name::<PageReason>).transpose()?,
            detail: row.detail,
        })
    });
    Ok(Page {
        items: pages.collect::<Result<_>>()?,
        next_cursor: last.filter(|_| has_more),
    })
}

/// How many pages of these crawls are in which state.
pub(super) async fn counts(
    tx: &mut TenantTx,
    scope: &Scope,
    crawl_ids: &[Uuid],
) -> Result<HashMap<Uuid, PageCounts>> {
    let rows = sqlx::query!(
        r#"select crawl_id, state, count(*) as "count!" from crawl_pages
           where workspace_id = $1 and crawl_id = any($2)
           group by crawl_id, state"#,
        scope.workspace_id(),
        crawl_ids
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut counts: HashMap<Uuid, PageCounts> = HashMap::new();
    for row in rows {
        let counts = counts.entry(row.crawl_id).or_default();
        counts.found += row.count;
        let field = match by_name::<PageState>(&row.state)? {
            PageState::Waiting => &mut counts.waiting,
            PageState::Added => &mut counts.added,
            PageState::Changed => &mut counts.changed,
            PageState::Unchanged => &mut counts.unchanged,
            PageState::Skipped => &mut counts.skipped,
            PageState::Failed => &mut counts.failed,
            PageState::Gone => &mut counts.gone,
            PageState::Removed => &mut counts.removed,
        };
        *field += row.count;
    }
    Ok(counts)
}

/// A page that was taken into a draft.
#[derive(Debug)]
pub(in crate::kb) struct TakenPage {
    pub(in crate::kb) id: Uuid,
    pub(in crate::kb) url: String,
    pub(in crate::kb) title: String,
    pub(in crate::kb) media_type: String,
    pub(in crate::kb) storage_key: String,
}

/// The first pages that a crawl took, or the one with this id.
pub(in crate::kb) async fn taken_pages(
    tx: &mut TenantTx,
    scope: &Scope,
    crawl_id: Uuid,
    page_id: Option<Uuid>,
    limit: i64,
) -> Result<Vec<TakenPage>> {
    let pages = sqlx::query_as!(
        TakenPage,
        r#"select id, coalesce(link, url) as "url!", title as "title!", media_type as "media_type!", storage_key as "storage_key!"
           from crawl_pages
           where workspace_id = $1 and crawl_id = $2 and state = 'added' and ($3::uuid is null or id = $3)
           order by position limit $4"#,
        scope.workspace_id(),
        crawl_id,
        page_id,
        limit
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(pages)
}

/// Leaves a page out by hand, now and in later syncs. Answers where its bytes lie, if it was taken.
pub(in crate::kb) async fn remove_page(
    tx: &mut TenantTx,
    scope: &Scope,
    crawl_id: Uuid,
    page_id: Uuid,
) -> Result<Option<String>> {
    let row = sqlx::query!(
        "update crawl_pages p set state = 'removed', reason = null, detail = null, storage_key = null,
             links_read = case when p.state = 'removed' then p.links_read else p.state <> 'waiting' end
         from (select id, storage_key from crawl_pages where workspace_id = $1 and id = $3 for update) as before
         where p.workspace_id = $1 and p.crawl_id = $2 and p.id = $3 and before.id = p.id
         returning before.storage_key",
        scope.workspace_id(),
        crawl_id,
        page_id
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or_else(|| Error::not_found("page"))?;
    Ok(row.storage_key)
}

/// Leaves the page of a deleted document out of later syncs.
pub(in crate::kb) async fn leave_out(
    tx: &mut TenantTx,
    scope: &Scope,
    source_id: Uuid,
    url: &str,
) -> Result<()> {
    sqlx::query!(
        "insert into crawl_pages (workspace_id, crawl_id, id, url, position, depth, state)
         select $1, $2, $3, $4, coalesce(max(position), 0) + 1, 0, 'removed' from crawl_pages
         where workspace_id = $1 and crawl_id = $2
         on conflict (workspace_id, crawl_id, url) do update
         set state = 'removed', reason = null, detail = null, storage_key = null,
             links_read = case when crawl_pages.state = 'removed' then crawl_pages.links_read
                 else crawl_pages.state <> 'waiting' end",
        scope.workspace_id(),
        source_id,
        Uuid::now_v7(),
        url
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
