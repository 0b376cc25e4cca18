//! The command palette: everything by its name, from anywhere, without the mouse. Ctrl K (on a Mac also ⌘ K) opens it.
//!
//! A combobox with a list, as the ARIA Authoring Practices describe it: the focus stays in the field, and the arrow keys
//! move what is active in the list.

mod entries;
mod rank;

use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_navigate;

use crate::session::use_session;
use crate::ui::icon::{self, Icon};
use crate::ui::theme::ThemeChoice;
use crate::ui::toast::use_toasts;
use entries::{Act, Entry, fixed, made_here};
use rank::{names, rank_with};

/// Entries shown at once.
const SHOWN: usize = 12;

/// Whether the palette is open; provided once, by the frame.
#[derive(Clone, Copy)]
pub struct Palette(pub RwSignal<bool>);

/// What is in the dialog, made anew each time it opens.
#[component]
pub fn PaletteContent() -> impl IntoView {
    let Palette(open) = expect_context();
    let session = use_session();
    let words = RwSignal::new(String::new());
    let active = RwSignal::new(0_usize);
    let found = RwSignal::new(fixed(session));
    spawn_local(made_here(session, found));
    let shown = Memo::new(move |_| words.with(|words| found.with(|found| best(found, words))));
    let act = act(open);
    let choose = move |at: usize| {
        if let Some(entry) = shown.with_untracked(|shown| shown.get(at).cloned()) {
            act(entry.act);
        }
    };
    let key = move |event: web_sys::KeyboardEvent| {
        let count = shown.with_untracked(Vec::len).max(1);
        let to = match event.key().as_str() {
            "ArrowDown" => (active.get_untracked() + 1) % count,
            "ArrowUp" => (active.get_untracked() + count - 1) % count,
            "Enter" => {
                event.prevent_default();
                return choose(active.get_untracked());
            }
            _ => return,
        };
        event.prevent_default();
        active.set(to);
    };
    let field = NodeRef::<html::Input>::new();
    Effect::new(move |_| {
        if let Some(field) = field.get() {
            // A field that can't take the focus leaves it where it is.
            let _ = field.focus();
        }
    });
    let option = move |(at, entry): (usize, Entry)| {
        let is_active = move || active.get() == at;
        view! {
            <li
                id=format!("palette-{at}")
                role="option"
                aria-selected=move || is_active().to_string()
                class="flex cursor-pointer items-center gap-3 rounded-field px-3 py-2"
                class=("bg-primary/12", is_active)
                on:pointermove=move |_| active.set(at)
                on:click=move |_| choose(at)
            >
                <Icon glyph=entry.glyph class="size-4.5" />
                <span class="min-w-0 grow truncate" dir="auto">
                    {entry.name}
                </span>
                <span class="muted shrink-0 text-xs">{entry.kind}</span>
            </li>
        }
    };
    view! {
        <div class="flex items-center gap-2 border-b border-base-300 px-4">
            <Icon glyph=icon::SEARCH class="size-4.5 muted" />
            <input
                node_ref=field
                type="text"
                role="combobox"
                aria-label=tr!("Search")
                aria-expanded="true"
                aria-controls="palette-list"
                aria-activedescendant=move || (!shown.with(Vec::is_empty)).then(|| format!("palette-{}", active.get()))
                autocomplete="off"
                spellcheck="false"
                placeholder=tr!("Search pages, bots, knowledge…")
                class="h-13 w-full bg-transparent outline-none"
                prop:value=move || words.get()
                on:input=move |event| {
                    words.set(event_target_value(&event));
                    active.set(0);
                }
                on:keydown=key
            />
            <kbd class="kbd kbd-sm max-sm:hidden">"Esc"</kbd>
        </div>
        <ul id="palette-list" role="listbox" aria-label=tr!("Search")class="flex max-h-[60dvh] flex-col overflow-y-auto p-2">
            {move || shown.get().into_iter().enumerate().map(option).collect_view()}
        </ul>
        <p role="status" class="muted px-5 pb-4" class:hidden=move || !shown.with(Vec::is_empty)>
            {move || shown.with(Vec::is_empty).then(|| tr!("Nothing here is called that."))}
        </p>
    }
}

/// The entries that fit, best first; equals stay in their order.
fn best(entries: &[Entry], words: &str) -> Vec<Entry> {
    let mut ranked: Vec<_> = entries
        .iter()
        .filter(|entry| entry.page.is_none_or(|page| names(page, words)))
        .filter_map(|entry| Some((rank_with(&entry.name, entry.aliases, words)?, entry)))
        .collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked
        .into_iter()
        .take(SHOWN)
        .map(|(_, entry)| entry.clone())
        .collect()
}

/// Does what an entry says, and closes the palette.
fn act(open: RwSignal<bool>) -> impl Fn(Act) + Copy {
    let session = use_session();
    let toasts = use_toasts();
    let theme = expect_context::<ThemeChoice>();
    let navigate = StoredValue::new(use_navigate());
    let go = move |path: &str| {
        navigate.with_value(|navigate| navigate(path, leptos_router::NavigateOptions::default()));
    };
    move |act| {
        open.set(false);
        match act {
            Act::Page(href) => go(href),
            Act::Bot(id, page) => go(&format!("/bots/{id}{page}")),
            Act::KnowledgeBase(id) => go(&format!("/knowledge/{id}")),
            Act::TestSet(id) => go(&format!("/tests/{id}")),
            Act::Theme(choice) => theme.set(choice),
            Act::SignOut => spawn_local(async move {
                if let Err(error) = session.sign_out().await {
                    toasts.fail(&tr!("You are still signed in. {error}", error = error));
                }
            }),
        }
    }
}
