//! The head of every page of one bot: its name, whether it answers, the way to its draft and to a deploy, its pages.

use api_types::tenancy::Role;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate};
use uuid::Uuid;

use super::frame::ThisBot;
use super::new_bot::DraftButton;
use super::places::{BUILD, sections};
use super::status::StatusBadge;
use crate::session::use_session;
use crate::ui::button::{Button, Variant};
use crate::ui::icon::{self, Icon};
use crate::ui::tabs::{TabLinks, TabRow};

/// The head. It stays in sight; the pages of the section that is open scroll away.
#[component]
pub fn BotHead(this: ThisBot) -> impl IntoView {
    let status = Memo::new(move |_| this.bot.with(|bot| bot.summary.status));
    view! {
        <header class="sticky top-14 z-20 -mx-4 -mt-6 mb-4 border-b border-base-300 bg-base-200 px-4 pt-3 sm:-mx-6 sm:px-6">
            <div class="mb-1 flex flex-wrap items-center gap-x-3 gap-y-1">
                <a href="/bots" class="btn btn-ghost btn-square btn-sm -ms-2" aria-label=tr!("Back to the bots") title=tr!("Bots")>
                    <Icon glyph=icon::ARROW_LEFT class="size-4 rtl:rotate-180" />
                </a>
                <h1 class="min-w-0 truncate text-lg font-semibold" dir="auto">
                    {move || this.name()}
                </h1>
                <StatusBadge status=status />
                <div class="ms-auto flex flex-wrap items-center justify-end gap-2">
                    <Actions this=this />
                </div>
            </div>
            <Sections id=this.id />
        </header>
        <SubPages id=this.id />
    }
}

/// `Draft · 3 changes`, Edit and Deploy.
#[component]
fn Actions(this: ThisBot) -> impl IntoView {
    let session = use_session();
    let navigate = StoredValue::new_local(use_navigate());
    let draft_id = move || {
        this.draft
            .found
            .with(|draft| draft.as_ref().map(|draft| draft.id))
    };
    let count = Memo::new(move |_| this.draft.change_count());
    let words = move || {
        let number = i64::try_from(count.get().unwrap_or_default()).unwrap_or(i64::MAX);
        tr!("Draft · {n} change" | "Draft · {n} changes" % number)
    };
    let has_changes = move || count.get().is_some_and(|count| count > 0);
    let why = move || {
        (!has_changes()).then(|| {
            this.bot.with(|bot| {
                tr!(
                    "Nothing to deploy: version {} is live as it is.",
                    bot.summary.live_version
                )
            })
        })
    };
    let deploy = move || {
        if let Some(id) = draft_id() {
            let address = format!("/bots/draft/{id}?deploy");
            navigate.with_value(|navigate| navigate(&address, NavigateOptions::default()));
        }
    };
    session.may(Role::Editor).then(|| {
        view! {
            <Show when=move || count.get().is_some()>
                <a
                    class="link-plain text-sm whitespace-nowrap max-sm:order-first"
                    href=format!("/bots/{}{BUILD}", this.id)
                    data-testid="draft-chip"
                >
                    {words}
                </a>
            </Show>
            <DraftButton from=Some(this.id) icon=icon::PENCIL small=true>
                {tr!("Edit")}
            </DraftButton>
            <span title=why>
                <Button
                    variant=Variant::Primary
                    small=true
                    icon=icon::ROCKET
                    disabled=Signal::derive(move || !has_changes())
                    on_click=deploy
                >
                    {tr!("Deploy")}
                </Button>
            </span>
        }
    })
}

/// The sections of a bot, also above its draft.
#[component]
pub fn Sections(
    /// The bot.
    id: Uuid,
    /// The section that is open, where the address does not say it.
    #[prop(optional)]
    open: Option<&'static str>,
) -> impl IntoView {
    let path = use_location().pathname;
    let links = sections(use_session()).map(|place| {
        let is_here = move || match open {
            Some(open) => place.path == open,
            None => path.with(|path| place.holds(id, path)),
        };
        (
            place.address(id),
            crate::i18n::text(place.name),
            Signal::derive(is_here),
        )
    });
    view! { <TabRow links=links.collect() label=tr!("Bot") /> }
}

/// The pages of the section that is open.
#[component]
fn SubPages(id: Uuid) -> impl IntoView {
    let path = use_location().pathname;
    let session = use_session();
    let section = Memo::new(move |_| {
        let open = path.with(|path| sections(session).find(|place| place.holds(id, path)));
        open.map(|place| place.path)
    });
    move || {
        let section = section.get()?;
        let section = sections(session).find(|place| place.path == section)?;
        let tabs: Vec<_> = section
            .pages
            .iter()
            .map(|page| (page.address(id), crate::i18n::text(page.name)))
            .collect();
        (!tabs.is_empty()).then(|| view! { <TabLinks tabs=tabs label=crate::i18n::text(section.name) /> })
    }
}
