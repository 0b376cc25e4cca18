//! What makes the answers.

use api_types::bots::ModelChoice;
use api_types::client;
use api_types::providers::Provider;
use leptos::prelude::*;

use super::Builder;
use super::prompt::PromptDialog;
use crate::ui::button::{Button, ButtonLink};
use crate::ui::field::{SelectField, Text, TextField};
use crate::ui::icon;
use crate::ui::load::{load, loaded};
use crate::ui::page::Section;
use crate::ui::toggle::Toggle;

/// The section.
#[component]
pub fn ModelSection(builder: Builder) -> impl IntoView {
    let showing_prompt = RwSignal::new(false);
    let providers = load(client::providers::list);
    let writers = Memo::new(move |_| writers(providers.get().unwrap_or_default()));
    let is_provider = builder.part(|content| matches!(content.model, ModelChoice::Provider { .. }));
    let passages = builder.part(|content| content.max_passages);
    let repeats = builder.part(|content| content.response_cache);
    let choose_built_in = move |_| builder.update(|content| content.model = ModelChoice::Extractive);
    let choose_provider = move |_| {
        if let Some(provider) = writers.get_untracked().first() {
            use_provider(builder, provider);
        }
    };
    let has_provider = move || writers.with(|found| !found.is_empty());
    let set_passages = move |event: web_sys::Event| {
        if let Ok(number) = event_target_value(&event).parse() {
            builder.update(|content| content.max_passages = number);
        }
    };
    let actions = view! {
        <Button small=true icon=icon::EYE on_click=move || showing_prompt.set(true)>
            {tr!("Show the prompt")}
        </Button>
    };
    view! {
        <Section title=tr!("Model") actions=actions.into_any()>
            <div class="flex flex-col gap-4">
                <div class="grid gap-3 sm:grid-cols-2" role="radiogroup" aria-label=tr!("Model")>
                    <Card
                        title=tr!("Built-in answerer")
                        text=tr!("Quotes the best passages. Needs no key and costs nothing.")
                        chosen=Signal::derive(move || !is_provider.get())
                        on_choose=choose_built_in
                    />
                    <Card
                        title=tr!("A model of your provider")
                        text=tr!("Writes answers in its own words from the passages.")
                        chosen=is_provider
                        disabled=Signal::derive(move || !has_provider() && !is_provider.get())
                        on_choose=choose_provider
                    />
                </div>
                {loaded(
                    providers,
                    || view! { <div class="skeleton h-10 w-full"></div> }.into_any(),
                    move |_| view! { <Details builder=builder found=writers is_provider=is_provider /> },
                )}
                <label class="flex flex-col gap-1.5">
                    <span class="font-medium">
                        {tr!("Passages given to the model: ")} {move || passages.get()}
                    </span>
                    <input
                        type="range"
                        class="range range-primary range-xs w-full"
                        min="1"
                        max="12"
                        prop:value=move || passages.get().to_string()
                        on:input=set_passages
                    />
                </label>
                <Show when=move || is_provider.get()>
                    <Toggle
                        label=tr!("Response cache")
                        hint=tr!("Whoever asks the very same gets the same answer again for a day, without a word to the model, as long as neither the bot nor its knowledge changes. Analytics tells how often that happened.")
                        checked=repeats
                        on_change=move |wanted| builder.update(|content| content.response_cache = wanted)
                    />
                </Show>
            </div>
        </Section>
        <PromptDialog builder=builder open=showing_prompt />
    }
}

#[component]
fn Card(
    title: &'static str,
    text: &'static str,
    #[prop(into)] chosen: Signal<bool>,
    #[prop(optional, into)] disabled: Signal<bool>,
    on_choose: impl Fn(web_sys::Event) + 'static,
) -> impl IntoView {
    view! {
        <label
            class="flex gap-3 rounded-box border p-3"
            class=("border-primary", move || chosen.get())
            class=("border-base-300", move || !chosen.get())
            class=("cursor-pointer", move || !disabled.get())
        >
            <input
                type="radio"
                name="model"
                class="radio radio-primary radio-sm mt-0.5"
                prop:checked=move || chosen.get()
                disabled=move || disabled.get()
                on:change=on_choose
            />
            <span>
                <span class="block font-medium">{title}</span>
                <span class="muted block">{text}</span>
            </span>
        </label>
    }
}

