//! How the widget looks.

use api_types::bots::{Position, Theme};
use api_types::validate::is_hex_color;
use leptos::prelude::*;

use super::Builder;
use super::preview::Preview;
use crate::ui::field::{SelectField, Text, TextField};
use crate::ui::page::Section;

/// The section.
#[component]
pub fn AppearanceSection(builder: Builder) -> impl IntoView {
    let theme = Text::new(
        move || theme_key(builder.draft.content.with(|content| content.appearance.theme)).to_owned(),
        move |key| builder.update(|content| content.appearance.theme = theme_of(&key)),
    );
    let position = Text::new(
        move || position_key(builder.draft.content.with(|content| content.appearance.position)).to_owned(),
        move |key| builder.update(|content| content.appearance.position = position_of(&key)),
    );
    view! {
        <Section title=tr!("Appearance") subtitle=tr!("How the widget looks on your site.")>
            <div class="grid gap-5 md:grid-cols-[minmax(0,1fr)_15rem]">
                <div class="flex min-w-0 flex-col gap-3">
                    <TextField
                        label=tr!("Title")
                        value=builder
                            .text(|content| &content.appearance.title, |content| &mut content.appearance.title)
                        field=builder.field("appearance.title")
                        hint=tr!("The bot's name when empty.")
                    />
                    <Color builder=builder />
                    <SelectField
                        label=tr!("Theme")
                        value=theme
                        options=options(&[
                            ("auto", tr!("As the visitor's system says")),
                            ("light", tr!("Light")),
                            ("dark", tr!("Dark")),
                        ])
                    />
                    <SelectField
                        label=tr!("Position")
                        value=position
                        options=options(&[("end", tr!("Bottom right")), ("start", tr!("Bottom left"))])
                        hint=tr!("Mirrored on right-to-left pages.")
                    />
                </div>
                <Preview builder=builder />
            </div>
        </Section>
    }
}

#[component]
fn Color(builder: Builder) -> impl IntoView {
    let color = builder.part(|content| content.appearance.color.clone());
    // A colour well shows black for what is no colour.
    let well = move || {
        color.with(|color| {
            if is_hex_color(color) {
                color.clone()
            } else {
                "#000000".to_owned()
            }
        })
    };
    let pick = move |event: web_sys::Event| {
        builder.update(|content| content.appearance.color = event_target_value(&event));
    };
    view! {
        <div class="flex gap-2">
            <div class="min-w-0 grow">
                <TextField
                    label=tr!("Accent colour")
                    value=builder
                        .text(|content| &content.appearance.color, |content| &mut content.appearance.color)
                    field=builder.field("appearance.color")
                    placeholder="#4f46e5"
                />
            </div>
            <input
                type="color"
                class="mt-6.5 size-10 shrink-0 cursor-pointer rounded-field border border-base-300 bg-base-100 p-1"
                aria-label=tr!("Pick the accent colour")
                prop:value=well
                on:input=pick
            />
        </div>
    }
}

fn options(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(key, name)| ((*key).to_owned(), (*name).to_owned()))
        .collect()
}

const fn theme_key(theme: Theme) -> &'static str {
    match theme {
        Theme::Auto => "auto",
        Theme::Light => "light",
        Theme::Dark => "dark",
    }
}

fn theme_of(key: &str) -> Theme {
    match key {
        "light" => Theme::Light,
        "dark" => Theme::Dark,
        _ => Theme::Auto,
    }
}

const fn position_key(position: Position) -> &'static str {
    match position {
        Position::End => "end",
        Position::Start => "start",
    }
}

fn position_of(key: &str) -> Position {
    if key == "start" {
        Position::Start
    } else {
        Position::End
    }
}
