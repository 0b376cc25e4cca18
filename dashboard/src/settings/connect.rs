//! Connecting a service.

use api_types::client;
use api_types::connections::{ConnectionKind, CreateConnectionRequest};
use api_types::validate::Checker;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen_futures::JsFuture;
use web_sys::{DragEvent, File};

use crate::session::use_session;
use crate::ui::button::{Button, Submit};
use crate::ui::field::{PasswordField, TextArea, TextField};
use crate::ui::form::{FieldForm, Form, FormBody};
use crate::ui::icon;

/// Largest file that is looked into, in bytes: keys have about 2,400.
const MAX_KEY_BYTES: f64 = 10_000.0;

/// The form for a service.
#[component]
pub fn ConnectForm(
    kind: ConnectionKind,
    open: RwSignal<bool>,
    on_saved: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let session = use_session();
    let (usual, most) = match kind {
        ConnectionKind::Notion => ("Notion", 500),
        ConnectionKind::Google => ("Google Drive", 10_000),
    };
    let name = RwSignal::new(usual.to_owned());
    let credential = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);
    let form = Form::new(move || {
        let mut check = Checker::default();
        name.with(|name| check.length("name", name, 1, 80));
        credential.with(|credential| check.length("credential", credential, 1, most));
        check.finish()
    });
    let submit = move || {
        if !form.submit() || busy.get_untracked() {
            return;
        }
        busy.set(true);
        error.set(None);
        let request = CreateConnectionRequest {
            kind,
            name: name.get_untracked().trim().to_owned(),
            credential: credential.get_untracked().trim().to_owned(),
        };
        spawn_local(async move {
            let made = session.send(&client::connections::create(&request)).await;
            busy.try_set(false);
            match made {
                Ok(_) => {
                    open.set(false);
                    on_saved();
                }
                Err(problem) => {
                    error.try_set(form.refuse(&problem));
                }
            }
        });
    };
    let (guidance, control) = match kind {
        ConnectionKind::Notion => (
            view! {
                <p class="muted">
                    {tr!("Make an internal integration at notion.so/my-integrations that may read content, and share the pages and databases that bots may answer from with it (⋯ → Connections).")}
                </p>
            }
            .into_any(),
            view! {
                <PasswordField
                    label=tr!("Integration token")
                    value=credential
                    field=form.field("credential")
                    hint=tr!("Begins with ntn_ or secret_.")
                    autocomplete="off"
                />
            }
            .into_any(),
        ),
        ConnectionKind::Google => (
            view! { <GoogleSteps /> }.into_any(),
            view! { <KeyField value=credential field=form.field("credential") /> }.into_any(),
        ),
    };
    view! {
        <FormBody error=error submit=submit>
            {guidance} <TextField label=tr!("Name") value=name field=form.field("name") /> {control}
            <div class="flex flex-wrap justify-end gap-2">
                <Button on_click=move || open.set(false)>{tr!("Cancel")}</Button>
                <Submit busy=busy>{tr!("Connect")}</Submit>
            </div>
        </FormBody>
    }
}

#[component]
fn GoogleSteps() -> impl IntoView {
    view! {
        <ol class="muted list-decimal ps-5">
            <li>{tr!("At console.cloud.google.com, choose a project and switch on the Google Drive API.")}</li>
            <li>{tr!("Under IAM & Admin → Service Accounts, make an account; it needs no role. Under its Keys, add a key of the type JSON.")}</li>
            <li>{tr!("Choose the downloaded file below. Then share files and folders with the account's address, as with a person.")}</li>
        </ol>
    }
}

/// The key, pasted, dropped or chosen as a file.
#[component]
fn KeyField(value: RwSignal<String>, field: FieldForm) -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    let take = move |file: File| {
        spawn_local(async move {
            // What is much larger is no key; the server says so of what is a little.
            let text = if file.size() > MAX_KEY_BYTES {
                tr!("{} is too large for a key.", file.name())
            } else {
                let read = JsFuture::from(file.text()).await;
                read.ok().and_then(|text| text.as_string()).unwrap_or_default()
            };
            field.edited();
            value.try_set(text);
        });
    };
    let picked = move |_| {
        let Some(input) = input.get_untracked() else {
            return;
        };
        if let Some(file) = input.files().and_then(|files| files.get(0)) {
            take(file);
        }
        // So that the same file can be picked again.
        input.set_value("");
    };
    let dropped = move |event: DragEvent| {
        let file = event
            .data_transfer()
            .and_then(|data| data.files())
            .and_then(|files| files.get(0));
        if let Some(file) = file {
            event.prevent_default();
            take(file);
        }
    };
    let choose = move || {
        if let Some(input) = input.get_untracked() {
            input.click();
        }
    };
    view! {
        <div class="flex flex-col gap-2" on:dragover=|event| event.prevent_default() on:drop=dropped>
            <TextArea
                label=tr!("Key of the service account")
                value=value
                field=field
                hint=tr!("Paste the JSON, drop the file here, or choose it.")
                placeholder=tr!("{ \"type\": \"service_account\", …")
                rows=5
            />
            <div>
                <Button small=true icon=icon::UPLOAD on_click=choose>
                    {tr!("Choose the file")}
                </Button>
                <input
                    node_ref=input
                    type="file"
                    accept=".json,application/json"
                    class="hidden"
                    aria-label=tr!("Key file")
                    on:change=picked
                />
            </div>
        </div>
    }
}
