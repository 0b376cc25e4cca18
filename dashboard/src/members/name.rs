//! Giving the workspace or the organization another name.

use std::pin::Pin;

use api_types::client::{self, ClientError};
use api_types::tenancy::SaveNameRequest;
use api_types::validate::Checker;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::session::use_session;
use crate::ui::button::Submit;
use crate::ui::field::TextField;
use crate::ui::form::{Form, FormBody};
use crate::ui::toast::use_toasts;

/// A form with one name.
#[component]
fn NameForm(
    name: String,
    save: impl Fn(SaveNameRequest) -> Pin<Box<dyn Future<Output = Result<(), ClientError>>>> + Copy + 'static,
) -> impl IntoView {
    let toasts = use_toasts();
    let name = RwSignal::new(name);
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);
    let form = Form::new(move || {
        let mut check = Checker::default();
        check.length("name", &name.get(), 1, 80);
        check.finish()
    });
    let submit = move || {
        if !form.submit() || busy.get_untracked() {
            return;
        }
        busy.set(true);
        error.set(None);
        spawn_local(async move {
            let request = SaveNameRequest {
                name: name.get_untracked().trim().to_owned(),
            };
            match save(request).await {
                Ok(()) => toasts.say(tr!("Saved.")),
                Err(problem) => error.set(form.refuse(&problem)),
            }
            busy.set(false);
        });
    };
    view! {
        <FormBody error=error submit=submit>
            <TextField label=tr!("Name") value=name field=form.field("name") />
            <div class="flex justify-end">
                <Submit busy=busy>{tr!("Save name")}</Submit>
            </div>
        </FormBody>
    }
}

/// Renames the current workspace.
#[component]
pub fn RenameWorkspace() -> impl IntoView {
    let session = use_session();
    let name = untrack(move || session.identity().map(|identity| identity.workspace.name));
    let save = move |request: SaveNameRequest| -> Pin<Box<dyn Future<Output = _>>> {
        Box::pin(async move {
            let workspace = session.send(&client::workspaces::rename(&request)).await?;
            session.set_workspace(workspace);
            Ok(())
        })
    };
    view! { <NameForm name=name.unwrap_or_default() save=save /> }
}

/// Renames the organization.
#[component]
pub fn RenameOrganization(name: String) -> impl IntoView {
    let session = use_session();
    let save = move |request: SaveNameRequest| -> Pin<Box<dyn Future<Output = _>>> {
        Box::pin(async move {
            let organization = session.send(&client::organization::rename(&request)).await?;
            session.set_organization_name(organization.name);
            Ok(())
        })
    };
    view! { <NameForm name=name save=save /> }
}
