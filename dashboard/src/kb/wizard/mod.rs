//! The wizard: sources, chunk preview, name. Nothing is written to the knowledge base before the last step.

mod add_google;
mod add_link;
mod add_notion;
mod add_pairs;
mod add_text;
mod add_website;
mod adding;
mod chunks;
mod connected;
mod edit_pairs;
mod finish;
mod form;
mod sources;
mod uploads;
mod website_row;

use api_types::client;
use api_types::drafts::Draft;
use api_types::kb::{DraftSource, KnowledgeBaseContent};
use api_types::validate;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};
use uuid::Uuid;

use crate::drafts::{Autosave, ConflictDialog, SaveState, SaveStatus, autosave};
use crate::ui::alert::Notice;
use crate::ui::button::{Button, ButtonLink, Variant};
use crate::ui::form::Form;
use crate::ui::icon::{self, Icon};
use crate::ui::load::{blocks, load, loaded};
use crate::ui::page;
use crate::ui::params::with_id;
use chunks::ChunksStep;
use finish::FinishStep;
use form::KbForm;
pub use sources::ACCEPT;
use sources::SourcesStep;
use uploads::Uploads;

/// The page.
#[component]
pub fn WizardPage() -> impl IntoView {
    with_id(|id| {
        let draft = load(move || client::kb_drafts::get(id));
        loaded(
            draft,
            blocks,
            |draft| view! { <Steps wizard=Wizard::new(draft.get_untracked()) /> },
        )
    })
}

/// The draft and what is being added to it. A handle.
#[derive(Clone, Copy)]
struct Wizard {
    draft: Autosave<KbForm>,
    sources: RwSignal<Vec<DraftSource>>,
    uploads: Uploads,
    form: Form,
    /// The knowledge base that the sources are added to; none for a new one.
    from: Option<Uuid>,
}

impl Wizard {
    fn new(draft: Draft<KnowledgeBaseContent>) -> Self {
        let from = draft.from;
        let sources = RwSignal::new(draft.content.sources.clone());
        let draft = autosave::<KbForm>(draft);
        let form = Form::new(move || {
            let content = draft.content.with(|form| form.with_sources(sources.get()));
            validate::knowledge_base(&content, false)
        });
        Self {
            draft,
            sources,
            uploads: Uploads::new(),
            form,
            from,
        }
    }

    /// Takes over the sources after one was added or removed.
    fn take_sources(self, draft: Draft<KnowledgeBaseContent>) {
        self.draft.adopt_version(draft.version);
        self.sources.set(draft.content.sources);
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Sources,
    Chunks,
    Finish,
}

impl Step {
    const ALL: [Self; 3] = [Self::Sources, Self::Chunks, Self::Finish];

    fn name(self) -> &'static str {
        match self {
            Self::Sources => tr!("Sources"),
            Self::Chunks => tr!("Chunks"),
            Self::Finish => tr!("Name"),
        }
    }

    const fn key(self) -> &'static str {
        match self {
            Self::Sources => "sources",
            Self::Chunks => "chunks",
            Self::Finish => "name",
        }
    }
}

