//! Back from an issuer whose account is added to one's own.

use api_types::client;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

use crate::session::use_session;
use crate::ui::alert::ErrorAlert;
use crate::ui::button::{ButtonLink, Variant};
use crate::ui::page::PageHead;
use crate::ui::toast::use_toasts;

/// Adds it at once, and goes on to the account.
#[component]
pub fn LinkPage() -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let navigate = use_navigate();
    let error = RwSignal::new(None::<String>);
    spawn_local(async move {
        match session.send(&client::identities::link()).await {
            Ok(()) => {
                toasts.say(tr!("You can sign in this way, too, from now on."));
                let options = NavigateOptions {
                    replace: true,
                    ..NavigateOptions::default()
                };
                navigate("/account", options);
            }
            Err(problem) => {
                error.try_set(Some(crate::i18n::explain(&problem)));
            }
        }
    });
    view! {
        <PageHead title=tr!("Add a way to sign in") back=("/account", tr!("Account")) />
        <Show
            when=move || error.with(Option::is_some)
            fallback=|| view! { <p role="status" class="muted">{tr!("One moment …")}</p> }
        >
            <div class="flex max-w-3xl flex-col gap-4">
                <ErrorAlert message=error />
                <div>
                    <ButtonLink href="/account" variant=Variant::Primary>{tr!("Back to your account")}</ButtonLink>
                </div>
            </div>
        </Show>
    }
}
