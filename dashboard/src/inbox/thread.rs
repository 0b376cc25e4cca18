//! One conversation: what was said, what became of it, and the answer to come.

use std::time::Duration;

use api_types::chat::MessageRole;
use api_types::client;
use api_types::conversations::{MessagePage, TranscriptMessage};
use api_types::inbox::{ConversationEvent, ConversationEventKind, ConversationNote, InboxConversation};
use api_types::live::{LiveEvent, Topic};
use api_types::tenancy::Role;
use chrono::{DateTime, Utc};
use leptos::html;
use leptos::leptos_dom::helpers::set_timeout;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_location;
use uuid::Uuid;

use super::composer::Composer;
use super::list::StateMark;
use super::side::Side;
use crate::chat::{Answer, Attachments, OpenPassage, PassageDialog, Question};
use crate::conversations::{Earlier, Messages, anchor};
use crate::live::Live;
use crate::session::use_session;
use crate::ui::icon::{self, Icon};
use crate::ui::load::{Load, blocks, load, loaded};
use crate::ui::page;
use crate::ui::time::Ago;

/// How long somebody is shown to type after they last did.
const TYPING: Duration = Duration::from_secs(5);

/// The conversation.
#[component]
pub fn Thread(id: Uuid) -> impl IntoView {
    let conversation = load(move || client::inbox::get(id));
    let typing = who_types(id);
    let live = expect_context::<Live>();
    live.on(move |event| match event {
        LiveEvent::Ready => conversation.reload(),
        // The visitor may have left their name here, or somewhere else.
        LiveEvent::Changed {
            what: Topic::Lead, ..
        } => conversation.reload(),
        LiveEvent::Changed {
            what: Topic::Conversation,
            id: changed,
        }
        | LiveEvent::Read {
            conversation_id: changed,
            ..
        } if *changed == id => conversation.reload(),
        _ => {}
    });
    let may_answer = use_session().may(Role::Editor);
    read_while_open(id, conversation, may_answer);
    loaded(conversation, blocks, move |found| {
        view! {
            <div class="grid grid-cols-1 items-start gap-5 xl:grid-cols-[minmax(0,1fr)_16rem]">
                <section class="panel flex h-[calc(100dvh-13rem)] min-h-96 md:h-[calc(100dvh-18.5rem)] flex-col" aria-label=tr!("Conversation")>
                    <Head found=found />
                    <Lines id=id found=found typing=typing />
                    <Show
                        when=move || may_answer
                        fallback=|| view! { <p class="muted border-t border-base-300 p-3">{tr!("You may read, but not answer.")}</p> }
                    >
                        <Composer id=id conversation=conversation found=found />
                    </Show>
                </section>
                <Side id=id conversation=conversation found=found may_answer=may_answer />
            </div>
        }
    })
}

/// The name of who types; empty for the visitor.
fn who_types(id: Uuid) -> RwSignal<Option<String>> {
    let typing = RwSignal::new(None::<String>);
    let last = StoredValue::new(0_u32);
    let session = use_session();
    expect_context::<Live>().on(move |event| match event {
        LiveEvent::Typing {
            conversation_id,
            name,
        } if *conversation_id == id => {
            let own = session.identity().map(|identity| identity.user.name);
            if name.is_some() && *name == own {
                return;
            }
            let number = last.get_value().wrapping_add(1);
            last.set_value(number);
            typing.set(Some(name.clone().unwrap_or_default()));
            set_timeout(
                move || {
                    if last.try_get_value() == Some(number) {
                        typing.set(None);
                    }
                },
                TYPING,
            );
        }
        LiveEvent::Changed { id: changed, .. } if *changed == id => typing.set(None),
        _ => {}
    });
    typing
}

/// Says that it was read, while it is looked at.
fn read_while_open(id: Uuid, conversation: Load<InboxConversation>, may_answer: bool) {
    let session = use_session();
    Effect::new(move |_| {
        let unread = conversation.get().map_or(0, |found| found.item.unread);
        // A viewer's reading counts for nobody.
        if unread == 0 || !may_answer || document().hidden() {
            return;
        }
        spawn_local(async move {
            // It is tried again with the next message.
            let _ = session.send(&client::inbox::read(id)).await;
        });
    });
}

