//! What the whole server does in a second, and what it costs: `cargo xtask bench {chat,stream,drafts,reads,ingest,growth,startup}`.
//!
//! The server is the release build, a process of its own with a Postgres and a Redis that wait for the disk; load and the
//! model's server come from this process, on the same machine. `docs/PERFORMANCE.md` has the figures and their conditions.
#![expect(clippy::print_stdout, reason = "figures are for people")]

mod chat;
mod drafts;
mod growth;
mod ingest;
mod load;
mod memory;
mod model;
mod processors;
mod product;
mod reads;
mod report;
mod startup;
mod stream;
#[path = "../../../domain/tests/support/tls.rs"]
mod tls;
mod wire;

use anyhow::{Result, bail};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["chat", rest @ ..] => chat::run(rest).await,
        ["stream", rest @ ..] => stream::run(rest).await,
        ["growth"] => growth::run().await,
        ["ingest"] => ingest::run().await,
        ["drafts"] => drafts::run().await,
        ["reads"] => reads::run().await,
        ["startup"] => startup::run().await,
        other => bail!("there is no benchmark of the server called {other:?}"),
    }
}
