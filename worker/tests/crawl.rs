//! Websites: crawled into a draft, finalized, kept fresh.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "test helpers; lints know tests by their attribute only"
)]

#[expect(dead_code, reason = "shared with tests that use more of it")]
#[path = "../../domain/tests/support/mod.rs"]
mod support;
mod crawl {
    mod delete;
    mod draft;
    mod fixture;
    mod interrupted;
    mod left_out;
    mod quota;
    mod scans;
    mod site;
    mod sync;
}
