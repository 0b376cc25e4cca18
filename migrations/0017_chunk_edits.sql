-- What people changed about chunks, kept beside the chunks: a document that is cut otherwise for a while, or says something
-- else for a while, has them again when it is cut, or says, what it did before.
create table chunk_edits (
    workspace_id  uuid     not null,
    document_id   uuid     not null,
    -- SHA-256 of what the document says there: text and headings, each after a unit separator.
    place         bytea    not null,
    original_text text     not null,
    heading_path  text[]   not null,
    text          text     not null,
    context       text     not null,
    importance    smallint not null check (importance between -1 and 1),
    enabled       boolean  not null,
    tokens        int      not null,
    content_hash  bytea    not null,
    primary key (workspace_id, document_id, place),
    foreign key (workspace_id, document_id) references documents (workspace_id, id) on delete cascade
);
alter table chunk_edits enable row level security;
alter table chunk_edits force row level security;
create policy tenant on chunk_edits
    using (workspace_id = (select app_workspace_id()))
    with check (workspace_id = (select app_workspace_id()));
grant select, insert, update, delete on chunk_edits to botwright_app, botwright_worker;

alter table chunks no force row level security;
alter table documents no force row level security;
alter table chunk_edits no force row level security;
insert into chunk_edits (workspace_id, document_id, place, original_text, heading_path, text, context, importance, enabled,
                         tokens, content_hash)
select c.workspace_id, c.document_id,
       sha256(convert_to(coalesce(c.original_text, c.text)
           || coalesce(E'\x1f' || array_to_string(nullif(c.heading_path, '{}'), E'\x1f'), ''), 'UTF8')),
       coalesce(c.original_text, c.text), c.heading_path, c.text, c.context, c.importance, c.enabled, c.tokens,
       c.content_hash
from chunks c
join documents d on d.workspace_id = c.workspace_id and d.id = c.document_id and d.live_version = c.version
where c.original_text is not null or c.context <> '' or c.importance <> 0 or not c.enabled
on conflict do nothing;
alter table chunks force row level security;
alter table documents force row level security;
alter table chunk_edits force row level security;
