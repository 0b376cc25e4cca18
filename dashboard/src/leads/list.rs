//! Leads, those who left details last first.

use api_types::client;
use api_types::leads::{LeadFilter, LeadFormat, LeadSummary};
use api_types::live::Topic;
use api_types::tenancy::Role;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::filters::{Filters, wanted};
use super::status::StatusMark;
use crate::live::follow_pages;
use crate::session::use_session;
use crate::ui::button::{Button, ButtonLink};
use crate::ui::download;
use crate::ui::empty::Empty;
use crate::ui::icon;
use crate::ui::load::{loaded, rows};
use crate::ui::page::PageHead;
use crate::ui::pages::{pages, show_more};
use crate::ui::time::Ago;
use crate::ui::toast::use_toasts;

/// The page.
#[component]
pub fn LeadsPage() -> impl IntoView {
    let wanted = wanted();
    let leads = pages(move |cursor| client::leads::list(&wanted.get(), cursor));
    follow_pages(leads, |what, _| what == Topic::Lead);
    view! {
        <PageHead title=tr!("Leads") subtitle=tr!("People who left their details with a bot, and how far you are with them.")>
            <Export wanted=wanted format=LeadFormat::Csv name=tr!("Export CSV") />
            <Export wanted=wanted format=LeadFormat::Xlsx name=tr!("Export Excel") />
        </PageHead>
        <Filters wanted=wanted />
        {loaded(
            leads.first,
            rows,
            move |_| {
                view! {
                    <Show
                        when=move || !leads.items().is_empty()
                        fallback=move || view! { <Nothing is_narrowed=wanted.get() != LeadFilter::default() /> }
                    >
                        <ul class="panel divide-y divide-base-300" aria-label=tr!("Leads")>
                            <For
                                each=move || leads.items()
                                key=|lead| (lead.id, lead.submissions, lead.status.as_str())
                                children=|lead| view! { <Row lead=lead /> }
                            />
                        </ul>
                    </Show>
                    {show_more(leads)}
                }
            },
        )}
    }
}

#[component]
fn Nothing(is_narrowed: bool) -> impl IntoView {
    if is_narrowed {
        view! {
            <Empty icon=icon::INBOX title=tr!("No such lead") text=tr!("Nobody who left their details is what you look for.")>
                <ButtonLink href="/leads">{tr!("Show all")}</ButtonLink>
            </Empty>
        }
        .into_any()
    } else {
        view! {
            <Empty
                icon=icon::INBOX
                title=tr!("No leads yet")
                text=tr!("Bots ask for details once you switch their lead form on: edit a bot, open “Leads”, choose what to ask and when, and deploy.")
            >
                <ButtonLink href="/bots" icon=icon::BOT>
                    {tr!("Go to the bots")}
                </ButtonLink>
                <ButtonLink href="/settings/webhooks" icon=icon::PLUG>
                    {tr!("Webhooks")}
                </ButtonLink>
            </Empty>
        }
        .into_any()
    }
}

#[component]
fn Row(lead: LeadSummary) -> impl IntoView {
    let title = lead.title().to_owned();
    let known = [lead.email.clone(), lead.phone.clone()];
    let facts: Vec<String> = known
        .into_iter()
        .flatten()
        .filter(|text| *text != title)
        .collect();
    view! {
        <li class="relative flex items-center gap-3 px-4 py-3 hover:bg-base-200">
            <div class="min-w-0 grow">
                <a
                    href=format!("/leads/{}", lead.id)
                    class="block truncate font-medium after:absolute after:inset-0"
                    dir="auto"
                >
                    {title}
                </a>
                <p class="muted flex flex-wrap gap-x-3">
                    {facts
                        .into_iter()
                        .map(|fact| {
                            view! {
                                <span class="max-w-full truncate" dir="auto">
                                    {fact}
                                </span>
                            }
                        })
                        .collect_view()}
                    <span class="max-w-full truncate" dir="auto">
                        {lead.bot_name.unwrap_or_else(|| tr!("A deleted bot").to_owned())}
                    </span>
                    {(lead.submissions > 1).then(|| view! { <span>{tr!("{n} time" | "{n} times" % lead.submissions)}</span> })}
                </p>
            </div>
            <StatusMark status=lead.status />
            <span class="muted relative hidden sm:inline">
                <Ago at=lead.submitted_at />
            </span>
        </li>
    }
}

/// Saves the leads that are looked at as a file.
#[component]
fn Export(wanted: Memo<LeadFilter>, format: LeadFormat, name: &'static str) -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let busy = RwSignal::new(false);
    let save = move || {
        let call = client::leads::export(&wanted.get_untracked(), format);
        busy.set(true);
        spawn_local(async move {
            let file = format!("leads.{}", format.as_str());
            if let Err(problem) = download::save(session, &call, &file).await {
                toasts.fail(&problem);
            }
            busy.try_set(false);
        });
    };
    view! {
        <Button icon=icon::DOWNLOAD busy=busy needs=Role::Editor on_click=save>
            {name}
        </Button>
    }
}
