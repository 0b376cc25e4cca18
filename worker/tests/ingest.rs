//! Documents on their way into the index, with a worker in this process.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "test helpers; lints know tests by their attribute only"
)]

#[path = "../../domain/tests/support/fake_embed.rs"]
#[expect(dead_code, reason = "the client's own tests have it misbehave in more ways")]
mod fake_embed;
#[path = "../../domain/tests/support/mod.rs"]
mod support;
mod ingest {
    mod documents;
    mod edits;
    mod embeddings;
    mod filters;
    mod fixture;
    mod jobs;
    mod purge;
}
