//! Where a bot is put on sites: embed code, embed doctor, and the sites it was seen on.

use api_types::client;
use api_types::embed::BotSite;
use leptos::prelude::*;
use uuid::Uuid;

use super::doctor::Doctor;
use super::embed::SitePanel;
use super::frame::this_bot;
use crate::ui::load::{load, loaded, rows};
use crate::ui::page::Section;
use crate::ui::time::Ago;

/// The page.
#[component]
pub fn DeployPage() -> impl IntoView {
    let this = this_bot();
    this.title(tr!("Widget"));
    let id = this.id;
    let embed = Memo::new(move |_| this.bot.with(|bot| bot.embed.clone()));
    view! {
        <div class="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_22rem]">
            <div class="flex min-w-0 flex-col gap-5">
                <Section title=tr!("Put it to use")>
                    <SitePanel embed=embed />
                </Section>
                <Doctor id=id />
            </div>
            <Sites id=id />
        </div>
    }
}

#[component]
fn Sites(id: Uuid) -> impl IntoView {
    let sites = load(move || client::bots::sites(id));
    let row = |site: BotSite| {
        view! {
            <li class="flex flex-wrap justify-between gap-x-3 py-2">
                <span class="min-w-0 truncate font-medium" dir="ltr">
                    {site.origin}
                </span>
                <span class="muted">{tr!("seen ")} <Ago at=site.last_seen_at /></span>
            </li>
        }
    };
    view! {
        <Section title=tr!("Seen on") subtitle=tr!("Where visitors opened the chat, as their browsers say.")>
            {loaded(
                sites,
                rows,
                move |found| {
                    view! {
                        <Show
                            when=move || found.with(|found| !found.is_empty())
                            fallback=|| {
                                view! {
                                    <p class="muted">
                                        {tr!("Nowhere yet. Once somebody opens the chat on a page, its site is listed here.")}
                                    </p>
                                }
                            }
                        >
                            <ul class="-my-2 divide-y divide-base-300" aria-label=tr!("Sites")>
                                {move || found.get().into_iter().map(row).collect_view()}
                            </ul>
                        </Show>
                    }
                },
            )}
        </Section>
    }
}
