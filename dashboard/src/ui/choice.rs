//! One of a few ways to look at or do something, side by side.

use leptos::prelude::*;

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
                on:click=move |_| chosen.set(this)
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
