//! How much is open at the same time: streams and bodies that take long. Counted in each server's memory, as limits per
//! address are.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use domain::Error;
use uuid::Uuid;

/// Seconds after which something may have been closed.
const RETRY_SECONDS: u64 = 10;

/// Whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Owner {
    /// Of one address, or of an IPv6 network.
    Address(IpAddr),
    /// Of one conversation.
    Conversation(Uuid),
    /// Of one person of a team.
    Person(Uuid),
    /// Of everybody.
    Anybody,
}

/// What is open. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Open(Arc<Mutex<HashMap<Owner, usize>>>);

/// One that is open, until it is dropped.
#[derive(Debug)]
pub struct Slot {
    open: Open,
    owners: Vec<Owner>,
}

impl Open {
    /// Opens one more, unless any of these owners has as many as it may already; `what` they are is told then.
    pub fn take(&self, what: &str, owners: &[(Owner, usize)]) -> Result<Slot, Error> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_over =
            |(owner, most): &(Owner, usize)| counts.get(owner).copied().unwrap_or_default() >= *most;
        if owners.iter().any(is_over) {
            let detail =
                format!("Too many {what} are open at the same time. Close some, or try again later.");
            return Err(Error::too_often(detail, RETRY_SECONDS));
        }
        let owners: Vec<Owner> = owners.iter().map(|(owner, _)| *owner).collect();
        for owner in &owners {
            *counts.entry(*owner).or_default() += 1;
        }
        Ok(Slot {
            open: self.clone(),
            owners,
        })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut counts = self.open.0.lock().unwrap_or_else(PoisonError::into_inner);
        for owner in &self.owners {
            if let Some(count) = counts.get_mut(owner) {
                *count -= 1;
                if *count == 0 {
                    counts.remove(owner);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_too_many_is_refused_until_another_is_closed() {
        let open = Open::default();
        let (home, talk) = (
            Owner::Address("203.0.113.7".parse().unwrap()),
            Owner::Conversation(Uuid::nil()),
        );
        let first = open.take("streams", &[(home, 2), (talk, 1)]).unwrap();
        // What is refused for one owner counts for none.
        open.take("streams", &[(home, 2), (talk, 1)]).unwrap_err();
        let second = open.take("streams", &[(home, 2)]).unwrap();
        open.take("streams", &[(home, 2)]).unwrap_err();
        drop(first);
        open.take("streams", &[(home, 2), (talk, 1)]).unwrap();
        drop(second);
        assert!(open.0.lock().unwrap().is_empty());
    }
}
