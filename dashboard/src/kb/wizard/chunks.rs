//! Step 2: how the sources would be cut, before anything is kept.

use std::time::Duration;

use api_types::client::{self, ClientError};
use api_types::kb::{ChunkPreview, Chunking, DraftSource, SourcePreview};
use api_types::validate::{self, Checker};
use leptos::leptos_dom::helpers::{TimeoutHandle, set_timeout_with_handle};
use leptos::prelude::*;
use leptos::task::spawn_local;
use uuid::Uuid;

use super::Wizard;
use crate::i18n::served;
use crate::kb::chunk::ChunkView;
use crate::kb::chunking_fields::ChunkingFields;
use crate::kb::page::strategy_name;
use crate::kb::source_icon::source_icon;
use crate::session::use_session;
use crate::ui::icon::{self, Icon};
use crate::ui::load::{Failure, rows};
use crate::ui::page::Section;

/// How many chunks of the chosen source are shown.
const SHOWN: usize = 30;
/// Settings rest for this long before they are tried.
const PAUSE: Duration = Duration::from_millis(400);

/// What the server made of the sources with the settings as they are. A handle.
#[derive(Clone, Copy)]
struct Preview {
    /// Every source with its count, or why it can't be read.
    overview: RwSignal<Option<Result<ChunkPreview, ClientError>>>,
    /// The chosen source with its first chunks.
    detail: RwSignal<Option<Result<ChunkPreview, ClientError>>>,
    chosen: RwSignal<Option<Uuid>>,
    busy: RwSignal<bool>,
    again: RwSignal<()>,
}

/// The step.
#[component]
pub fn ChunksStep(wizard: Wizard) -> impl IntoView {
    let first = wizard
        .sources
        .with_untracked(|sources| sources.first().map(|source| source.id));
    let preview = Preview {
        overview: RwSignal::new(None),
        detail: RwSignal::new(None),
        chosen: RwSignal::new(first),
        busy: RwSignal::new(true),
        again: RwSignal::new(()),
    };
    keep_fresh(wizard, preview);
    view! {
        <div class="grid items-start gap-5 lg:grid-cols-[20rem_minmax(0,1fr)]">
            <div class="flex min-w-0 flex-col gap-5">
                <Settings wizard=wizard />
                <Sources wizard=wizard preview=preview />
            </div>
            <Chunks preview=preview />
        </div>
    }
}

/// Saves the settings and asks the server again, shortly after they or the chosen source change.
fn keep_fresh(wizard: Wizard, preview: Preview) {
    let session = use_session();
    let chunking = Memo::new(move |_| wizard.draft.content.with(|form| form.chunking));
    let timer = StoredValue::new(None::<TimeoutHandle>);
    let newest = StoredValue::new(0_u32);
    let id = wizard.draft.id();
    let stop = move || {
        if let Some(timer) = timer.try_update_value(Option::take).flatten() {
            timer.clear();
        }
    };
    let ask = move |number: u32, chosen: Option<Uuid>| async move {
        let is_newest = move || newest.try_get_value() == Some(number);
        if let Err(error) = wizard.draft.save_now().await {
            if is_newest() {
                preview.busy.set(false);
                preview.detail.set(Some(Err(error)));
            }
            return;
        }
        let detail = session.send(&client::kb_drafts::preview(id, chosen, SHOWN)).await;
        if !is_newest() {
            return;
        }
        preview.detail.set(Some(detail));
        preview.busy.set(false);
        let overview = session.send(&client::kb_drafts::preview(id, None, 1)).await;
        if is_newest() {
            preview.overview.set(Some(overview));
        }
    };
    Effect::new(move |first: Option<()>| {
        let chunking = chunking.get();
        preview.again.track();
        let chosen = preview.chosen.get();
        stop();
        let mut check = Checker::default();
        validate::chunking(&mut check, "", chunking);
        if check.finish().is_err() {
            // The fields say why; what was cut with the last good settings stays in sight.
            return;
        }
        let number = newest.get_value().wrapping_add(1);
        newest.set_value(number);
        preview.busy.set(true);
        let pause = if first.is_none() { Duration::ZERO } else { PAUSE };
        timer.set_value(set_timeout_with_handle(move || spawn_local(ask(number, chosen)), pause).ok());
    });
    on_cleanup(stop);
}

#[component]
fn Settings(wizard: Wizard) -> impl IntoView {
    let content = wizard.draft.content;
    let chunking = Signal::derive(move || content.with(|form| form.chunking));
    if let Some(id) = wizard.from {
        return view! { <AsTheBase id=id chunking=chunking /> }.into_any();
    }
    view! {
        <Section title=tr!("How to cut") subtitle=tr!("The settings as they are suit most documents.")>
            <ChunkingFields
                chunking=chunking
                set=Callback::new(move |chunking| content.update(|form| form.chunking = chunking))
                size_field=wizard.form.field("content.chunking.size")
                overlap_field=wizard.form.field("content.chunking.overlap")
            />
        </Section>
    }
    .into_any()
}

/// What is added is cut as the rest; another way is chosen for all of it.
#[component]
fn AsTheBase(id: Uuid, chunking: Signal<Chunking>) -> impl IntoView {
    let words = move || {
        let chunking = chunking.get();
        tr!(
            "{}, up to {} tokens, {} repeated.",
            strategy_name(chunking.strategy),
            chunking.size,
            chunking.overlap
        )
    };
    view! {
        <Section title=tr!("How it is cut") subtitle=tr!("As the rest of the knowledge base.")>
            <p>{words}</p>
            <p class="muted mt-2">
                {tr!("To cut all of it otherwise, press \u{201c}Settings\u{201d} on ")}
                <a class="link-plain" href=format!("/knowledge/{id}")>{tr!("its page")}</a> "."
            </p>
        </Section>
    }
}

