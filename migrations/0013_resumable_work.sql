-- What left-out pages lead to is still followed, and the text of unchanged pages is known.

alter table crawl_pages
    -- With a page that was left out by hand: null until this run finds it, then whether it was read for its links.
    add column links_read boolean;

alter table documents
    -- For finding pages with the same, or nearly the same, text, also when the server only says that it did not change.
    add column text_hash bytea,
    add column sketch    bigint;

-- The owner of the tables may itself be bound by their policies, which show it nothing without a workspace.
alter table documents no force row level security;
alter table crawl_pages no force row level security;
update documents d set text_hash = p.text_hash, sketch = p.sketch
from crawl_pages p
where p.workspace_id = d.workspace_id and p.crawl_id = d.source_id and p.url = d.external_key
  and p.content_hash = d.content_hash;
alter table crawl_pages force row level security;
alter table documents force row level security;

-- What text recognition has read of a scan: a job reads some pages, and leaves the rest to another.
create table scans (
    workspace_id uuid not null,
    document_id  uuid not null,
    version      int  not null,
    -- As they were installed when it began; with others it begins anew.
    languages    text not null,
    -- The text of the first pages.
    pages        text[] not null default '{}',
    primary key (workspace_id, document_id),
    foreign key (workspace_id, document_id) references documents (workspace_id, id) on delete cascade
);
alter table scans enable row level security;
alter table scans force row level security;
create policy tenant on scans
    using (workspace_id = (select app_workspace_id()))
    with check (workspace_id = (select app_workspace_id()));
grant select, insert, update, delete on scans to botwright_worker;

alter table crawls
    -- The sitemaps that are still to be read before the crawl is seeded; null when none was yet.
    add column sitemaps jsonb;

-- The reconciler looks for unfinished runs of every tenant; it reads only which they are.
create policy unfinished_of_all on test_runs for select to botwright_worker
    using (status in ('queued', 'running'));
