//! Tabs that are pages: each has its own address.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// One tab: its address and its name.
pub type Tab = (&'static str, &'static str);

/// Links to sibling pages; the current one is marked.
#[component]
pub fn TabLinks(
    /// The tabs.
    tabs: &'static [Tab],
    /// What they choose between.
    label: &'static str,
) -> impl IntoView {
    let path = use_location().pathname;
    let link = move |(href, name): &'static Tab| {
        let current = move || path.get() == *href;
        view! {
            <a
                href=*href
                class="-mb-px border-b-2 px-3 py-2 font-medium"
                class=("border-primary", current)
                class=("border-transparent", move || !current())
                class=("muted", move || !current())
                aria-current=move || current().then_some("page")
            >
                {*name}
            </a>
        }
    };
    view! {
        <nav class="mb-6 flex gap-1 overflow-x-auto border-b border-base-300" aria-label=label>
            {tabs.iter().map(link).collect_view()}
        </nav>
    }
}
