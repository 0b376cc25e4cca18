//! Short remarks at the edge of the page that go away by themselves.

use std::time::Duration;

use js_sys::{Function, Reflect};
use leptos::html;
use leptos::leptos_dom::helpers::{TimeoutHandle, set_timeout_with_handle};
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::button::{Button, IconButton};
use super::icon::{self, Icon};
use super::time::now_ms;
use crate::i18n::Trouble;

/// How long something can be undone.
const UNDO: Duration = Duration::from_secs(8);
/// Least time that is left after somebody looked at a remark.
const AFTER: f64 = 1_500.0;

#[derive(Clone)]
struct Toast {
    id: u32,
    text: String,
    is_error: bool,
    /// Undoes what it speaks of.
    undo: Option<Callback<()>>,
    time: Time,
}

/// How long a remark is still shown; it stands still while somebody is at it. A handle.
#[derive(Clone, Copy)]
struct Time {
    /// Milliseconds that were left when it began to run.
    left: StoredValue<f64>,
    since: StoredValue<f64>,
    timer: StoredValue<Option<TimeoutHandle>>,
}

impl Time {
    fn new(time: Duration) -> Self {
        Self {
            left: StoredValue::new(time.as_secs_f64() * 1_000.0),
            since: StoredValue::new(now_ms()),
            timer: StoredValue::new(None),
        }
    }

    fn run(self, then: impl FnOnce() + 'static) {
        self.stop();
        let left = self.left.get_value().max(AFTER);
        self.since.set_value(now_ms());
        let timer = set_timeout_with_handle(then, Duration::from_secs_f64(left / 1_000.0)).ok();
        self.timer.set_value(timer);
    }

    fn stop(self) {
        if let Some(timer) = self.timer.try_update_value(Option::take).flatten() {
            timer.clear();
            let since = self.since.get_value();
            self.left.update_value(|left| *left -= now_ms() - since);
        }
    }
}

/// The remarks shown now; provided once, at the root.
#[derive(Clone, Copy)]
pub struct Toasts {
    shown: RwSignal<Vec<Toast>>,
    next_id: StoredValue<u32>,
    owner: StoredValue<Owner>,
}

/// Where remarks are made.
pub fn use_toasts() -> Toasts {
    expect_context()
}

impl Toasts {
    /// No remarks yet.
    pub fn new() -> Self {
        Self {
            shown: RwSignal::default(),
            next_id: StoredValue::new(0),
            owner: StoredValue::new(Owner::current().unwrap_or_default()),
        }
    }

    /// Says that something was done.
    pub fn say(self, text: impl Into<String>) {
        self.show(text.into(), false, None, Duration::from_secs(5));
    }

    /// Says that something was done that can be undone.
    pub fn offer_undo(self, text: impl Into<String>, undo: impl Fn() + Send + Sync + 'static) {
        let undo = self
            .owner
            .with_value(|owner| owner.with(|| Callback::new(move |()| undo())));
        self.show(text.into(), false, Some(undo), UNDO);
    }

    /// Says that something failed that has no better place to say so.
    pub fn fail(self, trouble: &impl Trouble) {
        self.show(trouble.words(), true, None, Duration::from_secs(12));
    }

    fn show(self, text: String, is_error: bool, undo: Option<Callback<()>>, time: Duration) {
        let id = self.next_id.get_value();
        self.next_id.set_value(id.wrapping_add(1));
        // They belong to the root, as the remarks do, and not to the page that makes one.
        let time = self.owner.with_value(|owner| owner.with(|| Time::new(time)));
        self.shown.update(|toasts| {
            toasts.push(Toast {
                id,
                text,
                is_error,
                undo,
                time,
            });
        });
        time.run(move || self.close(id));
    }

    fn close(self, id: u32) {
        self.shown.update(|toasts| toasts.retain(|toast| toast.id != id));
    }
}

/// The place where remarks appear.
#[component]
pub fn ToastArea() -> impl IntoView {
    let toasts = use_toasts();
    let toast = move |toast: Toast| {
        let glyph = if toast.is_error {
            icon::TRIANGLE_ALERT
        } else {
            icon::CIRCLE_CHECK
        };
        let color = if toast.is_error {
            "size-4 text-error"
        } else {
            "size-4 text-success"
        };
        let (id, time) = (toast.id, toast.time);
        let go_on = move || time.run(move || toasts.close(id));
        view! {
            <div
                class="overlay pointer-events-auto flex items-center gap-2 py-1.5 ps-3 pe-1.5"
                on:mouseenter=move |_| time.stop()
                on:mouseleave=move |_| go_on()
                on:focusin=move |_| time.stop()
                on:focusout=move |_| go_on()
            >
                <Icon glyph=glyph class=color />
                <p class="min-w-0 grow">{toast.text}</p>
                {toast
                    .undo
                    .map(|undo| {
                        let undo = move || {
                            toasts.close(id);
                            undo.run(());
                        };
                        view! {
                            <Button small=true on_click=undo>
                                {tr!("Undo")}
                            </Button>
                        }
                    })}
                <IconButton icon=icon::X label=tr!("Close") on_click=move || toasts.close(toast.id) />
            </div>
        }
    };
    let area = NodeRef::<html::Div>::new();
    Effect::new(move |_| {
        if !toasts.shown.with(Vec::is_empty) {
            raise(area);
        }
    });
    view! {
        <div
            node_ref=area
            popover="manual"
            role="status"
            aria-live="polite"
            class="pointer-events-none fixed inset-x-4 top-auto bottom-20 z-50 m-0 flex w-auto border-0 bg-transparent p-0 text-inherit flex-col gap-2 sm:inset-x-auto sm:end-6 sm:bottom-6 sm:max-w-sm"
        >
            <For each=move || toasts.shown.get() key=|toast| toast.id children=toast />
        </div>
    }
}

/// Puts the remarks above everything, dialogs included: what is shown last lies on top.
fn raise(area: NodeRef<html::Div>) {
    let Some(area) = area.get_untracked() else { return };
    for name in ["hidePopover", "showPopover"] {
        let method = Reflect::get(&area, &name.into()).ok();
        // Browsers without popovers show it as any other element.
        if let Some(method) = method.and_then(|method| method.dyn_into::<Function>().ok()) {
            // Hiding what is not shown fails, and nothing is to be done about it.
            let _ = method.call0(&area);
        }
    }
}
