//! Step 3: a name, and off it goes.

use api_types::FieldError;
use api_types::client;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

use super::Wizard;
use crate::i18n::served;
use crate::session::use_session;
use crate::ui::alert::ErrorAlert;
use crate::ui::button::{Button, Submit};
use crate::ui::field::{Text, TextArea, TextField};
use crate::ui::page::Section;

/// The step.
#[component]
pub fn FinishStep(wizard: Wizard, back: impl Fn() + Copy + Send + Sync + 'static) -> impl IntoView {
    let session = use_session();
    let navigate = StoredValue::new_local(use_navigate());
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);
    let under_way = move || wizard.uploads.are_under_way();
    let is_new = wizard.from.is_none();
    let submit = move || {
        error.set(None);
        if !wizard.form.submit() || untrack(under_way) || busy.get_untracked() {
            return;
        }
        busy.set(true);
        spawn_local(async move {
            let result = match wizard.draft.save_now().await {
                Ok(()) => {
                    session
                        .send(&client::kb_drafts::finalize(wizard.draft.id()))
                        .await
                }
                Err(error) => Err(error),
            };
            busy.set(false);
            match result {
                Ok(done) => {
                    wizard.draft.finish();
                    let path = format!("/knowledge/{}", done.knowledge_base_id);
                    // The draft is gone: going back leads to the list.
                    let options = NavigateOptions {
                        replace: true,
                        ..NavigateOptions::default()
                    };
                    navigate.with_value(|navigate| navigate(&path, options));
                }
                Err(problem) => {
                    let words = wizard.form.refuse(&problem);
                    // The fields and the list of other problems say it all when there is one.
                    let unlisted = untrack(|| wizard.form.problems().is_empty());
                    error.set(words.filter(|_| unlisted));
                }
            }
        });
    };
    let sources = move || {
        tr!("{n} source" | "{n} sources" % i64::try_from(wizard.sources.with(Vec::len)).unwrap_or(i64::MAX))
    };
    let title = if is_new {
        tr!("Name it")
    } else {
        tr!("Add the sources")
    };
    view! {
        <form
            class="mx-auto max-w-2xl"
            novalidate
            on:submit=move |event| {
                event.prevent_default();
                submit();
            }
        >
            <Section title=title>
                <div class="flex flex-col gap-3">
                    <ErrorAlert message=error />
                    <OtherProblems wizard=wizard />
                    <Show when=move || is_new>
                        <Names wizard=wizard />
                    </Show>
                    <p class="muted">
                        {sources}
                        {tr!(" will be read, cut and indexed in the background. You can leave the page meanwhile.")}
                    </p>
                    <Show when=under_way>
                        <p role="status">{tr!("Files are still being sent. This can be finished when they are there.")}</p>
                    </Show>
                </div>
            </Section>
            <div class="mt-5 flex flex-wrap justify-end gap-2">
                <Button on_click=back>{tr!("Back")}</Button>
                <Submit busy=busy disabled=Signal::derive(under_way)>
                    {if is_new { tr!("Create knowledge base") } else { tr!("Add to the knowledge base") }}
                </Submit>
            </div>
        </form>
    }
}

#[component]
fn Names(wizard: Wizard) -> impl IntoView {
    let content = wizard.draft.content;
    let name = Text::new(
        move || content.with(|form| form.name.clone()),
        move |name| content.update(|form| form.name = name),
    );
    let description = Text::new(
        move || content.with(|form| form.description.clone()),
        move |description| content.update(|form| form.description = description),
    );
    view! {
        <TextField label=tr!("Name") value=name field=wizard.form.field("content.name") placeholder=tr!("Product handbook") />
        <TextArea
            label=tr!("Description")
            value=description
            field=wizard.form.field("content.description")
            hint=tr!("What it is about, for your team. You can leave it out.")
            rows=2
        />
    }
}

/// Problems of fields on the other steps.
#[component]
fn OtherProblems(wizard: Wizard) -> impl IntoView {
    let message = move || {
        let here = |problem: &FieldError| {
            wizard.from.is_none() && ["content.name", "content.description"].contains(&problem.field.as_str())
        };
        let others = wizard
            .form
            .problems()
            .into_iter()
            .filter(|problem| !here(problem));
        let words: Vec<_> = others.map(|problem| served(&problem.message)).collect();
        (!words.is_empty()).then(|| words.join(" "))
    };
    view! { <ErrorAlert message=Signal::derive(message) /> }
}
