//! What the database itself must say of every tenant table, whoever added it.

use std::collections::BTreeSet;

use sqlx::{Connection, PgConnection};

use crate::support::database::TestDatabase;

/// Policies beside `tenant` and `organization`, each with its reason in the migration that makes it: for which role (all
/// of them, if empty), and on what condition.
const OTHER_POLICIES: &[(&str, &str, &str, &str)] = &[
    (
        "workspace_members",
        "own_memberships",
        "",
        "(user_id = ( SELECT (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid AS \"nullif\"))",
    ),
    (
        "organization_members",
        "own_memberships",
        "",
        "(user_id = ( SELECT app_user_id() AS app_user_id))",
    ),
    ("data_exports", "expired_of_all", WORKER, "(expires_at <= now())"),
    (
        "data_policies",
        "limited_of_all",
        WORKER,
        "((conversations_days IS NOT NULL) OR (files_days IS NOT NULL) OR (leads_days IS NOT NULL))",
    ),
    (
        "deletion_receipts",
        "own_receipts",
        "",
        "(requested_by = ( SELECT app_user_id() AS app_user_id))",
    ),
    (
        "deletion_receipts",
        "presented_receipt",
        "",
        "(id = ( SELECT (NULLIF(current_setting('app.receipt_id'::text, true), ''::text))::uuid AS \"nullif\"))",
    ),
    ("organization_invitations", "addressed_invitation", "", ADDRESSED),
    ("workspace_invitations", "addressed_invitation", "", ADDRESSED),
    (
        "workspace_invitations",
        "presented_invitation",
        "",
        PRESENTED_INVITATION,
    ),
    (
        "organization_invitations",
        "presented_invitation",
        "",
        PRESENTED_INVITATION,
    ),
    (
        "api_keys",
        "presented_key",
        "",
        "(key_hash = ( SELECT decode(NULLIF(current_setting('app.api_key_hash'::text, true), ''::text), 'hex'::text) AS decode))",
    ),
    (
        "bots",
        "visited_bot",
        "",
        "(id = ( SELECT (NULLIF(current_setting('app.bot_id'::text, true), ''::text))::uuid AS \"nullif\"))",
    ),
    (
        "documents",
        "unfinished_of_all",
        WORKER,
        "(status <> ALL (ARRAY['indexed'::text, 'failed'::text]))",
    ),
    (
        "crawls",
        "unfinished_of_all",
        WORKER,
        "((draft_id IS NOT NULL) OR (status = ANY (ARRAY['queued'::text, 'running'::text])))",
    ),
    (
        "sources",
        "scheduled_of_all",
        WORKER,
        "(next_sync_at IS NOT NULL)",
    ),
    (
        "test_runs",
        "unfinished_of_all",
        WORKER,
        "(status = ANY (ARRAY['queued'::text, 'running'::text]))",
    ),
];
const WORKER: &str = "botwright_worker";
const ADDRESSED: &str = "(lower(email) = ( SELECT lower(u.email) AS lower FROM users u WHERE (u.id = ( SELECT app_user_id() AS app_user_id))))";
const PRESENTED_INVITATION: &str = "(token_hash = ( SELECT decode(NULLIF(current_setting('app.invitation_hash'::text, true), ''::text), 'hex'::text) AS decode))";

const TENANT_TABLES: &str = "
    select c.oid from pg_class c join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attname = 'workspace_id' and not a.attisdropped
    where n.nspname = 'public' and c.relkind in ('r', 'p')";

async fn connect() -> (TestDatabase, PgConnection) {
    let database = TestDatabase::create().await;
    let owner = PgConnection::connect(database.url.as_str()).await.unwrap();
    (database, owner)
}

async fn names(owner: &mut PgConnection, sql: &str) -> Vec<String> {
    let sql = sql.replace("TENANT_TABLES", TENANT_TABLES);
    sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
        .fetch_all(owner)
        .await
        .unwrap()
}

/// All that is not as it must be; nothing, if all is well.
pub async fn faults(owner: &mut PgConnection) -> Vec<String> {
    let mut all = unguarded(owner).await;
    all.extend(other_policies(owner).await);
    all.extend(loose_references(owner).await);
    all.extend(loose_views(owner).await);
    all
}

/// Tables without their guard: enabled, forced, and with exactly the policy that their columns ask for.
async fn unguarded(owner: &mut PgConnection) -> Vec<String> {
    // Workspaces are read by the id that a membership gives; a receipt outlives the workspace that it speaks of.
    names(
        owner,
        "with wanted as (
             select c.oid, policy, a.attname, function from pg_class c
             join pg_namespace n on n.oid = c.relnamespace
             join pg_attribute a on a.attrelid = c.oid and not a.attisdropped
             join (values ('workspace_id', 'tenant', 'app_workspace_id'),
                          ('organization_id', 'organization', 'app_organization_id'),
                          ('place_id', 'tenant', 'app_workspace_id')) as rule (attname, policy, function)
                 on rule.attname = a.attname
             where n.nspname = 'public' and c.relkind in ('r', 'p') and c.relname <> 'workspaces'
         ), conditions as (
             select *, format('(%s = ( SELECT %s() AS %s))', attname, function, function) as condition from wanted
         )
         select c.relname || ' is not guarded by ' || condition from conditions w join pg_class c on c.oid = w.oid
         where not (c.relrowsecurity and c.relforcerowsecurity)
            or not exists (
             select from pg_policy p where p.polrelid = w.oid and p.polname = w.policy and p.polcmd = '*'
               and p.polpermissive and p.polroles = '{0}'
               and pg_get_expr(p.polqual, p.polrelid) = condition
               and pg_get_expr(p.polwithcheck, p.polrelid) = condition)
         union all
         select polrelid::regclass || '.' || polname || ' writes on a condition of its own' from pg_policy p
         where polcmd <> 'r' and not exists (
             select from wanted w where w.oid = p.polrelid and w.policy = p.polname)",
    )
    .await
}

