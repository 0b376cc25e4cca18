//! What a session knows of the browser or program that holds it.

use std::net::IpAddr;

/// Longest name of a browser that is kept, in characters.
const MAX_USER_AGENT: usize = 300;

/// Who signs in from where, as far as a request tells.
#[derive(Debug, Clone, Default)]
pub struct Device {
    /// `User-Agent`, cut.
    pub(super) user_agent: String,
    /// The visitor's address.
    pub(super) address: String,
}

impl Device {
    /// From a request's `User-Agent` and the address it counts for.
    pub fn new(user_agent: &str, address: Option<IpAddr>) -> Self {
        Self {
            user_agent: user_agent
                .chars()
                .filter(|c| !c.is_control())
                .take(MAX_USER_AGENT)
                .collect(),
            address: address.map(|address| address.to_string()).unwrap_or_default(),
        }
    }
}

/// Browsers by what stands in their name. The first that fits: nearly all call themselves Chrome and Safari, too.
const BROWSERS: &[(&str, &str)] = &[
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Vivaldi/", "Vivaldi"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
    ("python", "A Python program"),
    ("node", "A Node.js program"),
];

/// Systems by what stands in a browser's name, the first that fits.
const SYSTEMS: &[(&str, &str)] = &[
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
];

/// A device in plain words, such as `Firefox on Linux`.
pub(super) fn describe(user_agent: &str) -> String {
    let find = |names: &[(&str, &'static str)]| {
        let found = names.iter().find(|(part, _)| user_agent.contains(part));
        found.map(|(_, name)| *name)
    };
    match (find(BROWSERS), find(SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        (None, Some(system)) => format!("A program on {system}"),
        (None, None) => "Unknown device".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_told_in_plain_words() {
        for (user_agent, words) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0",
                "Firefox on Linux",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
                "Chrome on Android",
            ),
            ("curl/8.14.1", "curl"),
            ("", "Unknown device"),
        ] {
            assert_eq!(describe(user_agent), words, "{user_agent}");
        }
    }

    #[test]
    fn a_long_name_is_cut_and_holds_no_control_characters() {
        let device = Device::new(&format!("a\tb\n{}", "x".repeat(1_000)), None);
        assert_eq!(device.user_agent.chars().count(), MAX_USER_AGENT);
        assert!(device.user_agent.starts_with("abx"));
    }
}
