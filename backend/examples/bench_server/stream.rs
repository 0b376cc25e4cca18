//! Streams that are open at the same time: all of them must come to their end.
//!
//! Each waits after its first token until all of them have one. The model's server speaks HTTP/2 over TLS, as providers do:
//! 10,000 connections of HTTP/1.1 more would not fit into the 20,000 files that a process may open here.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, LocalSet};

use crate::chat::turn;
use crate::memory;
use crate::model::{Model, TOKENS};
use crate::processors::Watch;
use crate::product::{Bench, folder, words};
use crate::report::ms;
use crate::wire::Connection;

/// Streams, unless another number is given.
const STREAMS: usize = 10_000;
/// Streams that are begun at once.
const BEGUN_AT_ONCE: usize = 64;
/// Between two tokens of each.
const BETWEEN: Duration = Duration::from_millis(250);
/// All of them must have begun by then: no answer may last longer than five minutes.
const BEGUN_WITHIN: Duration = Duration::from_secs(120);

/// What became of one stream.
struct Seen {
    /// From sending the question to the first token of the answer.
    first: Duration,
    /// The longest pause between two pieces, but for that before all had begun.
    longest: Duration,
}

pub async fn run(arguments: &[&str]) -> Result<()> {
    let streams = match arguments {
        [number] => number.parse().context("give a number of streams")?,
        _ => STREAMS,
    };
    let model = Model::start_http2(&folder()?).await?;
    let Bench { server, bot, .. } = &Bench::start(Some(&model)).await?;
    // Now, so that the server had to do it for itself.
    raise_open_files()?;
    let pid = server.pid();
    let (before, _) = memory::of(pid)?;
    model.set_pause(BETWEEN);
    model.set_gate(false);

    let path: Rc<str> = format!("/api/v1/bots/{bot}/chat").into();
    let begun = Rc::new(Cell::new(0));
    let turns = Arc::new(Semaphore::new(BEGUN_AT_ONCE));
    let local = LocalSet::new();
    let open: Vec<_> = (0..streams)
        .map(|number| {
            let (address, path) = (server.address.clone(), Rc::clone(&path));
            let (begun, turns) = (Rc::clone(&begun), Arc::clone(&turns));
            local.spawn_local(one(address, path, number as u64, begun, turns))
        })
        .collect();
    let began = Instant::now();
    local.run_until(all_begun(&begun, &open, began)).await;
    let took = began.elapsed().as_secs_f64();
    println!(
        "{} of {streams} streams open at once after {took:.1} s; memory {:.0} MB (before: {before:.0} MB)",
        begun.get(),
        memory::of(pid)?.0
    );
    let watch = Watch::begin()?;
    let opened = Instant::now();
    model.set_gate(true);
    local.await;
    let took = opened.elapsed().as_secs_f64();
    let used = watch.used()?;
    let complete = report(open).await?;
    let (_, most) = memory::of(pid)?;
    println!("{complete} of {streams} complete, {} failed", streams - complete);
    println!(
        "{:.0} tokens a second; memory at most {most:.0} MB; processors used: {used}",
        (complete * TOKENS) as f64 / took
    );
    ensure!(complete == streams, "streams were lost");
    Ok(())
}

/// Waits until each stream has its first token, or failed.
async fn all_begun(begun: &Cell<usize>, open: &[JoinHandle<Result<Seen>>], began: Instant) {
    while began.elapsed() < BEGUN_WITHIN {
        let failed = open.iter().filter(|stream| stream.is_finished()).count();
        if begun.get() + failed >= open.len() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Prints how long they took; answers how many are complete.
async fn report(open: Vec<JoinHandle<Result<Seen>>>) -> Result<usize> {
    let (mut first, mut longest, mut failures) = (Vec::new(), Vec::new(), 0);
    for stream in open {
        match stream.await? {
            Ok(seen) => {
                first.push(ms(seen.first));
                longest.push(ms(seen.longest));
            }
            Err(error) => {
                failures += 1;
                if failures <= 10 {
                    eprintln!("a stream broke: {error:#}");
                }
            }
        }
    }
    print_spread("time to the first token", &mut first);
    print_spread("longest pause between two pieces of a stream", &mut longest);
    println!("(the model sends a token every {} ms)", BETWEEN.as_millis());
    Ok(first.len())
}

fn print_spread(name: &str, times: &mut [f64]) {
    times.sort_by(f64::total_cmp);
    let quantile = |share: usize| {
        let last = times.len().saturating_sub(1);
        times.get(last * share / 100).copied().unwrap_or_default()
    };
    println!(
        "{name}: median {:.0} ms, p99 {:.0} ms ({:.0} to {:.0} ms)",
        quantile(50),
        quantile(99),
        quantile(0),
        quantile(100)
    );
}

/// Each stream is a connection, and systems give a program few files to begin with.
fn raise_open_files() -> Result<()> {
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE)?;
    Ok(setrlimit(Resource::RLIMIT_NOFILE, most, most)?)
}

/// One stream from its beginning to its end.
async fn one(
    address: String,
    path: Rc<str>,
    number: u64,
    begun: Rc<Cell<usize>>,
    turns: Arc<Semaphore>,
) -> Result<Seen> {
    let mut turn_to_begin = Some(turns.acquire_owned().await?);
    let mut connection = Connection::open(&address).await?;
    let request = turn(&path, &words::question(number % 50), true);
    let sent = Instant::now();
    let (mut first, mut last, mut longest, mut is_whole) = (None, None::<Instant>, Duration::ZERO, false);
    connection
        .send(&request, |piece| {
            if memchr::memmem::find(piece, b"event: delta").is_some() {
                if first.is_none() {
                    first = Some(sent.elapsed());
                    turn_to_begin = None;
                    begun.set(begun.get() + 1);
                } else {
                    let now = Instant::now();
                    longest = longest.max(last.map_or(Duration::ZERO, |last| now - last));
                    last = Some(now);
                }
            }
            is_whole |= memchr::memmem::find(piece, b"event: done").is_some();
        })
        .await?;
    ensure!(is_whole, "it ended without its end");
    let first = first.context("it had no token")?;
    Ok(Seen { first, longest })
}
