//! One of a few ways to look at or do something, side by side.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// Arrow keys choose the neighbour (WAI-ARIA, "Tabs").
fn step(event: &web_sys::KeyboardEvent) {
    let Some(button) = event
        .current_target()
        .and_then(|target| target.dyn_into::<HtmlElement>().ok())
    else {
        return;
    };
    let next = match event.key().as_str() {
        "ArrowRight" | "ArrowDown" => button.next_element_sibling(),
        "ArrowLeft" | "ArrowUp" => button.previous_element_sibling(),
        _ => return,
    };
    event.prevent_default();
    if let Some(next) = next.and_then(|next| next.dyn_into::<HtmlElement>().ok()) {
        // An element that can't take the focus leaves it where it is.
        let _ = next.focus();
        next.click();
    }
}

/// Buttons of which one is chosen.
#[component]
pub fn Choice<T>(
    /// What they choose between.
    label: &'static str,
    /// The chosen one.
    chosen: RwSignal<T>,
    /// The choices and their names.
    options: Vec<(T, &'static str)>,
) -> impl IntoView
where
    T: Copy + PartialEq + Send + Sync + 'static,
{
    let button = move |(this, name): (T, &'static str)| {
        let is_chosen = move || chosen.get() == this;
        view! {
            <button
                type="button"
                role="tab"
                class="btn btn-sm join-item border-base-300"
                class=("bg-primary/15", is_chosen)
                class=("bg-base-100", move || !is_chosen())
                aria-selected=move || is_chosen().to_string()
                tabindex=move || if is_chosen() { "0" } else { "-1" }
                on:click=move |_| chosen.set(this)
                on:keydown=move |event| step(&event)
            >
                {name}
            </button>
        }
    };
    view! {
        <div class="join flex-wrap" role="tablist" aria-label=label>
            {options.into_iter().map(button).collect_view()}
        </div>
    }
}
