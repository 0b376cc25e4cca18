//! The form in which visitors leave their details: part of a bot's content.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::LeadAnswer;
use crate::FieldError;
use crate::validate::{Checker, is_email};

/// Most fields of a form.
pub const MAX_FIELDS: usize = 12;
/// Most options of a field.
pub const MAX_OPTIONS: usize = 30;
/// Most messages of the visitor before the form is shown.
pub const MAX_MESSAGES_BEFORE: u8 = 20;
/// Longest answer in one line, in characters.
const MAX_LINE: usize = 200;
/// Longest answer in several lines, in characters.
const MAX_LINES: usize = 2_000;

/// What is asked for in a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum LeadFieldKind {
    /// One line, up to 200 characters.
    #[default]
    Text,
    /// An e-mail address. Leads with the same one are the same person.
    Email,
    /// A phone number. Leads with the same one are the same person, unless their e-mail addresses differ.
    Phone,
    /// One of the options.
    Select,
    /// Yes or nothing: `"true"` or `""`.
    Checkbox,
    /// Several lines, up to 2,000 characters.
    Textarea,
}

/// A field of a form.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct LeadField {
    /// Under which name the answer is sent, exported and told to webhooks: lower-case letters, digits and `_`, beginning
    /// with a letter, up to 40; once in a form. The answer to `name` is the lead's name.
    pub key: String,
    /// What the visitor reads, 1 to 120 characters.
    pub label: String,
    /// What is asked for.
    pub kind: LeadFieldKind,
    /// Whether the form can't be sent without it.
    pub required: bool,
    /// What can be chosen with `select`: 1 to 30, up to 120 characters each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
}

/// When a visitor is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "when", rename_all = "snake_case", deny_unknown_fields)]
pub enum LeadTiming {
    /// Before the first message.
    BeforeChat,
    /// After the answer to this many messages of the visitor, 1 to 20.
    AfterMessages {
        /// How many.
        count: u8,
    },
    /// After an answer to a visitor who asks for a person, a price or a way to get in touch. Told by words, in seven
    /// languages; docs/LEADS.md lists them.
    OnIntent,
}

impl Default for LeadTiming {
    fn default() -> Self {
        Self::AfterMessages { count: 2 }
    }
}

/// The form in which visitors leave their details.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct LeadForm {
    /// Whether visitors are asked at all.
    pub enabled: bool,
    /// Above the fields, 1 to 120 characters.
    pub title: String,
    /// What is asked for: 1 to 12 fields.
    pub fields: Vec<LeadField>,
    /// What the visitor agrees to, beside a box to tick, up to 1,000 characters; no box when empty.
    pub consent: String,
    /// Whether the form can't be sent before the box is ticked.
    pub consent_required: bool,
    /// When it is shown.
    pub timing: LeadTiming,
    /// Whether a visitor may go on without it.
    pub skippable: bool,
    /// Said once it was sent, 1 to 300 characters.
    pub thanks: String,
}

impl Default for LeadForm {
    fn default() -> Self {
        let field = |key: &str, label: &str, kind, required| LeadField {
            key: key.to_owned(),
            label: label.to_owned(),
            kind,
            required,
            options: Vec::new(),
        };
        Self {
            enabled: false,
            title: "How can we reach you?".to_owned(),
            fields: vec![
                field("name", "Name", LeadFieldKind::Text, false),
                field("email", "E-mail", LeadFieldKind::Email, true),
            ],
            consent: "I agree that my details are stored so that I can be contacted.".to_owned(),
            consent_required: true,
            timing: LeadTiming::default(),
            skippable: true,
            thanks: "Thank you! We will get back to you.".to_owned(),
        }
    }
}

