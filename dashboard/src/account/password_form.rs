//! "Enter your password", before something that changes how one signs in.

use api_types::auth::PasswordRequest;
use api_types::client::ClientError;
use api_types::validate::Checker;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::ui::button::{Button, Submit};
use crate::ui::field::PasswordField;
use crate::ui::form::{Form, FormBody};

/// A form that asks for the password and hands it to `send`; what `send` is refused stays in the form.
#[component]
pub fn PasswordForm<F>(
    /// What the button says.
    action: &'static str,
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
    let form = Form::new(move || {
        let mut check = Checker::default();
        let is_given = password.with(|password| !password.is_empty());
        check.require(is_given, "current_password", "Enter your password.");
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
            <PasswordField
                label="Your password"
                value=password
                field=form.field("current_password")
                autocomplete="current-password"
            />
            <div class="flex flex-wrap justify-end gap-2">
                <Button on_click=move || open.set(false)>"Cancel"</Button>
                <Submit busy=busy>{action}</Submit>
            </div>
        </FormBody>
    }
}
