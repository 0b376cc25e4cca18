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
            format!("{length} of 8,000 characters.")
        } else {
            "What the bot is for, how it should speak, what it should leave alone.".to_owned()
        }
    };
    view! {
        <Section title="Instructions">
            <div class="flex flex-col gap-3">
                <TextField
                    label="Name"
                    value=builder.text(|content| &content.name, |content| &mut content.name)
                    field=builder.field("name")
                    hint="For your team, and for visitors unless the widget has a title of its own."
                    placeholder="Support"
                />
                <TextArea
                    label="Instructions"
                    value=builder.text(|content| &content.instructions, |content| &mut content.instructions)
                    field=builder.field("instructions")
                    hint=Signal::derive(hint)
                    rows=6
                />
                <TextArea
                    label="Greeting"
                    value=builder.text(|content| &content.greeting, |content| &mut content.greeting)
                    field=builder.field("greeting")
                    hint="The first thing a visitor reads."
                    rows=2
                />
                <TextArea
                    label="Fallback message"
                    value=builder
                        .text(|content| &content.fallback_message, |content| &mut content.fallback_message)
                    field=builder.field("fallback_message")
                    hint="Said when the knowledge holds no answer. The question is then listed as a gap."
                    rows=2
                />
                <Questions builder=builder />
            </div>
        </Section>
    }
}
