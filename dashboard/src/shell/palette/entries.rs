//! What can be reached from the palette.

use api_types::bots::BotSummary;
use api_types::client;
use api_types::tenancy::Role;
use leptos::prelude::*;
use uuid::Uuid;

use crate::bots::{Place, sections};
use crate::session::Session;
use crate::ui::icon::{self, Glyph};
use crate::ui::theme::Choice;

/// Pages of bots that are read: at most this many times a page of the list.
const MOST_PAGES: usize = 20;

/// What an entry does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Shows the page at an address.
    Page(&'static str),
    /// Shows a page of a bot: what follows the bot's address.
    Bot(Uuid, &'static str),
    /// Shows a knowledge base.
    KnowledgeBase(Uuid),
    /// Shows a test set.
    TestSet(Uuid),
    /// Changes the theme.
    Theme(Choice),
    /// Ends the session.
    SignOut,
}

/// A line of the palette.
#[derive(Clone, PartialEq)]
pub struct Entry {
    /// What it is called.
    pub name: String,
    /// What kind of thing it is.
    pub kind: &'static str,
    /// Other words that people look for it with.
    pub aliases: &'static str,
    /// Its picture.
    pub glyph: Glyph,
    /// The page of something that has an entry itself: it is offered to those who name it.
    pub page: Option<&'static str>,
    /// What it does.
    pub act: Act,
}

fn page(name: &'static str, href: &'static str, glyph: Glyph, aliases: &'static str) -> Entry {
    Entry {
        name: name.to_owned(),
        aliases,
        kind: tr!("Page"),
        glyph,
        page: None,
        act: Act::Page(href),
    }
}

fn action(name: impl Into<String>, glyph: Glyph, act: Act) -> Entry {
    Entry {
        name: name.into(),
        aliases: "",
        kind: tr!("Action"),
        glyph,
        page: None,
        act,
    }
}

/// What is there in every workspace, and open to the person.
pub fn fixed(session: Session) -> Vec<Entry> {
    let theme = |choice: Choice| {
        let name = tr!("Theme: {}", choice.name());
        action(name, choice.icon(), Act::Theme(choice))
    };
    let mut entries = vec![
        action(tr!("New bot"), icon::PLUS, Act::Page("/bots/new")),
        page(
            tr!("Bots"),
            "/bots",
            icon::BOT,
            tr!("chatbots, assistants, drafts"),
        ),
        page(
            tr!("Knowledge"),
            "/knowledge",
            icon::BOOK_OPEN,
            tr!("documents, files, websites, sources"),
        ),
        page(
            tr!("Inbox"),
            "/inbox",
            icon::MESSAGES_SQUARE,
            tr!("hand-off, live chat"),
        ),
        page(
            tr!("Conversations"),
            "/conversations",
            icon::MESSAGES_SQUARE,
            tr!("chats, transcripts, messages"),
        ),
        page(
            tr!("Unanswered questions"),
            "/conversations/gaps",
            icon::CIRCLE_HELP,
            tr!("gaps, improve answers"),
        ),
        page(
            tr!("Leads"),
            "/leads",
            icon::INBOX,
            tr!("contacts, customers, forms"),
        ),
        page(
            tr!("Analytics"),
            "/analytics",
            icon::CHART,
            tr!("statistics, figures, reports"),
        ),
        page(
            tr!("Tests"),
            "/tests",
            icon::LIST_CHECKS,
            tr!("test sets, quality"),
        ),
        page(
            tr!("Settings"),
            "/settings",
            icon::SETTINGS,
            tr!("workspace, providers, models, API keys, connections, theme"),
        ),
        page(
            tr!("Data"),
            "/settings/data",
            icon::LAYERS,
            tr!("retention, export, archive, privacy"),
        ),
        page(
            tr!("Members"),
            "/members",
            icon::USERS,
            tr!("invite, people, team, roles, guests"),
        ),
        page(
            tr!("Account"),
            "/account",
            icon::KEY_ROUND,
            tr!("profile, password, passkey, sign-in, sessions"),
        ),
    ];
    if session.may(Role::Admin) {
        entries.push(page(
            tr!("Usage"),
            "/settings/usage",
            icon::CHART,
            tr!("plan, quota, limits, tokens"),
        ));
        entries.push(page(
            tr!("Webhooks"),
            "/settings/webhooks",
            icon::PLUG,
            tr!("integrations, notifications"),
        ));
        entries.push(page(
            tr!("Audit log"),
            "/settings/audit",
            icon::HISTORY,
            tr!("history, security, who did what"),
        ));
    }
    entries.extend(Choice::ALL.map(theme));
    entries.push(action(tr!("Sign out"), icon::LOG_OUT, Act::SignOut));
    entries
}

fn bot(bot: &BotSummary) -> Entry {
    Entry {
        name: bot.name.clone(),
        aliases: "",
        kind: tr!("Bot"),
        glyph: icon::BOT,
        page: None,
        act: Act::Bot(bot.id, ""),
    }
}

/// The pages of a bot, but for its first.
fn pages_of(session: Session, bot: &BotSummary) -> Vec<Entry> {
    let entry = |place: Place| Entry {
        name: format!("{} · {}", bot.name, crate::i18n::text(place.name)),
        aliases: "",
        kind: tr!("Page"),
        glyph: icon::BOT,
        page: Some(crate::i18n::text(place.name)),
        act: Act::Bot(bot.id, place.path),
    };
    sections(session)
        .flat_map(|section| match section.pages {
            [] => vec![section],
            pages => pages.to_vec(),
        })
        .filter(|place| !place.path.is_empty())
        .map(entry)
        .collect()
}

/// What this workspace has. What can't be read is left out: the palette still leads to its page, which says why.
pub async fn made_here(session: Session, found: RwSignal<Vec<Entry>>) {
    let add = |entries: Vec<Entry>| {
        // Whoever closed the palette took the list along.
        found.try_update(|found| found.extend(entries)).is_some()
    };
    // A guest belongs to none.
    if let Ok(me) = session.send(&client::auth::me()).await
        && me.organization_role.is_some()
    {
        add(vec![page(
            tr!("Organization"),
            "/organization",
            icon::BUILDING,
            tr!("company, owners, workspaces"),
        )]);
    }
    let mut cursor = None;
    for _ in 0..MOST_PAGES {
        let Ok(bots) = session.send(&client::bots::list("", cursor)).await else {
            break;
        };
        cursor = bots.next_cursor;
        let is_read = add(bots.items.iter().map(bot).collect());
        let pages = bots.items.iter().flat_map(|bot| pages_of(session, bot));
        if !is_read || !add(pages.collect()) || cursor.is_none() {
            break;
        }
    }
    if let Ok(bases) = session.send(&client::kb::list()).await {
        let base = |base: api_types::kb::KnowledgeBase| Entry {
            name: base.name,
            aliases: "",
            kind: tr!("Knowledge base"),
            glyph: icon::BOOK_OPEN,
            page: None,
            act: Act::KnowledgeBase(base.id),
        };
        add(bases.into_iter().map(base).collect());
    }
    if let Ok(sets) = session.send(&client::test_sets::list()).await {
        let set = |set: api_types::test_sets::TestSet| Entry {
            name: set.name,
            aliases: "",
            kind: tr!("Test set"),
            glyph: icon::LIST_CHECKS,
            page: None,
            act: Act::TestSet(set.id),
        };
        add(sets.into_iter().map(set).collect());
    }
}
