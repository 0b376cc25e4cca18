-- On which sites a bot's chat was seen.

create table bot_sites (
    workspace_id  uuid not null,
    bot_id        uuid not null,
    -- Scheme, host and port.
    origin        text not null,
    first_seen_at timestamptz not null default now(),
    last_seen_at  timestamptz not null default now(),
    primary key (workspace_id, bot_id, origin),
    foreign key (workspace_id, bot_id) references bots (workspace_id, id) on delete cascade
);
alter table bot_sites enable row level security;
alter table bot_sites force row level security;
create policy tenant on bot_sites
    using (workspace_id = (select app_workspace_id()))
    with check (workspace_id = (select app_workspace_id()));
grant select, insert, update, delete on bot_sites to botwright_app;
-- For receipts and archives.
grant select on bot_sites to botwright_worker;
