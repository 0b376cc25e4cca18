//! The filters. Those conditions `workspace_id = …` of queries that row-level security repeats are not among them: without
//! them it still holds, and `backend/tests/api/policies` takes its policies away.

/// A filter that can be switched off.
pub struct Mutant {
    /// What is gone with it.
    pub name: &'static str,
    /// Files, what stands there once, and what it becomes: `RUST_MUTANT` and `SQL_MUTANT` say whether it is switched on.
    /// Several where one guard stands behind another.
    pub edits: &'static [(&'static str, &'static str, &'static str)],
    /// Which tests notice, as nextest chooses them.
    pub tests: &'static str,
}

const DRAFTS: &str = "domain/src/drafts/store.rs";
const BEGIN_TURNS: &str = "migrations/0037_last_said.sql";
const ROLES_OF: &str = "migrations/0031_roles.sql";
const RATE: &str = "domain/src/chat/rate.rs";
const SESSION: &str = "domain/src/chat/session.rs";
const SESSIONS: &str = "domain/src/auth/sessions.rs";
const IDENTITIES: &str = "domain/src/auth/identities/manage.rs";
const PERSON_EXPORTS: &str = "domain/src/data/exports/of_person.rs";

/// All of them.
pub const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "transactions-bound-to-a-tenant",
        edits: &[(
            "domain/src/db.rs",
            r#".begin_bound(begin, "app.workspace_id", &workspace_id.to_string())"#,
            r#".begin_bound(begin, if RUST_MUTANT { "app.nobody" } else { "app.workspace_id" }, &workspace_id.to_string())"#,
        )],
        tests: "test(foreign_ids_are_unknown_and_nothing_changes)",
    },
    Mutant {
        name: "bound-no-longer-than-the-transaction",
        edits: &[(
            "domain/src/db.rs",
            "select set_config('{setting}', '{value}', true)",
            "select set_config('{setting}', '{value}', not (SQL_MUTANT))",
        )],
        tests: "test(a_connection_remembers_no_tenant)",
    },
    Mutant {
        name: "workspace-of-the-token-is-entered-by-members",
        edits: &[(
            ROLES_OF,
            "where w.id = workspace and (session is null or exists (",
            "where (w.id = workspace or SQL_MUTANT) and (session is null or exists (",
        )],
        tests: "test(nobody_enters_a_workspace_they_are_no_member_of)",
    },
    Mutant {
        name: "session-of-the-token-is-the-persons",
        edits: &[(
            ROLES_OF,
            "and s.user_id = person and s.revoked_at is null",
            "and (s.user_id = person or SQL_MUTANT) and s.revoked_at is null",
        )],
        tests: "test(a_token_with_a_session_of_somebody_else_is_refused)",
    },
    Mutant {
        name: "key-asks-bots-of-its-workspace",
        edits: &[(
            "backend/src/routes/openai.rs",
            "if bot.scope.workspace_id() != scope.workspace_id() {",
            "if bot.scope.workspace_id() != scope.workspace_id() && !(RUST_MUTANT) {",
        )],
        tests: "test(/^api::openai::/)",
    },
    Mutant {
        name: "draft-is-the-workspaces",
        edits: &[(
            DRAFTS,
            "if stored.workspace_id != scope.workspace_id() {",
            "if stored.workspace_id != scope.workspace_id() && !(RUST_MUTANT) {",
        )],
        tests: "test(foreign_ids_are_unknown_and_nothing_changes)",
    },
    Mutant {
        name: "drafts-are-listed-by-workspace",
        edits: &[(
            DRAFTS,
            r#"format!("drafts:{}:{}", T::KIND, scope.workspace_id())"#,
            r#"format!("drafts:{}:{}", T::KIND, if RUST_MUTANT { Uuid::nil() } else { scope.workspace_id() })"#,
        )],
        tests: "test(several_workspaces_and_switching_between_them)",
    },
    Mutant {
        name: "conversation-is-the-bots",
        edits: &[(
            SESSION,
            "where workspace_id = $1 and id = $2 and bot_id = $3",
            "where workspace_id = $1 and id = $2 and (bot_id = $3 or SQL_MUTANT)",
        )],
        tests: "test(a_session_belongs_to_its_bot)",
    },
    Mutant {
        name: "conversation-is-the-visitors",
        edits: &[(
            SESSION,
            "(visitor is null or visitor ->> 'id' = $4)",
            "(visitor is null or visitor ->> 'id' = $4 or SQL_MUTANT)",
        )],
        tests: "test(a_known_visitors_conversation_is_theirs_alone)",
    },
    Mutant {
        name: "conversation-gone-on-with-is-the-visitors",
        edits: &[(
            BEGIN_TURNS,
            "and (c.visitor is null or c.visitor ->> 'id' = t.person ->> 'id')",
            "and (c.visitor is null or c.visitor ->> 'id' = t.person ->> 'id' or SQL_MUTANT)",
        )],
        tests: "test(a_known_visitors_conversation_is_theirs_alone)",
    },
    Mutant {
        name: "resumed-conversation-is-the-visitors",
        edits: &[(
            "domain/src/chat/resume.rs",
            "if !is_theirs || ",
            "if !(is_theirs || RUST_MUTANT) || ",
        )],
        tests: "test(a_known_visitors_conversation_is_theirs_alone)",
    },
    Mutant {
        name: "resumed-answer-is-of-the-conversation",
        edits: &[(
            "domain/src/chat/resume.rs",
            r#"format!("chat:{bot_id}:{session_id}:{message_id}")"#,
            r#"if RUST_MUTANT { format!("chat:{message_id}") } else { format!("chat:{bot_id}:{session_id}:{message_id}") }"#,
        )],
        tests: "test(what_belongs_to_another_conversation_stays_there)",
    },
    Mutant {
        name: "rated-answer-is-of-the-conversation",
        edits: &[(
            RATE,
            "and m.conversation_id = c.id",
            "and (m.conversation_id = c.id or SQL_MUTANT)",
        )],
        tests: "test(what_belongs_to_another_conversation_stays_there)",
    },
    Mutant {
        name: "history-is-of-the-conversation",
        edits: &[(
            BEGIN_TURNS,
            "where m.workspace_id = workspace and m.conversation_id = g.session and m.status <> 'failed'",
            "where m.workspace_id = workspace and (m.conversation_id = g.session or SQL_MUTANT) and m.status <> 'failed'",
        )],
        tests: "test(what_belongs_to_another_conversation_stays_there)",
    },
    Mutant {
        name: "messages-read-again-are-of-the-conversation",
        edits: &[(
            SESSION,
            "where m.workspace_id = $1 and m.conversation_id = $2 and m.status <> 'failed'",
            "where m.workspace_id = $1 and (m.conversation_id = $2 or SQL_MUTANT) and m.status <> 'failed'",
        )],
        tests: "test(what_belongs_to_another_conversation_stays_there)",
    },
    Mutant {
        name: "limits-are-counted-for-each",
        edits: &[(
            "domain/src/limits.rs",
            r#"format!("limit:{name}:{id}")"#,
            r#"if RUST_MUTANT { format!("limit:{name}") } else { format!("limit:{name}:{id}") }"#,
        )],
        tests: "test(persons_and_keys_have_limits_of_their_own)",
    },
    Mutant {
        name: "knowledge-bases-searched-in-memory",
        edits: &[(
            "domain/src/vectors/in_process.rs",
            "from knowledge_bases where workspace_id = $1 and id = any($2)",
            "from knowledge_bases where workspace_id = $1 and (id = any($2) or SQL_MUTANT)",
        )],
        tests: "test(only_this_workspace_and_these_knowledge_bases_are_searched)",
    },
    Mutant {
        name: "workspace-searched-in-qdrant",
        edits: &[(
            "domain/src/vectors/qdrant/mod.rs",
            "Filter::must(std::iter::once(workspace).chain(conditions))",
            "Filter::must(std::iter::once(workspace).filter(|_| !(RUST_MUTANT)).chain(conditions))",
        )],
        tests: "test(every_filter_names_the_workspace)",
    },
    Mutant {
        name: "session-that-is-ended-is-the-persons",
        edits: &[(
            SESSIONS,
            "set revoked_at = now() where id = $1 and user_id = $2 and",
            "set revoked_at = now() where id = $1 and (user_id = $2 or SQL_MUTANT) and",
        )],
        tests: "test(nobody_ends_the_session_of_another)",
    },
    Mutant {
        name: "sessions-are-listed-by-person",
        edits: &[(
            SESSIONS,
            "where user_id = $1 and revoked_at is null and last_used_at >",
            "where (user_id = $1 or SQL_MUTANT) and revoked_at is null and last_used_at >",
        )],
        tests: "test(nobody_ends_the_session_of_another)",
    },
    Mutant {
        name: "ways-to-sign-in-are-removed-by-person",
        edits: &[
            (
                IDENTITIES,
                "where id = $1 and user_id = $2) as",
                "where id = $1 and (user_id = $2 or SQL_MUTANT)) as",
            ),
            (
                IDENTITIES,
                "delete from identities where id = $1 and user_id = $2 returning kind",
                "delete from identities where id = $1 and (user_id = $2 or SQL_MUTANT) returning kind",
            ),
        ],
        tests: "test(ids_of_another_tenant_name_nothing)",
    },
    Mutant {
        name: "archives-are-listed-by-person",
        edits: &[(
            PERSON_EXPORTS,
            "from person_exports where user_id = $1 and expires_at > now() order by",
            "from person_exports where (user_id = $1 or SQL_MUTANT) and expires_at > now() order by",
        )],
        tests: "test(a_person_takes_along_what_is_theirs)",
    },
    Mutant {
        name: "archives-are-handed-out-by-person",
        edits: &[
            (
                PERSON_EXPORTS,
                "where user_id = $1 and id = $2 and expires_at > now()",
                "where (user_id = $1 or SQL_MUTANT) and id = $2 and expires_at > now()",
            ),
            (
                "domain/src/storage.rs",
                r#"format!("people/{user_id}/{export_id}")"#,
                r#"if RUST_MUTANT { format!("people/{export_id}") } else { format!("people/{user_id}/{export_id}") }"#,
            ),
        ],
        tests: "test(a_person_takes_along_what_is_theirs)",
    },
    Mutant {
        name: "archives-are-removed-by-person",
        edits: &[(
            PERSON_EXPORTS,
            "delete from person_exports where user_id = $1 and id = $2\",
        user_id,",
            "delete from person_exports where (user_id = $1 or SQL_MUTANT) and id = $2\",
        user_id,",
        )],
        tests: "test(a_person_takes_along_what_is_theirs)",
    },
];