/// Policies that open a table further and are not known, or not known like that.
async fn other_policies(owner: &mut PgConnection) -> Vec<String> {
    let found: Vec<(String, String, String, String)> = sqlx::query_as(
        "select polrelid::regclass::text, polname::text,
             case when polroles = '{0}' then '' else array_to_string(polroles::regrole[], ',') end,
             regexp_replace(coalesce(pg_get_expr(polqual, polrelid), ''), '\\s+', ' ', 'g')
         from pg_policy where polname not in ('tenant', 'organization')",
    )
    .fetch_all(owner)
    .await
    .unwrap();
    let known = OTHER_POLICIES.iter().map(|(table, policy, role, condition)| {
        [table, policy, role, condition].map(|text| (*text).to_owned())
    });
    let known: BTreeSet<_> = known.map(<(String, String, String, String)>::from).collect();
    let found: BTreeSet<_> = found.into_iter().collect();
    let differing = found.symmetric_difference(&known);
    differing
        .map(|policy| format!("{policy:?} is new, gone or changed"))
        .collect()
}

/// Views that see what their owner may, and not their reader.
async fn loose_views(owner: &mut PgConnection) -> Vec<String> {
    names(
        owner,
        "select relname::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
         where n.nspname = 'public' and c.relkind in ('v', 'm')
           and not coalesce('security_invoker=true' = any(c.reloptions), false)",
    )
    .await
}

/// Foreign keys between tenant tables that may lead into another workspace.
async fn loose_references(owner: &mut PgConnection) -> Vec<String> {
    names(
        owner,
        "select conrelid::regclass::text || '.' || conname from pg_constraint
         where contype = 'f' and conrelid in (TENANT_TABLES) and confrelid in (TENANT_TABLES)
           and not (conkey[1] = (select attnum from pg_attribute where attrelid = conrelid and attname = 'workspace_id')
             and confkey[1] = (select attnum from pg_attribute where attrelid = confrelid and attname = 'workspace_id'))",
    )
    .await
}

#[tokio::test]
async fn every_table_has_its_rows_guarded() {
    let (_database, mut owner) = connect().await;
    let tables = names(
        &mut owner,
        "select relname::text from pg_class where oid in (TENANT_TABLES)",
    )
    .await;
    assert!(tables.len() >= 30, "{tables:?}");
    assert_eq!(unguarded(&mut owner).await, Vec::<String>::new());
}

#[tokio::test]
async fn views_see_what_their_reader_may_see() {
    let (_database, mut owner) = connect().await;
    assert_eq!(loose_views(&mut owner).await, Vec::<String>::new());
}

#[tokio::test]
async fn no_policy_opens_a_table_further_but_the_known_ones() {
    let (_database, mut owner) = connect().await;
    assert_eq!(other_policies(&mut owner).await, Vec::<String>::new());
}

#[tokio::test]
async fn tenant_tables_point_at_each_other_within_one_workspace() {
    let (_database, mut owner) = connect().await;
    assert_eq!(loose_references(&mut owner).await, Vec::<String>::new());
}

#[tokio::test]
async fn indexes_start_with_the_tenant() {
    let (_database, mut owner) = connect().await;
    // The two look-ups that find the tenant, and those that go by person, for whoever deletes their account.
    let allowed = [
        "api_keys_key_hash_key",
        "bots_id_key",
        "conversation_events_actor_idx",
        "conversation_notes_author_idx",
        "conversations_assignee_of_idx",
        "lead_notes_author_idx",
        "messages_author_idx",
        "workspace_invitations_token_hash_key",
        "workspace_members_user_id_idx",
    ];
    let others = names(
        &mut owner,
        "select i.indexrelid::regclass::text from pg_index i
         where i.indrelid in (TENANT_TABLES)
           and i.indkey[0] <> (select attnum from pg_attribute where attrelid = i.indrelid and attname = 'workspace_id')
         order by 1",
    );
    assert_eq!(others.await, allowed);
}

#[tokio::test]
async fn the_roles_own_nothing_and_bypass_nothing() {
    let (_database, mut owner) = connect().await;
    let bypassing = names(
        &mut owner,
        "select rolname::text from pg_roles where rolname in ('botwright_app', 'botwright_worker')
           and (rolsuper or rolbypassrls or rolcreatedb or rolcreaterole or rolcanlogin)",
    );
    assert_eq!(bypassing.await, Vec::<String>::new());
    let owned = names(
        &mut owner,
        "select relname::text from pg_class c join pg_roles r on r.oid = c.relowner where r.rolname like 'botwright_%'",
    );
    assert_eq!(owned.await, Vec::<String>::new());
    let append_only = names(
        &mut owner,
        "select grantee || ' ' || privilege_type from information_schema.role_table_grants
         where table_name = 'audit_log' and grantee like 'botwright_%' and privilege_type not in ('SELECT', 'INSERT')",
    );
    assert_eq!(append_only.await, Vec::<String>::new());
}
