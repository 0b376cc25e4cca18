//! Where the command palette appears, and the button for those who do not know its keys.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;

use super::palette::Palette;
use crate::pages::home;
use crate::ui::dialog::{closed, show_while};
use crate::ui::icon::{self, Icon};

/// The button, and the dialog that it opens. What is in the dialog is loaded when it is first needed.
#[component]
pub fn PaletteButton() -> impl IntoView {
    let open = RwSignal::new(false);
    provide_context(Palette(open));
    let dialog = NodeRef::<html::Dialog>::new();
    let keys = window_event_listener(ev::keydown, move |event| {
        let is_shortcut = (event.ctrl_key() || event.meta_key()) && !event.alt_key() && !event.shift_key();
        if !is_shortcut || event.key().to_lowercase() != "k" {
            return;
        }
        event.prevent_default();
        let other_dialog = || {
            document()
                .query_selector("dialog[open]")
                .is_ok_and(|found| found.is_some())
        };
        if open.get_untracked() {
            open.set(false);
        } else if !other_dialog() {
            open.set(true);
        }
    });
    on_cleanup(move || keys.remove());
    show_while(dialog, open);
    let outside = move |event: web_sys::MouseEvent| {
        // The dialog itself is hit only beside its box.
        if event.target() == event.current_target() {
            open.set(false);
        }
    };
    view! {
        <button
            type="button"
            class="btn btn-ghost gap-2 px-2.5 font-normal muted sm:border-base-300"
            aria-keyshortcuts="Control+K Meta+K"
            on:click=move |_| open.set(true)
        >
            <Icon glyph=icon::SEARCH class="size-4.5" />
            <span class="max-sm:sr-only">{tr!("Search")}</span>
            <kbd class="kbd kbd-sm max-sm:hidden" aria-hidden="true">"Ctrl K"</kbd>
        </button>
        <dialog
            node_ref=dialog
            class="modal modal-top sm:items-start sm:pt-[12dvh]"
            aria-label=tr!("Search")
            on:close=move |_| closed(dialog, open)
            on:click=outside
        >
            <Show when=move || open.get()>
                <div class="modal-box mx-auto max-w-xl rounded-box border border-base-300 p-0">{home::palette()}</div>
            </Show>
        </dialog>
    }
}
