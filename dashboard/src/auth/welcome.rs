//! The frame around the sign-in pages.

use leptos::prelude::*;

use crate::i18n::LanguageSwitch;
use crate::ui::icon::{self, Glyph, Icon};
use crate::ui::theme::ThemeSwitch;

/// The product's name beside its mark.
#[component]
pub fn Brand() -> impl IntoView {
    view! {
        <span class="inline-flex items-center gap-2 text-base font-semibold">
            <img src="/favicon.svg" alt="" width="28" height="28" />
            "Botwright"
        </span>
    }
}

/// Form on one side, what the product does on the other.
#[component]
pub fn Welcome(
    /// The form.
    children: Children,
) -> impl IntoView {
    let point = |glyph: Glyph, title: &'static str, text: &'static str| {
        view! {
            <li class="flex gap-3">
                <div class="grid size-9 shrink-0 place-items-center rounded-box bg-primary/10 text-primary">
                    <Icon glyph=glyph />
                </div>
                <div>
                    <p class="font-medium">{title}</p>
                    <p class="muted">{text}</p>
                </div>
            </li>
        }
    };
    view! {
        <div class="grid min-h-dvh lg:grid-cols-2">
            <main class="flex flex-col bg-base-100 px-5 py-6 sm:px-10">
                <div class="flex flex-wrap items-center justify-between gap-3">
                    <Brand />
                    <div class="flex flex-wrap items-center gap-2">
                        <LanguageSwitch />
                        <ThemeSwitch />
                    </div>
                </div>
                <div class="mx-auto flex w-full max-w-sm grow flex-col justify-center py-10">{children()}</div>
            </main>
            <aside class="hidden flex-col justify-center gap-8 border-s border-base-300 px-16 lg:flex">
                <h2 class="max-w-md text-2xl font-semibold leading-snug">
                    {tr!("Bots that answer from your own documents, and say where they read it.")}
                </h2>
                <ul class="flex max-w-md flex-col gap-5">
                    {point(
                        icon::BOOK_OPEN,
                        tr!("Bring what you know"),
                        tr!("Files, pasted text and web pages become a knowledge base."),
                    )}
                    {point(
                        icon::BOT,
                        tr!("Build and try"),
                        tr!("Write instructions, test the draft beside them, deploy when it is right."),
                    )}
                    {point(
                        icon::CODE,
                        tr!("Put it on your site"),
                        tr!("One line of HTML. Each answer shows its sources."),
                    )}
                    {point(
                        icon::MESSAGES_SQUARE,
                        tr!("Learn from visitors"),
                        tr!("Read conversations and see the gaps: what nobody could answer yet."),
                    )}
                </ul>
            </aside>
        </div>
    }
}
