//! Beginning a draft: of a new bot, or of one that is deployed.

use api_types::client;
use leptos::prelude::*;
use uuid::Uuid;

use crate::drafts::BeginDraft;
use crate::ui::button::Variant;
use crate::ui::icon::Glyph;

/// A button that makes a draft and opens the builder.
#[component]
pub fn DraftButton(
    /// The deployed bot to edit; a new one when absent.
    #[prop(optional_no_strip)]
    from: Option<Uuid>,
    /// How loud it is.
    #[prop(optional)]
    variant: Variant,
    /// Whether it is smaller.
    #[prop(optional)]
    small: bool,
    /// Its icon.
    icon: Glyph,
    /// Its text.
    children: Children,
) -> impl IntoView {
    view! {
        <BeginDraft
            create=client::bot_drafts::create
            base="/bots/draft"
            from=from
            list=Some(client::bot_drafts::list)
            variant=variant
            small=small
            icon=icon
        >
            {children()}
        </BeginDraft>
    }
}
