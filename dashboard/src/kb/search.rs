//! Trying what the retriever finds, and why.

use api_types::client::{self, ClientError};
use api_types::kb::{SearchFilter, SearchHit, SearchRequest, SearchResponse};
use api_types::retrieval::Rerank;
use api_types::validate;
use leptos::prelude::*;
use leptos::task::spawn_local;
use uuid::Uuid;

use crate::chat::web_link;
use crate::i18n::decimal;
use crate::retrieval::{Candidates, RerankFields, not_reranked};
use crate::session::use_session;
use crate::ui::alert::ErrorAlert;
use crate::ui::button::Submit;
use crate::ui::load::load;
use crate::ui::page::Section;

/// How many chunks are shown.
const LIMIT: u8 = 8;

/// The section.
#[component]
pub fn Search(
    /// The knowledge base's id.
    id: Uuid,
) -> impl IntoView {
    let session = use_session();
    let query = RwSignal::new(String::new());
    let rerank = RwSignal::new(None::<Rerank>);
    let providers = load(client::providers::list);
    let providers = Memo::new(move |_| providers.get().unwrap_or_default());
    let can_rerank = move || providers.with(|found| found.iter().any(|provider| provider.kind.is_rerank()));
    let busy = RwSignal::new(false);
    let result = RwSignal::new(None::<Result<SearchResponse, ClientError>>);
    let can_search = move || query.with(|query| validate::message("query", query).is_ok());
    let search = move || {
        if !untrack(can_search) || busy.get_untracked() {
            return;
        }
        busy.set(true);
        spawn_local(async move {
            let request = SearchRequest {
                query: query.get_untracked().trim().to_owned(),
                limit: LIMIT,
                filter: SearchFilter::default(),
                explain: true,
                expected: None,
                rerank: rerank.get_untracked(),
            };
            result.set(Some(session.send(&client::kb::search(id, &request)).await));
            busy.set(false);
        });
    };
    let error = move || {
        result
            .get()
            .and_then(Result::err)
            .map(|error| crate::i18n::explain(&error))
    };
    let found = move || {
        result
            .get()
            .and_then(Result::ok)
            .map(|found| view! { <Found found=found /> })
    };
    view! {
        <Section title=tr!("Try the search") subtitle=tr!("See what a question finds, and why.")>
            <form
                class="flex gap-2"
                role="search"
                on:submit=move |event| {
                    event.prevent_default();
                    search();
                }
            >
                <input
                    type="search"
                    class="input w-full"
                    dir="auto"
                    aria-label=tr!("Question")
                    placeholder=tr!("A question")
                    prop:value=move || query.get()
                    on:input=move |event| query.set(event_target_value(&event))
                />
                <Submit busy=busy disabled=Signal::derive(move || !can_search())>{tr!("Search")}</Submit>
            </form>
            <Show when=can_rerank>
                <div class="mt-3">
                    <RerankFields
                        providers=providers
                        chosen=rerank
                        set=move |chosen| rerank.set(chosen)
                    />
                </div>
            </Show>
            <div class="mt-3 flex flex-col gap-3 empty:hidden" aria-live="polite">
                <ErrorAlert message=Signal::derive(error) />
                {found}
            </div>
        </Section>
    }
}

#[component]
fn Found(found: SearchResponse) -> impl IntoView {
    let none = found.hits.is_empty();
    let sure = format!("{:.0} %", found.relevance * 100.0);
    let relevant = if found.relevant {
        tr!(
            "A bot would answer from this: it is {sure} sure that the answer is here.",
            sure
        )
    } else {
        tr!(
            "A bot that quotes would say that it does not know: it is only {sure} sure that the answer is here.",
            sure
        )
    };
    let total = found.candidates.len();
    view! {
        {none.then(|| view! { <p class="muted">{tr!("Nothing was found. A bot would say that it does not know.")}</p> })}
        {(!none).then(|| view! { <p class="muted">{relevant}</p> })}
        {found
            .degraded
            .then(|| view! { <p class="muted">{tr!("Part of the search was away: only words were compared.")}</p> })}
        {found.rerank_error.map(|error| view! { <p class="muted">{not_reranked(&error)}</p> })}
        <ol class="flex flex-col gap-3 empty:hidden">
            {found.hits.into_iter().map(|hit| view! { <Hit hit=hit /> }).collect_view()}
        </ol>
        {(total > 0)
            .then(|| {
                view! {
                    <details class="group" open=true>
                        <summary class="cursor-pointer py-1 font-medium">
                            {tr!("Why: {n} candidate and what became of each" | "Why: {n} candidates and what became of each" % total)}
                        </summary>
                        <div class="mt-2">
                            <Candidates candidates=found.candidates />
                        </div>
                    </details>
                }
            })}
    }
}

#[component]
fn Hit(hit: SearchHit) -> impl IntoView {
    let meaning = hit
        .cosine
        .map(|score| tr!("meaning {}", decimal(score.into(), 2)));
    let words = hit.lexical.map(|score| tr!("words {}", decimal(score.into(), 1)));
    let scores = [
        Some(tr!("score {}", decimal(hit.score.into(), 2))),
        words,
        meaning,
    ]
    .into_iter()
    .flatten()
    .collect::<Vec<_>>();
    view! {
        <li class="rounded-box border border-base-300 p-3">
            <p class="flex items-baseline justify-between gap-3">
                <span class="min-w-0 truncate font-medium" dir="auto" title=hit.title.clone()>
                    {hit.title.clone()}
                </span>
            </p>
            <p class="muted text-xs">{scores.join(" · ")}</p>
            <p class="mt-1.5 line-clamp-6 whitespace-pre-wrap" dir="auto">
                {hit.chunk.text}
            </p>
            {hit.url.and_then(web_link)}
        </li>
    }
}
