//! Making a webhook, and changing where it is.

use api_types::client;
use api_types::webhooks::{CreateWebhookRequest, SaveWebhookRequest, Webhook, check_url};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::session::use_session;
use crate::ui::alert::Notice;
use crate::ui::button::{Button, Submit, Variant};
use crate::ui::copy::CopyBox;
use crate::ui::field::TextField;
use crate::ui::form::{Form, FormBody};

const PLACEHOLDER: &str = "https://example.com/hooks/leads";

/// Asks where it is, then shows its secret, once.
#[component]
pub fn Create(open: RwSignal<bool>, on_created: impl Fn() + Copy + Send + Sync + 'static) -> impl IntoView {
    let session = use_session();
    let url = RwSignal::new(String::new());
    let secret = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);
    let form = Form::new(move || url.with(|url| check_url(url)));
    let submit = move || {
        if !form.submit() || busy.get_untracked() {
            return;
        }
        busy.set(true);
        error.set(None);
        let request = CreateWebhookRequest {
            url: url.get_untracked().trim().to_owned(),
        };
        spawn_local(async move {
            match session.send(&client::webhooks::create(&request)).await {
                Ok(created) => {
                    secret.try_set(Some(created.secret));
                    on_created();
                }
                Err(problem) => {
                    error.try_set(form.refuse(&problem));
                }
            }
            busy.try_set(false);
        });
    };
    move || match secret.get() {
        Some(secret) => view! { <Made secret=secret open=open /> }.into_any(),
        None => view! {
            <FormBody error=error submit=submit>
                <TextField
                    label=tr!("Address")
                    value=url
                    field=form.field("url")
                    placeholder=PLACEHOLDER
                    hint=tr!("On the public internet. Redirects are not followed.")
                    autofocus=true
                />
                <div class="flex flex-wrap justify-end gap-2">
                    <Button on_click=move || open.set(false)>{tr!("Cancel")}</Button>
                    <Submit busy=busy>{tr!("Add webhook")}</Submit>
                </div>
            </FormBody>
        }
        .into_any(),
    }
}

#[component]
fn Made(secret: String, open: RwSignal<bool>) -> impl IntoView {
    view! {
        <div class="flex flex-col gap-4">
            <Notice>{tr!("Copy the secret now: it is not shown again.")}</Notice>
            <CopyBox text=secret what=tr!("secret") />
            <p class="muted">
                {tr!("Any library for Standard Webhooks checks signatures with it. Send a test event to see whether all is right.")}
            </p>
            <div class="flex justify-end">
                <Button variant=Variant::Primary on_click=move || open.set(false)>
                    {tr!("Done")}
                </Button>
            </div>
        </div>
    }
}

/// Asks where it is now.
#[expect(clippy::needless_pass_by_value, reason = "components own what they are given")]
#[component]
pub fn Change(
    open: RwSignal<bool>,
    webhook: Webhook,
    on_saved: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let session = use_session();
    let url = RwSignal::new(webhook.url.clone());
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);
    let form = Form::new(move || url.with(|url| check_url(url)));
    let (id, is_enabled) = (webhook.id, webhook.is_enabled);
    let submit = move || {
        if !form.submit() || busy.get_untracked() {
            return;
        }
        busy.set(true);
        error.set(None);
        let request = SaveWebhookRequest {
            url: url.get_untracked().trim().to_owned(),
            is_enabled,
        };
        spawn_local(async move {
            match session.send(&client::webhooks::save(id, &request)).await {
                Ok(_) => {
                    on_saved();
                    open.try_set(false);
                }
                Err(problem) => {
                    error.try_set(form.refuse(&problem));
                }
            }
            busy.try_set(false);
        });
    };
    view! {
        <FormBody error=error submit=submit>
            <TextField
                label=tr!("Address")
                value=url
                field=form.field("url")
                placeholder=PLACEHOLDER
                hint=tr!("The secret stays the same.")
                autofocus=true
            />
            <div class="flex flex-wrap justify-end gap-2">
                <Button on_click=move || open.set(false)>{tr!("Cancel")}</Button>
                <Submit busy=busy>{tr!("Save")}</Submit>
            </div>
        </FormBody>
    }
}
