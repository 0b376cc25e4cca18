//! The list of conversations, and which are looked at.

use api_types::client::{self, inbox::Filter};
use api_types::inbox::{ConversationState, InboxItem};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate, use_query_map};
use uuid::Uuid;

use crate::conversations::visitor_of;
use crate::ui::empty::Empty;
use crate::ui::field::{SelectField, TextField};
use crate::ui::icon;
use crate::ui::load::{load, loaded, rows};
use crate::ui::pages::{Pages, show_more};
use crate::ui::time::Ago;

/// The conversations that are shown first.
const OPEN: &str = "open";
/// In the address, for conversations in whatever state: what is left out there is [`OPEN`].
const ANY: &str = "any";

/// What the filters say. It stands in the address too, so that it can be linked and survives a reload.
#[derive(Clone, Copy)]
pub struct Filters {
    state: RwSignal<String>,
    assignee: RwSignal<String>,
    bot: RwSignal<String>,
    search: RwSignal<String>,
}

impl Filters {
    /// As the address has them, and it as they are from then on.
    pub fn of_address() -> Self {
        let filters = Self {
            state: RwSignal::new(OPEN.to_owned()),
            assignee: RwSignal::default(),
            bot: RwSignal::default(),
            search: RwSignal::default(),
        };
        let query = use_query_map();
        let path = use_location().pathname;
        let navigate = use_navigate();
        // What this wrote to the address last.
        let written = StoredValue::new(None::<[String; 4]>);
        Effect::new(move |_| {
            let query = query.get();
            let text = |name| query.get(name).unwrap_or_default();
            let state = match &*text("state") {
                "" => OPEN.to_owned(),
                ANY => String::new(),
                state => state.to_owned(),
            };
            let said = [state, text("assignee"), text("bot"), text("q")];
            // Whoever goes on typing is ahead of the address.
            if written.with_value(|written| written.as_ref() == Some(&said)) {
                return;
            }
            for (signal, value) in filters.fields().into_iter().zip(said) {
                if signal.with_untracked(|now| now.trim() != value) {
                    signal.set(value);
                }
            }
        });
        Effect::new(move |before: Option<String>| {
            let query = filters.query();
            if before.is_some_and(|before| before != query) {
                let said = filters
                    .fields()
                    .map(|field| field.get_untracked().trim().to_owned());
                written.set_value(Some(said));
                let options = NavigateOptions {
                    replace: true,
                    scroll: false,
                    ..NavigateOptions::default()
                };
                navigate(&format!("{}{query}", path.get_untracked()), options);
            }
            query
        });
        filters
    }

    const fn fields(self) -> [RwSignal<String>; 4] {
        [self.state, self.assignee, self.bot, self.search]
    }

    /// The query of an address that says the same. Reactive.
    pub fn query(self) -> String {
        let state = match self.state.get() {
            state if state == OPEN => String::new(),
            state if state.is_empty() => ANY.to_owned(),
            state => state,
        };
        let pairs = [
            ("state", state),
            ("assignee", self.assignee.get()),
            ("bot", self.bot.get()),
            ("q", self.search.get().trim().to_owned()),
        ];
        let said = pairs.into_iter().filter(|(_, value)| !value.is_empty());
        let said = said
            .map(|(name, value)| format!("{name}={}", String::from(js_sys::encode_uri_component(&value))));
        let said: Vec<_> = said.collect();
        if said.is_empty() {
            String::new()
        } else {
            format!("?{}", said.join("&"))
        }
    }

    /// What is asked for. Reactive.
    pub fn wanted(self) -> Filter {
        let states = self.state.with(|name| match name.as_str() {
            "open" => vec![ConversationState::Waiting, ConversationState::Human],
            name => ConversationState::from_name(name).into_iter().collect(),
        });
        let text =
            |signal: RwSignal<String>| Some(signal.get().trim().to_owned()).filter(|text| !text.is_empty());
        Filter {
            states,
            assignee: text(self.assignee),
            bot_id: self.bot.with(|id| id.parse().ok()),
            search: text(self.search),
        }
    }
}

/// The state in words.
pub fn state_name(state: ConversationState) -> &'static str {
    match state {
        ConversationState::Bot => tr!("Bot answers"),
        ConversationState::Waiting => tr!("Waits for a person"),
        ConversationState::Human => tr!("With a person"),
        ConversationState::Closed => tr!("Closed"),
    }
}

/// The state as a mark.
#[component]
pub fn StateMark(state: ConversationState) -> impl IntoView {
    let class = match state {
        ConversationState::Waiting => "border-warning/50 text-warning",
        ConversationState::Human => "border-success/50 text-success",
        ConversationState::Bot | ConversationState::Closed => "border-base-300 muted",
    };
    view! {
        <span class=format!("shrink-0 rounded-full border px-2 py-0.5 text-xs font-medium {class}")>
            {state_name(state)}
        </span>
    }
}

