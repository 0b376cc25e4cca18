//! The choice of a language.

use leptos::prelude::*;

use super::boot::{choose, current, languages};
use crate::ui::icon::{self, Icon};

/// A list of languages, each in its own words. Nothing is shown while there is only one.
#[component]
pub fn LanguageSwitch() -> impl IntoView {
    let all = languages();
    let now = current();
    (all.len() > 1).then(|| {
        view! {
            <label class="select select-sm w-fit max-w-full">
                <Icon glyph=icon::LANGUAGES class="size-4 muted" />
                <select
                    aria-label=tr!("Language")
                    data-testid="language"
                    on:change=move |event| choose(&event_target_value(&event))
                >
                    {all
                        .into_iter()
                        .map(|language| {
                            let is_chosen = language.code == now;
                            view! {
                                <option value=language.code.clone() lang=language.code selected=is_chosen>
                                    {language.name}
                                </option>
                            }
                        })
                        .collect_view()}
                </select>
            </label>
        }
    })
}
