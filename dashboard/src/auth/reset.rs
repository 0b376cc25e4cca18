//! Choosing a new password by the link of a mail.

use api_types::ErrorCode;
use api_types::auth::ResetPasswordRequest;
use api_types::client;
use api_types::validate::{self, Checker};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::PASSWORD_HINT;
use super::link;
use super::welcome::Welcome;
use crate::session::use_session;
use crate::ui::alert::Notice;
use crate::ui::button::{ButtonLink, Submit, Variant};
use crate::ui::field::PasswordField;
use crate::ui::form::{Form, FormBody};
use crate::ui::page;

#[derive(Clone, Copy, PartialEq)]
enum Stage {
    Asking,
    Done,
    /// The link does not work.
    Dead,
}

/// The new password, then the way to sign in with it.
#[component]
pub fn Reset() -> impl IntoView {
    page::title(|| tr!("Choose a new password").to_owned());
    let session = use_session();
    let token = link::token();
    let stage = RwSignal::new(if token.is_empty() {
        Stage::Dead
    } else {
        Stage::Asking
    });
    let password = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);
    let form = Form::new(move || {
        let mut check = Checker::default();
        password.with(|password| validate::password(&mut check, password, &[]));
        check.finish()
    });
    let submit = StoredValue::new(move || {
        if !form.submit() || busy.get_untracked() {
            return;
        }
        busy.set(true);
        error.set(None);
        let request = ResetPasswordRequest {
            token: token.clone(),
            password: password.get_untracked(),
        };
        spawn_local(async move {
            match client::auth::reset_password(&request).send(None).await {
                Ok(()) => {
                    // Whoever was signed in here no longer is.
                    session.forget();
                    stage.try_set(Stage::Done);
                }
                Err(problem) if problem.code() == Some(ErrorCode::LinkInvalid) => {
                    stage.try_set(Stage::Dead);
                }
                Err(problem) => {
                    error.try_set(form.refuse(&problem));
                }
            }
            busy.try_set(false);
        });
    });
    let body = move || {
        match stage.get() {
        Stage::Asking => view! {
            <FormBody error=error submit=move || submit.with_value(|submit| submit())>
                <PasswordField
                    label=tr!("New password")
                    value=password
                    field=form.field("password")
                    hint=crate::i18n::text(PASSWORD_HINT)
                    autocomplete="new-password"
                />
                <Submit busy=busy class="mt-2">{tr!("Set the password")}</Submit>
            </FormBody>
        }
        .into_any(),
        Stage::Done => view! {
            <Notice>{tr!("Your password was changed, and you were signed out everywhere.")}</Notice>
            <div class="mt-4">
                <ButtonLink href="/sign-in" variant=Variant::Primary>{tr!("Sign in")}</ButtonLink>
            </div>
        }
        .into_any(),
        Stage::Dead => view! {
            <Notice>
                {tr!("This link does not work: it was used before, is older than 30 minutes or incomplete, or a newer one was sent. Your password stays as it is.")}
            </Notice>
            <div class="mt-4">
                <ButtonLink href="/forgot" variant=Variant::Primary>{tr!("Ask for a new link")}</ButtonLink>
            </div>
        }
        .into_any(),
    }
    };
    view! {
        <Welcome>
            <h1 class="mb-6 text-2xl font-semibold">{tr!("Choose a new password")}</h1>
            {body}
        </Welcome>
    }
}
