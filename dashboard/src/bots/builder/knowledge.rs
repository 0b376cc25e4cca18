//! What the bot answers from.

use api_types::client;
use api_types::kb::KnowledgeBase;
use leptos::prelude::*;
use uuid::Uuid;

use super::Builder;
use crate::retrieval::RerankFields;
use crate::ui::button::{Button, ButtonLink};
use crate::ui::format::count;
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
        <Section title="Knowledge" subtitle="The bot answers from these and names its sources.">
            {loaded(found, skeleton, move |found| view! { <Choice builder=builder found=found /> })}
            <p class="mt-2 text-error empty:hidden" role="alert">
                {move || field.error()}
            </p>
            <div class="mt-4">
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
                            "There is no knowledge base yet. This draft is kept while you make one."
                        </p>
                        <ButtonLink href="/knowledge" icon=icon::PLUS small=true>
                            "Create a knowledge base"
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
                            "A chosen knowledge base was deleted."
                            <Button small=true on_click=move || toggle(builder, id, false)>
                                "Take it out"
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
        format!(
            "{} of {} read",
            progress.indexed + progress.failed,
            count(progress.total, "document")
        )
    } else {
        count(progress.indexed, "document")
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
