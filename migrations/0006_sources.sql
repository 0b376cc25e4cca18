-- Sources that live on: what documents came from, how websites are crawled, and when they are fetched again.

create table sources (
    workspace_id      uuid not null,
    id                uuid not null,
    knowledge_base_id uuid not null,
    kind              text not null check (kind in ('file', 'text', 'url', 'website', 'qa')),
    title             text not null,
    -- With websites and web pages: which pages are taken; else null.
    website           jsonb,
    -- Null: by hand only.
    sync_every_hours  int check (sync_every_hours between 1 and 2160),
    next_sync_at      timestamptz,
    last_report       jsonb,
    created_at        timestamptz not null default now(),
    updated_at        timestamptz not null default now(),
    primary key (workspace_id, id),
    foreign key (workspace_id, knowledge_base_id) references knowledge_bases (workspace_id, id) on delete cascade
);
create index sources_knowledge_base_idx on sources (workspace_id, knowledge_base_id, created_at);

alter table documents
    add column source_id     uuid,
    -- What names the document within its source: the address of a web page.
    add column external_key  text,
    -- SHA-256 of title and text as they were fetched, so that only another text is a change.
    add column content_hash  bytea,
    -- What the server said of the page, to be asked whether it changed.
    add column etag          text,
    add column last_modified text;

-- Every document that there is gets a source of its own. The owner of the tables may itself be bound by their
-- policies, which show it nothing without a workspace.
alter table documents no force row level security;
insert into sources (workspace_id, id, knowledge_base_id, kind, title, website, created_at)
select workspace_id, id, knowledge_base_id, kind, title,
       case when kind = 'url' then jsonb_build_object('mode', 'list', 'urls', jsonb_build_array(url)) end,
       created_at
from documents;
update documents set source_id = id, external_key = url;
alter table documents force row level security;

alter table documents
    alter column source_id set not null,
    add foreign key (workspace_id, source_id) references sources (workspace_id, id) on delete cascade;
create unique index documents_external_key on documents (workspace_id, source_id, external_key);

alter table sources enable row level security;
alter table sources force row level security;
create policy tenant on sources
    using (workspace_id = (select app_workspace_id()))
    with check (workspace_id = (select app_workspace_id()));
-- Every worker looks for syncs that are due, of every tenant; it reads only which they are.
create policy scheduled_of_all on sources for select to botwright_worker
    using (next_sync_at is not null);

-- One run over the pages of a source, in a draft or for a sync. Its id is the source's.
create table crawls (
    workspace_id  uuid not null references workspaces (id) on delete cascade,
    id            uuid not null,
    -- The draft it is part of, until that is finalized; then the source.
    draft_id      uuid,
    source_id     uuid,
    -- Another with each run: a worker that still holds an earlier one finds out.
    run           uuid not null,
    website       jsonb not null,
    status        text not null default 'queued'
        check (status in ('queued', 'running', 'done', 'failed', 'cancelled')),
    error_code    text,
    error_message text,
    -- How often a worker has begun without getting a single page further.
    attempts      int not null default 0,
    -- The addresses that the crawl begins with are among its pages.
    seeded        boolean not null default false,
    -- What each server's robots.txt says, by origin.
    robots        jsonb not null default '{}',
    started_at    timestamptz,
    finished_at   timestamptz,
    updated_at    timestamptz not null default now(),
    primary key (workspace_id, id),
    constraint crawls_owner_check check ((draft_id is null) <> (source_id is null)),
    foreign key (workspace_id, source_id) references sources (workspace_id, id) on delete cascade
);
alter table crawls enable row level security;
alter table crawls force row level security;
create policy tenant on crawls
    using (workspace_id = (select app_workspace_id()))
    with check (workspace_id = (select app_workspace_id()));
-- The reconciler looks for unfinished crawls and for those of expired drafts, of every tenant.
create policy unfinished_of_all on crawls for select to botwright_worker
    using (draft_id is not null or status in ('queued', 'running'));

-- Every address that a crawl found: what is still to be fetched, and what became of the rest. A worker that is
-- killed leaves all that the next one needs to go on.
create table crawl_pages (
    workspace_id  uuid not null,
    crawl_id      uuid not null,
    id            uuid not null,
    url           text not null,
    -- In which order they were found.
    position      int  not null,
    depth         smallint not null,
    -- How many redirects led here.
    hops          smallint not null default 0,
    attempts      smallint not null default 0,
    not_before    timestamptz,
    state         text not null check (state in
        ('waiting', 'added', 'changed', 'unchanged', 'skipped', 'failed', 'gone', 'removed')),
    reason        text,
    detail        text,
    title         text,
    media_type    text,
    size          bigint,
    storage_key   text,
    content_hash  bytea,
    -- For finding pages with the same, or nearly the same, text.
    text_hash     bytea,
    sketch        bigint,
    etag          text,
    last_modified text,
    primary key (workspace_id, crawl_id, url),
    constraint crawl_pages_id_key unique (workspace_id, id),
    foreign key (workspace_id, crawl_id) references crawls (workspace_id, id) on delete cascade
);
create index crawl_pages_state_idx on crawl_pages (workspace_id, crawl_id, state, position);
alter table crawl_pages enable row level security;
alter table crawl_pages force row level security;
create policy tenant on crawl_pages
    using (workspace_id = (select app_workspace_id()))
    with check (workspace_id = (select app_workspace_id()));

grant select, insert, update, delete on sources, crawls, crawl_pages to botwright_app, botwright_worker;
