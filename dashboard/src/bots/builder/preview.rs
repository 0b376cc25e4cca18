//! A small picture of the widget, as the draft would have it.

use api_types::bots::{ChatbotContent, Position, Theme};
use api_types::validate::is_hex_color;
use leptos::prelude::*;

use super::Builder;
use crate::ui::icon::{self, Icon};

/// The picture. It says nothing that the form does not, so screen readers skip it.
#[component]
pub fn Preview(builder: Builder) -> impl IntoView {
    let accent = builder.part(accent);
    let title = builder.part(title);
    let greeting = builder.part(|content| content.greeting.clone());
    let question = builder.part(|content| content.suggested_questions.first().cloned().unwrap_or_default());
    let at_start = builder.part(|content| content.appearance.position == Position::Start);
    let theme = builder.part(|content| match content.appearance.theme {
        Theme::Auto => None,
        Theme::Light => Some("light"),
        Theme::Dark => Some("dark"),
    });
    let colors =
        move || accent.with(|accent| format!("background-color: {accent}; color: {}", text_on(accent)));
    let line = move || accent.with(|accent| format!("border-color: {accent}"));
    view! {
        <div
            class="flex flex-col justify-end gap-3 self-start rounded-box border border-base-300 bg-base-200 p-3 text-xs text-base-content"
            data-theme=move || theme.get()
            aria-hidden="true"
        >
            <div class="overlay overflow-hidden">
                <p class="truncate px-3 py-2 font-semibold" style=colors dir="auto">
                    {move || title.get()}
                </p>
                <div class="flex flex-col items-start gap-2 p-3">
                    <p
                        class="line-clamp-4 max-w-full rounded-box bg-base-200 px-2.5 py-1.5 empty:hidden"
                        dir="auto"
                    >
                        {move || greeting.get()}
                    </p>
                    <p
                        class="line-clamp-2 max-w-full self-end rounded-box border px-2.5 py-1.5 empty:hidden"
                        style=line
                        dir="auto"
                    >
                        {move || question.get()}
                    </p>
                </div>
            </div>
            <div
                class="grid size-10 place-items-center rounded-full"
                class=("self-start", move || at_start.get())
                class=("self-end", move || !at_start.get())
                style=colors
            >
                <Icon glyph=icon::MESSAGES_SQUARE class="size-5" />
            </div>
        </div>
    }
}

fn title(content: &ChatbotContent) -> String {
    let title = content.appearance.title.trim();
    let title = if title.is_empty() {
        content.name.trim()
    } else {
        title
    };
    if title.is_empty() {
        tr!("Untitled bot").to_owned()
    } else {
        title.to_owned()
    }
}

fn accent(content: &ChatbotContent) -> String {
    let color = &content.appearance.color;
    if is_hex_color(color) {
        color.clone()
    } else {
        "#666666".to_owned()
    }
}

/// Black or white, whichever stands out more on `#rrggbb` (relative luminance as WCAG 2.2 defines it).
fn text_on(color: &str) -> &'static str {
    let channel = |range| {
        let value = color
            .get(range)
            .and_then(|hex| u8::from_str_radix(hex, 16).ok())
            .unwrap_or(0);
        let value = f64::from(value) / 255.0;
        if value <= 0.040_45 {
            value / 12.92
        } else {
            ((value + 0.055) / 1.055).powf(2.4)
        }
    };
    let luminance = 0.2126 * channel(1..3) + 0.7152 * channel(3..5) + 0.0722 * channel(5..7);
    let on_white = 1.05 / (luminance + 0.05);
    let on_black = (luminance + 0.05) / 0.05;
    if on_white >= on_black {
        "#ffffff"
    } else {
        "#000000"
    }
}

#[cfg(test)]
mod tests {
    use super::text_on;

    #[test]
    fn text_stands_out_on_any_accent() {
        assert_eq!(
            ["#000000", "#4f46e5", "#ffffff", "#ffd400"].map(text_on),
            ["#ffffff", "#ffffff", "#000000", "#000000"]
        );
    }
}
