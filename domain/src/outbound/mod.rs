//! The one way out for every URL that a tenant can set: web pages and model providers.
//!
//! A URL is refused by its text when scheme, port or a literal address give it away, and a name is refused when it
//! resolves to anything but public addresses. The connection goes to the very addresses that were checked, so a
//! name that changes its answer in between (DNS rebinding) gains nothing. Redirects are never followed unseen.

mod address;
mod api;
mod failure;
mod fetch;
mod get;
mod lanes;
mod resolver;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use api_types::ErrorCode;
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, ClientBuilder, Method, RequestBuilder};
use url::{Host, Url};

use crate::{Error, Result};

pub(crate) use api::said;
pub use api::{Failure, Listed, Reply};
pub(crate) use failure::refusal;
pub use fetch::Fetched;
pub(crate) use get::explain;
pub use get::{Answer, Validators};
use lanes::Lanes;
pub(crate) use lanes::Slot;
use resolver::PublicResolver;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A connection that nothing was asked over for so long is closed.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);
/// How often the other end of a connection that answers are awaited over is asked whether it is still there.
const PING_INTERVAL: Duration = Duration::from_secs(20);
/// How long it may take to say so; then everything on the connection has failed.
const PING_TIMEOUT: Duration = Duration::from_secs(20);
/// As much of one answer as may be under way before we have read it, in bytes.
const STREAM_WINDOW: u32 = 256 * 1024;
const MAX_URL_LENGTH: usize = 2_048;
const USER_AGENT: &str = concat!("Botwright/", env!("CARGO_PKG_VERSION"));

/// Sends requests to places that a tenant chose. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Outbound {
    /// Reach public addresses only.
    guarded: Lanes,
    /// Reach what the operator allowed, wherever it is.
    trusted: Lanes,
    allow: Arc<[Place]>,
}

/// A host as [`Url`] writes it, and a port.
type Place = (String, u16);

impl Outbound {
    /// `allow` lists `host:port` places that the operator trusts although they are inside the own network or on an
    /// unusual port, such as `127.0.0.1:11434` for Ollama.
    pub fn new(allow: &[String]) -> anyhow::Result<Self> {
        let allow = allow
            .iter()
            .map(|entry| place(entry))
            .collect::<anyhow::Result<_>>()?;
        let guarded = Lanes::new(|| build(|| client().dns_resolver(PublicResolver::system())))?;
        let trusted = Lanes::new(|| build(client))?;
        Ok(Self {
            guarded,
            trusted,
            allow,
        })
    }

    /// Parses a URL and refuses with [`ErrorCode::UrlForbidden`] what its text alone gives away. Names are resolved,
    /// and checked again, when a request is sent.
    pub fn check_url(&self, url: &str) -> Result<Url> {
        if url.len() > MAX_URL_LENGTH {
            return Err(forbidden(format!(
                "The address is longer than {MAX_URL_LENGTH} characters."
            )));
        }
        let url = Url::parse(url.trim())
            .map_err(|_| forbidden("This is not a web address. Write it like https://example.com/page."))?;
        self.check(&url)?;
        Ok(url)
    }

    /// Begins a request to a place that passes the check. No time-out but that for connecting is set; redirects are
    /// answers like any other.
    pub fn request(&self, method: Method, url: &Url) -> Result<RequestBuilder> {
        let client = self.lanes(url)?.first();
        Ok(client.request(method, url.clone()))
    }

    /// The same to a model provider, whose answer may last. However many are under way, none waits for another; the slot is
    /// kept until all of the answer was read.
    pub(crate) fn request_provider(&self, method: Method, url: &Url) -> Result<(RequestBuilder, Slot)> {
        let (client, slot) = self.lanes(url)?.take(url);
        Ok((client.request(method, url.clone()), slot))
    }

    /// The clients for a place that passes the check.
    fn lanes(&self, url: &Url) -> Result<&Lanes> {
        self.check(url)?;
        Ok(if self.is_allowed(url) {
            &self.trusted
        } else {
            &self.guarded
        })
    }

    /// Begins a request to this very server, at the address that its operator gave it. Never to one from a tenant.
    pub(crate) fn request_own(&self, url: &Url) -> RequestBuilder {
        self.trusted.first().get(url.clone())
    }

