//! Questions that nobody could answer, or whose answer was not liked, in groups: answered in place, or dismissed.

use api_types::chat::FeedbackReason;
use api_types::client;
use api_types::gaps::{GapExample, GapGroup, GapKind, GapStatus};
use api_types::live::Topic;
use api_types::tenancy::Role;
use leptos::prelude::*;
use leptos::task::spawn_local;
use uuid::Uuid;

use super::improve::ImproveDialog;
use super::{BotFilter, TABS, wanted_bot};
use crate::live::follow_pages;
use crate::session::use_session;
use crate::test_sets::{AddToTestSet, Asked};
use crate::ui::button::{Button, ButtonLink, Variant};
use crate::ui::choice::Choice;
use crate::ui::empty::Empty;
use crate::ui::icon;
use crate::ui::load::{loaded, rows};
use crate::ui::page::PageHead;
use crate::ui::pages::{Pages, pages, show_more};
use crate::ui::tabs::TabLinks;
use crate::ui::time::Ago;
use crate::ui::toast::use_toasts;
use crate::ui::undo::{Undoable, undoable};

/// The page.
#[component]
pub fn GapsPage() -> impl IntoView {
    let wanted = wanted_bot();
    view! {
        <PageHead
            title=tr!("Gaps")
            subtitle=tr!("What bots could not answer, and answers that visitors did not like. Write the answer here, and the bot knows it.")
        >
            <ButtonLink href="/knowledge" icon=icon::BOOK_OPEN>
                {tr!("Knowledge")}
            </ButtonLink>
        </PageHead>
        <TabLinks tabs=TABS label=tr!("Conversations") />
        <BotFilter />
        <GapList bot=wanted />
    }
}

/// A group, and what it is marked as.
type Marked = (Uuid, GapStatus);

/// The groups, and which of them are looked at.
#[component]
pub fn GapList(
    /// Those of this bot; of all without one.
    #[prop(into)]
    bot: Signal<Option<Uuid>>,
) -> impl IntoView {
    let status = RwSignal::new(GapStatus::Open);
    let groups = pages(move |cursor| client::gaps::list(bot.get(), status.get(), cursor));
    follow_pages(groups, |what, _| what == Topic::Gap);
    // Those that were just moved to another list.
    let gone = RwSignal::new(Vec::<Uuid>::new());
    Effect::new(move |_| {
        status.track();
        gone.set(Vec::new());
    });
    // Here and not in its row, which goes while it can still be undone.
    let change = undoable(
        move |(id, now): Marked| {
            gone.update(|gone| {
                gone.retain(|other| *other != id);
                if now != status.get_untracked() {
                    gone.push(id);
                }
            });
        },
        |_, (id, now)| Some(client::gaps::set_status(*id, *now)),
        move |_| groups.refresh(),
    );
    // Once the list says so itself it is the list's to say.
    Effect::new(move |_| {
        let items = groups.items();
        let is_listed = |id: &Uuid| items.iter().any(|group| group.id == *id);
        if !gone.with_untracked(|gone| gone.iter().all(is_listed)) {
            gone.update(|gone| gone.retain(is_listed));
        }
    });
    let shown = move || {
        let mut items = groups.items();
        gone.with(|gone| items.retain(|group| !gone.contains(&group.id)));
        items
    };
    let improving = RwSignal::new(None::<GapGroup>);
    let statuses = vec![
        (GapStatus::Open, tr!("Open")),
        (GapStatus::Improved, tr!("Improved")),
        (GapStatus::Dismissed, tr!("Dismissed")),
    ];
    view! {
        <div class="mb-4">
            <Choice label=tr!("Which gaps") chosen=status options=statuses />
        </div>
        {loaded(
            groups.first,
            rows,
            move |_| {
                view! {
                    <Show
                        when=move || !shown().is_empty()
                        fallback=move || view! { <Nothing status=status.get() /> }
                    >
                        <ul class="panel divide-y divide-base-300" aria-label=tr!("Gaps")>
                            <For
                                each=shown
                                key=|group| (group.id, group.status.as_str(), group.unanswered, group.disliked, group.question.clone())
                                children=move |group| {
                                    view! { <Row group=group groups=groups change=change improving=improving /> }
                                }
                            />
                        </ul>
                    </Show>
                    {show_more(groups)}
                }
            },
        )}
        <ImproveDialog improving=improving on_improved=move || groups.first.reload() />
    }
}

#[component]
fn Nothing(status: GapStatus) -> impl IntoView {
    let (title, text) = match status {
        GapStatus::Open => (
            tr!("No gaps"),
            tr!(
                "Whenever a bot has to say that it does not know, or a visitor does not like an answer, the question is listed here."
            ),
        ),
        GapStatus::Improved => (
            tr!("Nothing improved yet"),
            tr!("Questions whose answer you wrote are listed here, until they are asked in vain again."),
        ),
        GapStatus::Dismissed => (
            tr!("Nothing dismissed"),
            tr!("Questions that need no answer are listed here once you dismiss them."),
        ),
    };
    view! { <Empty icon=icon::CIRCLE_HELP title=title text=text /> }
}

