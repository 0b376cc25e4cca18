//! One message of either side.

use api_types::chat::Source;
use leptos::prelude::*;

use super::markdown;
use super::source::{Cited, OpenPassage, citation};

/// What a visitor said.
#[component]
pub fn Question(
    /// Its text, shown as it was typed.
    text: String,
) -> impl IntoView {
    view! {
        <div class="flex justify-end" data-testid="question">
            <p
                class="max-w-[85%] rounded-box bg-primary px-3 py-2 whitespace-pre-wrap text-primary-content"
                dir="auto"
            >
                {text}
            </p>
        </div>
    }
}

/// What a bot said, with the sources it cites.
#[component]
pub fn Answer(
    /// Markdown; it may still grow.
    #[prop(into)]
    text: Signal<String>,
    /// Whether a person wrote it: people write text, not Markdown.
    #[prop(optional)]
    is_plain: bool,
    /// What the numbers in the text refer to.
    #[prop(into)]
    sources: Signal<Vec<Source>>,
    /// The sources shown below the text: those it cites, once that is known.
    #[prop(into)]
    cited: Signal<Vec<Source>>,
    /// Where a passage opens.
    open: OpenPassage,
    /// Remarks below the sources.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let body = move || {
        if is_plain {
            return view! { <p class="whitespace-pre-wrap wrap-anywhere" dir="auto">{text.get()}</p> }
                .into_any();
        }
        text.with(|text| {
            sources.with(|sources| markdown::render(text, &|number| citation(number, sources, open)))
        })
        .into_any()
    };
    view! {
        <div class="max-w-[92%]" data-testid="answer">
            <div class="rounded-box border border-base-300 bg-base-200 px-3 py-2">{body}</div>
            <Cited sources=cited open=open />
            {children.map(|children| children())}
        </div>
    }
}
