//! What visitors asked, what they were answered, and what nobody could answer.

mod delete;
mod gaps;
mod improve;
mod list;
mod messages;
mod page;
mod why;

use api_types::client;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate, use_query_map};
use uuid::Uuid;

pub use gaps::{GapList, GapsPage};
pub use list::{BotConversations, ConversationsPage, VisitorName, channel_name, visitor_of};
pub use messages::{Earlier, Messages, anchor};
pub use page::ConversationPage;

use crate::inbox::TABS;
use crate::ui::field::{SelectField, Text};
use crate::ui::load::load;

/// The bot that the address asks for, if it asks for one.
fn wanted_bot() -> Memo<Option<Uuid>> {
    let query = use_query_map();
    Memo::new(move |_| {
        // Some links say `bot`.
        let id = query.with(|query| query.get("bot_id").or_else(|| query.get("bot")));
        id.and_then(|id| id.parse().ok())
    })
}

/// Chooses the bot that a list is about; the choice is in the address, so that it can be linked.
#[component]
fn BotFilter() -> impl IntoView {
    let bots = load(client::bots::many);
    let wanted = wanted_bot();
    let path = use_location().pathname;
    let navigate = StoredValue::new_local(use_navigate());
    let options = move || {
        let all = (String::new(), tr!("All bots").to_owned());
        let found = bots.get().map(|page| page.items).unwrap_or_default();
        std::iter::once(all)
            .chain(found.into_iter().map(|bot| (bot.id.to_string(), bot.name)))
            .collect::<Vec<_>>()
    };
    let value = Text::new(
        move || wanted.get().map(|id| id.to_string()).unwrap_or_default(),
        move |id| {
            let path = path.get_untracked();
            let address = if id.is_empty() {
                path
            } else {
                format!("{path}?bot_id={id}")
            };
            navigate.with_value(|navigate| navigate(&address, NavigateOptions::default()));
        },
    );
    view! {
        <div class="mb-4 sm:max-w-64">
            <SelectField label=tr!("Bot") value=value options=Memo::new(move |_| options()) />
        </div>
    }
}
