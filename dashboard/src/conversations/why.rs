//! Why an answer is what it is.

use api_types::client;
use api_types::retrieval::MessageRetrieval;
use leptos::prelude::*;
use uuid::Uuid;

use crate::retrieval::{Candidates, not_reranked};
use crate::ui::dialog::Dialog;
use crate::ui::load::{load, loaded, rows};

/// Conversation and message whose search is shown.
pub type Asking = RwSignal<Option<(Uuid, Uuid)>>;

/// Opens when a message is chosen.
#[component]
pub fn WhyDialog(
    /// The message.
    asking: Asking,
) -> impl IntoView {
    let open = RwSignal::new(false);
    Effect::new(move |_| {
        if asking.with(Option::is_some) {
            open.set(true);
        }
    });
    Effect::new(move |_| {
        if !open.get() {
            asking.set(None);
        }
    });
    view! {
        <Dialog open=open title=tr!("Why this answer") wide=true>
            {move || {
                asking
                    .get()
                    .map(|(conversation, message)| {
                        let retrieval = load(move || client::conversations::retrieval(conversation, message));
                        loaded(
                            retrieval,
                            rows,
                            |found| view! { <Retrieval found=found.get_untracked() /> },
                        )
                    })
            }}
        </Dialog>
    }
}

#[component]
fn Retrieval(found: MessageRetrieval) -> impl IntoView {
    let sure = format!("{:.0} %", found.relevance * 100.0);
    let decision = if found.relevant {
        tr!(
            "{sure} sure that the answer is among what was found, so the bot answered from it.",
            sure
        )
    } else {
        tr!(
            "Only {sure} sure that the answer is among what was found, so the bot did not answer from it.",
            sure
        )
    };
    view! {
        <div class="flex flex-col gap-3">
            <p>
                {tr!("Searched for ")} <strong dir="auto">{found.query}</strong> "."
            </p>
            <p class="muted">{decision}</p>
            {found
                .degraded
                .then(|| view! { <p class="muted">{tr!("Part of the search was away: only words were compared.")}</p> })}
            {found.rerank_error.map(|error| view! { <p class="muted">{not_reranked(&error)}</p> })}
            <Candidates candidates=found.candidates />
        </div>
    }
}
