//! What was said, however much: the last messages are read with the conversation, others when somebody scrolls there. Rows far
//! from the view are neither laid out nor painted (the class `row-far`), but are there for screen readers and the browser's search.

use api_types::client::{self, ClientError};
use api_types::conversations::{MessagePage, TranscriptMessage};
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use uuid::Uuid;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{
    Element, IntersectionObserver, IntersectionObserverEntry, ScrollIntoViewOptions, ScrollLogicalPosition,
};

use crate::session::{Session, use_session};
use crate::ui::alert::ErrorAlert;
use crate::ui::button::Button;

/// The messages of one conversation, as far as they are read. A handle.
#[derive(Clone, Copy)]
pub struct Messages {
    id: Uuid,
    /// In the order in which they were said.
    pub list: RwSignal<Vec<TranscriptMessage>>,
    /// Whether there are messages before these.
    pub has_earlier: RwSignal<bool>,
    /// Whether there are messages after these.
    pub has_later: RwSignal<bool>,
    busy: RwSignal<bool>,
    error: RwSignal<Option<ClientError>>,
    session: Session,
}

impl Messages {
    /// Begins with a part of a conversation.
    pub fn of(id: Uuid, part: MessagePage) -> Self {
        Self {
            id,
            list: RwSignal::new(part.messages),
            has_earlier: RwSignal::new(part.has_earlier),
            has_later: RwSignal::new(part.has_later),
            busy: RwSignal::new(false),
            error: RwSignal::new(None),
            session: use_session(),
        }
    }

    /// Takes in the last messages as they are now. Whoever looks at an older part stays there.
    pub fn renew(self, last: &[TranscriptMessage], has_earlier: bool) {
        if self.has_later.get_untracked() {
            return;
        }
        let Some(first) = last.first().map(|message| message.id) else {
            return self.list.set(Vec::new());
        };
        let known = self.list.with_untracked(|list| {
            let known = list.iter().take_while(|message| message.id < first).count();
            // So much was said meanwhile that they do not meet.
            (known < list.len() || list.is_empty()).then_some(known)
        });
        let changed = self
            .list
            .with_untracked(|list| known.is_none_or(|known| list[known..] != *last));
        if known.unwrap_or_default() == 0 {
            self.has_earlier.set(has_earlier);
        }
        if changed {
            self.list.update(|list| {
                list.truncate(known.unwrap_or_default());
                list.extend_from_slice(last);
            });
        }
    }

    /// Reads what was said before; what is on the screen stays where it is.
    fn earlier(self) {
        let Some(first) = self
            .list
            .with_untracked(|list| list.first().map(|message| message.id))
        else {
            return;
        };
        self.read(client::conversations::before(self.id, first), move |part| {
            let kept = Kept::of(first);
            self.has_earlier.set(part.has_earlier);
            self.list.update(|list| {
                list.splice(0..0, part.messages);
            });
            kept.put_back();
        });
    }

    /// Reads what was said after.
    fn later(self) {
        let Some(last) = self
            .list
            .with_untracked(|list| list.last().map(|message| message.id))
        else {
            return;
        };
        self.read(client::conversations::after(self.id, last), move |part| {
            self.has_later.set(part.has_later);
            self.list.update(|list| list.extend(part.messages));
        });
    }

    fn read(self, call: client::Call<MessagePage>, then: impl FnOnce(MessagePage) + 'static) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.error.set(None);
        spawn_local(async move {
            let result = self.session.send(&call).await;
            // The page may have been left.
            if self.busy.try_set(false).is_some() {
                return;
            }
            match result {
                Ok(part) => then(part),
                Err(error) => self.error.set(Some(error)),
            }
        });
    }
}

/// The address, within the page, of a message.
pub fn anchor(id: Uuid) -> String {
    format!("m-{id}")
}

fn element(id: Uuid) -> Option<Element> {
    document().get_element_by_id(&anchor(id))
}

/// Shows a message in the middle of the view.
pub fn show(id: Uuid) {
    request_animation_frame(move || {
        if let Some(message) = element(id) {
            let options = ScrollIntoViewOptions::new();
            options.set_block(ScrollLogicalPosition::Center);
            message.scroll_into_view_with_scroll_into_view_options(&options);
        }
    });
}

/// For how many frames a place is looked after.
const FRAMES: u8 = 6;

/// Where a message stood on the screen.
struct Kept(Option<(Uuid, f64)>);

impl Kept {
    fn of(id: Uuid) -> Self {
        Self(element(id).map(|message| (id, message.get_bounding_client_rect().top())))
    }

    /// Scrolls so that it stands there again, once what was put above it is there. Rows get their real heights only where they
    /// come near the view, so it is looked after for some frames.
    fn put_back(self) {
        if let Some((id, before)) = self.0 {
            keep(id, before, FRAMES);
        }
    }
}

fn keep(id: Uuid, before: f64, frames: u8) {
    request_animation_frame(move || {
        let Some(message) = element(id) else { return };
        let moved = message.get_bounding_client_rect().top() - before;
        if moved.abs() >= 1.0 {
            match message.closest("[role=log]").ok().flatten() {
                #[expect(clippy::cast_possible_truncation, reason = "pixels")]
                Some(area) => area.set_scroll_top(area.scroll_top() + moved.round() as i32),
                None => window().scroll_by_with_x_and_y(0.0, moved),
            }
        }
        if frames > 0 {
            keep(id, before, frames - 1);
        }
    });
}

/// "Show earlier messages", while there are some; it presses itself when somebody scrolls there.
#[component]
pub fn Earlier(
    /// What was said.
    messages: Messages,
) -> impl IntoView {
    view! {
        <Show when=move || messages.has_earlier.get()>
            <Edge messages=messages label=tr!("Show earlier messages") read=move || messages.earlier() />
        </Show>
    }
}

/// The same for what was said after.
#[component]
pub fn Later(
    /// What was said.
    messages: Messages,
) -> impl IntoView {
    view! {
        <Show when=move || messages.has_later.get()>
            <Edge messages=messages label=tr!("Show later messages") read=move || messages.later() />
        </Show>
    }
}

#[component]
fn Edge(
    messages: Messages,
    label: &'static str,
    read: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let place = NodeRef::<html::Div>::new();
    watch(place, read);
    view! {
        // It stays where it is while messages are put beside it: nothing to keep the place by.
        <div node_ref=place class="flex flex-col items-center gap-2 [overflow-anchor:none]">
            <ErrorAlert message=Signal::derive(move || messages.error.get().map(|error| crate::i18n::explain(&error))) />
            <Button small=true busy=messages.busy on_click=read>
                {label}
            </Button>
        </div>
    }
}

/// Calls back whenever an element comes into view.
fn watch(place: NodeRef<html::Div>, callback: impl Fn() + 'static) {
    let callback = Closure::<dyn Fn(js_sys::Array)>::new(move |entries: js_sys::Array| {
        let seen = entries.iter().any(|entry| {
            entry
                .dyn_into::<IntersectionObserverEntry>()
                .is_ok_and(|entry| entry.is_intersecting())
        });
        if seen {
            callback();
        }
    });
    let Ok(observer) = IntersectionObserver::new(callback.as_ref().unchecked_ref()) else {
        return;
    };
    let observer = StoredValue::new_local((observer, callback));
    Effect::new(move |_| {
        if let Some(place) = place.get() {
            observer.with_value(|(observer, _)| observer.observe(&place));
        }
    });
    on_cleanup(move || {
        observer.try_with_value(|(observer, _)| observer.disconnect());
    });
}
