//! What became of a bot's conversations: the workspace's pages, of one bot.

use leptos::prelude::*;
use leptos_router::components::Redirect;

use super::frame::this_bot;
use crate::analytics::Report;
use crate::conversations::{BotConversations, GapList};

/// Its conversations.
#[component]
pub fn BotConversationsPage() -> impl IntoView {
    let this = this_bot();
    this.title(tr!("Conversations"));
    view! { <BotConversations bot=this.id /> }
}

/// What it could not answer.
#[component]
pub fn BotGapsPage() -> impl IntoView {
    let this = this_bot();
    this.title(tr!("Gaps"));
    view! { <GapList bot=Signal::stored(Some(this.id)) /> }
}

/// Its figures.
#[component]
pub fn BotAnalyticsPage() -> impl IntoView {
    let this = this_bot();
    this.title(tr!("Analytics"));
    view! { <Report bot=this.id /> }
}

/// The first of these pages.
#[component]
pub fn MonitorPage() -> impl IntoView {
    let address = format!("/bots/{}/monitor/conversations", this_bot().id);
    view! { <Redirect path=address /> }
}
