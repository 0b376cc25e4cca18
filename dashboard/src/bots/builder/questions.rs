//! Questions offered before the first message.

use leptos::prelude::*;

use super::Builder;
use crate::ui::button::{Button, IconButton};
use crate::ui::field::{Text, TextField};
use crate::ui::icon;

const MOST: usize = 4;

/// Up to four questions, each in a field of its own.
#[component]
pub fn Questions(builder: Builder) -> impl IntoView {
    let count = builder.part(|content| content.suggested_questions.len());
    let row = move |i: usize| {
        let content = builder.draft.content;
        let text = Text::new(
            move || content.with(|content| content.suggested_questions.get(i).cloned().unwrap_or_default()),
            move |text| {
                content.update(|content| {
                    if let Some(question) = content.suggested_questions.get_mut(i) {
                        *question = text;
                    }
                });
            },
        );
        let remove = move || {
            builder.update(|content| {
                if i < content.suggested_questions.len() {
                    content.suggested_questions.remove(i);
                }
            });
        };
        view! {
            <div class="flex items-end gap-1">
                <div class="min-w-0 grow">
                    <TextField
                        label=format!("Question {}", i + 1)
                        value=text
                        field=builder.field(&format!("suggested_questions[{i}]"))
                    />
                </div>
                <div class="self-start pt-7">
                    <IconButton
                        icon=icon::TRASH_2
                        label=format!("Remove question {}", i + 1)
                        on_click=remove
                    />
                </div>
            </div>
        }
    };
    let add = move || builder.update(|content| content.suggested_questions.push(String::new()));
    view! {
        <fieldset class="flex flex-col gap-3">
            <legend class="mb-1.5 font-medium">"Suggested questions"</legend>
            <p class="muted -mt-2">"Offered before the first message, up to four."</p>
            <For each=move || 0..count.get() key=|i| *i children=row />
            <Show when=move || count.get() < MOST>
                <div>
                    <Button small=true icon=icon::PLUS on_click=add>
                        "Add a question"
                    </Button>
                </div>
            </Show>
        </fieldset>
    }
}
