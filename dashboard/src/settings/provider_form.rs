//! Connecting a provider, or changing a connection.

use api_types::client;
use api_types::providers::{Provider, ProviderKind, SaveProviderRequest, check_prices};
use api_types::validate::Checker;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::prices::{PriceFields, Prices};
use crate::session::use_session;
use crate::ui::button::{Button, Submit};
use crate::ui::dialog::Dialog;
use crate::ui::field::{PasswordField, SelectField, Text, TextField};
use crate::ui::form::{Form, FormBody};

/// The form, in a dialog.
#[component]
pub fn ProviderDialog(
    /// Whether it is open.
    open: RwSignal<bool>,
    /// The connection to change; a new one when none.
    provider: RwSignal<Option<Provider>>,
    /// Called when it is saved.
    on_saved: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let title = move || match provider.get() {
        Some(provider) => tr!("Change {}", provider.name),
        None => tr!("Connect a provider").to_owned(),
    };
    view! {
        <Dialog open=open title=Signal::derive(title)>
            <ProviderForm open=open provider=provider.get_untracked() on_saved=on_saved />
        </Dialog>
    }
}

#[component]
fn ProviderForm(
    open: RwSignal<bool>,
    provider: Option<Provider>,
    on_saved: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let session = use_session();
    let id = provider.as_ref().map(|provider| provider.id);
    let start = |text: fn(&Provider) -> &String| {
        RwSignal::new(
            provider
                .as_ref()
                .map(|provider| text(provider).clone())
                .unwrap_or_default(),
        )
    };
    let name = start(|provider| &provider.name);
    let base_url = start(|provider| &provider.base_url);
    let model = start(|provider| &provider.default_model);
    let kind = RwSignal::new(
        provider
            .as_ref()
            .map(|provider| provider.kind)
            .unwrap_or_default(),
    );
    let key = RwSignal::new(String::new());
    let prices = Prices::new(provider.as_ref().map_or(&[], |provider| &provider.prices));
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);
    let form = Form::new(move || {
        let mut check = Checker::default();
        name.with(|name| check.length("name", name, 1, 80));
        let is_web =
            base_url.with(|url| url.trim().starts_with("https://") || url.trim().starts_with("http://"));
        check.require(
            is_web,
            "base_url",
            tr!("Enter an address that begins with https:// or http://."),
        );
        let min = usize::from(kind.get().has_models());
        model.with(|model| check.length("default_model", model, min, 200));
        check_prices(&mut check, &prices.get());
        check.finish()
    });
    let submit = move || {
        if !form.submit() || busy.get_untracked() {
            return;
        }
        busy.set(true);
        error.set(None);
        let api_key = key.get_untracked().trim().to_owned();
        let request = SaveProviderRequest {
            name: name.get_untracked().trim().to_owned(),
            kind: id.is_none().then(|| kind.get_untracked()),
            base_url: base_url.get_untracked().trim().to_owned(),
            default_model: model.get_untracked().trim().to_owned(),
            api_key: (!api_key.is_empty()).then_some(api_key),
            prices: Some(untrack(|| prices.get())),
        };
        spawn_local(async move {
            let call = match id {
                Some(id) => client::providers::update(id, &request),
                None => client::providers::create(&request),
            };
            let result = session.send(&call).await;
            busy.set(false);
            match result {
                Ok(_) => {
                    open.set(false);
                    on_saved();
                }
                Err(problem) => error.set(form.refuse(&problem)),
            }
        });
    };
    let key_hint = match provider.as_ref().and_then(|provider| provider.key_hint.as_ref()) {
        Some(hint) => tr!(
            "Leave it empty to keep the key …{hint}. A changed host needs it again.",
            hint
        ),
        None => tr!("Servers without keys, such as a local Ollama, need none.").to_owned(),
    };
    let kind_name = Text::new(
        move || kind.get().as_str().to_owned(),
        move |name| kind.set(ProviderKind::from_name(&name).unwrap_or_default()),
    );
    let kinds: Vec<(String, String)> = KINDS
        .iter()
        .map(|kind| (kind.as_str().to_owned(), kind_label(*kind).to_owned()))
        .collect();
    view! {
        <FormBody error=error submit=submit>
            <TextField label=tr!("Name") value=name field=form.field("name") placeholder="OpenAI" autofocus=true />
            {id
                .is_none()
                .then(|| {
                    view! {
                        <SelectField
                            label=tr!("What it does")
                            value=kind_name
                            options=kinds
                            field=form.field("kind")
                        />
                    }
                })}
            <TextField
                label=tr!("Base URL")
                value=base_url
                field=form.field("base_url")
                kind="url"
                placeholder="https://api.openai.com/v1"
                hint=Signal::derive(move || url_hint(kind.get()).to_owned())
            />
            <TextField
                label=tr!("Default model")
                value=model
                field=form.field("default_model")
                hint=Signal::derive(move || model_hint(kind.get()).to_owned())
            />
            <PasswordField
                label=tr!("API key")
                value=key
                field=form.field("api_key")
                hint=key_hint
                autocomplete="off"
            />
            <Show when=move || kind.get().writes_answers()>
                <PriceFields prices=prices form=form default_model=model />
            </Show>
            <div class="flex flex-wrap justify-end gap-2">
                <Button on_click=move || open.set(false)>{tr!("Cancel")}</Button>
                <Submit busy=busy>{if id.is_some() { tr!("Save") } else { tr!("Connect") }}</Submit>
            </div>
        </FormBody>
    }
}

const KINDS: [ProviderKind; 6] = [
    ProviderKind::Openai,
    ProviderKind::CohereRerank,
    ProviderKind::JinaRerank,
    ProviderKind::TeiRerank,
    ProviderKind::CohereEmbed,
    ProviderKind::TeiEmbed,
];

/// What a provider does, and whose API it speaks.
pub fn kind_label(kind: ProviderKind) -> &'static str {
    match kind {
        ProviderKind::Openai => tr!("Writes answers, makes vectors (OpenAI-compatible)"),
        ProviderKind::CohereRerank => tr!("Reranks (Cohere)"),
        ProviderKind::JinaRerank => tr!("Reranks (Jina)"),
        ProviderKind::TeiRerank => tr!("Reranks (Text Embeddings Inference)"),
        ProviderKind::CohereEmbed => tr!("Makes vectors (Cohere)"),
        ProviderKind::TeiEmbed => tr!("Makes vectors (Text Embeddings Inference)"),
    }
}

fn url_hint(kind: ProviderKind) -> &'static str {
    match kind {
        ProviderKind::Openai => tr!("Without /chat/completions or /embeddings."),
        ProviderKind::CohereRerank => tr!("Without /v2/rerank, such as https://api.cohere.com."),
        ProviderKind::JinaRerank => tr!("Without /v1/rerank, such as https://api.jina.ai."),
        ProviderKind::TeiRerank => tr!("Without /rerank."),
        ProviderKind::CohereEmbed => tr!("Without /v2/embed, such as https://api.cohere.com."),
        ProviderKind::TeiEmbed => tr!("Without /embed."),
    }
}

fn model_hint(kind: ProviderKind) -> &'static str {
    match kind {
        ProviderKind::Openai => tr!("Such as gpt-5-mini."),
        ProviderKind::CohereRerank => tr!("Such as rerank-v3.5."),
        ProviderKind::JinaRerank => tr!("Such as jina-reranker-v2-base-multilingual."),
        ProviderKind::CohereEmbed => tr!("Such as embed-v4.0."),
        ProviderKind::TeiRerank | ProviderKind::TeiEmbed => {
            tr!("The server has one model, so this may stay empty.")
        }
    }
}
