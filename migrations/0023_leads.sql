-- People who left their details with a bot, what became of them, and webhooks that are told of them.

alter table data_policies
    -- Days after it was last changed; null: for as long as the workspace.
    add column leads_days int check (leads_days between 1 and 3650);
alter policy limited_of_all on data_policies
    using (conversations_days is not null or files_days is not null or leads_days is not null);

alter table deletion_receipts
    drop constraint deletion_receipts_kind_check,
    add constraint deletion_receipts_kind_check
        check (kind in ('conversations', 'leads', 'workspace', 'organization', 'person'));

-- One row a person, as far as e-mail address or phone number tell who is the same.
create table leads (
    workspace_id    uuid not null references workspaces (id) on delete cascade,
    id              uuid not null,
    -- Where the details were left last; a lead outlives both.
    bot_id          uuid,
    conversation_id uuid,
    name            text,
    email           text,
    phone           text,
    -- The same in a form in which they can be compared.
    email_key       text,
    phone_key       text,
    -- The newest answer to each question: [{key, label, value}].
    answers         jsonb not null default '[]',
    -- All of it in lower case, to be searched.
    search          text not null default '',
    -- What was agreed to last, word by word, and when.
    consent         text,
    consented_at    timestamptz,
    page_url        text,
    status          text not null default 'new' check (status in ('new', 'contacted', 'qualified', 'won', 'lost')),
    submissions     int not null default 1,
    created_at      timestamptz not null default now(),
    -- When details were left last.
    submitted_at    timestamptz not null default now(),
    -- When they were, or anybody of the team did something about it.
    updated_at      timestamptz not null default now(),
    primary key (workspace_id, id),
    foreign key (workspace_id, bot_id) references bots (workspace_id, id) on delete set null (bot_id),
    foreign key (workspace_id, conversation_id) references conversations (workspace_id, id)
        on delete set null (conversation_id)
);
create unique index leads_email_key_idx on leads (workspace_id, email_key) where email_key is not null;
create index leads_phone_key_idx on leads (workspace_id, phone_key) where phone_key is not null;
create index leads_submitted_at_idx on leads (workspace_id, submitted_at, id);
create index leads_updated_at_idx on leads (workspace_id, updated_at);
create index leads_bot_id_idx on leads (workspace_id, bot_id);
create index leads_conversation_id_idx on leads (workspace_id, conversation_id);
alter table leads enable row level security;
alter table leads force row level security;
create policy tenant on leads
    using (workspace_id = (select app_workspace_id()))
    with check (workspace_id = (select app_workspace_id()));
grant select, insert, update, delete on leads to botwright_app;
grant select, delete on leads to botwright_worker;

-- Each time that somebody left their details, as they were then.
create table lead_submissions (
    workspace_id    uuid not null references workspaces (id) on delete cascade,
    id              uuid not null,
    lead_id         uuid not null,
    bot_id          uuid,
    conversation_id uuid,
    answers         jsonb not null,
    consent         text,
    page_url        text,
    created_at      timestamptz not null default now(),
    primary key (workspace_id, id),
    foreign key (workspace_id, lead_id) references leads (workspace_id, id) on delete cascade,
    foreign key (workspace_id, bot_id) references bots (workspace_id, id) on delete set null (bot_id),
    foreign key (workspace_id, conversation_id) references conversations (workspace_id, id)
        on delete set null (conversation_id)
);
create index lead_submissions_lead_id_idx on lead_submissions (workspace_id, lead_id, created_at);
create index lead_submissions_bot_id_idx on lead_submissions (workspace_id, bot_id);
create index lead_submissions_conversation_id_idx on lead_submissions (workspace_id, conversation_id);
alter table lead_submissions enable row level security;
alter table lead_submissions force row level security;
create policy tenant on lead_submissions
    using (workspace_id = (select app_workspace_id()))
    with check (workspace_id = (select app_workspace_id()));
grant select, insert, delete on lead_submissions to botwright_app;
grant select on lead_submissions to botwright_worker;

-- What the team writes down about a lead.
create table lead_notes (
    workspace_id uuid not null references workspaces (id) on delete cascade,
    id           uuid not null,
    lead_id      uuid not null,
    -- Null once the account is gone, and for API keys.
    author_id    uuid references users (id) on delete set null,
    content      text not null check (length(content) between 1 and 4000),
    created_at   timestamptz not null default now(),
    primary key (workspace_id, id),
    foreign key (workspace_id, lead_id) references leads (workspace_id, id) on delete cascade
);
create index lead_notes_lead_id_idx on lead_notes (workspace_id, lead_id, created_at);
alter table lead_notes enable row level security;
alter table lead_notes force row level security;
create policy tenant on lead_notes
    using (workspace_id = (select app_workspace_id()))
    with check (workspace_id = (select app_workspace_id()));
grant select, insert, delete on lead_notes to botwright_app;
grant select on lead_notes to botwright_worker;

-- Servers that are told of what happens in the workspace.
create table webhooks (
    workspace_id uuid not null references workspaces (id) on delete cascade,
    id           uuid not null,
    url          text not null,
    -- The secret that signs what is sent, sealed, and its last characters.
    secret       bytea not null,
    hint         text not null,
    is_enabled   boolean not null default true,
    -- Why it was switched off by itself.
    disabled_for text,
    created_by   uuid references users (id) on delete set null,
    created_at   timestamptz not null default now(),
    primary key (workspace_id, id)
);
alter table webhooks enable row level security;
alter table webhooks force row level security;
create policy tenant on webhooks
    using (workspace_id = (select app_workspace_id()))
    with check (workspace_id = (select app_workspace_id()));
grant select, insert, update, delete on webhooks to botwright_app;
-- A worker seals secrets anew, and switches off what is gone.
grant select, update on webhooks to botwright_worker;

-- What was sent to them, or is to be.
create table webhook_deliveries (
    workspace_id uuid not null references workspaces (id) on delete cascade,
    id           uuid not null,
    webhook_id   uuid not null,
    -- What it speaks of: it goes with it. Null: a test.
    lead_id      uuid,
    event        text not null,
    -- The very text that is signed, the same at each try.
    body         text not null,
    status       text not null default 'waiting' check (status in ('waiting', 'delivered', 'failed')),
    -- Counted before the work.
    attempts     int not null default 0,
    -- Of the last try.
    http_status  int,
    error        text,
    created_at   timestamptz not null default now(),
    tried_at     timestamptz,
    primary key (workspace_id, id),
    foreign key (workspace_id, webhook_id) references webhooks (workspace_id, id) on delete cascade,
    foreign key (workspace_id, lead_id) references leads (workspace_id, id) on delete cascade
);
create index webhook_deliveries_webhook_id_idx on webhook_deliveries (workspace_id, webhook_id, created_at, id);
create index webhook_deliveries_lead_id_idx on webhook_deliveries (workspace_id, lead_id);
alter table webhook_deliveries enable row level security;
alter table webhook_deliveries force row level security;
create policy tenant on webhook_deliveries
    using (workspace_id = (select app_workspace_id()))
    with check (workspace_id = (select app_workspace_id()));
grant select, insert, update, delete on webhook_deliveries to botwright_app;
grant select, update on webhook_deliveries to botwright_worker;
