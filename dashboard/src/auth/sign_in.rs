//! Signing in.

use api_types::ErrorCode;
use api_types::auth::LoginRequest;
use api_types::validate::Checker;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_location;

use super::TypedAddress;
use super::second_step::{SecondStep, challenge_of};
use super::ways::OtherWays;
use super::welcome::Welcome;
use crate::session::use_session;
use crate::ui::button::Submit;
use crate::ui::field::{PasswordField, TextField};
use crate::ui::form::{Form, FormBody};
use crate::ui::page;

/// The address of a sister page, with the wanted page kept.
pub fn with_next(path: &'static str) -> impl Fn() -> String + Clone {
    let search = use_location().search;
    move || {
        let search = search.get();
        if search.is_empty() {
            path.to_owned()
        } else {
            format!("{path}?{search}")
        }
    }
}

/// E-mail address and password.
#[component]
pub fn SignIn() -> impl IntoView {
    page::title(|| tr!("Sign in").to_owned());
    let session = use_session();
    let email = RwSignal::new(String::new());
    let typed = expect_context::<TypedAddress>();
    let password = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);
    let challenge = RwSignal::new(None::<String>);
    let form = Form::new(move || {
        let mut check = Checker::default();
        email.with(|email| check.email("email", email));
        check.require(
            password.with(|password| !password.is_empty()),
            "password",
            tr!("Enter your password."),
        );
        check.finish()
    });
    let submit = move || {
        if !form.submit() || busy.get_untracked() {
            return;
        }
        busy.set(true);
        error.set(None);
        spawn_local(async move {
            let request = LoginRequest {
                email: email.get_untracked().trim().to_owned(),
                password: password.get_untracked(),
            };
            let result = session.sign_in(&request).await;
            busy.set(false);
            let Err(problem) = result else { return };
            if let Some(asked) = challenge_of(&problem) {
                return challenge.set(Some(asked));
            }
            error.set(match problem.code() {
                Some(ErrorCode::InvalidCredentials) => Some(
                    tr!("This e-mail address and password don't belong together. Check both.").to_owned(),
                ),
                _ => form.refuse(&problem),
            });
        });
    };
    let first_step = move || {
        view! {
            <FormBody error=error submit=submit>
                <TextField
                    label=tr!("E-mail address")
                    value=email
                    field=form.field("email")
                    kind="email"
                    autocomplete="username"
                    autofocus=true
                />
                <PasswordField
                    label=tr!("Password")
                    value=password
                    field=form.field("password")
                    autocomplete="current-password"
                />
                <a class="link-plain w-fit" href="/forgot" on:click=move |_| typed.keep(email.get_untracked())>{tr!("Forgot password?")}</a>
                <Submit busy=busy class="mt-2">{tr!("Sign in")}</Submit>
            </FormBody>
            <OtherWays only_known=true />
        }
    };
    view! {
        <Welcome>
            <h1 class="text-2xl font-semibold">{tr!("Sign in")}</h1>
            <p class="muted mt-1 mb-6">
                <span class:hidden=move || challenge.with(Option::is_some)>
                    {tr!("New here? ")} <a class="link-plain" href=with_next("/sign-up")>{tr!("Create an account")}</a>
                </span>
            </p>
            {move || match challenge.get() {
                Some(asked) => view! { <SecondStep challenge=asked back=move || challenge.set(None) /> }.into_any(),
                None => first_step().into_any(),
            }}
        </Welcome>
    }
}
