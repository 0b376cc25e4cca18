//! Pages and databases of Notion as a source.

use std::time::Duration;

use api_types::client;
use api_types::connections::{Connection, ConnectionKind, Remote, RemoteItem, RemoteKind};
use api_types::kb::NewSource;
use api_types::validate::Checker;
use leptos::leptos_dom::helpers::{TimeoutHandle, set_timeout_with_handle};
use leptos::prelude::*;
use uuid::Uuid;

use super::Wizard;
use super::add_website::Toggle;
use super::adding::Adding;
use super::connected::Connected;
use crate::ui::button::Submit;
use crate::ui::field::{NumberField, SearchBox, SelectField, Text};
use crate::ui::form::{Form, FormBody};
use crate::ui::icon::{self, Icon};
use crate::ui::load::{loaded, rows};
use crate::ui::pages::{Pages, pages, show_more};

/// Words rest for this long before they are searched for.
const PAUSE: Duration = Duration::from_millis(400);
/// Where the settings stand in the request.
const PREFIX: &str = "sources[0].remote";

/// The form, or what is to be done first.
#[component]
pub fn AddNotion(wizard: Wizard) -> impl IntoView {
    let form = move |connections: Vec<Connection>, first: Uuid| {
        view! { <Chooser wizard=wizard connections=connections first=first /> }.into_any()
    };
    view! {
        <Connected
            kind=ConnectionKind::Notion
            first=tr!("Connect Notion in the settings first; then its pages can be chosen here.")
            action=tr!("Connect Notion")
            form=form
        />
    }
}

#[component]
fn Chooser(wizard: Wizard, connections: Vec<Connection>, first: Uuid) -> impl IntoView {
    let adding = Adding::new(wizard);
    let connection = RwSignal::new(first.to_string());
    let chosen = RwSignal::new(Vec::<RemoteItem>::new());
    let subpages = RwSignal::new(true);
    let max_pages = RwSignal::new(500_u16);
    let connection_id = move || connection.get().parse().unwrap_or(first);
    // What was chosen belongs to its connection.
    Effect::new(move |last: Option<String>| {
        let now = connection.get();
        if last.is_some_and(|last| last != now) {
            chosen.set(Vec::new());
        }
        now
    });
    let remote = move || Remote {
        connection_id: connection_id(),
        items: chosen.get(),
        subpages: subpages.get(),
        max_pages: max_pages.get().into(),
    };
    let form = Form::new(move || {
        let mut check = Checker::default();
        remote().check(ConnectionKind::Notion, &mut check, PREFIX);
        check.finish()
    });
    let submit = move || {
        if !form.submit() {
            return;
        }
        let source = NewSource::Notion {
            remote: untrack(remote),
        };
        adding.send(form, source, move || chosen.set(Vec::new()));
    };
    let options: Vec<(String, String)> = connections
        .into_iter()
        .map(|connection| (connection.id.to_string(), connection.name))
        .collect();
    let items_field = form.field(format!("{PREFIX}.items"));
    let most = Text::number(move || max_pages.get(), move |value| max_pages.set(value));
    view! {
        <FormBody error=adding.error submit=submit>
            <SelectField label=tr!("Connection") value=connection options=options />
            <Items connection_id=Signal::derive(connection_id) chosen=chosen />
            <p class="text-error empty:hidden" role="alert">
                {move || items_field.error()}
            </p>
            <Toggle label=tr!("Take the pages and databases within them, too") value=subpages />
            <NumberField
                label=tr!("Most pages")
                value=most
                field=form.field(format!("{PREFIX}.max_pages"))
                hint=tr!("1 to 10,000.")
                min="1"
                max="10000"
            />
            <div>
                <Submit busy=adding.busy>{tr!("Fetch the pages")}</Submit>
            </div>
        </FormBody>
    }
}

/// What the connection shows, to be ticked.
#[component]
fn Items(connection_id: Signal<Uuid>, chosen: RwSignal<Vec<RemoteItem>>) -> impl IntoView {
    let words = RwSignal::new(String::new());
    let rested = RwSignal::new(String::new());
    let timer = StoredValue::new(None::<TimeoutHandle>);
    // Notion takes few requests a second, so words are searched for once they rest.
    Effect::new(move |_| {
        let now = words.get();
        if let Some(timer) = timer.try_update_value(Option::take).flatten() {
            timer.clear();
        }
        let rest = move || {
            rested.try_set(now.clone());
        };
        timer.set_value(set_timeout_with_handle(rest, PAUSE).ok());
    });
    let found: Pages<RemoteItem> =
        pages(move |cursor| client::connections::items(connection_id.get(), rested.get().trim(), cursor));
    let row = move |item: RemoteItem| view! { <ItemRow item=item chosen=chosen /> };
    let list = move |first: RwSignal<api_types::Page<RemoteItem>>| {
        view! {
            <Show when=move || first.with(|page| page.items.is_empty())>
                <p class="muted py-2">{tr!("Nothing is shared with the integration under this title.")}</p>
            </Show>
            <ul class="max-h-72 overflow-y-auto divide-y divide-base-300" aria-label=tr!("Pages and databases")>
                <For each=move || found.items() key=|item| item.id.clone() children=row />
            </ul>
            {show_more(found)}
        }
    };
    view! {
        <fieldset class="flex flex-col gap-2 rounded-box border border-base-300 px-3 py-2">
            <legend class="px-1 font-medium">
                {move || tr!("Pages and databases ({} chosen)", chosen.with(Vec::len))}
            </legend>
            // Enter in here searches; it does not send the form.
            <div on:keydown=move |event| {
                if event.key() == "Enter" {
                    event.prevent_default();
                }
            }>
                <SearchBox label=tr!("Search by title") value=words />
            </div>
            {loaded(found.first, rows, list)}
        </fieldset>
    }
}

#[component]
fn ItemRow(item: RemoteItem, chosen: RwSignal<Vec<RemoteItem>>) -> impl IntoView {
    let id = StoredValue::new(item.id.clone());
    let is_chosen = move || {
        let id = id.get_value();
        chosen.with(|chosen| chosen.iter().any(|other| other.id == id))
    };
    let glyph = match item.kind {
        RemoteKind::Database => icon::LAYERS,
        _ => icon::FILE_TEXT,
    };
    let title = if item.title.is_empty() {
        tr!("Untitled").to_owned()
    } else {
        item.title.clone()
    };
    let item = StoredValue::new(item);
    let toggle = move |event| {
        let is_on = event_target_checked(&event);
        chosen.update(|chosen| {
            chosen.retain(|other| other.id != id.get_value());
            if is_on {
                chosen.push(item.get_value());
            }
        });
    };
    view! {
        <li>
            <label class="flex cursor-pointer items-center gap-2.5 py-1.5">
                <input
                    type="checkbox"
                    class="checkbox checkbox-primary checkbox-sm"
                    prop:checked=is_chosen
                    on:change=toggle
                />
                <Icon glyph=glyph class="size-4 muted" />
                <span class="min-w-0 truncate" dir="auto">
                    {title}
                </span>
            </label>
        </li>
    }
}
