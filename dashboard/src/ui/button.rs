//! Buttons. A page has one primary action.

use api_types::tenancy::Role;
use leptos::prelude::*;

use super::icon::{Glyph, Icon};
use crate::session::use_session;

/// How loud a button is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Variant {
    /// The page's one main action.
    Primary,
    /// Any other action.
    #[default]
    Plain,
    /// An action that stays in the background.
    Quiet,
    /// An action that takes something away.
    Danger,
}

impl Variant {
    /// The button's classes.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Primary => "btn btn-primary",
            Self::Plain => "btn border-base-300 bg-base-100 hover:bg-base-200",
            Self::Quiet => "btn btn-ghost",
            Self::Danger => "btn btn-error",
        }
    }
}

/// A button. While busy it shows that and can't be pressed again.
#[component]
pub fn Button(
    /// How loud it is.
    #[prop(optional)]
    variant: Variant,
    /// An icon before the text.
    #[prop(optional, into)]
    icon: Option<Glyph>,
    /// Whether its work is under way.
    #[prop(optional, into)]
    busy: Signal<bool>,
    /// Whether it can't be pressed.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// Smaller, for rows and panels.
    #[prop(optional)]
    small: bool,
    /// The role that what it does asks for: people with a lower one are not offered it.
    #[prop(default = Role::Viewer)]
    needs: Role,
    /// What it does.
    on_click: impl Fn() + 'static,
    /// Its text.
    children: Children,
) -> impl IntoView {
    if !use_session().may(needs) {
        return None;
    }
    let class = if small {
        format!("{} btn-sm", variant.class())
    } else {
        variant.class().to_owned()
    };
    Some(view! {
        <button
            type="button"
            class=class
            disabled=move || busy.get() || disabled.get()
            aria-busy=move || busy.get().to_string()
            on:click=move |_| on_click()
        >
            <Busy busy=busy icon=icon />
            {children()}
        </button>
    })
}

/// The button that sends a form.
#[component]
pub fn Submit(
    /// Whether the form is being sent.
    #[prop(into)]
    busy: Signal<bool>,
    /// Whether it can't be pressed.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// How it looks.
    #[prop(default = Variant::Primary)]
    variant: Variant,
    /// Further classes.
    #[prop(default = "")]
    class: &'static str,
    /// The role that sending it asks for: people with a lower one can't send it.
    #[prop(default = Role::Viewer)]
    needs: Role,
    /// Its text.
    children: Children,
) -> impl IntoView {
    if !use_session().may(needs) {
        return None;
    }
    Some(view! {
        <button
            type="submit"
            class=format!("{} {class}", variant.class())
            disabled=move || busy.get() || disabled.get()
            aria-busy=move || busy.get().to_string()
        >
            <Busy busy=busy icon=None />
            {children()}
        </button>
    })
}

#[component]
fn Busy(busy: Signal<bool>, icon: Option<Glyph>) -> impl IntoView {
    move || match (busy.get(), icon) {
        (true, _) => Some(
            view! { <span class="loading loading-spinner loading-xs" aria-hidden="true"></span> }.into_any(),
        ),
        (false, Some(glyph)) => Some(view! { <Icon glyph=glyph /> }.into_any()),
        (false, None) => None,
    }
}

/// A square button that shows only an icon.
#[component]
pub fn IconButton(
    /// The icon.
    #[prop(into)]
    icon: Signal<Glyph>,
    /// What it does, for screen readers and on hover.
    #[prop(into)]
    label: Signal<String>,
    /// Whether it can't be pressed.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// The role that what it does asks for: people with a lower one are not offered it.
    #[prop(default = Role::Viewer)]
    needs: Role,
    /// What it does.
    on_click: impl Fn() + 'static,
) -> impl IntoView {
    if !use_session().may(needs) {
        return None;
    }
    Some(view! {
        <button
            type="button"
            class="btn btn-ghost btn-sm btn-square"
            title=move || label.get()
            aria-label=move || label.get()
            disabled=move || disabled.get()
            on:click=move |_| on_click()
        >
            {move || view! { <Icon glyph=icon.get() /> }}
        </button>
    })
}

/// A link that looks like a button.
#[component]
pub fn ButtonLink(
    /// Where it leads, within the dashboard.
    #[prop(into)]
    href: Signal<String>,
    /// How loud it is.
    #[prop(optional)]
    variant: Variant,
    /// An icon before the text.
    #[prop(optional, into)]
    icon: Option<Glyph>,
    /// Smaller, for rows and panels.
    #[prop(optional)]
    small: bool,
    /// The role that its page asks for: people with a lower one are not offered it.
    #[prop(default = Role::Viewer)]
    needs: Role,
    /// Its text.
    children: Children,
) -> impl IntoView {
    if !use_session().may(needs) {
        return None;
    }
    let class = if small {
        format!("{} btn-sm", variant.class())
    } else {
        variant.class().to_owned()
    };
    Some(view! {
        <a class=class href=move || href.get()>
            {icon.map(|glyph| view! { <Icon glyph=glyph /> })}
            {children()}
        </a>
    })
}
