//! Choosing another embedding model.

use api_types::client;
use api_types::embeddings::{ChangeEmbeddingRequest, EmbeddingSettings};
use api_types::providers::Provider;
use api_types::validate::Checker;
use leptos::prelude::*;
use leptos::task::spawn_local;
use uuid::Uuid;

use crate::session::use_session;
use crate::ui::alert::Notice;
use crate::ui::button::{Button, Submit};
use crate::ui::dialog::Dialog;
use crate::ui::field::{NumberField, SelectField, Text, TextField};
use crate::ui::form::{Form, FormBody};
use crate::ui::load::{Load, load, loaded, rows};

/// The form, in a dialog.
#[component]
pub fn EmbeddingDialog(
    /// Whether it is open.
    open: RwSignal<bool>,
    /// Is set to what the server makes of the choice.
    settings: Load<EmbeddingSettings>,
) -> impl IntoView {
    view! {
        <Dialog open=open title=tr!("Choose an embedding model")>
            <Choice open=open settings=settings />
        </Dialog>
    }
}

/// Reads the providers when the dialog is opened: some may be new.
#[component]
fn Choice(open: RwSignal<bool>, settings: Load<EmbeddingSettings>) -> impl IntoView {
    let providers = load(client::providers::list);
    loaded(providers, rows, move |found| {
        let mut makers = found.get_untracked();
        makers.retain(|provider| provider.kind.is_embedding());
        view! { <EmbeddingForm open=open settings=settings makers=makers /> }
    })
}

#[component]
fn EmbeddingForm(
    open: RwSignal<bool>,
    settings: Load<EmbeddingSettings>,
    /// Providers whose models make vectors.
    makers: Vec<Provider>,
) -> impl IntoView {
    let session = use_session();
    let built_in = settings.get().is_some_and(|settings| settings.built_in);
    let options = options(&makers, built_in);
    let first = makers.first().map(|provider| provider.id);
    let provider = RwSignal::new(first);
    let model = RwSignal::new(String::new());
    let dimensions = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);
    let chosen = {
        let makers = makers.clone();
        Memo::new(move |_| {
            let id = provider.get()?;
            makers.iter().find(|provider| provider.id == id).cloned()
        })
    };
    let has_models =
        move || chosen.with(|chosen| chosen.as_ref().is_some_and(|chosen| chosen.kind.has_models()));
    let form = Form::new(move || {
        let mut check = Checker::default();
        let min = usize::from(has_models());
        model.with(|model| check.length("model", model.trim(), min, 200));
        let numbers =
            dimensions.with(|text| text.trim().is_empty() || text.trim().parse::<u16>().is_ok_and(|n| n > 0));
        check.require(
            numbers,
            "dimensions",
            tr!("Leave it empty, or enter a number from 1 to 8192."),
        );
        check.finish()
    });
    let submit = move || {
        if !form.submit() || busy.get_untracked() {
            return;
        }
        busy.set(true);
        error.set(None);
        let named = untrack(has_models);
        let request = ChangeEmbeddingRequest {
            provider_id: provider.get_untracked(),
            model: if named {
                model.get_untracked().trim().to_owned()
            } else {
                String::new()
            },
            dimensions: dimensions.get_untracked().trim().parse().ok().filter(|_| named),
        };
        spawn_local(async move {
            let result = session.send(&client::embedding::change(&request)).await;
            busy.try_set(false);
            match result {
                Ok(now) => {
                    settings.set(now);
                    open.set(false);
                }
                Err(problem) => error.set(form.refuse(&problem)),
            }
        });
    };
    let choice = Text::new(
        move || provider.get().map(|id| id.to_string()).unwrap_or_default(),
        move |id| provider.set(id.parse::<Uuid>().ok()),
    );
    let none = makers.is_empty();
    view! {
        <FormBody error=error submit=submit>
            <Show when=move || none>
                <Notice>
                    {tr!("Connect a provider first, above in the settings: an OpenAI-compatible server such as Ollama, Cohere, or Text Embeddings Inference.")}
                </Notice>
            </Show>
            <SelectField label=tr!("Whose model") value=choice options=options field=form.field("provider_id") />
            <Show when=has_models>
                <TextField
                    label=tr!("Model")
                    value=model
                    field=form.field("model")
                    placeholder="text-embedding-3-small"
                    hint=tr!("As the provider calls it: a model for embeddings, not one that writes.")
                />
                <NumberField
                    label=tr!("Numbers in a vector")
                    value=dimensions
                    field=form.field("dimensions")
                    min="1"
                    max="8192"
                    hint=tr!("For models that can make shorter vectors; empty for what the model makes.")
                />
            </Show>
            <p class="muted">
                {tr!("The model is tried first. Then all documents are embedded with it in the background, which a provider may charge for; until that is done, the old one goes on answering.")}
            </p>
            <div class="flex flex-wrap justify-end gap-2">
                <Button on_click=move || open.set(false)>{tr!("Cancel")}</Button>
                <Submit busy=busy>{tr!("Try and change")}</Submit>
            </div>
        </FormBody>
    }
}

/// Values and names of what can be chosen.
fn options(makers: &[Provider], built_in: bool) -> Vec<(String, String)> {
    let makers = makers
        .iter()
        .map(|maker| (maker.id.to_string(), maker.name.clone()));
    let own = built_in.then(|| (String::new(), tr!("Built in, on your own server").to_owned()));
    makers.chain(own).collect()
}
