//! The widget's colours, and whether they can be read.

use api_types::appearance::{EDGE_CONTRAST, Palette, TEXT_CONTRAST};
use api_types::bots::{Appearance, ChatbotContent, Theme};
use api_types::validate::is_hex_color;
use leptos::prelude::*;

use super::Builder;
use crate::ui::field::TextField;
use crate::ui::icon::{self, Icon};

/// One of the colours.
#[derive(Clone, Copy)]
struct Choice {
    label: &'static str,
    path: &'static str,
    hint: &'static str,
    /// What is taken when it is empty; the accent colour when this is empty, too.
    usual: &'static str,
    get: fn(&ChatbotContent) -> &String,
    get_mut: fn(&mut ChatbotContent) -> &mut String,
}

const CHOICES: [Choice; 4] = [
    Choice {
        label: mark!("Accent colour"),
        path: "appearance.color",
        hint: "",
        usual: "#4f46e5",
        get: |content| &content.appearance.color,
        get_mut: |content| &mut content.appearance.color,
    },
    Choice {
        label: mark!("Accent colour in the dark"),
        path: "appearance.color_dark",
        hint: mark!("The same when empty."),
        usual: "",
        get: |content| &content.appearance.color_dark,
        get_mut: |content| &mut content.appearance.color_dark,
    },
    Choice {
        label: mark!("Background"),
        path: "appearance.background",
        hint: mark!("White when empty."),
        usual: "#ffffff",
        get: |content| &content.appearance.background,
        get_mut: |content| &mut content.appearance.background,
    },
    Choice {
        label: mark!("Background in the dark"),
        path: "appearance.background_dark",
        hint: mark!("Nearly black when empty."),
        usual: "#17181c",
        get: |content| &content.appearance.background_dark,
        get_mut: |content| &mut content.appearance.background_dark,
    },
];

/// The label of the colour at a path of the content.
pub fn label(path: &str) -> Option<&'static str> {
    let choice = CHOICES.iter().find(|choice| choice.path == path);
    choice.map(|choice| crate::i18n::text(choice.label))
}

/// The fields, and what there is to say of contrast.
#[component]
pub fn Colors(builder: Builder) -> impl IntoView {
    let remarks = builder.part(|content| remarks(&content.appearance));
    view! {
        <div class="grid gap-x-3 gap-y-1 sm:grid-cols-2 md:grid-cols-1 2xl:grid-cols-2">
            {CHOICES.map(|choice| view! { <ColorField builder=builder choice=choice /> }).collect_view()}
        </div>
        <div role="status" aria-label=tr!("Contrast")>
            <ul class="-mt-2 flex flex-col gap-1 text-sm">
                <For
                    each=move || remarks.get()
                    key=|remark| remark.clone()
                    children=|remark| {
                        let (glyph, class) = if remark.is_fine {
                            (icon::CIRCLE_CHECK, "text-success")
                        } else {
                            (icon::TRIANGLE_ALERT, "text-warning")
                        };
                        view! {
                            <li class="flex items-start gap-2">
                                <span class=format!("mt-0.5 {class}")>
                                    <Icon glyph=glyph class="size-4" />
                                </span>
                                <span class="min-w-0">{remark.words}</span>
                            </li>
                        }
                    }
                />
            </ul>
        </div>
    }
}

#[component]
fn ColorField(builder: Builder, choice: Choice) -> impl IntoView {
    let color = Memo::new(move |_| {
        builder
            .draft
            .content
            .with(|content| (choice.get)(content).clone())
    });
    // A colour well shows black for what is no colour.
    let accent = builder.part(|content| content.appearance.color.clone());
    let well = move || {
        let chosen = [color.get(), choice.usual.to_owned(), accent.get()];
        let known = chosen.into_iter().find(|color| is_hex_color(color));
        known.unwrap_or_else(|| "#000000".to_owned())
    };
    let pick = move |event: web_sys::Event| {
        builder.update(|content| *(choice.get_mut)(content) = event_target_value(&event));
    };
    view! {
        <div class="flex gap-2">
            <div class="min-w-0 grow">
                <TextField
                    label=crate::i18n::text(choice.label)
                    value=builder.text(choice.get, choice.get_mut)
                    field=builder.field(choice.path)
                    hint=crate::i18n::text(choice.hint)
                    placeholder=choice.usual
                />
            </div>
            <input
                type="color"
                class="mt-6.5 size-10 shrink-0 cursor-pointer rounded-field border border-base-300 bg-base-100 p-1"
                aria-label=tr!("Pick: {}", crate::i18n::text(choice.label))
                prop:value=well
                on:input=pick
            />
        </div>
    }
}

/// Something to say of contrast.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Remark {
    is_fine: bool,
    words: String,
}

/// What there is to say of the themes that visitors can see.
fn remarks(look: &Appearance) -> Vec<Remark> {
    let themes: &[(bool, &'static str)] = match look.theme {
        Theme::Auto => &[(false, mark!("Light")), (true, mark!("Dark"))],
        Theme::Light => &[(false, mark!("Light"))],
        Theme::Dark => &[(true, mark!("Dark"))],
    };
    themes
        .iter()
        .flat_map(|(is_dark, name)| remarks_on(crate::i18n::text(name), &look.palette(*is_dark)))
        .collect()
}

fn remarks_on(theme: &str, palette: &Palette) -> Vec<Remark> {
    let on_accent = palette.on_accent.contrast(palette.accent);
    let as_text = palette.accent.contrast(palette.raised);
    let edge = palette.accent.contrast(palette.surface);
    let shown = |contrast: f32| crate::i18n::decimal(contrast.into(), 1);
    let mut remarks = vec![if palette.ink == palette.accent {
        Remark {
            is_fine: true,
            words: tr!(
                "{theme}: text on the accent has {on_accent}:1, accent text {as_text}:1.",
                theme,
                on_accent = shown(on_accent),
                as_text = shown(as_text)
            ),
        }
    } else {
        Remark {
            is_fine: false,
            words: tr!(
                "{theme}: as text the accent has {as_text}:1, less than the {least}:1 that people need. Links are shown in {color} instead.",
                theme,
                as_text = shown(as_text),
                least = shown(TEXT_CONTRAST),
                color = palette.ink.hex()
            ),
        }
    }];
    if edge < EDGE_CONTRAST {
        remarks.push(Remark {
            is_fine: false,
            words: tr!(
                "{theme}: bubbles and buttons have {edge}:1 against the background; with {least}:1 they are easily seen.",
                theme,
                edge = shown(edge),
                least = crate::i18n::decimal(EDGE_CONTRAST.into(), 0)
            ),
        });
    }
    remarks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(change: impl FnOnce(&mut Appearance)) -> Vec<(bool, String)> {
        let mut look = Appearance::default();
        change(&mut look);
        remarks(&look)
            .into_iter()
            .map(|remark| (remark.is_fine, remark.words))
            .collect()
    }

    #[test]
    fn colours_that_can_be_read_are_praised_and_others_are_not() {
        let usual = words(|look| look.theme = Theme::Light);
        assert!(
            matches!(&*usual, [(true, words)] if words.starts_with("Light: text on the accent has 6.3:1")),
            "{usual:?}"
        );
        let pale = words(|look| {
            look.theme = Theme::Light;
            look.color = "#ffe08a".into();
        });
        assert!(
            pale.iter().all(|(is_fine, _)| !is_fine) && pale.len() == 2,
            "{pale:?}"
        );
        let both = words(|_| {});
        assert!(
            both.iter().any(|(_, words)| words.starts_with("Dark: ")),
            "{both:?}"
        );
    }
}
