//! What went wrong, said where it happened.

use leptos::prelude::*;

use super::icon::{self, Icon};

/// A problem in plain words; nothing while there is none.
#[component]
pub fn ErrorAlert(
    /// What to say.
    #[prop(into)]
    message: Signal<Option<String>>,
) -> impl IntoView {
    move || {
        message.get().map(|message| {
            view! {
                <div
                    role="alert"
                    class="flex items-start gap-2 rounded-box border border-error/40 bg-error/8 px-3 py-2"
                >
                    <Icon glyph=icon::TRIANGLE_ALERT class="size-4 mt-0.5 text-error" />
                    <p class="min-w-0">{message}</p>
                </div>
            }
        })
    }
}

/// A remark that is no error.
#[component]
pub fn Notice(
    /// What to say.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="flex items-start gap-2 rounded-box border border-base-300 bg-base-200 px-3 py-2">
            <Icon glyph=icon::INFO class="size-4 mt-0.5 text-primary" />
            <div class="min-w-0">{children()}</div>
        </div>
    }
}
