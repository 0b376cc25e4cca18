//! Copying to the clipboard, and saying so.

use std::time::Duration;

use js_sys::Reflect;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{HtmlDocument, HtmlTextAreaElement};

use super::icon::{self, Icon};

/// A button that copies `text` and says so.
#[component]
pub fn CopyButton(
    /// What to copy.
    #[prop(into)]
    text: Signal<String>,
    /// What is copied, such as "embed code".
    what: &'static str,
) -> impl IntoView {
    let state = RwSignal::new(None::<bool>);
    let copy = move |_| {
        spawn_local(async move {
            state.set(Some(copy(&text.get_untracked()).await));
            set_timeout(move || state.set(None), Duration::from_secs(3));
        });
    };
    let label = move || match state.get() {
        None => tr!("Copy"),
        Some(true) => tr!("Copied"),
        Some(false) => tr!("Select and copy by hand"),
    };
    let glyph = move || {
        if state.get() == Some(true) {
            icon::CHECK
        } else {
            icon::COPY
        }
    };
    view! {
        <button
            type="button"
            class="btn btn-sm border-base-300 bg-base-100 hover:bg-base-200"
            on:click=copy
        >
            {move || view! { <Icon glyph=glyph() /> }}
            <span aria-live="polite">{label}</span>
            <span class="sr-only">{what}</span>
        </button>
    }
}

/// Text to copy, in a box that scrolls, with its button.
#[component]
pub fn CopyBox(
    /// What to copy.
    #[prop(into)]
    text: Signal<String>,
    /// What it is, such as "embed code".
    what: &'static str,
) -> impl IntoView {
    view! {
        <div class="flex items-start gap-2 rounded-box border border-base-300 bg-base-200 p-2">
            <pre
                class="min-w-0 grow overflow-x-auto whitespace-pre-wrap break-all px-1 py-1.5 font-mono text-xs"
                tabindex="0"
                aria-label=what
            >
                <code>{move || text.get()}</code>
            </pre>
            <CopyButton text=text what=what />
        </div>
    }
}

/// Copies by the clipboard interface, or as old browsers and plain-http pages do it.
async fn copy(text: &str) -> bool {
    let navigator = window().navigator();
    // Pages without https have no clipboard object.
    let has_clipboard = Reflect::get(&navigator, &"clipboard".into()).is_ok_and(|object| object.is_object());
    if has_clipboard
        && JsFuture::from(navigator.clipboard().write_text(text))
            .await
            .is_ok()
    {
        return true;
    }
    copy_by_selection(text).unwrap_or(false)
}

fn copy_by_selection(text: &str) -> Option<bool> {
    let document: HtmlDocument = document().dyn_into().ok()?;
    let area: HtmlTextAreaElement = document.create_element("textarea").ok()?.dyn_into().ok()?;
    area.set_value(text);
    // Within an open dialog, only the dialog's content can be selected.
    let place = document
        .query_selector("dialog[open]")
        .ok()?
        .or_else(|| document.body().map(Into::into))?;
    place.append_child(&area).ok()?;
    area.select();
    let copied = document.exec_command("copy").ok();
    area.remove();
    copied
}
