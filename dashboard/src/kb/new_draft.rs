//! Beginning a draft: of a new knowledge base, or of more sources for one.

use api_types::client;
use leptos::prelude::*;
use uuid::Uuid;

use crate::drafts::BeginDraft;
use crate::ui::button::Variant;
use crate::ui::icon;

/// A button that makes a draft and opens the wizard.
#[component]
pub fn DraftButton(
    /// The knowledge base to add to; a new one when absent.
    #[prop(optional_no_strip)]
    from: Option<Uuid>,
    /// Its text.
    children: Children,
) -> impl IntoView {
    view! {
        <BeginDraft
            create=client::kb_drafts::create
            base="/knowledge/draft"
            from=from
            list=None
            variant=Variant::Primary
            icon=icon::PLUS
        >
            {children()}
        </BeginDraft>
    }
}
