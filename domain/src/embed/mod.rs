//! A bot on people's sites: the embed doctor, which says why a page does not show it, and where it was seen.

mod own;
mod page;
mod policy;
mod sites;

use std::time::Duration;

use api_types::ErrorCode;
use api_types::bots::{Bot, BotStatus};
use api_types::embed::{EmbedAspect, EmbedCheck, EmbedCheckRequest, EmbedFix, EmbedOutcome, EmbedReport};
use api_types::tenancy::Role;
use url::Url;
use uuid::Uuid;

pub use own::STREAM_PAUSE;
pub use sites::{list as sites, seen};

use crate::outbound::{Answer, explain};
use crate::visitors::Sites;
use crate::{Error, Result, Scope, Services, bots};
use page::Page;

/// How long the page may take.
const LIMIT: Duration = Duration::from_secs(15);
/// Largest page that is read.
const MAX_BYTES: usize = 5_000_000;

/// Looks at a page as a browser would, and at the way to this server. Needs the role editor.
///
/// Errors: [`ErrorCode::UrlForbidden`] for what is no public address; a page that can't be read is part of the report.
pub async fn check(
    services: &Services,
    scope: &Scope,
    bot_id: Uuid,
    request: &EmbedCheckRequest,
) -> Result<EmbedReport> {
    scope.require(Role::Editor)?;
    let bot = bots::get(services, scope, bot_id).await?;
    let asked = services.outbound.check_url(&request.url)?;
    let place = Place {
        own: services.public_url.parse().map_err(anyhow::Error::from)?,
        bot,
    };
    // A page that may not be asked for ends both.
    let (page, own) = tokio::try_join!(read(services, asked.clone()), async {
        Ok(own::checks(&services.outbound, &place.own, bot_id).await)
    })?;
    let (url, mut checks) = match page {
        Read::Page(page) => (page.url.clone(), place.checks(&page)),
        Read::Not(reason) => {
            let fix = "Check the address. If only signed-in people see the page, open it yourself and look for the bubble.";
            let check = EmbedAspect::Page.bad(EmbedOutcome::Problem, reason, fix, None);
            (asked, vec![check])
        }
    };
    checks.push(place.live());
    checks.extend(own);
    Ok(EmbedReport { url, checks })
}

enum Read {
    Page(Page),
    Not(String),
}

/// Reads the page, or says why it can't be read.
async fn read(services: &Services, url: Url) -> Result<Read> {
    let reading = async {
        let answer = services.outbound.open(url).await?;
        if !answer.status().is_success() {
            return Ok(Read::Not(explain(answer.status())));
        }
        page_of(answer).await
    };
    match tokio::time::timeout(LIMIT, reading).await {
        Ok(Err(Error::Refused(refusal))) if refusal.code == ErrorCode::FetchFailed => {
            Ok(Read::Not(refusal.detail))
        }
        Ok(read) => read,
        Err(_) => Ok(Read::Not(format!(
            "It was not there within {} seconds.",
            LIMIT.as_secs()
        ))),
    }
}

async fn page_of(answer: Answer) -> Result<Read> {
    let (url, media_type) = (answer.url().clone(), answer.media_type());
    if !media_type.contains("html") {
        return Ok(Read::Not(format!("It is no HTML page but {media_type}.")));
    }
    let policies = answer.list(reqwest::header::CONTENT_SECURITY_POLICY);
    match answer.body(MAX_BYTES).await? {
        Some(html) => Ok(Read::Page(Page::of(&html, url, policies))),
        None => Ok(Read::Not(format!(
            "It is larger than {} MB.",
            MAX_BYTES / 1_000_000
        ))),
    }
}

/// What a page is compared with.
struct Place {
    /// Where browsers reach this server.
    own: Url,
    bot: Bot,
}

impl Place {
    fn checks(&self, page: &Page) -> Vec<EmbedCheck> {
        let read = EmbedAspect::Page.good("The page can be read.");
        let mut checks = vec![read, self.tls(page), page::snippet(page, &self.own, &self.bot)];
        checks.extend(policy::checks(page, &self.own, self.bot.summary.id));
        checks.push(self.allowed(page));
        checks
    }

    fn tls(&self, page: &Page) -> EmbedCheck {
        let aspect = EmbedAspect::Tls;
        let is_mixed = page.url.scheme() == "https" && self.own.scheme() == "http";
        if is_mixed && !is_loopback(&self.own) {
            let what = "The page comes over https, this server over http: browsers load nothing from it.";
            let fix = "Give this server a certificate, and set its address with https.";
            let code = format!(
                "BOTWRIGHT_PUBLIC_URL=https://{}",
                self.own.host_str().unwrap_or_default()
            );
            return aspect.bad(EmbedOutcome::Problem, what, fix, Some(code));
        }
        if page.url.scheme() == "http" && !is_loopback(&page.url) {
            let what = "The page comes over http: what visitors write can be read on the way to the page.";
            return aspect.bad(
                EmbedOutcome::Warning,
                what,
                "Serve the page over https as well.",
                None,
            );
        }
        aspect.good("Browsers let page and chat connect.")
    }

    fn allowed(&self, page: &Page) -> EmbedCheck {
        let aspect = EmbedAspect::AllowedDomains;
        let origin = page.url.origin().ascii_serialization();
        let domains = &self.bot.content.access.allowed_domains;
        // What was deployed was checked, so it can be read.
        let sites = Sites::parse(domains).unwrap_or_default();
        if sites.is_any() {
            return aspect.good("The bot may be shown on every site.");
        }
        if sites.allow(&origin) {
            return aspect.good(format!("The bot may be shown on {origin}."));
        }
        let what = format!(
            "The bot is kept to {}, so {origin} can't show it.",
            domains.join(", ")
        );
        let fix = "Add this under Build → Access → Allowed domains, and deploy.";
        aspect.bad(EmbedOutcome::Problem, what, fix, Some(origin))
    }

    fn live(&self) -> EmbedCheck {
        if self.bot.summary.status == BotStatus::Live {
            return EmbedAspect::Live.good("The bot is live.");
        }
        let what = "The bot was taken down: visitors are told that it is away.";
        EmbedAspect::Live.bad(
            EmbedOutcome::Problem,
            what,
            "Put it up again on its overview.",
            None,
        )
    }
}

/// Whether only this machine itself is meant, where browsers allow what they do not allow elsewhere.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Makes the row of an aspect.
trait Row {
    fn good(self, message: impl Into<String>) -> EmbedCheck;
    fn bad(
        self,
        outcome: EmbedOutcome,
        message: impl Into<String>,
        fix: &str,
        code: Option<String>,
    ) -> EmbedCheck;
}

impl Row for EmbedAspect {
    fn good(self, message: impl Into<String>) -> EmbedCheck {
        EmbedCheck {
            aspect: self,
            outcome: EmbedOutcome::Good,
            message: message.into(),
            fix: None,
        }
    }

    fn bad(
        self,
        outcome: EmbedOutcome,
        message: impl Into<String>,
        fix: &str,
        code: Option<String>,
    ) -> EmbedCheck {
        EmbedCheck {
            aspect: self,
            outcome,
            message: message.into(),
            fix: Some(EmbedFix {
                text: fix.to_owned(),
                code,
            }),
        }
    }
}
