//! The sites on whose pages a bot may be used.

use api_types::FieldError;
use url::{Host, Url};

/// Sites as a bot's owner lists them; an empty list is every site.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sites(Vec<Site>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Site {
    scheme: String,
    /// As browsers say it: lower case, international names in Punycode.
    host: String,
    /// Every subdomain of `host`, but not `host` itself.
    is_wildcard: bool,
    /// Absent where it is the scheme's own.
    port: Option<u16>,
}

impl Sites {
    /// Reads [`Access::allowed_domains`](api_types::visitors::Access); what can't be read is said by its position.
    pub fn parse(domains: &[String]) -> Result<Self, Vec<FieldError>> {
        let mut sites = Vec::new();
        let mut errors = Vec::new();
        for (i, domain) in domains.iter().enumerate() {
            match Site::parse(domain.trim()) {
                Some(site) => sites.push(site),
                None => errors.push(FieldError::new(
                    format!("content.access.allowed_domains[{i}]"),
                    "This is no domain. Enter one such as example.com, *.example.com or localhost:3000.",
                )),
            }
        }
        if errors.is_empty() {
            Ok(Self(sites))
        } else {
            Err(errors)
        }
    }

    /// Whether every site may use the bot.
    pub fn is_any(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether pages of this origin, as in the header `Origin`, may use the bot.
    pub fn allow(&self, origin: &str) -> bool {
        if self.is_any() {
            return true;
        }
        let Some(origin) = parse_origin(origin) else {
            return false;
        };
        self.0.iter().any(|site| site.is_origin(&origin))
    }

    /// The sources of the directive `frame-ancestors` of a content security policy.
    pub fn frame_ancestors(&self) -> String {
        if self.is_any() {
            // `*` leaves out pages opened from disk, on which people try the snippet first.
            return "* file:".to_owned();
        }
        let sources: Vec<String> = self.0.iter().map(Site::source).collect();
        format!("'self' {}", sources.join(" "))
    }
}

impl Site {
    fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme @ ("http" | "https"), rest)) => (Some(scheme), rest),
            Some(_) => return None,
            None => (None, text),
        };
        let (is_wildcard, rest) = match rest.strip_prefix("*.") {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        // Nobody has a certificate for their own machine.
        let is_local = rest == "localhost" || rest.starts_with("localhost:") || rest.starts_with("127.0.0.1");
        let scheme = scheme.unwrap_or(if is_local { "http" } else { "https" });
        let url = parse_origin(&format!("{scheme}://{rest}"))?;
        let host = url.host_str()?.to_owned();
        let can_have_subdomains = matches!(url.host(), Some(Host::Domain(name)) if name.contains('.'));
        (!is_wildcard || can_have_subdomains).then(|| Self {
            scheme: scheme.to_owned(),
            host,
            is_wildcard,
            port: url.port(),
        })
    }

    fn is_origin(&self, origin: &Url) -> bool {
        let host = origin.host_str().unwrap_or_default();
        let is_host = if self.is_wildcard {
            let name = host.strip_suffix(&self.host);
            name.is_some_and(|name| name.len() > 1 && name.ends_with('.'))
        } else {
            host == self.host
        };
        is_host && origin.scheme() == self.scheme && origin.port() == self.port
    }

    fn source(&self) -> String {
        let wildcard = if self.is_wildcard { "*." } else { "" };
        let port = self.port.map(|port| format!(":{port}")).unwrap_or_default();
        format!("{}://{wildcard}{}{port}", self.scheme, self.host)
    }
}

/// A scheme, host and port, and nothing else.
fn parse_origin(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let is_bare = matches!(url.scheme(), "http" | "https")
        && url.path() == "/"
        && !text.ends_with('/')
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    is_bare.then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sites(domains: &[&str]) -> Sites {
        let domains: Vec<String> = domains.iter().map(|&domain| domain.to_owned()).collect();
        Sites::parse(&domains).unwrap()
    }

    #[test]
    fn an_empty_list_is_every_site() {
        let sites = sites(&[]);
        assert!(sites.allow("https://anywhere.example") && sites.allow("null"));
        assert_eq!(sites.frame_ancestors(), "* file:");
    }

    #[test]
    fn only_exact_origins_pass() {
        let sites = sites(&[
            "Example.com",
            "*.shop.example",
            "localhost:3000",
            "http://intranet.local:8080",
            "bücher.example",
        ]);
        for origin in [
            "https://example.com",
            "https://a.shop.example",
            "https://a.b.shop.example",
            "http://localhost:3000",
            "http://intranet.local:8080",
            "https://xn--bcher-kva.example",
        ] {
            assert!(sites.allow(origin), "{origin}");
        }
        for origin in [
            "http://example.com",
            "https://example.com:8443",
            "https://www.example.com",
            "https://example.com.evil.test",
            "https://evilexample.com",
            "https://shop.example",
            "https://evilshop.example",
            "https://.shop.example",
            "https://localhost:3000",
            "http://localhost",
            "http://intranet.local",
            "https://example.com@evil.test",
            "https://example.com/",
            "https://evil.test#https://example.com",
            "file://",
            "null",
            "",
            "*",
        ] {
            assert!(!sites.allow(origin), "{origin}");
        }
    }

    #[test]
    fn browsers_are_told_the_same() {
        let sites = sites(&[
            "example.com",
            "*.bücher.example",
            "localhost:3000",
            "example.org:443",
        ]);
        assert_eq!(
            sites.frame_ancestors(),
            "'self' https://example.com https://*.xn--bcher-kva.example http://localhost:3000 https://example.org"
        );
    }

    #[test]
    fn what_is_no_domain_is_named() {
        let domains = [
            "ok.example",
            "*.com",
            "a b",
            "x; script-src *",
            "ftp://a.example",
            "*.127.0.0.1",
        ];
        let domains: Vec<String> = domains.iter().map(|&domain| domain.to_owned()).collect();
        let fields: Vec<String> = Sites::parse(&domains)
            .unwrap_err()
            .into_iter()
            .map(|error| error.field)
            .collect();
        let expected = [1, 2, 3, 4, 5].map(|i| format!("content.access.allowed_domains[{i}]"));
        assert_eq!(fields, expected);
    }
}
