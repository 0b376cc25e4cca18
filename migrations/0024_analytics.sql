-- What happened, for figures; its sums by quarter of an hour and by day; and gaps in groups.

-- Which bucket of the histogram of latencies so many milliseconds are in; none for none. `domain::analytics::BOUNDS` are the
-- same. Not `strict`: then it could not be put into queries in line, and is ten times as slow.
create function latency_bucket(ms int) returns int
    language sql immutable parallel safe
    return width_bucket(ms, array[50, 100, 150, 200, 300, 400, 500, 750, 1000, 1500, 2000, 3000, 4000, 6000, 8000, 12000,
        20000, 30000, 60000]);

-- Append-only. No words of visitors: what was asked stands in messages. What says whose a row is (the conversation, the page
-- and the hash of the question) goes with the conversation; the rest is counted for as long as there is the bot.
create table events (
    workspace_id      uuid not null references workspaces (id) on delete cascade,
    id                uuid not null,
    at                timestamptz not null default now(),
    -- Whose figures it belongs to: those of the time at which the session began, or the answer was given.
    counts_at         timestamptz not null,
    kind              text not null check (kind in ('turn', 'session', 'rating', 'hand_off', 'lead')),
    bot_id            uuid not null,
    conversation_id   uuid,
    channel           text not null,
    -- Of a turn: a question and what became of it.
    outcome           text check (outcome in ('answered', 'gap', 'error')),
    -- ISO 639-1, where it can be told.
    language          text,
    -- Origin and path of the page that the visitor was on.
    page              text,
    model             text,
    -- Points at nothing: what was used stays when the provider goes.
    provider_id       uuid,
    prompt_tokens     int,
    completion_tokens int,
    first_token_ms    int,
    total_ms          int,
    -- Hash of the words that count.
    question_key      bigint,
    -- What it changes: a session may be resolved first and not any more later, a rating may be turned around.
    sessions          smallint not null default 0,
    resolved          smallint not null default 0,
    deflected         smallint not null default 0,
    ups               smallint not null default 0,
    downs             smallint not null default 0,
    primary key (workspace_id, id),
    check ((kind = 'turn') = (outcome is not null)),
    foreign key (workspace_id, bot_id) references bots (workspace_id, id) on delete cascade,
    foreign key (workspace_id, conversation_id)
        references conversations (workspace_id, id) on delete set null (conversation_id)
);
create index events_time_idx on events (workspace_id, counts_at desc);
create index events_bot_time_idx on events (workspace_id, bot_id, counts_at desc);
create index events_conversation_idx on events (workspace_id, conversation_id) where conversation_id is not null;
alter table events enable row level security;
alter table events force row level security;
create policy tenant on events
    using (workspace_id = (select app_workspace_id()))
    with check (workspace_id = (select app_workspace_id()));
grant select, insert, update (conversation_id, page, question_key) on events to botwright_app, botwright_worker;

-- Sums by quarter of an hour: days of every time zone are made of them.
create table event_slots (
    workspace_id      uuid not null references workspaces (id) on delete cascade,
    bot_id            uuid not null,
    channel           text not null,
    slot              timestamptz not null,
    sessions          int not null default 0,
    resolved          int not null default 0,
    deflected         int not null default 0,
    hand_offs         int not null default 0,
    leads             int not null default 0,
    answered          int not null default 0,
    gaps              int not null default 0,
    errors            int not null default 0,
    ups               int not null default 0,
    downs             int not null default 0,
    prompt_tokens     bigint not null default 0,
    completion_tokens bigint not null default 0,
    primary key (workspace_id, slot, bot_id, channel),
    foreign key (workspace_id, bot_id) references bots (workspace_id, id) on delete cascade
) with (fillfactor = 80);
alter table event_slots enable row level security;
alter table event_slots force row level security;
create policy tenant on event_slots
    using (workspace_id = (select app_workspace_id()))
    with check (workspace_id = (select app_workspace_id()));
grant select, insert, update on event_slots to botwright_app, botwright_worker;

