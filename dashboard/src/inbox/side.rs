//! Beside the conversation: who has it, what can be done, what is known of the visitor.

use api_types::client::{self, Call};
use api_types::inbox::{AssignRequest, Colleague, ConversationState, InboxConversation, TakeRequest};
use api_types::tenancy::Role;
use leptos::prelude::*;
use leptos::task::spawn_local;
use uuid::Uuid;

use crate::conversations::{VisitorName, channel_name};
use crate::session::use_session;
use crate::ui::button::{Button, Variant};
use crate::ui::dialog::ConfirmDialog;
use crate::ui::field::{SelectField, Text};
use crate::ui::load::{Load, load};
use crate::ui::time::Ago;
use crate::ui::toast::use_toasts;
use crate::ui::undo::undoable;

/// The panel.
#[component]
pub fn Side(
    id: Uuid,
    conversation: Load<InboxConversation>,
    found: RwSignal<InboxConversation>,
    may_answer: bool,
) -> impl IntoView {
    view! {
        <aside class="panel flex flex-col gap-4 p-4" aria-label=tr!("About this conversation")>
            <Show when=move || may_answer>
                <Actions id=id conversation=conversation found=found />
            </Show>
            <Facts found=found />
        </aside>
    }
}

/// Who answers a conversation.
#[derive(Clone, PartialEq)]
struct Standing {
    state: ConversationState,
    assignee: Option<Colleague>,
}

/// What brings a conversation from one to the other, for who is signed in as `me`; `None` if nothing does at once.
fn way(id: Uuid, me: Option<Uuid>, before: &Standing, after: &Standing) -> Option<Call<InboxConversation>> {
    let user_id = after.assignee.as_ref().map(|assignee| assignee.user_id);
    let is_assigned = before.state == after.state && before.assignee != after.assignee;
    let is_given_up = before.state == ConversationState::Human && after.state == ConversationState::Waiting;
    match after.state {
        ConversationState::Closed if before.state != after.state => Some(client::inbox::close(id)),
        _ if is_assigned || is_given_up => Some(client::inbox::assign(id, &AssignRequest { user_id })),
        ConversationState::Bot => Some(client::inbox::give_back(id)),
        ConversationState::Human if user_id == me => Some(client::inbox::take(id, &TakeRequest::default())),
        _ => None,
    }
}

#[component]
fn Actions(
    id: Uuid,
    conversation: Load<InboxConversation>,
    found: RwSignal<InboxConversation>,
) -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let busy = RwSignal::new(false);
    let asking = RwSignal::new(false);
    let own = move || session.identity().map(|identity| identity.user.id);
    let standing = Memo::new(move |_| {
        found.with(|found| Standing {
            state: found.item.state,
            assignee: found.item.assignee.clone(),
        })
    });
    let me = untrack(own);
    let change = undoable(
        move |now: Standing| {
            found.update(|found| {
                found.item.state = now.state;
                found.item.assignee = now.assignee;
            });
        },
        move |before, after| way(id, me, before, after),
        move |now| conversation.set(now),
    );
    let close = move || {
        let after = Standing {
            state: ConversationState::Closed,
            assignee: standing.get_untracked().assignee,
        };
        change.go(standing.get_untracked(), after, tr!("Closed."));
    };
    let assign = move |assignee: Option<Colleague>| {
        let before = standing.get_untracked();
        let state = match before.state {
            // Whom nobody has, waits.
            ConversationState::Human if assignee.is_none() => ConversationState::Waiting,
            state => state,
        };
        let words = match &assignee {
            Some(colleague) => tr!("Assigned to {}.", colleague.name),
            None => tr!("Assigned to nobody.").to_owned(),
        };
        change.go(before, Standing { state, assignee }, words);
    };
    let run = move |call: Call<InboxConversation>| {
        busy.set(true);
        spawn_local(async move {
            match session.send(&call).await {
                Ok(now) => conversation.set(now),
                Err(error) => {
                    toasts.fail(&error);
                    conversation.reload();
                }
            }
            busy.try_set(false);
        });
    };
    let state = Memo::new(move |_| found.with(|found| found.item.state));
    let assignee = Memo::new(move |_| found.with(|found| found.item.assignee.clone()));
    let is_mine = Memo::new(move |_| {
        state.get() == ConversationState::Human && assignee.get().map(|assignee| assignee.user_id) == own()
    });
    let colleague = move || {
        let other = assignee
            .get_untracked()
            .filter(|_| state.get_untracked() == ConversationState::Human);
        other.map(|other| other.user_id)
    };
    let take = move || {
        if colleague().is_some() {
            asking.set(true);
        } else {
            run(client::inbox::take(id, &TakeRequest::default()));
        }
    };
    let take_from_colleague = async move || {
        let request = TakeRequest { from: colleague() };
        conversation.set(session.send(&client::inbox::take(id, &request)).await?);
        Ok(())
    };
    let name = move || assignee.get().map(|assignee| assignee.name).unwrap_or_default();
    view! {
        <div class="flex flex-wrap gap-2 xl:flex-col">
            <Show when=move || !is_mine.get()>
                <Button variant=Variant::Primary busy=busy on_click=take>
                    {tr!("Take over")}
                </Button>
            </Show>
            <Show when=move || matches!(state.get(), ConversationState::Human | ConversationState::Waiting)>
                <Button busy=busy on_click=move || run(client::inbox::give_back(id))>
                    {tr!("Give back to the bot")}
                </Button>
            </Show>
            <Show when=move || state.get() != ConversationState::Closed>
                <Button busy=busy on_click=close>
                    {tr!("Close")}
                </Button>
            </Show>
        </div>
        <AssignTo
            assignee=Signal::derive(move || assignee.get().map(|assignee| assignee.user_id))
            assign=assign
        />
        <ConfirmDialog
            open=asking
            title=Signal::derive(move || tr!("Take it from {}?", name()))
            action=tr!("Take over")
            on_confirm=take_from_colleague
        >
            <p>{tr!("From then on you answer; the visitor sees your name.")}</p>
        </ConfirmDialog>
    }
}

