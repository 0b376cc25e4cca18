//! Sending a source to the draft, as every form here does.

use api_types::client;
use api_types::kb::{AddSourcesRequest, NewSource};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::Wizard;
use crate::session::{Session, use_session};
use crate::ui::form::Form;

/// A form's source on its way into the draft. A handle.
#[derive(Clone, Copy)]
pub struct Adding {
    wizard: Wizard,
    session: Session,
    /// It is being sent.
    pub busy: RwSignal<bool>,
    /// Why it was not taken, where no field says so.
    pub error: RwSignal<Option<String>>,
}

impl Adding {
    /// Nothing is on its way yet.
    pub fn new(wizard: Wizard) -> Self {
        Self {
            wizard,
            session: use_session(),
            busy: RwSignal::new(false),
            error: RwSignal::new(None),
        }
    }

    /// Sends a source. Once it is taken, `clear` empties the fields.
    pub fn send(self, form: Form, source: NewSource, clear: impl FnOnce() + 'static) {
        let Self {
            wizard,
            session,
            busy,
            error,
        } = self;
        busy.set(true);
        error.set(None);
        let sources = vec![source];
        let call = client::kb_drafts::add_sources(wizard.draft.id(), &AddSourcesRequest { sources });
        spawn_local(async move {
            match session.send(&call).await {
                Ok(draft) => {
                    wizard.take_sources(draft);
                    clear();
                    form.reset();
                }
                Err(problem) => error.set(form.refuse(&problem)),
            }
            busy.set(false);
        });
    }
}
