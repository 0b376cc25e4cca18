//! The API over HTTP, against real Postgres and Redis. Files mirror the routes.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test that can't be set up has failed"
)]

mod api {
    mod analytics;
    mod api_keys;
    mod audit;
    mod auth;
    mod auth_account;
    mod auth_mfa;
    mod auth_oauth;
    mod auth_passkeys;
    mod auth_sessions;
    mod auth_wallets;
    mod backup;
    mod bots;
    mod catalogue;
    mod chat;
    mod chatbot_drafts;
    mod connections;
    mod data;
    mod data_deletion;
    mod data_redaction;
    mod deploy;
    mod docs;
    mod embed;
    mod embedding;
    mod errors;
    mod gaps;
    mod gaps_meaning;
    mod given_up;
    mod google;
    mod inbox;
    mod invitations;
    mod isolation;
    mod kb;
    mod kb_pairs;
    mod kb_sources;
    mod leads;
    mod leads_data;
    mod limits;
    pub mod live;
    mod long_lists;
    mod mail;
    mod master_key;
    mod members;
    mod metrics;
    mod observed;
    mod openai;
    mod organization;
    mod outage;
    mod parts;
    mod plans;
    mod policies;
    mod providers;
    mod quotas;
    mod replicas;
    mod rerank;
    mod response_cache;
    mod retrieval;
    mod routes;
    mod secrets;
    mod served;
    mod ssrf;
    mod test_sets;
    mod tokens;
    mod traced;
    mod turns_at_once;
    mod upgrade;
    mod uploads;
    mod visitors;
    mod webhooks;
    mod widget;
    mod workspaces;
}
mod support;
