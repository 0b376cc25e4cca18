//! Confirming an address by the link of a mail.

use api_types::ErrorCode;
use api_types::auth::VerifyEmailRequest;
use api_types::client;
use api_types::client::ClientError;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::link;
use super::welcome::Welcome;
use crate::session::{Access, use_session};
use crate::ui::alert::Notice;
use crate::ui::button::{ButtonLink, Variant};
use crate::ui::load::Failure;
use crate::ui::page;

#[derive(Clone)]
enum Stage {
    Waiting,
    Done(String),
    Failed(ClientError),
}

/// Confirms at once, and says so.
#[component]
pub fn Verify() -> impl IntoView {
    page::title(|| tr!("Confirm your address").to_owned());
    let session = use_session();
    let stage = RwSignal::new(Stage::Waiting);
    let token = StoredValue::new(link::token());
    let confirm = move || {
        stage.set(Stage::Waiting);
        let request = VerifyEmailRequest {
            token: token.get_value(),
        };
        spawn_local(async move {
            let settled = match client::auth::verify_email(&request).send(None).await {
                Ok(verified) => Stage::Done(verified.email),
                Err(error) => Stage::Failed(error),
            };
            stage.try_set(settled);
        });
    };
    confirm();
    // The session may be restored before or after, and then with what was known before.
    let signed_in = Memo::new(move |_| matches!(session.access(), Access::SignedIn(_)));
    Effect::new(move |_| {
        if signed_in.get() && matches!(stage.get(), Stage::Done(_)) {
            session.renew_user();
        }
    });
    let body = move || {
        match stage.get() {
        Stage::Waiting => view! {
            <p role="status" class="muted">{tr!("One moment …")}</p>
        }
        .into_any(),
        Stage::Done(email) => view! {
            <Notice>
                <strong class="wrap-anywhere">{email}</strong> {tr!(" is confirmed. Thank you.")}
            </Notice>
            <div class="mt-4">
                <ButtonLink href="/bots" variant=Variant::Primary>{tr!("Go on to Botwright")}</ButtonLink>
            </div>
        }
        .into_any(),
        Stage::Failed(error) if error.code() == Some(ErrorCode::LinkInvalid) => view! {
            <Notice>
                {tr!("This link does not work: it was used before, is too old or incomplete, or a newer one was sent. Nothing was changed. Sign in to have a new one sent.")}
            </Notice>
            <div class="mt-4">
                <ButtonLink href="/bots" variant=Variant::Primary>{tr!("Go on to Botwright")}</ButtonLink>
            </div>
        }
        .into_any(),
        Stage::Failed(error) => view! { <Failure error=error retry=confirm /> }.into_any(),
    }
    };
    view! {
        <Welcome>
            <h1 class="mb-6 text-2xl font-semibold">{tr!("Confirm your address")}</h1>
            {body}
        </Welcome>
    }
}
