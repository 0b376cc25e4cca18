-- More kinds of sources: questions with their answers, and what lies in other services.

alter table documents
    drop constraint documents_kind_check,
    add constraint documents_kind_check check (kind in ('file', 'text', 'url', 'qa'));

create table connections (
    workspace_id uuid not null references workspaces (id) on delete cascade,
    id           uuid not null,
    kind         text not null check (kind in ('notion')),
    name         text not null,
    -- Sealed with a key derived from the secret key, bound to the id.
    credential   bytea not null,
    hint         text not null,
    created_at   timestamptz not null default now(),
    primary key (workspace_id, id),
    constraint connections_name_key unique (workspace_id, name)
);
alter table connections enable row level security;
alter table connections force row level security;
create policy tenant on connections
    using (workspace_id = (select app_workspace_id()))
    with check (workspace_id = (select app_workspace_id()));
grant select, insert, delete on connections to botwright_app;
grant select on connections to botwright_worker;

-- What is taken over a connection. A crawl of a website has `website`, one over a connection has `remote`.
alter table sources
    drop constraint sources_kind_check,
    add constraint sources_kind_check check (kind in ('file', 'text', 'url', 'website', 'qa', 'notion')),
    add column remote jsonb,
    add column connection_id uuid generated always as ((remote ->> 'connection_id')::uuid) stored,
    add constraint sources_connection_in_use
        foreign key (workspace_id, connection_id) references connections (workspace_id, id);
create index sources_connection_idx on sources (workspace_id, connection_id) where connection_id is not null;

alter table crawls
    alter column website drop not null,
    add column remote jsonb,
    add constraint crawls_what_check check ((website is null) <> (remote is null));
