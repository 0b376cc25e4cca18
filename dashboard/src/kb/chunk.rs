//! One chunk, as the retriever sees it.

use api_types::kb::Chunk;
use leptos::prelude::*;

/// The chunk's text below its place in the document.
#[component]
pub fn ChunkView(
    /// The chunk.
    chunk: Chunk,
) -> impl IntoView {
    let page = chunk.page.map(|page| tr!("page {page}", page));
    let place = chunk
        .heading_path
        .iter()
        .cloned()
        .chain(page)
        .collect::<Vec<_>>()
        .join(" › ");
    view! {
        <li class="rounded-box border border-base-300 bg-base-100">
            <p class="muted flex flex-wrap items-baseline gap-x-3 border-b border-base-300 px-3 py-1.5 text-xs">
                <span class="font-medium">{tr!("Chunk {}", chunk.position + 1)}</span>
                <span class="min-w-0 grow truncate" dir="auto" title=place.clone()>
                    {place.clone()}
                </span>
                <span>{tr!("{n} token" | "{n} tokens" % chunk.tokens)}</span>
            </p>
            <p class="px-3 py-2 whitespace-pre-wrap" dir="auto">
                {chunk.text}
            </p>
        </li>
    }
}
