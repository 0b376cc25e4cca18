//! Test sets, beside the bot that they are run on.

use leptos::prelude::*;

use super::frame::this_bot;
use crate::test_sets::BotSets;

/// The page.
#[component]
pub fn BotSetsPage() -> impl IntoView {
    let this = this_bot();
    this.title(tr!("Test sets"));
    let required = Memo::new(move |_| {
        this.bot
            .with(|bot| bot.content.tests.as_ref().map(|tests| tests.test_set_id))
    });
    view! { <BotSets bot=this.id required=required /> }
}
