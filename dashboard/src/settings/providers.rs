//! Connections to model providers.

use api_types::client;
use api_types::providers::{Provider, ProviderCheck};
use api_types::tenancy::Role;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::provider_form::{ProviderDialog, kind_label};
use crate::i18n::served;
use crate::session::use_session;
use crate::ui::button::{Button, IconButton};
use crate::ui::dialog::ConfirmDialog;
use crate::ui::icon::{self, Icon};
use crate::ui::load::{load, loaded, rows};
use crate::ui::page::Section;

/// The section.
#[component]
pub fn Providers() -> impl IntoView {
    let session = use_session();
    let providers = load(client::providers::list);
    let editing = RwSignal::new(None::<Provider>);
    let form_open = RwSignal::new(false);
    let deleting = RwSignal::new(None::<Provider>);
    let asking = RwSignal::new(false);
    let name = move || deleting.get().map(|provider| provider.name).unwrap_or_default();
    let delete = async move || {
        let Some(provider) = deleting.get_untracked() else {
            return Ok(());
        };
        session.send(&client::providers::delete(provider.id)).await?;
        providers.reload();
        Ok(())
    };
    let edit = move |provider: Option<Provider>| {
        editing.set(provider);
        form_open.set(true);
    };
    let ask = move |provider: Provider| {
        deleting.set(Some(provider));
        asking.set(true);
    };
    let add = view! {
        <Button small=true icon=icon::PLUS needs=Role::Admin on_click=move || edit(None)>
            {tr!("Connect a provider")}
        </Button>
    };
    view! {
        <Section
            title=tr!("Model providers")
            subtitle=tr!("Any OpenAI-compatible server, and servers that rerank passages or make vectors. Keys are kept encrypted and are never shown again.")
            actions=add.into_any()
        >
            {loaded(
                providers,
                rows,
                move |found| {
                    view! {
                        <Show
                            when=move || found.with(|found| !found.is_empty())
                            fallback=|| {
                                view! {
                                    <p class="muted">
                                        {tr!("None yet. Bots answer with the built-in answerer, which quotes the best passages and needs no key.")}
                                    </p>
                                }
                            }
                        >
                            <ul class="-my-3 divide-y divide-base-300">
                                {move || {
                                    found
                                        .get()
                                        .into_iter()
                                        .map(|provider| {
                                            view! { <Row provider=provider edit=edit ask=ask /> }
                                        })
                                        .collect_view()
                                }}
                            </ul>
                        </Show>
                    }
                },
            )}
        </Section>
        <ProviderDialog open=form_open provider=editing on_saved=move || providers.reload() />
        <ConfirmDialog open=asking title=tr!("Delete this connection?") action=tr!("Delete connection") on_confirm=delete>
            <p>
                <strong>{name}</strong>
                {tr!(" goes with its key. Bots that use it can't answer until another model is chosen for them.")}
            </p>
        </ConfirmDialog>
    }
}

#[component]
fn Row(
    provider: Provider,
    edit: impl Fn(Option<Provider>) + Copy + Send + Sync + 'static,
    ask: impl Fn(Provider) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let session = use_session();
    let busy = RwSignal::new(false);
    let result = RwSignal::new(None::<Result<ProviderCheck, String>>);
    let id = provider.id;
    let check = move || {
        busy.set(true);
        result.set(None);
        spawn_local(async move {
            let checked = session.send(&client::providers::check(id)).await;
            result.set(Some(checked.map_err(|error| crate::i18n::explain(&error))));
            busy.set(false);
        });
    };
    let key = provider
        .key_hint
        .clone()
        .map_or_else(|| tr!("no key").to_owned(), |hint| tr!("key …{hint}", hint));
    let name = provider.name.clone();
    let (to_edit, to_delete) = (provider.clone(), provider.clone());
    view! {
        <li class="flex flex-wrap items-center gap-x-3 gap-y-2 py-3">
            <div class="min-w-0 grow basis-56">
                <p class="truncate font-medium" dir="auto">
                    {name.clone()}
                </p>
                <p class="muted flex flex-wrap gap-x-3 text-xs">
                    <span>{kind_label(provider.kind)}</span>
                    <span class="break-all">{provider.base_url}</span>
                    <span class="break-all">{provider.default_model}</span>
                    <span>{key}</span>
                </p>
            </div>
            <div class="flex items-center">
                <Button small=true icon=icon::PLUG busy=busy on_click=check>
                    {tr!("Check")}
                </Button>
                <IconButton
                    icon=icon::PENCIL
                    label=tr!("Edit {name}", name)
                    on_click=move || edit(Some(to_edit.clone()))
                />
                <IconButton
                    icon=icon::TRASH_2
                    label=tr!("Delete {name}", name)
                    on_click=move || ask(to_delete.clone())
                />
            </div>
            <div class="basis-full empty:hidden" role="status">
                {move || result.get().map(|result| view! { <Outcome result=result /> })}
            </div>
        </li>
    }
}

#[component]
fn Outcome(result: Result<ProviderCheck, String>) -> impl IntoView {
    let (ok, words) = match result {
        Ok(check) if check.ok => (true, tr!("{} ({} ms)", served(&check.message), check.latency_ms)),
        Ok(check) => (false, served(&check.message)),
        Err(error) => (false, error),
    };
    let glyph = if ok {
        icon::CIRCLE_CHECK
    } else {
        icon::TRIANGLE_ALERT
    };
    view! {
        <p class="flex items-start gap-2" class=("text-success", ok) class=("text-error", !ok)>
            <Icon glyph=glyph class="size-4 mt-0.5" />
            <span class="min-w-0">{words}</span>
        </p>
    }
}
