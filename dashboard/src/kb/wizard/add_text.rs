//! Pasted text as a source.

use api_types::kb::NewSource;
use api_types::validate::{Checker, MAX_TEXT_CHARS};
use leptos::prelude::*;

use super::Wizard;
use super::adding::Adding;
use crate::ui::button::Submit;
use crate::ui::field::{TextArea, TextField};
use crate::ui::form::{Form, FormBody};

/// Title and text.
#[component]
pub fn AddText(wizard: Wizard) -> impl IntoView {
    let adding = Adding::new(wizard);
    let title = RwSignal::new(String::new());
    let text = RwSignal::new(String::new());
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
        let source = NewSource::Text {
            title: title.get_untracked().trim().to_owned(),
            text: text.get_untracked(),
        };
        adding.send(form, source, move || {
            title.set(String::new());
            text.set(String::new());
        });
    };
    view! {
        <FormBody error=adding.error submit=submit>
            <TextField label=tr!("Title") value=title field=form.field("sources[0].title") />
            <TextArea
                label=tr!("Text")
                value=text
                field=form.field("sources[0].text")
                hint=tr!("Markdown headings help to cut it well.")
                rows=8
            />
            <div>
                <Submit busy=adding.busy>{tr!("Add text")}</Submit>
            </div>
        </FormBody>
    }
}
