//! What a list says when it holds nothing.

use leptos::prelude::*;

use super::icon::{Glyph, Icon};

/// Says what would be here, and what to do next.
#[component]
pub fn Empty(
    /// A picture of what would be here.
    icon: Glyph,
    /// What is missing.
    #[prop(into)]
    title: String,
    /// What it is good for.
    #[prop(into)]
    text: String,
    /// The next step.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="panel flex flex-col items-center gap-3 px-6 py-12 text-center">
            <div class="grid size-12 place-items-center rounded-box bg-primary/10 text-primary">
                <Icon glyph=icon class="size-6" />
            </div>
            <h2 class="text-base font-semibold">{title}</h2>
            <p class="muted max-w-md">{text}</p>
            {children
                .map(|children| {
                    view! { <div class="mt-1 flex flex-wrap justify-center gap-2">{children()}</div> }
                })}
        </div>
    }
}
