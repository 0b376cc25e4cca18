//! The words of the interface, in the visitor's language. What the bot says is its own.
//!
//! English is built in; the other languages are files in `static/i18n`, loaded when one is wanted.

use alloc::string::String;

/// The languages there are, English first.
pub const LANGUAGES: [&str; 7] = ["en", "ru", "de", "es", "fr", "ar", "zh"];

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident: $english:literal,)*) => {
        /// Every text of the interface.
        #[derive(Debug)]
        pub struct Texts {
            $($(#[$doc])* pub $name: String,)*
        }

        impl Texts {
            /// The texts as `find` knows them by name; English for those it has not.
            pub fn read(find: impl Fn(&str) -> String) -> Self {
                let text = |name: &str, english: &str| {
                    let found = find(name);
                    if found.is_empty() { english.into() } else { found }
                };
                Self { $($name: text(stringify!($name), $english),)* }
            }
        }

        /// The texts' names.
        #[cfg(test)]
        const NAMES: &[&str] = &[$(stringify!($name)),*];
    };
}

texts! {
    /// Label of the message box, and its placeholder.
    ask: "Ask a question…",
    /// Sends the message.
    send: "Send",
    /// Breaks the answer off.
    stop: "Stop",
    /// Closes the panel or a source.
    close: "Close",
    /// Begins another conversation.
    new_chat: "New conversation",
    /// Said after it, beside [`Self::back`].
    new_chat_begun: "New conversation.",
    /// Returns to the conversation before.
    back: "Back to the last one",
    /// Label of the list of messages.
    conversation: "Conversation",
    /// Label of the suggested questions.
    suggestions: "Suggested questions",
    /// Scrolls to the end.
    latest: "Latest message",
    /// Who wrote a message, for screen readers.
    you: "You",
    /// While the answer has not begun.
    thinking: "Looking for an answer…",
    /// Copies the answer.
    copy: "Copy",
    /// Said after it.
    copied: "Copied",
    /// Above the sources.
    sources: "Sources",
    /// One source; a number follows.
    source: "Source",
    /// Page of a document; a number follows.
    page: "Page",
    /// Opens the source's own page.
    open_source: "Open source",
    /// Sends it again.
    retry: "Try again",
    /// The visitor broke the answer off.
    stopped: "Stopped.",
    /// The message did not get through.
    not_sent: "Your message did not get through. It is kept.",
    /// The stream broke and did not come back.
    broke_off: "The answer broke off. What arrived is kept.",
    /// The stream broke; it is being taken up again.
    reconnecting: "Connection lost. Reconnecting…",
    /// No network.
    offline: "You are offline. What you type is kept.",
    /// Too many messages.
    busy: "Too many messages at once. Wait a moment, then try again.",
    /// The bot does not exist or was taken down.
    unavailable: "This bot is not available right now.",
    /// The bot talks to signed-in visitors only.
    sign_in: "Sign in on this site to chat.",
    /// The first load failed.
    cannot_load: "The chat could not be loaded. Check your connection.",
    /// Part of the search was away.
    degraded: "Part of the search was unavailable; this answer may miss something.",
    /// The message is too long; the number of characters over follows.
    too_long: "Too long by",
}

/// The first of these `lang` tags' languages that there is, else English; commas between the tags.
pub fn choose(tags: &str) -> &'static str {
    let find = |tag: &[u8]| {
        let (language, more) = tag.split_at_checked(2)?;
        let is_whole = matches!(more.first(), None | Some(b'-'));
        LANGUAGES
            .into_iter()
            .find(|known| is_whole && known.as_bytes().eq_ignore_ascii_case(language))
    };
    tags.as_bytes()
        .split(|byte| *byte == b',')
        .find_map(find)
        .unwrap_or(LANGUAGES[0])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_first_known_language_wins() {
        for (tags, language) in [
            ("pt-BR,de-AT,en", "de"),
            ("ZH-Hant-TW", "zh"),
            ("fr", "fr"),
            ("rue,xx,,e", "en"),
            ("", "en"),
        ] {
            assert_eq!(choose(tags), language, "{tags}");
        }
    }

    #[test]
    fn a_missing_text_is_english() {
        let texts = Texts::read(|name| {
            if name == "send" {
                "Senden".into()
            } else {
                String::new()
            }
        });
        assert_eq!((&*texts.send, &*texts.stop), ("Senden", "Stop"));
    }

    #[test]
    fn every_language_has_every_text() {
        let names: BTreeSet<&str> = NAMES.iter().copied().collect();
        for language in &LANGUAGES[1..] {
            let path = format!("{}/static/i18n/{language}.json", env!("CARGO_MANIFEST_DIR"));
            let json = std::fs::read_to_string(&path).unwrap();
            // One `"name": "text"` a line: enough of JSON to see what is missing.
            let entries: Vec<(&str, &str)> = json
                .lines()
                .filter_map(|line| line.trim().split_once(": "))
                .collect();
            let there: BTreeSet<&str> = entries.iter().map(|(name, _)| name.trim_matches('"')).collect();
            assert_eq!(there, names, "{language}");
            assert!(
                entries.iter().all(|(_, text)| text.len() > 3),
                "{language} has an empty text"
            );
        }
    }
}
