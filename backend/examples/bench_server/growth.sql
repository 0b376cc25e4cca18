-- What `bench growth` fills the database with: as if it had been there for two years. Triggers and foreign keys rest meanwhile.

-- The months that were, as if the parts had been made in their time.
do $$
declare
    whole text;
    month timestamp;
begin
    foreach whole in array array['messages', 'events'] loop
        continue when to_regclass('parts.' || whole || '_old') is not null;
        execute format('alter table %I detach partition parts.%I', whole, whole || '_before');
        execute format('alter table parts.%I rename to %I', whole || '_before', whole || '_old');
        for n in 0 .. 24 loop
            month := date_trunc('month', now() at time zone 'UTC') - make_interval(months => n);
            execute format('create table parts.%I partition of %I for values from (%L) to (%L)',
                whole || to_char(month, '_YYYY_MM'), whole, uuid_from(month at time zone 'UTC'),
                uuid_from((month + interval '1 month') at time zone 'UTC'));
        end loop;
    end loop;
end
$$;

create or replace function id_at(at timestamptz) returns uuid
    language sql volatile
    return (left(uuid_from(at)::text, 14) || '7' || right(gen_random_uuid()::text, 21))::uuid;

create or replace procedure grow_tenants(wanted bigint)
    language plpgsql
    as $$
begin
    set local session_replication_role = replica;
    create temporary table fresh on commit drop as
        select gen_random_uuid() as organization, gen_random_uuid() as workspace, gen_random_uuid() as bot
        from generate_series((select count(*) from workspaces) + 1, wanted);
    insert into organizations (id, name) select organization, 'grown' from fresh;
    insert into workspaces (id, organization_id, name) select workspace, organization, 'grown' from fresh;
    insert into bots (workspace_id, id, name, live_version) select workspace, bot, 'Bot', 1 from fresh;
    insert into bot_versions (workspace_id, bot_id, version, content, draft_id, draft_version)
        select workspace, bot, 1, '{}', gen_random_uuid(), 1 from fresh;
end
$$;

-- Conversations of two questions and two answers each, over two years. Every tenth is of the oldest workspace's newest bot.
create or replace procedure grow_messages(wanted bigint)
    language plpgsql
    as $$
declare
    more constant bigint := wanted / 4 - (select count(*) from conversations where metadata ? 'grown');
begin
    set local session_replication_role = replica;
    create temporary table tenants on commit drop as
        select row_number() over () - 1 as n, b.workspace_id, b.id as bot_id from bots b
        where b.workspace_id <> (select id from workspaces order by created_at limit 1);
    create unique index on tenants (n);
    create temporary table fresh on commit drop as
        with own as (
            select b.workspace_id, b.id as bot_id from bots b
            where b.workspace_id = (select id from workspaces order by created_at limit 1)
            order by created_at desc limit 1),
        sizes as (select greatest(count(*), 1) as tenants from tenants)
        select gen_random_uuid() as id, case when i % 10 = 0 then own.workspace_id else t.workspace_id end as workspace_id,
            case when i % 10 = 0 then own.bot_id else t.bot_id end as bot_id,
            now() - (1 - i::float8 / more) * interval '730 days' - interval '1 hour' as at
        from generate_series(1, more) as g (i) cross join own cross join sizes s
        left join tenants t on t.n = i % s.tenants;
    insert into conversations (workspace_id, id, bot_id, channel, metadata, message_count, created_at, last_message_at,
        is_counted, has_answer)
        select workspace_id, id, bot_id, 'web', '{"grown": "yes"}', 4, at, at + interval '2 minutes', true, true from fresh;
    insert into messages (workspace_id, id, conversation_id, role, content, model, bot_version, latency_ms, prompt_tokens,
        completion_tokens, created_at)
        select f.workspace_id, id_at(f.at + m.n * interval '30 seconds'), f.id,
            case when m.n % 2 = 0 then 'user' else 'assistant' end,
            case when m.n % 2 = 0 then 'How many litres does the copper kettle of model ' || (random() * 5000)::int || ' hold?'
                else repeat('It holds some litres when it is used as described. ', 6) end,
            case when m.n % 2 = 1 then 'bench' end, case when m.n % 2 = 1 then 1 end,
            case when m.n % 2 = 1 then 900 end, case when m.n % 2 = 1 then 1800 end, case when m.n % 2 = 1 then 200 end,
            f.at + m.n * interval '30 seconds'
        from fresh f cross join generate_series(0, 3) as m (n);
    insert into events (workspace_id, id, at, counts_at, kind, bot_id, conversation_id, channel, outcome, language, page, model,
        prompt_tokens, completion_tokens, first_token_ms, total_ms, question_key, sessions, resolved, deflected)
        select f.workspace_id, id_at(f.at + e.n * interval '30 seconds'), f.at, f.at,
            case when e.n = 0 then 'session' else 'turn' end, f.bot_id, f.id, 'web',
            case when e.n > 0 then 'answered' end, case when e.n > 0 then 'en' end,
            case when e.n > 0 then 'https://shop.example/page/' || (random() * 200)::int end,
            case when e.n > 0 then 'bench' end, case when e.n > 0 then 1800 end, case when e.n > 0 then 200 end,
            case when e.n > 0 then 300 end, case when e.n > 0 then 900 end,
            case when e.n > 0 then (random() * 5000)::bigint end, (e.n = 0)::int, (e.n = 0)::int, (e.n = 0)::int
        from fresh f cross join generate_series(0, 2) as e (n);
    -- The sums that the trigger would have kept.
    insert into event_slots (workspace_id, bot_id, channel, slot, sessions, resolved, deflected, answered, prompt_tokens,
        completion_tokens)
        select workspace_id, bot_id, 'web', date_bin('15 minutes', at, timestamptz '2000-01-01 00:00+00'), count(*), count(*),
            count(*), 2 * count(*), 3600 * count(*), 400 * count(*)
        from fresh group by 1, 2, 4
        on conflict do nothing;
    insert into event_days (workspace_id, bot_id, channel, day, dimension, value, turns, prompt_tokens, completion_tokens)
        select workspace_id, bot_id, 'web', (at at time zone 'UTC')::date, d.dimension, d.value, 2 * count(*), 3600 * count(*),
            400 * count(*)
        from fresh cross join (values ('language', 'en'), ('model', ' bench'), ('first', '4'), ('total', '8')) as d (dimension, value)
        group by 1, 2, 4, 5, 6
        on conflict do nothing;
end
$$;
