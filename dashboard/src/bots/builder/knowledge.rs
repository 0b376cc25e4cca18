//! What the bot answers from.

use api_types::client;
use api_types::kb::KnowledgeBase;
use leptos::prelude::*;
use uuid::Uuid;

use super::Builder;
use crate::retrieval::RerankFields;
use crate::ui::button::{Button, ButtonLink};
use crate::ui::field::{Text, TextField};
use crate::ui::icon;
use crate::ui::load::{load, loaded};
use crate::ui::page::Section;

/// The section.
#[component]
pub fn KnowledgeSection(builder: Builder) -> impl IntoView {
    let found = load(client::kb::list);
    let providers = load(client::providers::list);
    let field = builder.field("knowledge_base_ids");
    let skeleton = || view! { <div class="skeleton h-14 w-full"></div> }.into_any();
    view! {
        <Section title=tr!("Knowledge") subtitle=tr!("The bot answers from these and names its sources.")>
            {loaded(found, skeleton, move |found| view! { <Choice builder=builder found=found /> })}
            <p class="mt-2 text-error empty:hidden" role="alert">
                {move || field.error()}
            </p>
            <div class="mt-4 flex flex-col gap-4">
                <TextField
                    label=tr!("Only documents tagged")
                    value=tags_field(builder)
                    field=builder.field("document_tags")
                    hint=tr!("Tags separated by commas; empty to answer from all documents. Tags are given on a document's chunks.")
                />
                {loaded(
                    providers,
                    || view! { <div class="skeleton h-10 w-full"></div> }.into_any(),
                    move |providers| {
                        view! {
                            <RerankFields
                                providers=providers
                                chosen=builder.part(|content| content.rerank.clone())
                                set=move |rerank| builder.update(|content| content.rerank = rerank)
                                server_field=builder.field("rerank.provider_id")
                                model_field=builder.field("rerank.model")
                            />
                        }
                    },
                )}
            </div>
        </Section>
    }
}

/// Tags as they are typed: a comma that was just typed stays, though no tag follows it yet.
fn tags_field(builder: Builder) -> Text {
    let typed = RwSignal::new(String::new());
    let tags = builder.part(|content| content.document_tags.clone());
    let shown = move || {
        let (typed, tags) = (typed.get(), tags.get());
        if split(&typed) == tags {
            typed
        } else {
            tags.join(", ")
        }
    };
    let set = move |text: String| {
        builder.update(|content| content.document_tags = split(&text));
        typed.set(text);
    };
    Text::new(shown, set)
}

fn split(text: &str) -> Vec<String> {
    let tags = text.split(',').map(|tag| tag.trim().to_lowercase());
    tags.filter(|tag| !tag.is_empty()).collect()
}

#[component]
fn Choice(builder: Builder, found: RwSignal<Vec<KnowledgeBase>>) -> impl IntoView {
    let chosen = builder.part(|content| content.knowledge_base_ids.clone());
    let missing = move || {
        let known = found.get();
        let mut missing = chosen.get();
        missing.retain(|id| !known.iter().any(|base| base.id == *id));
        missing
    };
    let row = move |base: KnowledgeBase| view! { <Row builder=builder base=base chosen=chosen /> };
    view! {
        <Show
            when=move || found.with(|found| !found.is_empty())
            fallback=|| {
                view! {
                    <div class="flex flex-wrap items-center gap-3">
                        <p class="muted min-w-0 grow">
                            {tr!("There is no knowledge base yet. This draft is kept while you make one.")}
                        </p>
                        <ButtonLink href="/knowledge" icon=icon::PLUS small=true>
                            {tr!("Create a knowledge base")}
                        </ButtonLink>
                    </div>
                }
            }
        >
            <ul class="divide-y divide-base-300 rounded-box border border-base-300">
                {move || found.get().into_iter().map(row).collect_view()}
            </ul>
        </Show>
        {move || {
            missing()
                .into_iter()
                .map(|id| {
                    view! {
                        <p class="mt-2 flex flex-wrap items-center gap-2">
                            {tr!("A chosen knowledge base was deleted.")}
                            <Button small=true on_click=move || toggle(builder, id, false)>
                                {tr!("Take it out")}
                            </Button>
                        </p>
                    }
                })
                .collect_view()
        }}
    }
}

#[component]
fn Row(builder: Builder, base: KnowledgeBase, chosen: Memo<Vec<Uuid>>) -> impl IntoView {
    let id = base.id;
    let progress = base.progress;
    let state = if progress.in_progress() {
        tr!(
            "{done} of {n} document read" | "{done} of {n} documents read" % progress.total,
            done = progress.indexed + progress.failed
        )
    } else {
        tr!("{n} document" | "{n} documents" % progress.indexed)
    };
    view! {
        <li>
            <label class="flex cursor-pointer items-center gap-3 px-3 py-2.5 hover:bg-base-200">
                <input
                    type="checkbox"
                    class="checkbox checkbox-primary checkbox-sm"
                    prop:checked=move || chosen.with(|chosen| chosen.contains(&id))
                    on:change=move |event| toggle(builder, id, event_target_checked(&event))
                />
                <span class="min-w-0 grow truncate font-medium" dir="auto">
                    {base.name}
                </span>
                <span class="muted whitespace-nowrap text-xs">{state}</span>
            </label>
        </li>
    }
}

fn toggle(builder: Builder, id: Uuid, wanted: bool) {
    builder.update(|content| {
        content.knowledge_base_ids.retain(|known| *known != id);
        if wanted {
            content.knowledge_base_ids.push(id);
        }
    });
}
