//! Choosing a CSV file of questions and answers; the server reads it, whatever its encoding.

use api_types::client::ClientError;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::de::DeserializeOwned;

use crate::kb::transfer::send_file;
use crate::session::use_session;
use crate::ui::alert::ErrorAlert;
use crate::ui::button::Button;
use crate::ui::icon;

/// A button that sends a file to `url`, and what is wrong with it row by row.
#[component]
pub fn CsvPicker<T: DeserializeOwned + 'static>(
    /// Where it goes.
    url: String,
    /// Whether it can't be pressed.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// Takes the answer.
    on_sent: Callback<T>,
) -> impl IntoView {
    let session = use_session();
    let input = NodeRef::<html::Input>::new();
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<ClientError>);
    let url = StoredValue::new(url);
    let picked = move |_| {
        let Some(input) = input.get_untracked() else {
            return;
        };
        let Some(file) = input.files().and_then(|files| files.get(0)) else {
            return;
        };
        busy.set(true);
        error.set(None);
        spawn_local(async move {
            let url = url.get_value();
            let sent = session
                .authorized(async |token| send_file("POST", &url, &file, token.as_deref(), |_| {}).await)
                .await;
            match sent {
                Ok(answer) => on_sent.run(answer),
                Err(problem) => {
                    error.try_set(Some(problem));
                }
            }
            busy.try_set(false);
        });
        // So that the same file can be picked again after it was changed.
        input.set_value("");
    };
    view! {
        <div class="flex flex-col gap-2">
            <div>
                <Button
                    icon=icon::UPLOAD
                    busy=busy
                    disabled=disabled
                    on_click=move || {
                        if let Some(input) = input.get_untracked() {
                            input.click();
                        }
                    }
                >
                    {tr!("Import a CSV file")}
                </Button>
                <input
                    node_ref=input
                    type="file"
                    accept=".csv,.tsv,.txt,text/csv,text/tab-separated-values"
                    class="hidden"
                    aria-label=tr!("CSV file")
                    on:change=picked
                />
            </div>
            {move || error.get().map(|error| view! { <Problem error=error /> })}
        </div>
    }
}

#[component]
fn Problem(error: ClientError) -> impl IntoView {
    let errors = match &error {
        ClientError::Problem(problem) => problem.errors.clone(),
        _ => Vec::new(),
    };
    if errors.is_empty() {
        let message = crate::i18n::explain(&error);
        return view! { <ErrorAlert message=Signal::derive(move || Some(message.clone())) /> }.into_any();
    }
    let line = |error: api_types::FieldError| {
        view! {
            <li>
                <strong class="font-medium">{error.field} ": "</strong>
                {error.message}
            </li>
        }
    };
    view! {
        <div role="alert" class="rounded-box border border-error/40 bg-error/8 px-4 py-3">
            <p class="font-medium">
                {tr!("Nothing was imported. Put these right in the file and choose it again:")}
            </p>
            <ul class="mt-1 max-h-60 list-disc overflow-y-auto ps-5">
                {errors.into_iter().map(line).collect_view()}
            </ul>
        </div>
    }
    .into_any()
}
