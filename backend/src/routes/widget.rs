//! The widget: the loader for pages of others, the frame that it opens, and the hosted page of each bot.

use std::sync::Arc;

use api_types::ErrorCode;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use domain::visitors::{self, Sites};
use domain::{Services, bots, embed};
use rust_embed::RustEmbed;
use serde::Deserialize;
use serde_json::json;

use super::edge;
use crate::extract::{Path, Query};
use crate::problem::Result;
use crate::{AppState, assets, visit};

#[derive(RustEmbed)]
#[folder = "../widget/dist"]
struct Widget;

const FRAME: &str = "frame.html";
/// What frame and loader load when they need it lies in here.
const LATER: &str = "later/";

/// Nothing inline, nothing from elsewhere, no HTML from strings. The bot's owner says which sites may frame it.
const FRAME_CSP: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
                         connect-src 'self'; img-src 'self' data: blob:; font-src 'self'; base-uri 'none'; \
                         form-action 'none'; require-trusted-types-for 'script'; frame-ancestors ";

/// Host pages ask for the loader on every view: they may reuse it for a while before they look for a newer one.
const LOADER_CACHE: &str = "public, max-age=300, stale-while-revalidate=86400";

/// How a bubble looks may be this old, so that somebody who leafs through a site asks seldom.
const LAUNCHER_CACHE: &str = "public, max-age=30";

/// `/widget.js`, `/widget/…` and `/chat/{workspace}/{bot}`.
pub fn routes() -> Router<AppState> {
    files()
        .route("/widget/bots/{bot}", get(launcher))
        .route("/widget/frame", get(frame))
        .route("/chat/{workspace}/{bot}", get(page))
}

/// What is the same for every bot.
fn files<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/widget.js", get(loader))
        .route("/widget/{*path}", get(asset))
}

async fn loader(uri: Uri, headers: HeaderMap) -> Response {
    let Some(mut response) = assets::serve::<Widget>("widget.js", &headers) else {
        return edge::not_found(&uri);
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(LOADER_CACHE));
    // Pages that isolate themselves load only what allows it.
    open_to_all(headers);
    response
}

/// How a bot's bubble looks, as a script: pages with a strict policy load nothing else from here. Where there is nothing to
/// talk to it says `null`, and the bubble goes; why, it tells whoever looks into the console.
async fn launcher(
    State(services): State<Arc<Services>>,
    Path(file): Path<String>,
    headers: HeaderMap,
) -> Result<Response> {
    let bot_id = file.strip_suffix(".js").and_then(|id| id.parse().ok());
    let script = match bot_id {
        Some(bot_id) => match services.live_bots.get(&services.db, bot_id).await {
            Ok(bot) if visit::comes_from_allowed_site(&bot, &headers) => {
                format!("export default {};\n", json!(bots::launcher(&bot)))
            }
            Ok(_) => no_bubble(
                "this bot is not meant for this site: its owner can add the site under Access and deploy",
            ),
            Err(error) if error.code() == ErrorCode::BotOffline => no_bubble("this bot was taken down"),
            Err(error) if error.code() == ErrorCode::NotFound => no_bubble("no such bot"),
            Err(error) => return Err(error.into()),
        },
        None => no_bubble("no such bot"),
    };
    let headers = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::CACHE_CONTROL, LAUNCHER_CACHE),
        // Not every site may show every bot.
        (header::VARY, "origin"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    let mut response = (headers, script).into_response();
    open_to_all(response.headers_mut());
    Ok(response)
}

fn no_bubble(why: &str) -> String {
    format!("console.warn(\"Botwright: {why}\", import.meta.url);\nexport default null;\n")
}

/// Modules are fetched as pages of others fetch data: they say who may have them.
fn open_to_all(headers: &mut HeaderMap) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    let policy = HeaderName::from_static("cross-origin-resource-policy");
    headers.insert(policy, HeaderValue::from_static("cross-origin"));
}

/// Which bot the chat page in a frame is for. The page itself says it if there is none.
#[derive(Deserialize)]
struct Framed {
    bot: Option<String>,
    /// Where the loader says that it is.
    origin: Option<String>,
}

/// The chat page in a frame, with the bot's id in the query.
async fn frame(
    State(services): State<Arc<Services>>,
    Query(framed): Query<Framed>,
    headers: HeaderMap,
) -> Result<Response> {
    note_site(services.clone(), &framed, &headers);
    chat_page(&services, framed.bot.as_deref().unwrap_or_default(), headers).await
}

