//! Making a key.

use api_types::api_keys::{CreateApiKeyRequest, KeyScope};
use api_types::client;
use api_types::validate::Checker;
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::scope_words;
use crate::session::use_session;
use crate::ui::alert::Notice;
use crate::ui::button::{Button, Submit};
use crate::ui::copy::CopyBox;
use crate::ui::field::{SelectField, TextField};
use crate::ui::form::{FieldForm, Form, FormBody};
use crate::ui::time::{now, start_of_day};

/// In how many days a key expires, `date` for a day that is chosen, or nothing for never.
const EXPIRIES: [(&str, &str); 5] = [
    ("30", mark!("In 30 days")),
    ("90", mark!("In 90 days")),
    ("365", mark!("In a year")),
    ("date", mark!("On a date")),
    ("", mark!("Never")),
];

/// Asks what the key is for and what it may do, then shows it, once.
#[component]
pub fn CreateForm(
    open: RwSignal<bool>,
    on_created: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let session = use_session();
    let name = RwSignal::new(String::new());
    let scopes = RwSignal::new(Vec::<KeyScope>::new());
    let expiry = RwSignal::new("90".to_owned());
    let date = RwSignal::new(String::new());
    let key = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);
    let form = Form::new(move || {
        let mut check = Checker::default();
        name.with(|name| check.length("name", name, 1, 80));
        let message = tr!("Choose at least one thing that the key may do.");
        check.require(!scopes.with(Vec::is_empty), "scopes", message);
        let is_dated = expiry.get() == "date";
        let comes = end(&expiry.get(), &date.get()).is_some_and(|at| at > now());
        check.require(!is_dated || comes, "expires_at", tr!("Choose a day to come."));
        check.finish()
    });
    let submit = move || {
        if !form.submit() || busy.get_untracked() {
            return;
        }
        busy.set(true);
        error.set(None);
        spawn_local(async move {
            let request = CreateApiKeyRequest {
                name: name.get_untracked().trim().to_owned(),
                scopes: scopes.get_untracked(),
                expires_at: end(&expiry.get_untracked(), &date.get_untracked()),
            };
            match session.send(&client::api_keys::create(&request)).await {
                Ok(created) => {
                    key.set(Some(created.key));
                    on_created();
                }
                Err(problem) => error.set(form.refuse(&problem)),
            }
            busy.set(false);
        });
    };
    let expiries = EXPIRIES.map(|(value, name)| (value.to_owned(), crate::i18n::text(name).to_owned()));
    let expiries = StoredValue::new(expiries.to_vec());
    move || match key.get() {
        Some(key) => view! { <Made key_text=key open=open /> }.into_any(),
        None => view! {
            <FormBody error=error submit=submit>
                <TextField
                    label=tr!("Name")
                    value=name
                    field=form.field("name")
                    hint=tr!("What the key is for, so that you know it later.")
                    autofocus=true
                />
                <Scopes scopes=scopes field=form.field("scopes") />
                <SelectField
                    label=tr!("Expires")
                    value=expiry
                    options=Signal::derive(move || expiries.get_value())
                />
                <Show when=move || expiry.get() == "date">
                    <TextField
                        label=tr!("Last day")
                        kind="date"
                        value=date
                        field=form.field("expires_at")
                        hint=tr!("It works until the end of this day.")
                    />
                </Show>
                <div class="flex flex-wrap justify-end gap-2">
                    <Button on_click=move || open.set(false)>{tr!("Cancel")}</Button>
                    <Submit busy=busy>{tr!("Create key")}</Submit>
                </div>
            </FormBody>
        }
        .into_any(),
    }
}

/// When a key ends, by what was chosen.
fn end(expiry: &str, date: &str) -> Option<DateTime<Utc>> {
    match expiry {
        "date" => start_of_day(date, 1),
        days => Some(now() + chrono::TimeDelta::days(days.parse().ok()?)),
    }
}

#[component]
fn Scopes(scopes: RwSignal<Vec<KeyScope>>, field: FieldForm) -> impl IntoView {
    let choose = move |scope: KeyScope, wanted: bool| {
        field.edited();
        scopes.update(|scopes| {
            scopes.retain(|known| *known != scope);
            if wanted {
                scopes.push(scope);
            }
        });
    };
    let row = move |scope: KeyScope| {
        let (name, words) = scope_words(scope);
        view! {
            <label class="flex cursor-pointer items-start gap-3">
                <input
                    type="checkbox"
                    class="checkbox checkbox-primary checkbox-sm mt-0.5"
                    prop:checked=move || scopes.with(|scopes| scopes.contains(&scope))
                    on:change=move |event| choose(scope, event_target_checked(&event))
                />
                <span class="min-w-0">
                    <span class="block font-medium">{name}</span>
                    <span class="muted block">{words}</span>
                </span>
            </label>
        }
    };
    view! {
        <fieldset class="flex flex-col gap-2">
            <legend class="mb-1.5 font-medium">{tr!("What programs may do with it")}</legend>
            {KeyScope::ALL.map(row).collect_view()}
            <p class="min-h-5 text-error" role="status">
                {move || field.error()}
            </p>
        </fieldset>
    }
}

#[component]
fn Made(key_text: String, open: RwSignal<bool>) -> impl IntoView {
    view! {
        <div class="flex flex-col gap-4">
            <Notice>{tr!("Copy the key now. It is not shown again; only its hash is kept.")}</Notice>
            <CopyBox text=key_text what=tr!("API key") />
            <div class="flex justify-end">
                <Button on_click=move || open.set(false)>{tr!("Done")}</Button>
            </div>
        </div>
    }
}
