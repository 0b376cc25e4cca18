//! Checks that front end and server share, so that a form says the same as the API.

use crate::FieldError;
use crate::auth::SignupRequest;
use crate::bots::{ChatbotContent, ModelChoice};
use crate::identities::IdentitySignupRequest;
use crate::kb::{Chunking, KnowledgeBaseContent, SaveChunkRequest};
use crate::uploads::MAX_ATTACHMENTS;
use crate::{proactive, translations};

/// Longest message a visitor may send, in characters.
pub const MAX_MESSAGE_CHARS: usize = 4_000;
/// Largest file, in bytes.
pub const MAX_FILE_BYTES: usize = 20 * 1024 * 1024;
/// Longest pasted text, in characters.
pub const MAX_TEXT_CHARS: usize = 1_000_000;
/// Most sources in one knowledge base draft.
pub const MAX_SOURCES: usize = 200;

/// Collects what is wrong, so that everything is said at once.
#[derive(Debug, Default)]
pub struct Checker {
    errors: Vec<FieldError>,
}

impl Checker {
    /// Adds an error unless `ok`.
    pub fn require(&mut self, ok: bool, field: &str, message: &str) {
        if !ok {
            self.errors.push(FieldError::new(field, message));
        }
    }

    /// Requires `value`, trimmed, to have `min` to `max` characters.
    pub fn length(&mut self, field: &str, value: &str, min: usize, max: usize) {
        let count = value.trim().chars().count();
        if count < min {
            let message = if min == 1 {
                "Please fill this in.".to_owned()
            } else {
                format!("Use at least {min} characters.")
            };
            self.errors.push(FieldError::new(field, message));
        } else if count > max {
            self.errors.push(FieldError::new(
                field,
                format!("Use at most {max} characters; this has {count}."),
            ));
        } else if value.contains('\0') {
            self.errors
                .push(FieldError::new(field, "Text can't hold NUL characters."));
        }
    }

    /// Requires `value`, trimmed, to be an e-mail address.
    pub fn email(&mut self, field: &str, value: &str) {
        self.require(
            is_email(value.trim()),
            field,
            "Enter an e-mail address such as ada@example.com.",
        );
    }

    /// Requires `value`, trimmed, to be an e-mail address or nothing.
    pub fn email_or_nothing(&mut self, field: &str, value: &str) {
        self.require(
            value.trim().is_empty() || is_email(value.trim()),
            field,
            "Enter an e-mail address such as ada@example.com, or leave it empty.",
        );
    }

    /// Whether nothing was found so far.
    pub const fn is_fine(&self) -> bool {
        self.errors.is_empty()
    }

    /// What was found.
    pub fn finish(self) -> Result<(), Vec<FieldError>> {
        if self.errors.is_empty() {
            Ok(())
        } else {
            Err(self.errors)
        }
    }
}

/// Whether `text` can be an e-mail address: something, an `@`, and a host with a dot or `localhost`.
pub fn is_email(text: &str) -> bool {
    let Some((local, host)) = text.rsplit_once('@') else {
        return false;
    };
    let host_ok =
        host == "localhost" || (host.contains('.') && !host.starts_with('.') && !host.ends_with('.'));
    !local.is_empty()
        && host_ok
        && text.len() <= 254
        && !text.chars().any(|c| c.is_whitespace() || c.is_control())
}

/// Whether this looks like the address of a web page.
pub fn is_web_address(text: &str) -> bool {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    let plain = |c: char| !c.is_whitespace() && !c.is_control();
    text.len() <= 2_048
        && rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/') && rest.chars().all(plain))
}

/// Whether `text` is `#rrggbb`.
pub fn is_hex_color(text: &str) -> bool {
    text.len() == 7 && text.starts_with('#') && text[1..].bytes().all(|b| b.is_ascii_hexdigit())
}

/// Checks a sign-up.
pub fn signup(request: &SignupRequest) -> Result<(), Vec<FieldError>> {
    let mut check = Checker::default();
    check.email("email", &request.email);
    password(&mut check, &request.password, &[&request.email, &request.name]);
    check.length("name", &request.name, 1, 80);
    check.finish()
}

/// Checks a sign-up of somebody who has another way to sign in.
pub fn identity_signup(request: &IdentitySignupRequest) -> Result<(), Vec<FieldError>> {
    let mut check = Checker::default();
    check.email("email", &request.email);
    check.length("name", &request.name, 1, 80);
    check.finish()
}

/// Checks a new password of somebody with these addresses and names. The server also refuses what is easily guessed.
pub fn password(check: &mut Checker, password: &str, own: &[&str]) {
    let length = password.chars().count();
    if !(10..=128).contains(&length) {
        return check.require(false, "password", "Use 10 to 128 characters.");
    }
    let lower = password.to_lowercase();
    let mut words = own
        .iter()
        .flat_map(|text| text.split(|c: char| !c.is_alphanumeric()))
        .filter(|word| word.chars().count() >= 4);
    check.require(
        !words.any(|word| lower.contains(&word.to_lowercase())),
        "password",
        "Leave your own name and e-mail address out of it: they are tried first.",
    );
}

