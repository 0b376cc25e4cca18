//! Streams that are open at the same time: all of them must come to their end.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tokio::sync::Semaphore;
use tokio::task::LocalSet;

use crate::chat::turn;
use crate::memory;
use crate::model::{Model, TOKENS};
use crate::product::{Bench, words};
use crate::report::ms;
use crate::wire::Connection;

/// Streams, unless another number is given.
const STREAMS: usize = 10_000;
/// Streams that are begun at once.
const BEGUN_AT_ONCE: usize = 64;
/// Between two tokens of each.
const BETWEEN: Duration = Duration::from_millis(250);

pub async fn run(arguments: &[&str]) -> Result<()> {
    let streams = match arguments {
        [number] => number.parse().context("give a number of streams")?,
        _ => STREAMS,
    };
    let model = Model::start().await?;
    let Bench { server, bot, .. } = &Bench::start(Some(&model)).await?;
    let (before, _) = memory::of(server.pid())?;
    model.set_pause(BETWEEN);
    model.set_gate(false);

    let path: Rc<str> = format!("/api/v1/bots/{bot}/chat").into();
    let begun = Rc::new(Cell::new(0));
    let turns = Arc::new(Semaphore::new(BEGUN_AT_ONCE));
    let local = LocalSet::new();
    let open: Vec<_> = (0..streams)
        .map(|number| {
            let (address, path) = (server.address.clone(), Rc::clone(&path));
            local.spawn_local(one(
                address,
                path,
                number as u64,
                Rc::clone(&begun),
                Arc::clone(&turns),
            ))
        })
        .collect();
    let began = Instant::now();
    let pid = server.pid();
    let gate = async {
        while begun.get() < streams {
            ensure!(
                began.elapsed() < Duration::from_secs(180),
                "only {} streams were begun",
                begun.get()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let took = began.elapsed();
        let (memory, _) = memory::of(pid)?;
        println!(
            "{streams} streams open after {:.1} s; memory {memory:.0} MB (before: {before:.0} MB)",
            took.as_secs_f64()
        );
        let opened = Instant::now();
        model.set_gate(true);
        Ok::<_, anyhow::Error>(opened)
    };
    let opened = local.run_until(gate).await?;
    local.await;
    let took = opened.elapsed();
    let (mut complete, mut gaps) = (0, Vec::new());
    for stream in open {
        match stream.await? {
            Ok(longest) => {
                complete += 1;
                gaps.push(ms(longest));
            }
            Err(error) => eprintln!("a stream broke: {error:#}"),
        }
    }
    gaps.sort_by(f64::total_cmp);
    let (_, most) = memory::of(pid)?;
    let tokens = streams * TOKENS;
    println!(
        "{complete} of {streams} complete, {:.0} tokens a second; memory at most {most:.0} MB",
        tokens as f64 / took.as_secs_f64()
    );
    let quantile = |share: usize| gaps.get(gaps.len() * share / 100).copied().unwrap_or_default();
    println!(
        "longest pause of a stream between two pieces: half under {:.0} ms, 99 % under {:.0} ms (the model sends every {} ms)",
        quantile(50),
        quantile(99),
        BETWEEN.as_millis()
    );
    ensure!(complete == streams, "streams were lost");
    Ok(())
}

/// One stream from its beginning to its end; answers its longest pause.
async fn one(
    address: String,
    path: Rc<str>,
    number: u64,
    begun: Rc<Cell<usize>>,
    turns: Arc<Semaphore>,
) -> Result<Duration> {
    let mut turn_to_begin = Some(turns.acquire_owned().await?);
    let mut connection = Connection::open(&address).await?;
    let request = turn(&path, &words::question(number % 50), true);
    let (mut last, mut longest, mut is_whole) = (None::<Instant>, Duration::ZERO, false);
    connection
        .send(&request, |piece| {
            if turn_to_begin.is_some() && memchr::memmem::find(piece, b"event: sources").is_some() {
                turn_to_begin = None;
                begun.set(begun.get() + 1);
            }
            if memchr::memmem::find(piece, b"event: delta").is_some() {
                let now = Instant::now();
                longest = longest.max(last.map_or(Duration::ZERO, |last| now - last));
                last = Some(now);
            }
            is_whole |= memchr::memmem::find(piece, b"event: done").is_some();
        })
        .await?;
    ensure!(is_whole, "it ended without its end");
    Ok(longest)
}
