-- Visitors whom a site vouches for, and the secrets with which it does.

create table visitor_secrets (
    workspace_id uuid not null,
    id           uuid not null,
    bot_id       uuid not null,
    -- AES-256-GCM: key id, nonce and ciphertext; bound to the bot.
    secret       bytea not null,
    -- The last characters of it.
    hint         text  not null,
    created_by   uuid references users (id) on delete set null,
    created_at   timestamptz not null default now(),
    primary key (workspace_id, id),
    foreign key (workspace_id, bot_id) references bots (workspace_id, id) on delete cascade
);
create index visitor_secrets_bot_idx on visitor_secrets (workspace_id, bot_id);
alter table visitor_secrets enable row level security;
alter table visitor_secrets force row level security;
create policy tenant on visitor_secrets
    using (workspace_id = (select app_workspace_id()))
    with check (workspace_id = (select app_workspace_id()));
grant select, insert, update, delete on visitor_secrets to botwright_app;
grant select, update on visitor_secrets to botwright_worker;

-- Who the site says that it is: {id, name?, email?}. From then on only they go on with the conversation.
alter table conversations add column visitor jsonb check (visitor ? 'id');
