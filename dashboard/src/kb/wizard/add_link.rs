//! A web page as a source.

use api_types::kb::NewSource;
use api_types::validate::Checker;
use leptos::prelude::*;

use super::Wizard;
use super::adding::Adding;
use crate::ui::button::Submit;
use crate::ui::field::TextField;
use crate::ui::form::{Form, FormBody};

/// One address; the server fetches it now.
#[component]
pub fn AddLink(wizard: Wizard) -> impl IntoView {
    let adding = Adding::new(wizard);
    let url = RwSignal::new(String::new());
    let form = Form::new(move || {
        let mut check = Checker::default();
        let is_web = url.with(|url| is_web_address(url.trim()));
        check.require(
            is_web,
            "sources[0].url",
            tr!("Enter an address such as https://example.com/help."),
        );
        check.finish()
    });
    let submit = move || {
        if !form.submit() {
            return;
        }
        let source = NewSource::Url {
            url: url.get_untracked().trim().to_owned(),
        };
        adding.send(form, source, move || url.set(String::new()));
    };
    view! {
        <FormBody error=adding.error submit=submit>
            <TextField
                label=tr!("Address")
                value=url
                field=form.field("sources[0].url")
                kind="url"
                placeholder="https://"
                hint=tr!("The page is read once, now. Only public pages can be read.")
            />
            <div>
                <Submit busy=adding.busy>{tr!("Read this page")}</Submit>
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
