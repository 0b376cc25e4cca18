//! How much a chunk or a document matters.

use api_types::kb::Importance;
use leptos::prelude::*;

use crate::ui::field::{SelectField, Text};

const IMPORTANCE: [(Importance, &str, &str); 3] = [
    (Importance::Low, "low", mark!("Low: behind others")),
    (Importance::Normal, "normal", mark!("Normal")),
    (Importance::High, "high", mark!("High: before others")),
];

/// Chooses one of three.
#[component]
pub fn ImportanceField(
    /// The chosen one.
    importance: RwSignal<Importance>,
) -> impl IntoView {
    let value = Text::new(
        move || {
            let chosen = importance.get();
            let found = IMPORTANCE.iter().find(|(importance, ..)| *importance == chosen);
            found.map(|(_, key, _)| (*key).to_owned()).unwrap_or_default()
        },
        move |key| {
            if let Some((chosen, ..)) = IMPORTANCE.iter().find(|(_, known, _)| *known == key) {
                importance.set(*chosen);
            }
        },
    );
    let options: Vec<(String, String)> = IMPORTANCE
        .iter()
        .map(|(_, key, name)| ((*key).to_owned(), crate::i18n::text(name).to_owned()))
        .collect();
    view! { <SelectField label=tr!("Importance") value=value options=options /> }
}
