//! Tabs that are pages: each has its own address.

use leptos::html;
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use web_sys::{ScrollIntoViewOptions, ScrollLogicalPosition};

/// One tab: its address and its English name, in `mark!`.
pub type Tab = (&'static str, &'static str);

/// Several tabs.
pub struct Tabs(Vec<(String, &'static str)>);

impl From<&[Tab]> for Tabs {
    fn from(tabs: &[Tab]) -> Self {
        Self(
            tabs.iter()
                .map(|(href, name)| ((*href).to_owned(), crate::i18n::text(name)))
                .collect(),
        )
    }
}

impl<const N: usize> From<[(String, &'static str); N]> for Tabs {
    fn from(tabs: [(String, &'static str); N]) -> Self {
        Self(tabs.into())
    }
}

/// Links to sibling pages; the current one is marked.
#[component]
pub fn TabLinks(
    /// The tabs.
    #[prop(into)]
    tabs: Tabs,
    /// What they choose between.
    label: &'static str,
) -> impl IntoView {
    let path = use_location().pathname;
    let addresses: Vec<String> = tabs.0.iter().map(|(href, _)| href.clone()).collect();
    // The tab of the address, else the one that the address lies below.
    let here = Memo::new(move |_| {
        path.with(|path| {
            let is_above = |address: &&String| {
                path.strip_prefix(address.as_str())
                    .is_some_and(|rest| rest.starts_with('/'))
            };
            let exact = addresses.iter().find(|address| *address == path);
            exact.or_else(|| addresses.iter().find(is_above)).cloned()
        })
    });
    let link = move |(href, name): (String, &'static str)| {
        let address = href.clone();
        let current = Memo::new(move |_| here.with(|here| here.as_ref() == Some(&address)));
        let tab = NodeRef::<html::A>::new();
        // On a phone not all of them have room at once.
        Effect::new(move |_| {
            if let Some(tab) = tab.get().filter(|_| current.get()) {
                let options = ScrollIntoViewOptions::new();
                options.set_inline(ScrollLogicalPosition::Center);
                options.set_block(ScrollLogicalPosition::Nearest);
                tab.scroll_into_view_with_scroll_into_view_options(&options);
            }
        });
        view! {
            <a
                node_ref=tab
                href=href
                class="-mb-px border-b-2 px-3 py-2 font-medium whitespace-nowrap"
                class=("border-primary", current)
                class=("border-transparent", move || !current.get())
                class=("muted", move || !current.get())
                aria-current=move || current.get().then_some("page")
            >
                {name}
            </a>
        }
    };
    view! {
        <nav class="mb-6 flex gap-1 overflow-x-auto border-b border-base-300" aria-label=label>
            {tabs.0.into_iter().map(link).collect_view()}
        </nav>
    }
}
