//! One way to write each address, and which addresses are of the same site.

use url::Url;

/// Parameters that tell where a visitor came from, and never change the page.
const TRACKING: [&str; 24] = [
    "_ga",
    "_gl",
    "_hsenc",
    "_hsmi",
    "dclid",
    "epik",
    "fbclid",
    "gad_source",
    "gbraid",
    "gclid",
    "gclsrc",
    "hsctatracking",
    "igshid",
    "mc_cid",
    "mc_eid",
    "mkt_tok",
    "msclkid",
    "srsltid",
    "ttclid",
    "twclid",
    "vero_id",
    "wbraid",
    "wickedid",
    "yclid",
];
/// Parameters that hold a visitor's session.
const SESSION: [&str; 11] = [
    "cfid",
    "cftoken",
    "jsessionid",
    "oscsid",
    "phpsessid",
    "s_id",
    "session",
    "session_id",
    "sessionid",
    "sid",
    "zenid",
];

/// The address without fragment, user, tracking and session parameters, with the others in order.
///
/// Two addresses of the same page are written alike as far as that can be told without asking the server.
pub(in crate::kb) fn normalize(mut url: Url) -> Url {
    url.set_fragment(None);
    let path = tidy_path(url.path());
    url.set_path(&path);
    let query = url.query().and_then(tidy_query);
    url.set_query(query.as_deref());
    url
}

fn tidy_path(path: &str) -> String {
    let mut tidy = String::with_capacity(path.len());
    for segment in path.split('/') {
        let segment = without_session(segment);
        // A doubled slash says nothing.
        if segment.is_empty() && tidy.ends_with('/') {
            continue;
        }
        tidy.push_str(&tidy_escapes(segment));
        tidy.push('/');
    }
    // The last part has no slash behind it, unless it is empty.
    if !path.ends_with('/') {
        tidy.pop();
    }
    tidy
}

/// Drops `;jsessionid=…` behind a path segment.
fn without_session(segment: &str) -> &str {
    let lower = segment.to_ascii_lowercase();
    match lower.find(";jsessionid=") {
        Some(at) => &segment[..at],
        None => segment,
    }
}

fn tidy_query(query: &str) -> Option<String> {
    let mut pairs: Vec<String> = query
        .split('&')
        .filter(|pair| !pair.is_empty() && !is_noise(pair))
        .map(tidy_escapes)
        .collect();
    pairs.sort();
    pairs.dedup();
    (!pairs.is_empty()).then(|| pairs.join("&"))
}

fn is_noise(pair: &str) -> bool {
    let name = pair.split('=').next().unwrap_or_default().to_ascii_lowercase();
    name.starts_with("utm_")
        || name.starts_with("aspsessionid")
        || TRACKING.contains(&name.as_str())
        || SESSION.contains(&name.as_str())
}

/// Writes `%7e` as `~` and `%2f` as `%2F`: the forms that RFC 3986 asks for.
fn tidy_escapes(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut tidy = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        tidy.push_str(&rest[..at]);
        let code = rest
            .get(at + 1..at + 3)
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match code {
            Some(byte) if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') => {
                tidy.push(char::from(byte));
                rest = &rest[at + 3..];
            }
            Some(byte) => {
                tidy.push_str(&format!("%{byte:02X}"));
                rest = &rest[at + 3..];
            }
            None => {
                tidy.push('%');
                rest = &rest[at + 1..];
            }
        }
    }
    debug_assert!(bytes.is_ascii(), "an address is ASCII once it is parsed");
    tidy.push_str(rest);
    tidy
}

/// The servers that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Site {
    host: String,
    /// `None` for the usual ones.
    port: Option<u16>,
    subdomains: bool,
}

impl Site {
    pub(super) fn of(url: &Url, subdomains: bool) -> Self {
        Self {
            host: bare_host(url).to_owned(),
            port: url.port(),
            subdomains,
        }
    }

