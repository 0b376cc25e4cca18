//! The head of every page of one bot: its name, the way to its draft, and its pages.

use leptos::prelude::*;
use uuid::Uuid;

use super::new_bot::DraftButton;
use crate::ui::button::Variant;
use crate::ui::icon;
use crate::ui::page::PageHead;
use crate::ui::tabs::TabLinks;

/// The head.
#[component]
pub fn BotHead(
    /// The bot.
    id: Uuid,
    /// Its name.
    #[prop(into)]
    name: Signal<String>,
) -> impl IntoView {
    view! {
        <PageHead title=name back=("/bots", "Bots")>
            <DraftButton from=Some(id) variant=Variant::Primary icon=icon::PENCIL>
                "Edit"
            </DraftButton>
        </PageHead>
        <TabLinks
            tabs=[
                (format!("/bots/{id}"), "Overview"),
                (format!("/bots/{id}/deploy"), "Deploy"),
                (format!("/conversations?bot_id={id}"), "Conversations"),
                (format!("/conversations/gaps?bot_id={id}"), "Gaps"),
            ]
            label="Bot"
        />
    }
}
