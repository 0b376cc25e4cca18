-- Files that visitors send along with their messages. Their bytes lie in storage, as `uploads/<workspace>/<id>`.

create table uploads (
    workspace_id    uuid not null references workspaces (id) on delete cascade,
    -- Random: whoever knows it may put it into a message, once.
    id              uuid not null,
    bot_id          uuid not null,
    -- The conversation it was sent in, or is used in; null before there is one.
    conversation_id uuid,
    -- The message it is in; without one it goes after a day.
    message_id      uuid,
    -- Its place in the message.
    position        smallint not null default 0,
    -- The visitor whom the site vouched for when it was sent: nobody else may use it.
    visitor_id      text,
    name            text not null check (length(name) between 1 and 200),
    -- As the content says.
    media_type      text not null,
    size            bigint not null check (size > 0),
    -- When its text was looked for; null: not yet.
    read_at         timestamptz,
    -- The text of a document, as far as it is kept.
    content         text,
    -- Whether there was more of it.
    is_cut          boolean not null default false,
    -- Why there is none, for the model.
    trouble         text,
    created_at      timestamptz not null default now(),
    primary key (workspace_id, id),
    check (message_id is null or conversation_id is not null),
    foreign key (workspace_id, bot_id) references bots (workspace_id, id) on delete cascade,
    foreign key (workspace_id, conversation_id) references conversations (workspace_id, id) on delete cascade,
    foreign key (workspace_id, message_id) references messages (workspace_id, id) on delete cascade
);
create index uploads_conversation_idx on uploads (workspace_id, conversation_id, message_id, position)
    where conversation_id is not null;
create index uploads_message_idx on uploads (workspace_id, message_id) where message_id is not null;
create index uploads_bot_idx on uploads (workspace_id, bot_id, message_id) include (size);
alter table uploads enable row level security;
alter table uploads force row level security;
create policy tenant on uploads
    using (workspace_id = (select app_workspace_id()))
    with check (workspace_id = (select app_workspace_id()));
grant select, insert, update, delete on uploads to botwright_app;
-- A worker collects what is in no message.
grant select, delete on uploads to botwright_worker;