/// Writes down on which site the chat was opened. Nobody waits for it.
fn note_site(services: Arc<Services>, framed: &Framed, headers: &HeaderMap) {
    let bot_id = framed.bot.as_deref().and_then(|bot| bot.parse().ok());
    // Browsers say it, unless the page wants them not to.
    let referer = headers.get(header::REFERER).and_then(|page| page.to_str().ok());
    let page = referer.or(framed.origin.as_deref()).map(str::to_owned);
    let (Some(bot_id), Some(page)) = (bot_id, page) else {
        return;
    };
    tokio::spawn(async move {
        let noted = async {
            let bot = services.live_bots.get(&services.db, bot_id).await?;
            embed::seen(&services, &bot, &page).await
        };
        if let Err(error) = noted.await {
            tracing::debug!(%error, %bot_id, "where the bot was seen was not written down");
        }
    });
}

/// The chat page as a page of its own, with the bot's id in the path.
async fn page(
    State(services): State<Arc<Services>>,
    Path((_workspace, bot)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response> {
    chat_page(&services, &bot, headers).await
}

async fn chat_page(services: &Services, bot: &str, mut headers: HeaderMap) -> Result<Response> {
    let ancestors = match bot.parse() {
        Ok(bot_id) => visitors::frame_ancestors(services, bot_id).await?,
        Err(_) => Sites::default().frame_ancestors(),
    };
    // Its policy may have changed when the page has not.
    headers.remove(header::IF_NONE_MATCH);
    let Some(mut response) = assets::serve::<Widget>(FRAME, &headers) else {
        let text = "The widget was not built into this binary. Run `cargo xtask web`, then build again.";
        return Ok((StatusCode::SERVICE_UNAVAILABLE, text).into_response());
    };
    let policy = HeaderValue::from_str(&format!("{FRAME_CSP}{ancestors}")).map_err(anyhow::Error::from)?;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    headers.remove(header::ETAG);
    Ok(response)
}

/// A file of the chat page. The page itself is served by [`frame`] only, never without its policy.
async fn asset(Path(path): Path<String>, uri: Uri, headers: HeaderMap) -> Response {
    let file = assets::serve::<Widget>(&path, &headers).filter(|_| path != FRAME);
    let Some(mut file) = file else {
        return edge::not_found(&uri);
    };
    if path.starts_with(LATER) {
        open_to_all(file.headers_mut());
    }
    file
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use tower::ServiceExt;

    async fn get(path: &str, headers: &[(HeaderName, &str)]) -> Response {
        assert!(
            Widget::get(FRAME).is_some(),
            "the widget is not built: run `cargo xtask web`"
        );
        let mut request = Request::get(path);
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        files::<()>()
            .oneshot(request.body(Body::empty()).unwrap())
            .await
            .unwrap()
    }

    fn header_of<'a>(response: &'a Response, name: &str) -> &'a str {
        response
            .headers()
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    #[tokio::test]
    async fn the_chat_page_is_no_file() {
        assert_eq!(
            get("/widget/frame.html", &[]).await.status(),
            StatusCode::NOT_FOUND
        );
    }

    #[tokio::test]
    async fn the_loader_is_small_cached_and_open_to_all() {
        let response = get("/widget.js", &[(header::ACCEPT_ENCODING, "gzip, br")]).await;
        assert_eq!(
            header_of(&response, "content-type"),
            "text/javascript; charset=utf-8"
        );
        assert_eq!(header_of(&response, "content-encoding"), "br");
        assert_eq!(
            header_of(&response, "cross-origin-resource-policy"),
            "cross-origin"
        );
        assert!(header_of(&response, "cache-control").contains("max-age=300"));
        let etag = header_of(&response, "etag").to_owned();
        assert!(to_bytes(response.into_body(), 3000).await.is_ok());
        let again = get("/widget.js", &[(header::IF_NONE_MATCH, &etag)]).await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    }

    #[tokio::test]
    async fn nothing_else_is_served() {
        for path in [
            "/widget/nothing.js",
            "/widget/app.wasm.br",
            "/widget/../Cargo.toml",
            "/widget/%2e%2e/Cargo.toml",
        ] {
            assert_eq!(get(path, &[]).await.status(), StatusCode::NOT_FOUND, "{path}");
        }
    }
}
