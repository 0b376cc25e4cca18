-- Counts so many of something at once; false, and none is counted, when those would be more than `most` allows.
create function meter_usage(noun text, most bigint, more int) returns boolean
    language plpgsql volatile security definer
    set search_path = pg_catalog, public, pg_temp
    as $$
declare
    organization uuid := (select organization_id from workspaces where id = app_workspace_id());
    before       text := current_setting('app.organization_id', true);
    today        date := (now() at time zone 'UTC')::date;
    messages_more int := case when noun = 'messages' then more else 0 end;
    pages_more    int := case when noun = 'pages' then more else 0 end;
    is_counted   boolean;
begin
    perform set_config('app.organization_id', organization::text, true);
    insert into usage_months as u (organization_id, month, messages, pages)
    select organization, date_trunc('month', today)::date, messages_more, pages_more
    where most is null or more <= most
    on conflict (organization_id, month) do update
    set messages = u.messages + excluded.messages, pages = u.pages + excluded.pages
    where most is null or case when noun = 'messages' then u.messages else u.pages end + more <= most;
    is_counted := found;
    perform set_config('app.organization_id', coalesce(before, ''), true);
    if is_counted then
        insert into usage_days as d (workspace_id, day, messages, pages)
        values (app_workspace_id(), today, messages_more, pages_more)
        on conflict (workspace_id, day) do update
        set messages = d.messages + excluded.messages, pages = d.pages + excluded.pages;
    end if;
    return is_counted;
end
$$;

create or replace function meter_usage(noun text, most bigint) returns boolean
    language sql volatile
    set search_path = pg_catalog, public, pg_temp
    begin atomic
        select meter_usage(noun, most, 1);
    end;

-- Begins turns of one bot, each with a conversation of its own, in one go: most of what a statement costs, it costs once. Each is
-- {session, is_new, via, about, person, question_id, question, look_back}, the last one how many messages are wanted of those before.
-- With `alone` it is a transaction of its own, which does not wait for the disk, and conversations that people have are left to them.
-- Unless it `waits`, what somebody else has locked is left out, so that one conversation never holds up another.
create function begin_turns(
    workspace uuid, bot uuid, turns jsonb, most bigint, wants_lead boolean, alone boolean, waits boolean
)
returns table (
    -- Counted from 1.
    n bigint,
    -- 'begun', or why nothing was stored: 'unknown_session', 'not_bots', 'no_more_messages'; 'again': it is to be begun by itself.
    outcome text,
    -- Of the lead form, if that is wanted: messages of the visitor, and whether they left their details.
    asked bigint,
    has_lead boolean,
    -- The messages before this one, oldest first: [{role, content}].
    said jsonb
)
    language plpgsql volatile
    set search_path = pg_catalog, public, pg_temp
    set enable_seqscan = off
    set plan_cache_mode = force_generic_plan
    as $$
#variable_conflict use_column
declare
    -- Conversations that go on.
    ids      uuid[];
    states   text[];
    begans   timestamptz[];
    begun    int;
begin
    perform set_config('app.workspace_id', workspace::text, true);
    if alone then
        perform set_config('synchronous_commit', 'off', true);
    end if;
    if jsonb_path_exists(turns, '$[*] ? (@.is_new == false)') then
        if waits then
            perform from conversations c
            where c.workspace_id = workspace and c.id = (turns #>> '{0,session}')::uuid for no key update;
        end if;
        select array_agg(k.id), array_agg(k.state), array_agg(k.created_at) into ids, states, begans from (
            select c.id, c.state, c.created_at
            from jsonb_to_recordset(turns) as t (session uuid, is_new boolean, person jsonb)
            join conversations c on c.workspace_id = workspace and c.id = t.session and c.bot_id = bot
                and (c.visitor is null or c.visitor ->> 'id' = t.person ->> 'id')
            where not t.is_new
            order by c.id for no key update of c skip locked) as k;
    end if;
    select count(*) into begun
    from jsonb_to_recordset(turns) as t (session uuid, is_new boolean)
    left join unnest(ids, states) as k (id, state) on k.id = t.session
    where t.is_new or k.state = 'bot' or (k.id is not null and not alone);
    if begun > 0 and not meter_usage('messages', most, begun) then
        return query select t.n, case when jsonb_array_length(turns) > 1 then 'again' else 'no_more_messages' end, 0::bigint, false, '[]'::jsonb
            from jsonb_array_elements(turns) with ordinality as t (turn, n);
        return;
    end if;
    return query
    with given as materialized (
        select t.n, t.session, t.is_new, t.via, t.about, t.person, t.question_id, t.question, t.look_back, k.began,
            case when t.is_new or k.state = 'bot' or (k.id is not null and not alone) then 'begun'
                 when k.id is not null then 'not_bots'
                 when waits then 'unknown_session'
                 else 'again' end as outcome
        from rows from (jsonb_to_recordset(turns) as (session uuid, is_new boolean, via text, about jsonb, person jsonb,
            question_id uuid, question text, look_back int)) with ordinality
            as t (session, is_new, via, about, person, question_id, question, look_back, n)
        left join unnest(ids, states, begans) as k (id, state, began) on k.id = t.session),
    opened as (
        insert into conversations (workspace_id, id, bot_id, channel, metadata, visitor, message_count)
        select workspace, g.session, bot, g.via, g.about, g.person, 1 from given g where g.is_new),
    went_on as (
        update conversations c
        set message_count = c.message_count + 1, last_message_at = now(), visitor = coalesce(g.person, c.visitor)
        from given g
        where g.outcome = 'begun' and not g.is_new and c.workspace_id = workspace and c.id = any (ids) and c.id = g.session),
    stored as (
        insert into messages (workspace_id, id, conversation_id, role, content)
        select workspace, g.question_id, g.session, 'user', g.question from given g where g.outcome = 'begun')
    -- What is read here is as it was before.
    select g.n, g.outcome,
        case when not wants_lead or g.outcome <> 'begun' then 0 when g.is_new then 1 else 1 + (
            select count(*) from messages m
            where m.workspace_id = workspace and m.conversation_id = g.session and m.role = 'user') end,
        wants_lead and not g.is_new and exists (
            select from lead_submissions l where l.workspace_id = workspace and l.conversation_id = g.session),
        case when g.is_new or g.look_back = 0 or g.outcome <> 'begun' then '[]' else (
            select coalesce(jsonb_agg(jsonb_build_object('role', s.role, 'content', s.content) order by s.id), '[]') from (
                select m.id, m.role, m.content from messages m
                where m.workspace_id = workspace and m.conversation_id = g.session and m.status <> 'failed'
                  and m.id >= first_id(g.began)
                order by m.id desc limit g.look_back) as s) end
    from given g;
end
$$;

-- To plan these statements for what they are given takes as long as to run them, and no plan is better for it.
alter function finish_turns(uuid, jsonb, text[]) set plan_cache_mode = force_generic_plan;

-- As before, and what is compressed is compressed in the new parts as in the whole: `alter table` alone leaves the parts as they were.
create or replace function make_parts(months int default 3) returns int
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
                execute format('create table parts.%I (like public.%I including defaults including constraints including compression)',
                    part, whole);
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

do $$
declare
    part regclass;
begin
    for part in select inhrelid from pg_inherits where inhparent = 'messages'::regclass loop
        execute format('alter table %s alter column sources set compression lz4, alter column content set compression lz4', part);
    end loop;
exception when feature_not_supported then
    null; -- Postgres was built without it
end
$$;
