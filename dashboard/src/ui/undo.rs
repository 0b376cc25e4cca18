//! Changes that are shown at once, saved behind that, and undone by one press.

use api_types::client::{Call, ClientError};
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::de::DeserializeOwned;

use super::toast::{Toasts, use_toasts};
use crate::session::{Session, use_session};

/// Something that has one of several states, shown here and kept on the server. A handle.
pub struct Undoable<S: 'static, T: 'static> {
    session: Session,
    toasts: Toasts,
    /// Shows a state. Called also when the page was left.
    show: Callback<S>,
    /// What saves a state; given the one before it.
    save: StoredValue<Save<S, T>>,
    /// Takes in what the server answered.
    saved: Callback<T>,
}

type Save<S, T> = Box<dyn Fn(&S, &S) -> Option<Call<T>> + Send + Sync>;

impl<S, T> Clone for Undoable<S, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S, T> Copy for Undoable<S, T> {}

/// `show` draws a state; `save` is the call that brings something from the first state to the second, if there is one; `saved` takes
/// in the answer.
pub fn undoable<S, T>(
    show: impl Fn(S) + Send + Sync + 'static,
    save: impl Fn(&S, &S) -> Option<Call<T>> + Send + Sync + 'static,
    saved: impl Fn(T) + Send + Sync + 'static,
) -> Undoable<S, T>
where
    S: Clone + Send + Sync + 'static,
    T: DeserializeOwned + Send + Sync + 'static,
{
    Undoable {
        session: use_session(),
        toasts: use_toasts(),
        show: Callback::new(show),
        save: StoredValue::new(Box::new(save)),
        saved: Callback::new(saved),
    }
}

impl<S, T> Undoable<S, T>
where
    S: Clone + Send + Sync + 'static,
    T: DeserializeOwned + Send + Sync + 'static,
{
    /// Goes to another state: on the page at once. When the server refuses, the page shows the state before, and why.
    pub fn go(self, before: S, after: S, words: impl Into<String>) {
        let words = words.into();
        // The calls are made now: the page may be left before somebody undoes it.
        let calls = self
            .save
            .try_with_value(|save| (save(&before, &after), save(&after, &before)));
        let Some((Some(call), back)) = calls else { return };
        self.show.try_run(after.clone());
        spawn_local(async move {
            match self.session.send(&call).await {
                Ok(answer) => {
                    self.saved.try_run(answer);
                    match back {
                        Some(back) => {
                            let undo = move || self.undo(&back, before.clone(), after.clone());
                            self.toasts.offer_undo(words, undo);
                        }
                        None => self.toasts.say(words),
                    }
                }
                Err(problem) => self.refused(before, &problem),
            }
        });
    }

    fn undo(self, back: &Call<T>, before: S, after: S) {
        self.show.try_run(before);
        let back = back.clone();
        spawn_local(async move {
            match self.session.send(&back).await {
                Ok(answer) => {
                    self.saved.try_run(answer);
                    self.toasts.say(tr!("Undone."));
                }
                Err(problem) => self.refused(after, &problem),
            }
        });
    }

    fn refused(self, state: S, problem: &ClientError) {
        self.show.try_run(state);
        self.toasts.fail(problem);
    }
}
