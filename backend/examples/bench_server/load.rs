//! Many clients at once, each with a connection of its own.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::task::LocalSet;

use crate::wire::Connection;

/// How long clients ask before it counts.
const WARM_UP: Duration = Duration::from_secs(2);
/// How long one round is.
pub const ROUND: Duration = Duration::from_secs(5);
/// Rounds of each figure.
pub const ROUNDS: usize = 5;

/// One round.
#[derive(Debug, Clone)]
pub struct Round {
    /// Answers a second.
    pub rate: f64,
    /// Time from when each request was due to the end of its answer, shortest first.
    pub latencies: Vec<Duration>,
}

impl Round {
    /// The time within which this share of the answers came.
    pub fn quantile(&self, share: f64) -> Duration {
        let last = self.latencies.len().saturating_sub(1);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a place in the list"
        )]
        let at = (last as f64 * share).round() as usize;
        self.latencies.get(at).copied().unwrap_or_default()
    }
}

/// Whom to ask what, and how hard.
#[derive(Clone)]
pub struct Load {
    /// The server.
    pub address: String,
    /// Clients.
    pub clients: usize,
    /// Requests a second of all clients together; as many as there are answers to when `None`.
    pub rate: Option<f64>,
    /// Makes the request with this number.
    pub request: Rc<dyn Fn(u64) -> Vec<u8>>,
}

impl Load {
    /// Warms up, then runs the rounds.
    pub async fn run(&self) -> Result<Vec<Round>> {
        let numbers = Rc::new(Cell::new(0));
        self.round(WARM_UP, &numbers).await?;
        let mut rounds = Vec::with_capacity(ROUNDS);
        for _ in 0..ROUNDS {
            rounds.push(self.round(ROUND, &numbers).await?);
        }
        Ok(rounds)
    }

    async fn round(&self, length: Duration, numbers: &Rc<Cell<u64>>) -> Result<Round> {
        let local = LocalSet::new();
        let began = Instant::now();
        let clients: Vec<_> = (0..self.clients)
            .map(|index| local.spawn_local(client(self.clone(), index, began, length, Rc::clone(numbers))))
            .collect();
        local.await;
        let took = began.elapsed();
        let mut latencies = Vec::new();
        for client in clients {
            latencies.extend(client.await??);
        }
        latencies.sort_unstable();
        Ok(Round {
            rate: latencies.len() as f64 / took.as_secs_f64(),
            latencies,
        })
    }
}

async fn client(
    load: Load,
    index: usize,
    began: Instant,
    length: Duration,
    numbers: Rc<Cell<u64>>,
) -> Result<Vec<Duration>> {
    let mut connection = Connection::open(&load.address).await?;
    let mut latencies = Vec::new();
    let pause = load
        .rate
        .map(|rate| Duration::from_secs_f64(load.clients as f64 / rate));
    // Spread over the pause, so that they do not all ask at once.
    let mut due = began
        + pause
            .unwrap_or_default()
            .mul_f64(index as f64 / load.clients as f64);
    while began.elapsed() < length {
        match pause {
            Some(pause) => {
                tokio::time::sleep_until(due.into()).await;
                send(&load, &mut connection, &numbers).await?;
                // Since it was due, so that waiting for the answer before counts.
                latencies.push(due.elapsed());
                due += pause;
            }
            None => {
                let sent = Instant::now();
                send(&load, &mut connection, &numbers).await?;
                latencies.push(sent.elapsed());
            }
        }
    }
    Ok(latencies)
}

async fn send(load: &Load, connection: &mut Connection, numbers: &Cell<u64>) -> Result<()> {
    let number = numbers.get();
    numbers.set(number + 1);
    connection.send(&(load.request)(number), |_| {}).await
}
