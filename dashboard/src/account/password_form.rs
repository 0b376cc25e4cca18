//! "Enter your password", before something that changes how one signs in. Whoever has none signed in a moment ago.

use api_types::auth::PasswordRequest;
use api_types::client::ClientError;
use api_types::validate::Checker;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::ways::Ways;
use crate::ui::button::{Button, Submit, Variant};
use crate::ui::field::PasswordField;
use crate::ui::form::{Form, FormBody};

/// A form that asks for the password and hands it to `send`; what `send` is refused stays in the form.
#[component]
pub fn PasswordForm<F>(
    /// What the button says.
    action: &'static str,
    /// How it looks.
    #[prop(default = Variant::Primary)]
    variant: Variant,
    /// The dialog it stands in.
    open: RwSignal<bool>,
    /// What is done with the password.
    send: F,
    /// What it is asked for.
    children: Children,
) -> impl IntoView
where
    F: AsyncFn(PasswordRequest) -> Result<(), ClientError> + Copy + 'static,
{
    let password = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);
    let ways = Ways::of_page();
    let form = Form::new(move || {
        let mut check = Checker::default();
        ways.check_password(&mut check, password);
        check.finish()
    });
    let submit = move || {
        if !form.submit() || busy.get_untracked() {
            return;
        }
        busy.set(true);
        error.set(None);
        let request = PasswordRequest {
            current_password: password.get_untracked(),
        };
        spawn_local(async move {
            if let Err(problem) = send(request).await {
                error.try_set(form.refuse(&problem));
            }
            busy.try_set(false);
        });
    };
    view! {
        <FormBody error=error submit=submit>
            {children()}
            <OwnPassword value=password form=form />
            <div class="flex flex-wrap justify-end gap-2">
                <Button on_click=move || open.set(false)>{tr!("Cancel")}</Button>
                <Submit busy=busy variant=variant>{action}</Submit>
            </div>
        </FormBody>
    }
}

/// The field for the password of whoever has one.
#[component]
pub fn OwnPassword(
    /// What is typed.
    value: RwSignal<String>,
    /// The form it stands in.
    form: Form,
) -> impl IntoView {
    let ways = Ways::of_page();
    move || {
        if ways.has_password() {
            view! {
                <PasswordField
                    label=tr!("Your password")
                    value=value
                    field=form.field("current_password")
                    autocomplete="current-password"
                />
            }
            .into_any()
        } else {
            view! {
                <p class="muted">
                    {tr!("You have no password, so this works within ten minutes of signing in. Later, sign out and in again first.")}
                </p>
            }
            .into_any()
        }
    }
}