-- Sums of turns by day (UTC) and what they are told apart by. A period's days at either end, where its time zone cuts them,
-- are read from the events themselves.
create table event_days (
    workspace_id      uuid not null references workspaces (id) on delete cascade,
    bot_id            uuid not null,
    channel           text not null,
    day               date not null,
    -- 'language', 'page', 'model' (the provider's id and the name), 'first' and 'total' (a bucket of latency).
    dimension         text not null,
    value             text not null,
    turns             int not null default 0,
    gaps              int not null default 0,
    prompt_tokens     bigint not null default 0,
    completion_tokens bigint not null default 0,
    primary key (workspace_id, day, bot_id, channel, dimension, value),
    foreign key (workspace_id, bot_id) references bots (workspace_id, id) on delete cascade
) with (fillfactor = 80);
alter table event_days enable row level security;
alter table event_days force row level security;
create policy tenant on event_days
    using (workspace_id = (select app_workspace_id()))
    with check (workspace_id = (select app_workspace_id()));
grant select, insert, update on event_days to botwright_app, botwright_worker;

-- What a turn is told apart by.
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

-- Adds an event to the sums, in the transaction that writes it: whoever reads sees both or neither, and nothing is counted
-- twice. It acts with the rights of the one who writes, so row-level security holds.
create function count_event() returns trigger
    language plpgsql
    set search_path = pg_catalog, public, pg_temp
    as $$
begin
    insert into event_slots as s (workspace_id, bot_id, channel, slot, sessions, resolved, deflected, hand_offs, leads,
        answered, gaps, errors, ups, downs, prompt_tokens, completion_tokens)
    values (new.workspace_id, new.bot_id, new.channel,
        date_bin('15 minutes', new.counts_at, timestamptz '2000-01-01 00:00+00'),
        new.sessions, new.resolved, new.deflected, (new.kind = 'hand_off')::int, (new.kind = 'lead')::int,
        coalesce((new.outcome = 'answered')::int, 0), coalesce((new.outcome = 'gap')::int, 0),
        coalesce((new.outcome = 'error')::int, 0), new.ups, new.downs,
        coalesce(new.prompt_tokens, 0), coalesce(new.completion_tokens, 0))
    on conflict (workspace_id, slot, bot_id, channel) do update
    set sessions = s.sessions + excluded.sessions, resolved = s.resolved + excluded.resolved,
        deflected = s.deflected + excluded.deflected, hand_offs = s.hand_offs + excluded.hand_offs,
        leads = s.leads + excluded.leads, answered = s.answered + excluded.answered, gaps = s.gaps + excluded.gaps,
        errors = s.errors + excluded.errors, ups = s.ups + excluded.ups, downs = s.downs + excluded.downs,
        prompt_tokens = s.prompt_tokens + excluded.prompt_tokens,
        completion_tokens = s.completion_tokens + excluded.completion_tokens;
    if new.kind <> 'turn' then
        return null;
    end if;
    -- In one order, so that two turns at once never wait for each other in a circle.
    insert into event_days as d (workspace_id, bot_id, channel, day, dimension, value, turns, gaps, prompt_tokens,
        completion_tokens)
    select new.workspace_id, new.bot_id, new.channel, (new.counts_at at time zone 'UTC')::date, t.dimension, t.value, 1,
        (new.outcome = 'gap')::int, coalesce(new.prompt_tokens, 0), coalesce(new.completion_tokens, 0)
    from turn_dimensions(new) as t order by t.dimension
    on conflict (workspace_id, day, bot_id, channel, dimension, value) do update
    set turns = d.turns + 1, gaps = d.gaps + excluded.gaps, prompt_tokens = d.prompt_tokens + excluded.prompt_tokens,
        completion_tokens = d.completion_tokens + excluded.completion_tokens;
    return null;
end
$$;
create trigger count_event after insert on events for each row execute function count_event();

-- What a session is counted as; `has_gap` is there already.
alter table conversations
    add column is_counted boolean not null default false,
    add column has_answer boolean not null default false,
    add column has_dislike boolean not null default false,
    add column is_handed_off boolean not null default false;

-- Whoever deletes conversations locks them first; the right to lock is that to change some column.
grant update (message_count) on conversations to botwright_worker;

-- Why a visitor did not like an answer.
alter table messages
    add column rating_reason text check (rating_reason in ('wrong', 'incomplete', 'not_helpful', 'other')),
    add column rating_comment text;

-- What a million tokens of each model cost: [{model, prompt, completion, currency}].
alter table providers add column prices jsonb not null default '[]';

-- Questions that ask for the same, and what the team made of them. The words stand in `gaps` alone.
create table gap_groups (
    workspace_id uuid not null,
    id           uuid not null,
    bot_id       uuid not null,
    -- Hash of the words that count, and the words' own hashes.
    question_key bigint not null,
    terms        bigint[] not null,
    status       text not null default 'open' check (status in ('open', 'dismissed', 'improved')),
    changed_by   uuid references users (id) on delete set null,
    changed_at   timestamptz,
    created_at   timestamptz not null default now(),
    primary key (workspace_id, id),
    constraint gap_groups_key unique (workspace_id, bot_id, question_key),
    foreign key (workspace_id, bot_id) references bots (workspace_id, id) on delete cascade
);
alter table gap_groups enable row level security;
alter table gap_groups force row level security;
create policy tenant on gap_groups
    using (workspace_id = (select app_workspace_id()))
    with check (workspace_id = (select app_workspace_id()));
grant select, insert, update, delete on gap_groups to botwright_app;
grant select, delete on gap_groups to botwright_worker;

alter table gaps
    add column kind text not null default 'unanswered' check (kind in ('unanswered', 'disliked')),
    -- The answer that was not liked.
    add column message_id uuid,
    add column group_id uuid,
    add foreign key (workspace_id, group_id) references gap_groups (workspace_id, id) on delete set null (group_id);
create index gaps_group_idx on gaps (workspace_id, group_id, created_at desc);
create unique index gaps_disliked_key on gaps (workspace_id, message_id) where kind = 'disliked';