#[component]
fn Steps(wizard: Wizard) -> impl IntoView {
    let query = use_query_map();
    let step = Memo::new(move |_| {
        let key = query.with(|query| query.get("step"));
        Step::ALL
            .into_iter()
            .find(|step| Some(step.key()) == key.as_deref())
            .unwrap_or(Step::Sources)
    });
    let navigate = StoredValue::new_local(use_navigate());
    let go = move |to: Step| {
        let is_cut = ["content.chunking.size", "content.chunking.overlap"];
        if to == Step::Finish && step.get_untracked() == Step::Chunks && !wizard.form.check(&is_cut) {
            return;
        }
        let path = format!("/knowledge/draft/{}?step={}", wizard.draft.id(), to.key());
        navigate.with_value(|navigate| navigate(&path, NavigateOptions::default()));
    };
    let name = move || {
        let name = wizard.draft.content.with(|form| form.name.trim().to_owned());
        match (name.is_empty(), wizard.from) {
            (true, _) => tr!("New knowledge base").to_owned(),
            (false, Some(_)) => tr!("Add sources to {name}", name),
            (false, None) => name,
        }
    };
    page::title(name);
    let is_gone = move || wizard.draft.state.get() == SaveState::Gone;

    view! {
        <header class="mb-5">
            <a href="/knowledge" class="link-plain inline-flex w-fit items-center gap-1 text-sm">
                <Icon glyph=icon::ARROW_LEFT class="size-3.5 rtl:rotate-180" />
                {tr!("Knowledge")}
            </a>
            <h1 class="truncate text-xl font-semibold" dir="auto">
                {name}
            </h1>
            <SaveStatus draft=wizard.draft />
        </header>
        <Show when=is_gone>
            <div class="mb-4" role="alert">
                <Notice>
                    <p>{tr!("This draft has expired or was deleted, and its files with it. Names and settings are still on this page.")}</p>
                    <ButtonLink href="/knowledge" small=true>
                        {tr!("Back to Knowledge")}
                    </ButtonLink>
                </Notice>
            </div>
        </Show>
        <StepLine step=step go=go wizard=wizard />
        // Text that was typed but not added yet stays while another step is shown.
        <div class:hidden=move || step.get() != Step::Sources>
            <SourcesStep wizard=wizard />
            <Onward>
                <Button
                    variant=Variant::Primary
                    disabled=Signal::derive(move || !has_sources(wizard))
                    on_click=move || go(Step::Chunks)
                >
                    {tr!("Preview the chunks")}
                </Button>
            </Onward>
        </div>
        <Show when=move || step.get() == Step::Chunks>
            <ChunksStep wizard=wizard />
            <Onward>
                <Button on_click=move || go(Step::Sources)>{tr!("Back")}</Button>
                <Button variant=Variant::Primary on_click=move || go(Step::Finish)>
                    {tr!("Next")}
                </Button>
            </Onward>
        </Show>
        <Show when=move || step.get() == Step::Finish>
            <FinishStep wizard=wizard back=move || go(Step::Chunks) />
        </Show>
        <ConflictDialog draft=wizard.draft />
    }
}

fn has_sources(wizard: Wizard) -> bool {
    wizard.sources.with(|sources| !sources.is_empty())
}

#[component]
fn Onward(children: Children) -> impl IntoView {
    view! { <div class="mt-5 flex flex-wrap justify-end gap-2">{children()}</div> }
}

/// The three steps; those that can be gone to are buttons.
#[component]
fn StepLine(
    step: Memo<Step>,
    go: impl Fn(Step) + Copy + Send + Sync + 'static,
    wizard: Wizard,
) -> impl IntoView {
    let item = move |(i, this): (usize, Step)| {
        let current = move || step.get() == this;
        let disabled = move || this != Step::Sources && !has_sources(wizard);
        view! {
            <li class="flex min-w-0 items-center gap-2">
                <button
                    type="button"
                    class="flex min-w-0 items-center gap-2 rounded-field px-2 py-1 font-medium enabled:cursor-pointer enabled:hover:bg-base-300/60"
                    class=("muted", move || !current())
                    disabled=disabled
                    aria-current=move || current().then_some("step")
                    on:click=move |_| go(this)
                >
                    <span
                        class="grid size-6 shrink-0 place-items-center rounded-full text-xs"
                        class=("bg-primary", current)
                        class=("text-primary-content", current)
                        class=("bg-base-300", move || !current())
                    >
                        {i + 1}
                    </span>
                    <span class="truncate">{this.name()}</span>
                </button>
                <Icon glyph=icon::CHEVRON_RIGHT class="size-4 muted rtl:rotate-180" />
            </li>
        }
    };
    view! {
        <nav aria-label=tr!("Steps") class="mb-5">
            <ol class="-ms-2 flex flex-wrap items-center gap-1 [&>li:last-child>svg]:hidden">
                {Step::ALL.into_iter().enumerate().map(item).collect_view()}
            </ol>
        </nav>
    }
}
