//! Inviting somebody: role, address, time; then the link, once.

use api_types::tenancy::{CreateInvitationRequest, Role};
use api_types::validate::Checker;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::level::{Level, roles_up_to};
use crate::session::use_session;
use crate::ui::alert::Notice;
use crate::ui::button::{Button, Submit};
use crate::ui::copy::CopyBox;
use crate::ui::dialog::Dialog;
use crate::ui::field::{SelectField, TextField};
use crate::ui::form::{Form, FormBody};

/// The form, in a dialog.
#[component]
pub fn InviteDialog(
    level: Level,
    open: RwSignal<bool>,
    /// One's own role: nobody gives a higher one.
    #[prop(into)]
    own: Signal<Role>,
    on_invited: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let heading = match level {
        Level::Workspace => tr!("Invite to this workspace"),
        Level::Organization => tr!("Invite to the organization"),
    };
    view! {
        <Dialog open=open title=heading>
            <InviteForm level=level open=open own=own on_invited=on_invited />
        </Dialog>
    }
}

#[component]
fn InviteForm(
    level: Level,
    open: RwSignal<bool>,
    own: Signal<Role>,
    on_invited: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let session = use_session();
    let role = RwSignal::new(Role::Editor.as_str().to_owned());
    let email = RwSignal::new(String::new());
    let days = RwSignal::new("7".to_owned());
    let link = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);
    let form = Form::new(move || {
        let mut check = Checker::default();
        email.with(|email| check.email_or_nothing("email", email));
        check.finish()
    });
    let submit = move || {
        if !form.submit() || busy.get_untracked() {
            return;
        }
        busy.set(true);
        error.set(None);
        let address = email.get_untracked().trim().to_owned();
        let request = CreateInvitationRequest {
            role: role.get_untracked().parse().unwrap_or(Role::Viewer),
            email: (!address.is_empty()).then_some(address),
            days: days.get_untracked().parse().unwrap_or(7),
        };
        spawn_local(async move {
            match session.send(&level.invite(&request)).await {
                Ok(made) => {
                    link.set(Some(made.link));
                    on_invited();
                }
                Err(problem) => error.set(form.refuse(&problem)),
            }
            busy.set(false);
        });
    };
    let reach = match level {
        Level::Workspace => tr!("They become a guest of this workspace alone."),
        Level::Organization => {
            tr!("They become a member of the organization and may enter each of its workspaces.")
        }
    };
    let times = [
        ("1", tr!("One day")),
        ("7", tr!("A week")),
        ("30", tr!("30 days")),
    ];
    let times = times.map(|(value, text)| (value.to_owned(), text.to_owned()));
    let times = Signal::stored(times.to_vec());
    move || {
        match link.get() {
        Some(link) => view! {
            <div class="flex flex-col gap-4">
                <Notice>{tr!("Send them this link. It works once, and is not shown again.")}</Notice>
                <CopyBox text=link what=tr!("Invitation link") />
                <div class="flex justify-end">
                    <Button on_click=move || open.set(false)>{tr!("Done")}</Button>
                </div>
            </div>
        }
        .into_any(),
        None => view! {
            <FormBody error=error submit=submit>
                <p class="muted">{reach}</p>
                <SelectField label=tr!("Role") value=role options=Signal::derive(move || roles_up_to(own.get())) />
                <TextField
                    label=tr!("E-mail address (optional)")
                    value=email
                    field=form.field("email")
                    kind="email"
                    hint=tr!("Only the account with this address can accept. Empty: whoever has the link.")
                />
                <SelectField label=tr!("Open for") value=days options=times />
                <div class="flex flex-wrap justify-end gap-2">
                    <Button on_click=move || open.set(false)>{tr!("Cancel")}</Button>
                    <Submit busy=busy>{tr!("Make the link")}</Submit>
                </div>
            </FormBody>
        }
        .into_any(),
    }
    }
}
