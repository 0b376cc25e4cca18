//! What the bubble says by itself.

use api_types::bots::{ProactiveRule, ProactiveTrigger};
use api_types::proactive::MAX_RULES;
use leptos::prelude::*;

use super::Builder;
use crate::ui::button::{Button, IconButton};
use crate::ui::field::{NumberField, SelectField, Text, TextArea, TextField};
use crate::ui::icon;
use crate::ui::page::Section;

/// When the bubble can speak: the key, and the English name.
const TRIGGERS: [(&str, &str); 3] = [
    ("time", mark!("After some time on the page")),
    ("scroll", mark!("After scrolling")),
    ("exit", mark!("When the pointer leaves the page")),
];

/// The name of a trigger, by its key.
pub fn trigger_name(key: &str) -> Option<&'static str> {
    let known = TRIGGERS.iter().find(|(known, _)| *known == key);
    known.map(|(_, name)| crate::i18n::text(name))
}

/// The section.
#[component]
pub fn ProactiveSection(builder: Builder) -> impl IntoView {
    let count = builder.part(|content| content.proactive.len());
    let add = move || builder.update(|content| content.proactive.push(ProactiveRule::default()));
    view! {
        <Section
            title=tr!("Messages by itself")
            subtitle=tr!("The bubble can speak first. Each message is shown once to each visitor, one at a time, and can be sent away.")
        >
            <div class="flex flex-col gap-3">
                <For
                    each=move || 0..count.get()
                    key=|i| *i
                    children=move |i| view! { <RuleEditor builder=builder index=i /> }
                />
                <Show when=move || count.get() == 0>
                    <p class="muted">{tr!("None yet: the bubble waits until somebody opens it.")}</p>
                </Show>
                <Show when=move || count.get() < MAX_RULES>
                    <div>
                        <Button small=true icon=icon::PLUS on_click=add>
                            {tr!("Add a message")}
                        </Button>
                    </div>
                </Show>
            </div>
        </Section>
    }
}

#[component]
fn RuleEditor(builder: Builder, index: usize) -> impl IntoView {
    let content = builder.draft.content;
    // A row that was removed reads as an empty one until it is gone.
    let rule =
        Memo::new(move |_| content.with(|content| content.proactive.get(index).cloned().unwrap_or_default()));
    let change = move |change: &dyn Fn(&mut ProactiveRule)| {
        builder.update(|content| {
            if let Some(rule) = content.proactive.get_mut(index) {
                change(rule);
            }
        });
    };
    let remove = move || {
        builder.update(|content| {
            if index < content.proactive.len() {
                content.proactive.remove(index);
                for words in &mut content.translations {
                    if index < words.proactive.len() {
                        words.proactive.remove(index);
                    }
                }
            }
        });
    };
    let path = format!("proactive[{index}]");
    let number = index + 1;
    view! {
        <div
            class="rounded-box border border-base-300 p-3"
            role="group"
            aria-label=tr!("Message {number}", number)
        >
            <div class="mb-1 flex items-center justify-between gap-1">
                <span class="muted text-xs">{tr!("Message {number}", number)}</span>
                <IconButton icon=icon::TRASH_2 label=tr!("Remove message {number}", number) on_click=remove />
            </div>
            <TextArea
                label=tr!("What it says")
                value=Text::new(
                    move || rule.with(|rule| rule.message.clone()),
                    move |text| change(&|rule| rule.message.clone_from(&text)),
                )
                field=builder.field(&format!("{path}.message"))
                rows=2
            />
            <div class="grid gap-x-3 sm:grid-cols-2">
                <When builder=builder index=index rule=rule />
                <TextField
                    label=tr!("On pages")
                    value=Text::new(
                        move || rule.with(|rule| rule.page.clone()),
                        move |text| change(&|rule| rule.page = text.trim().to_owned()),
                    )
                    field=builder.field(&format!("{path}.page"))
                    hint=tr!("All of them when empty; * stands for anything.")
                    placeholder=tr!("/pricing or /docs/*")
                />
            </div>
        </div>
    }
}

#[component]
fn When(builder: Builder, index: usize, rule: Memo<ProactiveRule>) -> impl IntoView {
    let key = move || match rule.with(|rule| rule.trigger) {
        ProactiveTrigger::Time { .. } => "time",
        ProactiveTrigger::Scroll { .. } => "scroll",
        ProactiveTrigger::Exit => "exit",
    };
    let set = move |trigger: ProactiveTrigger| {
        builder.update(|content| {
            if let Some(rule) = content.proactive.get_mut(index) {
                rule.trigger = trigger;
            }
        });
    };
    let choose = move |key: String| {
        set(match key.as_str() {
            "scroll" => ProactiveTrigger::Scroll { percent: 50 },
            "exit" => ProactiveTrigger::Exit,
            _ => ProactiveTrigger::default(),
        });
    };
    let options = TRIGGERS.map(|(key, name)| (key.to_owned(), crate::i18n::text(name).to_owned()));
    let options = options.to_vec();
    let seconds = Text::number(
        move || match rule.with(|rule| rule.trigger) {
            ProactiveTrigger::Time { seconds } => seconds,
            _ => 0,
        },
        move |seconds| set(ProactiveTrigger::Time { seconds }),
    );
    let percent = Text::number(
        move || match rule.with(|rule| rule.trigger) {
            ProactiveTrigger::Scroll { percent } => percent.into(),
            _ => 0,
        },
        move |percent| {
            set(ProactiveTrigger::Scroll {
                percent: u8::try_from(percent).unwrap_or(u8::MAX),
            });
        },
    );
    let path = format!("proactive[{index}].trigger");
    let (seconds_path, percent_path) = (format!("{path}.seconds"), format!("{path}.percent"));
    view! {
        <div class="flex min-w-0 flex-col gap-1">
            <SelectField label=tr!("When") value=Text::new(move || key().to_owned(), choose) options=options />
            <Show when=move || key() == "time">
                <NumberField
                    label=tr!("Seconds")
                    value=seconds
                    field=builder.field(&seconds_path)
                    hint=tr!("0 is at once.")
                    min="0"
                    max="600"
                />
            </Show>
            <Show when=move || key() == "scroll">
                <NumberField
                    label=tr!("Percent of the page")
                    value=percent
                    field=builder.field(&percent_path)
                    min="1"
                    max="100"
                />
            </Show>
            <Show when=move || key() == "exit">
                <p class="muted">{tr!("Not on touch screens, which have no pointer.")}</p>
            </Show>
        </div>
    }
}
