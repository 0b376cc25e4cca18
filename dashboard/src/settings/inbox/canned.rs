//! Answers that are written once.

use api_types::client;
use api_types::inbox::{CannedReply, SaveCannedReplyRequest};
use leptos::prelude::*;
use leptos::task::spawn_local;
use uuid::Uuid;

use crate::session::{Session, use_session};
use crate::ui::button::{Button, IconButton, Submit};
use crate::ui::dialog::Dialog;
use crate::ui::field::{TextArea, TextField};
use crate::ui::form::{Form, FormBody};
use crate::ui::icon;
use crate::ui::load::{Load, load, loaded, rows};
use crate::ui::page::Section;
use crate::ui::toast::{Toasts, use_toasts};

/// The section.
#[component]
pub fn CannedReplies(may_change: bool) -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let replies = load(client::inbox::canned_replies);
    let editing = RwSignal::new(None::<CannedReply>);
    let open = RwSignal::new(false);
    // Shown at once to be gone, until the list says so.
    let gone = RwSignal::new(Vec::<String>::new());
    let edit = move |reply: Option<CannedReply>| {
        editing.set(reply);
        open.set(true);
    };
    let delete = move |reply: CannedReply| {
        let words = tr!("Deleted /{}.", reply.shortcut);
        let shortcut = reply.shortcut.clone();
        gone.update(|gone| gone.push(shortcut.clone()));
        spawn_local(async move {
            let deleted = session.send(&client::inbox::delete_canned_reply(reply.id)).await;
            match deleted {
                Ok(()) => toasts.offer_undo(words, move || restore(session, toasts, replies, reply.clone())),
                Err(problem) => toasts.fail(&problem),
            }
            replies.reload();
            gone.try_update(|gone| gone.retain(|other| *other != shortcut));
        });
    };
    let row = move |reply: CannedReply| {
        let (changed, gone) = (reply.clone(), reply.clone());
        view! {
            <li class="flex items-start gap-2 py-2.5">
                <div class="min-w-0 grow">
                    <p class="font-medium">"/" {reply.shortcut}</p>
                    <p class="muted line-clamp-2 wrap-anywhere" dir="auto">
                        {reply.content}
                    </p>
                </div>
                <Show when=move || may_change>
                    {
                        let (changed, gone) = (changed.clone(), gone.clone());
                        view! {
                            <IconButton
                                icon=icon::PENCIL
                                label=tr!("Change /{}", changed.shortcut)
                                on_click=move || edit(Some(changed.clone()))
                            />
                            <IconButton
                                icon=icon::TRASH_2
                                label=tr!("Delete /{}", gone.shortcut)
                                on_click=move || delete(gone.clone())
                            />
                        }
                    }
                </Show>
            </li>
        }
    };
    let actions = view! {
        <Show when=move || may_change>
            <Button small=true icon=icon::PLUS on_click=move || edit(None)>
                {tr!("New reply")}
            </Button>
        </Show>
    };
    let title = move || {
        if editing.get().is_some() {
            tr!("Change a canned reply").to_owned()
        } else {
            tr!("New canned reply").to_owned()
        }
    };
    view! {
        <Section
            title=tr!("Canned replies")
            subtitle=tr!("Answers that are written once: type / in the inbox to use them.")
            actions=actions.into_any()
        >
            {loaded(
                replies,
                rows,
                move |found| {
                    view! {
                        <Show
                            when=move || !found.with(Vec::is_empty)
                            fallback=|| view! { <p class="muted">{tr!("None yet.")}</p> }
                        >
                            <ul class="divide-y divide-base-300" aria-label=tr!("Canned replies")>
                                <For
                                    each=move || {
                                        let mut found = found.get();
                                        gone.with(|gone| found.retain(|reply| !gone.contains(&reply.shortcut)));
                                        found
                                    }
                                    key=|reply| (reply.id, reply.shortcut.clone(), reply.content.clone())
                                    children=row
                                />
                            </ul>
                        </Show>
                    }
                },
            )}
        </Section>
        <Dialog open=open title=Signal::derive(title)>
            <ReplyForm replies=replies editing=editing open=open />
        </Dialog>
    }
}

/// Writes a reply anew that was just deleted.
fn restore(session: Session, toasts: Toasts, replies: Load<Vec<CannedReply>>, reply: CannedReply) {
    let request = SaveCannedReplyRequest {
        shortcut: reply.shortcut,
        content: reply.content,
    };
    spawn_local(async move {
        match session.send(&client::inbox::create_canned_reply(&request)).await {
            Ok(_) => {
                toasts.say(tr!("Undone."));
                replies.reload();
            }
            Err(problem) => toasts.fail(&problem),
        }
    });
}

#[component]
fn ReplyForm(
    replies: Load<Vec<CannedReply>>,
    editing: RwSignal<Option<CannedReply>>,
    open: RwSignal<bool>,
) -> impl IntoView {
    let session = use_session();
    let before = editing.get_untracked();
    let id: Option<Uuid> = before.as_ref().map(|reply| reply.id);
    let (shortcut, content) = before
        .map(|reply| (reply.shortcut, reply.content))
        .unwrap_or_default();
    let shortcut = RwSignal::new(shortcut);
    let content = RwSignal::new(content);
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);
    let request = move || SaveCannedReplyRequest {
        shortcut: shortcut.get().trim().trim_start_matches('/').to_owned(),
        content: content.get(),
    };
    let form = Form::new(move || request().check());
    let submit = move || {
        if !form.submit() || busy.get_untracked() {
            return;
        }
        busy.set(true);
        error.set(None);
        let request = untrack(request);
        let call = match id {
            Some(id) => client::inbox::save_canned_reply(id, &request),
            None => client::inbox::create_canned_reply(&request),
        };
        spawn_local(async move {
            match session.send(&call).await {
                Ok(_) => {
                    replies.reload();
                    open.try_set(false);
                }
                Err(problem) => {
                    error.try_set(form.refuse(&problem));
                }
            }
            busy.try_set(false);
        });
    };
    view! {
        <FormBody error=error submit=submit>
            <TextField
                label=tr!("Shortcut")
                value=shortcut
                field=form.field("shortcut")
                hint=tr!("What follows the /, such as hours.")
                autofocus=true
            />
            <TextArea label=tr!("Reply") value=content field=form.field("content") rows=5 />
            <div class="flex justify-end">
                <Submit busy=busy>{tr!("Save reply")}</Submit>
            </div>
        </FormBody>
    }
}
