//! Servers that are told of leads.

mod deliveries;
mod form;

use api_types::client;
use api_types::tenancy::Role;
use api_types::webhooks::{MAX_WEBHOOKS, SaveWebhookRequest, Webhook};
use leptos::prelude::*;
use leptos::task::spawn_local;

use self::deliveries::Deliveries;
use self::form::{Change, Create};
use super::SettingsTabs;
use crate::session::use_session;
use crate::ui::button::{Button, IconButton};
use crate::ui::dialog::{ConfirmDialog, Dialog};
use crate::ui::icon;
use crate::ui::load::{load, loaded, rows};
use crate::ui::page::{PageHead, Section};
use crate::ui::time::Ago;
use crate::ui::toast::use_toasts;
use crate::ui::toggle::Toggle;

/// The page.
#[component]
pub fn WebhooksPage() -> impl IntoView {
    super::for_admins(|| view! { <Page /> })
}

#[component]
fn Page() -> impl IntoView {
    view! {
        <PageHead title=tr!("Settings") subtitle=tr!("Your own servers can be told of each lead, as it comes.") />
        <SettingsTabs />
        <div class="flex max-w-3xl flex-col gap-5">
            <Webhooks />
        </div>
    }
}

#[component]
fn Webhooks() -> impl IntoView {
    let session = use_session();
    let webhooks = load(client::webhooks::list);
    let creating = RwSignal::new(false);
    let changing = RwSignal::new(None::<Webhook>);
    let is_changing = RwSignal::new(false);
    let deleting = RwSignal::new(None::<Webhook>);
    let asking = RwSignal::new(false);
    let url = move || deleting.get().map(|webhook| webhook.url).unwrap_or_default();
    let delete = async move || {
        if let Some(webhook) = deleting.get_untracked() {
            session.send(&client::webhooks::delete(webhook.id)).await?;
            webhooks.reload();
        }
        Ok(())
    };
    let actions = Actions {
        change: Callback::new(move |webhook| {
            changing.set(Some(webhook));
            is_changing.set(true);
        }),
        delete: Callback::new(move |webhook| {
            deleting.set(Some(webhook));
            asking.set(true);
        }),
        saved: Callback::new(move |()| webhooks.reload()),
    };
    let is_full = move || webhooks.get().is_some_and(|all| all.len() >= MAX_WEBHOOKS);
    let add = view! {
        <Button
            small=true
            icon=icon::PLUS
            needs=Role::Admin
            disabled=Signal::derive(is_full)
            on_click=move || creating.set(true)
        >
            {tr!("Add a webhook")}
        </Button>
    };
    view! {
        <Section
            title=tr!("Webhooks")
            subtitle=tr!("A POST with JSON for each lead, signed as in the Standard Webhooks specification, and tried again for most of a day.")
            actions=add.into_any()
        >
            {loaded(
                webhooks,
                rows,
                move |found| {
                    view! {
                        <Show
                            when=move || found.with(|found| !found.is_empty())
                            fallback=|| {
                                view! {
                                    <p class="muted">
                                        {tr!("None yet. Add the address of a server, of an automation tool or of a CRM: it is sent each lead, and each time that somebody leaves their details again.")}
                                    </p>
                                }
                            }
                        >
                            <ul class="-my-3 divide-y divide-base-300" aria-label=tr!("Webhooks")>
                                <For
                                    each=move || found.get()
                                    key=|webhook| (webhook.id, webhook.url.clone(), webhook.is_enabled)
                                    children=move |webhook| view! { <Row webhook=webhook actions=actions /> }
                                />
                            </ul>
                        </Show>
                    }
                },
            )}
        </Section>
        <Dialog open=creating title=tr!("Add a webhook")>
            <Create open=creating on_created=move || webhooks.reload() />
        </Dialog>
        <Dialog open=is_changing title=tr!("Change the address")>
            {move || {
                changing
                    .get()
                    .map(|webhook| {
                        view! { <Change open=is_changing webhook=webhook on_saved=move || webhooks.reload() /> }
                    })
            }}
        </Dialog>
        <ConfirmDialog open=asking title=tr!("Delete this webhook?") action=tr!("Delete webhook") on_confirm=delete>
            <p class="wrap-anywhere">
                <strong dir="ltr">{url}</strong>
                {tr!(" is told nothing any more. What was sent to it goes from the log; its secret is gone for good.")}
            </p>
        </ConfirmDialog>
    }
}

/// What a row can have done.
#[derive(Clone, Copy)]
struct Actions {
    change: Callback<Webhook>,
    delete: Callback<Webhook>,
    saved: Callback<()>,
}

#[component]
fn Row(webhook: Webhook, actions: Actions) -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let is_open = RwSignal::new(false);
    let sent = RwSignal::new(0_u32);
    let busy = RwSignal::new(false);
    let id = webhook.id;
    let url = webhook.url.clone();
    let switch = move |is_enabled: bool| {
        let request = SaveWebhookRequest {
            url: url.clone(),
            is_enabled,
        };
        spawn_local(async move {
            if let Err(problem) = session.send(&client::webhooks::save(id, &request)).await {
                toasts.fail(&problem);
            }
            actions.saved.run(());
        });
    };
    let test = move || {
        busy.set(true);
        spawn_local(async move {
            match session.send(&client::webhooks::test(id)).await {
                Ok(_) => {
                    is_open.try_set(true);
                    sent.try_update(|sent| *sent += 1);
                }
                Err(problem) => toasts.fail(&problem),
            }
            busy.try_set(false);
        });
    };
    let [change, delete] = [webhook.clone(), webhook.clone()];
    view! {
        <li class="flex flex-col gap-3 py-4" data-testid="webhook">
            <div class="flex items-start gap-2">
                <div class="min-w-0 grow">
                    <p class="font-medium wrap-anywhere" dir="ltr">
                        {webhook.url}
                    </p>
                    <p class="muted flex flex-wrap gap-x-3 text-xs">
                        <span>{tr!("secret ends in ")} <code>{webhook.hint}</code></span>
                        <span>{tr!("made ")} <Ago at=webhook.created_at /></span>
                    </p>
                    {webhook.disabled_for.map(|reason| view! { <p class="text-error">{reason}</p> })}
                </div>
                <IconButton
                    icon=icon::PENCIL
                    label=tr!("Change the address")
                    on_click=move || actions.change.run(change.clone())
                />
                <IconButton
                    icon=icon::TRASH_2
                    label=tr!("Delete this webhook")
                    on_click=move || actions.delete.run(delete.clone())
                />
            </div>
            <Toggle label=tr!("On") hint="" checked=webhook.is_enabled on_change=switch />
            <div class="flex flex-wrap gap-2">
                <Button small=true icon=icon::SEND busy=busy on_click=test>
                    {tr!("Send a test event")}
                </Button>
                <Button
                    small=true
                    icon=icon::HISTORY
                    on_click=move || is_open.update(|is_open| *is_open = !*is_open)
                >
                    {move || if is_open.get() { tr!("Hide the log") } else { tr!("Show the log") }}
                </Button>
            </div>
            <Show when=move || is_open.get()>
                <Deliveries id=id sent=sent />
            </Show>
        </li>
    }
}
