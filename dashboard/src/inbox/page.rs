//! The page: on a desk the list beside the conversation, on a phone one at a time.

use api_types::client;
use api_types::live::Topic;
use leptos::prelude::*;
use leptos_router::hooks::{use_location, use_params_map};
use uuid::Uuid;

use super::TABS;
use super::list::{Filters, List};
use super::thread::Thread;
use crate::live::{Live, follow_pages};
use crate::ui::icon::{self, Icon};
use crate::ui::page::PageHead;
use crate::ui::pages::pages;
use crate::ui::tabs::TabLinks;

/// The page.
#[component]
pub fn InboxPage() -> impl IntoView {
    let live = expect_context::<Live>();
    let params = use_params_map();
    let path = use_location().pathname;
    let open: Memo<Option<Uuid>> = Memo::new(move |before: Option<&Option<Uuid>>| {
        // On the way to another page, the id in the address is already something else's.
        if !path.with(|path| path.starts_with("/inbox")) {
            return before.copied().flatten();
        }
        params
            .with(|params| params.get("id"))
            .and_then(|id| id.parse().ok())
    });
    let filters = Filters::of_address();
    let found = pages(move |cursor| client::inbox::list(&filters.wanted(), cursor));
    // Somebody who left their name is called by it.
    follow_pages(found, |what, _| matches!(what, Topic::Conversation | Topic::Lead));
    let is_open = move || open.get().is_some();
    view! {
        <div class:max-md:hidden=is_open>
            <PageHead title=tr!("Inbox") subtitle=tr!("Conversations that people answer, as they happen.")>
                <Connection live=live />
            </PageHead>
            <TabLinks tabs=TABS label=tr!("Inbox") />
        </div>
        <div class="grid grid-cols-1 items-start gap-5 md:grid-cols-[17rem_minmax(0,1fr)]">
            <div class:max-md:hidden=is_open>
                <List filters=filters found=found open=open />
            </div>
            <div class:max-md:hidden=move || !is_open()>
                // The page's own is out of the way then.
                <Show when=is_open>
                    <h1 class="sr-only md:hidden">{tr!("Conversation")}</h1>
                </Show>
                {move || match open.get() {
                    Some(id) => view! { <Thread id=id /> }.into_any(),
                    None => view! { <Choose /> }.into_any(),
                }}
            </div>
        </div>
    }
}

/// Says so when nothing is told live.
#[component]
fn Connection(live: Live) -> impl IntoView {
    view! {
        <p class="muted flex items-center gap-1.5 text-sm" role="status">
            <span
                class="size-2 rounded-full"
                class=("bg-success", move || live.is_connected.get())
                class=("bg-warning", move || !live.is_connected.get())
            ></span>
            {move || if live.is_connected.get() { tr!("Live") } else { tr!("Connecting…") }}
        </p>
    }
}

#[component]
fn Choose() -> impl IntoView {
    view! {
        <div class="panel grid min-h-64 place-items-center p-6 text-center">
            <div class="muted flex flex-col items-center gap-2">
                <Icon glyph=icon::MESSAGES_SQUARE class="size-6" />
                <p>{tr!("Choose a conversation.")}</p>
            </div>
        </div>
    }
}
