//! The answer to come: a reply, with canned ones by `/`, or a note.

use api_types::client;
use api_types::inbox::{CannedReply, InboxConversation, InboxNoteRequest, ReplyRequest};
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use uuid::Uuid;

use crate::session::{self, use_session};
use crate::ui::alert::ErrorAlert;
use crate::ui::button::{Button, Variant};
use crate::ui::icon;
use crate::ui::load::{Load, load};

/// How often the visitor is told that somebody types, in milliseconds.
const TELL_EVERY: f64 = 3_000.0;
/// Canned replies that are offered at once.
const OFFERED: usize = 6;
/// The id of their list.
const OFFERS: &str = "canned-replies";

/// The id of the one at a place in the list.
fn option_id(place: usize) -> String {
    format!("{OFFERS}-{place}")
}

/// The composer.
#[component]
pub fn Composer(
    id: Uuid,
    conversation: Load<InboxConversation>,
    found: RwSignal<InboxConversation>,
) -> impl IntoView {
    let session = use_session();
    let kept = format!("{}inbox.{id}", crate::drafts::UNSAVED_PREFIX);
    let text = RwSignal::new(session::read(&kept).unwrap_or_default());
    let is_note = RwSignal::new(false);
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);
    let key = StoredValue::new(Uuid::new_v4());
    let told = StoredValue::new(0.0_f64);
    let area = NodeRef::<html::Textarea>::new();
    let canned = load(client::inbox::canned_replies);
    let chosen = RwSignal::new(0_usize);
    // What is typed outlives a reload of the page.
    let kept = StoredValue::new(kept);
    Effect::new(move |_| {
        let text = text.get();
        kept.with_value(|kept| {
            if text.is_empty() {
                session::remove(kept);
            } else {
                session::write(kept, &text);
            }
        });
    });
    let offered = Memo::new(move |_| {
        if is_note.get() {
            return Vec::new();
        }
        let all = canned.get().unwrap_or_default();
        text.with(|text| offers(text, &all))
    });
    let is_offering = move || !offered.with(Vec::is_empty);
    let put = move |reply: CannedReply| {
        text.set(reply.content);
        chosen.set(0);
        if let Some(area) = area.get_untracked() {
            // It has the focus already when it can't take it.
            let _ = area.focus();
        }
    };
    let typed = move |value: String| {
        text.set(value);
        chosen.set(0);
        let now = js_sys::Date::now();
        if is_note.get_untracked() || now - told.get_value() < TELL_EVERY {
            return;
        }
        told.set_value(now);
        spawn_local(async move {
            // Nobody misses it.
            let _ = session.send(&client::inbox::typing(id)).await;
        });
    };
    let send = move || {
        let content = text.get_untracked().trim().to_owned();
        if content.is_empty() || busy.get_untracked() {
            return;
        }
        busy.set(true);
        error.set(None);
        let call = if is_note.get_untracked() {
            client::inbox::add_note(id, &InboxNoteRequest { content })
        } else {
            let key = Some(key.get_value().to_string());
            client::inbox::reply(id, &ReplyRequest { content, key })
        };
        spawn_local(async move {
            match session.send(&call).await {
                Ok(now) => {
                    text.try_set(String::new());
                    key.try_set_value(Uuid::new_v4());
                    conversation.set(now);
                }
                Err(problem) => {
                    error.try_set(Some(crate::i18n::explain(&problem)));
                }
            }
            busy.try_set(false);
        });
    };
    let on_key = move |event: web_sys::KeyboardEvent| {
        let offers = offered.get_untracked();
        let pressed = event.key();
        if let (false, Some(reply)) = (offers.is_empty(), offers.get(chosen.get_untracked())) {
            match pressed.as_str() {
                "ArrowDown" => chosen.update(|i| *i = (*i + 1) % offers.len()),
                "ArrowUp" => chosen.update(|i| *i = (*i + offers.len() - 1) % offers.len()),
                "Enter" | "Tab" => put(reply.clone()),
                "Escape" => text.set(String::new()),
                _ => return,
            }
            event.prevent_default();
            return;
        }
        if pressed == "Enter" && !event.shift_key() && !event.is_composing() {
            event.prevent_default();
            send();
        }
    };
    let is_theirs = move || {
        let own = session.identity().map(|identity| identity.user.id);
        found.with(|found| {
            let assignee = found.item.assignee.as_ref().map(|assignee| assignee.user_id);
            found.item.state == api_types::inbox::ConversationState::Human
                && assignee.is_some()
                && assignee != own
        })
    };
    let hint = move || {
        if is_note.get() {
            tr!("Only your team sees notes.")
        } else if is_theirs() {
            tr!("A colleague has this conversation. Take it over to answer.")
        } else {
            tr!("Enter sends, Shift+Enter begins a new line, / offers canned replies.")
        }
    };
    let offer = move |(i, reply): (usize, CannedReply)| {
        let shown = reply.clone();
        view! {
            <li
                id=option_id(i)
                role="option"
                aria-selected=move || (chosen.get() == i).to_string()
                class="flex cursor-pointer items-baseline gap-2 px-3 py-1.5 hover:bg-base-200"
                class=("bg-base-200", move || chosen.get() == i)
                // The focus stays where the answer is written.
                on:pointerdown=|event| event.prevent_default()
                on:click=move |_| put(reply.clone())
            >
                <span class="shrink-0 font-medium">"/" {shown.shortcut}</span>
                <span class="muted truncate" dir="auto">
                    {shown.content}
                </span>
            </li>
        }
    };
    view! {
        <form
            class="relative border-t border-base-300 p-3"
            class=("bg-warning/10", move || is_note.get())
            on:submit=move |event| {
                event.prevent_default();
                send();
            }
        >
            <Show when=is_offering>
                <ul
                    class="absolute inset-x-3 bottom-full z-10 mb-1 overflow-hidden rounded-box border border-base-300 bg-base-100 py-1 shadow-lg"
                    id=OFFERS
                    role="listbox"
                    aria-label=tr!("Canned replies")
                >
                    {move || offered.get().into_iter().enumerate().map(offer).collect_view()}
                </ul>
            </Show>
            <ErrorAlert message=error />
            <textarea
                node_ref=area
                class="textarea w-full leading-normal"
                rows=3
                dir="auto"
                aria-label=move || if is_note.get() { tr!("Note") } else { tr!("Reply") }
                // A listbox that a text field leads, after the ARIA practices; a field of several lines may not be a combobox.
                aria-autocomplete="list"
                aria-controls=move || is_offering().then_some(OFFERS)
                aria-activedescendant=move || is_offering().then(|| option_id(chosen.get()))
                placeholder=move || if is_note.get() { tr!("Write a note…") } else { tr!("Write a reply…") }
                prop:value=move || text.get()
                on:input=move |event| typed(event_target_value(&event))
                on:keydown=on_key
            ></textarea>
            <div class="mt-2 flex flex-wrap items-center gap-2">
                <label class="flex cursor-pointer items-center gap-2 text-sm">
                    <input
                        type="checkbox"
                        class="toggle toggle-sm"
                        prop:checked=move || is_note.get()
                        on:change=move |event| is_note.set(event_target_checked(&event))
                    />
                    {tr!("Note")}
                </label>
                <p class="muted min-w-0 grow text-xs">{hint}</p>
                <Button
                    variant=Variant::Primary
                    icon=icon::SEND
                    busy=busy
                    disabled=Signal::derive(move || text.with(|text| text.trim().is_empty()))
                    on_click=send
                >
                    {move || if is_note.get() { tr!("Add note") } else { tr!("Send") }}
                </Button>
            </div>
        </form>
    }
}

/// Canned replies whose shortcut begins with what follows the `/`.
fn offers(text: &str, all: &[CannedReply]) -> Vec<CannedReply> {
    let Some(begun) = text
        .strip_prefix('/')
        .filter(|begun| !begun.contains(char::is_whitespace))
    else {
        return Vec::new();
    };
    let begun = begun.to_lowercase();
    let matching = all.iter().filter(|reply| reply.shortcut.starts_with(&begun));
    matching.take(OFFERED).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canned_replies_are_offered_after_a_slash() {
        let reply = |shortcut: &str| CannedReply {
            id: Uuid::nil(),
            shortcut: shortcut.into(),
            content: "Hello".into(),
        };
        let all = [reply("hello"), reply("hours"), reply("thanks")];
        let offered = |text: &str| {
            let found = offers(text, &all);
            found.into_iter().map(|reply| reply.shortcut).collect::<Vec<_>>()
        };
        assert_eq!(offered("/"), ["hello", "hours", "thanks"]);
        assert_eq!(offered("/Ho"), ["hours"]);
        assert_eq!(offered("and/or"), Vec::<String>::new());
        assert_eq!(offered("/ho is"), Vec::<String>::new());
    }
}
