//! Step 1: what goes in.

use api_types::client;
use api_types::kb::{DraftSource, SourceKind};
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::DragEvent;

use super::Wizard;
use super::add_google::AddGoogle;
use super::add_link::AddLink;
use super::add_notion::AddNotion;
use super::add_pairs::AddPairs;
use super::add_text::AddText;
use super::add_website::AddWebsite;
use super::edit_pairs::EditPairs;
use super::uploads::UploadList;
use super::website_row::WebsiteProgress;
use crate::kb::source_icon::source_icon;
use crate::session::use_session;
use crate::ui::button::IconButton;
use crate::ui::choice::Choice;
use crate::ui::format::bytes;
use crate::ui::icon::{self, Icon};
use crate::ui::page::Section;
use crate::ui::toast::use_toasts;

/// File types that the picker offers; the server looks at the content, not at the name.
pub const ACCEPT: &str = ".pdf,.docx,.doc,.pptx,.ppt,.xlsx,.xls,.odt,.odp,.ods,.rtf,.epub,.html,.htm,.md,.markdown,.txt,.csv,.tsv,.json,.jsonl,.eml,.msg";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Files,
    Text,
    Link,
    Website,
    Pairs,
    Notion,
    Google,
}

/// The step.
#[component]
pub fn SourcesStep(wizard: Wizard) -> impl IntoView {
    let way = RwSignal::new(Way::Files);
    // All stay, so that nothing typed is lost by looking at another one.
    view! {
        <div class="flex flex-col gap-5">
            <Section title=tr!("Add sources") subtitle=tr!("Each becomes a document that bots can quote; of a website, each page does.")>
                <div class="mb-4">
                    <Choice
                        label=tr!("Kind of source")
                        chosen=way
                        options=vec![
                            (Way::Files, tr!("Files")),
                            (Way::Text, tr!("Text")),
                            (Way::Link, tr!("Web page")),
                            (Way::Website, tr!("Website")),
                            (Way::Pairs, tr!("Questions")),
                            (Way::Notion, "Notion"),
                            (Way::Google, "Google Drive"),
                        ]
                    />
                </div>
                <div class:hidden=move || way.get() != Way::Files>
                    <DropArea wizard=wizard />
                </div>
                <div class:hidden=move || way.get() != Way::Text>
                    <AddText wizard=wizard />
                </div>
                <div class:hidden=move || way.get() != Way::Link>
                    <AddLink wizard=wizard />
                </div>
                <div class:hidden=move || way.get() != Way::Website>
                    <AddWebsite wizard=wizard />
                </div>
                <div class:hidden=move || way.get() != Way::Pairs>
                    <AddPairs wizard=wizard />
                </div>
                // Asks Notion for its pages, so not before it is wanted.
                <Show when=move || way.get() == Way::Notion>
                    <AddNotion wizard=wizard />
                </Show>
                <div class:hidden=move || way.get() != Way::Google>
                    <AddGoogle wizard=wizard />
                </div>
            </Section>
            <SourceList wizard=wizard />
        </div>
    }
}

#[component]
fn DropArea(wizard: Wizard) -> impl IntoView {
    let over = RwSignal::new(false);
    let input = NodeRef::<html::Input>::new();
    let picked = move |_| {
        let Some(input) = input.get_untracked() else {
            return;
        };
        if let Some(files) = input.files() {
            wizard.uploads.add(wizard, &files);
        }
        // So that the same file can be picked again after it was removed.
        input.set_value("");
    };
    let dropped = move |event: DragEvent| {
        event.prevent_default();
        over.set(false);
        if let Some(files) = event.data_transfer().and_then(|data| data.files()) {
            wizard.uploads.add(wizard, &files);
        }
    };
    view! {
        <label
            class="flex cursor-pointer flex-col items-center gap-2 rounded-box border-2 border-dashed px-4 py-10 text-center focus-within:border-primary"
            class=("border-primary", move || over.get())
            class=("bg-primary/8", move || over.get())
            class=("border-base-300", move || !over.get())
            on:dragover=move |event| {
                event.prevent_default();
                over.set(true);
            }
            on:dragleave=move |_| over.set(false)
            on:drop=dropped
        >
            <Icon glyph=icon::UPLOAD class="size-6 text-primary" />
            <span class="font-medium">{tr!("Drop files here, or choose them")}</span>
            <span class="muted">{tr!("PDF, Word, PowerPoint, Excel, OpenDocument, RTF, EPUB, HTML, Markdown, text, CSV, JSON and e-mail, up to 20 MB each")}</span>
            <input
                node_ref=input
                type="file"
                multiple
                accept=ACCEPT
                class="sr-only"
                aria-label=tr!("Choose files")
                on:change=picked
            />
        </label>
    }
}

#[component]
fn SourceList(wizard: Wizard) -> impl IntoView {
    let title = move || {
        tr!("{n} source" | "{n} sources" % i64::try_from(wizard.sources.with(Vec::len)).unwrap_or(i64::MAX))
    };
    let is_empty = move || wizard.sources.with(Vec::is_empty);
    view! {
        <section aria-label=tr!("Sources in this draft")>
            <h2 class="mb-2 font-semibold">{title}</h2>
            <ul class="panel divide-y divide-base-300">
                <For
                    each=move || wizard.sources.get()
                    key=|source| source.id
                    children=move |source| view! { <SourceRow wizard=wizard source=source /> }
                />
                <UploadList wizard=wizard />
                <Show when=move || is_empty() && !wizard.uploads.are_under_way()>
                    <li class="muted px-4 py-6 text-center">{tr!("Nothing yet. What you add is listed here.")}</li>
                </Show>
            </ul>
        </section>
    }
}

#[component]
fn SourceRow(wizard: Wizard, source: DraftSource) -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let busy = RwSignal::new(false);
    let id = source.id;
    let remove = move || {
        busy.set(true);
        spawn_local(async move {
            match session
                .send(&client::kb_drafts::remove_source(wizard.draft.id(), id))
                .await
            {
                Ok(draft) => wizard.take_sources(draft),
                Err(error) => toasts.fail(&error),
            }
            busy.set(false);
        });
    };
    let address = source.url.as_ref().map(ToString::to_string);
    let website = source.kind.is_crawled();
    // What is fetched page by page has no size of its own.
    let detail = address.or_else(|| (!website).then(|| bytes(source.size)));
    let title = source.title.clone();
    let pairs = (source.kind == SourceKind::Qa).then(|| {
        let title = title.clone();
        view! { <EditPairs wizard=wizard source=id title=title /> }
    });
    view! {
        <li class="flex flex-wrap items-center gap-3 px-4 py-2.5" data-testid="source">
            <Icon glyph=source_icon(source.kind) class="size-5 muted" />
            <div class="min-w-0 flex-1">
                <p class="truncate font-medium" dir="auto" title=source.title.clone()>
                    {source.title.clone()}
                </p>
                <p class="muted truncate text-xs empty:hidden">{detail}</p>
            </div>
            {pairs}
            <IconButton
                icon=icon::TRASH_2
                label=tr!("Remove {}", source.title)
                disabled=busy
                on_click=remove
            />
            {website.then(|| view! { <WebsiteProgress wizard=wizard source=id title=title /> })}
        </li>
    }
}
