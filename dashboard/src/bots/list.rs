//! Every bot, and the drafts in progress.

use api_types::bots::{BotStatus, BotSummary};
use api_types::client;
use api_types::drafts::DraftSummary;
use api_types::live::Topic;
use api_types::tenancy::Role;
use leptos::prelude::*;

use super::new_bot::DraftButton;
use super::status::StatusBadge;
use crate::drafts::DraftList;
use crate::live::{follow, follow_pages};
use crate::ui::button::{ButtonLink, Variant};
use crate::ui::empty::Empty;
use crate::ui::field::{SearchBox, settled};
use crate::ui::icon;
use crate::ui::load::{Load, load, loaded, rows};
use crate::ui::page::PageHead;
use crate::ui::pages::{Pages, pages, show_more};
use crate::ui::time::Ago;

/// The page.
#[component]
pub fn BotsPage() -> impl IntoView {
    let words = RwSignal::new(String::new());
    let wanted = settled(words);
    let bots = pages(move |cursor| client::bots::list(&wanted.get(), cursor));
    let drafts = load(client::bot_drafts::list);
    follow_pages(bots, |what, _| what == Topic::Bot);
    follow(drafts, |what, _| what == Topic::Draft);
    let is_searched = Memo::new(move |_| !wanted.with(|words| words.trim().is_empty()));
    // Known only while nothing is looked for.
    let has_bots = Memo::new(move |before: Option<&bool>| {
        if is_searched.get() || bots.first.get().is_none() {
            before.copied().unwrap_or_default()
        } else {
            !bots.items().is_empty()
        }
    });

    view! {
        <PageHead title=tr!("Bots") subtitle=tr!("Each answers visitors from the knowledge you give it.")>
            <ButtonLink href="/bots/new" variant=Variant::Primary icon=icon::PLUS needs=Role::Editor>
                {tr!("New bot")}
            </ButtonLink>
        </PageHead>
        {loaded(
            drafts,
            rows,
            move |found| view! { <Drafts found=found drafts=drafts /> },
        )}
        <Show when=move || has_bots.get()>
            <div class="mb-4">
                <SearchBox label=tr!("Search bots") value=words />
            </div>
        </Show>
        {loaded(
            bots.first,
            rows,
            move |_| {
                let has_drafts = move || drafts.get().is_some_and(|drafts| !drafts.is_empty());
                view! {
                    <Show
                        when=move || has_bots.get() || has_drafts()
                        fallback=|| view! { <NoBots /> }
                    >
                        <Bots bots=bots is_searched=is_searched />
                    </Show>
                }
            },
        )}
    }
}

#[component]
fn NoBots() -> impl IntoView {
    let knowledge = load(client::kb::list);
    loaded(knowledge, rows, |found| {
        if found.with_untracked(Vec::is_empty) {
            view! {
                <Empty
                    icon=icon::BOT
                    title=tr!("Your first bot in two minutes")
                    text=tr!("Name it and say what it should know: your website, or some files. Then try it before anyone sees it.")
                >
                    <ButtonLink href="/bots/new" variant=Variant::Primary icon=icon::PLUS>
                        {tr!("Create your first bot")}
                    </ButtonLink>
                    <ButtonLink href="/knowledge" icon=icon::BOOK_OPEN>
                        {tr!("Create a knowledge base")}
                    </ButtonLink>
                </Empty>
            }
            .into_any()
        } else {
            view! {
                <Empty
                    icon=icon::BOT
                    title=tr!("No bots yet")
                    text=tr!("Bots you deploy are listed here, with what visitors ask them. Build one on your knowledge and try it before anyone sees it.")
                >
                    <DraftButton variant=Variant::Primary icon=icon::PLUS>
                        {tr!("Build a bot")}
                    </DraftButton>
                </Empty>
            }
            .into_any()
        }
    })
}

#[component]
fn Bots(bots: Pages<BotSummary>, is_searched: Memo<bool>) -> impl IntoView {
    view! {
        <Show when=move || is_searched.get() && bots.items().is_empty()>
            <p class="muted py-6 text-center">{tr!("No bot has this name.")}</p>
        </Show>
        <ul class="grid gap-3 sm:grid-cols-2 xl:grid-cols-3" aria-label=tr!("Bots")>
            <For
                each=move || bots.items()
                key=|bot| (bot.id, bot.live_version, bot.status == BotStatus::Live, bot.conversation_count, bot.name.clone())
                children=|bot| view! { <BotCard bot=bot /> }
            />
        </ul>
        {show_more(bots)}
    }
}

#[component]
fn BotCard(bot: BotSummary) -> impl IntoView {
    let style = format!("background-color: {}", bot.color);
    let name = bot.name.clone();
    view! {
        <li class="panel relative flex min-w-0 flex-col gap-3 p-4 hover:border-primary focus-within:border-primary">
            <div class="flex items-center gap-3">
                <span class="size-3 shrink-0 rounded-full" style=style></span>
                <a
                    href=format!("/bots/{}", bot.id)
                    class="min-w-0 grow truncate font-semibold after:absolute after:inset-0 after:rounded-box"
                    title=bot.name
                    dir="auto"
                >
                    {name}
                </a>
                <StatusBadge status=bot.status />
            </div>
            <p class="muted flex flex-wrap gap-x-3 gap-y-1">
                <span>{tr!("Version {}", bot.live_version)}</span>
                <span>{conversations(bot.conversation_count)}</span>
                <span>{tr!("deployed ")} <Ago at=bot.deployed_at /></span>
            </p>
        </li>
    }
}

#[component]
fn Drafts(found: RwSignal<Vec<DraftSummary>>, drafts: Load<Vec<DraftSummary>>) -> impl IntoView {
    // The bot that a draft changes may stand on no page that is shown.
    let bots = load(client::bots::many);
    let remark = move |draft: &DraftSummary| {
        let from = draft.from?;
        let bot = bots.get()?.items.into_iter().find(|bot| bot.id == from)?;
        Some(tr!("edits {}", bot.name))
    };
    view! {
        <DraftList
            found=found
            drafts=drafts
            base="/bots/draft"
            untitled=tr!("Untitled bot")
            remark=remark
            delete=client::bot_drafts::delete
            goes=tr!("and everything typed into it goes away. A bot that is deployed stays as it is.")
        />
    }
}

/// How many conversations a bot had, as far as they are counted.
pub fn conversations(count: i64) -> String {
    if count > BotSummary::MOST_COUNTED {
        return tr!("More than {} conversations", BotSummary::MOST_COUNTED);
    }
    tr!("{n} conversation" | "{n} conversations" % count)
}
