-- Messages and events in parts, one a month: so an index that is written to stays small however much was said before, and
-- a month is cleaned and analysed by itself. Ids are UUIDv7, which begin with the time: the parts are ranges of ids, and
-- keys and what points at them stay as they are. What is there already becomes the first part, where it lies.

-- Nobody but the owner may enter: rows are reached through their tables alone, whose policies guard them.
create schema parts;

-- The least UUIDv7 of a time. In the plan of a query it decides which parts are looked into.
create function uuid_from(at timestamptz) returns uuid
    language sql stable parallel safe
    return (lpad(to_hex(floor(extract(epoch from at) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid;

-- What belongs to something that began at this time has no lesser id, even if a server's clock was an hour behind.
create function first_id(began timestamptz) returns uuid
    language sql stable parallel safe
    return uuid_from(began - interval '1 hour');

-- Makes the parts for the months to come that are not there yet, and says how many it made. A month whose rows lie in the
-- default part already stays there: it is found like any other.
create function make_parts(months int default 3) returns int
    language plpgsql volatile security definer
    set search_path = pg_catalog, public, pg_temp
    set lock_timeout = '2s'
    as $$
declare
    whole text;
    month timestamp;
    part  text;
    made  int := 0;
begin
    -- Of several servers one.
    perform pg_advisory_xact_lock(hashtext('make_parts'));
    foreach whole in array array['messages', 'events'] loop
        for n in 1 .. months loop
            month := date_trunc('month', now() at time zone 'UTC') + make_interval(months => n);
            part := format('%s_%s', whole, to_char(month, 'YYYY_MM'));
            continue when to_regclass('parts.' || part) is not null;
            begin
                -- Attached, and not made as a part: that way nobody who reads or writes has to wait.
                execute format('create table parts.%I (like public.%I including defaults including constraints)', part, whole);
                execute format('alter table public.%I attach partition parts.%I for values from (%L) to (%L)', whole, part,
                    uuid_from(month at time zone 'UTC'),
                    uuid_from((month + interval '1 month') at time zone 'UTC'));
                made := made + 1;
            exception
                when check_violation then null;
            end;
        end loop;
    end loop;
    return made;
end
$$;
revoke execute on function make_parts(int) from public;
grant execute on function make_parts(int) to botwright_worker;

-- The tables as they are become parts.
alter table messages set schema parts;
alter table parts.messages rename to messages_before;
alter table events set schema parts;
alter table parts.events rename to events_before;
drop trigger count_event on parts.events_before;
alter table parts.messages_before disable row level security, no force row level security;
drop policy tenant on parts.messages_before;
alter table parts.events_before disable row level security, no force row level security;
drop policy tenant on parts.events_before;
-- A reply is told from another by its key while its conversation is locked, so no index need say so; one over all parts could not.
drop index parts.messages_reply_key;

create table messages (like parts.messages_before including defaults including constraints, primary key (workspace_id, id))
    partition by range (id);
create index messages_conversation_idx on messages (workspace_id, conversation_id, id);
create index messages_author_idx on messages (author_id) where author_id is not null;
create index messages_reply_idx on messages (workspace_id, conversation_id, reply_key) where reply_key is not null;
alter table messages
    add foreign key (workspace_id, conversation_id) references conversations (workspace_id, id) on delete cascade,
    add foreign key (author_id) references users (id) on delete set null,
    enable row level security,
    force row level security;
create policy tenant on messages
    using (workspace_id = (select app_workspace_id()))
    with check (workspace_id = (select app_workspace_id()));
grant select, insert, update, delete on messages to botwright_app;
grant select on messages to botwright_worker;

create table events (like parts.events_before including defaults including constraints, primary key (workspace_id, id))
    partition by range (id);
create index events_time_idx on events (workspace_id, counts_at desc);
create index events_bot_time_idx on events (workspace_id, bot_id, counts_at desc);
create index events_conversation_idx on events (workspace_id, conversation_id) where conversation_id is not null;
alter table events
    add foreign key (workspace_id, bot_id) references bots (workspace_id, id) on delete cascade,
    add foreign key (workspace_id, conversation_id)
        references conversations (workspace_id, id) on delete set null (conversation_id),
    enable row level security,
    force row level security;
create policy tenant on events
    using (workspace_id = (select app_workspace_id()))
    with check (workspace_id = (select app_workspace_id()));
grant select, insert, update (conversation_id, page, question_key) on events to botwright_app, botwright_worker;

-- What points at messages points at all of them.
alter table retrievals drop constraint retrievals_workspace_id_message_id_fkey;
alter table conversation_events drop constraint conversation_events_workspace_id_message_id_fkey;
alter table uploads drop constraint uploads_workspace_id_message_id_fkey;

create table parts.messages_other partition of messages default;
create table parts.events_other partition of events default;
do $$
declare
    next_month constant uuid := uuid_from(
        (date_trunc('month', now() at time zone 'UTC') + interval '1 month') at time zone 'UTC');
    whole text;
begin
    foreach whole in array array['messages', 'events'] loop
        -- Of a clock that was ahead, or ids of another kind.
        execute format('with moved as (delete from parts.%I where id >= %L returning *) insert into parts.%I
                        select * from moved', whole || '_before', next_month, whole || '_other');
        execute format('alter table public.%I attach partition parts.%I for values from (minvalue) to (%L)', whole,
            whole || '_before', next_month);
    end loop;
end
$$;
select make_parts();

alter table retrievals
    add foreign key (workspace_id, message_id) references messages (workspace_id, id) on delete cascade;
alter table conversation_events
    add foreign key (workspace_id, message_id) references messages (workspace_id, id) on delete cascade;
alter table uploads
    add foreign key (workspace_id, message_id) references messages (workspace_id, id) on delete cascade;

-- What a turn is told apart by, of the table as it is now.
drop function turn_dimensions(parts.events_before);
create function turn_dimensions(turn events) returns table (dimension text, value text)
    language sql immutable parallel safe
    begin atomic
        select d.dimension, d.value
        from (values
            ('first', latency_bucket((turn).first_token_ms)::text),
            ('language', coalesce((turn).language, '')),
            ('model', coalesce((turn).provider_id::text, '') || ' ' || coalesce((turn).model, '')),
            ('page', (turn).page),
            ('total', latency_bucket((turn).total_ms)::text)) as d (dimension, value)
        where d.value is not null;
    end;
create trigger count_event after insert on events referencing new table as fresh
    for each statement execute function count_event();

-- As before; the messages before this one are looked for from the beginning of their conversation on.
create or replace function begin_turn(
    workspace uuid, bot uuid, session uuid, is_new boolean, via text, about jsonb, person jsonb,
    question_id uuid, question text, most bigint, look_back int, wants_lead boolean, alone boolean
) returns table (
    -- 'begun', or why nothing was stored: 'unknown_session', 'not_bots', 'no_more_messages'.
    outcome text,
    -- Who answers in the conversation, and where it takes place.
    answers text,
    place text,
    -- Of the lead form, if that is wanted: messages of the visitor, and whether they left their details.
    asked bigint,
    has_lead boolean,
    -- The messages before this one, oldest first: [{role, content}].
    said jsonb
)
    language plpgsql volatile
    set search_path = pg_catalog, public, pg_temp
    as $$
declare
    began timestamptz;
begin
    perform set_config('app.workspace_id', workspace::text, true);
    if alone then
        perform set_config('synchronous_commit', 'off', true);
    end if;
    answers := 'bot';
    place := via;
    asked := 0;
    has_lead := false;
    said := '[]';
    if not is_new then
        select c.state, c.channel, c.created_at into answers, place, began from conversations c
        where c.workspace_id = workspace and c.id = session and c.bot_id = bot
          and (c.visitor is null or c.visitor ->> 'id' = person ->> 'id')
        for no key update;
        if not found then
            outcome := 'unknown_session';
            return next;
            return;
        end if;
        if alone and answers <> 'bot' then
            outcome := 'not_bots';
            return next;
            return;
        end if;
    end if;
    if not meter_usage('messages', most) then
        outcome := 'no_more_messages';
        return next;
        return;
    end if;
    if is_new then
        insert into conversations (workspace_id, id, bot_id, channel, metadata, visitor, message_count)
        values (workspace, session, bot, via, about, person, 1);
    else
        if look_back > 0 then
            select coalesce(jsonb_agg(jsonb_build_object('role', m.role, 'content', m.content) order by m.id), '[]')
            into said from (
                select id, role, content from messages
                where workspace_id = workspace and conversation_id = session and status <> 'failed'
                  and id >= first_id(began)
                order by id desc limit look_back) as m;
        end if;
        update conversations
        set message_count = message_count + 1, last_message_at = now(), visitor = coalesce(person, visitor)
        where workspace_id = workspace and id = session;
    end if;
    insert into messages (workspace_id, id, conversation_id, role, content)
    values (workspace, question_id, session, 'user', question);
    if wants_lead then
        asked := (select count(*) from messages
                  where workspace_id = workspace and conversation_id = session and role = 'user');
        has_lead := exists (select from lead_submissions where workspace_id = workspace and conversation_id = session);
    end if;
    outcome := 'begun';
    return next;
end
$$;
