//! Short remarks at the edge of the page that go away by themselves.

use std::time::Duration;

use js_sys::{Function, Reflect};
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::button::IconButton;
use super::icon::{self, Icon};
use crate::i18n::Trouble;

#[derive(Clone, PartialEq)]
struct Toast {
    id: u32,
    text: String,
    is_error: bool,
}

/// The remarks shown now; provided once, at the root.
#[derive(Clone, Copy)]
pub struct Toasts {
    shown: RwSignal<Vec<Toast>>,
    next_id: StoredValue<u32>,
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
        }
    }

    /// Says that something was done.
    pub fn say(self, text: impl Into<String>) {
        self.show(text.into(), false, Duration::from_secs(5));
    }

    /// Says that something failed that has no better place to say so.
    pub fn fail(self, trouble: &impl Trouble) {
        self.show(trouble.words(), true, Duration::from_secs(12));
    }

    fn show(self, text: String, is_error: bool, time: Duration) {
        let id = self.next_id.get_value();
        self.next_id.set_value(id.wrapping_add(1));
        self.shown
            .update(|toasts| toasts.push(Toast { id, text, is_error }));
        set_timeout(move || self.close(id), time);
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
        view! {
            <div class="overlay pointer-events-auto flex items-center gap-2 py-1.5 ps-3 pe-1.5">
                <Icon glyph=glyph class=color />
                <p class="min-w-0 grow">{toast.text}</p>
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
