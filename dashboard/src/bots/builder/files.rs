//! What visitors may send.

use api_types::bots::ModelChoice;
use leptos::prelude::*;

use super::Builder;
use crate::ui::field::TextArea;
use crate::ui::page::Section;
use crate::ui::toggle::Toggle;

/// The section.
#[component]
pub fn FilesSection(builder: Builder) -> impl IntoView {
    let is_on = builder.part(|content| content.uploads.enabled);
    let sees = builder.part(|content| content.uploads.model_sees_pictures);
    let has_model = builder.part(|content| content.model != ModelChoice::Extractive);
    view! {
        <Section title=tr!("Files") subtitle=tr!("Let visitors send files and pictures along with their messages.")>
            <div class="flex flex-col gap-5">
                <Toggle
                    label=tr!("Visitors may send files")
                    hint=tr!("Pictures, PDF, documents of Office and text: up to 4 with a message, 10 MB each. The bot reads the text of documents; your team finds everything in the conversation.")
                    checked=is_on
                    on_change=move |wanted| builder.update(|content| content.uploads.enabled = wanted)
                />
                <Show when=move || is_on.get()>
                    <div class="flex flex-col gap-3">
                        <Show
                            when=move || has_model.get()
                            fallback=|| view! { <p class="muted">{tr!("The built-in answerer quotes documents, and keeps pictures for your team.")}</p> }
                        >
                            <Toggle
                                label=tr!("The model sees pictures")
                                hint=tr!("Pictures are given to the model. Switch it on for models that can see; others are told that there is a picture. Not while the workspace takes addresses and numbers out of messages.")
                                checked=sees
                                on_change=move |wanted| {
                                    builder.update(|content| content.uploads.model_sees_pictures = wanted);
                                }
                            />
                        </Show>
                        <TextArea
                            label=tr!("Said of a file")
                            value=builder
                                .text(
                                    |content| &content.uploads.received_message,
                                    |content| &mut content.uploads.received_message,
                                )
                            field=builder.field("uploads.received_message")
                            hint=tr!("By the built-in answerer, when a file comes without words or answers nothing.")
                            rows=2
                        />
                    </div>
                </Show>
            </div>
        </Section>
    }
}
