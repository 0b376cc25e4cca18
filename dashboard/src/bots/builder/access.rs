//! Who may talk to the bot.

use api_types::visitors::MAX_DOMAINS;
use leptos::prelude::*;

use super::Builder;
use super::text_rows::{Rows, TextRows};
use crate::ui::page::Section;
use crate::ui::toggle::Toggle;

const DOMAINS: Rows = Rows {
    title: mark!("Allowed domains"),
    hint: mark!(
        "Sites that may show the bot, such as shop.example or *.shop.example; with its port if it has one, such as localhost:3000. Every site while there is none."
    ),
    one: mark!("Domain"),
    placeholder: "shop.example",
    add: mark!("Add a domain"),
    path: "access.allowed_domains",
    get: |content| &content.access.allowed_domains,
    get_mut: |content| &mut content.access.allowed_domains,
    most: MAX_DOMAINS,
};

/// The section.
#[component]
pub fn AccessSection(builder: Builder) -> impl IntoView {
    let is_verified_only = builder.part(|content| content.access.verified_only);
    let set = move |wanted| builder.update(|content| content.access.verified_only = wanted);
    view! {
        <Section title=tr!("Access") subtitle=tr!("Where the bot may be shown, and to whom it talks.")>
            <div class="flex flex-col gap-5">
                <TextRows builder=builder rows=DOMAINS />
                <Toggle
                    label=tr!("Verified visitors only")
                    hint=tr!("Your site says who its visitor is, by a token that it signs. Make the secret for it on the bot's page after the deploy; until then the bot talks to nobody.")
                    checked=is_verified_only
                    on_change=set
                />
            </div>
        </Section>
    }
}
