//! The address of the account.

use api_types::auth::ChangeEmailRequest;
use api_types::client;
use api_types::validate::Checker;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::password_form::OwnPassword;
use super::ways::Ways;
use crate::auth::OutboxHint;
use crate::session::use_session;
use crate::ui::alert::Notice;
use crate::ui::button::{Button, Submit};
use crate::ui::dialog::Dialog;
use crate::ui::field::TextField;
use crate::ui::form::{Form, FormBody};
use crate::ui::page::Section;

/// The section.
#[component]
pub fn Email() -> impl IntoView {
    let session = use_session();
    let changing = RwSignal::new(false);
    let email = move || session.identity().map(|identity| identity.user.email);
    let state = move || match session.identity() {
        Some(identity) if identity.user.email_verified => tr!("Confirmed."),
        _ => tr!("Not confirmed yet: open the link in the mail that was sent there."),
    };
    let change = view! {
        <Button small=true on_click=move || changing.set(true)>
            {tr!("Change address")}
        </Button>
    };
    view! {
        <Section title=tr!("E-mail address") subtitle=tr!("You sign in with it, and mails go there.") actions=change.into_any()>
            <p class="font-medium wrap-anywhere">{email}</p>
            <p class="muted">{state}</p>
        </Section>
        <Dialog open=changing title=tr!("Change your e-mail address")>
            <ChangeForm open=changing />
        </Dialog>
    }
}

/// Asks for the new address, then says where the mail went.
#[component]
fn ChangeForm(open: RwSignal<bool>) -> impl IntoView {
    let session = use_session();
    let email = RwSignal::new(String::new());
    let password = RwSignal::new(String::new());
    let sent_to = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);
    let ways = Ways::of_page();
    let form = Form::new(move || {
        let mut check = Checker::default();
        email.with(|email| check.email("email", email));
        ways.check_password(&mut check, password);
        check.finish()
    });
    let submit = move || {
        if !form.submit() || busy.get_untracked() {
            return;
        }
        busy.set(true);
        error.set(None);
        let request = ChangeEmailRequest {
            email: email.get_untracked().trim().to_owned(),
            current_password: password.get_untracked(),
        };
        spawn_local(async move {
            match session.send(&client::auth::change_email(&request)).await {
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
    move || match sent_to.get() {
        Some(email) => view! {
            <div class="flex flex-col gap-4">
                <Notice>
                    {tr!("A link was sent to ")} <strong class="wrap-anywhere">{email}</strong>
                    {tr!(". Your address changes when you open it, within one day.")}
                    <OutboxHint />
                </Notice>
                <div class="flex justify-end">
                    <Button on_click=move || open.set(false)>{tr!("Done")}</Button>
                </div>
            </div>
        }
        .into_any(),
        None => view! {
            <FormBody error=error submit=submit>
                <TextField
                    label=tr!("New e-mail address")
                    value=email
                    field=form.field("email")
                    kind="email"
                    autocomplete="email"
                    autofocus=true
                />
                <OwnPassword value=password form=form />
                <div class="flex flex-wrap justify-end gap-2">
                    <Button on_click=move || open.set(false)>{tr!("Cancel")}</Button>
                    <Submit busy=busy>{tr!("Send the link")}</Submit>
                </div>
            </FormBody>
        }
        .into_any(),
    }
}
