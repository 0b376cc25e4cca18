//! Names with a bar each, the longest first.

use leptos::prelude::*;

/// One bar.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    /// What it stands for.
    pub name: String,
    /// Its number.
    pub value: i64,
    /// The number as people read it, and what else there is to say.
    pub words: String,
}

/// A list of bars, which is its own text alternative.
#[component]
pub fn Bars(
    /// What is shown.
    label: &'static str,
    /// The bars.
    bars: Vec<Bar>,
) -> impl IntoView {
    let most = bars.iter().map(|bar| bar.value).max().unwrap_or(0).max(1);
    let row = |bar: Bar| {
        let width = bar.value.saturating_mul(100) / most;
        view! {
            <li class="relative flex items-baseline justify-between gap-3 overflow-hidden rounded-field px-2.5 py-1.5">
                <span
                    class="absolute inset-y-0 start-0 bg-primary/12"
                    style=format!("width: {width}%")
                    aria-hidden="true"
                ></span>
                <span class="relative min-w-0 break-words" dir="auto">
                    {bar.name}
                </span>
                <span class="muted relative shrink-0">{bar.words}</span>
            </li>
        }
    };
    view! {
        <ul class="flex flex-col gap-1" aria-label=label>
            {bars.into_iter().map(row).collect_view()}
        </ul>
    }
}
