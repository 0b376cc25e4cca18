//! The person: name, theme, signing out.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::i18n::LanguageSwitch;
use crate::session::use_session;
use crate::ui::icon::{self, Icon};
use crate::ui::menu::{ITEM, Menu};
use crate::ui::theme::ThemeSwitch;
use crate::ui::toast::use_toasts;

/// The menu behind the person's initials.
#[component]
pub fn AccountMenu() -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let open = RwSignal::new(false);
    let user = Memo::new(move |_| session.identity().map(|identity| identity.user));
    let name = move || user.get().map(|user| user.name).unwrap_or_default();
    let email = move || user.get().map(|user| user.email).unwrap_or_default();
    let sign_out = move |_| {
        spawn_local(async move {
            if let Err(error) = session.sign_out().await {
                toasts.fail(&tr!(
                    "You are still signed in. {error}",
                    error = crate::i18n::explain(&error)
                ));
            }
        });
    };
    let initials = move || {
        view! {
            <span class="sr-only">{tr!("Account")}</span>
            <span aria-hidden="true" class="grid size-8 place-items-center rounded-full bg-primary text-xs font-semibold text-primary-content">
                {move || initials(&name())}
            </span>
        }
    };
    view! {
        <Menu open=open end=true class="btn btn-ghost btn-circle" button=initials.into()>
            <div class="px-2.5 pt-1.5 pb-2.5">
                <p class="truncate font-medium" dir="auto">
                    {name}
                </p>
                <p class="muted truncate">{email}</p>
            </div>
            <div class="border-y border-base-300 px-2.5 py-3">
                <div class="flex flex-wrap items-center gap-2">
                    <ThemeSwitch />
                    <LanguageSwitch />
                </div>
            </div>
            <div class="pt-1.5">
                <a class=ITEM href="/account" on:click=move |_| open.set(false)>
                    <Icon glyph=icon::SETTINGS />
                    {tr!("Account")}
                </a>
                <a class=ITEM href="/docs/api" rel="external" target="_blank">
                    <Icon glyph=icon::CODE />
                    {tr!("API reference")}
                </a>
                <button type="button" class=ITEM on:click=sign_out>
                    <Icon glyph=icon::LOG_OUT />
                    {tr!("Sign out")}
                </button>
            </div>
        </Menu>
    }
}

/// The first letters of the first and the last word.
fn initials(name: &str) -> String {
    let mut words = name.split_whitespace();
    let first = words.next().and_then(|word| word.chars().next());
    let last = words.next_back().and_then(|word| word.chars().next());
    first
        .into_iter()
        .chain(last)
        .flat_map(char::to_uppercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::initials;

    #[test]
    fn initials_are_of_the_first_and_last_word() {
        let made = ["Ada Lovelace", "ada", "", "Juana Inés de la Cruz", "émile zola"].map(initials);
        assert_eq!(made, ["AL", "A", "", "JC", "ÉZ"]);
    }
}
