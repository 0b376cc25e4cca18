//! One lead: what they left, when, and what the team makes of it.

use api_types::client;
use api_types::leads::{Lead, LeadAnswer, LeadStatus, LeadSubmission, SaveLeadRequest};
use api_types::live::Topic;
use leptos::prelude::*;
use uuid::Uuid;

use super::delete::DeleteLead;
use super::notes::Notes;
use super::status;
use crate::live::follow;
use crate::ui::field::{SelectField, Text};
use crate::ui::load::{Load, blocks, load, loaded};
use crate::ui::page::{PageHead, Section};
use crate::ui::params::with_id;
use crate::ui::time::Ago;
use crate::ui::undo::undoable;

/// The page.
#[component]
pub fn LeadPage() -> impl IntoView {
    with_id(|id| {
        let lead = load(move || client::leads::get(id));
        follow(lead, move |what, changed| what == Topic::Lead && changed == id);
        loaded(
            lead,
            blocks,
            move |found| view! { <Details id=id lead=lead found=found /> },
        )
    })
}

#[component]
fn Details(id: Uuid, lead: Load<Lead>, found: RwSignal<Lead>) -> impl IntoView {
    let title = move || found.with(|lead| lead.summary.title().to_owned());
    view! {
        <PageHead title=Signal::derive(title) back=("/leads", tr!("Leads"))>
            <DeleteLead id=id />
        </PageHead>
        <div class="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_22rem]">
            <div class="flex min-w-0 flex-col gap-5">
                {move || view! { <Answers lead=found.get() /> }}
                {move || view! { <History history=found.with(|lead| lead.history.clone()) /> }}
            </div>
            <div class="flex min-w-0 flex-col gap-5">
                <Pipeline id=id lead=lead found=found />
                <Notes id=id lead=lead notes=Signal::derive(move || found.with(|lead| lead.notes.clone())) />
            </div>
        </div>
    }
}

/// How far the team is. Saved as it is chosen.
#[component]
fn Pipeline(id: Uuid, lead: Load<Lead>, found: RwSignal<Lead>) -> impl IntoView {
    let saved = move || found.with(|lead| lead.summary.status);
    let chosen = RwSignal::new(untrack(saved));
    Effect::new(move |_| chosen.set(saved()));
    let change = undoable(
        move |status| chosen.set(status),
        move |_, status| Some(client::leads::save(id, SaveLeadRequest { status: *status })),
        move |answer| lead.set(answer),
    );
    let choose = move |name: String| {
        let before = chosen.get_untracked();
        if let Some(status) = LeadStatus::from_name(&name).filter(|status| *status != before) {
            let words = tr!("Saved as {}.", status::name(status).to_lowercase());
            change.go(before, status, words);
        }
    };
    let value = Text::new(move || chosen.get().as_str().to_owned(), choose);
    view! {
        <Section title=tr!("Status")>
            <SelectField label=tr!("How far you are") value=value options=Signal::derive(status::options) />
        </Section>
    }
}

#[component]
fn Answers(lead: Lead) -> impl IntoView {
    let summary = lead.summary;
    let bot = match (summary.bot_id, summary.bot_name) {
        (Some(id), Some(name)) => view! {
            <a class="link-plain" href=format!("/bots/{id}") dir="auto">
                {name}
            </a>
        }
        .into_any(),
        _ => view! { {tr!("A deleted bot")} }.into_any(),
    };
    view! {
        <Section title=tr!("Details") subtitle=tr!("The newest answer to each question.")>
            <dl class="grid gap-x-6 gap-y-3 sm:grid-cols-[10rem_minmax(0,1fr)]">
                {answers(lead.answers)}
                <dt class="muted">{tr!("Left with")}</dt>
                <dd>{bot}</dd>
                <dt class="muted">{tr!("Last left")}</dt>
                <dd>
                    <Ago at=summary.submitted_at />
                </dd>
                {place(lead.page_url)}
                {lead
                    .conversation_id
                    .map(|id| {
                        view! {
                            <dt class="muted">{tr!("Conversation")}</dt>
                            <dd>
                                <a class="link-plain" href=format!("/conversations/{id}")>
                                    {tr!("Read it")}
                                </a>
                            </dd>
                        }
                    })}
                {lead
                    .consent
                    .map(|consent| {
                        view! {
                            <dt class="muted">{tr!("Agreed to")}</dt>
                            <dd class="wrap-anywhere" dir="auto">
                                {consent.text} " " <span class="muted">
                                    <Ago at=consent.at />
                                </span>
                            </dd>
                        }
                    })}
            </dl>
        </Section>
    }
}

/// A page of a visitor's choice is shown, and not linked: anybody can send any address.
fn place(page_url: Option<String>) -> impl IntoView {
    page_url.map(|url| {
        view! {
            <dt class="muted">{tr!("On the page")}</dt>
            <dd class="wrap-anywhere" dir="ltr">
                {url}
            </dd>
        }
    })
}

fn answers(answers: Vec<LeadAnswer>) -> impl IntoView {
    let pair = |answer: LeadAnswer| {
        let value = if answer.value == "true" {
            tr!("Yes").to_owned()
        } else {
            answer.value
        };
        view! {
            <dt class="muted wrap-anywhere" dir="auto">
                {answer.label}
            </dt>
            <dd class="whitespace-pre-wrap wrap-anywhere" dir="auto">
                {value}
            </dd>
        }
    };
    answers.into_iter().map(pair).collect_view()
}

/// Every time that details were left, if it was more than once.
#[component]
fn History(history: Vec<LeadSubmission>) -> impl IntoView {
    let entry = |submission: LeadSubmission| {
        view! {
            <li class="py-3">
                <p class="muted mb-2 flex flex-wrap gap-x-3 text-xs">
                    <Ago at=submission.created_at />
                    {submission
                        .conversation_id
                        .map(|id| {
                            view! {
                                <a class="link-plain" href=format!("/conversations/{id}")>
                                    {tr!("Conversation")}
                                </a>
                            }
                        })}
                </p>
                <dl class="grid gap-x-6 gap-y-1 sm:grid-cols-[10rem_minmax(0,1fr)]">
                    {answers(submission.answers)} {place(submission.page_url)}
                </dl>
            </li>
        }
    };
    (history.len() > 1).then(|| {
        view! {
            <Section title=tr!("History") subtitle=tr!("Each time that details were left, as they were then.")>
                <ul class="-my-3 divide-y divide-base-300" aria-label=tr!("History")>
                    {history.into_iter().map(entry).collect_view()}
                </ul>
            </Section>
        }
    })
}