    fn check(&self, url: &Url) -> Result<()> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(forbidden(
                "Only addresses that begin with http:// or https:// can be used.",
            ));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(forbidden("Take the user name and password out of the address."));
        }
        if self.is_allowed(url) {
            return Ok(());
        }
        let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
            return Err(forbidden("The address names no server."));
        };
        let is_public = match &host {
            Host::Domain(name) => !is_local_name(name),
            Host::Ipv4(address) => address::is_public(IpAddr::V4(*address)),
            Host::Ipv6(address) => address::is_public(IpAddr::V6(*address)),
        };
        if !is_public {
            return Err(inward(url));
        }
        if !matches!(port, 80 | 443) {
            return Err(forbidden(format!(
                "Port {port} can't be used, only 80 and 443. {}",
                operator_hint(&host.to_string(), port)
            )));
        }
        Ok(())
    }

    fn is_allowed(&self, url: &Url) -> bool {
        let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
            return false;
        };
        self.allow
            .iter()
            .any(|(allowed, at)| allowed == host && *at == port)
    }
}

/// Names that never lead to the public internet.
fn is_local_name(name: &str) -> bool {
    const LOCAL: &[&str] = &["localhost", "localdomain", "local", "internal", "home.arpa"];
    let name = name.trim_end_matches('.');
    !name.contains('.')
        || LOCAL
            .iter()
            .any(|suffix| name.strip_suffix(suffix).is_some_and(|rest| rest.ends_with('.')))
}

#[expect(clippy::disallowed_methods, reason = "the one place where a client is made")]
fn client() -> ClientBuilder {
    Client::builder()
        .no_proxy()
        .redirect(Policy::none())
        .referer(false)
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .http2_keep_alive_interval(PING_INTERVAL)
        .http2_keep_alive_timeout(PING_TIMEOUT)
        .http2_initial_stream_window_size(STREAM_WINDOW)
        // Room for each stream's window, so that answers that nobody reads at the moment hold no others up. Fixed, since windows
        // that adapt are measured by pings, which some servers take for an attack.
        .http2_initial_connection_window_size(STREAM_WINDOW * lanes::MOST)
        .user_agent(USER_AGENT)
}

/// A client for places that only the operator names.
pub(crate) fn plain_client() -> anyhow::Result<Client> {
    build(client)
}

/// Builds with the system's certificate authorities, or with Mozilla's where the system has none, as in a bare
/// container.
fn build(client: impl Fn() -> ClientBuilder) -> anyhow::Result<Client> {
    if let Ok(client) = client().build() {
        return Ok(client);
    }
    let mozilla = webpki_root_certs::TLS_SERVER_ROOT_CERTS
        .iter()
        .map(|root| Certificate::from_der(root))
        .collect::<Result<Vec<_>, _>>()?;
    client()
        .tls_certs_only(mozilla)
        .build()
        .context("the client for outgoing requests can't be set up")
}

fn place(entry: &str) -> anyhow::Result<Place> {
    let parse = || {
        let (_, port) = entry.rsplit_once(':')?;
        let url = Url::parse(&format!("http://{entry}")).ok()?;
        let is_bare = url.path() == "/" && url.query().is_none() && url.username().is_empty();
        Some((url.host_str()?.to_owned(), port.parse().ok()?)).filter(|_| is_bare)
    };
    parse().with_context(|| {
        format!("BOTWRIGHT_OUTBOUND_ALLOW: \"{entry}\" is not a host and port like 127.0.0.1:11434")
    })
}

fn inward(url: &Url) -> Error {
    let host = url.host_str().unwrap_or_default();
    let port = url.port_or_known_default().unwrap_or_default();
    forbidden(format!(
        "{host} is not on the public internet. {}",
        operator_hint(host, port)
    ))
}

fn operator_hint(host: &str, port: u16) -> String {
    format!("If it should be reachable, ask the operator to add {host}:{port} to BOTWRIGHT_OUTBOUND_ALLOW.")
}

fn forbidden(detail: impl Into<String>) -> Error {
    Error::refused(ErrorCode::UrlForbidden, detail)
}

fn failed(detail: impl Into<String>) -> Error {
    Error::refused(ErrorCode::FetchFailed, detail)
}

#[cfg(test)]
#[expect(dead_code, reason = "some are the business of other tests")]
#[path = "../../tests/support/hostile_urls.rs"]
mod hostile_urls;
#[cfg(test)]
mod http2;
#[cfg(test)]
mod tests;
#[cfg(test)]
#[path = "../../tests/support/tls.rs"]
mod tls;
