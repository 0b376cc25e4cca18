//! How to cut: the fields, wherever settings are chosen or tried.

use api_types::kb::{ChunkStrategy, Chunking};
use leptos::prelude::*;

use super::page::strategy_name;
use crate::ui::field::{NumberField, SelectField, Text};
use crate::ui::form::FieldForm;

const STRATEGIES: [(ChunkStrategy, &str); 7] = [
    (ChunkStrategy::Adaptive, "adaptive"),
    (ChunkStrategy::Recursive, "recursive"),
    (ChunkStrategy::Heading, "heading"),
    (ChunkStrategy::Page, "page"),
    (ChunkStrategy::Sentence, "sentence"),
    (ChunkStrategy::Fixed, "fixed"),
    (ChunkStrategy::Semantic, "semantic"),
];

/// Strategy, size and overlap.
#[component]
pub fn ChunkingFields(
    /// The settings as they are.
    #[prop(into)]
    chunking: Signal<Chunking>,
    /// Takes changed ones.
    set: Callback<Chunking>,
    /// Where it is said what is wrong with the size.
    #[prop(optional)]
    size_field: FieldForm,
    /// Where it is said what is wrong with the overlap.
    #[prop(optional)]
    overlap_field: FieldForm,
) -> impl IntoView {
    let change = move |change: &dyn Fn(&mut Chunking)| {
        let mut changed = chunking.get_untracked();
        change(&mut changed);
        set.run(changed);
    };
    let strategy = Text::new(
        move || {
            let chosen = chunking.get().strategy;
            let found = STRATEGIES.iter().find(|(strategy, _)| *strategy == chosen);
            found.map(|(_, key)| (*key).to_owned()).unwrap_or_default()
        },
        move |key| {
            if let Some((strategy, _)) = STRATEGIES.iter().find(|(_, known)| *known == key) {
                change(&|chunking| chunking.strategy = *strategy);
            }
        },
    );
    let options: Vec<_> = STRATEGIES
        .iter()
        .map(|(strategy, key)| ((*key).to_owned(), strategy_name(*strategy).to_owned()))
        .collect();
    let size = Text::number(
        move || chunking.get().size,
        move |size| change(&|chunking| chunking.size = size),
    );
    let overlap = Text::number(
        move || chunking.get().overlap,
        move |overlap| change(&|chunking| chunking.overlap = overlap),
    );
    view! {
        <div class="flex flex-col gap-4">
            <SelectField label=tr!("Where") value=strategy options=options />
            <div class="grid grid-cols-2 gap-3">
                <NumberField
                    label=tr!("Largest chunk")
                    value=size
                    field=size_field
                    hint=tr!("Tokens, 32 to 512.")
                    min="32"
                    max="512"
                />
                <NumberField
                    label=tr!("Repeated")
                    value=overlap
                    field=overlap_field
                    hint=tr!("Tokens of the chunk before.")
                    min="0"
                    max="255"
                />
            </div>
        </div>
    }
}
