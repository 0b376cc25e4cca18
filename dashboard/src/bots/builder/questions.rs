//! Questions offered before the first message.

use leptos::prelude::*;

use super::Builder;
use super::text_rows::{Rows, TextRows};

const QUESTIONS: Rows = Rows {
    title: mark!("Suggested questions"),
    hint: mark!("Offered before the first message, up to four."),
    one: mark!("Question"),
    placeholder: "",
    add: mark!("Add a question"),
    path: "suggested_questions",
    get: |content| &content.suggested_questions,
    get_mut: |content| &mut content.suggested_questions,
    most: 4,
};

/// Up to four questions, each in a field of its own.
#[component]
pub fn Questions(builder: Builder) -> impl IntoView {
    view! { <TextRows builder=builder rows=QUESTIONS /> }
}
