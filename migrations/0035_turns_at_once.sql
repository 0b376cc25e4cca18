-- How an answer's passages were found is written with every answer, 7 KB of it, and read by people now and then, as a whole. As text it
-- need not be taken apart to be stored.
alter table retrievals alter column retrieval type json;

-- What answers quote, and were found in, is compressed: by LZ4 in a tenth of the time, where this Postgres has it.
do $$
begin
    alter table messages alter column sources set compression lz4;
    alter table messages alter column content set compression lz4;
    alter table retrievals alter column retrieval set compression lz4;
exception when feature_not_supported then
    null; -- Postgres was built without it
end
$$;

-- As before, for all answers at once instead of one after the other: most of what a statement costs, it costs once. `retrievals` has one
-- for each turn, in their order; null where nothing was looked for. Conversations are always found by their keys, however few there were
-- when the statements were planned.
create function finish_turns(workspace uuid, turns jsonb, retrievals text[]) returns setof uuid
    language plpgsql volatile
    set search_path = pg_catalog, public, pg_temp
    set enable_seqscan = off
    as $$
declare
    fresh    uuid[];
    sessions uuid[];
    happened events[];
    prompt   bigint;
    written  bigint;
begin
    perform set_config('app.workspace_id', workspace::text, true);
    with stored as (
        insert into messages (workspace_id, id, conversation_id, role, content, sources, status, answered, model,
            bot_version, latency_ms, prompt_tokens, completion_tokens)
        select workspace, t.message_id, t.conversation_id, 'assistant', t.content, t.sources, t.status, t.answered, t.model,
            t.bot_version, t.latency_ms, t.prompt_tokens, t.completion_tokens
        from jsonb_to_recordset(turns) as t (
            message_id uuid, conversation_id uuid, content text, sources jsonb, status text, answered boolean, model text,
            bot_version int, latency_ms int, prompt_tokens int, completion_tokens int)
        on conflict (workspace_id, id) do nothing
        returning id, conversation_id)
    select array_agg(s.id), array_agg(distinct s.conversation_id) into fresh, sessions from stored s;
    if fresh is null then
        return;
    end if;
    if cardinality(fresh) < jsonb_array_length(turns) then
        -- Some were stored before, and counted.
        select jsonb_agg(t.turn order by t.n), array_agg(t.retrieval order by t.n) into turns, retrievals
        from rows from (jsonb_array_elements(turns), unnest(retrievals)) with ordinality as t (turn, retrieval, n)
        where (t.turn ->> 'message_id')::uuid = any (fresh);
    end if;
    insert into retrievals (workspace_id, message_id, retrieval)
    select workspace, t.message_id, t.retrieval::json
    from rows from (jsonb_to_recordset(turns) as (message_id uuid), unnest(retrievals)) as t (message_id, retrieval)
    where t.retrieval is not null;
    -- Conversations in one order, and the sums last of all: so no two transactions wait for each other in a circle.
    with given as materialized (
        select * from jsonb_to_recordset(turns) as t (
            conversation_id uuid, answered boolean, session_event_id uuid, turn_event_id uuid, outcome text, language text,
            page text, model text, provider_id uuid, prompt_tokens int, completion_tokens int, first_token_ms int,
            total_ms int, question_key bigint, cached boolean)),
    told as (
        select g.conversation_id as id, count(*)::int as messages_more, bool_or(g.outcome = 'answered') as now_answer,
            bool_or(not g.answered) as now_gap, (array_agg(g.session_event_id))[1] as event_id
        from given g group by g.conversation_id),
    before as materialized (
        select c.id, c.is_counted, c.has_answer, c.has_gap or c.has_dislike as has_trouble, c.is_handed_off
        from conversations c where c.workspace_id = workspace and c.id = any (sessions)
        order by c.id for no key update),
    counted as (
        update conversations c
        set message_count = c.message_count + t.messages_more, last_message_at = now(), is_counted = true,
            has_answer = c.has_answer or t.now_answer, has_gap = c.has_gap or t.now_gap
        from before b join told t on t.id = b.id
        where c.workspace_id = workspace and c.id = any (sessions) and c.id = b.id
        returning c.id, t.event_id, c.bot_id, c.channel, c.created_at, (not b.is_counted)::int as sessions,
            (c.has_answer and not (c.has_gap or c.has_dislike))::int
                - (b.is_counted and b.has_answer and not b.has_trouble)::int as resolved,
            (c.has_answer and not c.is_handed_off)::int
                - (b.is_counted and b.has_answer and not b.is_handed_off)::int as deflected),
    happening as (
        select row(workspace, c.event_id, now(), c.created_at, 'session', c.bot_id, c.id, c.channel, null, null, null, null,
            null, null, null, null, null, null, c.sessions, c.resolved, c.deflected, 0, 0, null)::events as event,
            0 as prompt_tokens, 0 as completion_tokens
        from counted c where (c.sessions, c.resolved, c.deflected) <> (0, 0, 0)
        union all
        select row(workspace, g.turn_event_id, now(), now(), 'turn', c.bot_id, c.id, c.channel, g.outcome, g.language,
            g.page, g.model, g.provider_id, g.prompt_tokens, g.completion_tokens, g.first_token_ms, g.total_ms,
            g.question_key, 0, 0, 0, 0, 0, g.cached)::events, g.prompt_tokens, g.completion_tokens
        from given g join counted c on c.id = g.conversation_id)
    select array_agg(h.event), coalesce(sum(h.prompt_tokens), 0), coalesce(sum(h.completion_tokens), 0)
    into happened, prompt, written
    from happening h;
    insert into usage_days as d (workspace_id, day, prompt_tokens, completion_tokens)
    values (workspace, (now() at time zone 'UTC')::date, prompt, written)
    on conflict (workspace_id, day) do update
    set prompt_tokens = d.prompt_tokens + excluded.prompt_tokens,
        completion_tokens = d.completion_tokens + excluded.completion_tokens;
    insert into events select * from unnest(happened);
    return query select unnest(fresh);
end
$$;

-- For servers of the version before, while they are replaced.
create or replace function finish_turns(workspace uuid, turns jsonb) returns setof uuid
    language sql volatile
    set search_path = pg_catalog, public, pg_temp
    begin atomic
        select finish_turns(workspace, turns, array(select t.turn ->> 'retrieval'
            from jsonb_array_elements(turns) with ordinality as t (turn, n) order by t.n));
    end;