#[component]
fn Sources(wizard: Wizard, preview: Preview) -> impl IntoView {
    let row = move |source: DraftSource| {
        let id = source.id;
        let chosen = move || preview.chosen.get() == Some(id);
        let outcome = move || outcome(&preview.overview.get()?.ok()?, id);
        let words = move || match outcome() {
            None => "…".to_owned(),
            Some(Outcome::Chunks(chunks)) => tr!("{n} chunk" | "{n} chunks" % chunks),
            Some(Outcome::Scan) => tr!("a scan, read later").to_owned(),
            Some(Outcome::Unreadable) => tr!("can't be read").to_owned(),
        };
        let failed = move || outcome() == Some(Outcome::Unreadable);
        view! {
            <li>
                <button
                    type="button"
                    class="flex w-full cursor-pointer items-center gap-2.5 px-4 py-2.5 text-start hover:bg-base-200"
                    class=("bg-primary/10", chosen)
                    aria-pressed=move || chosen().to_string()
                    on:click=move |_| preview.chosen.set(Some(id))
                >
                    <Icon glyph=source_icon(source.kind) class="size-4 muted" />
                    <span class="min-w-0 grow truncate" dir="auto" title=source.title.clone()>
                        {source.title.clone()}
                    </span>
                    <span
                        class="text-xs whitespace-nowrap"
                        class=("text-error", failed)
                        class=("muted", move || !failed())
                    >
                        {words}
                    </span>
                </button>
            </li>
        }
    };
    view! {
        <section class="panel overflow-hidden" aria-label=tr!("Sources")>
            <h2 class="border-b border-base-300 px-4 py-2.5 font-semibold">{tr!("Sources")}</h2>
            <ul class="max-h-96 divide-y divide-base-300 overflow-y-auto">
                <For each=move || wizard.sources.get() key=|source| source.id children=row />
            </ul>
        </section>
    }
}

/// What the preview makes of a source.
#[derive(Clone, Copy, PartialEq)]
enum Outcome {
    Chunks(i64),
    /// Its text is recognised by the worker, which takes seconds a page.
    Scan,
    Unreadable,
}

/// How many chunks a source makes, or why none. None while that is not known.
fn outcome(preview: &ChunkPreview, id: Uuid) -> Option<Outcome> {
    let source = preview.sources.iter().find(|source| source.source_id == id)?;
    if source.page.is_some() {
        // Only its first page was cut; how many chunks the others make is not known.
        return None;
    }
    Some(match &source.error {
        _ if source.is_scan => Outcome::Scan,
        Some(_) => Outcome::Unreadable,
        None => Outcome::Chunks(i64::try_from(source.chunk_count).unwrap_or(i64::MAX)),
    })
}

#[component]
fn Chunks(preview: Preview) -> impl IntoView {
    let content = move || match preview.detail.get() {
        None => rows(),
        Some(Err(error)) => view! { <Failure error=error retry=move || preview.again.notify() /> }.into_any(),
        Some(Ok(found)) => {
            let chosen = preview.chosen.get_untracked();
            let of_chosen = found
                .sources
                .into_iter()
                .filter(|source| Some(source.source_id) == chosen);
            let shown: Vec<_> = of_chosen
                .map(|source| view! { <SourceChunks source=source /> })
                .collect();
            if shown.is_empty() {
                return view! { <p class="muted">{tr!("No page was taken yet.")}</p> }.into_any();
            }
            view! { <div class="flex flex-col gap-6">{shown}</div> }.into_any()
        }
    };
    view! {
        <section
            class="min-w-0"
            class=("opacity-60", move || preview.busy.get())
            aria-busy=move || preview.busy.get().to_string()
            aria-label=tr!("Chunk preview")
        >
            {content}
        </section>
    }
}

#[component]
fn SourceChunks(source: SourcePreview) -> impl IntoView {
    if source.is_scan {
        return view! {
            <div class="panel flex items-start gap-3 p-5">
                <Icon glyph=icon::INFO class="size-5 text-info" />
                <div class="min-w-0">
                    <p class="font-medium">{tr!("This is a scan")}</p>
                    <p class="muted mt-1">
                        {tr!("Its text is recognised when the knowledge base is built; there are no chunks to look at yet.")}
                    </p>
                </div>
            </div>
        }
        .into_any();
    }
    if let Some(error) = source.error {
        return view! {
            <div role="alert" class="panel flex items-start gap-3 p-5">
                <Icon glyph=icon::TRIANGLE_ALERT class="size-5 text-error" />
                <div class="min-w-0">
                    <p class="font-medium">{tr!("This source can't be read")}</p>
                    <p class="muted mt-1">{served(&error.message)}</p>
                    <p class="muted mt-1">{tr!("Go back to remove or replace it. The other sources are not affected.")}</p>
                </div>
            </div>
        }
        .into_any();
    }
    let shown = source.chunks.len();
    let total = source.chunk_count;
    let head = if shown < total {
        tr!(
            "The first {shown} of {n} chunk" | "The first {shown} of {n} chunks" % total,
            shown
        )
    } else {
        tr!("{n} chunk" | "{n} chunks" % i64::try_from(total).unwrap_or(i64::MAX))
    };
    let page = source.page.map(|page| {
        view! {
            <p class="font-semibold" dir="auto">
                {page.title}
            </p>
            <p class="muted mb-1 truncate text-xs">{page.url}</p>
        }
    });
    view! {
        <div>
        {page}
        <h2 class="mb-2 font-semibold">{head}</h2>
        <ol class="flex flex-col gap-3" data-testid="chunks">
            {source.chunks.into_iter().map(|chunk| view! { <ChunkView chunk=chunk /> }).collect_view()}
        </ol>
        </div>
    }
    .into_any()
}
