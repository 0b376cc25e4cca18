//! When visitors are handed over to people.

use leptos::prelude::*;

use super::Builder;
use crate::ui::field::TextArea;
use crate::ui::page::Section;
use crate::ui::toggle::Toggle;

/// The section.
#[component]
pub fn HandOffSection(builder: Builder) -> impl IntoView {
    let is_on = builder.part(|content| content.hand_off.enabled);
    let on_words = builder.part(|content| content.hand_off.on_words);
    let has_form = builder.part(|content| content.lead_form.enabled);
    let closed_hint = move || {
        if has_form.get() {
            tr!("Said outside your office hours, before the form under “Leads”.")
        } else {
            tr!(
                "Said outside your office hours. The conversation waits in the inbox; switch “Leads” on to ask for details instead."
            )
        }
    };
    view! {
        <Section title=tr!("Hand-off") subtitle=tr!("Let visitors talk to a person of your team.")>
            <div class="flex flex-col gap-5">
                <Toggle
                    label=tr!("Visitors may ask for a person")
                    hint=tr!("There is a button in the chat. Whoever asks appears in the inbox at once, and the bot falls silent.")
                    checked=is_on
                    on_change=move |wanted| builder.update(|content| content.hand_off.enabled = wanted)
                />
                <Show when=move || is_on.get()>
                    <div class="flex flex-col gap-3">
                        <Toggle
                            label=tr!("By words, too")
                            hint=tr!("Such as “talk to a human”, in seven languages; what is put otherwise is missed.")
                            checked=on_words
                            on_change=move |wanted| builder.update(|content| content.hand_off.on_words = wanted)
                        />
                        <TextArea
                            label=tr!("Message")
                            value=builder.text(|content| &content.hand_off.message, |content| &mut content.hand_off.message)
                            field=builder.field("hand_off.message")
                            hint=tr!("Said while they wait.")
                            rows=2
                        />
                        <TextArea
                            label=tr!("Message out of hours")
                            value=builder
                                .text(
                                    |content| &content.hand_off.closed_message,
                                    |content| &mut content.hand_off.closed_message,
                                )
                            field=builder.field("hand_off.closed_message")
                            hint=Signal::derive(move || closed_hint().to_owned())
                            rows=2
                        />
                        <p class="muted text-sm">
                            {tr!("Office hours, mails and canned replies are under ")}
                            <a class="link-plain" href="/settings/inbox">
                                {tr!("Settings → Inbox")}
                            </a> "."
                        </p>
                    </div>
                </Show>
            </div>
        </Section>
    }
}
