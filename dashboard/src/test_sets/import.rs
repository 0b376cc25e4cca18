//! Cases from a CSV file, looked at before anything is written; and back into one.

use api_types::client::{self, ClientError};
use api_types::test_sets::{ImportCasesRequest, ImportedCases};
use leptos::prelude::*;
use leptos::task::spawn_local;
use uuid::Uuid;
use wasm_bindgen_futures::JsFuture;
use web_sys::HtmlInputElement;

use crate::i18n::served;
use crate::session::{Session, use_session};
use crate::ui::alert::ErrorAlert;
use crate::ui::button::{Button, Variant};
use crate::ui::dialog::Dialog;
use crate::ui::download;
use crate::ui::icon;
use crate::ui::toast::use_toasts;

/// Chooses a file, shows what would come of it, and imports it.
#[component]
pub fn ImportDialog(
    /// Whether it is open.
    open: RwSignal<bool>,
    /// The set.
    set_id: Uuid,
    /// Called when cases were added or changed.
    on_imported: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    view! {
        <Dialog open=open title=tr!("Import cases")>
            <Import open=open set_id=set_id on_imported=on_imported />
        </Dialog>
    }
}

#[component]
fn Import(
    open: RwSignal<bool>,
    set_id: Uuid,
    on_imported: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let csv = RwSignal::new(String::new());
    let preview = RwSignal::new(None::<ImportedCases>);
    let error = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let send = move |is_preview: bool| {
        busy.set(true);
        error.set(None);
        let request = ImportCasesRequest {
            csv: csv.get_untracked(),
            preview: is_preview,
        };
        spawn_local(async move {
            let result = session.send(&client::test_sets::import(set_id, &request)).await;
            busy.set(false);
            match result {
                Ok(found) if is_preview => preview.set(Some(found)),
                Ok(done) => {
                    toasts.say(tr!(
                        "{n} case added, {changed} changed."
                            | "{n} cases added, {changed} changed." % done.added,
                        changed = done.changed
                    ));
                    open.set(false);
                    on_imported();
                }
                Err(problem) => error.set(Some(crate::i18n::explain(&problem))),
            }
        });
    };
    let choose = move |event: web_sys::Event| {
        let input: HtmlInputElement = event_target(&event);
        let Some(file) = input.files().and_then(|files| files.get(0)) else {
            return;
        };
        // The same file, put right, is another choice.
        let chosen = JsFuture::from(file.text());
        input.set_value("");
        preview.set(None);
        spawn_local(async move {
            let text = chosen.await.ok();
            match text.and_then(|text| text.as_string()) {
                Some(text) => {
                    csv.set(text);
                    send(true);
                }
                None => error.set(Some(
                    tr!("The file could not be read. Choose it again.").to_owned(),
                )),
            }
        });
    };
    let is_ready = move || {
        preview.with(|preview| {
            preview
                .as_ref()
                .is_some_and(|found| found.errors.is_empty() && found.added + found.changed > 0)
        })
    };
    view! {
        <div class="flex flex-col gap-4">
            <p class="muted">
                {tr!("A CSV file whose first line names its columns: ")}
                <code>"question, expected_answer, expected_text, document, unanswerable"</code>
                {tr!(". Only the question is needed. A question that is in the set already is changed, not added again.")}
            </p>
            <label class="flex flex-col gap-1.5">
                <span class="font-medium">{tr!("CSV file")}</span>
                <input
                    type="file"
                    class="file-input w-full"
                    accept=".csv,.tsv,.txt,text/csv"
                    on:change=choose
                />
            </label>
            <ErrorAlert message=error />
            {move || preview.get().map(|found| view! { <Preview found=found /> })}
            <div class="flex flex-wrap justify-end gap-2">
                <Button on_click=move || open.set(false)>{tr!("Cancel")}</Button>
                <Button
                    variant=Variant::Primary
                    icon=icon::UPLOAD
                    busy=busy
                    disabled=Signal::derive(move || !is_ready())
                    on_click=move || send(false)
                >
                    {tr!("Import")}
                </Button>
            </div>
        </div>
    }
}

#[component]
fn Preview(found: ImportedCases) -> impl IntoView {
    if found.errors.is_empty() {
        let words = tr!(
            "{n} case to add, {changed} to change, {unchanged} already there."
                | "{n} cases to add, {changed} to change, {unchanged} already there." % found.added,
            changed = found.changed,
            unchanged = found.unchanged
        );
        return view! { <p role="status">{words}</p> }.into_any();
    }
    let line = |error: api_types::FieldError| {
        view! {
            <li>
                <strong class="font-medium">{error.field} ": "</strong>
                {served(&error.message)}
            </li>
        }
    };
    view! {
        <div role="alert" class="rounded-box border border-error/40 bg-error/8 px-4 py-3">
            <p class="font-medium">
                {tr!("Nothing was imported. Put these right in the file and choose it again:")}
            </p>
            <ul class="mt-1 max-h-60 list-disc overflow-y-auto ps-5">{found.errors.into_iter().map(line).collect_view()}</ul>
        </div>
    }
    .into_any()
}

/// Has the cases saved as CSV.
pub async fn export(session: Session, set_id: Uuid, name: &str) -> Result<(), ClientError> {
    download::save(
        session,
        &client::test_sets::export(set_id),
        &format!("{name}.csv"),
    )
    .await
}
