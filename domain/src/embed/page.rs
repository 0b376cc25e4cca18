//! What stands in a page: our script, and policies. Read token by token, so no nesting can overflow the stack.

use std::collections::BTreeMap;

use api_types::bots::Bot;
use api_types::embed::{EmbedAspect, EmbedCheck, EmbedOutcome};
use html5gum::{DefaultEmitter, HtmlString, Spanned, StartTag, Token, Tokenizer};
use url::Url;

use super::Row;

/// Most of our scripts that are kept of one page.
const MAX_SCRIPTS: usize = 20;

/// A page as far as the doctor is interested in it.
#[derive(Debug)]
pub(super) struct Page {
    /// Where it was found, after redirects.
    pub(super) url: Url,
    /// Its content security policies: of the header, with commas between them.
    pub(super) header_policies: String,
    /// Those in its markup.
    pub(super) meta_policies: Vec<String>,
    /// The tags that load a `widget.js`.
    pub(super) scripts: Vec<Script>,
    /// It loads a program that adds others, such as Google Tag Manager.
    pub(super) has_tag_manager: bool,
}

/// A tag that loads a widget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Script {
    pub(super) src: Url,
    pub(super) bot: String,
    pub(super) nonce: String,
}

impl Page {
    /// Reads the markup of a page.
    pub(super) fn of(html: &[u8], url: Url, header_policies: String) -> Self {
        let mut base = url.clone();
        let mut page = Self {
            url,
            header_policies,
            meta_policies: Vec::new(),
            scripts: Vec::new(),
            has_tag_manager: false,
        };
        let mut emitter = DefaultEmitter::default();
        // So that what looks like a tag in a script is none.
        emitter.naively_switch_states(true);
        for token in Tokenizer::new_with_emitter(html, emitter) {
            match token {
                Ok(Token::StartTag(tag)) => page.take(&tag, &mut base),
                // Tag managers are begun by a script in the page.
                Ok(Token::String(text)) => {
                    page.has_tag_manager |= is_tag_manager(&String::from_utf8_lossy(&text));
                }
                _ => {}
            }
        }
        page
    }

    fn take(&mut self, tag: &StartTag<()>, base: &mut Url) {
        let attribute = |name: &str| attribute(&tag.attributes, name).unwrap_or_default();
        match tag.name.as_slice() {
            b"base" => {
                if let Ok(url) = base.join(attribute("href").trim()) {
                    *base = url;
                }
            }
            b"meta" if attribute("http-equiv").eq_ignore_ascii_case("content-security-policy") => {
                self.meta_policies.push(attribute("content"));
            }
            b"script" => {
                let src = attribute("src");
                self.has_tag_manager |= is_tag_manager(&src);
                let Ok(src) = base.join(src.trim()) else { return };
                if src.path().ends_with("/widget.js") && self.scripts.len() < MAX_SCRIPTS {
                    self.scripts.push(Script {
                        src,
                        bot: attribute("data-bot"),
                        nonce: attribute("nonce"),
                    });
                }
            }
            _ => {}
        }
    }
}

/// Finds the embed code of the bot in the page.
pub(super) fn snippet(page: &Page, own: &Url, bot: &Bot) -> EmbedCheck {
    let aspect = EmbedAspect::Snippet;
    let id = bot.summary.id.to_string();
    let code = || Some(bot.embed.code.clone());
    let is_ours = |script: &&Script| script.src.origin() == own.origin();
    let ours: Vec<&Script> = page.scripts.iter().filter(is_ours).collect();
    let right = ours.iter().filter(|script| script.bot.eq_ignore_ascii_case(&id));
    match (right.count(), ours.first(), page.scripts.first()) {
        (1, ..) => aspect.good("The embed code is in the page."),
        (2.., ..) => aspect.bad(
            EmbedOutcome::Warning,
            "The embed code is in the page more than once. There is one bubble all the same.",
            "Remove all but one.",
            None,
        ),
        (0, Some(other), _) if other.bot.is_empty() => aspect.bad(
            EmbedOutcome::Problem,
            "The script is in the page, but does not say for which bot.",
            "Replace its tag with this one.",
            code(),
        ),
        (0, Some(other), _) => aspect.bad(
            EmbedOutcome::Problem,
            format!("The page shows another bot, {}.", shortened(&other.bot)),
            "Replace the embed code with this bot's.",
            code(),
        ),
        (0, None, Some(elsewhere)) => aspect.bad(
            EmbedOutcome::Problem,
            format!(
                "The script in the page comes from {}, not from here.",
                elsewhere.src.origin().ascii_serialization()
            ),
            "Replace its tag with this one.",
            code(),
        ),
        (0, None, None) if page.has_tag_manager => aspect.bad(
            EmbedOutcome::Unknown,
            "The embed code is not in the page itself. It has a tag manager, which may add it later.",
            "Open the page and look for the bubble. If it is not there, add this as a custom HTML tag for all pages.",
            code(),
        ),
        (0, None, None) => aspect.bad(
            EmbedOutcome::Problem,
            "The embed code is not in the page.",
            "Paste it before </body>, publish the page, and empty the cache of whatever stands in front of it.",
            code(),
        ),
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}

fn is_tag_manager(text: &str) -> bool {
    ["googletagmanager.com", "assets.adobedtm.com", "tags.tiqcdn.com"]
        .iter()
        .any(|host| text.contains(host))
}

fn attribute(attributes: &BTreeMap<HtmlString, Spanned<HtmlString, ()>>, name: &str) -> Option<String> {
    let value = attributes.get(name.as_bytes())?;
    Some(String::from_utf8_lossy(value).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(html: &str) -> Page {
        let url = "https://shop.example/a/b".parse().unwrap();
        Page::of(html.as_bytes(), url, String::new())
    }

    #[test]
    fn only_tags_that_browsers_would_load_count() {
        let found = page(
            r#"<!-- <script src="https://bot.example/widget.js" data-bot="1"></script> -->
               <script>var a = '<script src="https://bot.example/widget.js" data-bot="2">';</script>
               <base href="https://cdn.example/x/">
               <SCRIPT async SRC="../widget.js" DATA-BOT="3" nonce="n"></SCRIPT>
               <script src="other.js"></script>"#,
        );
        let scripts: Vec<_> = found
            .scripts
            .iter()
            .map(|script| (script.src.as_str(), script.bot.as_str(), script.nonce.as_str()))
            .collect();
        assert_eq!(scripts, [("https://cdn.example/widget.js", "3", "n")]);
    }

    #[test]
    fn policies_and_tag_managers_are_seen() {
        let found = page(
            r#"<meta http-equiv="Content-Security-Policy" content="script-src 'self'">
               <script>(function(w){j.src='https://www.googletagmanager.com/gtm.js?id='})(window)</script>"#,
        );
        assert_eq!(found.meta_policies, ["script-src 'self'"]);
        assert!(found.has_tag_manager);
        assert!(!page("<p>googletagmanager</p>").has_tag_manager);
    }
}
