//! The form in which visitors leave their details.

use api_types::leads::{LeadField, LeadTiming, MAX_FIELDS, key_for};
use leptos::prelude::*;

use super::Builder;
use super::lead_field::FieldEditor;
use super::lead_preview::LeadPreview;
use crate::ui::button::Button;
use crate::ui::field::{NumberField, SelectField, Text, TextArea, TextField};
use crate::ui::icon;
use crate::ui::page::Section;
use crate::ui::toggle::Toggle;

/// When visitors can be asked: the key, and the English name.
const TIMINGS: [(&str, &str); 3] = [
    ("before_chat", mark!("Before the first message")),
    ("after_messages", mark!("After some messages")),
    (
        "on_intent",
        mark!("When they ask for a person, a price or contact"),
    ),
];

/// The name of a timing, by its key.
pub fn timing_name(key: &str) -> Option<&'static str> {
    let known = TIMINGS.iter().find(|(known, _)| *known == key);
    known.map(|(_, name)| crate::i18n::text(name))
}

/// The section.
#[component]
pub fn LeadsSection(builder: Builder) -> impl IntoView {
    let is_on = builder.part(|content| content.lead_form.enabled);
    let set = move |wanted| builder.update(|content| content.lead_form.enabled = wanted);
    view! {
        <Section title=tr!("Leads") subtitle=tr!("Ask visitors how to reach them, in the chat.")>
            <div class="flex flex-col gap-5">
                <Toggle
                    label=tr!("Ask for details")
                    hint=tr!("Who leaves theirs is listed under Leads, and told to your webhooks.")
                    checked=is_on
                    on_change=set
                />
                <Show when=move || is_on.get()>
                    <div class="grid gap-5 md:grid-cols-[minmax(0,1fr)_15rem]">
                        <div class="flex min-w-0 flex-col gap-5">
                            <When builder=builder />
                            <Fields builder=builder />
                            <Words builder=builder />
                        </div>
                        <div class="self-start md:sticky md:top-40">
                            <p class="muted mb-2 text-xs">{tr!("As visitors see it")}</p>
                            <LeadPreview builder=builder />
                        </div>
                    </div>
                </Show>
            </div>
        </Section>
    }
}

/// When visitors are asked, and whether they may go on without.
#[component]
fn When(builder: Builder) -> impl IntoView {
    let timing = builder.part(|content| content.lead_form.timing);
    let key = move || match timing.get() {
        LeadTiming::BeforeChat => "before_chat",
        LeadTiming::AfterMessages { .. } => "after_messages",
        LeadTiming::OnIntent => "on_intent",
    };
    let choose = move |key: String| {
        builder.update(|content| {
            content.lead_form.timing = match key.as_str() {
                "before_chat" => LeadTiming::BeforeChat,
                "on_intent" => LeadTiming::OnIntent,
                _ => LeadTiming::default(),
            };
        });
    };
    let count = Text::number(
        move || match timing.get() {
            LeadTiming::AfterMessages { count } => count.into(),
            _ => 0,
        },
        move |count| {
            builder.update(|content| {
                if let LeadTiming::AfterMessages { count: before } = &mut content.lead_form.timing {
                    *before = u8::try_from(count).unwrap_or(u8::MAX);
                }
            });
        },
    );
    let options = TIMINGS.map(|(key, name)| (key.to_owned(), crate::i18n::text(name).to_owned()));
    let options = StoredValue::new(options.to_vec());
    let hint = move || match timing.get() {
        LeadTiming::OnIntent => {
            tr!(
                "Told by words such as “talk to a human”, “price” or “call me”, in seven languages; what is put otherwise is missed."
            )
        }
        LeadTiming::BeforeChat => tr!("Fewer people go on when they are asked first."),
        LeadTiming::AfterMessages { .. } => "",
    };
    let skippable = builder.part(|content| content.lead_form.skippable);
    view! {
        <div class="flex flex-col gap-3">
            <SelectField
                label=tr!("When to ask")
                value=Text::new(move || key().to_owned(), choose)
                options=Signal::derive(move || options.get_value())
                hint=Signal::derive(move || hint().to_owned())
            />
            <Show when=move || matches!(timing.get(), LeadTiming::AfterMessages { .. })>
                <NumberField
                    label=tr!("Messages of the visitor before")
                    value=count
                    field=builder.field("lead_form.timing.count")
                    min="1"
                    max="20"
                />
            </Show>
            <Toggle
                label=tr!("May be skipped")
                hint=tr!("Otherwise the chat goes on only once the form was sent.")
                checked=skippable
                on_change=move |wanted| builder.update(|content| content.lead_form.skippable = wanted)
            />
        </div>
    }
}

/// What is asked for.
#[component]
fn Fields(builder: Builder) -> impl IntoView {
    let count = builder.part(|content| content.lead_form.fields.len());
    let add = move || {
        builder.update(|content| {
            let fields = &mut content.lead_form.fields;
            let taken: Vec<&str> = fields.iter().map(|field| field.key.as_str()).collect();
            let key = key_for("", &taken);
            fields.push(LeadField {
                key,
                ..LeadField::default()
            });
        });
    };
    view! {
        <fieldset class="flex flex-col gap-3">
            <legend class="mb-1.5 font-medium">{tr!("Fields")}</legend>
            <For
                each=move || 0..count.get()
                key=|i| *i
                children=move |i| view! { <FieldEditor builder=builder index=i count=count /> }
            />
            <Show when=move || count.get() < MAX_FIELDS>
                <div>
                    <Button small=true icon=icon::PLUS on_click=add>
                        {tr!("Add a field")}
                    </Button>
                </div>
            </Show>
        </fieldset>
    }
}

/// What the form says around its fields.
#[component]
fn Words(builder: Builder) -> impl IntoView {
    let is_required = builder.part(|content| content.lead_form.consent_required);
    view! {
        <div class="flex flex-col gap-3">
            <TextField
                label=tr!("Title")
                value=builder.text(|content| &content.lead_form.title, |content| &mut content.lead_form.title)
                field=builder.field("lead_form.title")
            />
            <TextArea
                label=tr!("Consent")
                value=builder.text(|content| &content.lead_form.consent, |content| &mut content.lead_form.consent)
                field=builder.field("lead_form.consent")
                hint=tr!("Beside a box to tick; what was agreed to is kept with the lead, word by word. No box when empty.")
                rows=2
            />
            <Toggle
                label=tr!("Consent is required")
                hint=tr!("The form can't be sent before the box is ticked.")
                checked=is_required
                on_change=move |wanted| builder.update(|content| content.lead_form.consent_required = wanted)
            />
            <TextField
                label=tr!("Thanks")
                value=builder.text(|content| &content.lead_form.thanks, |content| &mut content.lead_form.thanks)
                field=builder.field("lead_form.thanks")
                hint=tr!("Said once it was sent.")
            />
        </div>
    }
}