impl LeadForm {
    /// Whether nobody has changed anything about it.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Checks the form before it is deployed; one that is off may be unfinished.
    pub(crate) fn check(&self, check: &mut Checker) {
        if !self.enabled {
            return;
        }
        let at = |name: &str| format!("content.lead_form.{name}");
        check.length(&at("title"), &self.title, 1, 120);
        check.length(&at("thanks"), &self.thanks, 1, 300);
        check.length(&at("consent"), &self.consent, 0, 1_000);
        check.require(
            !self.consent_required || !self.consent.trim().is_empty(),
            &at("consent"),
            "Write what the visitor has to agree to, or don't require it.",
        );
        if let LeadTiming::AfterMessages { count } = self.timing {
            let fits = (1..=MAX_MESSAGES_BEFORE).contains(&count);
            check.require(fits, &at("timing.count"), "Use 1 to 20 messages.");
        }
        check.require(
            (1..=MAX_FIELDS).contains(&self.fields.len()),
            &at("fields"),
            "Ask for 1 to 12 things.",
        );
        for (i, field) in self.fields.iter().enumerate() {
            let path = at(&format!("fields[{i}]"));
            field.check(check, &path);
            let is_first = !self.fields[..i].iter().any(|before| before.key == field.key);
            check.require(
                is_first,
                &format!("{path}.key"),
                "Another field has this key already.",
            );
        }
    }

    /// Checks what a visitor filled in. Answers come back in the order of the form, trimmed, without those left empty.
    pub fn read(
        &self,
        answers: &BTreeMap<String, String>,
        consent: bool,
    ) -> Result<Vec<LeadAnswer>, Vec<FieldError>> {
        let mut check = Checker::default();
        for key in answers.keys() {
            // What is shown of it is cut: it may be anything.
            let shown: String = key.chars().take(40).collect();
            check.require(
                self.fields.iter().any(|field| field.key == *key),
                &format!("answers.{shown}"),
                "This form has no such field.",
            );
        }
        let mut read = Vec::new();
        for field in &self.fields {
            let value = answers.get(&field.key).map_or("", |value| value.trim());
            field.check_answer(&mut check, value);
            let is_answer = match field.kind {
                LeadFieldKind::Checkbox => value == "true",
                _ => !value.is_empty(),
            };
            if is_answer {
                read.push(LeadAnswer {
                    key: field.key.clone(),
                    label: field.label.trim().to_owned(),
                    value: value.to_owned(),
                });
            }
        }
        let needs_consent = self.consent_required && !self.consent.trim().is_empty();
        check.require(
            consent || !needs_consent,
            "consent",
            "Please agree to this, or leave the form.",
        );
        let is_filled = !read.is_empty() || !check.is_fine();
        check.require(is_filled, "answers", "Please fill something in.");
        check.finish()?;
        Ok(read)
    }

    /// The answer to the first field of this kind.
    pub fn first_of<'a>(&self, kind: LeadFieldKind, answers: &'a [LeadAnswer]) -> Option<&'a str> {
        let fields = self.fields.iter().filter(|field| field.kind == kind);
        fields
            .filter_map(|field| answers.iter().find(|answer| answer.key == field.key))
            .map(|answer| answer.value.as_str())
            .next()
    }
}

impl LeadField {
    fn check(&self, check: &mut Checker, path: &str) {
        check.length(&format!("{path}.label"), &self.label, 1, 120);
        check.require(
            is_key(&self.key),
            &format!("{path}.key"),
            "Use lower-case letters, digits and _, beginning with a letter, up to 40.",
        );
        if self.kind != LeadFieldKind::Select {
            return;
        }
        let options = format!("{path}.options");
        check.require(
            (1..=MAX_OPTIONS).contains(&self.options.len()),
            &options,
            "Give 1 to 30 options to choose from.",
        );
        for (i, option) in self.options.iter().enumerate() {
            check.length(&format!("{options}[{i}]"), option, 1, 120);
            let is_first = !self.options[..i]
                .iter()
                .any(|before| before.trim() == option.trim());
            check.require(
                is_first,
                &format!("{options}[{i}]"),
                "This option is there already.",
            );
        }
    }