    /// Whether a page is of this site. `www.` makes no difference, and neither does http or https.
    pub(super) fn holds(&self, url: &Url) -> bool {
        if !matches!(url.scheme(), "http" | "https") || url.port() != self.port {
            return false;
        }
        let host = bare_host(url);
        let is_below = || {
            host.strip_suffix(&self.host)
                .is_some_and(|rest| rest.ends_with('.'))
        };
        host == self.host || (self.subdomains && is_below())
    }
}

fn bare_host(url: &Url) -> &str {
    let host = url.host_str().unwrap_or_default();
    host.strip_prefix("www.").unwrap_or(host)
}

/// Whether two addresses differ only in what servers usually take for the same: scheme, `www.`, a slash at the end.
pub(super) fn is_same_page(a: &Url, b: &Url) -> bool {
    let parts = |url: &Url| {
        let path = url.path().trim_end_matches('/').to_owned();
        (
            bare_host(url).to_owned(),
            url.port(),
            path,
            url.query().map(str::to_owned),
        )
    };
    parts(a) == parts(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    #[test]
    fn every_spelling_of_an_address_becomes_one() {
        let cases = [
            ("https://Example.com:443/a#top", "https://example.com/a"),
            ("http://example.com:80", "http://example.com/"),
            ("https://example.com/a//b///c/", "https://example.com/a/b/c/"),
            ("https://example.com/a/../b/./c", "https://example.com/b/c"),
            ("https://example.com/?b=2&a=1", "https://example.com/?a=1&b=2"),
            ("https://example.com/?a=1&a=1", "https://example.com/?a=1"),
            (
                "https://example.com/?utm_source=x&UTM_Medium=y&a=1&gclid=z",
                "https://example.com/?a=1",
            ),
            ("https://example.com/?fbclid=x", "https://example.com/"),
            ("https://example.com/?", "https://example.com/"),
            (
                "https://example.com/?PHPSESSID=42&page=2",
                "https://example.com/?page=2",
            ),
            (
                "https://example.com/a;jsessionid=42/b;v=1",
                "https://example.com/a/b;v=1",
            ),
            ("https://example.com/%7ean%2fb", "https://example.com/~an%2Fb"),
            ("https://example.com/100%", "https://example.com/100%"),
            ("https://example.com/?q=%c3%a9", "https://example.com/?q=%C3%A9"),
        ];
        for (from, to) in cases {
            let once = normalize(url(from));
            assert_eq!(once.as_str(), to, "{from}");
            assert_eq!(normalize(once.clone()), once, "{from} twice");
        }
    }

    #[test]
    fn parameters_that_choose_the_page_stay() {
        for kept in [
            "https://example.com/?id=7&ref=9",
            "https://example.com/index.php?title=A",
            "https://example.com/?side=2",
        ] {
            assert_eq!(normalize(url(kept)).as_str(), kept);
        }
    }

    #[test]
    fn a_site_is_a_host_and_its_subdomains_when_asked() {
        let site = Site::of(&url("https://www.example.com/docs"), false);
        assert!(site.holds(&url("http://example.com/")));
        assert!(!site.holds(&url("https://docs.example.com/")));
        assert!(!site.holds(&url("https://example.com:8443/")));
        assert!(!site.holds(&url("https://notexample.com/")));
        assert!(!site.holds(&url("ftp://example.com/")));
        let wide = Site::of(&url("https://example.com/"), true);
        assert!(wide.holds(&url("https://docs.example.com/")));
        assert!(!wide.holds(&url("https://notexample.com/")));
        let local = Site::of(&url("http://127.0.0.1:4000/"), false);
        assert!(local.holds(&url("http://127.0.0.1:4000/a")));
        assert!(!local.holds(&url("http://127.0.0.1:4001/a")));
    }

    #[test]
    fn a_slash_or_another_scheme_is_no_other_page() {
        assert!(is_same_page(
            &url("http://www.example.com/a/"),
            &url("https://example.com/a")
        ));
        assert!(!is_same_page(
            &url("https://example.com/a?b=1"),
            &url("https://example.com/a")
        ));
    }
}
