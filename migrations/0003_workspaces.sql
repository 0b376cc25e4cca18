-- What belongs to a workspace as a whole.

create table workspace_members (
    workspace_id uuid not null references workspaces (id) on delete cascade,
    user_id      uuid not null references users (id) on delete cascade,
    role         text not null check (role in ('owner', 'admin', 'editor', 'viewer')),
    created_at   timestamptz not null default now(),
    primary key (workspace_id, user_id)
);
create index workspace_members_user_id_idx on workspace_members (user_id);
alter table workspace_members enable row level security;
alter table workspace_members force row level security;
create policy tenant on workspace_members
    using (workspace_id = (select app_workspace_id()))
    with check (workspace_id = (select app_workspace_id()));
-- A person sees their own memberships before a workspace is chosen: at sign-in and when switching.
create policy own_memberships on workspace_members for select
    using (user_id = (select nullif(current_setting('app.user_id', true), '')::uuid));

create table providers (
    workspace_id  uuid not null references workspaces (id) on delete cascade,
    id            uuid not null,
    name          text not null,
    base_url      text not null,
    default_model text not null,
    -- AES-256-GCM: key id, nonce and ciphertext; bound to the provider's id and host. Null without a key.
    api_key       bytea,
    key_hint      text,
    created_at    timestamptz not null default now(),
    primary key (workspace_id, id),
    constraint providers_name_key unique (workspace_id, name)
);
alter table providers enable row level security;
alter table providers force row level security;
create policy tenant on providers
    using (workspace_id = (select app_workspace_id()))
    with check (workspace_id = (select app_workspace_id()));

create table api_keys (
    workspace_id uuid  not null references workspaces (id) on delete cascade,
    id           uuid  not null,
    name         text  not null,
    prefix       text  not null,
    key_hash     bytea not null,
    created_by   uuid references users (id) on delete set null,
    created_at   timestamptz not null default now(),
    last_used_at timestamptz,
    primary key (workspace_id, id),
    constraint api_keys_key_hash_key unique (key_hash)
);
alter table api_keys enable row level security;
alter table api_keys force row level security;
create policy tenant on api_keys
    using (workspace_id = (select app_workspace_id()))
    with check (workspace_id = (select app_workspace_id()));
-- Whoever presents a key may learn which workspace it is for.
create policy presented_key on api_keys for select
    using (key_hash = (select decode(nullif(current_setting('app.api_key_hash', true), ''), 'hex')));

-- Append-only: nobody is granted update or delete.
create table audit_log (
    workspace_id uuid not null references workspaces (id) on delete cascade,
    id           uuid not null,
    actor_id     uuid references users (id) on delete set null,
    action       text not null,
    object_id    uuid not null,
    details      jsonb not null default '{}',
    created_at   timestamptz not null default now(),
    primary key (workspace_id, id)
);
alter table audit_log enable row level security;
alter table audit_log force row level security;
create policy tenant on audit_log
    using (workspace_id = (select app_workspace_id()))
    with check (workspace_id = (select app_workspace_id()));

grant select, insert, update, delete on workspace_members, providers, api_keys to botwright_app;
grant select, insert on audit_log to botwright_app, botwright_worker;
