//! Being polite to servers: few connections to each, pauses between requests, and longer ones when asked for.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, SemaphorePermit};
use url::Url;

use super::SHORT_PAUSE;

/// Connections to one server at once.
const CONNECTIONS: usize = 2;

/// The servers of a crawl.
#[derive(Debug)]
pub(super) struct Hosts {
    by_name: HashMap<String, Arc<Host>>,
    delay: Duration,
    stopping: Arc<AtomicBool>,
}

/// One server.
#[derive(Debug)]
pub(super) struct Host {
    connections: Semaphore,
    pace: Mutex<Pace>,
    stopping: Arc<AtomicBool>,
}

#[derive(Debug, Clone, Copy)]
struct Pace {
    delay: Duration,
    /// The earliest moment of the next request.
    next: Instant,
}

impl Hosts {
    pub(super) fn new(delay: Duration) -> Self {
        Self {
            by_name: HashMap::new(),
            delay,
            stopping: Arc::default(),
        }
    }

    /// The server of a page.
    pub(super) fn of(&mut self, url: &Url) -> Arc<Host> {
        let host = self.by_name.entry(name(url)).or_insert_with(|| {
            Arc::new(Host {
                connections: Semaphore::new(CONNECTIONS),
                pace: Mutex::new(Pace {
                    delay: self.delay,
                    next: Instant::now(),
                }),
                stopping: Arc::clone(&self.stopping),
            })
        });
        Arc::clone(host)
    }

    /// Leaves at least this time between two requests to the server.
    pub(super) fn slow_down(&mut self, url: &Url, delay: Duration) {
        self.of(url).change(|pace| pace.delay = pace.delay.max(delay));
    }

    /// Sends nothing to the server for so long.
    pub(super) fn pause(&mut self, url: &Url, pause: Duration) {
        let until = Instant::now() + pause;
        self.of(url).change(|pace| pace.next = pace.next.max(until));
    }

    /// How long until a page may be asked for.
    pub(super) fn pause_of(&self, url: &Url) -> Duration {
        let Some(host) = self.by_name.get(&name(url)) else {
            return Duration::ZERO;
        };
        let next = host.change(|pace| pace.next);
        next.saturating_duration_since(Instant::now())
    }

    pub(super) fn stopping(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.stopping)
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }
}

impl Host {
    /// Waits for this request's turn. `None` if the crawl stops, or the server asked for a long pause meanwhile.
    pub(super) async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        let permit = self.connections.acquire().await.ok()?;
        loop {
            if self.stopping.load(Ordering::Relaxed) {
                return None;
            }
            let wait = self.change(|pace| {
                let now = Instant::now();
                let wait = pace.next.saturating_duration_since(now);
                if wait.is_zero() {
                    pace.next = now + pace.delay;
                }
                wait
            });
            if wait.is_zero() {
                return Some(permit);
            }
            if wait > SHORT_PAUSE {
                return None;
            }
            tokio::time::sleep(wait).await;
        }
    }

    fn change<T>(&self, change: impl FnOnce(&mut Pace) -> T) -> T {
        change(&mut self.pace.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn name(url: &Url) -> String {
    let port = url.port_or_known_default().unwrap_or_default();
    format!("{}:{port}", url.host_str().unwrap_or_default())
}
