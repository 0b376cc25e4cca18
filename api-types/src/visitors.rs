//! Who may talk to a bot: on which sites, and whether the site has to vouch for its visitors.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::validate::Checker;

/// The header in which a site's token about its visitor is sent.
pub const VISITOR_TOKEN_HEADER: &str = "x-visitor-token";
/// Most sites of one bot.
pub const MAX_DOMAINS: usize = 50;
/// Longest that a visitor's token may be good for, in seconds.
pub const MAX_VISITOR_TOKEN_SECONDS: i64 = 3_600;

/// Who may talk to a bot.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Access {
    /// Sites whose pages may show and ask the bot, up to 50, such as `example.com`, `*.example.com` (every subdomain,
    /// not the domain itself), `localhost:3000` or `http://intranet.local`. Without a scheme it is `https`, for
    /// `localhost` either. All sites when empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed_domains: Vec<String>,
    /// Talks only to visitors whom the site vouches for, by a token that it signs with one of the bot's secrets.
    pub verified_only: bool,
}

impl Access {
    /// Whether this is the default: open to all.
    pub fn is_open(&self) -> bool {
        *self == Self::default()
    }

    pub(crate) fn check(&self, check: &mut Checker) {
        check.require(
            self.allowed_domains.len() <= MAX_DOMAINS,
            "content.access.allowed_domains",
            "Use at most 50 domains.",
        );
        for (i, domain) in self.allowed_domains.iter().enumerate() {
            check.require(
                is_domain(domain.trim()),
                &format!("content.access.allowed_domains[{i}]"),
                "Enter a domain such as example.com, *.example.com or localhost:3000, without a path.",
            );
        }
    }
}

/// Whether this looks like one of [`Access::allowed_domains`]. The server reads it with a real parser before a deploy.
pub fn is_domain(text: &str) -> bool {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))
        .unwrap_or(text);
    let rest = rest.strip_prefix("*.").unwrap_or(rest);
    let (host, port) = rest.rsplit_once(':').unwrap_or((rest, "443"));
    let is_label = |label: &str| {
        let plain = |c: char| c.is_alphanumeric() || c == '-';
        !label.is_empty() && label.len() <= 63 && label.chars().all(plain)
    };
    host.len() <= 253
        && host.split('.').all(is_label)
        && (host.contains('.') || host == "localhost")
        && port.parse::<u16>().is_ok_and(|port| port > 0)
}

/// A secret with which a site signs tokens about its visitors. A bot has two at most, so that one can be changed
/// without a gap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VisitorSecret {
    /// Id.
    pub id: Uuid,
    /// Its last characters, to recognise it by.
    pub hint: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// Answer of `POST /bots/{bot_id}/visitor-secrets`: the only time the secret is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreatedVisitorSecret {
    /// The list row.
    #[serde(flatten)]
    pub visitor_secret: VisitorSecret,
    /// The secret itself: the key of HMAC-SHA256, as the text that it is.
    pub secret: String,
}

/// A visitor whom the site vouches for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Visitor {
    /// The site's id for them.
    pub id: String,
    /// Their name, if the site says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Their e-mail address, if the site says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains() {
        for good in [
            "example.com",
            "*.example.com",
            "localhost",
            "localhost:3000",
            "http://intranet.local:8080",
            "https://shop.example.co.uk",
            "bücher.example",
            "127.0.0.1:8080",
        ] {
            assert!(is_domain(good), "{good}");
        }
        for bad in [
            "",
            "*",
            "*.",
            "example",
            "example.com/",
            "example.com/shop",
            "ftp://example.com",
            "https://",
            "exa mple.com",
            "user@example.com",
            "example.com:0",
            "example.com:99999",
            "a.*.example.com",
            "example..com",
            "example.com;script-src",
            "'self'",
        ] {
            assert!(!is_domain(bad), "{bad}");
        }
    }
}
