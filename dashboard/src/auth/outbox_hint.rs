//! Where mails are that are not sent.

use api_types::client;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// The way to the outbox, on a machine without a mail server; nothing elsewhere.
#[component]
pub fn OutboxHint() -> impl IntoView {
    let is_shown = RwSignal::new(false);
    spawn_local(async move {
        // Without an answer there is no hint.
        if let Ok(options) = client::auth::options().send(None).await {
            is_shown.try_set(options.outbox);
        }
    });
    view! {
        <Show when=move || is_shown.get()>
            <p>
                "No mail server is set on this machine: "
                <a class="link-plain" href="/outbox" rel="external" target="_blank">
                    "open the outbox"
                </a> "."
            </p>
        </Show>
    }
}
