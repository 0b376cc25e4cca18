-- Bots, what was deployed of them, and what was said.

create table bots (
    workspace_id uuid not null references workspaces (id) on delete cascade,
    id           uuid not null,
    name         text not null,
    status       text not null default 'live' check (status in ('live', 'offline')),
    live_version int  not null,
    created_at   timestamptz not null default now(),
    updated_at   timestamptz not null default now(),
    primary key (workspace_id, id),
    -- The embed code names the bot alone.
    constraint bots_id_key unique (id),
    constraint bots_name_key unique (workspace_id, name)
);
alter table bots enable row level security;
alter table bots force row level security;
create policy tenant on bots
    using (workspace_id = (select app_workspace_id()))
    with check (workspace_id = (select app_workspace_id()));
-- A visitor knows the bot's id from the page and may learn which workspace serves it.
create policy visited_bot on bots for select
    using (id = (select nullif(current_setting('app.bot_id', true), '')::uuid));

create table bot_versions (
    workspace_id uuid  not null,
    bot_id       uuid  not null,
    version      int   not null,
    content      jsonb not null,
    -- The draft, as it was saved then, that it was made from: deploying the same again finds this row.
    draft_id     uuid  not null,
    draft_version bigint not null,
    deployed_by  uuid references users (id) on delete set null,
    deployed_at  timestamptz not null default now(),
    primary key (workspace_id, bot_id, version),
    constraint bot_versions_draft_key unique (workspace_id, draft_id, draft_version),
    foreign key (workspace_id, bot_id) references bots (workspace_id, id) on delete cascade
);
alter table bot_versions enable row level security;
alter table bot_versions force row level security;
create policy tenant on bot_versions
    using (workspace_id = (select app_workspace_id()))
    with check (workspace_id = (select app_workspace_id()));
alter table bots add constraint bots_live_version_fkey
    foreign key (workspace_id, id, live_version) references bot_versions (workspace_id, bot_id, version)
    deferrable initially deferred;

-- What the live version of each bot depends on, so that it can't be deleted from under it.
create table bot_knowledge_bases (
    workspace_id      uuid not null,
    bot_id            uuid not null,
    knowledge_base_id uuid not null,
    primary key (workspace_id, bot_id, knowledge_base_id),
    foreign key (workspace_id, bot_id) references bots (workspace_id, id) on delete cascade,
    constraint bot_knowledge_bases_in_use
        foreign key (workspace_id, knowledge_base_id) references knowledge_bases (workspace_id, id)
);
create index bot_knowledge_bases_kb_idx on bot_knowledge_bases (workspace_id, knowledge_base_id);
alter table bot_knowledge_bases enable row level security;
alter table bot_knowledge_bases force row level security;
create policy tenant on bot_knowledge_bases
    using (workspace_id = (select app_workspace_id()))
    with check (workspace_id = (select app_workspace_id()));

create table bot_providers (
    workspace_id uuid not null,
    bot_id       uuid not null,
    provider_id  uuid not null,
    primary key (workspace_id, bot_id),
    foreign key (workspace_id, bot_id) references bots (workspace_id, id) on delete cascade,
    constraint bot_providers_in_use
        foreign key (workspace_id, provider_id) references providers (workspace_id, id)
);
alter table bot_providers enable row level security;
alter table bot_providers force row level security;
create policy tenant on bot_providers
    using (workspace_id = (select app_workspace_id()))
    with check (workspace_id = (select app_workspace_id()));

create table conversations (
    workspace_id    uuid not null,
    -- The visitor's session id: random, so that knowing it is the right to read it.
    id              uuid not null,
    bot_id          uuid not null,
    channel         text not null check (channel in ('web', 'api', 'openai')),
    metadata        jsonb not null default '{}',
    message_count   int not null default 0,
    has_gap         boolean not null default false,
    created_at      timestamptz not null default now(),
    last_message_at timestamptz not null default now(),
    primary key (workspace_id, id),
    foreign key (workspace_id, bot_id) references bots (workspace_id, id) on delete cascade
);
create index conversations_recent_idx on conversations (workspace_id, last_message_at desc, id);
create index conversations_bot_recent_idx on conversations (workspace_id, bot_id, last_message_at desc, id);
alter table conversations enable row level security;
alter table conversations force row level security;
create policy tenant on conversations
    using (workspace_id = (select app_workspace_id()))
    with check (workspace_id = (select app_workspace_id()));

create table messages (
    workspace_id      uuid not null,
    id                uuid not null,
    conversation_id   uuid not null,
    role              text not null check (role in ('user', 'assistant')),
    content           text not null,
    sources           jsonb not null default '[]',
    status            text not null default 'complete' check (status in ('complete', 'partial', 'failed')),
    answered          boolean not null default true,
    model             text,
    bot_version       int,
    latency_ms        int,
    prompt_tokens     int,
    completion_tokens int,
    rating            text check (rating in ('up', 'down')),
    created_at        timestamptz not null default now(),
    primary key (workspace_id, id),
    foreign key (workspace_id, conversation_id) references conversations (workspace_id, id) on delete cascade
);
-- Ids are UUIDv7, so they sort by time.
create index messages_conversation_idx on messages (workspace_id, conversation_id, id);
alter table messages enable row level security;
alter table messages force row level security;
create policy tenant on messages
    using (workspace_id = (select app_workspace_id()))
    with check (workspace_id = (select app_workspace_id()));

-- Questions a bot had no answer to.
create table gaps (
    workspace_id    uuid not null,
    id              uuid not null,
    bot_id          uuid not null,
    conversation_id uuid,
    question        text not null,
    created_at      timestamptz not null default now(),
    primary key (workspace_id, id),
    foreign key (workspace_id, bot_id) references bots (workspace_id, id) on delete cascade,
    foreign key (workspace_id, conversation_id)
        references conversations (workspace_id, id) on delete set null (conversation_id)
);
create index gaps_recent_idx on gaps (workspace_id, bot_id, created_at desc);
create index gaps_conversation_idx on gaps (workspace_id, conversation_id);
alter table gaps enable row level security;
alter table gaps force row level security;
create policy tenant on gaps
    using (workspace_id = (select app_workspace_id()))
    with check (workspace_id = (select app_workspace_id()));

grant select, insert, update, delete on bots, bot_versions, bot_knowledge_bases, bot_providers, conversations,
    messages, gaps to botwright_app;
