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
        <PageHead title=name back=("/bots", tr!("Bots"))>
            <DraftButton from=Some(id) variant=Variant::Primary icon=icon::PENCIL>
                {tr!("Edit")}
            </DraftButton>
        </PageHead>
        <TabLinks
            tabs=[
                (format!("/bots/{id}"), tr!("Overview")),
                (format!("/bots/{id}/deploy"), tr!("Deploy")),
                (format!("/conversations?bot_id={id}"), tr!("Conversations")),
                (format!("/conversations/gaps?bot_id={id}"), tr!("Gaps")),
            ]
            label=tr!("Bot")
        />
    }
}
