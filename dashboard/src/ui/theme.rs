//! Light, dark, or as the system says. `static/theme.js` applies it, before the first paint and on changes.

use leptos::prelude::*;
use web_sys::Event;

use super::icon::{self, Glyph, Icon};
use crate::session;

const KEY: &str = "botwright.theme";

/// What the person chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// As the system says.
    System,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

impl Choice {
    /// Every choice, in the order shown.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    fn stored() -> Self {
        match session::read(KEY).as_deref() {
            Some("light") => Self::Light,
            Some("dark") => Self::Dark,
            _ => Self::System,
        }
    }

    const fn key(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::System => tr!("System"),
            Self::Light => tr!("Light"),
            Self::Dark => tr!("Dark"),
        }
    }

    /// Its picture.
    pub const fn icon(self) -> Glyph {
        match self {
            Self::System => icon::MONITOR,
            Self::Light => icon::SUN,
            Self::Dark => icon::MOON,
        }
    }
}

/// The choice of this browser; provided once, at the root.
#[derive(Clone, Copy)]
pub struct ThemeChoice(RwSignal<Choice>);

impl ThemeChoice {
    /// As it was left.
    pub fn restore() -> Self {
        Self(RwSignal::new(Choice::stored()))
    }

    /// Chooses, for now and later.
    pub fn set(self, choice: Choice) {
        self.0.set(choice);
        session::write(KEY, choice.key());
        if let Ok(event) = Event::new("botwright:theme") {
            // The result says only whether a listener prevented the default; there is none.
            let _ = window().dispatch_event(&event);
        }
    }
}

/// Three buttons, one of them pressed.
#[component]
pub fn ThemeSwitch() -> impl IntoView {
    let theme = expect_context::<ThemeChoice>();
    let button = move |choice: Choice| {
        let chosen = move || theme.0.get() == choice;
        view! {
            <button
                type="button"
                role="radio"
                class="btn btn-sm join-item border-base-300"
                class=("bg-primary/15", chosen)
                class=("bg-base-100", move || !chosen())
                aria-checked=move || chosen().to_string()
                on:click=move |_| theme.set(choice)
            >
                <Icon glyph=choice.icon() />
                {choice.name()}
            </button>
        }
    };
    view! {
        <div class="join flex-wrap" role="radiogroup" aria-label=tr!("Theme")>
            {Choice::ALL.map(button).collect_view()}
        </div>
    }
}
