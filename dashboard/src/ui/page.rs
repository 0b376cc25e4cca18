//! The head of a page.

use leptos::prelude::*;

use super::field::unique_id;
use super::icon::{self, Icon};
use crate::inbox::Counts;

/// Names the browser's tab.
pub fn title(text: impl Fn() -> String + 'static) {
    let waiting = use_context::<Counts>().map(|counts| counts.0);
    Effect::new(move |_| {
        let text = text();
        let name = if text.is_empty() {
            "Botwright".to_owned()
        } else {
            format!("{text} · Botwright")
        };
        let attention = waiting.map_or(0, |waiting| waiting.get().attention);
        document().set_title(&if attention > 0 {
            format!("({attention}) {name}")
        } else {
            name
        });
    });
}

/// The heading of a page, with a way back and its actions.
#[component]
pub fn PageHead(
    /// The heading.
    #[prop(into)]
    title: Signal<String>,
    /// One line below it.
    #[prop(optional, into)]
    subtitle: Signal<String>,
    /// The page above: its address and its name.
    #[prop(optional, into)]
    back: Option<(&'static str, &'static str)>,
    /// The page's actions.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    self::title(move || title.get());
    view! {
        <header class="mb-6 flex flex-col gap-2">
            {back
                .map(|(href, name)| {
                    view! {
                        <a href=href class="link-plain inline-flex w-fit items-center gap-1 text-sm">
                            <Icon glyph=icon::ARROW_LEFT class="size-3.5 rtl:rotate-180" />
                            {name}
                        </a>
                    }
                })}
            <div class="flex flex-wrap items-start justify-between gap-x-4 gap-y-3">
                <div class="min-w-0 flex-1 basis-64">
                    <h1 class="text-xl font-semibold" dir="auto">
                        {move || title.get()}
                    </h1>
                    <p class="muted mt-1 empty:hidden">{move || subtitle.get()}</p>
                </div>
                {children
                    .map(|children| {
                        view! { <div class="flex flex-wrap items-center gap-2">{children()}</div> }
                    })}
            </div>
        </header>
    }
}

/// A part of a page with its own heading.
#[component]
pub fn Section(
    /// The heading.
    #[prop(into)]
    title: Signal<String>,
    /// One line below it.
    #[prop(optional, into)]
    subtitle: Signal<String>,
    /// Its actions.
    #[prop(optional, into)]
    actions: Option<AnyView>,
    /// What it holds.
    children: Children,
) -> impl IntoView {
    let heading_id = StoredValue::new(unique_id("section"));
    view! {
        <section class="panel p-4 sm:p-5" aria-labelledby=heading_id.get_value()>
            <div class="mb-4 flex flex-wrap items-start justify-between gap-3">
                <div class="min-w-0 flex-1 basis-48">
                    <h2 id=heading_id.get_value() class="text-base font-semibold">
                        {move || title.get()}
                    </h2>
                    <p class="muted mt-0.5 empty:hidden">{move || subtitle.get()}</p>
                </div>
                {actions}
            </div>
            {children()}
        </section>
    }
}
