//! Making an account.

use api_types::ErrorCode;
use api_types::auth::SignupRequest;
use api_types::validate;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::PASSWORD_HINT;
use super::link;
use super::sign_in::with_next;
use super::ways::OtherWays;
use super::welcome::Welcome;
use crate::session::use_session;
use crate::ui::button::Submit;
use crate::ui::field::{PasswordField, TextField};
use crate::ui::form::{Form, FormBody};
use crate::ui::page;

/// Name, e-mail address and password.
#[component]
pub fn SignUp() -> impl IntoView {
    page::title(|| tr!("Create an account").to_owned());
    let session = use_session();
    let name = RwSignal::new(String::new());
    let email = RwSignal::new(String::new());
    let password = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);
    // Whoever comes from an invitation joins what it leads to.
    let invitation = link::invitation();
    let request = move || SignupRequest {
        email: email.get().trim().to_owned(),
        password: password.get(),
        name: name.get().trim().to_owned(),
        invitation: invitation.clone(),
    };
    let request = StoredValue::new(request);
    let request = move || request.with_value(|request| request());
    let form = Form::new(move || validate::signup(&request()));
    let submit = move || {
        if !form.submit() || busy.get_untracked() {
            return;
        }
        busy.set(true);
        error.set(None);
        spawn_local(async move {
            let result = session.sign_up(&untrack(request)).await;
            busy.set(false);
            let Err(problem) = result else { return };
            error.set(match problem.code() {
                Some(ErrorCode::EmailTaken) => Some(
                    tr!("There is an account with this e-mail address already. Sign in instead.").to_owned(),
                ),
                _ => form.refuse(&problem),
            });
        });
    };
    view! {
        <Welcome>
            <h1 class="text-2xl font-semibold">{tr!("Create an account")}</h1>
            <p class="muted mt-1 mb-6">
                {tr!("Already have one? ")} <a class="link-plain" href=with_next("/sign-in")>{tr!("Sign in")}</a>
            </p>
            <FormBody error=error submit=submit>
                <TextField
                    label=tr!("Your name")
                    value=name
                    field=form.field("name")
                    autocomplete="name"
                    autofocus=true
                />
                <TextField
                    label=tr!("E-mail address")
                    value=email
                    field=form.field("email")
                    kind="email"
                    autocomplete="username"
                />
                <PasswordField
                    label=tr!("Password")
                    value=password
                    field=form.field("password")
                    hint=crate::i18n::text(PASSWORD_HINT)
                    autocomplete="new-password"
                />
                <Submit busy=busy class="mt-2">{tr!("Create account")}</Submit>
            </FormBody>
            <OtherWays />
        </Welcome>
    }
}
