//! The model that makes the workspace's vectors.

use api_types::client;
use api_types::embeddings::{EmbeddingChange, EmbeddingModel, EmbeddingSettings};
use api_types::live::Topic;
use api_types::tenancy::Role;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::embedding_form::EmbeddingDialog;
use crate::i18n::served;
use crate::live::follow_while;
use crate::session::use_session;
use crate::ui::alert::ErrorAlert;
use crate::ui::button::Button;
use crate::ui::icon;
use crate::ui::load::{Load, load, loaded, rows};
use crate::ui::page::Section;

/// The section.
#[component]
pub fn Embedding() -> impl IntoView {
    let settings = load(client::embedding::get);
    follow_while(
        settings,
        |what, _| what == Topic::Embedding,
        |settings| settings.next.is_some(),
    );
    let choosing = RwSignal::new(false);
    let choose = view! {
        <Button small=true icon=icon::PENCIL needs=Role::Admin on_click=move || choosing.set(true)>
            {tr!("Choose another")}
        </Button>
    };
    view! {
        <Section
            title=tr!("Embedding model")
            subtitle=tr!("Finds passages by what they mean. All knowledge bases of the workspace have the same.")
            actions=choose.into_any()
        >
            {loaded(
                settings,
                rows,
                move |found| {
                    view! {
                        <div class="flex flex-col gap-3">
                            {move || found.with(|found| found.live.as_ref().map_or_else(words_only, live))}
                            <ErrorAlert message=Signal::derive(move || found.with(waiting)) />
                            {move || {
                                found
                                    .get()
                                    .next
                                    .map(|change| view! { <Change change=change settings=settings /> })
                            }}
                        </div>
                    }
                },
            )}
        </Section>
        <EmbeddingDialog open=choosing settings=settings />
    }
}

fn live(model: &EmbeddingModel) -> AnyView {
    let remark = match model.provider_id {
        None => tr!("It runs on your own server, and no text leaves it. It knows English best."),
        Some(_) => tr!("Documents and questions are sent to this provider."),
    };
    view! {
        <div>
            <p class="font-medium break-words" dir="auto">
                {name(model)}
            </p>
            <p class="muted">{tr!("{remark} Vectors of {} numbers.", model.dimensions, remark)}</p>
        </div>
    }
    .into_any()
}

fn words_only() -> AnyView {
    view! { <p class="muted">{tr!("None is installed: passages are found by their words alone.")}</p> }
        .into_any()
}

fn waiting(settings: &EmbeddingSettings) -> Option<String> {
    let error = settings.error.as_ref()?;
    Some(tr!(
        "New documents wait, and are tried again by themselves. {error}",
        error = served(error)
    ))
}

/// A model as people know it.
fn name(model: &EmbeddingModel) -> String {
    match (&model.provider_name, model.model.as_str()) {
        (None, model) => tr!("Built in ({model})", model),
        (Some(provider), "") => provider.clone(),
        (Some(provider), model) => tr!("{model} of {provider}", model, provider),
    }
}

/// A model that is on its way, with a way back.
#[component]
fn Change(change: EmbeddingChange, settings: Load<EmbeddingSettings>) -> impl IntoView {
    let session = use_session();
    let busy = RwSignal::new(false);
    let failed = RwSignal::new(None::<String>);
    let cancel = move || {
        busy.set(true);
        spawn_local(async move {
            match session.send(&client::embedding::cancel()).await {
                Ok(now) => settings.set(now),
                Err(error) => failed.set(Some(crate::i18n::explain(&error))),
            }
            busy.try_set(false);
        });
    };
    let (done, total) = (change.documents_done, change.documents_total);
    let model = name(&change.model);
    let stuck = change
        .error
        .map(|error| tr!("Trying again by itself. {error}", error = served(&error)));
    view! {
        <div class="flex flex-col gap-2 rounded-box border border-base-300 p-3">
            <div class="flex flex-wrap items-center gap-2">
                <p class="min-w-0 grow basis-56" role="status">
                    {tr!("Changing to ")} <strong dir="auto">{model.clone()}</strong>
                    {tr!(": {done} of {total} documents are ready.", done, total)}
                </p>
                <Button small=true busy=busy needs=Role::Admin on_click=cancel>
                    {tr!("Stop the change")}
                </Button>
            </div>
            <progress
                class="progress progress-primary w-full"
                value=done
                max=total.max(1)
                aria-label=tr!("Changing to {model}", model)
            ></progress>
            <p class="muted">{tr!("Until all are ready, the model above goes on answering.")}</p>
            <ErrorAlert message=Signal::derive(move || failed.get().or_else(|| stuck.clone())) />
        </div>
    }
}
