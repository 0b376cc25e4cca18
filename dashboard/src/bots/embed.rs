//! How visitors and programs reach a bot.

use api_types::bots::Embed;
use leptos::prelude::*;

use crate::ui::button::Variant;
use crate::ui::copy::CopyBox;
use crate::ui::icon::{self, Icon};

/// The embed code, and a link to try it.
#[component]
pub fn SitePanel(
    /// Where the bot is reached.
    #[prop(into)]
    embed: Signal<Embed>,
) -> impl IntoView {
    let code = move || embed.get().code;
    let chat_url = move || embed.get().chat_url;
    view! {
        <div class="flex flex-col gap-5">
            <div class="flex flex-col gap-1.5">
                <h3 class="font-medium">{tr!("On your site")}</h3>
                <p class="muted">
                    {tr!("Paste this line into the pages that should have the bot, before ")} <code>"</body>"</code> "."
                </p>
                <CopyBox text=Signal::derive(code) what=tr!("embed code") />
            </div>
            <div class="flex flex-col gap-1.5">
                <h3 class="font-medium">{tr!("On a page of its own")}</h3>
                <p class="muted">{tr!("A page with the bot alone, to try it or to share.")}</p>
                <a
                    class=format!("{} w-fit", Variant::Plain.class())
                    href=chat_url
                    target="_blank"
                    rel="external noopener"
                >
                    <Icon glyph=icon::EXTERNAL_LINK />
                    {tr!("Open the chat page")}
                </a>
            </div>
        </div>
    }
}

/// The same, and the API address with an example.
#[component]
pub fn EmbedPanel(
    /// Where the bot is reached.
    #[prop(into)]
    embed: Signal<Embed>,
) -> impl IntoView {
    let curl = move || curl(&embed.get().api_url);
    view! {
        <div class="flex flex-col gap-5">
            <SitePanel embed=embed />
            <div class="flex flex-col gap-1.5">
                <h3 class="font-medium">{tr!("From a program")}</h3>
                <p class="muted">
                    {tr!("Without ")}<code>"stream"</code>{tr!(" the answer is one JSON object. ")}
                    <a class="link-plain" href="/docs/api" rel="external" target="_blank">{tr!("API reference")}</a>
                </p>
                <CopyBox text=Signal::derive(curl) what=tr!("curl example") />
            </div>
        </div>
    }
}

/// A question, and its answer as it comes.
pub fn curl(api_url: &str) -> String {
    format!(
        "curl -N {api_url} \\\n  -H 'Content-Type: application/json' \\\n  -d '{{\"message\": \"What can you help me with?\", \"stream\": true}}'"
    )
}
