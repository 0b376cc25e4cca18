//! Those who wait for what becomes of one conversation. Each is woken for its own only: with thousands of answers under way,
//! waking all of them for every change of any would be most of the work.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use api_types::live::{LiveEvent, Topic};
use tokio::sync::broadcast::{self, error::RecvError};
use uuid::Uuid;

use super::Signal;

/// Signals that wait for somebody who has not taken them; who misses some looks anyway.
const CAPACITY: usize = 4;

/// Who waits, by conversation. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Conversations {
    waiting: Arc<Mutex<HashMap<Uuid, Watched>>>,
}

/// A conversation that somebody waits for.
#[derive(Debug)]
struct Watched {
    signals: broadcast::Sender<Signal>,
    /// Signals on their way from this process that say nothing new to it.
    own: usize,
}

/// Signals about one conversation, and those that are for all. Nobody waits any more when it is dropped.
#[derive(Debug)]
pub struct Signals {
    id: Uuid,
    receiver: Option<broadcast::Receiver<Signal>>,
    conversations: Conversations,
}

impl Signals {
    /// The next one.
    pub async fn recv(&mut self) -> Result<Signal, RecvError> {
        match &mut self.receiver {
            Some(receiver) => receiver.recv().await,
            None => Err(RecvError::Closed),
        }
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        let mut waiting = self.conversations.lock();
        // Before it is looked whether somebody is left.
        drop(self.receiver.take());
        let is_last = |watched: &Watched| watched.signals.receiver_count() == 0;
        if waiting.get(&self.id).is_some_and(is_last) {
            waiting.remove(&self.id);
        }
    }
}

impl Conversations {
    fn lock(&self) -> MutexGuard<'_, HashMap<Uuid, Watched>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn watch(&self, id: Uuid) -> Signals {
        let mut waiting = self.lock();
        let watched = waiting.entry(id).or_insert_with(|| Watched {
            signals: broadcast::Sender::new(CAPACITY),
            own: 0,
        });
        let receiver = Some(watched.signals.subscribe());
        drop(waiting);
        Signals {
            id,
            receiver,
            conversations: self.clone(),
        }
    }

    /// One signal is on its way from here: of those that arrive, one wakes nobody. Which one does not matter, as whoever is
    /// woken by the others looks at what there is by then.
    pub(super) fn expect_own(&self, id: Uuid) {
        if let Some(watched) = self.lock().get_mut(&id) {
            watched.own += 1;
        }
    }

    /// It did not get on its way.
    pub(super) fn expect_no_own(&self, id: Uuid) {
        if let Some(watched) = self.lock().get_mut(&id) {
            watched.own = watched.own.saturating_sub(1);
        }
    }

    pub(super) fn pass_on(&self, signal: &Signal) {
        let mut waiting = self.lock();
        let Some(id) = conversation_of(&signal.event) else {
            for watched in waiting.values_mut() {
                // What was on its way may have got lost.
                watched.own = 0;
                // Nobody may be waiting by now.
                let _ = watched.signals.send(signal.clone());
            }
            return;
        };
        let Some(watched) = waiting.get_mut(&id) else {
            return;
        };
        if watched.own > 0 && matches!(signal.event, LiveEvent::Changed { .. }) {
            watched.own -= 1;
            return;
        }
        let _ = watched.signals.send(signal.clone());
    }
}

/// Which conversation an event is about; `None` for those that are for all, and an id that nobody waits for otherwise.
fn conversation_of(event: &LiveEvent) -> Option<Uuid> {
    match event {
        LiveEvent::Ready | LiveEvent::Away => None,
        LiveEvent::Changed { what, id } if *what == Topic::Conversation => Some(*id),
        LiveEvent::Changed { .. } => Some(Uuid::nil()),
        LiveEvent::Typing { conversation_id, .. } | LiveEvent::Read { conversation_id, .. } => {
            Some(*conversation_id)
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::broadcast::error::TryRecvError;

    use super::*;

    fn changed(id: Uuid) -> Signal {
        Signal {
            workspace_id: Some(Uuid::max()),
            event: LiveEvent::conversation(id),
        }
    }

    fn next(signals: &mut Signals) -> Result<Signal, TryRecvError> {
        signals.receiver.as_mut().unwrap().try_recv()
    }

    #[test]
    fn each_hears_of_its_own_conversation_and_of_what_is_for_all() {
        let all = Conversations::default();
        let [a, b] = [Uuid::from_u128(1), Uuid::from_u128(2)];
        let (mut of_a, mut of_b) = (all.watch(a), all.watch(b));
        all.pass_on(&changed(a));
        assert!(next(&mut of_a).is_ok());
        assert!(next(&mut of_b).is_err());
        all.pass_on(&Signal {
            workspace_id: None,
            event: LiveEvent::Ready,
        });
        assert!(next(&mut of_a).is_ok() && next(&mut of_b).is_ok());
        drop((of_a, of_b));
        assert!(all.lock().is_empty());
    }

    #[test]
    fn ones_own_signal_wakes_nobody_and_hides_no_other() {
        let all = Conversations::default();
        let id = Uuid::from_u128(1);
        let mut signals = all.watch(id);
        all.expect_own(id);
        all.pass_on(&changed(id));
        assert!(next(&mut signals).is_err(), "it was ours");
        all.pass_on(&changed(id));
        assert!(next(&mut signals).is_ok(), "it was somebody else's");
        // In whichever order they arrive.
        all.expect_own(id);
        all.pass_on(&changed(id));
        all.pass_on(&changed(id));
        assert!(next(&mut signals).is_ok());
        // One that never got on its way hides nothing.
        all.expect_own(id);
        all.expect_no_own(id);
        all.pass_on(&changed(id));
        assert!(next(&mut signals).is_ok());
    }

    #[test]
    fn others_still_wait_when_one_stops() {
        let all = Conversations::default();
        let id = Uuid::from_u128(1);
        let (first, mut second) = (all.watch(id), all.watch(id));
        drop(first);
        all.pass_on(&changed(id));
        assert!(next(&mut second).is_ok());
    }
}
