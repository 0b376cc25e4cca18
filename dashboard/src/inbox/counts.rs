//! How many conversations want to be looked at: beside the place in the navigation, and in the tab's title.

use api_types::client;
use api_types::inbox::InboxCounts;
use api_types::live::{LiveEvent, Topic};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::live::Live;
use crate::session::use_session;

/// What is to be done. A handle.
#[derive(Clone, Copy)]
pub struct Counts(pub RwSignal<InboxCounts>);

impl Counts {
    /// Counts for as long as somebody is signed in.
    pub fn start(live: Live) -> Self {
        let session = use_session();
        let counts = RwSignal::<InboxCounts>::default();
        let count = move || {
            spawn_local(async move {
                // The next event brings the next try.
                if let Ok(now) = session.send(&client::inbox::counts()).await {
                    counts.try_set(now);
                }
            });
        };
        let place = Memo::new(move |_| session.identity().map(|it| (it.user.id, it.workspace.id)));
        Effect::new(move |_| {
            counts.set(InboxCounts::default());
            if place.get().is_some() {
                count();
            }
        });
        live.on(move |event| {
            if matches!(
                event,
                LiveEvent::Ready
                    | LiveEvent::Read { .. }
                    | LiveEvent::Changed {
                        what: Topic::Conversation,
                        ..
                    }
            ) {
                count();
            }
        });
        Self(counts)
    }
}
