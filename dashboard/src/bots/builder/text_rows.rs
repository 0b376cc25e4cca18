//! A short list of texts, each in a field of its own.

use api_types::bots::ChatbotContent;
use leptos::prelude::*;

use super::Builder;
use crate::ui::button::{Button, IconButton};
use crate::ui::field::{Text, TextField};
use crate::ui::icon;

/// What the list is, in English words (in `mark!`) and in the content.
#[derive(Clone, Copy)]
pub struct Rows {
    /// Its heading.
    pub title: &'static str,
    /// What it is for.
    pub hint: &'static str,
    /// What one is called; a number follows.
    pub one: &'static str,
    /// What a new one might be.
    pub placeholder: &'static str,
    /// The button that adds one.
    pub add: &'static str,
    /// Where it is in the content: `suggested_questions`.
    pub path: &'static str,
    /// The list itself.
    pub get: fn(&ChatbotContent) -> &Vec<String>,
    /// The list, to be changed.
    pub get_mut: fn(&mut ChatbotContent) -> &mut Vec<String>,
    /// Most there may be.
    pub most: usize,
}

/// The fields, with a button for one more.
#[component]
pub fn TextRows(builder: Builder, rows: Rows) -> impl IntoView {
    let content = builder.draft.content;
    let count = Memo::new(move |_| content.with(|content| (rows.get)(content).len()));
    let row = move |i: usize| {
        let text = Text::new(
            move || content.with(|content| (rows.get)(content).get(i).cloned().unwrap_or_default()),
            move |text| {
                content.update(|content| {
                    if let Some(known) = (rows.get_mut)(content).get_mut(i) {
                        *known = text;
                    }
                });
            },
        );
        let remove = move || {
            builder.update(|content| {
                let texts = (rows.get_mut)(content);
                if i < texts.len() {
                    texts.remove(i);
                }
            });
        };
        view! {
            <div class="flex items-end gap-1">
                <div class="min-w-0 grow">
                    <TextField
                        label=format!("{} {}", crate::i18n::text(rows.one), i + 1)
                        value=text
                        field=builder.field(&format!("{}[{i}]", rows.path))
                        placeholder=rows.placeholder
                    />
                </div>
                <div class="self-start pt-7">
                    <IconButton
                        icon=icon::TRASH_2
                        label=tr!("Remove {} {}", crate::i18n::text(rows.one).to_lowercase(), i + 1)
                        on_click=remove
                    />
                </div>
            </div>
        }
    };
    let add = move || builder.update(|content| (rows.get_mut)(content).push(String::new()));
    view! {
        <fieldset class="flex flex-col gap-3">
            <legend class="mb-1.5 font-medium">{crate::i18n::text(rows.title)}</legend>
            <p class="muted -mt-2">{crate::i18n::text(rows.hint)}</p>
            <For each=move || 0..count.get() key=|i| *i children=row />
            <Show when=move || count.get() < rows.most>
                <div>
                    <Button small=true icon=icon::PLUS on_click=add>
                        {crate::i18n::text(rows.add)}
                    </Button>
                </div>
            </Show>
        </fieldset>
    }
}