#[component]
fn Head(found: RwSignal<InboxConversation>) -> impl IntoView {
    let title = Memo::new(move |_| {
        found.with(|found| {
            let summary = &found.item.summary;
            let visitor = summary.visitor.clone();
            visitor
                .and_then(|visitor| visitor.name.or(visitor.email))
                .or_else(|| summary.lead_name.clone())
                .unwrap_or_else(|| summary.first_message.clone())
        })
    });
    page::title(move || title.get());
    let state = Memo::new(move |_| found.with(|found| found.item.state));
    let assignee =
        move || found.with(|found| found.item.assignee.as_ref().map(|assignee| assignee.name.clone()));
    let search = use_location().search;
    // With what was chosen there.
    let list = move || match search.get() {
        search if search.is_empty() => "/inbox".to_owned(),
        search => format!("/inbox?{search}"),
    };
    view! {
        <header class="flex items-center gap-2 border-b border-base-300 p-3">
            <a href=list class="btn btn-ghost btn-sm btn-square md:hidden" aria-label=tr!("Back to the inbox")>
                <Icon glyph=icon::ARROW_LEFT class="size-4 rtl:rotate-180" />
            </a>
            <h2 class="min-w-0 grow truncate font-semibold" dir="auto">
                {move || Some(title.get()).filter(|title| !title.is_empty()).unwrap_or_else(|| tr!("A visitor").to_owned())}
            </h2>
            <span class="muted max-w-40 truncate text-sm" dir="auto">
                {assignee}
            </span>
            {move || view! { <StateMark state=state.get() /> }}
        </header>
    }
}

/// Something in the order of time.
#[derive(Clone, PartialEq)]
enum Line {
    Said(Box<TranscriptMessage>),
    Happened(ConversationEvent),
    Noted(ConversationNote),
}

impl Line {
    fn at(&self) -> DateTime<Utc> {
        match self {
            Self::Said(message) => message.created_at,
            Self::Happened(event) => event.created_at,
            Self::Noted(note) => note.created_at,
        }
    }

    fn key(&self) -> String {
        match self {
            Self::Said(message) => format!("{}{}", message.id, message.content.len()),
            Self::Happened(event) => event.n.to_string(),
            Self::Noted(note) => note.id.to_string(),
        }
    }
}

/// All that is read so far. What happened before the first message of it comes with those that are not read yet.
fn lines(found: &InboxConversation, said: &[TranscriptMessage], has_earlier: bool) -> Vec<Line> {
    let start = said.first().filter(|_| has_earlier).map(|first| first.created_at);
    let said = said.iter().cloned();
    let said = said.map(|message| Line::Said(Box::new(message)));
    let happened = found.events.iter().cloned().map(Line::Happened);
    let noted = found.notes.iter().cloned().map(Line::Noted);
    let mut lines: Vec<Line> = said.chain(happened).chain(noted).collect();
    lines.retain(|line| start.is_none_or(|start| line.at() >= start));
    lines.sort_by_key(Line::at);
    lines
}

