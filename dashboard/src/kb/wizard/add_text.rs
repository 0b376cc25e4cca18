//! Pasted text as a source.

use api_types::client;
use api_types::kb::{AddSourcesRequest, NewSource};
use api_types::validate::{Checker, MAX_TEXT_CHARS};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::Wizard;
use crate::session::use_session;
use crate::ui::button::Submit;
use crate::ui::field::{TextArea, TextField};
use crate::ui::form::{Form, FormBody};

/// Title and text.
#[component]
pub fn AddText(wizard: Wizard) -> impl IntoView {
    let session = use_session();
    let title = RwSignal::new(String::new());
    let text = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);
    let form = Form::new(move || {
        let mut check = Checker::default();
        title.with(|title| check.length("sources[0].title", title, 1, 200));
        text.with(|text| check.length("sources[0].text", text, 1, MAX_TEXT_CHARS));
        check.finish()
    });
    let submit = move || {
        if !form.submit() {
            return;
        }
        busy.set(true);
        error.set(None);
        let source = NewSource::Text {
            title: title.get_untracked().trim().to_owned(),
            text: text.get_untracked(),
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
                    title.set(String::new());
                    text.set(String::new());
                    form.reset();
                }
                Err(problem) => error.set(form.refuse(&problem)),
            }
            busy.set(false);
        });
    };
    view! {
        <FormBody error=error submit=submit>
            <TextField label="Title" value=title field=form.field("sources[0].title") />
            <TextArea
                label="Text"
                value=text
                field=form.field("sources[0].text")
                hint="Markdown headings help to cut it well."
                rows=8
            />
            <div>
                <Submit busy=busy>"Add text"</Submit>
            </div>
        </FormBody>
    }
}
