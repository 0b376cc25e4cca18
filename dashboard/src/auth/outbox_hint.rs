//! Where mails are that are not sent.

use leptos::prelude::*;

use super::ways::sign_in_options;

/// The way to the outbox, on a machine without a mail server; nothing elsewhere.
#[component]
pub fn OutboxHint() -> impl IntoView {
    let options = sign_in_options();
    // Without an answer there is no hint.
    let is_shown = move || options.get().is_some_and(|options| options.outbox);
    view! {
        <Show when=is_shown>
            <p>
                {tr!("No mail server is set on this machine: ")}
                <a class="link-plain" href="/outbox" rel="external" target="_blank">
                    {tr!("open the outbox")}
                </a> "."
            </p>
        </Show>
    }
}
