//! Talking to a bot: as visitors do, or with its draft, of which nothing is kept.

use leptos::prelude::*;

use super::builder::DraftChat;
use super::frame::{ThisBot, this_bot};
use crate::session::use_session;
use crate::ui::choice::Choice;

/// Who answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    Live,
    Draft,
}

/// The page.
#[component]
pub fn PlaygroundPage() -> impl IntoView {
    let this = this_bot();
    this.title(tr!("Playground"));
    let chosen = RwSignal::new(Version::Live);
    let has_draft = Memo::new(move |_| this.draft.found.with(Option::is_some));
    // What is being made is what there is to try.
    Effect::new(move |_| {
        if has_draft.get() {
            chosen.set(Version::Draft);
        }
    });
    let options = vec![
        (Version::Live, tr!("Live version")),
        (Version::Draft, tr!("Draft")),
    ];
    view! {
        <Show when=move || has_draft.get()>
            <div class="mb-4">
                <Choice label=tr!("Who answers") chosen=chosen options=options.clone() />
            </div>
        </Show>
        <div class="mx-auto max-w-2xl">
            {move || match (chosen.get(), this.draft.found.get()) {
                (Version::Draft, Some(draft)) => view! { <DraftChat draft=draft /> }.into_any(),
                _ => view! { <LiveChat this=this /> }.into_any(),
            }}
        </div>
    }
}

/// The chat that visitors have, on a page of its own.
#[component]
fn LiveChat(this: ThisBot) -> impl IntoView {
    let workspace = use_session().workspace_id().unwrap_or_default();
    view! {
        <section class="panel overflow-hidden" aria-labelledby="live-chat">
            <header class="border-b border-base-300 px-4 py-2">
                <h2 id="live-chat" class="font-semibold">{tr!("As visitors have it")}</h2>
                <p class="muted text-xs">
                    {tr!("A real conversation: it is kept and counted like any other.")}
                </p>
            </header>
            <iframe
                class="h-[calc(100dvh-24rem)] min-h-96 w-full"
                src=format!("/chat/{workspace}/{}", this.id)
                title=tr!("Chat with the live version")
            ></iframe>
        </section>
    }
}