    fn check_answer(&self, check: &mut Checker, value: &str) {
        let path = format!("answers.{}", self.key);
        let is_missing = value.is_empty() || (self.kind == LeadFieldKind::Checkbox && value == "false");
        if is_missing {
            return check.require(!self.required, &path, "Please fill this in.");
        }
        match self.kind {
            LeadFieldKind::Text => check.length(&path, value, 0, MAX_LINE),
            LeadFieldKind::Textarea => check.length(&path, value, 0, MAX_LINES),
            LeadFieldKind::Email => check.email(&path, value),
            LeadFieldKind::Phone => check.require(
                phone_key(value).is_some(),
                &path,
                "Enter a phone number such as +49 30 901820.",
            ),
            LeadFieldKind::Select => {
                let is_known = self.options.iter().any(|option| option.trim() == value);
                check.require(is_known, &path, "Choose one of the options.");
            }
            LeadFieldKind::Checkbox => check.require(value == "true", &path, "Send true, or nothing."),
        }
    }
}

fn is_key(key: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    key.len() <= 40 && key.starts_with(|c: char| c.is_ascii_lowercase()) && key.chars().all(is_plain)
}

/// A key for a field of this label that no other field has, as [`LeadField::key`] wants it.
pub fn key_for(label: &str, taken: &[&str]) -> String {
    let mut key = String::new();
    for c in label.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_lowercase() || (c.is_ascii_digit() && !key.is_empty()) {
            key.push(c);
        } else if !key.is_empty() && !key.ends_with('_') {
            key.push('_');
        }
    }
    key.truncate(32);
    let key = match key.trim_end_matches('_') {
        "" => "field",
        key => key,
    };
    let numbered = (2..).map(|n| format!("{key}_{n}"));
    std::iter::once(key.to_owned())
        .chain(numbered)
        .find(|key| !taken.contains(&key.as_str()))
        .unwrap_or_default()
}

/// An e-mail address in the form in which two are compared; `None` if it is none.
pub fn email_key(email: &str) -> Option<String> {
    let email = email.trim();
    is_email(email).then(|| email.to_lowercase())
}

/// A phone number in the form in which two are compared: its digits, with a `+` if it is international. `None` if it can't
/// be one: 5 to 17 digits, with what people put between them.
pub fn phone_key(phone: &str) -> Option<String> {
    let mut key = String::new();
    for c in phone.trim().chars() {
        match digit(c) {
            Some(digit) => key.push(digit),
            None if matches!(c, '+' | '\u{ff0b}') && key.is_empty() => key.push('+'),
            None if matches!(
                c,
                ' ' | '\u{a0}' | '\u{2009}' | '\u{202f}' | '(' | ')' | '.' | '/' | '-'
            ) || ('\u{2010}'..='\u{2015}').contains(&c) => {}
            None => return None,
        }
    }
    let key = match key.strip_prefix("00") {
        Some(rest) => format!("+{rest}"),
        None => key,
    };
    let digits = key.trim_start_matches('+').len();
    (5..=17).contains(&digits).then_some(key)
}

