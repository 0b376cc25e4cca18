//! The product without HTTP: everything that both the server and the worker do.
//!
//! Modules are features. `tenancy`, `audit`, `llm`, `vectors`, `storage`, `secrets` and `outbound` are leaves;
//! `data` is what is kept for how long, archives and receipts; `quotas` is what plans allow.
//! `leads` are people who left their details with a bot; `webhooks` tell other servers of them.
//! `inbox` is people who answer in a bot's place; `uploads` are files that visitors send. `live` tells whoever looks that
//! something changed.
//! `analytics` is what happened, counted; `gaps` are what bots could not answer; `embed` is the widget on people's sites.
//! `kb` stands on `llm` and `vectors`; `chat` stands on `bots`, `kb` and `llm`. A module calls another's public
//! functions, never its tables.

pub mod analytics;
pub mod api_keys;
pub mod audit;
pub mod auth;
pub mod bots;
pub mod chat;
pub mod config;
pub mod connections;
pub mod conversations;
pub mod data;
pub mod db;
pub mod drafts;
pub mod embed;
pub mod embeddings;
pub mod error;
pub mod gaps;
mod gather;
pub mod google;
pub mod health;
pub mod inbox;
pub mod jobs;
pub mod kb;
pub mod leads;
pub mod limits;
pub mod live;
pub mod llm;
pub mod log;
pub mod mail;
pub mod master_key;
pub mod metrics;
pub mod notion;
mod opaque_token;
pub mod outbound;
pub mod paging;
pub mod providers;
pub mod quotas;
pub mod redis;
pub mod secrets;
pub mod services;
mod spreadsheet;
pub mod storage;
pub mod tenancy;
pub mod test_sets;
pub mod traces;
pub mod uploads;
pub mod vectors;
pub mod visitors;
pub mod webhooks;

pub use error::{Error, Result};
pub use services::Services;
pub use tenancy::Scope;
