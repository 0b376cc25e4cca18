//! What the bot is for and what it says by itself.

use leptos::prelude::*;

use super::Builder;
use super::questions::Questions;
use crate::ui::field::{TextArea, TextField};
use crate::ui::page::Section;

/// The section.
#[component]
pub fn InstructionsSection(builder: Builder) -> impl IntoView {
    let length = builder.part(|content| content.instructions.chars().count());
    let hint = move || {
        let length = length.get();
        if length > 6_000 {
            tr!("{length} of 8,000 characters.", length)
        } else {
            tr!("What the bot is for, how it should speak, what it should leave alone.").to_owned()
        }
    };
    view! {
        <Section title=tr!("Instructions")>
            <div class="flex flex-col gap-3">
                <TextField
                    label=tr!("Name")
                    value=builder.text(|content| &content.name, |content| &mut content.name)
                    field=builder.field("name")
                    hint=tr!("For your team, and for visitors unless the widget has a title of its own.")
                    placeholder=tr!("Support")
                />
                <TextArea
                    label=tr!("Instructions")
                    value=builder.text(|content| &content.instructions, |content| &mut content.instructions)
                    field=builder.field("instructions")
                    hint=Signal::derive(hint)
                    rows=6
                />
                <TextArea
                    label=tr!("Greeting")
                    value=builder.text(|content| &content.greeting, |content| &mut content.greeting)
                    field=builder.field("greeting")
                    hint=tr!("The first thing a visitor reads.")
                    rows=2
                />
                <TextArea
                    label=tr!("Fallback message")
                    value=builder
                        .text(|content| &content.fallback_message, |content| &mut content.fallback_message)
                    field=builder.field("fallback_message")
                    hint=tr!("Said when the knowledge holds no answer. The question is then listed as a gap.")
                    rows=2
                />
                <Questions builder=builder />
            </div>
        </Section>
    }
}