/// A digit as ASCII, those of full width and of Arabic and Indian scripts included.
fn digit(c: char) -> Option<char> {
    let zero = match c {
        '0'..='9' => '0',
        '\u{660}'..='\u{669}' => '\u{660}',
        '\u{6f0}'..='\u{6f9}' => '\u{6f0}',
        '\u{966}'..='\u{96f}' => '\u{966}',
        '\u{ff10}'..='\u{ff19}' => '\u{ff10}',
        _ => return None,
    };
    char::from_digit(u32::from(c) - u32::from(zero), 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        pairs.iter().map(owned).collect()
    }

    fn fields(errors: Vec<FieldError>) -> Vec<String> {
        errors.into_iter().map(|error| error.field).collect()
    }

    fn every_kind() -> LeadForm {
        let field = |key: &str, kind, required| LeadField {
            key: key.to_owned(),
            label: key.to_owned(),
            kind,
            required,
            options: vec!["Small".to_owned(), "Large".to_owned()],
        };
        LeadForm {
            enabled: true,
            fields: vec![
                field("name", LeadFieldKind::Text, true),
                field("email", LeadFieldKind::Email, false),
                field("phone", LeadFieldKind::Phone, false),
                field("size", LeadFieldKind::Select, false),
                field("terms", LeadFieldKind::Checkbox, true),
                field("wish", LeadFieldKind::Textarea, false),
            ],
            ..LeadForm::default()
        }
    }

    #[test]
    fn answers_are_read_in_the_order_of_the_form() {
        let answers = filled(&[
            ("wish", " Two\nlines "),
            ("terms", "true"),
            ("name", "Ada"),
            ("size", "Large"),
            ("phone", ""),
        ]);
        let read = every_kind().read(&answers, true).unwrap();
        let pairs: Vec<_> = read.iter().map(|a| (a.key.as_str(), a.value.as_str())).collect();
        assert_eq!(
            pairs,
            [
                ("name", "Ada"),
                ("size", "Large"),
                ("terms", "true"),
                ("wish", "Two\nlines")
            ]
        );
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        let answers = filled(&[
            ("email", "ada"),
            ("phone", "call me"),
            ("size", "Huge"),
            ("terms", "false"),
            ("wish", &"x".repeat(2_001)),
            ("role", "admin"),
        ]);
        let errors = fields(every_kind().read(&answers, false).unwrap_err());
        let expected = ["role", "name", "email", "phone", "size", "terms", "wish"];
        let mut expected: Vec<_> = expected.map(|key| format!("answers.{key}")).into();
        expected.push("consent".to_owned());
        assert_eq!(errors, expected);
    }

    #[test]
    fn an_empty_form_is_no_lead() {
        let mut form = LeadForm {
            consent_required: false,
            ..LeadForm::default()
        };
        form.fields.iter_mut().for_each(|field| field.required = false);
        let errors = form.read(&filled(&[("name", "  ")]), false).unwrap_err();
        assert_eq!(fields(errors), ["answers"]);
    }

    #[test]
    fn a_form_that_is_on_must_be_whole() {
        let mut form = every_kind();
        let mut check = Checker::default();
        form.check(&mut check);
        assert_eq!(check.finish(), Ok(()));
        form.title.clear();
        form.consent = " ".to_owned();
        form.timing = LeadTiming::AfterMessages { count: 0 };
        form.fields[1].key = "name".to_owned();
        form.fields[2].key = "Phone number".to_owned();
        form.fields[3].options = vec!["A".to_owned(), "A ".to_owned()];
        let mut check = Checker::default();
        form.check(&mut check);
        let expected = [
            "title",
            "consent",
            "timing.count",
            "fields[1].key",
            "fields[2].key",
            "fields[3].options[1]",
        ];
        let expected = expected.map(|name| format!("content.lead_form.{name}"));
        assert_eq!(fields(check.finish().unwrap_err()), expected);
        form.enabled = false;
        let mut check = Checker::default();
        form.check(&mut check);
        assert_eq!(check.finish(), Ok(()), "one that is off may be unfinished");
    }

    #[test]
    fn phone_numbers_are_compared_by_their_digits() {
        for (phone, key) in [
            ("+49 (30) 901-820", Some("+4930901820")),
            ("0049 30 901820", Some("+4930901820")),
            ("030/901820", Some("030901820")),
            ("٠٣٠ ٩٠١٨٢٠", Some("030901820")),
            ("call me", None),
            ("1234", None),
            ("12+345", None),
        ] {
            assert_eq!(phone_key(phone).as_deref(), key, "{phone}");
        }
    }

    #[test]
    fn keys_are_made_of_labels() {
        for (label, taken, key) in [
            ("Company name", &[][..], "company_name"),
            ("Company name", &["company_name"][..], "company_name_2"),
            ("Имя", &[][..], "field"),
            ("2nd address (home)", &[][..], "nd_address_home"),
        ] {
            assert_eq!(key_for(label, taken), key);
            assert!(is_key(key));
        }
    }
}
