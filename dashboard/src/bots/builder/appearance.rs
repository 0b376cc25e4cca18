//! How the widget looks.

use api_types::bots::{Appearance, Font, Icon, Position, Size, Theme};
use leptos::prelude::*;

use super::Builder;
use super::colors::Colors;
use super::logo::LogoField;
use super::preview::Preview;
use crate::ui::field::{NumberField, SelectField, Text, TextField};
use crate::ui::page::Section;
use crate::ui::toggle::Toggle;

/// A value, its key in the form, and its name.
type Option3<T> = (T, &'static str, &'static str);

const THEMES: &[Option3<Theme>] = &[
    (Theme::Auto, "auto", mark!("As the visitor's system says")),
    (Theme::Light, "light", mark!("Light")),
    (Theme::Dark, "dark", mark!("Dark")),
];
const POSITIONS: &[Option3<Position>] = &[
    (Position::End, "end", mark!("Bottom right")),
    (Position::Start, "start", mark!("Bottom left")),
];
const SIZES: &[Option3<Size>] = &[
    (Size::Small, "small", mark!("Small")),
    (Size::Medium, "medium", mark!("Medium")),
    (Size::Large, "large", mark!("Large")),
];
const FONTS: &[Option3<Font>] = &[
    (Font::System, "system", mark!("The system's own")),
    (Font::Serif, "serif", mark!("With serifs")),
    (Font::Rounded, "rounded", mark!("Round, where there is one")),
    (Font::Mono, "mono", mark!("Of one width")),
];
const ICONS: &[Option3<Icon>] = &[
    (Icon::Chat, "chat", mark!("Speech bubble")),
    (Icon::Question, "question", mark!("Question mark")),
    (Icon::Spark, "spark", mark!("Spark")),
    (Icon::Headset, "headset", mark!("Headset")),
    (Icon::Book, "book", mark!("Book")),
];

/// The section.
#[component]
pub fn AppearanceSection(builder: Builder) -> impl IntoView {
    view! {
        <Section title=tr!("Appearance") subtitle=tr!("How the widget looks on your site.")>
            <div class="grid gap-5 md:grid-cols-[minmax(0,1fr)_15rem]">
                <div class="flex min-w-0 flex-col gap-4">
                    <TextField
                        label=tr!("Title")
                        value=builder
                            .text(|content| &content.appearance.title, |content| &mut content.appearance.title)
                        field=builder.field("appearance.title")
                        hint=tr!("The bot's name when empty.")
                    />
                    <TextField
                        label=tr!("Text in the empty message box")
                        value=builder
                            .text(
                                |content| &content.appearance.placeholder,
                                |content| &mut content.appearance.placeholder,
                            )
                        field=builder.field("appearance.placeholder")
                        hint=tr!("“Ask a question…” in the visitor's language when empty.")
                    />
                    <Colors builder=builder />
                    <Shape builder=builder />
                    <LogoField builder=builder />
                    <Switches builder=builder />
                </div>
                <div class="self-start md:sticky md:top-40">
                    <Preview builder=builder />
                </div>
            </div>
        </Section>
    }
}

#[component]
fn Shape(builder: Builder) -> impl IntoView {
    let radius = Text::number(
        move || {
            builder
                .draft
                .content
                .with(|content| content.appearance.radius.into())
        },
        move |radius| {
            builder.update(|content| content.appearance.radius = u8::try_from(radius).unwrap_or(u8::MAX));
        },
    );
    let theme = choice(
        builder,
        THEMES,
        |look| look.theme,
        |look, theme| look.theme = theme,
    );
    let position = choice(
        builder,
        POSITIONS,
        |look| look.position,
        |look, position| look.position = position,
    );
    let size = choice(builder, SIZES, |look| look.size, |look, size| look.size = size);
    let font = choice(builder, FONTS, |look| look.font, |look, font| look.font = font);
    let icon = choice(builder, ICONS, |look| look.icon, |look, icon| look.icon = icon);
    view! {
        <div class="grid gap-x-3 gap-y-4 sm:grid-cols-2 md:grid-cols-1 xl:grid-cols-2">
            <SelectField label=tr!("Theme") value=theme options=options(THEMES) />
            <SelectField
                label=tr!("Position")
                value=position
                options=options(POSITIONS)
                hint=tr!("Mirrored on right-to-left pages.")
            />
            <SelectField label=tr!("Size") value=size options=options(SIZES) />
            <SelectField label=tr!("Icon on the bubble") value=icon options=options(ICONS) />
            <SelectField label=tr!("Font") value=font options=options(FONTS) hint=tr!("Nothing is loaded for it.") />
            <NumberField
                label=tr!("Roundness of corners")
                value=radius
                field=builder.field("appearance.radius")
                hint=tr!("In pixels, 0 to 24.")
                min="0"
                max="24"
            />
        </div>
    }
}

#[component]
fn Switches(builder: Builder) -> impl IntoView {
    let sounds = builder.part(|content| content.appearance.sound);
    let says_maker = builder.part(|content| content.appearance.powered_by);
    view! {
        <Toggle
            label=tr!("Sound")
            hint=tr!("A soft one, when an answer comes while the chat is closed or its tab is hidden.")
            checked=sounds
            on_change=move |wanted| builder.update(|content| content.appearance.sound = wanted)
        />
        <Toggle
            label=tr!("“Powered by Botwright”")
            hint=tr!("A small line below the message box.")
            checked=says_maker
            on_change=move |wanted| builder.update(|content| content.appearance.powered_by = wanted)
        />
    }
}

/// One of several values, by its key.
fn choice<T: Copy + PartialEq + Send + Sync + 'static>(
    builder: Builder,
    options: &'static [Option3<T>],
    get: fn(&Appearance) -> T,
    set: fn(&mut Appearance, T),
) -> Text {
    let key = move || {
        let chosen = builder.draft.content.with(|content| get(&content.appearance));
        let known = options.iter().find(|(value, ..)| *value == chosen);
        known.map_or("", |(_, key, _)| *key).to_owned()
    };
    let choose = move |key: String| {
        let known = options.iter().find(|(_, known, _)| *known == key);
        if let Some((value, ..)) = known {
            builder.update(|content| set(&mut content.appearance, *value));
        }
    };
    Text::new(key, choose)
}

/// The name of a value, by the path of its field and its key.
pub fn option_name(path: &str, key: &str) -> Option<&'static str> {
    fn find<T>(options: &[Option3<T>], key: &str) -> Option<&'static str> {
        let known = options.iter().find(|(_, known, _)| *known == key);
        known.map(|(.., name)| crate::i18n::text(name))
    }
    match path {
        "appearance.theme" => find(THEMES, key),
        "appearance.position" => find(POSITIONS, key),
        "appearance.size" => find(SIZES, key),
        "appearance.font" => find(FONTS, key),
        "appearance.icon" => find(ICONS, key),
        _ => None,
    }
}

fn options<T>(options: &[Option3<T>]) -> Vec<(String, String)> {
    options
        .iter()
        .map(|(_, key, name)| ((*key).to_owned(), crate::i18n::text(name).to_owned()))
        .collect()
}
