-- How long a workspace keeps what, exports of data, and receipts for what was deleted.

-- One row a workspace, once somebody chose; without one everything is kept.
create table data_policies (
    workspace_id       uuid primary key references workspaces (id) on delete cascade,
    -- Days after the last message; null: for as long as the workspace.
    conversations_days int check (conversations_days between 1 and 3650),
    -- Days after it was indexed that an uploaded file is kept beside its chunks.
    files_days         int check (files_days between 1 and 3650),
    -- Addresses and numbers of visitors are taken out before anything is stored or asked.
    redacts            boolean not null default false,
    updated_at         timestamptz not null default now()
);
alter table data_policies enable row level security;
alter table data_policies force row level security;
create policy tenant on data_policies
    using (workspace_id = (select app_workspace_id()))
    with check (workspace_id = (select app_workspace_id()));
-- A worker looks for workspaces, of every tenant, that keep something for a time; it reads only which they are.
create policy limited_of_all on data_policies for select to botwright_worker
    using (conversations_days is not null or files_days is not null);
grant select, insert, update on data_policies to botwright_app;
grant select on data_policies to botwright_worker;

-- When the uploaded file was removed while its chunks stayed. It can't be cut otherwise from then on.
alter table documents add column original_removed_at timestamptz;
create index documents_originals_idx on documents (workspace_id, updated_at)
    where kind = 'file' and original_removed_at is null;

-- Archives of everything in a workspace, made by a job. They lie in storage until they expire.
create table data_exports (
    workspace_id uuid not null references workspaces (id) on delete cascade,
    id           uuid not null,
    requested_by uuid references users (id) on delete set null,
    status       text not null default 'queued' check (status in ('queued', 'running', 'done', 'failed')),
    -- Counted before the work.
    attempts     int not null default 0,
    -- Which part is being written, and how many are.
    part         text,
    parts_done   int not null default 0,
    parts_total  int not null default 0,
    records      bigint not null default 0,
    size         bigint,
    sha256       bytea,
    created_at   timestamptz not null default now(),
    expires_at   timestamptz not null,
    primary key (workspace_id, id)
);
create unique index data_exports_one_at_a_time on data_exports (workspace_id) where status in ('queued', 'running');
alter table data_exports enable row level security;
alter table data_exports force row level security;
create policy tenant on data_exports
    using (workspace_id = (select app_workspace_id()))
    with check (workspace_id = (select app_workspace_id()));
-- A worker looks for archives, of every tenant, whose time is over; it reads only which they are.
create policy expired_of_all on data_exports for select to botwright_worker
    using (expires_at <= now());
grant select, insert, delete on data_exports to botwright_app;
grant select, update, delete on data_exports to botwright_worker;

-- The same for what belongs to a person.
create table person_exports (
    user_id     uuid not null references users (id) on delete cascade,
    id          uuid not null,
    status      text not null default 'queued' check (status in ('queued', 'running', 'done', 'failed')),
    attempts    int not null default 0,
    part        text,
    parts_done  int not null default 0,
    parts_total int not null default 0,
    records     bigint not null default 0,
    size        bigint,
    sha256      bytea,
    created_at  timestamptz not null default now(),
    expires_at  timestamptz not null,
    primary key (user_id, id)
);
create unique index person_exports_one_at_a_time on person_exports (user_id) where status in ('queued', 'running');
grant select, insert, delete on person_exports to botwright_app;
grant select, update, delete on person_exports to botwright_worker;

-- What was deleted, for good: counts and ids only. They outlive everything they speak of, so they point at nothing.
create table deletion_receipts (
    -- Random: whoever was given it may read the receipt.
    id              uuid primary key,
    kind            text not null check (kind in ('conversations', 'workspace', 'organization', 'person')),
    -- The workspace, organization or person that was deleted; of conversations the workspace they were in.
    subject_id      uuid not null,
    -- The workspace and the organization in which it was asked for.
    place_id        uuid not null,
    organization_id uuid,
    requested_by    uuid,
    requested_at    timestamptz not null,
    -- Null while files, vectors or whole workspaces are still being removed.
    finished_at     timestamptz,
    -- How many of what, by where they were.
    counts          jsonb not null default '{}',
    -- SHA-256 of all of it, once it is finished.
    hash            bytea
);
create index deletion_receipts_place_idx on deletion_receipts (place_id, requested_at);
create index deletion_receipts_organization_idx on deletion_receipts (organization_id, requested_at);
create index deletion_receipts_requested_by_idx on deletion_receipts (requested_by, requested_at);
alter table deletion_receipts enable row level security;
alter table deletion_receipts force row level security;
create policy tenant on deletion_receipts
    using (place_id = (select app_workspace_id()))
    with check (place_id = (select app_workspace_id()));
create policy organization on deletion_receipts
    using (organization_id = (select app_organization_id()))
    with check (organization_id = (select app_organization_id()));
-- Whoever asked for a deletion, or was given its receipt's id, may read the receipt.
create policy own_receipts on deletion_receipts for select
    using (requested_by = (select app_user_id()));
create policy presented_receipt on deletion_receipts for select
    using (id = (select nullif(current_setting('app.receipt_id', true), '')::uuid));
grant select, insert on deletion_receipts to botwright_app;
grant select, insert, update on deletion_receipts to botwright_worker;

-- Who closed it, and when; for the receipt.
alter table workspaces
    add column closed_by uuid references users (id) on delete set null,
    add column closed_at timestamptz;
alter table organizations
    add column closed_by uuid references users (id) on delete set null,
    add column closed_at timestamptz;

-- How many rows of the current workspace there are, by table: for the receipt of its removal. It finds the tables
-- itself, so that it counts those to come.
create function workspace_row_counts() returns jsonb
    language plpgsql stable security definer
    set search_path = pg_catalog, public, pg_temp
    as $$
declare
    counts jsonb := '{}';
    name   text;
    number bigint;
begin
    for name in
        select c.relname from pg_class c
        join pg_namespace n on n.oid = c.relnamespace
        join pg_attribute a on a.attrelid = c.oid and a.attname = 'workspace_id' and not a.attisdropped
        where n.nspname = 'public' and c.relkind in ('r', 'p')
        order by c.relname
    loop
        execute format('select count(*) from public.%I where workspace_id = $1', name)
            into number using public.app_workspace_id();
        counts := counts || jsonb_build_object(name, number);
    end loop;
    return counts;
end
$$;

-- A person sees the invitations to their own address, so that they can be removed with the account.
create policy addressed_invitation on organization_invitations for select
    using (lower(email) = (select lower(u.email) from users u where u.id = (select app_user_id())));
create policy addressed_invitation on workspace_invitations for select
    using (lower(email) = (select lower(u.email) from users u where u.id = (select app_user_id())));

-- Deleting an account.
grant delete on users, outbox, organization_invitations, workspace_invitations to botwright_app;
-- Exports read what they hold; retention removes what is old.
grant select on bots, bot_versions, bot_knowledge_bases, conversations, messages, gaps, retrievals, test_sets, test_cases,
    api_keys, workspace_members, workspace_invitations, organization_members, identities, my_workspaces
    to botwright_worker;
grant select (user_id, enabled_at) on second_factors to botwright_worker;
grant delete on conversations, gaps to botwright_worker;
-- What must not be deleted from under a bot is deleted after the bots, when all of a workspace goes.
grant delete on bots to botwright_worker;
