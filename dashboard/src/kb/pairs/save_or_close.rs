//! The end of a dialog with pairs.

use leptos::prelude::*;

use crate::ui::button::{Button, Variant};

/// Saves what was changed, or leaves everything as it was.
#[component]
pub fn SaveOrClose(
    /// Whether the dialog is open.
    open: RwSignal<bool>,
    /// Whether there is anything to save.
    is_changed: Memo<bool>,
    /// It is being saved.
    busy: RwSignal<bool>,
    /// Saves it.
    save: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    view! {
        <div class="flex flex-wrap justify-end gap-2">
            <Button on_click=move || open.set(false)>
                {move || if is_changed.get() { tr!("Discard changes") } else { tr!("Close") }}
            </Button>
            <Button
                variant=Variant::Primary
                busy=busy
                disabled=Signal::derive(move || !is_changed.get())
                on_click=save
            >
                {tr!("Save")}
            </Button>
        </div>
    }
}
