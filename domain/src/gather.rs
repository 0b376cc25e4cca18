//! Work that is wanted at the same time, done together.
//!
//! What comes alone is done at once; while that is under way, what comes gathers, and is done next, all of it at once. So nothing
//! waits for others to come, and the more there is to do, the less each costs.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Context;
use tokio::sync::oneshot;

use crate::{Error, Result};

/// Pieces of work that are done at once, at most.
const MOST: usize = 64;

/// A piece of work, and who waits for what becomes of it.
type Waiting<T, R> = (T, oneshot::Sender<Result<R>>);

/// All that waits.
type All<K, T, R> = HashMap<K, Vec<Waiting<T, R>>>;

/// What waits to be done, by what can be done together. A key is there while somebody works on it. Cheap to clone.
#[derive(Debug)]
pub(crate) struct Gather<K, T, R> {
    waiting: Arc<Mutex<All<K, T, R>>>,
}

impl<K, T, R> Clone for Gather<K, T, R> {
    fn clone(&self) -> Self {
        Self {
            waiting: Arc::clone(&self.waiting),
        }
    }
}

impl<K, T, R> Default for Gather<K, T, R> {
    fn default() -> Self {
        Self {
            waiting: Arc::default(),
        }
    }
}

impl<K, T, R> Gather<K, T, R>
where
    K: Eq + Hash + Clone + Send + 'static,
    T: Clone + Send + Sync + 'static,
    R: Send + 'static,
{
    /// Has a piece of work done, and answers what became of it. `work` does some at once, and answers for each, in their order; when it
    /// fails for several, it is asked for each alone.
    pub(crate) async fn join<W, F>(&self, key: K, piece: T, work: W) -> Result<R>
    where
        W: Fn(Vec<T>) -> F + Send + Sync + 'static,
        F: Future<Output = Result<Vec<R>>> + Send,
    {
        let (sender, done) = oneshot::channel();
        if self.add(&key, (piece, sender)) {
            let mut working = Working {
                gather: self.clone(),
                key,
                is_done: false,
            };
            // In a task of its own: whoever comes first does not work for the others for ever.
            tokio::spawn(async move { working.run(work).await });
        }
        done.await.context("the task that does the work ended")?
    }

    fn lock(&self) -> MutexGuard<'_, All<K, T, R>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers whether nobody works on it yet.
    fn add(&self, key: &K, waiting: Waiting<T, R>) -> bool {
        let mut all = self.lock();
        if let Some(others) = all.get_mut(key) {
            others.push(waiting);
            return false;
        }
        all.insert(key.clone(), vec![waiting]);
        true
    }
}

/// Whoever works on what has one key.
struct Working<K: Eq + Hash, T, R> {
    gather: Gather<K, T, R>,
    key: K,
    is_done: bool,
}

impl<K, T, R> Working<K, T, R>
where
    K: Eq + Hash + Clone + Send + 'static,
    T: Clone + Send + Sync + 'static,
    R: Send + 'static,
{
    async fn run<W, F>(&mut self, work: W)
    where
        W: Fn(Vec<T>) -> F,
        F: Future<Output = Result<Vec<R>>>,
    {
        while let Some(waiting) = self.take() {
            let (pieces, senders): (Vec<_>, Vec<_>) = waiting.into_iter().unzip();
            let results = all_or_each(pieces, &work).await;
            for (sender, result) in senders.into_iter().zip(results) {
                // Nobody waits any more when the server stops.
                let _ = sender.send(result);
            }
        }
    }

    /// The next ones; `None`, and nobody works any more, when there are none.
    fn take(&mut self) -> Option<Vec<Waiting<T, R>>> {
        let mut all = self.gather.lock();
        let waiting = all.get_mut(&self.key)?;
        if waiting.is_empty() {
            all.remove(&self.key);
            self.is_done = true;
            return None;
        }
        let count = waiting.len().min(MOST);
        Some(waiting.drain(..count).collect())
    }
}

impl<K: Eq + Hash, T, R> Drop for Working<K, T, R> {
    /// Should it panic, those who wait learn it, and the next one works anew.
    fn drop(&mut self) {
        if !self.is_done {
            let mut all = self.gather.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            all.remove(&self.key);
        }
    }
}

