//! Every candidate with its places, one row each.

use api_types::retrieval::{Candidate, Fate, Place};
use leptos::html;
use leptos::prelude::*;
use web_sys::{ScrollIntoViewOptions, ScrollLogicalPosition};

use super::verdict::{Verdict, rank, verdict};
use crate::chat::passage_text;
use crate::ui::button::Button;

/// How many rows are shown at first.
const SHOWN: usize = 12;

/// The table. On a phone it scrolls sideways within its frame.
#[component]
pub fn Candidates(
    /// Best first.
    candidates: Vec<Candidate>,
) -> impl IntoView {
    let all = RwSignal::new(false);
    let count = candidates.len();
    let candidates = StoredValue::new(candidates);
    let rows = move || {
        let shown = if all.get() { count } else { SHOWN };
        candidates.with_value(|candidates| {
            candidates
                .iter()
                .take(shown)
                .cloned()
                .map(|candidate| view! { <Row candidate=candidate /> })
                .collect_view()
        })
    };
    view! {
        <div class="overflow-x-auto rounded-box border border-base-300">
            <table class="table table-sm" data-testid="candidates">
                <caption class="sr-only">{tr!("Passages that were considered, the best first")}</caption>
                <thead>
                    <tr class="muted">
                        <th scope="col">{tr!("Passage")}</th>
                        <th scope="col" class="text-end" title=tr!("Place by the words it shares with the question (BM25)")>
                            {tr!("Words")}
                        </th>
                        <th scope="col" class="text-end" title=tr!("Place by its meaning (cosine similarity)")>{tr!("Meaning")}</th>
                        <th scope="col" class="text-end" title=tr!("Place by both together")>{tr!("Both")}</th>
                        <th
                            scope="col"
                            class="text-end"
                            title=tr!("Place after a look at where the words stand, and with its importance")
                        >
                            {tr!("Close look")}
                        </th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        <Show when=move || { count > SHOWN && !all.get() }>
            <div class="mt-2">
                <Button small=true on_click=move || all.set(true)>{tr!("Show all {count}", count)}</Button>
            </div>
        </Show>
    }
}

#[component]
fn Row(candidate: Candidate) -> impl IntoView {
    let Candidate { trace, source } = candidate;
    let (place, text) = match source {
        Some(source) => {
            let page = source.page.map(|page| tr!("page {page}", page));
            let place = std::iter::once(source.title)
                .chain(source.heading_path)
                .chain(page);
            (place.collect::<Vec<_>>().join(" › "), source.text)
        }
        None => (tr!("No longer there").to_owned(), String::new()),
    };
    let reranked = trace
        .reranked
        .and_then(|place| place.rank)
        .map(|rank| tr!("reranked {rank}", rank));
    let asked = RwSignal::new(false);
    let answer = NodeRef::<html::P>::new();
    Effect::new(move |_| {
        if asked.get() {
            request_animation_frame(move || show(answer));
        }
    });
    let words = StoredValue::new(verdict(&trace));
    let has_won = trace.fate == Fate::Given && rank(trace.reranked.or(trace.close)) == Some(1);
    view! {
        <tr class="align-top">
            <td class="w-full max-w-0 min-w-60 align-top">
                <p class="muted truncate text-xs" dir="auto" title=place.clone()>
                    {place.clone()}
                </p>
                <div class="line-clamp-3">{passage_text(&text)}</div>
                <div class="mt-1 flex flex-wrap items-center gap-x-3 gap-y-1">
                    <Verdict fate=trace.fate />
                    {reranked.map(|words| view! { <span class="muted text-xs">{words}</span> })}
                    {(!has_won)
                        .then(|| {
                            view! {
                                <button
                                    type="button"
                                    class="link-plain text-xs"
                                    aria-expanded=move || asked.get().to_string()
                                    on:click=move |_| asked.update(|asked| *asked = !*asked)
                                >
                                    {tr!("Should this have won?")}
                                </button>
                            }
                        })}
                </div>
                <p node_ref=answer role="status" class="mt-1 scroll-mb-20 text-sm empty:hidden" data-testid="verdict">
                    {move || asked.get().then(|| words.get_value())}
                </p>
            </td>
            <td class="text-end align-top tabular-nums">{cell(trace.lexical, 1)}</td>
            <td class="text-end align-top tabular-nums">{cell(trace.vector, 2)}</td>
            <td class="text-end align-top tabular-nums">{cell(trace.fused, 2)}</td>
            <td class="text-end align-top tabular-nums">{cell(trace.close, 2)}</td>
        </tr>
    }
}

/// Scrolls as far as needed to have all of it in sight.
fn show(answer: NodeRef<html::P>) {
    let Some(answer) = answer.get_untracked() else {
        return;
    };
    let nearest = ScrollIntoViewOptions::new();
    nearest.set_block(ScrollLogicalPosition::Nearest);
    answer.scroll_into_view_with_scroll_into_view_options(&nearest);
}

/// The rank, and the score it comes from.
fn cell(place: Option<Place>, decimals: usize) -> AnyView {
    let Some(place) = place else {
        return view! { <span class="muted">"–"</span> }.into_any();
    };
    let rank = place
        .rank
        .map_or_else(|| "> 100".to_owned(), |rank| rank.to_string());
    let score = format!("{:.decimals$}", place.score);
    view! {
        <span class="block">{rank}</span>
        <span class="muted block text-xs">{score}</span>
    }
    .into_any()
}
