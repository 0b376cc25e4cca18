//! Asking for a new password.

use api_types::auth::ForgotPasswordRequest;
use api_types::client;
use api_types::validate::Checker;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::TypedAddress;
use super::outbox_hint::OutboxHint;
use super::welcome::Welcome;
use crate::ui::alert::Notice;
use crate::ui::button::Submit;
use crate::ui::field::TextField;
use crate::ui::form::{Form, FormBody};
use crate::ui::page;

/// The address, then what happens next.
#[component]
pub fn Forgot() -> impl IntoView {
    page::title(|| tr!("Forgot password").to_owned());
    let email = RwSignal::new(expect_context::<TypedAddress>().take());
    let sent_to = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);
    let form = Form::new(move || {
        let mut check = Checker::default();
        email.with(|email| check.email("email", email));
        check.finish()
    });
    let submit = move || {
        if !form.submit() || busy.get_untracked() {
            return;
        }
        busy.set(true);
        error.set(None);
        let request = ForgotPasswordRequest {
            email: email.get_untracked().trim().to_owned(),
        };
        spawn_local(async move {
            match client::auth::forgot_password(&request).send(None).await {
                Ok(()) => {
                    sent_to.try_set(Some(request.email));
                }
                Err(problem) => {
                    error.try_set(form.refuse(&problem));
                }
            }
            busy.try_set(false);
        });
    };
    let body = move || {
        match sent_to.get() {
        Some(email) => view! {
            <Notice>
                {tr!("If there is an account with ")} <strong class="wrap-anywhere">{email}</strong>
                {tr!(", a link to choose a new password is on its way there. It works once, within 30 minutes. Nothing after a few minutes? Look among the junk, or ask again.")}
                <OutboxHint />
            </Notice>
        }
        .into_any(),
        None => view! {
            <FormBody error=error submit=submit>
                <TextField
                    label=tr!("E-mail address")
                    value=email
                    field=form.field("email")
                    kind="email"
                    autocomplete="username"
                    autofocus=true
                />
                <Submit busy=busy class="mt-2">{tr!("Send me a link")}</Submit>
            </FormBody>
        }
        .into_any(),
    }
    };
    view! {
        <Welcome>
            <h1 class="text-2xl font-semibold">{tr!("Forgot your password?")}</h1>
            <p class="muted mt-1 mb-6">
                {tr!("Choose a new one by mail. ")} <a class="link-plain" href="/sign-in">{tr!("Back to signing in")}</a>
            </p>
            {body}
        </Welcome>
    }
}