/// What can't be done must not take the others along.
async fn all_or_each<T, R, W, F>(pieces: Vec<T>, work: &W) -> Vec<Result<R>>
where
    T: Clone,
    W: Fn(Vec<T>) -> F,
    F: Future<Output = Result<Vec<R>>>,
{
    let count = pieces.len();
    let error = match work(pieces.clone()).await {
        Ok(results) => return results.into_iter().map(Ok).collect(),
        Err(error) => error,
    };
    let is_away = matches!(error, Error::Unavailable { .. });
    if count > 1 && !is_away {
        let mut results = Vec::with_capacity(count);
        for piece in pieces {
            let result = work(vec![piece]).await;
            results.push(result.and_then(|mut all| Ok(all.pop().context("no result")?)));
        }
        return results;
    }
    let text = format!("{error:#}");
    let mut results = vec![Err(error)];
    results.resize_with(count, || Err(copy(is_away, &text)));
    results
}

fn copy(is_away: bool, text: &str) -> Error {
    let source = anyhow::anyhow!(text.to_owned());
    if is_away {
        return Error::Unavailable {
            part: "Postgres",
            source,
        };
    }
    source.into()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::sync::{Notify, mpsc};

    use super::*;

    /// Does the pieces that it is given, once it is let; odd ones among others can't be done.
    async fn work(
        done: mpsc::UnboundedSender<Vec<u32>>,
        go: Arc<Notify>,
        pieces: Vec<u32>,
    ) -> Result<Vec<u32>> {
        done.send(pieces.clone()).unwrap();
        go.notified().await;
        match &pieces[..] {
            [13] => panic!("as told"),
            [_] => Ok(pieces),
            _ if pieces.iter().any(|piece| piece % 2 == 1) => Err(Error::not_found("piece")),
            _ => Ok(pieces),
        }
    }

    struct Bench {
        gather: Gather<&'static str, u32, u32>,
        sender: mpsc::UnboundedSender<Vec<u32>>,
        done: mpsc::UnboundedReceiver<Vec<u32>>,
        go: Arc<Notify>,
    }

    impl Bench {
        fn new() -> Self {
            let (sender, done) = mpsc::unbounded_channel();
            Self {
                gather: Gather::default(),
                sender,
                done,
                go: Arc::default(),
            }
        }

        fn join(&self, piece: u32) -> tokio::task::JoinHandle<Result<u32>> {
            let (gather, sender, go) = (self.gather.clone(), self.sender.clone(), Arc::clone(&self.go));
            tokio::spawn(async move {
                gather
                    .join("a", piece, move |pieces| {
                        work(sender.clone(), Arc::clone(&go), pieces)
                    })
                    .await
            })
        }

        /// What is begun next.
        async fn begun(&mut self) -> Vec<u32> {
            self.done.recv().await.unwrap()
        }

        /// Has pieces come while one is under way, each in its turn.
        async fn gathered(&self, pieces: &[u32]) -> Vec<tokio::task::JoinHandle<Result<u32>>> {
            let mut joined = Vec::new();
            for (&piece, count) in pieces.iter().zip(1..) {
                joined.push(self.join(piece));
                while self.gather.lock().get("a").map_or(0, Vec::len) < count {
                    tokio::task::yield_now().await;
                }
            }
            joined
        }
    }

    #[tokio::test]
    async fn what_comes_meanwhile_is_done_together() {
        let mut bench = Bench::new();
        let first = bench.join(0);
        assert_eq!(bench.begun().await, [0]);
        let others = bench.gathered(&[2, 4, 6]).await;
        bench.go.notify_one();
        assert_eq!(first.await.unwrap().unwrap(), 0);
        assert_eq!(bench.begun().await, [2, 4, 6]);
        bench.go.notify_one();
        for (other, piece) in others.into_iter().zip([2, 4, 6]) {
            assert_eq!(other.await.unwrap().unwrap(), piece);
        }
    }

    #[tokio::test]
    async fn one_that_fails_does_not_take_the_others_along() {
        let mut bench = Bench::new();
        let first = bench.join(0);
        bench.begun().await;
        let others = bench.gathered(&[2, 3]).await;
        bench.go.notify_one();
        first.await.unwrap().unwrap();
        for expected in [&[2, 3][..], &[2], &[3]] {
            assert_eq!(bench.begun().await, expected);
            bench.go.notify_one();
        }
        for (other, piece) in others.into_iter().zip([2, 3]) {
            assert_eq!(other.await.unwrap().unwrap(), piece);
        }
    }

    #[tokio::test]
    async fn after_a_panic_others_are_done() {
        let mut bench = Bench::new();
        let first = bench.join(13);
        bench.begun().await;
        let waiting = bench.gathered(&[2]).await;
        bench.go.notify_one();
        assert!(first.await.unwrap().is_err());
        for waiting in waiting {
            assert!(waiting.await.unwrap().is_err());
        }
        let next = bench.join(4);
        assert_eq!(bench.begun().await, [4]);
        bench.go.notify_one();
        assert_eq!(next.await.unwrap().unwrap(), 4);
    }
}
