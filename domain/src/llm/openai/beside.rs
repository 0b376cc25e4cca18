//! An answer that is read in a task of its own.
//!
//! Most servers send each token by itself, and a connection hands them on one at a time, so whoever reads it is woken for each. What
//! makes an answer of them is many futures deep; this task is as shallow as can be, and hands on together what came meanwhile.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::{StreamExt, stream};
use tokio::sync::Notify;
use tokio_util::task::AbortOnDropHandle;

use crate::Result;
use crate::llm::failure::protocol;
use crate::llm::{Piece, PieceStream};

/// Reads on until the stream that it answers is dropped.
pub(super) fn beside(pieces: PieceStream) -> PieceStream {
    let read = Arc::new(Shared::default());
    let reader = Reader {
        shared: Arc::clone(&read),
        reads: true,
    };
    let reading = AbortOnDropHandle::new(tokio::spawn(reader.run(pieces)));
    stream::unfold((read, reading), async |(read, reading)| {
        let piece = read.next().await?;
        Some((piece, (read, reading)))
    })
    .boxed()
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// There is something new.
    told: Notify,
}

#[derive(Default)]
struct State {
    /// What nobody asked for yet, texts that follow one another as one.
    pieces: VecDeque<Result<Piece>>,
    is_over: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn next(&self) -> Option<Result<Piece>> {
        loop {
            {
                let mut state = self.lock();
                if let Some(piece) = state.pieces.pop_front() {
                    return Some(piece);
                }
                if state.is_over {
                    return None;
                }
            }
            self.told.notified().await;
        }
    }
}

/// Whoever reads.
struct Reader {
    shared: Arc<Shared>,
    /// Whether the stream has not come to its end.
    reads: bool,
}

impl Reader {
    async fn run(mut self, mut pieces: PieceStream) {
        while let Some(piece) = pieces.next().await {
            self.add(piece);
        }
        self.reads = false;
    }

    fn add(&self, piece: Result<Piece>) {
        let mut state = self.shared.lock();
        match (state.pieces.back_mut(), piece) {
            (Some(Ok(Piece::Text(text))), Ok(Piece::Text(more))) => text.push_str(&more),
            (_, piece) => state.pieces.push_back(piece),
        }
        drop(state);
        self.shared.told.notify_one();
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        if self.reads {
            // It panicked, or the runtime ends.
            let broken = protocol("The answer broke off before its end.");
            state.pieces.push_back(Err(broken));
        }
        state.is_over = true;
        drop(state);
        self.shared.told.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;
    use crate::Error;
    use crate::llm::Usage;

    #[tokio::test]
    async fn what_came_meanwhile_is_one_piece() {
        let text = |text: &str| Ok(Piece::Text(text.to_owned()));
        let failed = Err(Error::not_found("model"));
        let usage = Ok(Piece::Usage(Usage::default()));
        let came = [text("a"), text("b"), usage, text("c"), text("d"), failed];
        let (sender, read) = oneshot::channel();
        let end = stream::once(async {
            sender.send(()).unwrap();
            Ok(Piece::Text("e".to_owned()))
        });
        let pieces = beside(stream::iter(came).chain(end).boxed());
        read.await.unwrap();
        let shown = pieces.map(|piece| match piece {
            Ok(Piece::Text(text)) => text,
            Ok(Piece::Usage(_)) => "usage".to_owned(),
            Err(_) => "error".to_owned(),
        });
        let shown: Vec<String> = shown.collect().await;
        assert_eq!(shown, ["ab", "usage", "cd", "error", "e"]);
    }

    #[tokio::test]
    async fn a_reader_that_panics_is_no_end() {
        let broken = stream::once(async { panic!("as told") });
        let pieces: Vec<_> = beside(broken.boxed()).collect().await;
        assert!(matches!(&pieces[..], [Err(_)]), "{pieces:?}");
    }

    #[tokio::test]
    async fn nothing_is_read_for_nobody() {
        let (sender, gone) = oneshot::channel::<()>();
        let endless = stream::once(async move {
            let _kept = sender;
            std::future::pending().await
        });
        drop(beside(endless.boxed()));
        gone.await.unwrap_err();
    }
}
