-- People and what they sign in with. These rows belong to persons, not to tenants.

create table users (
    id            uuid primary key,
    email         text        not null,
    name          text        not null,
    password_hash text        not null,
    created_at    timestamptz not null default now(),
    constraint users_email_length check (length(email) between 3 and 254)
);
create unique index users_email_key on users (lower(email));

create table organizations (
    id         uuid primary key,
    name       text        not null,
    created_at timestamptz not null default now()
);

create table organization_members (
    organization_id uuid not null references organizations (id) on delete cascade,
    user_id         uuid not null references users (id) on delete cascade,
    role            text not null check (role in ('owner', 'admin', 'editor', 'viewer')),
    created_at      timestamptz not null default now(),
    primary key (organization_id, user_id)
);
create index organization_members_user_id_idx on organization_members (user_id);

create table workspaces (
    id              uuid primary key,
    organization_id uuid not null references organizations (id) on delete cascade,
    name            text not null check (length(name) between 1 and 80),
    created_at      timestamptz not null default now(),
    constraint workspaces_name_key unique (organization_id, name)
);

-- One row a sign-in. Its refresh tokens rotate; using an old one again revokes the session.
create table sessions (
    id                  uuid primary key,
    user_id             uuid not null references users (id) on delete cascade,
    active_workspace_id uuid not null references workspaces (id) on delete cascade,
    created_at          timestamptz not null default now(),
    revoked_at          timestamptz
);
create index sessions_user_id_idx on sessions (user_id);

create table refresh_tokens (
    token_hash bytea primary key,
    session_id uuid        not null references sessions (id) on delete cascade,
    issued_at  timestamptz not null,
    expires_at timestamptz not null,
    -- When it was exchanged for the next one.
    used_at    timestamptz
);
create index refresh_tokens_session_id_idx on refresh_tokens (session_id);

grant select, insert, update on users, organizations, organization_members, workspaces to botwright_app;
grant select, insert, update, delete on sessions, refresh_tokens to botwright_app;
grant select on workspaces to botwright_worker;
