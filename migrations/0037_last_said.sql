-- What was said in a conversation lies between its first and its last message, so only the parts of these months are looked into.

-- Greater than the ids of what was said until a moment, should a server's clock be ahead of Postgres' by up to an hour.
create function last_id(last_said timestamptz) returns uuid
    language sql stable parallel safe
    return uuid_from(last_said + interval '1 hour');

-- The inbox lists those that are closed, too: a few of very many.
create index conversations_closed_idx on conversations (workspace_id, last_message_at desc, id) where state = 'closed';

-- As before, but for that bound, and for how conversations that go on are found.
create or replace function begin_turns(
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
    wanted   constant uuid[] := array(select (t ->> 'session')::uuid from jsonb_array_elements(turns) as t);
    -- Conversations that go on.
    ids      uuid[];
    states   text[];
    begans   timestamptz[];
    lasts    timestamptz[];
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
        select array_agg(k.id), array_agg(k.state), array_agg(k.created_at), array_agg(k.last_message_at)
        into ids, states, begans, lasts from (
            select c.id, c.state, c.created_at, c.last_message_at
            from jsonb_to_recordset(turns) as t (session uuid, is_new boolean, person jsonb)
            -- Found by their ids, whatever Postgres guesses: of a bot with a million of them it would read them all.
            join conversations c on c.workspace_id = workspace and c.id = any (wanted) and c.id = t.session
                and c.bot_id is not distinct from bot
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
        select t.n, t.session, t.is_new, t.via, t.about, t.person, t.question_id, t.question, t.look_back, k.began, k.last,
            case when t.is_new or k.state = 'bot' or (k.id is not null and not alone) then 'begun'
                 when k.id is not null then 'not_bots'
                 when waits then 'unknown_session'
                 else 'again' end as outcome
        from rows from (jsonb_to_recordset(turns) as (session uuid, is_new boolean, via text, about jsonb, person jsonb,
            question_id uuid, question text, look_back int)) with ordinality
            as t (session, is_new, via, about, person, question_id, question, look_back, n)
        left join unnest(ids, states, begans, lasts) as k (id, state, began, last) on k.id = t.session),
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
            where m.workspace_id = workspace and m.conversation_id = g.session and m.role = 'user'
              and m.id >= first_id(g.began) and m.id < last_id(g.last)) end,
        wants_lead and not g.is_new and exists (
            select from lead_submissions l where l.workspace_id = workspace and l.conversation_id = g.session),
        case when g.is_new or g.look_back = 0 or g.outcome <> 'begun' then '[]' else (
            select coalesce(jsonb_agg(jsonb_build_object('role', s.role, 'content', s.content) order by s.id), '[]') from (
                select m.id, m.role, m.content from messages m
                where m.workspace_id = workspace and m.conversation_id = g.session and m.status <> 'failed'
                  and m.id >= first_id(g.began) and m.id < last_id(g.last)
                order by m.id desc limit g.look_back) as s) end
    from given g;
end
$$;
