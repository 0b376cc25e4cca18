//! Which leads are looked at. It stands in the address, so that it can be linked.

use api_types::client;
use api_types::leads::{LeadFilter, LeadStatus};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};

use super::status;
use crate::ui::button::{Button, Submit};
use crate::ui::field::{SelectField, TextField};
use crate::ui::load::load;

/// The filter that the address asks for.
pub fn wanted() -> Memo<LeadFilter> {
    let query = use_query_map();
    Memo::new(move |_| {
        query.with(|query| LeadFilter {
            search: query.get("search").filter(|text| !text.is_empty()),
            status: query.get("status").and_then(|name| LeadStatus::from_name(&name)),
            bot_id: query.get("bot_id").and_then(|id| id.parse().ok()),
        })
    })
}

fn address(filter: &LeadFilter) -> String {
    let pairs = [
        ("search", filter.search.clone()),
        ("status", filter.status.map(|status| status.as_str().to_owned())),
        ("bot_id", filter.bot_id.map(|id| id.to_string())),
    ];
    let query: Vec<String> = pairs
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .map(|(name, value)| format!("{name}={}", String::from(js_sys::encode_uri_component(&value))))
        .collect();
    if query.is_empty() {
        "/leads".to_owned()
    } else {
        format!("/leads?{}", query.join("&"))
    }
}

/// The form above the list.
#[component]
pub fn Filters(wanted: Memo<LeadFilter>) -> impl IntoView {
    let bots = load(client::bots::many);
    let [search, state, bot] = [(); 3].map(|()| RwSignal::new(String::new()));
    Effect::new(move |_| {
        let wanted = wanted.get();
        search.set(wanted.search.unwrap_or_default());
        state.set(
            wanted
                .status
                .map(|status| status.as_str().to_owned())
                .unwrap_or_default(),
        );
        bot.set(wanted.bot_id.map(|id| id.to_string()).unwrap_or_default());
    });
    let navigate = StoredValue::new_local(use_navigate());
    let go = move |filter: &LeadFilter| {
        let address = address(filter);
        navigate.with_value(|navigate| navigate(&address, NavigateOptions::default()));
    };
    let apply = move || {
        let text = search.get_untracked().trim().to_owned();
        go(&LeadFilter {
            search: Some(text).filter(|text| !text.is_empty()),
            status: LeadStatus::from_name(&state.get_untracked()),
            bot_id: bot.get_untracked().parse().ok(),
        });
    };
    let first = |name: &str| std::iter::once((String::new(), name.to_owned()));
    let states = StoredValue::new(first(tr!("Any")).chain(status::options()).collect::<Vec<_>>());
    let names = move || {
        let found = bots.get().map(|page| page.items).unwrap_or_default();
        let found = found.into_iter().map(|bot| (bot.id.to_string(), bot.name));
        first(tr!("All bots")).chain(found).collect::<Vec<_>>()
    };
    view! {
        <form
            class="panel mb-4 grid grid-cols-2 items-start gap-3 p-4 lg:grid-cols-[minmax(0,2fr)_1fr_1fr_auto]"
            role="search"
            aria-label=tr!("Leads")
            novalidate
            on:submit=move |event| {
                event.prevent_default();
                apply();
            }
        >
            <div class="col-span-2 lg:col-span-1">
                <TextField label=tr!("Search") value=search placeholder=tr!("Name, e-mail, phone or any answer") />
            </div>
            <SelectField label=tr!("Status") value=state options=Signal::derive(move || states.get_value()) />
            <SelectField label=tr!("Bot") value=bot options=Signal::derive(names) />
            <div class="col-span-2 flex flex-wrap gap-2 self-end lg:col-span-1">
                <Submit busy=false>{tr!("Filter")}</Submit>
                <Show when=move || wanted.get() != LeadFilter::default()>
                    <Button on_click=move || go(&LeadFilter::default())>{tr!("Clear")}</Button>
                </Show>
            </div>
        </form>
    }
}
