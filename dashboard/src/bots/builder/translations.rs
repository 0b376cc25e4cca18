//! The bot's own words in other languages.

use api_types::translations::{Language, Translation};
use leptos::prelude::*;

use super::Builder;
use crate::ui::button::{Button, IconButton};
use crate::ui::field::{SelectField, Text, TextArea, TextField};
use crate::ui::icon;
use crate::ui::page::Section;

/// The section.
#[component]
pub fn LanguagesSection(builder: Builder) -> impl IntoView {
    let count = builder.part(|content| content.translations.len());
    let fixed = builder.part(|content| content.language);
    let chosen = Text::new(
        move || fixed.get().map_or("", Language::tag).to_owned(),
        move |tag| builder.update(|content| content.language = Language::from_tag(&tag)),
    );
    let mut options = vec![(String::new(), tr!("The visitor's own").to_owned())];
    options.extend(names());
    let add = move || {
        builder.update(|content| {
            let taken: Vec<Language> = content.translations.iter().map(|words| words.language).collect();
            let free = Language::ALL
                .into_iter()
                .rev()
                .find(|language| !taken.contains(language));
            content.translations.push(Translation {
                language: free.unwrap_or_default(),
                ..Translation::default()
            });
        });
    };
    view! {
        <Section
            title=tr!("Languages")
            subtitle=tr!("The widget's buttons speak seven languages by themselves. What you wrote yourself can be written in each.")
        >
            <div class="flex flex-col gap-3">
                <SelectField
                    label=tr!("Language of the widget")
                    value=chosen
                    options=options
                    hint=tr!("Your page can ask for another one.")
                />
                <For
                    each=move || 0..count.get()
                    key=|i| *i
                    children=move |i| view! { <TranslationEditor builder=builder index=i /> }
                />
                <Show when=move || count.get() < Language::ALL.len()>
                    <div>
                        <Button small=true icon=icon::PLUS on_click=add>
                            {tr!("Add a language")}
                        </Button>
                    </div>
                </Show>
            </div>
        </Section>
    }
}

fn names() -> impl Iterator<Item = (String, String)> {
    Language::ALL
        .into_iter()
        .map(|language| (language.tag().to_owned(), language.name().to_owned()))
}

#[component]
fn TranslationEditor(builder: Builder, index: usize) -> impl IntoView {
    let content = builder.draft.content;
    // A row that was removed reads as an empty one until it is gone.
    let words = Memo::new(move |_| {
        content.with(|content| content.translations.get(index).cloned().unwrap_or_default())
    });
    let text = move |get: fn(&Translation) -> String, set: fn(&mut Translation, String)| {
        Text::new(
            move || words.with(get),
            move |text| {
                builder.update(|content| {
                    if let Some(words) = content.translations.get_mut(index) {
                        set(words, text);
                    }
                });
            },
        )
    };
    let remove = move || {
        builder.update(|content| {
            if index < content.translations.len() {
                content.translations.remove(index);
            }
        });
    };
    let name = move || words.with(|words| words.language.name());
    let language = text(
        |words| words.language.tag().to_owned(),
        |words, tag| words.language = Language::from_tag(&tag).unwrap_or_default(),
    );
    let questions = text(
        |words| words.suggested_questions.join("\n"),
        |words, text| {
            // The line that is being written may still be empty.
            words.suggested_questions = if text.is_empty() {
                Vec::new()
            } else {
                text.split('\n').map(str::to_owned).collect()
            };
        },
    );
    let messages = builder.part(|content| content.proactive.len());
    let path = format!("translations[{index}]");
    let options: Vec<_> = names().collect();
    view! {
        <div class="rounded-box border border-base-300 p-3" role="group" aria-label=name>
            <div class="mb-1 flex items-center justify-between gap-1">
                <span class="muted text-xs">{name}</span>
                <IconButton
                    icon=icon::TRASH_2
                    label=tr!("Remove language {}", index + 1)
                    on_click=remove
                />
            </div>
            <div class="flex flex-col gap-3">
                <SelectField
                    label=tr!("Language")
                    value=language
                    options=options
                    field=builder.field(&format!("{path}.language"))
                />
                <div class="grid gap-x-3 gap-y-3 sm:grid-cols-2">
                    <TextField
                        label=tr!("Title")
                        value=text(|words| words.title.clone(), |words, text| words.title = text)
                        field=builder.field(&format!("{path}.title"))
                        hint=tr!("What is empty is said as above.")
                    />
                    <TextField
                        label=tr!("Text in the empty message box")
                        value=text(|words| words.placeholder.clone(), |words, text| words.placeholder = text)
                        field=builder.field(&format!("{path}.placeholder"))
                    />
                </div>
                <TextArea
                    label=tr!("Greeting")
                    value=text(|words| words.greeting.clone(), |words, text| words.greeting = text)
                    field=builder.field(&format!("{path}.greeting"))
                    rows=2
                />
                <TextArea
                    label=tr!("Suggested questions")
                    value=questions
                    field=builder.field(&format!("{path}.suggested_questions"))
                    hint=tr!("One on each line, up to four.")
                    rows=3
                />
                <For
                    each=move || 0..messages.get()
                    key=|at| *at
                    children=move |at| view! { <MessageField builder=builder index=index at=at /> }
                />
            </div>
        </div>
    }
}

/// What the bubble says by itself, in this language.
#[component]
fn MessageField(builder: Builder, index: usize, at: usize) -> impl IntoView {
    let content = builder.draft.content;
    let value = Text::new(
        move || {
            content.with(|content| {
                let words = content.translations.get(index);
                words
                    .and_then(|words| words.proactive.get(at).cloned())
                    .unwrap_or_default()
            })
        },
        move |text| {
            builder.update(|content| {
                let Some(words) = content.translations.get_mut(index) else {
                    return;
                };
                if words.proactive.len() <= at {
                    words.proactive.resize(at + 1, String::new());
                }
                words.proactive[at] = text;
                // What is not written at the end says nothing.
                while words.proactive.last().is_some_and(String::is_empty) {
                    words.proactive.pop();
                }
            });
        },
    );
    let own = Memo::new(move |_| {
        content.with(|content| {
            let rule = content.proactive.get(at);
            rule.map(|rule| rule.message.clone()).unwrap_or_default()
        })
    });
    view! {
        <TextArea
            label=tr!("Message by itself {}", at + 1)
            value=value
            field=builder.field(&format!("translations[{index}].proactive[{at}]"))
            hint=Signal::derive(move || own.get())
            rows=2
        />
    }
}
