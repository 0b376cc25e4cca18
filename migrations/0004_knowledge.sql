-- Knowledge bases, documents and chunks.

create table knowledge_bases (
    workspace_id  uuid not null references workspaces (id) on delete cascade,
    id            uuid not null,
    name          text not null,
    description   text not null default '',
    chunking      jsonb not null,
    -- Grows with every change of what can be found; in-process indexes reload when it differs from theirs.
    index_version bigint not null default 0,
    created_at    timestamptz not null default now(),
    updated_at    timestamptz not null default now(),
    primary key (workspace_id, id),
    constraint knowledge_bases_name_key unique (workspace_id, name)
);
alter table knowledge_bases enable row level security;
alter table knowledge_bases force row level security;
create policy tenant on knowledge_bases
    using (workspace_id = (select app_workspace_id()))
    with check (workspace_id = (select app_workspace_id()));

-- Which draft became which knowledge base, so that finalizing twice is safe.
create table kb_finalizations (
    workspace_id      uuid not null,
    draft_id          uuid not null,
    knowledge_base_id uuid not null,
    created_at        timestamptz not null default now(),
    primary key (workspace_id, draft_id),
    foreign key (workspace_id, knowledge_base_id) references knowledge_bases (workspace_id, id) on delete cascade
);
alter table kb_finalizations enable row level security;
alter table kb_finalizations force row level security;
create policy tenant on kb_finalizations
    using (workspace_id = (select app_workspace_id()))
    with check (workspace_id = (select app_workspace_id()));

create table documents (
    workspace_id      uuid not null,
    id                uuid not null,
    knowledge_base_id uuid not null,
    kind              text not null check (kind in ('file', 'text', 'url')),
    title             text not null,
    media_type        text not null,
    size              bigint not null,
    url               text,
    -- Where the bytes lie, relative to the storage root.
    storage_key       text not null,
    status            text not null default 'queued'
        check (status in ('queued', 'parsing', 'chunking', 'embedding', 'indexing', 'indexed', 'failed')),
    error_code        text,
    error_message     text,
    -- How often a worker has begun; counted before the work, so that a document that kills its worker is seen.
    attempts          int not null default 0,
    -- The version being made, and the one that bots answer from.
    version           int not null default 1,
    live_version      int,
    chunk_count       int not null default 0,
    chunks_done       int not null default 0,
    created_at        timestamptz not null default now(),
    updated_at        timestamptz not null default now(),
    primary key (workspace_id, id),
    foreign key (workspace_id, knowledge_base_id) references knowledge_bases (workspace_id, id) on delete cascade
);
create index documents_knowledge_base_idx on documents (workspace_id, knowledge_base_id, created_at);
alter table documents enable row level security;
alter table documents force row level security;
create policy tenant on documents
    using (workspace_id = (select app_workspace_id()))
    with check (workspace_id = (select app_workspace_id()));
-- The reconciler looks for unfinished documents of every tenant; it reads only which they are.
create policy unfinished_of_all on documents for select to botwright_worker
    using (status not in ('indexed', 'failed'));

create table chunks (
    workspace_id      uuid not null,
    id                uuid not null,
    knowledge_base_id uuid not null,
    document_id       uuid not null,
    version           int  not null,
    position          int  not null,
    text              text not null,
    heading_path      text[] not null,
    page              int,
    tokens            int not null,
    -- SHA-256 of what was embedded; the same text is never embedded twice in a workspace.
    content_hash      bytea not null,
    -- f32, little endian, unit length; null when there is no embedder.
    embedding         bytea,
    primary key (workspace_id, id),
    constraint chunks_position_key unique (workspace_id, document_id, version, position),
    foreign key (workspace_id, document_id) references documents (workspace_id, id) on delete cascade,
    foreign key (workspace_id, knowledge_base_id) references knowledge_bases (workspace_id, id) on delete cascade
);
create index chunks_knowledge_base_idx on chunks (workspace_id, knowledge_base_id);
create index chunks_content_hash_idx on chunks (workspace_id, content_hash);
alter table chunks enable row level security;
alter table chunks force row level security;
create policy tenant on chunks
    using (workspace_id = (select app_workspace_id()))
    with check (workspace_id = (select app_workspace_id()));

grant select, insert, update, delete on knowledge_bases, kb_finalizations, documents, chunks
    to botwright_app, botwright_worker;
