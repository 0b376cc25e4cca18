//! The person's name.

use api_types::auth::SaveProfileRequest;
use api_types::client;
use api_types::validate::Checker;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::session::use_session;
use crate::ui::button::Submit;
use crate::ui::field::TextField;
use crate::ui::form::{Form, FormBody};
use crate::ui::page::Section;
use crate::ui::toast::use_toasts;

/// The section.
#[component]
pub fn Profile() -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let saved = untrack(|| session.identity()).map(|identity| identity.user.name);
    let name = RwSignal::new(saved.unwrap_or_default());
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);
    let form = Form::new(move || {
        let mut check = Checker::default();
        name.with(|name| check.length("name", name, 1, 80));
        check.finish()
    });
    let submit = move || {
        if !form.submit() || busy.get_untracked() {
            return;
        }
        busy.set(true);
        error.set(None);
        let request = SaveProfileRequest {
            name: name.get_untracked().trim().to_owned(),
        };
        spawn_local(async move {
            match session.send(&client::auth::save_profile(&request)).await {
                Ok(user) => {
                    session.set_user(user);
                    toasts.say(tr!("Your name was saved."));
                }
                Err(problem) => {
                    error.try_set(form.refuse(&problem));
                }
            }
            busy.try_set(false);
        });
    };
    view! {
        <Section title=tr!("of a person" => "Name") subtitle=tr!("How others in your workspaces see you.")>
            <FormBody error=error submit=submit>
                <TextField label=tr!("Your name") value=name field=form.field("name") autocomplete="name" />
                <div class="flex justify-end">
                    <Submit busy=busy>{tr!("Save name")}</Submit>
                </div>
            </FormBody>
        </Section>
    }
}
