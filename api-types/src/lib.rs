//! The wire contract of Botwright: what travels between the server and its clients.
//!
//! Every type here is plain data with `serde` names; it compiles for the host and for WASM. The server adds
//! OpenAPI schemas with the feature `openapi`; WASM front ends add the typed client with the feature `client`.

pub mod analytics;
pub mod api_keys;
pub mod appearance;
pub mod audit;
pub mod auth;
pub mod bots;
pub mod chat;
#[cfg(feature = "client")]
pub mod client;
pub mod color;
pub mod connections;
pub mod conversations;
pub mod data;
pub mod drafts;
pub mod embed;
pub mod embeddings;
pub mod gaps;
pub mod identities;
pub mod inbox;
pub mod kb;
pub mod leads;
pub mod live;
pub mod pairs;
pub mod proactive;
pub mod problem;
pub mod providers;
pub mod retrieval;
pub mod sources;
pub mod tenancy;
pub mod test_sets;
pub mod translations;
pub mod uploads;
pub mod usage;
pub mod validate;
pub mod visitors;
pub mod webhooks;

pub use problem::{ErrorCode, FieldError, Problem};

/// One page of a list, newest first.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Page<T> {
    /// The rows of this page.
    pub items: Vec<T>,
    /// Pass this as `?cursor=` to get the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}
