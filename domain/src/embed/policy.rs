//! What the content security policies of a page say of our script and frame: <https://www.w3.org/TR/CSP3/>.

use api_types::embed::{EmbedAspect, EmbedCheck, EmbedOutcome};
use content_security_policy::{
    CspList, Destination, Initiator, Origin, ParserMetadata, Policy, PolicyDisposition, PolicySource,
    Request, Violation,
};
use url::Url;
use uuid::Uuid;

use super::Row;
use super::page::Page;

/// The checks of the script and of the frame.
pub(super) fn checks(page: &Page, own: &Url, bot_id: Uuid) -> [EmbedCheck; 2] {
    let policies = policies(page);
    let nonce = page
        .scripts
        .iter()
        .find(|script| script.src.origin() == own.origin())
        .map(|script| script.nonce.clone())
        .unwrap_or_default();
    let check = |aspect, path: &str, destination, what: &str| {
        let url = own.join(path).unwrap_or_else(|_| own.clone());
        let request = request(page.url.origin(), url, destination, nonce.clone());
        match policies.should_request_be_blocked(&request).1.first() {
            None => {
                let aspect: EmbedAspect = aspect;
                aspect.good(format!(
                    "The page's content security policy lets the {what} load."
                ))
            }
            Some(violation) => blocked(aspect, violation, own, what),
        }
    };
    let frame = format!("widget/frame?bot={bot_id}");
    [
        check(
            EmbedAspect::ScriptPolicy,
            "widget.js",
            Destination::Script,
            "script",
        ),
        check(EmbedAspect::FramePolicy, &frame, Destination::IFrame, "chat"),
    ]
}

fn policies(page: &Page) -> CspList {
    let enforce = PolicyDisposition::Enforce;
    let mut policies = CspList::parse(&page.header_policies, PolicySource::Header, enforce);
    for policy in &page.meta_policies {
        policies.push(Policy::parse(policy, PolicySource::Meta, enforce));
    }
    policies
}

fn request(origin: Origin, url: Url, destination: Destination, nonce: String) -> Request {
    Request {
        url: url.clone(),
        current_url: url,
        origin,
        redirect_count: 0,
        destination,
        initiator: Initiator::None,
        nonce,
        integrity_metadata: String::new(),
        parser_metadata: ParserMetadata::ParserInserted,
    }
}

/// Says which directive blocks it, and how it should read.
fn blocked(aspect: EmbedAspect, violation: &Violation, own: &Url, what: &str) -> EmbedCheck {
    let directive = match aspect {
        EmbedAspect::FramePolicy => "frame-src",
        _ => "script-src",
    };
    let values = &violation.directive.value;
    let message = format!(
        "The page's content security policy does not let the {what} load: {directive} does not allow it."
    );
    if directive == "script-src" && values.iter().any(|value| value == "'strict-dynamic'") {
        let fix = "With 'strict-dynamic' only scripts with the page's nonce load. Give the embed code's tag the nonce of the request, as your other scripts have it.";
        return aspect.bad(EmbedOutcome::Problem, message, fix, None);
    }
    let origin = own.origin().ascii_serialization();
    let kept = values.iter().filter(|value| value.as_str() != "'none'");
    let allowed: Vec<&str> = kept.map(String::as_str).chain([origin.as_str()]).collect();
    let code = format!("{directive} {}", allowed.join(" "));
    let fix = "Let the directive read so; leave the others as they are.";
    aspect.bad(EmbedOutcome::Problem, message, fix, Some(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcomes(policy: &str, meta: &str, nonce: &str) -> Vec<(EmbedOutcome, Option<String>)> {
        let html = format!(
            r#"<meta http-equiv=content-security-policy content="{meta}">
               <script src="https://bot.example/widget.js" data-bot="x" nonce="{nonce}"></script>"#
        );
        let url = "https://shop.example/".parse().unwrap();
        let page = Page::of(html.as_bytes(), url, policy.to_owned());
        let own = "https://bot.example".parse().unwrap();
        checks(&page, &own, Uuid::nil())
            .into_iter()
            .map(|check| (check.outcome, check.fix.and_then(|fix| fix.code)))
            .collect()
    }

    const GOOD: (EmbedOutcome, Option<String>) = (EmbedOutcome::Good, None);

    fn problem(code: &str) -> (EmbedOutcome, Option<String>) {
        (EmbedOutcome::Problem, Some(code.to_owned()))
    }

    #[test]
    fn without_a_policy_all_loads() {
        assert_eq!(outcomes("", "", ""), [GOOD, GOOD]);
    }

    #[test]
    fn the_fix_adds_our_origin_to_what_is_there() {
        assert_eq!(
            outcomes(
                "default-src 'self'; script-src 'self' https://cdn.example",
                "",
                ""
            ),
            [
                problem("script-src 'self' https://cdn.example https://bot.example"),
                problem("frame-src 'self' https://bot.example"),
            ]
        );
        assert_eq!(
            outcomes("script-src https:; frame-src 'none'", "", ""),
            [GOOD, problem("frame-src https://bot.example")]
        );
    }

    #[test]
    fn every_policy_counts_where_ever_it_stands() {
        let good = "script-src https://bot.example; frame-src https://bot.example";
        assert_eq!(outcomes(good, "", ""), [GOOD, GOOD]);
        assert_eq!(
            outcomes(good, "frame-src 'self'", ""),
            [GOOD, problem("frame-src 'self' https://bot.example")]
        );
        let two = format!("{good}, script-src 'none'");
        assert_eq!(
            outcomes(&two, "", ""),
            [problem("script-src https://bot.example"), GOOD]
        );
    }

    #[test]
    fn a_nonce_lets_the_script_load() {
        let policy = "script-src 'nonce-abc' 'strict-dynamic' https://bot.example";
        assert_eq!(outcomes(policy, "", "abc"), [GOOD, GOOD]);
        assert_eq!(outcomes(policy, "", "")[0], (EmbedOutcome::Problem, None));
    }
}
