-- What somebody is in a workspace, in one round trip: the roles that they have there and in its organization. No row when they may
-- not enter it, or when a session is named that has ended. It acts with the rights of whoever calls it, and binds its transaction to
-- the person by itself.
create function roles_of(person uuid, workspace uuid, session uuid) returns table (
    workspace_role text,
    organization_role text
)
    language plpgsql volatile
    set search_path = pg_catalog, public, pg_temp
    as $$
begin
    perform set_config('app.user_id', person::text, true);
    return query
        select w.workspace_role, w.organization_role from my_workspaces w
        where w.id = workspace and (session is null or exists (
            select from sessions s where s.id = session and s.user_id = person and s.revoked_at is null));
end
$$;
