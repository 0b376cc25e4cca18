//! What a provider's models cost, so that analytics can say what answers cost.

use api_types::providers::{MAX_PRICES, ModelPrice};
use leptos::prelude::*;

use crate::ui::button::{Button, IconButton};
use crate::ui::field::{Text, TextField};
use crate::ui::form::Form;
use crate::ui::icon;

/// One price as it is typed.
#[derive(Clone, Copy)]
struct Row {
    id: usize,
    model: RwSignal<String>,
    prompt: RwSignal<String>,
    completion: RwSignal<String>,
    currency: RwSignal<String>,
}

impl Row {
    fn new(id: usize, price: &ModelPrice) -> Self {
        Self {
            id,
            model: RwSignal::new(price.model.clone()),
            prompt: RwSignal::new(price.prompt.to_string()),
            completion: RwSignal::new(price.completion.to_string()),
            currency: RwSignal::new(price.currency.clone()),
        }
    }

    /// What is no number is none that is allowed.
    fn price(self) -> ModelPrice {
        let amount = |text: String| text.trim().replace(',', ".").parse().unwrap_or(-1.0);
        ModelPrice {
            model: self.model.get().trim().to_owned(),
            prompt: amount(self.prompt.get()),
            completion: amount(self.completion.get()),
            currency: self.currency.get().trim().to_uppercase(),
        }
    }
}

/// The prices of a provider as they are typed. A handle: copies are the same prices.
#[derive(Clone, Copy)]
pub struct Prices(RwSignal<Vec<Row>>);

impl Prices {
    /// The prices to begin with.
    pub fn new(prices: &[ModelPrice]) -> Self {
        let rows = prices.iter().enumerate().map(|(id, price)| Row::new(id, price));
        Self(RwSignal::new(rows.collect()))
    }

    /// All of them. Reactive.
    pub fn get(self) -> Vec<ModelPrice> {
        self.0.get().into_iter().map(Row::price).collect()
    }

    fn add(self, model: &str) {
        self.0.update(|rows| {
            let id = rows.iter().map(|row| row.id + 1).max().unwrap_or(0);
            let first = rows.first().map(|row| row.currency.get_untracked());
            let price = ModelPrice {
                model: if rows.is_empty() {
                    model.to_owned()
                } else {
                    String::new()
                },
                prompt: 0.0,
                completion: 0.0,
                currency: first.unwrap_or_else(|| "USD".to_owned()),
            };
            rows.push(Row::new(id, &price));
        });
    }
}

/// A row of fields for each price.
#[component]
pub fn PriceFields(prices: Prices, form: Form, default_model: RwSignal<String>) -> impl IntoView {
    let rows = prices.0;
    let fields = move |row: Row| {
        // Its place changes when one above it is removed.
        let place = rows.with_untracked(|rows| rows.iter().position(|other| other.id == row.id));
        let field = |name: &str| form.field(format!("prices[{}].{name}", place.unwrap_or_default()));
        view! {
            <li class="grid grid-cols-3 items-start gap-x-3 rounded-box border border-base-300 p-3" data-testid="price">
                <div class="col-span-3 flex items-start gap-2">
                    <div class="min-w-0 grow">
                        <TextField label=tr!("Model") value=Text::from(row.model) field=field("model") />
                    </div>
                    <IconButton
                        icon=icon::TRASH_2
                        label=tr!("Remove this price")
                        on_click=move || rows.update(|rows| rows.retain(|other| other.id != row.id))
                    />
                </div>
                <TextField label=tr!("In, per million") value=Text::from(row.prompt) field=field("prompt") />
                <TextField label=tr!("Out, per million") value=Text::from(row.completion) field=field("completion") />
                <TextField label=tr!("Currency") value=Text::from(row.currency) field=field("currency") />
            </li>
        }
    };
    view! {
        <fieldset class="flex flex-col gap-2">
            <legend class="font-medium">{tr!("Prices")}</legend>
            <p class="muted">
                {tr!("What a million tokens cost. Analytics shows the cost of answers by models that have a price.")}
            </p>
            <ul class="flex flex-col gap-2">
                <For each=move || rows.get() key=|row| row.id children=fields />
            </ul>
            <div>
                <Button
                    small=true
                    icon=icon::PLUS
                    disabled=Signal::derive(move || rows.with(|rows| rows.len() >= MAX_PRICES))
                    on_click=move || prices.add(default_model.get_untracked().trim())
                >
                    {tr!("Add a price")}
                </Button>
            </div>
        </fieldset>
    }
}
