//! Choosing a model that puts passages in order.

use api_types::providers::Provider;
use api_types::retrieval::Rerank;
use leptos::prelude::*;
use uuid::Uuid;

use crate::ui::field::{SelectField, Text, TextField};
use crate::ui::form::FieldForm;

/// That the order is that of the search, and why.
pub fn not_reranked(error: &str) -> String {
    tr!(
        "Not reranked, so the order is that of the search: {error}",
        error = crate::i18n::served(error)
    )
}

/// The rerank server, and its model where it has several.
#[component]
pub fn RerankFields(
    /// All providers; only those that rerank are offered.
    #[prop(into)]
    providers: Signal<Vec<Provider>>,
    /// The choice.
    #[prop(into)]
    chosen: Signal<Option<Rerank>>,
    /// Called with another choice.
    #[prop(into)]
    set: Callback<Option<Rerank>>,
    /// The server's place in the form's checks.
    #[prop(optional)]
    server_field: FieldForm,
    /// The model's place in the form's checks.
    #[prop(optional)]
    model_field: FieldForm,
) -> impl IntoView {
    let servers = Memo::new(move |_| {
        let mut servers = providers.get();
        servers.retain(|provider| provider.kind.is_rerank());
        servers
    });
    let find = move |id: Uuid| servers.with(|servers| servers.iter().find(|server| server.id == id).cloned());
    let server = Text::new(
        move || {
            chosen
                .get()
                .map(|rerank| rerank.provider_id.to_string())
                .unwrap_or_default()
        },
        move |id| {
            let server = id.parse().ok().and_then(|id| untrack(|| find(id)));
            set.run(server.map(|server| Rerank {
                provider_id: server.id,
                model: server.default_model,
            }));
        },
    );
    let options = Memo::new(move |_| {
        let mut options = vec![(String::new(), tr!("None").to_owned())];
        options.extend(
            servers
                .get()
                .into_iter()
                .map(|server| (server.id.to_string(), server.name)),
        );
        let lost = chosen.get().filter(|rerank| find(rerank.provider_id).is_none());
        if let Some(rerank) = lost {
            let name = tr!("A connection that was deleted").to_owned();
            options.push((rerank.provider_id.to_string(), name));
        }
        options
    });
    let model = Text::new(
        move || chosen.get().map(|rerank| rerank.model).unwrap_or_default(),
        move |model| {
            if let Some(rerank) = chosen.get_untracked() {
                set.run(Some(Rerank { model, ..rerank }));
            }
        },
    );
    let has_models = Memo::new(move |_| {
        let server = chosen.get().map(|rerank| find(rerank.provider_id));
        server.is_some_and(|server| server.is_none_or(|server| server.kind.has_models()))
    });
    let hint = move || {
        if servers.with(Vec::is_empty) {
            tr!("Connect a rerank server in Settings, and its model puts the best passages in order.")
        } else {
            tr!(
                "Its model puts the best passages in order. When it is away, the order is that of the search."
            )
        }
    };
    view! {
        <div class="grid gap-4 sm:grid-cols-2">
            <SelectField
                label=tr!("Rerank with")
                value=server
                options=options
                field=server_field
                hint=Signal::derive(move || hint().to_owned())
            />
            <Show when=move || has_models.get()>
                <TextField label=tr!("Rerank model") value=model field=model_field />
            </Show>
        </div>
    }
}
