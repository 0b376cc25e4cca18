//! What was sent to a webhook, and what became of it.

use api_types::client;
use api_types::live::Topic;
use api_types::webhooks::{Delivery, DeliveryStatus};
use leptos::prelude::*;
use leptos::task::spawn_local;
use uuid::Uuid;

use crate::live::follow_while;
use crate::session::use_session;
use crate::ui::button::Button;
use crate::ui::load::{load, loaded, rows};
use crate::ui::time::{Ago, now};
use crate::ui::toast::use_toasts;

/// In seconds: what waits for longer is looked at when somebody asks.
const SOON: i64 = 60;

/// The log, the newest first.
#[component]
pub fn Deliveries(
    /// The webhook.
    id: Uuid,
    /// Grows when something was sent.
    sent: RwSignal<u32>,
) -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let deliveries = load(move || {
        sent.track();
        client::webhooks::deliveries(id)
    });
    let is_it = move |what, changed| what == Topic::Webhook && changed == id;
    follow_while(deliveries, is_it, |all: &Vec<Delivery>| {
        all.iter().any(|delivery| {
            let since = delivery.tried_at.unwrap_or(delivery.created_at);
            delivery.status == DeliveryStatus::Waiting && (now() - since).num_seconds() < SOON
        })
    });
    let retry = move |delivery: Uuid| {
        spawn_local(async move {
            if let Err(problem) = session.send(&client::webhooks::retry(id, delivery)).await {
                toasts.fail(&problem);
            }
            deliveries.reload();
        });
    };
    loaded(deliveries, rows, move |found| {
        view! {
            <Show
                when=move || found.with(|found| !found.is_empty())
                fallback=|| view! { <p class="muted">{tr!("Nothing was sent yet.")}</p> }
            >
                <ul
                    class="divide-y divide-base-300 rounded-box border border-base-300 px-3"
                    aria-label=tr!("Log")
                >
                    {move || {
                        found
                            .get()
                            .into_iter()
                            .map(|delivery| view! { <Entry delivery=delivery retry=retry /> })
                            .collect_view()
                    }}
                </ul>
            </Show>
        }
    })
}

#[component]
fn Entry(delivery: Delivery, retry: impl Fn(Uuid) + Copy + 'static) -> impl IntoView {
    let id = delivery.id;
    let (words, class) = match delivery.status {
        DeliveryStatus::Waiting if delivery.attempts > 0 => (tr!("Tried again later"), "text-warning"),
        DeliveryStatus::Waiting => (tr!("Waiting"), "muted"),
        DeliveryStatus::Delivered => (tr!("Delivered"), "text-success"),
        DeliveryStatus::Failed => (tr!("Failed"), "text-error"),
    };
    let tries = (delivery.attempts > 1).then(|| tr!("{n} try" | "{n} tries" % delivery.attempts));
    view! {
        <li class="flex flex-wrap items-center gap-x-3 gap-y-1 py-2 text-sm">
            <span class=format!("font-medium {class}")>{words}</span>
            <code class="text-xs">{delivery.event}</code>
            {delivery.http_status.map(|status| view! { <span class="muted">{status}</span> })}
            {tries.map(|tries| view! { <span class="muted">{tries}</span> })}
            <span class="muted">
                <Ago at=delivery.created_at />
            </span>
            <span class="ms-auto">
                <Button small=true on_click=move || retry(id)>
                    {tr!("Send again")}
                </Button>
            </span>
            {delivery.error.map(|error| view! { <p class="muted basis-full">{error}</p> })}
        </li>
    }
}
