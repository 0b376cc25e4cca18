//! One knowledge base: its documents as they are read, a try of the search, deleting it.

use api_types::client;
use api_types::kb::{ChunkStrategy, KnowledgeBase};
use api_types::live::Topic;
use api_types::tenancy::Role;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use uuid::Uuid;

use super::documents::Documents;
use super::edit_base::EditBase;
use super::list::ProgressLine;
use super::new_draft::DraftButton;
use super::search::Search;
use super::sources::Sources;
use crate::live::{follow_pages_while, follow_while};
use crate::session::use_session;
use crate::ui::button::Button;
use crate::ui::dialog::ConfirmDialog;
use crate::ui::field::settled;
use crate::ui::icon;
use crate::ui::load::{Load, blocks, load, loaded};
use crate::ui::page::{PageHead, Section};
use crate::ui::pages::pages;
use crate::ui::params::with_id;
use crate::ui::time::Ago;
use crate::ui::toast::use_toasts;

/// The page.
#[component]
pub fn KnowledgeBasePage() -> impl IntoView {
    with_id(|id| {
        let base = load(move || client::kb::get(id));
        let words = RwSignal::new(String::new());
        let wanted = settled(words);
        let documents = pages(move |cursor| client::kb::documents(id, &wanted.get(), cursor));
        let is_it = move |what, changed| what == Topic::KnowledgeBase && changed == id;
        follow_while(base, is_it, |base| base.progress.in_progress());
        // New settings have the documents cut anew: their list is old then, told or not.
        let is_busy = Memo::new(move |_| base.get().is_some_and(|base| base.progress.in_progress()));
        Effect::new(move |_| {
            if is_busy.get() {
                documents.refresh();
            }
        });
        follow_pages_while(documents, is_it, |document| document.status.in_progress());
        loaded(base, blocks, move |found| {
            view! { <Overview id=id base=found loading=base>
                <Sources id=id documents=documents base=base />
                <Documents id=id documents=documents words=words base=base />
            </Overview> }
        })
    })
}

#[component]
fn Overview(
    id: Uuid,
    base: RwSignal<KnowledgeBase>,
    loading: Load<KnowledgeBase>,
    children: Children,
) -> impl IntoView {
    let name = Memo::new(move |_| base.with(|base| base.name.clone()));
    let description = Memo::new(move |_| base.with(|base| base.description.clone()));
    let progress = Memo::new(move |_| base.with(|base| base.progress));
    view! {
        <PageHead title=name subtitle=description back=("/knowledge", tr!("Knowledge"))>
            <EditBase base=loading />
            <DraftButton from=Some(id)>{tr!("Add sources")}</DraftButton>
        </PageHead>
        <div class="mb-5 flex flex-col gap-2 empty:hidden">
            <ProgressLine progress=progress />
        </div>
        <div class="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_22rem]">
            <div class="flex min-w-0 flex-col gap-5">
                {children()} <Search id=id />
            </div>
            <div class="flex min-w-0 flex-col gap-5">
                <Facts base=base />
                <DeleteBase id=id base=base />
            </div>
        </div>
    }
}

/// A strategy in plain words.
pub fn strategy_name(strategy: ChunkStrategy) -> &'static str {
    match strategy {
        ChunkStrategy::Recursive => tr!("At headings and paragraphs"),
        ChunkStrategy::Heading => tr!("One chunk a section"),
        ChunkStrategy::Page => tr!("One chunk a page"),
        ChunkStrategy::Sentence => tr!("Whole sentences"),
        ChunkStrategy::Fixed => tr!("Every so many tokens"),
        ChunkStrategy::Semantic => tr!("Where the subject changes"),
        ChunkStrategy::Adaptive => tr!("What suits each document"),
    }
}

#[component]
fn Facts(base: RwSignal<KnowledgeBase>) -> impl IntoView {
    let created_at = Memo::new(move |_| base.with(|base| base.created_at));
    let chunks = move || base.with(|base| tr!("{n} chunk" | "{n} chunks" % base.chunk_count));
    let chunking = move || {
        let chunking = base.with(|base| base.chunking);
        tr!(
            "{}, up to {} tokens, {} repeated",
            strategy_name(chunking.strategy),
            chunking.size,
            chunking.overlap
        )
    };
    let used_by = move || {
        let used_by = base.with(|base| base.used_by.join(", "));
        if used_by.is_empty() {
            tr!("no live bot yet").to_owned()
        } else {
            used_by
        }
    };
    view! {
        <Section title=tr!("At a glance")>
            <dl class="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-2">
                <dt class="muted">{tr!("Holds")}</dt>
                <dd>{chunks}</dd>
                <dt class="muted">{tr!("Cut")}</dt>
                <dd>{chunking}</dd>
                <dt class="muted">{tr!("Used by")}</dt>
                <dd dir="auto">{used_by}</dd>
                <dt class="muted">{tr!("Made")}</dt>
                <dd>
                    <Ago at=created_at />
                </dd>
            </dl>
        </Section>
    }
}

#[component]
fn DeleteBase(id: Uuid, base: RwSignal<KnowledgeBase>) -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let navigate = StoredValue::new_local(use_navigate());
    let asking = RwSignal::new(false);
    let name = move || base.with(|base| base.name.clone());
    let holds = move || {
        base.with(|base| {
            tr!(
                "{} and {}",
                tr!("{n} document" | "{n} documents" % base.progress.total),
                tr!("{n} chunk" | "{n} chunks" % base.chunk_count)
            )
        })
    };
    let users = move || base.with(|base| base.used_by.join(", "));
    let delete = async move || {
        let name = untrack(name);
        session.send(&client::kb::delete(id)).await?;
        toasts.say(tr!("{name} was deleted.", name));
        navigate.with_value(|navigate| navigate("/knowledge", NavigateOptions::default()));
        Ok(())
    };
    view! {
        <Section title=tr!("Delete")>
            <p class="muted mb-3">{tr!("The knowledge base goes with its documents and chunks.")}</p>
            <Button icon=icon::TRASH_2 needs=Role::Editor on_click=move || asking.set(true)>
                {tr!("Delete knowledge base")}
            </Button>
        </Section>
        <ConfirmDialog
            open=asking
            title=Signal::derive(move || tr!("Delete {}?", name()))
            action=tr!("Delete knowledge base")
            on_confirm=delete
        >
            <p>{tr!("This can't be undone. ")} {holds} {tr!(" go with it.")}</p>
            <Show when=move || !users().is_empty()>
                <p>
                    {tr!("These live bots answer from it: ")} <strong>{users}</strong>
                    {tr!(". Choose other knowledge for them first.")}
                </p>
            </Show>
        </ConfirmDialog>
    }
}