#[component]
fn Lines(id: Uuid, found: RwSignal<InboxConversation>, typing: RwSignal<Option<String>>) -> impl IntoView {
    let passage: OpenPassage = RwSignal::new(None);
    let first = found.get_untracked().conversation;
    let messages = Messages::of(
        first.summary.id,
        MessagePage {
            messages: first.messages,
            has_earlier: first.has_earlier,
            has_later: false,
        },
    );
    Effect::new(move |_| {
        found.with(|found| messages.renew(&found.conversation.messages, found.conversation.has_earlier));
    });
    let all = Memo::new(move |_| {
        let has_earlier = messages.has_earlier.get();
        found.with(|found| messages.list.with(|said| lines(found, said, has_earlier)))
    });
    let last = Memo::new(move |_| all.with(|all| all.last().map(Line::key)));
    let area = NodeRef::<html::Div>::new();
    Effect::new(move |_| {
        last.track();
        typing.track();
        // After what is new stands there.
        request_animation_frame(move || {
            if let Some(area) = area.get_untracked() {
                area.set_scroll_top(area.scroll_height());
            }
        });
    });
    let is_seen = Memo::new(move |_| {
        found.with(|found| {
            let last = found.conversation.messages.last();
            last.is_some_and(|last| {
                last.by_person && found.visitor_read_id.is_some_and(|seen| seen >= last.id)
            })
        })
    });
    let types = move || {
        typing.get().map(|name| {
            if name.is_empty() {
                tr!("The visitor is typing…").to_owned()
            } else {
                tr!("{name} is typing…", name)
            }
        })
    };
    view! {
        <div
            node_ref=area
            class="flex min-h-0 grow flex-col gap-4 overflow-y-auto p-4"
            tabindex="0"
            role="log"
            aria-label=tr!("Messages")
        >
            <Earlier messages=messages />
            <For
                each=move || all.get()
                key=Line::key
                children=move |line| match line {
                    Line::Said(message) => view! { <Said id=id message=*message passage=passage /> }.into_any(),
                    Line::Happened(event) => view! { <Happened event=event /> }.into_any(),
                    Line::Noted(note) => view! { <Noted note=note /> }.into_any(),
                }
            />
            <p class="muted text-end text-xs" class:hidden=move || !is_seen.get()>
                {tr!("Seen")}
            </p>
            <p class="muted min-h-5 text-sm" role="status" data-testid="typing">
                {types}
            </p>
        </div>
        <PassageDialog passage=passage />
    }
}

#[component]
fn Said(id: Uuid, message: TranscriptMessage, passage: OpenPassage) -> impl IntoView {
    if message.role == MessageRole::User {
        return view! {
            <div id=anchor(message.id) class="row-far" data-testid="question">
                <p
                    class="w-fit max-w-[85%] rounded-box bg-base-200 px-3 py-2 whitespace-pre-wrap wrap-anywhere empty:hidden"
                    dir="auto"
                >
                    {message.content}
                </p>
                <Attachments conversation_id=id attachments=message.attachments />
                <p class="muted mt-0.5 text-xs">
                    {tr!("Visitor · ")} <Ago at=message.created_at />
                </p>
            </div>
        }
        .into_any();
    }
    if message.by_person {
        let author = message
            .author
            .unwrap_or_else(|| tr!("Somebody who left").to_owned());
        return view! {
            <div id=anchor(message.id) class="row-far self-end" data-testid="person">
                <Question text=message.content />
                <p class="muted mt-0.5 text-end text-xs" dir="auto">
                    {author} " · " <Ago at=message.created_at />
                </p>
            </div>
        }
        .into_any();
    }
    let sources = message.sources;
    view! {
        <div id=anchor(message.id) class="row-far flex flex-col items-end">
            <Answer text=message.content sources=sources.clone() cited=sources open=passage>
                <p class="muted mt-0.5 text-xs">
                    {tr!("Bot · ")} <Ago at=message.created_at />
                </p>
            </Answer>
        </div>
    }
    .into_any()
}

#[component]
fn Happened(event: ConversationEvent) -> impl IntoView {
    let who = event.actor.unwrap_or_else(|| tr!("Somebody").to_owned());
    let words = match event.kind {
        ConversationEventKind::Asked => tr!("The visitor asked for a person").to_owned(),
        ConversationEventKind::Taken => tr!("{who} took over", who),
        ConversationEventKind::Assigned => tr!("{who} changed who has it", who),
        ConversationEventKind::GivenBack => tr!("{who} gave it back to the bot", who),
        ConversationEventKind::Closed => tr!("{who} closed it", who),
        ConversationEventKind::Reopened => tr!("The visitor wrote again").to_owned(),
    };
    view! {
        <p class="muted text-center text-xs" dir="auto">
            {words} " · " <Ago at=event.created_at />
        </p>
    }
}

#[component]
fn Noted(note: ConversationNote) -> impl IntoView {
    view! {
        <div class="rounded-box border border-warning/40 bg-warning/10 px-3 py-2" data-testid="note">
            <p class="whitespace-pre-wrap wrap-anywhere" dir="auto">
                {note.content}
            </p>
            <p class="muted mt-0.5 text-xs" dir="auto">
                {tr!("Note of ")} {note.author.unwrap_or_else(|| tr!("somebody who left").to_owned())} " · "
                <Ago at=note.created_at />
            </p>
        </div>
    }
}
