//! Sources of an answer: a number in the text, a chip below it, the passage in a dialog.

use api_types::chat::Source;
use leptos::prelude::*;

use super::markdown;
use crate::ui::dialog::Dialog;
use crate::ui::icon::{self, Icon};

/// The passage that is open, if any.
pub type OpenPassage = RwSignal<Option<Source>>;

/// Where a passage stands: document, headings, page.
pub fn place(source: &Source) -> String {
    let page = source.page.map(|page| tr!("page {page}", page));
    source
        .heading_path
        .iter()
        .cloned()
        .chain(page)
        .collect::<Vec<_>>()
        .join(" › ")
}

/// `n` in the text, which opens its passage. A number without a source stays plain text.
pub fn citation(number: u32, sources: &[Source], open: OpenPassage) -> AnyView {
    let Some(source) = sources.iter().find(|source| source.n == number).cloned() else {
        return format!("[{number}]").into_any();
    };
    let label = tr!("Source {number}: {}", source.title, number);
    view! {
        <button
            type="button"
            class="mx-0.5 inline-grid h-4.5 min-w-4.5 cursor-pointer place-items-center rounded bg-primary/15 px-1 align-text-top text-xs font-semibold text-primary hover:bg-primary/30"
            title=source.title.clone()
            aria-label=label
            on:click=move |_| open.set(Some(source.clone()))
        >
            {number}
        </button>
    }
    .into_any()
}

/// The sources an answer cites, below its text.
#[component]
pub fn Cited(
    /// The sources.
    #[prop(into)]
    sources: Signal<Vec<Source>>,
    /// Where a passage opens.
    open: OpenPassage,
) -> impl IntoView {
    let chip = move |source: Source| {
        let title = source.title.clone();
        let page = source.page.map(|page| tr!(" · p. {page}", page));
        let number = source.n;
        view! {
            <li class="min-w-0">
                <button
                    type="button"
                    class="flex max-w-full cursor-pointer items-center gap-1.5 rounded-field border border-base-300 bg-base-100 px-2 py-1 text-xs hover:border-primary"
                    on:click=move |_| open.set(Some(source.clone()))
                >
                    <span class="font-semibold text-primary">{number}</span>
                    <span class="truncate" dir="auto">
                        {title}
                    </span>
                    <span class="muted whitespace-nowrap">{page}</span>
                </button>
            </li>
        }
    };
    view! {
        <Show when=move || sources.with(|sources| !sources.is_empty())>
            <ul class="mt-2 flex flex-wrap gap-1.5" aria-label=tr!("Sources")>
                {move || sources.get().into_iter().map(chip).collect_view()}
            </ul>
        </Show>
    }
}

/// What a passage says, with its Markdown shown. Numbers in brackets are the document's own.
pub fn passage_text(text: &str) -> AnyView {
    markdown::render(text, &|number| format!("[{number}]").into_any())
}

/// The passage that was opened, as the document says it.
#[component]
pub fn PassageDialog(
    /// The passage.
    passage: OpenPassage,
) -> impl IntoView {
    let open = RwSignal::new(false);
    Effect::new(move |_| {
        if passage.with(Option::is_some) {
            open.set(true);
        }
    });
    Effect::new(move |_| {
        if !open.get() {
            passage.set(None);
        }
    });
    let title = move || passage.get().map(|source| source.title).unwrap_or_default();
    view! {
        <Dialog open=open title=Signal::derive(title) wide=true>
            {move || {
                passage
                    .get()
                    .map(|source| {
                        let place = place(&source);
                        view! {
                            <div class="flex flex-col gap-3">
                                <p class="muted empty:hidden" dir="auto">
                                    {place}
                                </p>
                                <blockquote class="rounded-box border-s-4 border-primary bg-base-200 px-4 py-3">
                                    {passage_text(&source.quote)}
                                </blockquote>
                                {source.url.and_then(web_link)}
                            </div>
                        }
                    })
            }}
        </Dialog>
    }
}

/// A link to a document's page on the web, if its address is one that may be followed.
pub fn web_link(url: String) -> Option<AnyView> {
    let is_web = url.starts_with("https://") || url.starts_with("http://");
    is_web.then(|| {
        let words = url.clone();
        view! {
            <a
                class="link-plain inline-flex w-fit max-w-full items-center gap-1.5"
                href=url
                target="_blank"
                rel="noopener noreferrer nofollow"
            >
                <Icon glyph=icon::EXTERNAL_LINK class="size-3.5" />
                <span class="truncate">{words}</span>
            </a>
        }
        .into_any()
    })
}