/// Provider, model and temperature; or how to connect a provider.
#[component]
fn Details(builder: Builder, found: Memo<Vec<Provider>>, is_provider: Memo<bool>) -> impl IntoView {
    let none = move || found.with(Vec::is_empty) && !is_provider.get();
    let provider = Text::new(
        move || match builder.draft.content.get().model {
            ModelChoice::Provider { provider_id, .. } => provider_id.to_string(),
            ModelChoice::Extractive => String::new(),
        },
        move |id| {
            let chosen = found
                .get_untracked()
                .into_iter()
                .find(|provider| provider.id.to_string() == id);
            if let Some(provider) = chosen {
                use_provider(builder, &provider);
            }
        },
    );
    let options = move || {
        let mut options: Vec<_> = found
            .get()
            .into_iter()
            .map(|provider| (provider.id.to_string(), provider.name))
            .collect();
        if let ModelChoice::Provider { provider_id, .. } = builder.draft.content.get().model {
            let id = provider_id.to_string();
            if !options.iter().any(|(known, _)| *known == id) {
                options.push((id, tr!("A connection that was deleted").to_owned()));
            }
        }
        options
    };
    let options = Memo::new(move |_| options());
    let model = Text::new(
        move || match builder.draft.content.get().model {
            ModelChoice::Provider { model, .. } => model,
            ModelChoice::Extractive => String::new(),
        },
        move |text| {
            builder.update(|content| {
                if let ModelChoice::Provider { model, .. } = &mut content.model {
                    *model = text;
                }
            });
        },
    );
    view! {
        <Show when=none>
            <div class="flex flex-wrap items-center gap-3">
                <p class="muted min-w-0 grow">
                    {tr!("No provider is connected. Any OpenAI-compatible server will do; the draft is kept meanwhile.")}
                </p>
                <ButtonLink href="/settings" icon=icon::PLUG small=true>
                    {tr!("Connect a provider")}
                </ButtonLink>
            </div>
        </Show>
        <Show when=move || is_provider.get()>
            <div class="grid gap-4 sm:grid-cols-2">
                <SelectField
                    label=tr!("Provider")
                    value=provider
                    options=options
                    field=builder.field("model.provider_id")
                />
                <TextField label=tr!("Model") value=model field=builder.field("model.model") />
            </div>
            <Temperature builder=builder />
        </Show>
    }
}

#[component]
fn Temperature(builder: Builder) -> impl IntoView {
    let value = builder.part(|content| match content.model {
        ModelChoice::Provider { temperature, .. } => temperature,
        ModelChoice::Extractive => None,
    });
    let set = move |value: Option<f32>| {
        builder.update(|content| {
            if let ModelChoice::Provider { temperature, .. } = &mut content.model {
                *temperature = value;
            }
        });
    };
    let field = builder.field("model.temperature");
    view! {
        <div class="flex flex-col gap-2">
            <label class="flex cursor-pointer items-center gap-2">
                <input
                    type="checkbox"
                    class="checkbox checkbox-primary checkbox-sm"
                    prop:checked=move || value.get().is_some()
                    on:change=move |event| set(event_target_checked(&event).then_some(0.3))
                />
                <span class="font-medium">{tr!("Set the temperature")}</span>
                <span class="muted">
                    {move || value.get().map_or_else(|| tr!("the provider's default").to_owned(), |t| crate::i18n::decimal(f64::from(t), 1))}
                </span>
            </label>
            <Show when=move || value.get().is_some()>
                <input
                    type="range"
                    class="range range-primary range-xs w-full"
                    aria-label=tr!("Temperature")
                    min="0"
                    max="2"
                    step="0.1"
                    prop:value=move || value.get().unwrap_or_default().to_string()
                    on:input=move |event| set(event_target_value(&event).parse().ok())
                />
            </Show>
            <p class="text-error empty:hidden">{move || field.error()}</p>
        </div>
    }
}

/// Those whose models write answers.
fn writers(mut providers: Vec<Provider>) -> Vec<Provider> {
    providers.retain(|provider| provider.kind.writes_answers());
    providers
}

fn use_provider(builder: Builder, provider: &Provider) {
    builder.update(|content| {
        content.model = ModelChoice::Provider {
            provider_id: provider.id,
            model: provider.default_model.clone(),
            temperature: None,
        };
    });
}
