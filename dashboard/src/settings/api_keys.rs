//! Keys for programs that use the API.

use api_types::api_keys::{ApiKey, CreateApiKeyRequest};
use api_types::client;
use api_types::validate::Checker;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::session::use_session;
use crate::ui::alert::Notice;
use crate::ui::button::{Button, IconButton, Submit};
use crate::ui::copy::CopyBox;
use crate::ui::dialog::{ConfirmDialog, Dialog};
use crate::ui::field::TextField;
use crate::ui::form::{Form, FormBody};
use crate::ui::icon;
use crate::ui::load::{load, loaded, rows};
use crate::ui::page::Section;
use crate::ui::time::Ago;

/// The section.
#[component]
pub fn ApiKeys() -> impl IntoView {
    let session = use_session();
    let keys = load(client::api_keys::list);
    let creating = RwSignal::new(false);
    let revoking = RwSignal::new(None::<ApiKey>);
    let asking = RwSignal::new(false);
    let name = move || revoking.get().map(|key| key.name).unwrap_or_default();
    let revoke = async move || {
        let Some(key) = revoking.get_untracked() else {
            return Ok(());
        };
        session.send(&client::api_keys::delete(key.id)).await?;
        keys.reload();
        Ok(())
    };
    let ask = move |key: ApiKey| {
        revoking.set(Some(key));
        asking.set(true);
    };
    let add = view! {
        <Button small=true icon=icon::KEY_ROUND on_click=move || creating.set(true)>
            "Create a key"
        </Button>
    };
    view! {
        <Section
            title="API keys"
            subtitle="For programs and OpenAI clients that use this workspace."
            actions=add.into_any()
        >
            {loaded(
                keys,
                rows,
                move |found| {
                    view! {
                        <Show
                            when=move || found.with(|found| !found.is_empty())
                            fallback=|| view! { <p class="muted">"None yet."</p> }
                        >
                            <ul class="-my-3 divide-y divide-base-300">
                                {move || {
                                    found
                                        .get()
                                        .into_iter()
                                        .map(|key| view! { <Row api_key=key ask=ask /> })
                                        .collect_view()
                                }}
                            </ul>
                        </Show>
                    }
                },
            )}
        </Section>
        <Dialog open=creating title="Create an API key">
            <CreateForm open=creating on_created=move || keys.reload() />
        </Dialog>
        <ConfirmDialog open=asking title="Revoke this key?" action="Revoke key" on_confirm=revoke>
            <p>"Programs that use " <strong>{name}</strong> " are refused from now on. This can't be undone."</p>
        </ConfirmDialog>
    }
}

#[component]
fn Row(api_key: ApiKey, ask: impl Fn(ApiKey) + Copy + Send + Sync + 'static) -> impl IntoView {
    let used = api_key
        .last_used_at
        .map(|at| view! { "used " <Ago at=at /> }.into_any());
    let label = format!("Revoke {}", api_key.name);
    let (name, prefix, created_at) = (api_key.name.clone(), api_key.prefix.clone(), api_key.created_at);
    view! {
        <li class="flex items-center gap-3 py-3">
            <div class="min-w-0 grow">
                <p class="truncate font-medium" dir="auto">
                    {name}
                </p>
                <p class="muted flex flex-wrap gap-x-3 text-xs">
                    <code>{format!("{prefix}…")}</code>
                    <span>"made " <Ago at=created_at /></span>
                    <span>{used.unwrap_or_else(|| "never used".into_any())}</span>
                </p>
            </div>
            <IconButton icon=icon::TRASH_2 label=label on_click=move || ask(api_key.clone()) />
        </li>
    }
}

/// Asks for a name, then shows the key, once.
#[component]
fn CreateForm(open: RwSignal<bool>, on_created: impl Fn() + Copy + Send + Sync + 'static) -> impl IntoView {
    let session = use_session();
    let name = RwSignal::new(String::new());
    let key = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);
    let form = Form::new(move || {
        let mut check = Checker::default();
        name.with(|name| check.length("name", name, 1, 80));
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
    move || match key.get() {
        Some(key) => view! {
            <div class="flex flex-col gap-4">
                <Notice>"Copy the key now. It is not shown again; only its hash is kept."</Notice>
                <CopyBox text=key what="API key" />
                <div class="flex justify-end">
                    <Button on_click=move || open.set(false)>"Done"</Button>
                </div>
            </div>
        }
        .into_any(),
        None => view! {
            <FormBody error=error submit=submit>
                <TextField
                    label="Name"
                    value=name
                    field=form.field("name")
                    hint="What the key is for, so that you know it later."
                    autofocus=true
                />
                <div class="flex flex-wrap justify-end gap-2">
                    <Button on_click=move || open.set(false)>"Cancel"</Button>
                    <Submit busy=busy>"Create key"</Submit>
                </div>
            </FormBody>
        }
        .into_any(),
    }
}
