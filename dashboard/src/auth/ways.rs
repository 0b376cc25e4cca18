//! Other ways to sign in than the password, where the server offers some.

use api_types::auth::SignInOptions;
use api_types::client;
use api_types::identities::{BeginOAuthRequest, Issuer};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_location;

use crate::ui::alert::ErrorAlert;
use crate::ui::button::Button;
use crate::ui::icon;

/// What the server offers; nothing until it has answered.
pub fn sign_in_options() -> RwSignal<Option<SignInOptions>> {
    let options = RwSignal::new(None);
    spawn_local(async move {
        // Without an answer there is the password.
        if let Ok(found) = client::auth::options().send(None).await {
            options.try_set(Some(found));
        }
    });
    options
}

/// A button for each of them, below the form for the password.
#[component]
pub fn OtherWays() -> impl IntoView {
    let options = sign_in_options();
    let error = RwSignal::new(None::<String>);
    let issuers = move || options.get().map(|options| options.issuers).unwrap_or_default();
    let has_some = move || !issuers().is_empty();
    view! {
        <Show when=has_some>
            <div class="divider muted my-6">"or"</div>
            <div class="flex flex-col gap-3">
                <ErrorAlert message=error />
                {move || {
                    issuers().into_iter().map(|issuer| view! { <WithIssuer issuer=issuer error=error /> }).collect_view()
                }}
            </div>
        </Show>
    }
}

/// Sends the browser to an issuer, with what this page knows of where to go on.
#[component]
fn WithIssuer(issuer: Issuer, error: RwSignal<Option<String>>) -> impl IntoView {
    let busy = RwSignal::new(false);
    let query = use_location().query;
    let label = format!("Continue with {}", issuer.label);
    let begin = move || {
        busy.set(true);
        error.set(None);
        let (next, invitation) = query.with_untracked(|query| (query.get("next"), query.get("invitation")));
        let id = issuer.id.clone();
        spawn_local(async move {
            let request = BeginOAuthRequest { next, invitation };
            match client::identities::begin_oauth(&id, &request).send(None).await {
                // It stays busy until the page is left.
                Ok(redirect) => leave_for(&redirect.url),
                Err(problem) => {
                    error.try_set(Some(problem.to_string()));
                    busy.try_set(false);
                }
            }
        });
    };
    view! {
        <Button icon=icon::EXTERNAL_LINK busy=busy on_click=begin>
            {label}
        </Button>
    }
}

/// Leaves the app for another page.
pub fn leave_for(url: &str) {
    // It is refused only for what is no address; ours come from the server.
    let _ = window().location().set_href(url);
}