/// Checks a chatbot before it is deployed.
pub fn chatbot(content: &ChatbotContent) -> Result<(), Vec<FieldError>> {
    let mut check = Checker::default();
    check.length("content.name", &content.name, 1, 80);
    check.length("content.instructions", &content.instructions, 0, 8_000);
    check.length("content.greeting", &content.greeting, 0, 500);
    check.length("content.fallback_message", &content.fallback_message, 1, 500);
    check.require(
        content.suggested_questions.len() <= 4,
        "content.suggested_questions",
        "Offer at most 4 questions.",
    );
    for (i, question) in content.suggested_questions.iter().enumerate() {
        check.length(&format!("content.suggested_questions[{i}]"), question, 1, 120);
    }
    check.require(
        !content.knowledge_base_ids.is_empty() || content.model != ModelChoice::Extractive,
        "content.knowledge_base_ids",
        "Choose a knowledge base: the built-in answerer has nothing else to quote from.",
    );
    check.require(
        content.knowledge_base_ids.len() <= 10,
        "content.knowledge_base_ids",
        "Choose at most 10.",
    );
    tags(&mut check, "content.document_tags", &content.document_tags);
    check.require(
        (1..=12).contains(&content.max_passages),
        "content.max_passages",
        "Use 1 to 12 passages.",
    );
    if let Some(rerank) = &content.rerank {
        check.length("content.rerank.model", &rerank.model, 0, 200);
    }
    if let ModelChoice::Provider {
        model, temperature, ..
    } = &content.model
    {
        check.length("content.model.model", model, 1, 200);
        let in_range = temperature.is_none_or(|t| (0.0..=2.0).contains(&t));
        check.require(in_range, "content.model.temperature", "Use a number from 0 to 2.");
    }
    content.appearance.check(&mut check);
    translations::check(&content.translations, &mut check);
    proactive::check(&content.proactive, &mut check);
    content.access.check(&mut check);
    content.lead_form.check(&mut check);
    content.hand_off.check(&mut check);
    content.uploads.check(&mut check);
    if let Some(tests) = &content.tests {
        tests.thresholds.check(&mut check, "content.tests.thresholds");
    }
    check.finish()
}

/// Checks tags of documents; `field` is their path.
pub fn tags(check: &mut Checker, field: &str, tags: &[String]) {
    check.require(tags.len() <= 20, field, "Use at most 20 tags.");
    for (i, tag) in tags.iter().enumerate() {
        check.length(&format!("{field}[{i}]"), tag.trim(), 1, 40);
    }
}

/// Checks chunking settings; `prefix` is the path of the field.
pub fn chunking(check: &mut Checker, prefix: &str, chunking: Chunking) {
    check.require(
        (32..=512).contains(&chunking.size),
        &format!("{prefix}.size"),
        "Use 32 to 512 tokens.",
    );
    check.require(
        chunking.overlap < chunking.size / 2,
        &format!("{prefix}.overlap"),
        "Use less than half of the chunk size.",
    );
}

/// Checks a changed chunk.
pub fn chunk(request: &SaveChunkRequest) -> Result<(), Vec<FieldError>> {
    let mut check = Checker::default();
    check.length("text", &request.text, 1, 8_000);
    check.length("context", &request.context, 0, 500);
    check.finish()
}

/// Checks a knowledge base before it is finalized.
pub fn knowledge_base(content: &KnowledgeBaseContent, editing: bool) -> Result<(), Vec<FieldError>> {
    let mut check = Checker::default();
    check.length("content.name", &content.name, 1, 80);
    check.length("content.description", &content.description, 0, 500);
    chunking(&mut check, "content.chunking", content.chunking);
    check.require(
        editing || !content.sources.is_empty(),
        "content.sources",
        "Add at least one source.",
    );
    check.finish()
}

/// Checks a visitor's message.
pub fn message(field: &str, text: &str) -> Result<(), Vec<FieldError>> {
    let mut check = Checker::default();
    check.length(field, text, 1, MAX_MESSAGE_CHARS);
    check.finish()
}

/// Checks a message that so many files go along with: it needs no words of its own then.
pub fn message_with(field: &str, text: &str, attachments: usize) -> Result<(), Vec<FieldError>> {
    let mut check = Checker::default();
    check.length(field, text, usize::from(attachments == 0), MAX_MESSAGE_CHARS);
    check.require(
        attachments <= MAX_ATTACHMENTS,
        "attachments",
        "Send at most 4 files with a message.",
    );
    check.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_of_a_chatbot_is_listed_at_once() {
        let content = ChatbotContent {
            fallback_message: " ".into(),
            max_passages: 0,
            appearance: Appearance {
                color: "red".into(),
                ..Appearance::default()
            },
            ..ChatbotContent::default()
        };
        let fields: Vec<_> = chatbot(&content)
            .unwrap_err()
            .into_iter()
            .map(|e| e.field)
            .collect();
        let expected = [
            "name",
            "fallback_message",
            "knowledge_base_ids",
            "max_passages",
            "appearance.color",
        ];
        assert_eq!(fields, expected.map(|f| format!("content.{f}")));
    }

    #[test]
    fn email_addresses() {
        for good in ["ada@example.com", "a+b@sub.example.org", "demo@localhost"] {
            assert!(is_email(good), "{good}");
        }
        for bad in [
            "",
            "ada",
            "@example.com",
            "ada@",
            "ada@host",
            "a da@example.com",
            "ada@example.",
            "ada@.com",
        ] {
            assert!(!is_email(bad), "{bad}");
        }
    }

    #[test]
    fn passwords_are_long_enough_and_hold_nothing_of_their_owner() {
        let own = ["Ada.Lovelace@example.com", "Ada Lovelace"];
        for (text, good) in [
            ("correct horse battery", true),
            ("adamant kettle", true),
            ("too short", false),
            ("my LOVELACE kettle", false),
            ("an example kettle", false),
        ] {
            let mut check = Checker::default();
            password(&mut check, text, &own);
            assert_eq!(check.finish().is_ok(), good, "{text}");
        }
    }

    use crate::bots::Appearance;
}