#[component]
fn Row(
    group: GapGroup,
    groups: Pages<GapGroup>,
    change: Undoable<Marked, GapGroup>,
    improving: RwSignal<Option<GapGroup>>,
) -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let busy = RwSignal::new(false);
    let (id, status) = (group.id, group.status);
    let (other, words, done) = match status {
        GapStatus::Open => (GapStatus::Dismissed, tr!("Dismiss"), tr!("Dismissed.")),
        GapStatus::Improved | GapStatus::Dismissed => {
            (GapStatus::Open, tr!("Open again"), tr!("Open again."))
        }
    };
    let asked = Asked::Gap(group.question.clone());
    let examples = group.examples.clone();
    // What was asked in one way only can't be taken apart.
    let can_split = examples.iter().any(|example| example.question != group.question);
    let split = move |gap_id: Uuid| {
        busy.set(true);
        spawn_local(async move {
            match session.send(&client::gaps::split(id, gap_id)).await {
                Ok(_) => {
                    toasts.say(tr!("It has a group of its own now."));
                    groups.first.reload();
                }
                Err(problem) => toasts.fail(&problem),
            }
            busy.try_set(false);
        });
    };
    let split = can_split.then(|| Callback::new(split));
    let shown = StoredValue::new(group.clone());
    view! {
        <li class="flex flex-wrap items-start gap-x-4 gap-y-2 px-4 py-3" data-testid="gap">
            <div class="min-w-0 grow basis-72">
                <p class="font-medium" dir="auto">
                    {group.question.clone()}
                </p>
                <p class="muted flex flex-wrap gap-x-3">
                    {times(&group).into_iter().map(|words| view! { <span>{words}</span> }).collect_view()}
                    <span class="max-w-full truncate" dir="auto">
                        {group.bot_name.clone()}
                    </span>
                    <span>{tr!("last ")} <Ago at=group.last_asked_at /></span>
                </p>
                <details class="mt-1">
                    <summary class="muted cursor-pointer">{tr!("How it was asked")}</summary>
                    <ul class="mt-1 flex flex-col gap-1.5 border-s-2 border-base-300 ps-3">
                        {examples
                            .into_iter()
                            .map(|example| view! { <Example example=example split=split busy=busy /> })
                            .collect_view()}
                    </ul>
                </details>
            </div>
            <div class="flex flex-wrap items-center gap-1">
                <Button small=true icon=icon::PENCIL needs=Role::Editor on_click=move || improving.set(Some(shown.get_value()))>
                    {tr!("Improve answer")}
                </Button>
                <AddToTestSet asked=asked />
                <Button small=true variant=Variant::Quiet needs=Role::Editor on_click=move || change.go((id, status), (id, other), done)>
                    {words}
                </Button>
            </div>
        </li>
    }
}

/// How often, and why it is here.
fn times(group: &GapGroup) -> Vec<String> {
    let unanswered = (group.unanswered > 0)
        .then(|| tr!("{n} time unanswered" | "{n} times unanswered" % group.unanswered));
    let disliked =
        (group.disliked > 0).then(|| tr!("{n} time disliked" | "{n} times disliked" % group.disliked));
    [unanswered, disliked].into_iter().flatten().collect()
}

/// One time, with a way out of the group.
#[component]
fn Example(example: GapExample, split: Option<Callback<Uuid>>, busy: RwSignal<bool>) -> impl IntoView {
    let id = example.id;
    let why = match example.kind {
        GapKind::Unanswered => Some(tr!("no answer")),
        GapKind::Disliked => example.reason.map(reason_words).or(Some(tr!("disliked"))),
    };
    view! {
        <li>
            <p dir="auto">{example.question}</p>
            {example.comment.map(|comment| view! { <p class="italic" dir="auto">"“" {comment} "”"</p> })}
            <p class="muted flex flex-wrap items-center gap-x-3">
                <span>{why}</span>
                <Ago at=example.asked_at />
                {example
                    .conversation_id
                    .map(|id| {
                        view! {
                            <a class="link-plain inline-flex min-h-6 items-center" href=format!("/conversations/{id}")>
                                {tr!("Conversation")}
                            </a>
                        }
                    })}
                {split
                    .map(|split| {
                        view! {
                            <Button
                                small=true
                                variant=Variant::Quiet
                                needs=Role::Editor
                                busy=busy
                                on_click=move || split.run(id)
                            >
                                {tr!("Asks for something else")}
                            </Button>
                        }
                    })}
            </p>
        </li>
    }
}

/// A visitor's reason in plain words.
pub fn reason_words(reason: FeedbackReason) -> &'static str {
    match reason {
        FeedbackReason::Wrong => tr!("wrong"),
        FeedbackReason::Incomplete => tr!("something is missing"),
        FeedbackReason::NotHelpful => tr!("not helpful"),
        FeedbackReason::Other => tr!("something else"),
    }
}
