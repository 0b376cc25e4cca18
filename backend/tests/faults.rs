//! What becomes of the product when something around it breaks: servers as processes of their own, with a Postgres and a Redis of
//! their own that wait for the disk, killed, frozen and emptied. Each test prints its figure; docs/FAULTS.md has them.
//!
//! Short here; `cargo xtask test --faults` runs the whole of it.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a test that can't be set up has failed, and figures are for people"
)]

#[path = "../../domain/tests/support/fake_openai.rs"]
#[expect(dead_code, reason = "other tests have it misbehave in more ways")]
mod fake_openai;
#[path = "../examples/bench_server/model.rs"]
#[expect(dead_code, reason = "benchmarks hold it back, too")]
mod model;
#[path = "../../domain/tests/support/tls.rs"]
mod tls;
#[path = "../examples/bench_server/wire.rs"]
#[expect(dead_code, reason = "benchmarks only count")]
mod wire;

mod faults {
    mod api;
    mod clients;
    mod clock;
    mod deploys;
    mod disk;
    mod drafts;
    mod jobs;
    mod machine;
    mod models;
    mod postgres;
    mod redis;
    mod stop;
    mod vectors;

    /// How much of something: less in the normal run than in the whole of it.
    fn amount(short: usize, whole: usize) -> usize {
        let is_whole = std::env::var("BOTWRIGHT_FAULTS").is_ok_and(|wanted| wanted == "whole");
        if is_whole { whole } else { short }
    }
}
