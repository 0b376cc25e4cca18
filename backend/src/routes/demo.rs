//! `/demo`: a page of some other site, with the demo bot embedded as a site owner would.

use axum::extract::State;
use axum::response::Html;

use crate::{AppState, demo};

const PAGE: &str = include_str!("../../static/demo.html");

/// The page; until the demo is made it says so and looks again.
pub async fn page(State(state): State<AppState>) -> Html<String> {
    let embed = match state.demo_bot.get() {
        Some(bot_id) => {
            format!(r##"<script async src="/widget.js" data-bot="{bot_id}" data-color="#4f46e5"></script>"##)
        }
        None if state.config.demo => {
            r#"<meta http-equiv="refresh" content="2"><p class="note">The demo bot is reading the documentation …</p>"#
                .to_owned()
        }
        None => r#"<p class="note">The demo is switched off (BOTWRIGHT_DEMO).</p>"#.to_owned(),
    };
    let shown = embed.replace('<', "&lt;");
    let page = PAGE
        .replace("{{embed}}", &embed)
        .replace("{{snippet}}", &shown)
        .replace("{{email}}", demo::EMAIL)
        .replace("{{password}}", demo::PASSWORD);
    Html(page)
}
