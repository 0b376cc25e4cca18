-- Copies of drafts, for a Redis that lost what it had. A draft lives in Redis and is a bot or a knowledge base only once it is
-- deployed; a copy is read by nobody but whoever brings lost drafts back.

create table draft_copies (
    workspace_id uuid not null references workspaces (id) on delete cascade,
    -- Of what: the kind in the key of Redis.
    kind         text not null check (kind in ('chatbot', 'kb')),
    id           uuid not null,
    -- The draft's.
    version      bigint not null,
    -- As it lies in Redis; null once it was deployed or deleted, so that a save on its way does not bring it back.
    draft        text,
    saved_at     timestamptz not null default now(),
    primary key (workspace_id, id)
);
alter table draft_copies enable row level security;
alter table draft_copies force row level security;
create policy tenant on draft_copies
    using (workspace_id = (select app_workspace_id()))
    with check (workspace_id = (select app_workspace_id()));
grant select, insert, update, delete on draft_copies to botwright_app, botwright_worker;

-- Writes copies of drafts of any workspaces, with the rights of whoever calls it, bound to one workspace after the other. What is
-- there already in a later version, or is gone, stays.
create function copy_drafts(places uuid[], kinds text[], ids uuid[], versions bigint[], drafts text[]) returns void
    language plpgsql volatile
    set search_path = pg_catalog, public, pg_temp
    as $$
declare
    one record;
begin
    for one in
        -- In one order, so that two who copy the same drafts don't wait for each other.
        select * from unnest(places, kinds, ids, versions, drafts) as c (workspace_id, kind, id, version, draft)
        order by 1, 3
    loop
        perform set_config('app.workspace_id', one.workspace_id::text, true);
        insert into draft_copies as d (workspace_id, kind, id, version, draft)
        select one.workspace_id, one.kind, one.id, one.version, one.draft
        -- It may have been removed meanwhile.
        where exists (select from workspaces w where w.id = one.workspace_id)
        on conflict (workspace_id, id) do update
        set version = excluded.version, draft = excluded.draft, saved_at = now()
        where d.draft is not null and (excluded.draft is null or d.version < excluded.version);
    end loop;
end
$$;

-- Removes copies of drafts that expired, in every workspace. Answers how many there were.
create function collect_draft_copies(seconds bigint) returns bigint
    language plpgsql volatile
    set search_path = pg_catalog, public, pg_temp
    as $$
declare
    place   uuid;
    removed bigint;
    total   bigint := 0;
begin
    for place in select id from workspaces loop
        perform set_config('app.workspace_id', place::text, true);
        delete from draft_copies where workspace_id = place and saved_at < now() - make_interval(secs => seconds);
        get diagnostics removed = row_count;
        total := total + removed;
    end loop;
    return total;
end
$$;
