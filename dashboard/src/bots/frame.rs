//! What every page of one bot stands in: its head, and what the pages share.

use api_types::bots::{Bot, ChatbotContent};
use api_types::client;
use api_types::drafts::{Draft, DraftSummary};
use api_types::live::Topic;
use api_types::tenancy::Role;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::components::Outlet;
use uuid::Uuid;

use super::builder::{Names, changes};
use super::head::BotHead;
use crate::live::follow;
use crate::session::use_session;
use crate::ui::load::{Load, blocks, load, loaded};
use crate::ui::page;
use crate::ui::params::with_id;

/// The bot that a page is about. A handle, provided by the frame.
#[derive(Clone, Copy)]
pub struct ThisBot {
    /// Its id.
    pub id: Uuid,
    /// As it was read last.
    pub bot: RwSignal<Bot>,
    /// Where it comes from.
    pub load: Load<Bot>,
    /// The draft that edits it.
    pub draft: BotDraft,
}

impl ThisBot {
    /// Its name. Reactive.
    pub fn name(self) -> String {
        self.bot.with(|bot| bot.summary.name.clone())
    }

    /// Names the browser's tab after a page of the bot.
    pub fn title(self, page: &'static str) {
        page::title(move || format!("{page} · {}", self.name()));
    }
}

/// The bot of the page.
pub fn this_bot() -> ThisBot {
    expect_context()
}

/// The draft that edits a bot, if there is one. A handle.
#[derive(Clone, Copy)]
pub struct BotDraft {
    /// The draft.
    pub found: RwSignal<Option<Draft<ChatbotContent>>>,
    /// Whether it was looked for.
    pub is_read: RwSignal<bool>,
    bot: RwSignal<Bot>,
}

impl BotDraft {
    /// Looks for it.
    fn of(id: Uuid, bot: RwSignal<Bot>) -> Self {
        let session = use_session();
        let draft = Self {
            found: RwSignal::new(None),
            is_read: RwSignal::new(false),
            bot,
        };
        spawn_local(async move {
            // Who may not edit has no drafts; what can't be read now is found when “Edit” is pressed.
            let found = if session.may(Role::Editor) {
                session.send(&client::bot_drafts::list()).await
            } else {
                Ok(Vec::new())
            };
            let newest = found.unwrap_or_default().into_iter();
            let newest = newest.filter(|draft: &DraftSummary| draft.from == Some(id));
            if let Some(summary) = newest.max_by_key(|draft| draft.updated_at)
                && let Ok(found) = session.send(&client::bot_drafts::get(summary.id)).await
            {
                draft.found.try_set(Some(found));
            }
            draft.is_read.try_set(true);
        });
        draft
    }

    /// How much it changes of the version that is live. Reactive; nothing without a draft.
    pub fn change_count(self) -> Option<usize> {
        let names = Names::new();
        self.found.with(|draft| {
            let draft = draft.as_ref()?;
            Some(
                self.bot
                    .with(|bot| changes(&bot.content, &draft.content, &names).len()),
            )
        })
    }
}

/// The head, and the page of the address below it.
#[component]
pub fn BotFrame() -> impl IntoView {
    with_id(|id| {
        let load = load(move || client::bots::get(id));
        follow(load, move |what, changed| what == Topic::Bot && changed == id);
        loaded(load, blocks, move |bot| {
            let this = ThisBot {
                id,
                bot,
                load,
                draft: BotDraft::of(id, bot),
            };
            provide_context(this);
            view! {
                <BotHead this=this />
                <Outlet />
            }
        })
    })
}
