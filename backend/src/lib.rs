//! The server: HTTP in front of `domain`.
//!
//! A handler extracts, calls one domain function and wraps what comes back. Routes lie in `routes/<noun>.rs`; the flat
//! table of all of them is in [`routes`].

mod assets;
pub mod audit;
pub mod backup;
pub mod demo;
pub mod doctor;
pub mod embedded;
mod extract;
pub mod healthcheck;
mod key_scopes;
mod listen;
pub mod migrate;
mod open;
mod place;
pub mod plan;
mod problem;
mod pulse;
mod rate_limit;
pub mod routes;
pub mod serve;
pub mod services;
mod sse;
mod state;
mod visit;

pub use problem::Problem;
pub use pulse::Pulse;
pub use state::AppState;
