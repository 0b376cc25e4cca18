-- Answers that are given again: how often.

-- Of a turn: whether its answer was given before; null: it was not looked for.
alter table events add column cached boolean;
alter table event_slots
    add column cache_hits int not null default 0,
    add column cache_misses int not null default 0;

-- As before, with that counted.

-- Stores answers of one workspace, with what was counted of them. Answers the ids of those that it stored: one that is there
-- already was committed before, without its server hearing of it.
create or replace function finish_turns(workspace uuid, turns jsonb) returns setof uuid
    language plpgsql volatile
    set search_path = pg_catalog, public, pg_temp
    as $$
declare
    t       record;
    counted record;
    happened events[] := '{}';
    happens events;
    prompt  bigint := 0;
    written bigint := 0;
begin
    perform set_config('app.workspace_id', workspace::text, true);
    -- Conversations first, in one order, and the sums last of all: so no two transactions wait for each other in a circle.
    for t in
        select * from jsonb_to_recordset(turns) as t (
            message_id uuid, conversation_id uuid, content text, sources jsonb, status text, answered boolean, model text,
            bot_version int, latency_ms int, prompt_tokens int, completion_tokens int, retrieval jsonb, cached boolean,
            session_event_id uuid, turn_event_id uuid, outcome text, language text, page text, provider_id uuid,
            first_token_ms int, total_ms int, question_key bigint)
        order by conversation_id, message_id
    loop
        insert into messages (workspace_id, id, conversation_id, role, content, sources, status, answered, model,
            bot_version, latency_ms, prompt_tokens, completion_tokens)
        values (workspace, t.message_id, t.conversation_id, 'assistant', t.content, t.sources, t.status, t.answered,
            t.model, t.bot_version, t.latency_ms, t.prompt_tokens, t.completion_tokens)
        on conflict (workspace_id, id) do nothing;
        continue when not found;
        select * into counted from count_session(workspace, t.conversation_id, 1, true,
            t.outcome = 'answered', not t.answered, false, false);
        if t.retrieval is not null then
            insert into retrievals (workspace_id, message_id, retrieval)
            values (workspace, t.message_id, t.retrieval);
        end if;
        prompt := prompt + coalesce(t.prompt_tokens, 0);
        written := written + coalesce(t.completion_tokens, 0);
        happens := null;
        happens.workspace_id := workspace;
        happens.at := now();
        happens.bot_id := counted.bot;
        happens.conversation_id := t.conversation_id;
        happens.channel := counted.place;
        happens.sessions := counted.changes[1];
        happens.resolved := counted.changes[2];
        happens.deflected := counted.changes[3];
        happens.ups := 0;
        happens.downs := 0;
        if counted.changes <> '{0,0,0}' then
            happens.id := t.session_event_id;
            happens.kind := 'session';
            happens.counts_at := counted.began_at;
            happened := happened || happens;
        end if;
        happens.id := t.turn_event_id;
        happens.kind := 'turn';
        happens.counts_at := now();
        happens.sessions := 0;
        happens.resolved := 0;
        happens.deflected := 0;
        happens.outcome := t.outcome;
        happens.language := t.language;
        happens.page := t.page;
        happens.model := t.model;
        happens.provider_id := t.provider_id;
        happens.prompt_tokens := t.prompt_tokens;
        happens.completion_tokens := t.completion_tokens;
        happens.first_token_ms := t.first_token_ms;
        happens.total_ms := t.total_ms;
        happens.question_key := t.question_key;
        happens.cached := t.cached;
        happened := happened || happens;
        return next t.message_id;
    end loop;
    if cardinality(happened) = 0 then
        return;
    end if;
    insert into usage_days as d (workspace_id, day, prompt_tokens, completion_tokens)
    values (workspace, (now() at time zone 'UTC')::date, prompt, written)
    on conflict (workspace_id, day) do update
    set prompt_tokens = d.prompt_tokens + excluded.prompt_tokens,
        completion_tokens = d.completion_tokens + excluded.completion_tokens;
    insert into events select * from unnest(happened);
end
$$;

-- Sums for all events of a statement at once, in one order: those of quarters of an hour, then those of days.
create or replace function count_event() returns trigger
    language plpgsql
    set search_path = pg_catalog, public, pg_temp
    as $$
begin
    insert into event_slots as s (workspace_id, bot_id, channel, slot, sessions, resolved, deflected, hand_offs, leads,
        answered, gaps, errors, ups, downs, prompt_tokens, completion_tokens, cache_hits, cache_misses)
    select e.workspace_id, e.bot_id, e.channel, date_bin('15 minutes', e.counts_at, timestamptz '2000-01-01 00:00+00') as slot,
        sum(e.sessions), sum(e.resolved), sum(e.deflected), count(*) filter (where e.kind = 'hand_off'),
        count(*) filter (where e.kind = 'lead'), count(*) filter (where e.outcome = 'answered'),
        count(*) filter (where e.outcome = 'gap'), count(*) filter (where e.outcome = 'error'), sum(e.ups), sum(e.downs),
        coalesce(sum(e.prompt_tokens), 0), coalesce(sum(e.completion_tokens), 0), count(*) filter (where e.cached),
        count(*) filter (where not e.cached)
    from fresh e
    group by e.workspace_id, slot, e.bot_id, e.channel
    order by e.workspace_id, slot, e.bot_id, e.channel
    on conflict (workspace_id, slot, bot_id, channel) do update
    set sessions = s.sessions + excluded.sessions, resolved = s.resolved + excluded.resolved,
        deflected = s.deflected + excluded.deflected, hand_offs = s.hand_offs + excluded.hand_offs,
        leads = s.leads + excluded.leads, answered = s.answered + excluded.answered, gaps = s.gaps + excluded.gaps,
        errors = s.errors + excluded.errors, ups = s.ups + excluded.ups, downs = s.downs + excluded.downs,
        prompt_tokens = s.prompt_tokens + excluded.prompt_tokens,
        completion_tokens = s.completion_tokens + excluded.completion_tokens,
        cache_hits = s.cache_hits + excluded.cache_hits, cache_misses = s.cache_misses + excluded.cache_misses;
    insert into event_days as d (workspace_id, bot_id, channel, day, dimension, value, turns, gaps, prompt_tokens,
        completion_tokens)
    select e.workspace_id, e.bot_id, e.channel, (e.counts_at at time zone 'UTC')::date as day, t.dimension, t.value,
        count(*), count(*) filter (where e.outcome = 'gap'), coalesce(sum(e.prompt_tokens), 0),
        coalesce(sum(e.completion_tokens), 0)
    from fresh e cross join lateral turn_dimensions(row(e.*)::events) as t
    where e.kind = 'turn'
    group by e.workspace_id, day, e.bot_id, e.channel, t.dimension, t.value
    order by e.workspace_id, day, e.bot_id, e.channel, t.dimension, t.value
    on conflict (workspace_id, day, bot_id, channel, dimension, value) do update
    set turns = d.turns + excluded.turns, gaps = d.gaps + excluded.gaps,
        prompt_tokens = d.prompt_tokens + excluded.prompt_tokens,
        completion_tokens = d.completion_tokens + excluded.completion_tokens;
    return null;
end
$$;
