//! Whether a bot answers.

use api_types::bots::BotStatus;
use leptos::prelude::*;

/// "Live" or "Offline".
#[component]
pub fn StatusBadge(
    /// What it is.
    #[prop(into)]
    status: Signal<BotStatus>,
) -> impl IntoView {
    let is_live = move || status.get() == BotStatus::Live;
    view! {
        <span
            class="inline-flex shrink-0 items-center whitespace-nowrap gap-1.5 rounded-full border px-2 py-0.5 text-xs font-medium"
            class=("border-success/40", is_live)
            class=("text-success", is_live)
            class=("border-base-300", move || !is_live())
            class=("muted", move || !is_live())
        >
            <span class="size-1.5 shrink-0 rounded-full bg-current"></span>
            {move || if is_live() { tr!("Live") } else { tr!("Offline") }}
        </span>
    }
}