/// Filters and rows.
#[component]
pub fn List(filters: Filters, found: Pages<InboxItem>, open: Memo<Option<Uuid>>) -> impl IntoView {
    view! {
        <FilterForm filters=filters />
        {loaded(
            found.first,
            rows,
            move |_| {
                view! {
                    <Show when=move || !found.items().is_empty() fallback=move || view! { <Nothing filters=filters /> }>
                        <ul class="panel divide-y divide-base-300 overflow-hidden" aria-label=tr!("Conversations")>
                            <For
                                each=move || found.items()
                                key=|item| format!("{item:?}")
                                children=move |item| view! { <Row item=item open=open filters=filters /> }
                            />
                        </ul>
                    </Show>
                    {show_more(found)}
                }
            },
        )}
    }
}

#[component]
fn FilterForm(filters: Filters) -> impl IntoView {
    let bots = load(client::bots::many);
    let fixed = |options: &[(&str, &str)]| {
        let options: Vec<_> = options
            .iter()
            .map(|(key, name)| ((*key).to_owned(), (*name).to_owned()))
            .collect();
        Signal::derive(move || options.clone())
    };
    let states = fixed(&[
        ("open", tr!("Open")),
        ("waiting", tr!("Waiting")),
        ("human", tr!("With a person")),
        ("bot", tr!("Bot answers")),
        ("closed", tr!("Closed")),
        ("", tr!("Any")),
    ]);
    let assignees = fixed(&[("", tr!("Anyone")), ("me", tr!("Me")), ("nobody", tr!("Nobody"))]);
    let names = move || {
        let found = bots.get().map(|page| page.items).unwrap_or_default();
        let found = found.into_iter().map(|bot| (bot.id.to_string(), bot.name));
        std::iter::once((String::new(), tr!("All bots").to_owned()))
            .chain(found)
            .collect::<Vec<_>>()
    };
    view! {
        <form
            class="mb-3 grid grid-cols-2 gap-2"
            role="search"
            aria-label=tr!("Inbox")
            on:submit=move |event| event.prevent_default()
        >
            <div class="col-span-2">
                <TextField label=tr!("Search") value=filters.search placeholder=tr!("What was said, or a name") />
            </div>
            <SelectField label=tr!("Status") value=filters.state options=states />
            <SelectField label=tr!("Assigned to") value=filters.assignee options=assignees />
            <Show when=move || bots.get().is_some_and(|page| page.items.len() > 1)>
                <div class="col-span-2">
                    <SelectField label=tr!("Bot") value=filters.bot options=Signal::derive(names) />
                </div>
            </Show>
        </form>
    }
}

#[component]
fn Nothing(filters: Filters) -> impl IntoView {
    let is_plain = move || {
        filters.state.with(|state| state == "open")
            && filters.assignee.with(String::is_empty)
            && filters.search.with(String::is_empty)
    };
    move || {
        if is_plain() {
            view! {
                <Empty
                    icon=icon::INBOX
                    title=tr!("Nobody waits")
                    text=tr!("When a visitor asks for a person, the conversation appears here at once. Switch “Hand-off” on in a bot so that visitors can ask.")
                />
            }
        } else {
            view! { <Empty icon=icon::SEARCH title=tr!("Nothing found") text=tr!("No conversation is like that. Change the filters.") /> }
        }
    }
}

#[component]
fn Row(item: InboxItem, open: Memo<Option<Uuid>>, filters: Filters) -> impl IntoView {
    let id = item.summary.id;
    let is_open = move || open.get() == Some(id);
    let last = if item.last_message.is_empty() {
        tr!("Nothing was said yet").to_owned()
    } else {
        item.last_message
    };
    let unread = item.unread;
    let visitor = visitor_of(&item.summary);
    view! {
        <li
            class="relative border-s-3 px-3 py-2.5"
            class=("border-primary", is_open)
            class=("bg-primary/10", is_open)
            class=("border-transparent", move || !is_open())
            class=("hover:bg-base-200", move || !is_open())
        >
            <div class="flex items-center gap-2">
                <StateMark state=item.state />
                {(unread > 0)
                    .then(|| {
                        view! {
                            <span class="badge badge-primary badge-sm tabular-nums" title=tr!("Unread messages")>
                                {unread}
                            </span>
                        }
                    })}
                <span class="muted ms-auto shrink-0 text-xs">
                    <Ago at=item.summary.last_message_at />
                </span>
            </div>
            <a
                href=move || format!("/inbox/{id}{}", filters.query())
                class="mt-1 block truncate after:absolute after:inset-0"
                class=("font-semibold", unread > 0)
                aria-current=move || is_open().then_some("true")
                dir="auto"
            >
                {last}
            </a>
            <p class="muted flex gap-x-3 text-xs">
                <span class="truncate" dir="auto">
                    {item.summary.bot_name}
                </span>
                {visitor}
                {item
                    .assignee
                    .map(|assignee| {
                        view! {
                            <span class="ms-auto truncate" dir="auto">
                                {assignee.name}
                            </span>
                        }
                    })}
            </p>
        </li>
    }
}
