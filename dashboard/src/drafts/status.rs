//! What the page says about saving.

use chrono::{DateTime, Utc};
use leptos::prelude::*;

use super::{Autosave, DraftContent, SaveState};
use crate::ui::button::{Button, Variant};
use crate::ui::icon::{self, Icon};
use crate::ui::time::{Clock, exact};

/// "Draft · saved 3 s ago", always in the head of the page.
#[component]
pub fn SaveStatus<C: DraftContent>(
    /// The draft.
    draft: Autosave<C>,
) -> impl IntoView {
    let clock = expect_context::<Clock>();
    let text = Memo::new(move |_| match draft.state.get() {
        SaveState::Saved(at) => tr!("Draft · saved {}", clock.ago(at)),
        SaveState::Edited | SaveState::Saving => tr!("Draft · saving…").to_owned(),
        SaveState::Retrying(_) => tr!("Draft · not saved — retrying").to_owned(),
        SaveState::Refused(error) => tr!(
            "Draft · not saved — {error}",
            error = crate::i18n::explain(&error)
        ),
        SaveState::Conflict => tr!("Draft · not saved — changed elsewhere").to_owned(),
        SaveState::Gone => tr!("Draft · not saved — it has expired").to_owned(),
    });
    // Read out when the kind of state changes, not each second.
    let spoken = Memo::new(move |_| match draft.state.get() {
        SaveState::Saved(_) => tr!("Draft saved"),
        SaveState::Edited | SaveState::Saving => "",
        _ => tr!("Draft not saved"),
    });
    let failing = move || {
        !matches!(
            draft.state.get(),
            SaveState::Saved(_) | SaveState::Edited | SaveState::Saving
        )
    };
    let detail = move || match draft.state.get() {
        SaveState::Saved(at) => exact_ms(at),
        SaveState::Retrying(error) => tr!(
            "{error} Keep typing: nothing is lost.",
            error = crate::i18n::explain(&error)
        ),
        _ => String::new(),
    };
    view! {
        <span
            class="inline-flex items-center gap-1.5"
            class=("text-error", failing)
            class=("muted", move || !failing())
            title=detail
            data-testid="save-state"
        >
            <Show when=failing>
                <Icon glyph=icon::TRIANGLE_ALERT class="size-3.5" />
            </Show>
            {text}
        </span>
        <span class="sr-only" role="status">
            {spoken}
        </span>
    }
}

#[expect(clippy::cast_possible_truncation, reason = "milliseconds are whole")]
fn exact_ms(at: f64) -> String {
    DateTime::<Utc>::from_timestamp_millis(at as i64)
        .map(exact)
        .unwrap_or_default()
}

/// Offers to make a new draft of what is on the page, once the old one is gone.
#[component]
pub fn GoneNotice<C: DraftContent>(
    /// The draft.
    draft: Autosave<C>,
    /// Whether a new one is being made.
    busy: RwSignal<bool>,
    /// Makes a new one.
    on_remake: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    view! {
        <Show when=move || draft.state.get() == SaveState::Gone>
            <div
                role="alert"
                class="mb-4 flex flex-wrap items-center gap-3 rounded-box border border-warning/50 bg-warning/10 px-4 py-3"
            >
                <Icon glyph=icon::TRIANGLE_ALERT class="size-4 text-warning" />
                <p class="min-w-0 grow">
                    {tr!("This draft has expired or was deleted. What you see is kept on this page.")}
                </p>
                <Button variant=Variant::Primary busy=busy on_click=on_remake>
                    {tr!("Make a new draft of it")}
                </Button>
            </div>
        </Show>
    }
}
