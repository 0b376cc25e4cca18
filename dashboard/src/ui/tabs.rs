//! Tabs that are pages: each has its own address.

use leptos::html;
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, ScrollIntoViewOptions, ScrollLogicalPosition};

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

impl From<Vec<(String, &'static str)>> for Tabs {
    fn from(tabs: Vec<(String, &'static str)>) -> Self {
        Self(tabs)
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
    let links = tabs.0.into_iter().map(|(href, name)| {
        let address = href.clone();
        let is_here = move || here.with(|here| here.as_ref() == Some(&address));
        (href, name, Signal::derive(is_here))
    });
    view! {
        <div class="mb-6 border-b border-base-300">
            <TabRow links=links.collect() label=label />
        </div>
    }
}

/// A tab of a row: its address, its name, and whether it is the open one.
pub type Link = (String, &'static str, Signal<bool>);

/// Links side by side. What a phone has no room for is scrolled to; the arrow keys go to the neighbour, Home and End to the
/// ends.
#[component]
pub fn TabRow(
    /// The links.
    links: Vec<Link>,
    /// What they choose between.
    label: &'static str,
) -> impl IntoView {
    let link = move |(href, name, is_here): Link| {
        let tab = NodeRef::<html::A>::new();
        // On a phone not all of them have room at once.
        Effect::new(move |_| {
            if let Some(tab) = tab.get().filter(|_| is_here.get()) {
                center(&tab);
            }
        });
        // Browsers leave alone what is partly in sight.
        let on_focus = move |_| {
            if let Some(tab) = tab.get_untracked() {
                show(&tab);
            }
        };
        view! {
            <a
                node_ref=tab
                href=href
                class="-mb-px border-b-2 px-2.5 py-2 font-medium whitespace-nowrap focus-visible:-outline-offset-2 sm:px-3"
                class=("border-primary", is_here)
                class=("border-transparent", move || !is_here.get())
                class=("muted", move || !is_here.get())
                aria-current=move || is_here.get().then_some("page")
                on:focus=on_focus
                on:keydown=move |event| step(&event)
            >
                {name}
            </a>
        }
    };
    view! {
        <nav class="tab-row flex gap-1 overflow-x-auto" aria-label=label>
            {links.into_iter().map(link).collect_view()}
        </nav>
    }
}

/// Scrolls the row, and nothing but the row, to have a tab in its middle: the tab may follow a page that is being scrolled.
fn center(tab: &HtmlElement) {
    let Some(row) = tab.parent_element() else { return };
    let (of_row, of_tab) = (row.get_bounding_client_rect(), tab.get_bounding_client_rect());
    let apart = of_tab.left() + of_tab.width() / 2.0 - of_row.left() - of_row.width() / 2.0;
    #[expect(clippy::cast_possible_truncation, reason = "a distance on the screen")]
    row.set_scroll_left(row.scroll_left() + apart.round() as i32);
}

/// Scrolls the row so that all of a tab is in sight.
fn show(tab: &HtmlElement) {
    let options = ScrollIntoViewOptions::new();
    options.set_inline(ScrollLogicalPosition::Nearest);
    options.set_block(ScrollLogicalPosition::Nearest);
    tab.scroll_into_view_with_scroll_into_view_options(&options);
}

/// Moves the focus along the row. Enter opens what has it, as with any link.
fn step(event: &web_sys::KeyboardEvent) {
    let held = event.ctrl_key() || event.meta_key() || event.alt_key() || event.shift_key();
    let Some(link) = event
        .current_target()
        .and_then(|target| target.dyn_into::<HtmlElement>().ok())
        .filter(|_| !held)
    else {
        return;
    };
    let is_rtl = document()
        .document_element()
        .is_some_and(|root| root.get_attribute("dir").as_deref() == Some("rtl"));
    let (next, previous) = if is_rtl {
        ("ArrowLeft", "ArrowRight")
    } else {
        ("ArrowRight", "ArrowLeft")
    };
    let row = link.parent_element();
    let to = match event.key().as_str() {
        key if key == next => link.next_element_sibling().or_else(|| row?.first_element_child()),
        key if key == previous => link
            .previous_element_sibling()
            .or_else(|| row?.last_element_child()),
        "Home" => row.and_then(|row| row.first_element_child()),
        "End" => row.and_then(|row| row.last_element_child()),
        _ => return,
    };
    event.prevent_default();
    if let Some(to) = to.and_then(|to| to.dyn_into::<HtmlElement>().ok()) {
        // An element that can't take the focus leaves it where it is.
        let _ = to.focus();
    }
}
