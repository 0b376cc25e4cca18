-- What people say about chunks and documents, and why an answer was given.

alter table documents
    -- ISO 639-1 codes of what its chunks are written in, the most frequent first; null when it was indexed before
    -- languages were told apart.
    add column languages  text[],
    add column tags       text[] not null default '{}',
    add column importance smallint not null default 0 check (importance between -1 and 1),
    -- Grows when chunks of the live version are changed in place; in-process indexes read the document again.
    add column revision   int not null default 0;

alter table chunks
    -- What the document says, when a person has written something else into `text`.
    add column original_text text,
    -- Words of a person about the chunk, searched and read with it.
    add column context       text not null default '',
    add column importance    smallint not null default 0 check (importance between -1 and 1),
    add column enabled       boolean not null default true;

-- How the passages of an answer were chosen.
create table retrievals (
    workspace_id uuid not null,
    message_id   uuid not null,
    retrieval    jsonb not null,
    primary key (workspace_id, message_id),
    foreign key (workspace_id, message_id) references messages (workspace_id, id) on delete cascade
);
alter table retrievals enable row level security;
alter table retrievals force row level security;
create policy tenant on retrievals
    using (workspace_id = (select app_workspace_id()))
    with check (workspace_id = (select app_workspace_id()));

grant select, insert, update, delete on retrievals to botwright_app;
