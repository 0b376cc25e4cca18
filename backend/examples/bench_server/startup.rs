//! How soon the server is ready on what there is already, and what it needs while nobody asks.

use std::time::Duration;

use anyhow::Result;

use crate::memory;
use crate::product::{Admin, Options, Server, Servers};
use crate::report::{median, ms, spread};

const STARTS: usize = 7;
/// After so long nothing of the start is going on any more.
const SETTLED: Duration = Duration::from_secs(10);

pub async fn run() -> Result<()> {
    let servers = Servers::start()?;
    // What there is already, and a database that is up to date.
    let server = Server::start(&servers, &Options::default()).await?;
    Admin::enter(&server).await?.knowledge_base().await?;
    drop(server);
    println!("| | ready after: median of {STARTS} (least to most) | memory idle |");
    println!("|---|---|---|");
    for (name, no_embedder) in [("with the built-in embedding model", false), ("without", true)] {
        let (mut times, mut idle) = (Vec::new(), 0.0);
        for number in 0..STARTS {
            let server = Server::start(
                &servers,
                &Options {
                    no_embedder,
                    ..Options::default()
                },
            )
            .await?;
            times.push(ms(server.ready_after));
            if number + 1 == STARTS {
                tokio::time::sleep(SETTLED).await;
                idle = memory::of(server.pid())?.0;
            }
        }
        let (least, most) = spread(&times);
        println!(
            "| {name} | {:.0} ms ({least:.0} to {most:.0}) | {idle:.0} MB |",
            median(times)
        );
    }
    Ok(())
}
