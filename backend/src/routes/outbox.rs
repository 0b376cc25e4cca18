//! `/outbox`: mails that would have been sent, on a machine of one's own.
//!
//! They hold links that open accounts. So the page is there only where there is no mail server and the private Postgres
//! serves, for somebody at the machine itself: the request comes from loopback, through no proxy, and to a name of
//! loopback (a page elsewhere can have its own name point here, but not that one).

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri, header};
use axum::response::{Html, IntoResponse, Response};
use domain::mail::{self, Mail, escape, paragraphs};

use super::edge;
use crate::AppState;
use crate::problem::Result;

const PAGE: &str = include_str!("../../static/outbox.html");
const CSP: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; base-uri 'none'; form-action 'none'; \
                   frame-ancestors 'none'";
/// What proxies add.
const FORWARDED: [HeaderName; 4] = [
    header::FORWARDED,
    header::VIA,
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("x-real-ip"),
];

/// The page, newest first.
pub async fn page(
    State(state): State<AppState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response> {
    if !is_shown(&state, peer.ip(), &headers) {
        return Ok(edge::not_found(&uri));
    }
    let mails: String = mail::newest(&state.services.db)
        .await?
        .iter()
        .map(article)
        .collect();
    let mails = if mails.is_empty() {
        "<p class=\"note\">No mail yet. Sign up, or ask for a new password.</p>".to_owned()
    } else {
        mails
    };
    let mut response = Html(PAGE.replace("{{mails}}", &mails)).into_response();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, CSP),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    Ok(response)
}

/// Whether whoever sends this request sees the page.
pub(super) fn is_shown(state: &AppState, peer: IpAddr, headers: &HeaderMap) -> bool {
    state.config.is_embedded && state.services.mailer.is_none() && is_from_here(peer, headers)
}

fn is_from_here(peer: IpAddr, headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    peer.to_canonical().is_loopback()
        && host.is_some_and(names_loopback)
        && !FORWARDED.iter().any(|name| headers.contains_key(name))
}

/// Whether `Host` is `localhost` or an address of loopback, with or without a port.
fn names_loopback(host: &str) -> bool {
    let address = host.parse::<SocketAddr>().map(|socket| socket.ip());
    let address = address.or_else(|_| host.trim_matches(['[', ']']).parse::<IpAddr>());
    if let Ok(address) = address {
        return address.is_loopback();
    }
    let name = host.split_once(':').map_or(host, |(name, _)| name);
    name.eq_ignore_ascii_case("localhost")
}

fn article(mail: &Mail) -> String {
    let body = mail
        .body
        .as_deref()
        .unwrap_or("(This mail was sent; its text was removed.)");
    format!(
        "<article><h2>{}</h2><p class=\"note\">To {} · {}</p>{}</article>",
        escape(&mail.subject),
        escape(&mail.recipient),
        mail.created_at.format("%Y-%m-%d %H:%M:%S UTC"),
        paragraphs(body),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_loopback_are_taken() {
        for host in [
            "localhost",
            "localhost:8080",
            "127.0.0.1:8080",
            "127.0.0.1",
            "[::1]:8080",
            "[::1]",
        ] {
            assert!(names_loopback(host), "{host}");
        }
        for host in [
            "",
            "bots.example.com",
            "localhost.example.com:8080",
            "192.0.2.1:8080",
            "127.0.0.1.nip.io",
        ] {
            assert!(!names_loopback(host), "{host}");
        }
    }

    #[test]
    fn mails_are_shown_as_text_with_their_links() {
        let mail = Mail {
            recipient: "\"<b>\"@example.com".to_owned(),
            subject: "Hi".to_owned(),
            body: Some("Look:\n\nhttp://127.0.0.1/reset#abc\n\n<script>".to_owned()),
            created_at: chrono::DateTime::UNIX_EPOCH,
        };
        let html = article(&mail);
        assert!(html.contains("<a href=\"http://127.0.0.1/reset#abc\""), "{html}");
        assert!(!html.contains("<script>") && !html.contains("<b>"), "{html}");
    }
}
