-- People who answer: conversations that a person is asked for or has taken over, notes, canned replies, office hours.

alter table conversations
    -- Who answers: the bot, nobody yet, a person; or it is over.
    add column state text not null default 'bot' check (state in ('bot', 'waiting', 'human', 'closed')),
    -- Who of the team has it.
    add column assignee_id uuid references users (id) on delete set null,
    add column waiting_since timestamptz,
    -- When a person took it first.
    add column handed_off_at timestamptz,
    -- The number of the newest of its events; whoever writes one has locked this row.
    add column last_event int not null default 0,
    -- How far both sides have read: ids of messages.
    add column team_read_id uuid,
    add column visitor_read_id uuid,
    -- Whether somebody was told by mail that it waits.
    add column is_mailed boolean not null default false;
create index conversations_state_idx on conversations (workspace_id, state, last_message_at desc, id)
    where state in ('waiting', 'human');
create index conversations_assignee_idx on conversations (workspace_id, assignee_id) where assignee_id is not null;

-- Answers of people. Their names are those of their accounts, and go with them.
alter table messages
    add column is_by_person boolean not null default false,
    add column author_id uuid references users (id) on delete set null,
    -- Made up by the client: the same reply is stored once.
    add column reply_key text;
create unique index messages_reply_key on messages (workspace_id, reply_key) where reply_key is not null;

-- What became of a conversation, in order and without a gap: live streams of visitors are resumed by `n`.
create table conversation_events (
    workspace_id    uuid not null,
    conversation_id uuid not null,
    n               int  not null,
    kind            text not null
        check (kind in ('asked', 'taken', 'assigned', 'given_back', 'closed', 'reopened', 'message')),
    -- Who of the team did it; null: the visitor.
    actor_id        uuid references users (id) on delete set null,
    -- Of a message.
    message_id      uuid,
    created_at      timestamptz not null default now(),
    primary key (workspace_id, conversation_id, n),
    check ((kind = 'message') = (message_id is not null)),
    foreign key (workspace_id, conversation_id) references conversations (workspace_id, id) on delete cascade,
    foreign key (workspace_id, message_id) references messages (workspace_id, id) on delete cascade
);
create index conversation_events_message_idx on conversation_events (workspace_id, message_id)
    where message_id is not null;
alter table conversation_events enable row level security;
alter table conversation_events force row level security;
create policy tenant on conversation_events
    using (workspace_id = (select app_workspace_id()))
    with check (workspace_id = (select app_workspace_id()));
grant select, insert on conversation_events to botwright_app;
grant select on conversation_events to botwright_worker;

-- What the team tells each other about a conversation.
create table conversation_notes (
    workspace_id    uuid not null,
    id              uuid not null,
    conversation_id uuid not null,
    -- Null once the account is gone.
    author_id       uuid references users (id) on delete set null,
    content         text not null check (length(content) between 1 and 4000),
    created_at      timestamptz not null default now(),
    primary key (workspace_id, id),
    foreign key (workspace_id, conversation_id) references conversations (workspace_id, id) on delete cascade
);
create index conversation_notes_conversation_idx on conversation_notes (workspace_id, conversation_id, created_at);
alter table conversation_notes enable row level security;
alter table conversation_notes force row level security;
create policy tenant on conversation_notes
    using (workspace_id = (select app_workspace_id()))
    with check (workspace_id = (select app_workspace_id()));
grant select, insert, delete on conversation_notes to botwright_app;
grant select on conversation_notes to botwright_worker;

-- Answers that are written once: `/shortcut` in the composer.
create table canned_replies (
    workspace_id uuid not null references workspaces (id) on delete cascade,
    id           uuid not null,
    shortcut     text not null check (length(shortcut) between 1 and 40),
    content      text not null check (length(content) between 1 and 4000),
    updated_at   timestamptz not null default now(),
    primary key (workspace_id, id),
    constraint canned_replies_shortcut_key unique (workspace_id, shortcut)
);
alter table canned_replies enable row level security;
alter table canned_replies force row level security;
create policy tenant on canned_replies
    using (workspace_id = (select app_workspace_id()))
    with check (workspace_id = (select app_workspace_id()));
grant select, insert, update, delete on canned_replies to botwright_app;
grant select on canned_replies to botwright_worker;

-- When people answer. Without a row: always.
create table office_hours (
    workspace_id uuid primary key references workspaces (id) on delete cascade,
    -- {time_zone, is_limited, days: [[{from, to}]], closed_on: [date]}, as in the API; times are minutes since midnight.
    hours        jsonb not null,
    updated_at   timestamptz not null default now()
);
alter table office_hours enable row level security;
alter table office_hours force row level security;
create policy tenant on office_hours
    using (workspace_id = (select app_workspace_id()))
    with check (workspace_id = (select app_workspace_id()));
grant select, insert, update, delete on office_hours to botwright_app;
grant select on office_hours to botwright_worker;

-- Members who want no mail when a visitor waits, or, of viewers, who do. Without a row: whoever may answer gets one.
create table inbox_notifications (
    workspace_id uuid not null references workspaces (id) on delete cascade,
    user_id      uuid not null references users (id) on delete cascade,
    by_mail      boolean not null,
    primary key (workspace_id, user_id)
);
alter table inbox_notifications enable row level security;
alter table inbox_notifications force row level security;
create policy tenant on inbox_notifications
    using (workspace_id = (select app_workspace_id()))
    with check (workspace_id = (select app_workspace_id()));
grant select, insert, update, delete on inbox_notifications to botwright_app;
grant select on inbox_notifications to botwright_worker;

-- A worker that mails says so.
grant update (is_mailed) on conversations to botwright_worker;

-- Webhooks are told of conversations, too.
alter table webhook_deliveries
    -- What it speaks of: it goes with it.
    add column conversation_id uuid,
    add foreign key (workspace_id, conversation_id) references conversations (workspace_id, id) on delete cascade;
create index webhook_deliveries_conversation_idx on webhook_deliveries (workspace_id, conversation_id)
    where conversation_id is not null;

-- Asking for a person and the end of a conversation are written down, too; `hand_off` is still what is counted.
alter table events
    drop constraint events_kind_check,
    add constraint events_kind_check
        check (kind in ('turn', 'session', 'rating', 'hand_off', 'lead', 'hand_off_asked', 'hand_off_closed'));
