//! Changing the password.

use api_types::auth::ChangePasswordRequest;
use api_types::client;
use api_types::validate::{self, Checker};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::ways::Ways;
use crate::auth::PASSWORD_HINT;
use crate::session::use_session;
use crate::ui::button::{Button, Submit};
use crate::ui::dialog::Dialog;
use crate::ui::field::PasswordField;
use crate::ui::form::{Form, FormBody};
use crate::ui::page::Section;
use crate::ui::toast::use_toasts;

/// The section.
#[component]
pub fn Password() -> impl IntoView {
    let changing = RwSignal::new(false);
    let change = view! {
        <Button small=true on_click=move || changing.set(true)>
            {tr!("Change password")}
        </Button>
    };
    view! {
        <Section
            title=tr!("Password")
            subtitle=tr!("Changing it signs you out on all other devices.")
            actions=change.into_any()
        >
            <p class="muted">{tr!("Forgotten? Sign out, and choose \"Forgot password?\".")}</p>
        </Section>
        <Dialog open=changing title=tr!("Change your password")>
            <ChangeForm open=changing />
        </Dialog>
    }
}

#[component]
fn ChangeForm(open: RwSignal<bool>) -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let current = RwSignal::new(String::new());
    let password = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);
    let ways = Ways::of_page();
    let form = Form::new(move || {
        let mut check = Checker::default();
        let is_given = !ways.has_password() || current.with(|current| !current.is_empty());
        check.require(
            is_given,
            "current_password",
            tr!("Enter your password as it is now."),
        );
        let (email, name) = session
            .identity()
            .map(|identity| (identity.user.email, identity.user.name))
            .unwrap_or_default();
        password.with(|password| validate::password(&mut check, password, &[&email, &name]));
        check.finish()
    });
    let submit = move || {
        if !form.submit() || busy.get_untracked() {
            return;
        }
        busy.set(true);
        error.set(None);
        let request = ChangePasswordRequest {
            current_password: current.get_untracked(),
            password: password.get_untracked(),
        };
        spawn_local(async move {
            match session.send(&client::auth::change_password(&request)).await {
                Ok(()) => {
                    ways.reload();
                    open.set(false);
                    toasts.say(tr!("Your password was changed. Other devices were signed out."));
                }
                Err(problem) => {
                    error.try_set(form.refuse(&problem));
                }
            }
            busy.try_set(false);
        });
    };
    view! {
        <FormBody error=error submit=submit>
            <Show
                when=move || ways.has_password()
                fallback=|| {
                    view! {
                        <p class="muted">
                            {tr!("You have none yet. You can set one within ten minutes of signing in, or later by mail: sign out, and choose \"Forgot password?\".")}
                        </p>
                    }
                }
            >
                <PasswordField
                    label=tr!("Current password")
                    value=current
                    field=form.field("current_password")
                    autocomplete="current-password"
                />
            </Show>
            <PasswordField
                label=tr!("New password")
                value=password
                field=form.field("password")
                hint=crate::i18n::text(PASSWORD_HINT)
                autocomplete="new-password"
            />
            <div class="flex flex-wrap justify-end gap-2">
                <Button on_click=move || open.set(false)>{tr!("Cancel")}</Button>
                <Submit busy=busy>{tr!("Change password")}</Submit>
            </div>
        </FormBody>
    }
}
