//! One conversation, word for word.

use api_types::chat::{MessageRole, Rating};
use api_types::client;
use api_types::conversations::{Conversation, MessagePage, MessageStatus, TranscriptMessage};
use api_types::live::Topic;
use api_types::test_sets::CaseFromConversationRequest;
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use uuid::Uuid;

use super::delete::DeleteConversation;
use super::gaps::reason_words;
use super::list::{GapMark, channel_name, visitor_of};
use super::messages::{Earlier, Later, Messages, anchor, show};
use super::why::{Asking, WhyDialog};
use crate::chat::{Answer, Attachments, OpenPassage, PassageDialog, Question};
use crate::i18n::decimal;
use crate::live::follow;
use crate::test_sets::{AddToTestSet, Asked};
use crate::ui::icon::{self, Icon};
use crate::ui::load::{blocks, load, loaded};
use crate::ui::page::PageHead;
use crate::ui::params::with_id;
use crate::ui::time::Ago;

/// The page.
#[component]
pub fn ConversationPage() -> impl IntoView {
    with_id(|id| {
        let conversation = load(move || client::conversations::get(id));
        follow(conversation, move |what, changed| {
            what == Topic::Conversation && changed == id
        });
        loaded(conversation, blocks, move |found| {
            let wanted = use_query_map().with_untracked(|query| query.get("message"));
            match wanted.and_then(|message| message.parse().ok()) {
                None => view! { <Transcript found=found part=last(&found.get_untracked()) /> }.into_any(),
                Some(message) => {
                    let around = load(move || client::conversations::around(id, message));
                    loaded(around, blocks, move |part| {
                        show(message);
                        view! { <Transcript found=found part=part.get_untracked() wanted=message /> }
                    })
                    .into_any()
                }
            }
        })
    })
}

/// The part that comes with a conversation.
fn last(conversation: &Conversation) -> MessagePage {
    MessagePage {
        messages: conversation.messages.clone(),
        has_earlier: conversation.has_earlier,
        has_later: false,
    }
}

#[component]
fn Transcript(
    found: RwSignal<Conversation>,
    part: MessagePage,
    /// The message that a link leads to.
    #[prop(optional)]
    wanted: Option<Uuid>,
) -> impl IntoView {
    let passage: OpenPassage = RwSignal::new(None);
    let asking: Asking = RwSignal::new(None);
    let Conversation { summary, lead_id, .. } = found.get_untracked();
    let visitor = visitor_of(&summary);
    // A long one is read from its end.
    let end = part
        .messages
        .last()
        .filter(|_| part.has_earlier && wanted.is_none());
    if let Some(end) = end.map(|message| message.id) {
        show(end);
    }
    let messages = Messages::of(summary.id, part);
    Effect::new(move |before: Option<()>| {
        found.with(|found| {
            if before.is_some() {
                messages.renew(&found.messages, found.has_earlier);
            }
        });
    });
    let count = move || found.with(|found| found.summary.message_count);
    let title = if summary.first_message.is_empty() {
        tr!("Nothing was asked").to_owned()
    } else {
        summary.first_message.clone()
    };
    let line = move |message: TranscriptMessage| {
        let (id, role) = (message.id, message.role);
        let content = match role {
            MessageRole::User => view! { <AskedLine message=message conversation_id=summary.id /> }.into_any(),
            MessageRole::Assistant => {
                view! { <Answered message=message passage=passage conversation_id=summary.id asking=asking /> }
                    .into_any()
            }
        };
        view! {
            <div id=anchor(id) class="row-far" class=("outline-2", wanted == Some(id)) class=("outline-primary", wanted == Some(id))>
                {content}
            </div>
        }
    };
    view! {
        <PageHead title=title back=("/conversations", tr!("Conversations"))>
            <DeleteConversation id=summary.id />
        </PageHead>
        <p class="muted -mt-4 mb-6 flex flex-wrap items-center gap-x-4 gap-y-1">
            <a class="link-plain" href=format!("/bots/{}", summary.bot_id) dir="auto">
                {summary.bot_name}
            </a>
            {visitor}
            <span>{channel_name(summary.channel)}</span>
            <span>{move || tr!("{n} message" | "{n} messages" % count())}</span>
            <span>{tr!("began ")} <Ago at=summary.created_at /></span>
            {lead_id
                .map(|id| {
                    view! {
                        <a class="link-plain" href=format!("/leads/{id}")>
                            {tr!("Lead")}
                        </a>
                    }
                })}
            {summary.has_gap.then(|| view! { <GapMark /> })}
        </p>
        <div class="panel mx-auto flex max-w-3xl flex-col gap-4 p-4 sm:p-6">
            <Earlier messages=messages />
            <For each=move || messages.list.get() key=version children=line />
            <Later messages=messages />
        </div>
        <PassageDialog passage=passage />
        <WhyDialog asking=asking />
    }
}

