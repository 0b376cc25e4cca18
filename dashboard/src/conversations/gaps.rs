//! Questions that nobody could answer, newest first.

use api_types::client;
use api_types::conversations::Gap;
use leptos::prelude::*;

use super::{BotFilter, TABS, wanted_bot};
use crate::test_sets::{AddToTestSet, Asked};
use crate::ui::button::ButtonLink;
use crate::ui::empty::Empty;
use crate::ui::icon;
use crate::ui::load::{loaded, rows};
use crate::ui::page::PageHead;
use crate::ui::pages::{pages, show_more};
use crate::ui::tabs::TabLinks;
use crate::ui::time::Ago;

/// The page.
#[component]
pub fn GapsPage() -> impl IntoView {
    let wanted = wanted_bot();
    let gaps = pages(move |cursor| client::conversations::gaps(wanted.get(), cursor));
    view! {
        <PageHead
            title="Gaps"
            subtitle="Questions whose answer is in no document yet. Add it to a knowledge base and the bot knows."
        >
            <ButtonLink href="/knowledge" icon=icon::BOOK_OPEN>
                "Knowledge"
            </ButtonLink>
        </PageHead>
        <TabLinks tabs=TABS label="Conversations" />
        <BotFilter />
        {loaded(
            gaps.first,
            rows,
            move |_| {
                view! {
                    <Show
                        when=move || !gaps.items().is_empty()
                        fallback=|| {
                            view! {
                                <Empty
                                    icon=icon::CIRCLE_HELP
                                    title="No gaps"
                                    text="Whenever a bot has to say that it does not know, the question is listed here."
                                />
                            }
                        }
                    >
                        <ul class="panel divide-y divide-base-300" aria-label="Gaps">
                            <For
                                each=move || gaps.items()
                                key=|gap| gap.id
                                children=|gap| view! { <Row gap=gap /> }
                            />
                        </ul>
                    </Show>
                    {show_more(gaps)}
                }
            },
        )}
    }
}

#[component]
fn Row(gap: Gap) -> impl IntoView {
    let asked = Asked::Gap(gap.question.clone());
    view! {
        <li class="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-3">
            <div class="min-w-0 grow basis-60">
                <p class="font-medium" dir="auto">
                    {gap.question}
                </p>
                <p class="muted flex flex-wrap gap-x-3">
                    <span class="max-w-full truncate" dir="auto">
                        {gap.bot_name}
                    </span>
                    <Ago at=gap.created_at />
                </p>
            </div>
            <AddToTestSet asked=asked />
            {gap
                .conversation_id
                .map(|id| {
                    view! {
                        <a class="link-plain whitespace-nowrap" href=format!("/conversations/{id}")>
                            "Conversation"
                        </a>
                    }
                })}
        </li>
    }
}
