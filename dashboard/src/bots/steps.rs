//! What is to be done next with a bot, as far as it can be told from what is there.

use api_types::client;
use api_types::embed::BotSite;
use api_types::gaps::GapStatus;
use api_types::tenancy::Role;
use leptos::prelude::*;

use super::frame::ThisBot;
use super::places::BUILD;
use crate::session::use_session;
use crate::ui::icon::{self, Glyph, Icon};
use crate::ui::load::load;
use crate::ui::page::Section;

/// A step: what it is called, why it is there, its picture and its page.
type Step = (String, &'static str, Glyph, String);

/// The section.
#[component]
pub fn NextSteps(this: ThisBot) -> impl IntoView {
    let id = this.id;
    let is_editor = use_session().may(Role::Editor);
    let gaps = load(move || client::gaps::list(Some(id), GapStatus::Open, None));
    let sites = load(move || client::bots::sites(id));
    let page = move |path: &str| format!("/bots/{id}{path}");
    let deploy = move || -> Option<Step> {
        let count = this.draft.change_count().filter(|count| *count > 0)?;
        let name = tr!("Deploy {n} change" | "Deploy {n} changes" % i64::try_from(count).unwrap_or(i64::MAX));
        Some((
            name,
            tr!("A draft says more than the version that is live."),
            icon::ROCKET,
            page(BUILD),
        ))
    };
    let know = move || -> Option<Step> {
        let knows_nothing = this.bot.with(|bot| bot.content.knowledge_base_ids.is_empty());
        (knows_nothing && is_editor).then(|| {
            let name = tr!("Give it knowledge").to_owned();
            (
                name,
                tr!("Without any, it can't answer from what you know."),
                icon::BOOK_OPEN,
                page(BUILD),
            )
        })
    };
    let embed = move || -> Option<Step> {
        let is_nowhere = sites.get().as_ref().is_some_and(Vec::<BotSite>::is_empty);
        is_nowhere.then(|| {
            let name = tr!("Put it on your site").to_owned();
            (
                name,
                tr!("Nobody has opened it on a page yet."),
                icon::CODE,
                page("/deploy"),
            )
        })
    };
    let answer = move || -> Option<Step> {
        let groups = gaps.get()?;
        let number = i64::try_from(groups.items.len())
            .ok()
            .filter(|number| *number > 0)?;
        let name = if groups.next_cursor.is_some() {
            tr!("Improve what it answers badly or not at all").to_owned()
        } else {
            tr!("Improve the answer to {n} question" | "Improve the answers to {n} questions" % number)
        };
        Some((
            name,
            tr!("Write the answer once, and it knows it."),
            icon::CIRCLE_HELP,
            page("/monitor/gaps"),
        ))
    };
    let test = move || -> Option<Step> {
        let is_untested = this.bot.with(|bot| bot.content.tests.is_none());
        is_untested.then(|| {
            let name = tr!("Test how well it answers").to_owned();
            (
                name,
                tr!("A test set asks it everything again before each deploy."),
                icon::LIST_CHECKS,
                page("/test/sets"),
            )
        })
    };
    let steps = move || {
        [deploy(), know(), embed(), answer(), test()]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
    };
    let row = |(name, why, glyph, href): Step| {
        view! {
            <li class="relative flex gap-3 py-2.5">
                <Icon glyph=glyph class="mt-0.5 size-4.5 text-primary" />
                <div class="min-w-0">
                    <a class="font-medium after:absolute after:inset-0 hover:underline" href=href>
                        {name}
                    </a>
                    <p class="muted text-sm">{why}</p>
                </div>
            </li>
        }
    };
    view! {
        <Section title=tr!("Next steps")>
            <Show
                when=move || !steps().is_empty()
                fallback=|| view! { <p class="muted">{tr!("Nothing to do just now.")}</p> }
            >
                <ul class="-my-2.5 divide-y divide-base-300" aria-label=tr!("Next steps")>
                    {move || steps().into_iter().map(row).collect_view()}
                </ul>
            </Show>
        </Section>
    }
}
