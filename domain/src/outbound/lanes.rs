//! Connections to model providers.
//!
//! Over HTTP/2 all requests of a client to one server share a connection, and a server lets only so many be open on it: a further
//! one would wait within the client until another has ended, and answers of models last for seconds. So there are as many clients
//! as it takes, the *lanes*. A request takes the first lane that has room on its way to that server; those behind empty first, and
//! their connections close after a while without use. Over HTTP/1.1 a request has a connection to itself in any lane.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use reqwest::Client;
use url::{Origin, Url};

use crate::metrics::Counted;

/// Requests to one server in one lane. Servers are asked not to allow fewer streams on a connection than this (RFC 9113, 6.5.2), and
/// those that are in use don't.
pub(super) const MOST: u32 = 100;

/// Clients that are made when they are needed.
#[derive(Clone)]
pub(super) struct Lanes(Arc<Inner>);

struct Inner {
    /// Of the first lane. Also what stands in for one that can't be made.
    first: Client,
    make: Box<dyn Fn() -> anyhow::Result<Client> + Send + Sync>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The lanes behind the first.
    more: Vec<Arc<OnceLock<Client>>>,
    /// What is under way to each server, by lane. Servers to which nothing is are left out.
    under_way: HashMap<Origin, Vec<u32>>,
}

impl Lanes {
    pub(super) fn new(
        make: impl Fn() -> anyhow::Result<Client> + Send + Sync + 'static,
    ) -> anyhow::Result<Self> {
        Ok(Self(Arc::new(Inner {
            first: make()?,
            make: Box::new(make),
            state: Mutex::default(),
        })))
    }

    /// The client for what is over soon.
    pub(super) fn first(&self) -> &Client {
        &self.0.first
    }

    /// A client with room for one more request to the server of this address, which it has until the slot is dropped.
    pub(super) fn take(&self, url: &Url) -> (Client, Slot) {
        let origin = url.origin();
        let (lane, client) = self.0.state().take(&origin);
        let client = match client {
            None => self.0.first.clone(),
            // Outside of the lock: reading the certificate authorities takes milliseconds.
            Some(client) => client.get_or_init(|| self.0.make()).clone(),
        };
        let slot = Slot {
            lanes: self.clone(),
            origin,
            lane,
            _counted: Counted::provider_request(),
        };
        (client, slot)
    }
}

impl Inner {
    fn make(&self) -> Client {
        (self.make)().unwrap_or_else(|error| {
            tracing::warn!(%error, "answers of a provider may wait for one another");
            self.first.clone()
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The number of a lane with room, and its client unless it is the first.
    fn take(&mut self, origin: &Origin) -> (usize, Option<Arc<OnceLock<Client>>>) {
        let by_lane = self.under_way.entry(origin.clone()).or_default();
        let lane = by_lane.iter().position(|&count| count < MOST);
        let lane = lane.unwrap_or_else(|| {
            by_lane.push(0);
            by_lane.len() - 1
        });
        by_lane[lane] += 1;
        let Some(behind) = lane.checked_sub(1) else {
            return (lane, None);
        };
        if self.more.len() <= behind {
            self.more.resize_with(behind + 1, Arc::default);
        }
        (lane, Some(Arc::clone(&self.more[behind])))
    }

    fn give_back(&mut self, origin: &Origin, lane: usize) {
        let Some(by_lane) = self.under_way.get_mut(origin) else {
            return;
        };
        if let Some(count) = by_lane.get_mut(lane) {
            *count -= 1;
        }
        while by_lane.last() == Some(&0) {
            by_lane.pop();
        }
        if by_lane.is_empty() {
            self.under_way.remove(origin);
        }
    }
}

impl fmt::Debug for Lanes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lanes")
    }
}

/// Room for one request. Kept until all of its answer was read, or nobody wants it any more.
#[derive(Debug)]
#[must_use]
pub(crate) struct Slot {
    lanes: Lanes,
    origin: Origin,
    lane: usize,
    _counted: Counted,
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.lanes.0.state().give_back(&self.origin, self.lane);
    }
}

#[cfg(test)]
mod tests {
    use super::super::client;
    use super::*;

    fn lanes() -> Lanes {
        Lanes::new(|| Ok(client().build()?)).unwrap()
    }

    #[test]
    fn lanes_fill_and_empty_from_the_first() {
        let lanes = lanes();
        let one = Url::parse("https://one.example/v1").unwrap();
        let mut slots: Vec<Slot> = (0..2 * MOST + 1).map(|_| lanes.take(&one).1).collect();
        let by_lane = |url: &Url| lanes.0.state().under_way.get(&url.origin()).cloned();
        assert_eq!(by_lane(&one), Some(vec![MOST, MOST, 1]));

        let other = Url::parse("https://other.example/v1").unwrap();
        let elsewhere = lanes.take(&other).1;
        assert_eq!(by_lane(&other), Some(vec![1]), "each server has room of its own");

        drop(slots.remove(0));
        assert_eq!(by_lane(&one), Some(vec![MOST - 1, MOST, 1]));
        slots.push(
            lanes
                .take(&Url::parse("https://one.example/other/path").unwrap())
                .1,
        );
        assert_eq!(
            by_lane(&one),
            Some(vec![MOST, MOST, 1]),
            "what is free is taken first"
        );

        drop((slots, elsewhere));
        assert!(
            lanes.0.state().under_way.is_empty(),
            "nothing is kept of servers of before"
        );
    }
}
