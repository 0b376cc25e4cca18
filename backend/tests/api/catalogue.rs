//! What the database itself must say of every tenant table, whoever added it.

use sqlx::{Connection, PgConnection};

use crate::support::database::TestDatabase;

/// Policies beside `tenant`, each with its reason in the migration that makes it.
const OTHER_POLICIES: &[(&str, &str)] = &[
    ("workspace_members", "own_memberships"),
    ("organization_members", "own_memberships"),
    ("data_exports", "expired_of_all"),
    ("data_policies", "limited_of_all"),
    ("deletion_receipts", "own_receipts"),
    ("deletion_receipts", "presented_receipt"),
    ("organization_invitations", "addressed_invitation"),
    ("workspace_invitations", "addressed_invitation"),
    ("workspace_invitations", "presented_invitation"),
    ("organization_invitations", "presented_invitation"),
    ("api_keys", "presented_key"),
    ("bots", "visited_bot"),
    ("documents", "unfinished_of_all"),
    ("crawls", "unfinished_of_all"),
    ("sources", "scheduled_of_all"),
    ("test_runs", "unfinished_of_all"),
];

const TENANT_TABLES: &str = "
    select c.oid from pg_class c join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attname = 'workspace_id' and not a.attisdropped
    where n.nspname = 'public' and c.relkind in ('r', 'p')";

async fn names(sql: &str) -> Vec<String> {
    let database = TestDatabase::create().await;
    let mut owner = PgConnection::connect(database.url.as_str()).await.unwrap();
    let sql = sql.replace("TENANT_TABLES", TENANT_TABLES);
    sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
        .fetch_all(&mut owner)
        .await
        .unwrap()
}

#[tokio::test]
async fn every_tenant_table_has_its_rows_guarded() {
    assert!(
        names("select relname::text from pg_class where oid in (TENANT_TABLES)")
            .await
            .len()
            >= 12
    );
    let unguarded = names(
        "select relname::text from pg_class
         where oid in (TENANT_TABLES) and not (relrowsecurity and relforcerowsecurity)",
    );
    assert_eq!(unguarded.await, Vec::<String>::new());
    let condition = "(workspace_id = ( SELECT app_workspace_id() AS app_workspace_id))";
    let without = format!(
        "select c.relname::text from pg_class c where c.oid in (TENANT_TABLES) and not exists (
             select from pg_policy p where p.polrelid = c.oid and p.polname = 'tenant' and p.polcmd = '*'
               and pg_get_expr(p.polqual, p.polrelid) = '{condition}'
               and pg_get_expr(p.polwithcheck, p.polrelid) = '{condition}')"
    );
    assert_eq!(names(&without).await, Vec::<String>::new());
}

#[tokio::test]
async fn what_belongs_to_an_organization_is_guarded_alike() {
    const GUARDED: [&str; 4] = [
        "deletion_receipts",
        "organization_invitations",
        "organization_members",
        "usage_months",
    ];
    let condition = "(organization_id = ( SELECT app_organization_id() AS app_organization_id))";
    let guarded = format!(
        "select c.relname::text from pg_class c join pg_policy p on p.polrelid = c.oid
         where p.polname = 'organization' and p.polcmd = '*' and c.relrowsecurity and c.relforcerowsecurity
           and pg_get_expr(p.polqual, p.polrelid) = '{condition}'
           and pg_get_expr(p.polwithcheck, p.polrelid) = '{condition}' order by 1"
    );
    assert_eq!(names(&guarded).await, GUARDED);
    // Workspaces are read by the id that a membership gives.
    let others = names(
        "select c.relname::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
         join pg_attribute a on a.attrelid = c.oid and a.attname = 'organization_id' and not a.attisdropped
         where n.nspname = 'public' and c.relkind = 'r' and not c.relrowsecurity",
    );
    assert_eq!(others.await, ["workspaces"]);
}

#[tokio::test]
async fn views_see_what_their_reader_may_see() {
    let all = names(
        "select relname::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
         where n.nspname = 'public' and c.relkind in ('v', 'm')
           and not coalesce('security_invoker=true' = any(c.reloptions), false)",
    );
    assert_eq!(all.await, Vec::<String>::new());
}

#[tokio::test]
async fn no_policy_opens_a_table_further_but_the_known_ones() {
    let others = names("select polrelid::regclass::text || '.' || polname from pg_policy where polname not in ('tenant', 'organization') order by 1").await;
    let mut known: Vec<_> = OTHER_POLICIES
        .iter()
        .map(|(table, policy)| format!("{table}.{policy}"))
        .collect();
    known.sort();
    assert_eq!(others, known);
    let writing =
        names("select polname::text from pg_policy where polname not in ('tenant', 'organization') and polcmd <> 'r'").await;
    assert_eq!(writing, Vec::<String>::new(), "they only ever let rows be read");
}

#[tokio::test]
async fn tenant_tables_point_at_each_other_within_one_workspace() {
    let loose = names(
        "select conrelid::regclass::text || '.' || conname from pg_constraint
         where contype = 'f' and conrelid in (TENANT_TABLES) and confrelid in (TENANT_TABLES)
           and not (conkey[1] = (select attnum from pg_attribute where attrelid = conrelid and attname = 'workspace_id')
             and confkey[1] = (select attnum from pg_attribute where attrelid = confrelid and attname = 'workspace_id'))",
    );
    assert_eq!(loose.await, Vec::<String>::new());
}

#[tokio::test]
async fn indexes_start_with_the_tenant() {
    // The two look-ups that find the tenant, and those that go by person.
    let allowed = [
        "api_keys_key_hash_key",
        "bots_id_key",
        "workspace_invitations_token_hash_key",
        "workspace_members_user_id_idx",
    ];
    let others = names(
        "select i.indexrelid::regclass::text from pg_index i
         where i.indrelid in (TENANT_TABLES)
           and i.indkey[0] <> (select attnum from pg_attribute where attrelid = i.indrelid and attname = 'workspace_id')
         order by 1",
    );
    assert_eq!(others.await, allowed);
}

#[tokio::test]
async fn the_roles_own_nothing_and_bypass_nothing() {
    let bypassing = names(
        "select rolname::text from pg_roles where rolname in ('botwright_app', 'botwright_worker')
           and (rolsuper or rolbypassrls or rolcreatedb or rolcreaterole or rolcanlogin)",
    );
    assert_eq!(bypassing.await, Vec::<String>::new());
    let owned = names(
        "select relname::text from pg_class c join pg_roles r on r.oid = c.relowner where r.rolname like 'botwright_%'",
    );
    assert_eq!(owned.await, Vec::<String>::new());
    let append_only = names(
        "select grantee || ' ' || privilege_type from information_schema.role_table_grants
         where table_name = 'audit_log' and grantee like 'botwright_%' and privilege_type not in ('SELECT', 'INSERT')",
    );
    assert_eq!(append_only.await, Vec::<String>::new());
}
