//! A small picture of the widget, as the draft would have it.

use api_types::appearance::{Palette, is_logo};
use api_types::bots::{Appearance, ChatbotContent, Position, Size, Theme};
use leptos::prelude::*;

use super::Builder;

/// The pictures: one, or one for each theme that visitors may see. They say nothing that the form does not, so screen readers
/// skip them.
#[component]
pub fn Preview(builder: Builder) -> impl IntoView {
    let theme = builder.part(|content| content.appearance.theme);
    view! {
        <div class="flex flex-col gap-3" aria-hidden="true">
            <Show when=move || theme.get() != Theme::Dark>
                <Picture builder=builder is_dark=false />
            </Show>
            <Show when=move || theme.get() != Theme::Light>
                <Picture builder=builder is_dark=true />
            </Show>
        </div>
    }
}

#[component]
fn Picture(builder: Builder, is_dark: bool) -> impl IntoView {
    let look = builder.part(|content| content.appearance.clone());
    let title = builder.part(title);
    let greeting = builder.part(|content| content.greeting.clone());
    let question = builder.part(|content| content.suggested_questions.first().cloned().unwrap_or_default());
    let at_start = move || look.with(|look| look.position == Position::Start);
    let style = move || look.with(|look| style(look, is_dark));
    let logo = move || look.with(|look| look.logo.clone());
    let placeholder = move || {
        let own = look.with(|look| look.placeholder.trim().to_owned());
        if own.is_empty() {
            tr!("Ask a question…").to_owned()
        } else {
            own
        }
    };
    view! {
        <div
            class="flex flex-col justify-end gap-3 rounded-box border border-base-300 p-3 text-xs"
            class=("bg-neutral-200", !is_dark)
            class=("bg-neutral-800", is_dark)
            style=style
            data-testid=if is_dark { "preview-dark" } else { "preview-light" }
        >
            <div
                class="overflow-hidden border border-[var(--p-line)] bg-[var(--p-surface)] text-[var(--p-text)] shadow-sm"
                style="border-radius: var(--p-radius); font-family: var(--p-font)"
            >
                <p class="flex items-center gap-2 border-b border-[var(--p-line)] px-3 py-2 font-semibold">
                    <Show when=move || is_logo(&logo())>
                        <img class="size-5 shrink-0 rounded-full object-cover" alt="" src=logo />
                    </Show>
                    <span class="truncate" dir="auto">
                        {move || title.get()}
                    </span>
                </p>
                <div class="flex flex-col items-start gap-2 p-3">
                    <p class="line-clamp-4 max-w-full empty:hidden" dir="auto">
                        {move || greeting.get()}
                    </p>
                    <p
                        class="line-clamp-2 max-w-full border border-[var(--p-ink)] px-2.5 py-1 text-[var(--p-ink)] empty:hidden"
                        style="border-radius: calc(var(--p-radius) * 1.2)"
                        dir="auto"
                    >
                        {move || question.get()}
                    </p>
                    <p
                        class="max-w-full self-end bg-[var(--p-accent)] px-2.5 py-1 text-[var(--p-on-accent)]"
                        style="border-radius: var(--p-radius)"
                    >
                        {tr!("How does it work?")}
                    </p>
                    <p
                        class="w-full truncate border border-[var(--p-strong-line)] px-2.5 py-1.5 text-[var(--p-muted)]"
                        style="border-radius: calc(var(--p-radius) * 1.2)"
                        dir="auto"
                    >
                        {placeholder}
                    </p>
                    <Show when=move || look.with(|look| look.powered_by)>
                        <p class="w-full text-center text-[10px] text-[var(--p-muted)]">{tr!("Powered by Botwright")}</p>
                    </Show>
                </div>
            </div>
            <div
                class="grid place-items-center rounded-full bg-[var(--p-accent)] text-[var(--p-on-accent)]"
                class=("self-start", at_start)
                class=("self-end", move || !at_start())
                style="width: var(--p-bubble); height: var(--p-bubble)"
            >
                <svg
                    viewBox="0 0 24 24"
                    class="size-5 fill-none stroke-current"
                    stroke-width="1.9"
                    stroke-linecap="round"
                    stroke-linejoin="round"
                >
                    <path d=move || look.with(|look| look.icon.path()) />
                </svg>
            </div>
        </div>
    }
}

/// The look as variables of the picture. Colours that are none are taken for the usual ones.
fn style(look: &Appearance, is_dark: bool) -> String {
    let Palette {
        surface,
        line,
        strong_line,
        text,
        muted,
        accent,
        on_accent,
        ink,
        ..
    } = look.palette(is_dark);
    let colors = [
        ("surface", surface),
        ("line", line),
        ("strong-line", strong_line),
        ("text", text),
        ("muted", muted),
        ("accent", accent),
        ("on-accent", on_accent),
        ("ink", ink),
    ];
    let mut style: String = colors
        .iter()
        .map(|(name, color)| format!("--p-{name}: {}; ", color.hex()))
        .collect();
    let bubble = match look.size {
        Size::Small => 32,
        Size::Medium => 38,
        Size::Large => 44,
    };
    let radius = look.radius.min(24);
    style.push_str(&format!(
        "--p-radius: {radius}px; --p-bubble: {bubble}px; --p-font: {}",
        look.font.family()
    ));
    style
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_has_the_colours_of_its_theme() {
        let mut look = Appearance {
            background_dark: "#101820".into(),
            radius: 200,
            ..Appearance::default()
        };
        let (light, dark) = (style(&look, false), style(&look, true));
        assert!(
            light.contains("--p-surface: #ffffff;") && dark.contains("--p-surface: #101820;"),
            "{dark}"
        );
        assert!(light.contains("--p-radius: 24px;"), "{light}");
        look.color = "no colour".into();
        assert!(style(&look, false).contains("--p-accent: #4f46e5;"));
    }
}
