//! An address that leads nowhere.

use leptos::prelude::*;

use crate::ui::button::{ButtonLink, Variant};
use crate::ui::empty::Empty;
use crate::ui::icon;
use crate::ui::page;

/// Says so, and where to go.
#[component]
pub fn NotFound() -> impl IntoView {
    page::title(|| tr!("Not found").to_owned());
    view! {
        <div class="mx-auto max-w-2xl pt-8">
            <h1 class="sr-only">{tr!("Not found")}</h1>
            <Empty
                icon=icon::CIRCLE_HELP
                title=tr!("There is nothing at this address")
                text=tr!("The link may be old or mistyped. Everything you made is in one of these places.")
            >
                <WaysOn />
            </Empty>
        </div>
    }
}

/// The places where people's things are, for those who came to none.
#[component]
pub fn WaysOn() -> impl IntoView {
    view! {
        <ButtonLink href="/bots" variant=Variant::Primary icon=icon::BOT>
            {tr!("Bots")}
        </ButtonLink>
        <ButtonLink href="/knowledge" icon=icon::BOOK_OPEN>
            {tr!("Knowledge")}
        </ButtonLink>
        <ButtonLink href="/conversations" icon=icon::MESSAGES_SQUARE>
            {tr!("Conversations")}
        </ButtonLink>
    }
}
