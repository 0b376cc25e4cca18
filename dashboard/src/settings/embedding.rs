//! The model that makes the workspace's vectors.

use api_types::client;
use api_types::embeddings::{EmbeddingChange, EmbeddingModel, EmbeddingSettings};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::embedding_form::EmbeddingDialog;
use crate::session::use_session;
use crate::ui::alert::ErrorAlert;
use crate::ui::button::Button;
use crate::ui::icon;
use crate::ui::load::{Load, load, loaded, poll_while, rows};
use crate::ui::page::Section;

/// The section.
#[component]
pub fn Embedding() -> impl IntoView {
    let settings = load(client::embedding::get);
    poll_while(settings, |settings| settings.next.is_some());
    let choosing = RwSignal::new(false);
    let choose = view! {
        <Button small=true icon=icon::PENCIL on_click=move || choosing.set(true)>
            "Choose another"
        </Button>
    };
    view! {
        <Section
            title="Embedding model"
            subtitle="Finds passages by what they mean. All knowledge bases of the workspace have the same."
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
        None => "It runs on your own server, and no text leaves it. It knows English best.",
        Some(_) => "Documents and questions are sent to this provider.",
    };
    view! {
        <div>
            <p class="font-medium break-words" dir="auto">
                {name(model)}
            </p>
            <p class="muted">{format!("{remark} Vectors of {} numbers.", model.dimensions)}</p>
        </div>
    }
    .into_any()
}

fn words_only() -> AnyView {
    view! { <p class="muted">"None is installed: passages are found by their words alone."</p> }.into_any()
}

fn waiting(settings: &EmbeddingSettings) -> Option<String> {
    let error = settings.error.as_ref()?;
    Some(format!(
        "New documents wait, and are tried again by themselves. {error}"
    ))
}

/// A model as people know it.
fn name(model: &EmbeddingModel) -> String {
    match (&model.provider_name, model.model.as_str()) {
        (None, model) => format!("Built in ({model})"),
        (Some(provider), "") => provider.clone(),
        (Some(provider), model) => format!("{model} of {provider}"),
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
                Err(error) => failed.set(Some(error.to_string())),
            }
            busy.try_set(false);
        });
    };
    let (done, total) = (change.documents_done, change.documents_total);
    let model = name(&change.model);
    let stuck = change
        .error
        .map(|error| format!("Trying again by itself. {error}"));
    view! {
        <div class="flex flex-col gap-2 rounded-box border border-base-300 p-3">
            <div class="flex flex-wrap items-center gap-2">
                <p class="min-w-0 grow basis-56" role="status">
                    "Changing to " <strong dir="auto">{model.clone()}</strong>
                    {format!(": {done} of {total} documents are ready.")}
                </p>
                <Button small=true busy=busy on_click=cancel>
                    "Stop the change"
                </Button>
            </div>
            <progress
                class="progress progress-primary w-full"
                value=done
                max=total.max(1)
                aria-label=format!("Changing to {model}")
            ></progress>
            <p class="muted">"Until all are ready, the model above goes on answering."</p>
            <ErrorAlert message=Signal::derive(move || failed.get().or_else(|| stuck.clone())) />
        </div>
    }
}
