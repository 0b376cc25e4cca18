//! Something that is on or off.

use leptos::prelude::*;

/// A switch with its name and what it does.
#[component]
pub fn Toggle(
    /// Its name.
    label: &'static str,
    /// What it does.
    hint: &'static str,
    /// Whether it is on.
    #[prop(into)]
    checked: Signal<bool>,
    /// Switches it.
    on_change: impl Fn(bool) + 'static,
) -> impl IntoView {
    view! {
        <label class="flex cursor-pointer items-start gap-3">
            <input
                type="checkbox"
                class="toggle toggle-primary toggle-sm mt-0.5"
                prop:checked=checked
                on:change=move |event| on_change(event_target_checked(&event))
            />
            <span class="min-w-0">
                <span class="block font-medium">{label}</span>
                <span class="muted block">{hint}</span>
            </span>
        </label>
    }
}
