//! Conversations, newest first.

use api_types::client;
use api_types::conversations::{Channel, ConversationSummary};
use api_types::live::Topic;
use api_types::visitors::Visitor;
use leptos::prelude::*;
use uuid::Uuid;

use super::delete::{Chosen, DeleteChosen, choose, is_chosen};
use super::{BotFilter, TABS, wanted_bot};
use crate::live::follow_pages;
use crate::ui::button::ButtonLink;
use crate::ui::empty::Empty;
use crate::ui::icon;
use crate::ui::load::{loaded, rows};
use crate::ui::page::PageHead;
use crate::ui::pages::{Pages, pages, show_more};
use crate::ui::tabs::TabLinks;
use crate::ui::time::Ago;

/// The page.
#[component]
pub fn ConversationsPage() -> impl IntoView {
    let wanted = wanted_bot();
    let conversations = pages(move |cursor| client::conversations::list(wanted.get(), cursor));
    follow_pages(conversations, |what, _| what == Topic::Conversation);
    // None while nothing is to be chosen.
    let chosen: Chosen = RwSignal::new(None);
    view! {
        <PageHead title=tr!("Conversations") subtitle=tr!("What visitors asked and what they were answered.")>
            <DeleteChosen chosen=chosen on_deleted=move || conversations.first.reload() />
        </PageHead>
        <TabLinks tabs=TABS label=tr!("Conversations") />
        <BotFilter />
        <List conversations=conversations chosen=chosen />
    }
}

/// Those of one bot.
#[component]
pub fn BotConversations(
    /// The bot.
    bot: Uuid,
) -> impl IntoView {
    let conversations = pages(move |cursor| client::conversations::list(Some(bot), cursor));
    let chosen: Chosen = RwSignal::new(None);
    view! {
        <div class="mb-4 flex flex-wrap justify-end gap-2 empty:hidden">
            <DeleteChosen chosen=chosen on_deleted=move || conversations.first.reload() />
        </div>
        <List conversations=conversations chosen=chosen />
    }
}

#[component]
fn List(conversations: Pages<ConversationSummary>, chosen: Chosen) -> impl IntoView {
    loaded(conversations.first, rows, move |_| {
        view! {
            <Show
                when=move || !conversations.items().is_empty()
                fallback=|| view! { <NoConversations /> }
            >
                <ul class="panel divide-y divide-base-300" aria-label=tr!("Conversations")>
                    <For
                        each=move || conversations.items()
                        key=|item| (item.id, item.message_count, item.has_gap, item.lead_name.clone())
                        children=move |item| view! { <Row item=item chosen=chosen /> }
                    />
                </ul>
            </Show>
            {show_more(conversations)}
        }
    })
}

#[component]
fn NoConversations() -> impl IntoView {
    view! {
        <Empty
            icon=icon::MESSAGES_SQUARE
            title=tr!("No conversations yet")
            text=tr!("Once a bot is deployed and embedded, what visitors ask and what it answers is listed here.")
        >
            <ButtonLink href="/bots" icon=icon::BOT>
                {tr!("Go to the bots")}
            </ButtonLink>
        </Empty>
    }
}

/// A channel in plain words.
pub fn channel_name(channel: Channel) -> &'static str {
    match channel {
        Channel::Web => tr!("Web"),
        Channel::Api => "API",
        Channel::Openai => "OpenAI API",
    }
}

/// A mark on what holds a question without an answer.
#[component]
pub fn GapMark() -> impl IntoView {
    view! {
        <span
            class="shrink-0 rounded-full border border-warning/50 px-2 py-0.5 text-xs font-medium text-warning"
            title=tr!("The bot had to say that it does not know")
        >
            {tr!("Gap")}
        </span>
    }
}

/// A visitor whom the site vouches for.
#[component]
pub fn VisitorName(visitor: Visitor) -> impl IntoView {
    let known = [visitor.email.clone(), Some(visitor.id.clone())];
    let title = known.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    let name = visitor.name.or(visitor.email).unwrap_or(visitor.id);
    view! {
        <span class="max-w-full truncate" dir="auto" title=title>
            {name}
        </span>
    }
}

/// Who talks: whom the site vouches for, else by the name that they left.
pub fn visitor_of(summary: &ConversationSummary) -> Option<AnyView> {
    if let Some(visitor) = summary.visitor.clone() {
        return Some(view! { <VisitorName visitor=visitor /> }.into_any());
    }
    let name = summary.lead_name.clone()?;
    Some(
        view! {
            <span class="max-w-full truncate" dir="auto" title=tr!("As they said in the form")>
                {name}
            </span>
        }
        .into_any(),
    )
}

#[component]
fn Row(item: ConversationSummary, chosen: Chosen) -> impl IntoView {
    let id = item.id;
    let visitor = visitor_of(&item);
    // It began with the lead form, and nothing was asked yet.
    let first_message = if item.first_message.is_empty() {
        tr!("Nothing was asked").to_owned()
    } else {
        item.first_message
    };
    let label = tr!("Choose {first_message}", first_message);
    view! {
        <li class="relative flex items-center gap-3 px-4 py-3 hover:bg-base-200">
            <Show when=move || chosen.with(Option::is_some)>
                <input
                    type="checkbox"
                    class="checkbox checkbox-primary checkbox-sm relative z-10"
                    aria-label=label.clone()
                    prop:checked=move || is_chosen(chosen, id)
                    on:change=move |event| choose(chosen, id, event_target_checked(&event))
                />
            </Show>
            <div class="min-w-0 grow">
                <a
                    href=format!("/conversations/{}", item.id)
                    class="block truncate font-medium after:absolute after:inset-0"
                    dir="auto"
                >
                    {first_message}
                </a>
                <p class="muted flex flex-wrap gap-x-3">
                    <span class="max-w-full truncate" dir="auto">
                        {item.bot_name}
                    </span>
                    {visitor}
                    <span>{channel_name(item.channel)}</span>
                    <span>{tr!("{n} message" | "{n} messages" % item.message_count)}</span>
                </p>
            </div>
            {item.has_gap.then(|| view! { <GapMark /> })}
            <span class="muted relative">
                <Ago at=item.last_message_at />
            </span>
        </li>
    }
}
