-- A turn of a chat in two round trips: one before the model is asked, one after. The functions act with the rights of whoever
-- calls them, so row-level security holds; they bind their transaction to the workspace by themselves.

-- Finds the conversation, or begins it, and stores the visitor's message unless the plan allows no more of them.
-- `alone`: nothing else is in this transaction. Then it stores nothing in a conversation that is not the bot's, and does not
-- wait for the disk: the answer's transaction does, and what is durable then includes all that was written before it.
create function begin_turn(
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
        select c.state, c.channel into answers, place from conversations c
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

-- What an answer stands on: which state each knowledge base is in, which model its vectors are of, whom to ask for the words.
create function turn_ground(workspace uuid, bases uuid[], provider uuid) returns table (
    base_ids uuid[],
    base_versions bigint[],
    -- The model of the vectors, unless it is the built-in one.
    vectors_id uuid,
    vectors_provider_id uuid,
    vectors_model text,
    vectors_dimensions int,
    vectors_asked_dimensions int,
    vectors_unrelated real,
    vectors_spread real,
    vectors_error text,
    -- The provider, if there is such a one.
    provider_kind text,
    provider_base_url text,
    provider_default_model text,
    provider_api_key bytea
)
    language plpgsql volatile
    set search_path = pg_catalog, public, pg_temp
    as $$
begin
    perform set_config('app.workspace_id', workspace::text, true);
    select coalesce(array_agg(k.id order by k.id), '{}'), coalesce(array_agg(k.index_version order by k.id), '{}')
    into base_ids, base_versions
    from knowledge_bases k where k.workspace_id = workspace and k.id = any (bases);
    select m.id, m.provider_id, m.model, m.dimensions, m.asked_dimensions, m.unrelated, m.spread, m.error
    into vectors_id, vectors_provider_id, vectors_model, vectors_dimensions, vectors_asked_dimensions,
        vectors_unrelated, vectors_spread, vectors_error
    from embedding_models m where m.workspace_id = workspace and m.state = 'live';
    if provider is not null then
        select p.kind, p.base_url, p.default_model, p.api_key
        into provider_kind, provider_base_url, provider_default_model, provider_api_key
        from providers p where p.workspace_id = workspace and p.id = provider;
    end if;
    return next;
end
$$;

-- Writes to a conversation what became of it, and answers by how much that changes what its session counts as. Its row is
-- locked from then on. No row: there is no such conversation.
create function count_session(
    workspace uuid, session uuid, messages_more int, now_counted boolean, now_answer boolean, now_gap boolean,
    now_rated boolean, now_handed_off boolean
) returns table (
    bot uuid,
    place text,
    began_at timestamptz,
    -- As a session, as resolved, as deflected.
    changes smallint[]
)
    language plpgsql volatile
    set search_path = pg_catalog, public, pg_temp
    as $$
begin
    return query
        with before as (
            select id, is_counted, has_answer, has_gap or has_dislike as has_trouble, is_handed_off from conversations
            where workspace_id = workspace and id = session for no key update)
        update conversations c
        set message_count = c.message_count + messages_more,
            last_message_at = case when messages_more > 0 then now() else c.last_message_at end,
            is_counted = c.is_counted or now_counted, has_answer = c.has_answer or now_answer,
            has_gap = c.has_gap or now_gap, is_handed_off = c.is_handed_off or now_handed_off,
            has_dislike = case when now_rated then exists (
                    select from messages m
                    where m.workspace_id = workspace and m.conversation_id = session and m.rating = 'down')
                else c.has_dislike end
        from before b
        where c.workspace_id = workspace and c.id = b.id
        returning c.bot_id, c.channel, c.created_at,
            array[
                c.is_counted::int - b.is_counted::int,
                (c.is_counted and c.has_answer and not (c.has_gap or c.has_dislike))::int
                    - (b.is_counted and b.has_answer and not b.has_trouble)::int,
                (c.is_counted and c.has_answer and not c.is_handed_off)::int
                    - (b.is_counted and b.has_answer and not b.is_handed_off)::int
            ]::smallint[];
end
$$;

-- Stores answers of one workspace, with what was counted of them. Answers the ids of those that it stored: one that is there
-- already was committed before, without its server hearing of it.
create function finish_turns(workspace uuid, turns jsonb) returns setof uuid
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
            bot_version int, latency_ms int, prompt_tokens int, completion_tokens int, retrieval jsonb,
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
        answered, gaps, errors, ups, downs, prompt_tokens, completion_tokens)
    select e.workspace_id, e.bot_id, e.channel, date_bin('15 minutes', e.counts_at, timestamptz '2000-01-01 00:00+00') as slot,
        sum(e.sessions), sum(e.resolved), sum(e.deflected), count(*) filter (where e.kind = 'hand_off'),
        count(*) filter (where e.kind = 'lead'), count(*) filter (where e.outcome = 'answered'),
        count(*) filter (where e.outcome = 'gap'), count(*) filter (where e.outcome = 'error'), sum(e.ups), sum(e.downs),
        coalesce(sum(e.prompt_tokens), 0), coalesce(sum(e.completion_tokens), 0)
    from fresh e
    group by e.workspace_id, slot, e.bot_id, e.channel
    order by e.workspace_id, slot, e.bot_id, e.channel
    on conflict (workspace_id, slot, bot_id, channel) do update
    set sessions = s.sessions + excluded.sessions, resolved = s.resolved + excluded.resolved,
        deflected = s.deflected + excluded.deflected, hand_offs = s.hand_offs + excluded.hand_offs,
        leads = s.leads + excluded.leads, answered = s.answered + excluded.answered, gaps = s.gaps + excluded.gaps,
        errors = s.errors + excluded.errors, ups = s.ups + excluded.ups, downs = s.downs + excluded.downs,
        prompt_tokens = s.prompt_tokens + excluded.prompt_tokens,
        completion_tokens = s.completion_tokens + excluded.completion_tokens;
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
drop trigger count_event on events;
create trigger count_event after insert on events referencing new table as fresh
    for each statement execute function count_event();
