//! What a server asks of programs in its robots.txt (RFC 9309).

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use texting_robots::Robot;
use url::Url;

use crate::Result;
use crate::outbound::{Outbound, Validators};

/// The name that rules for us are under.
const AGENT: &str = "Botwright";
/// Largest file that is read, in bytes: what the standard asks for at least.
const MAX_BYTES: usize = 500 * 1024;
/// Files kept with a crawl, in bytes all together; those of further origins are fetched again in each turn.
const MAX_KEPT_BYTES: usize = 4 * 1024 * 1024;
const TIMEOUT: Duration = Duration::from_secs(15);
const MAX_REDIRECTS: usize = 5;
/// Longest pause between requests that is obeyed; a page an hour would never end.
const MAX_DELAY: Duration = Duration::from_secs(60);

/// What is known of each origin's robots.txt; kept with the crawl.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RobotsFiles(HashMap<String, RobotsFile>);

/// An origin's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RobotsFile {
    /// There is one.
    Text(String),
    /// There is none, so all is allowed.
    None,
    /// The server has a problem, so nothing is allowed.
    Unreachable,
}

impl RobotsFiles {
    fn size(&self) -> usize {
        self.0.values().map(RobotsFile::size).sum()
    }
}

impl RobotsFile {
    fn size(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::None | Self::Unreachable => 0,
        }
    }
}

/// The rules of one origin.
#[derive(Debug)]
pub(super) struct Rules {
    /// `None` allows all.
    robot: Option<Robot>,
    pub(super) is_unreachable: bool,
    /// The least time between two requests.
    pub(super) delay: Duration,
}

impl Rules {
    fn of(file: &RobotsFile) -> Self {
        let robot = match file {
            // What can't be read says nothing.
            RobotsFile::Text(text) => Robot::new(AGENT, text.as_bytes()).ok(),
            RobotsFile::None | RobotsFile::Unreachable => None,
        };
        let delay = robot.as_ref().and_then(|robot| robot.delay).unwrap_or_default();
        Self {
            robot,
            is_unreachable: *file == RobotsFile::Unreachable,
            delay: Duration::try_from_secs_f32(delay)
                .unwrap_or_default()
                .min(MAX_DELAY),
        }
    }

    pub(super) fn allows(&self, url: &Url) -> bool {
        !self.is_unreachable
            && self
                .robot
                .as_ref()
                .is_none_or(|robot| robot.allowed(url.as_str()))
    }
}

/// The files, and the rules that they come to.
#[derive(Debug)]
pub(super) struct Robots {
    files: RobotsFiles,
    rules: HashMap<String, Arc<Rules>>,
}

impl Robots {
    pub(super) fn new(files: RobotsFiles) -> Self {
        Self {
            files,
            rules: HashMap::new(),
        }
    }

    pub(super) const fn files(&self) -> &RobotsFiles {
        &self.files
    }

    /// The rules for a page, fetched when its origin is new.
    pub(super) async fn rules(&mut self, outbound: &Outbound, url: &Url) -> Arc<Rules> {
        let origin = url.origin().ascii_serialization();
        if let Some(rules) = self.rules.get(&origin) {
            return Arc::clone(rules);
        }
        let file = match self.files.0.get(&origin) {
            Some(file) => file.clone(),
            None => fetch_in_time(outbound, url).await,
        };
        let rules = Arc::new(Rules::of(&file));
        if self.files.size() + file.size() <= MAX_KEPT_BYTES {
            self.files.0.insert(origin.clone(), file);
        }
        self.rules.insert(origin, Arc::clone(&rules));
        rules
    }
}

async fn fetch_in_time(outbound: &Outbound, url: &Url) -> RobotsFile {
    match tokio::time::timeout(TIMEOUT, fetch(outbound, url)).await {
        Ok(Ok(file)) => file,
        Ok(Err(error)) => {
            tracing::debug!(%url, %error, "no robots.txt");
            RobotsFile::Unreachable
        }
        Err(_) => RobotsFile::Unreachable,
    }
}

async fn fetch(outbound: &Outbound, page: &Url) -> Result<RobotsFile> {
    let mut url = page.clone();
    url.set_path("/robots.txt");
    url.set_query(None);
    for _ in 0..=MAX_REDIRECTS {
        let answer = outbound.get(&url, &Validators::default()).await?;
        if let Some(target) = answer.location() {
            url = target;
            continue;
        }
        let status = answer.status();
        if status.is_server_error() || status.as_u16() == 429 {
            return Ok(RobotsFile::Unreachable);
        }
        if !status.is_success() {
            return Ok(RobotsFile::None);
        }
        let Some(body) = answer.body(MAX_BYTES).await? else {
            return Ok(RobotsFile::Unreachable);
        };
        // Postgres keeps no NUL characters.
        let text = String::from_utf8_lossy(&body).replace('\0', "");
        return Ok(RobotsFile::Text(text));
    }
    Ok(RobotsFile::None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(text: &str) -> Rules {
        Rules::of(&RobotsFile::Text(text.to_owned()))
    }

    fn allows(text: &str, path: &str) -> bool {
        rules(text).allows(&format!("https://example.com{path}").parse().unwrap())
    }

    #[test]
    fn the_longest_rule_decides() {
        let text = "User-agent: *\nDisallow: /shop\nAllow: /shop/help\nDisallow: /*.php$\n";
        assert!(!allows(text, "/shop/cart"));
        assert!(allows(text, "/shop/help/returns"));
        assert!(!allows(text, "/a/index.php"));
        assert!(allows(text, "/a/index.php?x=1"));
        assert!(allows(text, "/"));
    }

    #[test]
    fn rules_for_us_go_before_those_for_all() {
        let text =
            "User-agent: *\nDisallow: /\n\nUser-agent: botwright\nCrawl-delay: 2.5\nDisallow: /private\n";
        assert!(allows(text, "/open"));
        assert!(!allows(text, "/private/x"));
        assert_eq!(rules(text).delay, Duration::from_millis(2_500));
        assert_eq!(rules("User-agent: *\nCrawl-delay: 86400").delay, MAX_DELAY);
        assert_eq!(rules("User-agent: *\nCrawl-delay: -1").delay, Duration::ZERO);
    }

    #[test]
    fn no_file_allows_all_and_a_broken_server_nothing() {
        let url = "https://example.com/a".parse().unwrap();
        assert!(Rules::of(&RobotsFile::None).allows(&url));
        assert!(!Rules::of(&RobotsFile::Unreachable).allows(&url));
        assert!(allows("<html>Not found</html>", "/a"));
    }
}
