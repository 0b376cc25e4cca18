-- Plans with limits, and what is used of them.

-- The name of a plan in the operator's settings; null: the default one.
alter table organizations add column plan text check (length(plan) between 1 and 60);

-- What a workspace used, by day (UTC).
create table usage_days (
    workspace_id      uuid not null references workspaces (id) on delete cascade,
    day               date not null,
    -- What visitors wrote.
    messages          bigint not null default 0,
    -- What models were given, and what they wrote.
    prompt_tokens     bigint not null default 0,
    completion_tokens bigint not null default 0,
    -- Pages that were taken from websites and connected services.
    pages             bigint not null default 0,
    -- Texts that an embedding model was given.
    passages_embedded bigint not null default 0,
    primary key (workspace_id, day)
);
alter table usage_days enable row level security;
alter table usage_days force row level security;
create policy tenant on usage_days
    using (workspace_id = (select app_workspace_id()))
    with check (workspace_id = (select app_workspace_id()));
grant select, insert, update on usage_days to botwright_app, botwright_worker;

-- What an organization used of what its plan counts by month (UTC).
create table usage_months (
    organization_id uuid not null references organizations (id) on delete cascade,
    month           date not null,
    messages        bigint not null default 0,
    pages           bigint not null default 0,
    primary key (organization_id, month)
);
alter table usage_months enable row level security;
alter table usage_months force row level security;
create policy organization on usage_months
    using (organization_id = (select app_organization_id()))
    with check (organization_id = (select app_organization_id()));
grant select on usage_months to botwright_app, botwright_worker;

-- Counts one more message or page of the current workspace, unless its organization had `most` this month. Whether it was
-- counted. The row of the month is locked until the transaction ends, so that nobody gets past the limit at the same time.
create function meter_usage(noun text, most bigint) returns boolean
    language plpgsql volatile security definer
    set search_path = pg_catalog, public, pg_temp
    as $$
declare
    organization uuid := (select organization_id from workspaces where id = app_workspace_id());
    before       text := current_setting('app.organization_id', true);
    today        date := (now() at time zone 'UTC')::date;
    messages_more int := (noun = 'messages')::int;
    pages_more    int := (noun = 'pages')::int;
    is_counted   boolean;
begin
    perform set_config('app.organization_id', organization::text, true);
    insert into usage_months as u (organization_id, month) values (organization, date_trunc('month', today)::date)
    on conflict do nothing;
    update usage_months u
    set messages = u.messages + messages_more, pages = u.pages + pages_more
    where u.organization_id = organization and u.month = date_trunc('month', today)::date
      and (most is null or case when noun = 'messages' then u.messages else u.pages end < most);
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

-- How much of something the organization of the current workspace has, in all of its open workspaces. With a lock, so that
-- two who add something count one after the other; it lasts until the transaction ends.
create function quota_used(noun text, locks boolean) returns bigint
    language plpgsql volatile security definer
    set search_path = pg_catalog, public, pg_temp
    as $$
declare
    organization uuid := (select organization_id from workspaces where id = app_workspace_id());
    workspace    uuid := app_workspace_id();
    before       text := current_setting('app.organization_id', true);
    total        bigint := 0;
    part         bigint;
    people       uuid[];
    place        uuid;
begin
    if locks then
        perform pg_advisory_xact_lock(hashtextextended('quota:' || organization::text, 0));
    end if;
    perform set_config('app.organization_id', organization::text, true);
    if noun in ('messages', 'pages') then
        select coalesce(max(case when noun = 'messages' then messages else pages end), 0) into total from usage_months
        where organization_id = organization and month = date_trunc('month', now() at time zone 'UTC')::date;
    elsif noun = 'members' then
        people := array(select user_id from organization_members where organization_id = organization);
    end if;
    for place in select id from workspaces where organization_id = organization and deletes_at is null loop
        perform set_config('app.workspace_id', place::text, true);
        if noun = 'members' then
            people := people || array(select user_id from workspace_members where workspace_id = place);
        elsif noun = 'bots' then
            select count(*) into part from bots where workspace_id = place;
            total := total + part;
        elsif noun = 'knowledge_bases' then
            select count(*) into part from knowledge_bases where workspace_id = place;
            total := total + part;
        elsif noun = 'documents' then
            select count(*) into part from documents where workspace_id = place;
            total := total + part;
        elsif noun = 'storage' then
            select coalesce(sum(size), 0) into part from documents
            where workspace_id = place and original_removed_at is null;
            total := total + part;
        end if;
    end loop;
    if noun = 'members' then
        total := (select count(distinct person) from unnest(people) as person);
    end if;
    perform set_config('app.workspace_id', coalesce(workspace::text, ''), true);
    perform set_config('app.organization_id', coalesce(before, ''), true);
    return total;
end
$$;