/// What a message is drawn anew for.
fn version(message: &TranscriptMessage) -> (Uuid, usize, Option<&'static str>) {
    let rating = message.rating.map(Rating::as_str);
    (message.id, message.content.len(), rating)
}

#[component]
fn AskedLine(message: TranscriptMessage, conversation_id: Uuid) -> impl IntoView {
    let asked = Asked::Message(CaseFromConversationRequest {
        conversation_id,
        message_id: message.id,
    });
    view! {
        <div>
            {(!message.content.is_empty()).then(|| view! { <Question text=message.content.clone() /> })}
            <Attachments conversation_id=conversation_id attachments=message.attachments at_end=true />
            <div class="mt-1 flex flex-wrap items-center justify-end gap-x-2">
                <AddToTestSet asked=asked />
                <When message=message.id conversation=conversation_id at=message.created_at />
            </div>
        </div>
    }
}

#[component]
fn Answered(
    message: TranscriptMessage,
    passage: OpenPassage,
    conversation_id: Uuid,
    asking: Asking,
) -> impl IntoView {
    let message_id = message.id;
    let sources = message.sources.clone();
    let facts = facts(&message);
    let trouble = match message.status {
        MessageStatus::Complete => None,
        MessageStatus::Partial => Some(tr!("This answer broke off.")),
        MessageStatus::Failed => Some(tr!("No answer came.")),
    };
    let rating = message.rating.map(|rating| match rating {
        Rating::Up => (
            icon::THUMBS_UP,
            tr!("The visitor found this helpful"),
            "size-3.5 text-success",
        ),
        Rating::Down => (
            icon::THUMBS_DOWN,
            tr!("The visitor did not find this helpful"),
            "size-3.5 text-error",
        ),
    });
    let reason = message
        .rating_reason
        .map(|reason| tr!("Why: {}", reason_words(reason)));
    let comment = message.rating_comment.clone();
    let left = || tr!("somebody who left").to_owned();
    let by = message
        .by_person
        .then(|| tr!("By {}", message.author.clone().unwrap_or_else(left)));
    view! {
        <Answer
            text=message.content
            is_plain=message.by_person
            sources=sources.clone()
            cited=sources
            open=passage
        >
            <p class="muted mt-1 flex flex-wrap items-center gap-x-3 gap-y-1 text-xs">
                {by.map(|by| view! { <span dir="auto">{by}</span> })}
                <When message=message_id conversation=conversation_id at=message.created_at />
                {facts.into_iter().map(|fact| view! { <span>{fact}</span> }).collect_view()}
                {(!message.answered).then(|| view! { <GapMark /> })}
                {message
                    .has_search
                    .then(|| {
                        view! {
                            <button
                                type="button"
                                class="link-plain"
                                on:click=move |_| asking.set(Some((conversation_id, message_id)))
                            >
                                {tr!("Why this answer?")}
                            </button>
                        }
                    })}
                {trouble.map(|words| view! { <span class="text-error">{words}</span> })}
                {rating
                    .map(|(glyph, words, class)| {
                        view! {
                            <span title=words>
                                <Icon glyph=glyph class=class />
                                <span class="sr-only">{words}</span>
                            </span>
                        }
                    })}
                {reason.map(|reason| view! { <span>{reason}</span> })}
            </p>
            {comment
                .map(|comment| {
                    view! {
                        <p class="mt-1 text-xs italic" dir="auto">
                            "“"
                            {comment}
                            "”"
                        </p>
                    }
                })}
        </Answer>
    }
}

/// When something was said, with a link to it.
#[component]
fn When(message: Uuid, conversation: Uuid, at: DateTime<Utc>) -> impl IntoView {
    view! {
        <a
            class="muted text-xs hover:underline"
            href=format!("/conversations/{conversation}?message={message}")
            title=tr!("Link to this message")
        >
            <Ago at=at />
        </a>
    }
}

/// What the team wants to know of an answer.
fn facts(message: &TranscriptMessage) -> Vec<String> {
    let version = message
        .bot_version
        .map(|version| tr!("version {version}", version));
    let time = message
        .latency_ms
        .map(|ms| tr!("{} s", decimal(f64::from(ms) / 1000.0, 1)));
    let tokens = message.usage.map(|usage| {
        tr!("{n} token" | "{n} tokens" % i64::from(usage.prompt_tokens) + i64::from(usage.completion_tokens))
    });
    let model = message.model.clone().map(|model| match model.as_str() {
        "built-in" => tr!("built-in answerer").to_owned(),
        _ => model,
    });
    [version, model, time, tokens].into_iter().flatten().collect()
}
