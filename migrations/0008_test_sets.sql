-- Test sets: questions with what their answers should be, and what bots made of them.

create table test_sets (
    workspace_id uuid not null references workspaces (id) on delete cascade,
    id           uuid not null,
    name         text not null,
    -- Grows with every change of a case: a run says of which state of the set it speaks.
    version      bigint not null default 1,
    created_at   timestamptz not null default now(),
    updated_at   timestamptz not null default now(),
    primary key (workspace_id, id),
    constraint test_sets_name_key unique (workspace_id, name)
);
alter table test_sets enable row level security;
alter table test_sets force row level security;
create policy tenant on test_sets
    using (workspace_id = (select app_workspace_id()))
    with check (workspace_id = (select app_workspace_id()));

create table test_cases (
    workspace_id uuid not null,
    id           uuid not null,
    test_set_id  uuid not null,
    question     text not null,
    -- Earlier turns, oldest first.
    history      jsonb not null default '[]',
    expectation  jsonb not null,
    created_at   timestamptz not null default now(),
    updated_at   timestamptz not null default now(),
    primary key (workspace_id, id),
    foreign key (workspace_id, test_set_id) references test_sets (workspace_id, id) on delete cascade
);
-- Ids are UUIDv7, so they sort by time.
create index test_cases_set_idx on test_cases (workspace_id, test_set_id, id);
alter table test_cases enable row level security;
alter table test_cases force row level security;
create policy tenant on test_cases
    using (workspace_id = (select app_workspace_id()))
    with check (workspace_id = (select app_workspace_id()));

create table test_runs (
    workspace_id  uuid not null,
    id            uuid not null,
    test_set_id   uuid not null,
    set_version   bigint not null,
    -- The bot that was run, or that the draft edits. Neither bot nor draft need be there any more.
    bot_id        uuid,
    bot_version   int,
    draft_id      uuid,
    draft_version bigint,
    -- What was run, frozen, and SHA-256 of the parts of it that answers depend on.
    content       jsonb not null,
    content_hash  bytea not null,
    status        text not null default 'queued'
        check (status in ('queued', 'running', 'done', 'cancelled', 'failed')),
    -- Cases in this run.
    total         int not null,
    -- Attempts since the last case that was done; counted before the work.
    attempts      int not null default 0,
    error         text,
    figures       jsonb,
    started_by    uuid references users (id) on delete set null,
    created_at    timestamptz not null default now(),
    finished_at   timestamptz,
    primary key (workspace_id, id),
    foreign key (workspace_id, test_set_id) references test_sets (workspace_id, id) on delete cascade
);
create index test_runs_recent_idx on test_runs (workspace_id, test_set_id, created_at desc);
create unique index test_runs_one_at_a_time on test_runs (workspace_id, test_set_id)
    where status in ('queued', 'running');
alter table test_runs enable row level security;
alter table test_runs force row level security;
create policy tenant on test_runs
    using (workspace_id = (select app_workspace_id()))
    with check (workspace_id = (select app_workspace_id()));

-- One row a case, written when the run is asked for; the result follows when the case is done.
create table test_results (
    workspace_id uuid not null,
    run_id       uuid not null,
    position     int  not null,
    -- The case as it was then. It may have been changed or deleted since.
    case_id      uuid not null,
    question     text not null,
    history      jsonb not null,
    expectation  jsonb not null,
    result       jsonb,
    primary key (workspace_id, run_id, position),
    foreign key (workspace_id, run_id) references test_runs (workspace_id, id) on delete cascade
);
alter table test_results enable row level security;
alter table test_results force row level security;
create policy tenant on test_results
    using (workspace_id = (select app_workspace_id()))
    with check (workspace_id = (select app_workspace_id()));

grant select, insert, update, delete on test_sets, test_cases, test_runs, test_results to botwright_app;
grant select, update on test_runs, test_results to botwright_worker;
-- A run asks the models that bots ask.
grant select on providers to botwright_worker;
