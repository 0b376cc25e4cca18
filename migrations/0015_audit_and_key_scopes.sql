-- An audit log that nobody can change unnoticed, and API keys with scopes and an end.

-- The last entry of each workspace's chain. Writers of one workspace wait for each other here, so the chain has no gap.
create table audit_heads (
    workspace_id uuid primary key references workspaces (id) on delete cascade,
    position     bigint not null,
    hash         bytea  not null
);
alter table audit_heads enable row level security;
alter table audit_heads force row level security;
create policy tenant on audit_heads
    using (workspace_id = (select app_workspace_id()))
    with check (workspace_id = (select app_workspace_id()));
-- Only the trigger below writes it.
grant select on audit_heads to botwright_app, botwright_worker;

alter table audit_log
    -- Entries outlive people; a name is kept as it was.
    drop constraint audit_log_actor_id_fkey,
    -- Place in the workspace's chain, from 1.
    add column position      bigint,
    add column actor_kind    text,
    add column actor_name    text,
    -- Where the request came from, and its id in the log. Null for jobs and commands.
    add column address       text,
    add column request_id    uuid,
    add column object_name   text,
    -- SHA-256, see audit_hash; of the first entry's predecessor 32 zeros.
    add column previous_hash bytea,
    add column hash          bytea;

-- One field of an entry as bytes that can't run into the next one: 0 for null, else 1, the length, and the text.
create function audit_field(value text) returns bytea
    language sql stable strict parallel safe
    return '\x01'::bytea || int4send(octet_length(convert_to(value, 'UTF8'))) || convert_to(value, 'UTF8');

-- What an entry's hash is; `domain/src/audit/chain.rs` computes the same.
create function audit_hash(entry audit_log) returns bytea
    language plpgsql stable parallel safe
    set search_path = pg_catalog, public, pg_temp
    as $$
declare
    bytes bytea := entry.previous_hash;
    field text;
begin
    foreach field in array array[
        entry.workspace_id::text, entry.position::text, entry.id::text,
        (extract(epoch from entry.created_at) * 1000000)::bigint::text,
        entry.actor_kind, entry.actor_id::text, entry.actor_name, entry.address, entry.request_id::text,
        entry.action, entry.object_id::text, entry.object_name, entry.details::text
    ] loop
        bytes := bytes || coalesce(audit_field(field), '\x00'::bytea);
    end loop;
    return sha256(bytes);
end
$$;

-- The owner of the tables may itself be bound by their policies, which show it nothing without a workspace.
alter table audit_log no force row level security;
alter table audit_heads no force row level security;
do $$
declare
    entry audit_log;
    last  audit_heads;
begin
    for entry in select * from audit_log order by workspace_id, created_at, id loop
        if last.workspace_id is distinct from entry.workspace_id then
            last := row(entry.workspace_id, 0, decode(repeat('00', 32), 'hex'));
        end if;
        entry.position := last.position + 1;
        entry.previous_hash := last.hash;
        entry.actor_kind := case when entry.actor_id is null then 'unknown' else 'user' end;
        entry.actor_name := (select name from users where id = entry.actor_id);
        entry.object_name := left(coalesce(entry.details ->> 'name', entry.details ->> 'title'), 200);
        entry.hash := audit_hash(entry);
        update audit_log
        set position = entry.position, previous_hash = entry.previous_hash, actor_kind = entry.actor_kind,
            actor_name = entry.actor_name, object_name = entry.object_name, hash = entry.hash
        where workspace_id = entry.workspace_id and id = entry.id;
        last.position := entry.position;
        last.hash := entry.hash;
        insert into audit_heads values (last.workspace_id, last.position, last.hash)
        on conflict (workspace_id) do update set position = excluded.position, hash = excluded.hash;
    end loop;
end
$$;
alter table audit_heads force row level security;
alter table audit_log force row level security;

alter table audit_log
    alter column position set not null,
    alter column actor_kind set not null,
    alter column previous_hash set not null,
    alter column hash set not null,
    -- `unknown`: written before it was kept.
    add constraint audit_log_actor_kind_check
        check (actor_kind in ('user', 'api_key', 'worker', 'operator', 'visitor', 'unknown')),
    add constraint audit_log_position_key unique (workspace_id, position);
create index audit_log_action_idx on audit_log (workspace_id, action, position);
create index audit_log_actor_id_idx on audit_log (workspace_id, actor_id, position);
create index audit_log_object_id_idx on audit_log (workspace_id, object_id, position);

-- Puts an entry at the end of its workspace's chain. In the database, so that no writer can forget it or choose the
-- time; as the owner, since nobody else may write the head.
create function audit_append() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, public, pg_temp
    as $$
declare
    last audit_heads;
begin
    -- First, as whoever deletes the workspace does; the foreign key would ask for it only after the head.
    perform from workspaces where id = new.workspace_id for key share;
    select * into last from audit_heads where workspace_id = new.workspace_id for update;
    if not found then
        insert into audit_heads values (new.workspace_id, 0, decode(repeat('00', 32), 'hex'))
        on conflict (workspace_id) do nothing;
        select * into strict last from audit_heads where workspace_id = new.workspace_id for update;
    end if;
    new.position := last.position + 1;
    new.previous_hash := last.hash;
    new.created_at := clock_timestamp();
    -- The server before this migration names nothing but the person.
    new.actor_kind := coalesce(new.actor_kind, case when new.actor_id is null then 'unknown' else 'user' end);
    new.actor_name := case new.actor_kind
        when 'user' then (select name from users where id = new.actor_id)
        when 'api_key' then (select name from api_keys where workspace_id = new.workspace_id and id = new.actor_id)
    end;
    new.hash := audit_hash(new);
    update audit_heads set position = new.position, hash = new.hash where workspace_id = new.workspace_id;
    return new;
end
$$;
create trigger audit_append before insert on audit_log for each row execute function audit_append();

-- Refuses every change, whoever asks. Entries go with their whole workspace only: the cascade comes when its row is
-- gone already.
create function audit_refuse() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, public, pg_temp
    as $$
begin
    if tg_op = 'DELETE' then
        if not exists (select from workspaces where id = old.workspace_id) then
            return old;
        end if;
    end if;
    raise exception 'the audit log is append-only: % of % refused', lower(tg_op), tg_table_name
        using errcode = 'insufficient_privilege';
end
$$;
create trigger audit_refuse before update or delete on audit_log for each row execute function audit_refuse();
create trigger audit_refuse_truncate before truncate on audit_log execute function audit_refuse();
create trigger audit_refuse before delete on audit_heads for each row execute function audit_refuse();
create trigger audit_refuse_truncate before truncate on audit_heads execute function audit_refuse();
-- Also where triggers are otherwise switched off for a session (`session_replication_role`).
alter table audit_log enable always trigger audit_refuse, enable always trigger audit_refuse_truncate;
alter table audit_heads enable always trigger audit_refuse, enable always trigger audit_refuse_truncate;
-- Triggers run them; nobody calls them.
revoke execute on function audit_append, audit_refuse from public;

alter table api_keys
    -- Keys from before scopes keep what they could do.
    add column scopes     text[] not null default array['chat', 'search', 'read', 'write'],
    add column expires_at timestamptz,
    add constraint api_keys_scopes_check
        check (cardinality(scopes) > 0 and scopes <@ array['chat', 'search', 'read', 'write']);
