-- The two roles that serve requests and run jobs. They own nothing and can't bypass row-level security.
-- Roles belong to the whole cluster, so another database may have made them already.
do $$
declare
    role_name text;
begin
    foreach role_name in array array['botwright_app', 'botwright_worker'] loop
        if not exists (select from pg_roles where rolname = role_name) then
            begin
                execute format('create role %I nologin nosuperuser nobypassrls', role_name);
            exception when duplicate_object or unique_violation then
                null; -- a migration of another database was faster
            end;
        end if;
        -- The server logs in as the owner and takes on the role, so the owner must be a member.
        if not pg_has_role(current_user, role_name, 'member') then
            execute format('grant %I to current_user', role_name);
        end if;
    end loop;
end
$$;

grant usage on schema public, apalis to botwright_app, botwright_worker;
-- A request only adds jobs and cancels those of what it deletes.
grant select, insert, delete on apalis.jobs to botwright_app;
grant select, insert, update, delete on all tables in schema apalis to botwright_worker;
grant execute on all functions in schema apalis, public to botwright_app, botwright_worker;

-- The tenant, visitor or machine that the current transaction acts for; null outside of one.
create function app_workspace_id() returns uuid
    language sql stable parallel safe
    return nullif(current_setting('app.workspace_id', true), '')::uuid;
