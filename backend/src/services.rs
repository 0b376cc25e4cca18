//! `botwright services`: the private servers alone, for tests and tools.

use std::path::Path;
use std::{io, thread};

use anyhow::Result;
use tokio::sync::oneshot;

use crate::embedded::{Durability, Embedded};
use crate::serve::StopSignals;

/// Starts the servers, prints one line of JSON with their addresses, and stops them when standard input ends or
/// a signal comes.
pub async fn run(data_dir: &Path, scratch: bool) -> Result<()> {
    let mut signals = StopSignals::new()?;
    let durability = if scratch {
        Durability::Scratch
    } else {
        Durability::Durable
    };
    let servers = tokio::select! {
        servers = Embedded::start(data_dir, durability) => servers?,
        () = signals.any() => return Ok(()),
    };
    let addresses =
        serde_json::json!({ "database_url": servers.database_url(), "redis_url": servers.redis_url() });
    println!("{addresses}");
    tokio::select! {
        _ = end_of_input() => {}
        () = signals.any() => {}
    }
    servers.stop().await
}

/// Ready when standard input has ended. On a thread of its own: Tokio's would keep the program from ending.
fn end_of_input() -> oneshot::Receiver<()> {
    let (sender, receiver) = oneshot::channel();
    thread::spawn(move || {
        // An error is an end, too.
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        let _ = sender.send(());
    });
    receiver
}