#[component]
fn AssignTo(
    assignee: Signal<Option<Uuid>>,
    assign: impl Fn(Option<Colleague>) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let members = load(client::members::list);
    let options = move || {
        let all = members.get().unwrap_or_default();
        let able = all
            .into_iter()
            .filter(|member| !member.is_suspended && member.role >= Role::Editor);
        std::iter::once((String::new(), tr!("Nobody").to_owned()))
            .chain(able.map(|member| (member.user_id.to_string(), member.name)))
            .collect::<Vec<_>>()
    };
    let value = Text::new(
        move || assignee.get().map(|id| id.to_string()).unwrap_or_default(),
        move |id| {
            let members = untrack(|| members.get()).unwrap_or_default();
            let chosen = members
                .into_iter()
                .find(|member| member.user_id.to_string() == id);
            assign(chosen.map(|member| Colleague {
                user_id: member.user_id,
                name: member.name,
            }));
        },
    );
    view! { <SelectField label=tr!("Assigned to") value=value options=Signal::derive(options) /> }
}

#[component]
fn Facts(found: RwSignal<InboxConversation>) -> impl IntoView {
    move || {
        let InboxConversation {
            item, conversation, ..
        } = found.get();
        let summary = item.summary;
        let named = summary.lead_name.clone().filter(|_| summary.visitor.is_none());
        view! {
            <dl class="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1.5 text-sm">
                {summary
                    .visitor
                    .map(|visitor| {
                        let email = visitor.email.clone();
                        view! {
                            <dt class="muted">{tr!("Visitor")}</dt>
                            <dd>
                                <VisitorName visitor=visitor />
                            </dd>
                            {email
                                .map(|email| {
                                    view! {
                                        <dt class="muted">{tr!("E-mail")}</dt>
                                        <dd class="wrap-anywhere">{email}</dd>
                                    }
                                })}
                        }
                    })}
                {named
                    .map(|name| {
                        view! {
                            <dt class="muted">{tr!("Visitor")}</dt>
                            <dd class="wrap-anywhere" dir="auto">
                                {name}
                            </dd>
                        }
                    })}
                <dt class="muted">{tr!("Bot")}</dt>
                <dd>
                    <a class="link-plain" href=format!("/bots/{}", summary.bot_id) dir="auto">
                        {summary.bot_name}
                    </a>
                </dd>
                <dt class="muted">{tr!("Channel")}</dt>
                <dd>{channel_name(summary.channel)}</dd>
                <dt class="muted">{tr!("Began")}</dt>
                <dd>
                    <Ago at=summary.created_at />
                </dd>
                {item
                    .waiting_since
                    .map(|since| {
                        view! {
                            <dt class="muted">{tr!("Waits since")}</dt>
                            <dd>
                                <Ago at=since />
                            </dd>
                        }
                    })}
            </dl>
            <p class="flex flex-wrap gap-x-4 text-sm">
                <a class="link-plain" href=format!("/conversations/{}", summary.id)>
                    {tr!("All details")}
                </a>
                {conversation
                    .lead_id
                    .map(|id| {
                        view! {
                            <a class="link-plain" href=format!("/leads/{id}")>
                                {tr!("Lead")}
                            </a>
                        }
                    })}
            </p>
        }
    }
}
