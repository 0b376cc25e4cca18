//! A web page as a source.

use api_types::client;
use api_types::kb::{AddSourcesRequest, NewSource};
use api_types::validate::Checker;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::Wizard;
use crate::session::use_session;
use crate::ui::button::Submit;
use crate::ui::field::TextField;
use crate::ui::form::{Form, FormBody};

/// One address; the server fetches it now.
#[component]
pub fn AddLink(wizard: Wizard) -> impl IntoView {
    let session = use_session();
    let url = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);
    let form = Form::new(move || {
        let mut check = Checker::default();
        let is_web = url.with(|url| is_web_address(url.trim()));
        check.require(
            is_web,
            "sources[0].url",
            "Enter an address such as https://example.com/help.",
        );
        check.finish()
    });
    let submit = move || {
        if !form.submit() {
            return;
        }
        busy.set(true);
        error.set(None);
        let source = NewSource::Url {
            url: url.get_untracked().trim().to_owned(),
        };
        let call = client::kb_drafts::add_sources(
            wizard.draft.id(),
            &AddSourcesRequest {
                sources: vec![source],
            },
        );
        spawn_local(async move {
            match session.send(&call).await {
                Ok(draft) => {
                    wizard.take_sources(draft);
                    url.set(String::new());
                    form.reset();
                }
                Err(problem) => error.set(form.refuse(&problem)),
            }
            busy.set(false);
        });
    };
    view! {
        <FormBody error=error submit=submit>
            <TextField
                label="Address"
                value=url
                field=form.field("sources[0].url")
                kind="url"
                placeholder="https://"
                hint="The page is read once, now. Only public pages can be read."
            />
            <div>
                <Submit busy=busy>"Read this page"</Submit>
            </div>
        </FormBody>
    }
}

fn is_web_address(text: &str) -> bool {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/') && !text.contains(char::is_whitespace))
}
