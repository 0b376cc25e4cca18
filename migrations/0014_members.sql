-- Members, invitations, and the end of workspaces and organizations.

-- The organization that the current transaction acts for; null outside of one.
create function app_organization_id() returns uuid
    language sql stable parallel safe
    return nullif(current_setting('app.organization_id', true), '')::uuid;

-- The person that the current transaction acts for; null outside of one.
create function app_user_id() returns uuid
    language sql stable parallel safe
    return nullif(current_setting('app.user_id', true), '')::uuid;

-- A role in an organization holds in each of its workspaces; the higher of the two counts. Who is suspended in either may
-- not enter the workspace.
alter table workspace_members add column suspended_at timestamptz;
alter table organization_members add column suspended_at timestamptz;

alter table organization_members enable row level security;
alter table organization_members force row level security;
create policy organization on organization_members
    using (organization_id = (select app_organization_id()))
    with check (organization_id = (select app_organization_id()));
-- A person sees their own memberships before a workspace is chosen: at sign-in and when switching.
create policy own_memberships on organization_members for select
    using (user_id = (select app_user_id()));

-- Closed at once, removed when the time of grace is over; null while it is open.
alter table organizations
    add column deletes_at timestamptz,
    add constraint organizations_name_length check (length(name) between 1 and 200);
alter table workspaces add column deletes_at timestamptz;
create index workspaces_deletes_at_idx on workspaces (deletes_at) where deletes_at is not null;

-- Where the person of the current transaction may go, with both of their roles there.
create view my_workspaces with (security_invoker = true) as
    select w.id, w.organization_id, o.name as organization_name, w.name, w.created_at,
           wm.role as workspace_role, om.role as organization_role
    from (
        select m.workspace_id as id from workspace_members m where m.user_id = app_user_id()
        union
        select w.id from organization_members m join workspaces w on w.organization_id = m.organization_id
        where m.user_id = app_user_id()
    ) mine
    join workspaces w on w.id = mine.id
    join organizations o on o.id = w.organization_id
    left join workspace_members wm on wm.workspace_id = w.id and wm.user_id = app_user_id()
    left join organization_members om on om.organization_id = o.id and om.user_id = app_user_id()
    where wm.suspended_at is null and om.suspended_at is null and w.deletes_at is null and o.deletes_at is null;

create table organization_invitations (
    organization_id uuid        not null references organizations (id) on delete cascade,
    id              uuid        not null,
    role            text        not null check (role in ('owner', 'admin', 'editor', 'viewer')),
    -- Whom it is for; null for whoever has the link.
    email           text,
    -- SHA-256 of the token in the link.
    token_hash      bytea       not null,
    created_by      uuid references users (id) on delete set null,
    created_at      timestamptz not null default now(),
    expires_at      timestamptz not null,
    accepted_by     uuid references users (id) on delete set null,
    accepted_at     timestamptz,
    revoked_at      timestamptz,
    primary key (organization_id, id),
    constraint organization_invitations_token_hash_key unique (token_hash)
);
alter table organization_invitations enable row level security;
alter table organization_invitations force row level security;
create policy organization on organization_invitations
    using (organization_id = (select app_organization_id()))
    with check (organization_id = (select app_organization_id()));
-- Whoever presents an invitation may learn where it leads.
create policy presented_invitation on organization_invitations for select
    using (token_hash = (select decode(nullif(current_setting('app.invitation_hash', true), ''), 'hex')));

create table workspace_invitations (
    workspace_id uuid        not null references workspaces (id) on delete cascade,
    id           uuid        not null,
    role         text        not null check (role in ('owner', 'admin', 'editor', 'viewer')),
    email        text,
    token_hash   bytea       not null,
    created_by   uuid references users (id) on delete set null,
    created_at   timestamptz not null default now(),
    expires_at   timestamptz not null,
    accepted_by  uuid references users (id) on delete set null,
    accepted_at  timestamptz,
    revoked_at   timestamptz,
    primary key (workspace_id, id),
    constraint workspace_invitations_token_hash_key unique (token_hash)
);
alter table workspace_invitations enable row level security;
alter table workspace_invitations force row level security;
create policy tenant on workspace_invitations
    using (workspace_id = (select app_workspace_id()))
    with check (workspace_id = (select app_workspace_id()));
create policy presented_invitation on workspace_invitations for select
    using (token_hash = (select decode(nullif(current_setting('app.invitation_hash', true), ''), 'hex')));

grant select, insert, update on organization_invitations, workspace_invitations to botwright_app;
grant delete on organization_members to botwright_app;
grant select on my_workspaces to botwright_app;
-- A worker removes what was closed for long enough.
grant select, delete on organizations to botwright_worker;
grant delete on workspaces to botwright_worker;
