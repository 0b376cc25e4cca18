//! One field of the lead form.

use api_types::leads::{LeadField, LeadFieldKind, key_for};
use leptos::prelude::*;

use super::Builder;
use crate::ui::button::IconButton;
use crate::ui::field::{SelectField, Text, TextArea, TextField};
use crate::ui::icon;
use crate::ui::toggle::Toggle;

const KINDS: [(LeadFieldKind, &str, &str); 6] = [
    (LeadFieldKind::Text, "text", mark!("One line")),
    (LeadFieldKind::Email, "email", mark!("E-mail address")),
    (LeadFieldKind::Phone, "phone", mark!("Phone number")),
    (LeadFieldKind::Select, "select", mark!("Choice")),
    (LeadFieldKind::Checkbox, "checkbox", mark!("Box to tick")),
    (LeadFieldKind::Textarea, "textarea", mark!("Several lines")),
];

/// The name of a kind, by its key.
pub fn kind_name(key: &str) -> Option<&'static str> {
    let known = KINDS.iter().find(|(_, known, _)| *known == key);
    known.map(|(.., name)| crate::i18n::text(name))
}

/// Label, kind, and what depends on it.
#[component]
pub fn FieldEditor(builder: Builder, index: usize, count: Memo<usize>) -> impl IntoView {
    let content = builder.draft.content;
    // A row that was removed reads as an empty one until it is gone.
    let field = Memo::new(move |_| {
        content.with(|content| content.lead_form.fields.get(index).cloned().unwrap_or_default())
    });
    let change = move |change: &dyn Fn(&mut LeadField)| {
        builder.update(|content| {
            if let Some(field) = content.lead_form.fields.get_mut(index) {
                change(field);
            }
        });
    };
    // A key that was made of the label follows it, so that nobody has to think of keys; one that somebody wrote stays.
    let relabel = move |label: String| {
        builder.update(|content| {
            let fields = &mut content.lead_form.fields;
            let others: Vec<String> = (fields.iter().enumerate())
                .filter(|(i, _)| *i != index)
                .map(|(_, field)| field.key.clone())
                .collect();
            let others: Vec<&str> = others.iter().map(String::as_str).collect();
            if let Some(field) = fields.get_mut(index) {
                if field.key == key_for(&field.label, &others) {
                    field.key = key_for(&label, &others);
                }
                field.label = label;
            }
        });
    };
    let kind_name = move || {
        let kind = field.with(|field| field.kind);
        let found = KINDS.iter().find(|(known, ..)| *known == kind);
        found.map_or("text", |(_, name, _)| *name).to_owned()
    };
    let choose = move |name: String| {
        let found = KINDS.iter().find(|(_, known, _)| *known == name);
        if let Some((kind, ..)) = found {
            change(&|field| field.kind = *kind);
        }
    };
    let kinds = KINDS.map(|(_, name, words)| (name.to_owned(), crate::i18n::text(words).to_owned()));
    let kinds = StoredValue::new(kinds.to_vec());
    let set_options = move |text: String| {
        change(&|field| field.options = text.split('\n').map(str::to_owned).collect());
    };
    let path = format!("lead_form.fields[{index}]");
    let options_field = StoredValue::new(format!("{path}.options"));
    let number = index + 1;
    let is_select = move || field.with(|field| field.kind == LeadFieldKind::Select);
    let swap = move |from: usize, to: usize| {
        builder.update(|content| {
            let fields = &mut content.lead_form.fields;
            if from < fields.len() && to < fields.len() {
                fields.swap(from, to);
            }
        });
    };
    let remove = move || {
        builder.update(|content| {
            let fields = &mut content.lead_form.fields;
            if index < fields.len() {
                fields.remove(index);
            }
        });
    };
    view! {
        <div
            class="rounded-box border border-base-300 p-3"
            role="group"
            aria-label=tr!("Field {number}", number)
        >
            <div class="mb-1 flex items-center justify-between gap-1">
                <span class="muted text-xs">{tr!("Field {number}", number)}</span>
                <span class="flex">
                    <IconButton
                        icon=icon::ARROW_UP
                        label=tr!("Move field {number} up", number)
                        disabled=index == 0
                        on_click=move || swap(index, index.saturating_sub(1))
                    />
                    <IconButton
                        icon=icon::ARROW_DOWN
                        label=tr!("Move field {number} down", number)
                        disabled=Signal::derive(move || index + 1 >= count.get())
                        on_click=move || swap(index, index + 1)
                    />
                    <IconButton
                        icon=icon::TRASH_2
                        label=tr!("Remove field {number}", number)
                        on_click=remove
                    />
                </span>
            </div>
            <div class="grid gap-x-3 sm:grid-cols-2">
                <TextField
                    label=tr!("Label")
                    value=Text::new(move || field.with(|field| field.label.clone()), relabel)
                    field=builder.field(&format!("{path}.label"))
                />
                <SelectField
                    label=tr!("Asks for")
                    value=Text::new(kind_name, choose)
                    options=Signal::derive(move || kinds.get_value())
                />
                <TextField
                    label=tr!("Key")
                    value=Text::new(
                        move || field.with(|field| field.key.clone()),
                        move |key| change(&|field| field.key.clone_from(&key)),
                    )
                    field=builder.field(&format!("{path}.key"))
                    hint=tr!("Its name in exports and webhooks.")
                />
                <div class="pt-7">
                    <Toggle
                        label=tr!("Required")
                        hint=""
                        checked=Signal::derive(move || field.with(|field| field.required))
                        on_change=move |wanted| change(&|field| field.required = wanted)
                    />
                </div>
            </div>
            <Show when=is_select>
                <TextArea
                    label=tr!("Options")
                    value=Text::new(move || field.with(|field| field.options.join("\n")), set_options)
                    field=builder.field(&options_field.get_value())
                    hint=tr!("One on each line.")
                />
            </Show>
        </div>
    }
}
