//! The bot's own words in the visitor's language.

use serde::{Deserialize, Serialize};

use crate::proactive::MAX_RULES;
use crate::validate::Checker;

/// The languages that the widget speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Russian.
    Ru,
    /// German.
    De,
    /// Spanish.
    Es,
    /// French.
    Fr,
    /// Arabic.
    Ar,
    /// Chinese.
    Zh,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::En,
        Self::Ru,
        Self::De,
        Self::Es,
        Self::Fr,
        Self::Ar,
        Self::Zh,
    ];

    /// Its tag.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ru => "ru",
            Self::De => "de",
            Self::Es => "es",
            Self::Fr => "fr",
            Self::Ar => "ar",
            Self::Zh => "zh",
        }
    }

    /// What its speakers call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::Ru => "Русский",
            Self::De => "Deutsch",
            Self::Es => "Español",
            Self::Fr => "Français",
            Self::Ar => "العربية",
            Self::Zh => "中文",
        }
    }

    /// The language of this tag.
    pub fn from_tag(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.tag() == tag)
    }
}

/// The bot's own words in one language. What is empty is said as in the bot itself.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Translation {
    /// The language.
    pub language: Language,
    /// Title of the panel. Up to 60 characters.
    pub title: String,
    /// First message. Up to 500 characters.
    pub greeting: String,
    /// What stands in the box to write in. Up to 60 characters.
    pub placeholder: String,
    /// Questions offered before the first message: up to 4, up to 120 characters each.
    pub suggested_questions: Vec<String>,
    /// What the bubble says by itself, in the order of the bot's own messages. Up to 200 characters each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub proactive: Vec<String>,
}

/// Checks translations before they are deployed.
pub fn check(translations: &[Translation], check: &mut Checker) {
    for (i, words) in translations.iter().enumerate() {
        let path = format!("content.translations[{i}]");
        let is_twice = translations[..i]
            .iter()
            .any(|other| other.language == words.language);
        check.require(
            !is_twice,
            &format!("{path}.language"),
            "There is another translation into this language.",
        );
        check.length(&format!("{path}.title"), &words.title, 0, 60);
        check.length(&format!("{path}.greeting"), &words.greeting, 0, 500);
        check.length(&format!("{path}.placeholder"), &words.placeholder, 0, 60);
        let questions = format!("{path}.suggested_questions");
        check.require(
            words.suggested_questions.len() <= 4,
            &questions,
            "Offer at most 4 questions.",
        );
        for (at, question) in words.suggested_questions.iter().enumerate() {
            check.length(&format!("{questions}[{at}]"), question, 1, 120);
        }
        let messages = format!("{path}.proactive");
        check.require(
            words.proactive.len() <= MAX_RULES,
            &messages,
            "There are at most 5 messages.",
        );
        for (at, message) in words.proactive.iter().enumerate() {
            check.length(&format!("{messages}[{at}]"), message, 0, 200);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_names_on_the_wire_agree() {
        for language in Language::ALL {
            assert_eq!(serde_json::to_value(language).unwrap(), language.tag());
            assert_eq!(Language::from_tag(language.tag()), Some(language));
        }
        assert_eq!(Language::from_tag("xx"), None);
    }

    #[test]
    fn a_language_stands_once_with_short_texts() {
        let german = Translation {
            language: Language::De,
            suggested_questions: vec![String::new()],
            title: "x".repeat(61),
            ..Translation::default()
        };
        let mut checker = Checker::default();
        check(
            &[
                Translation {
                    language: Language::De,
                    ..Translation::default()
                },
                german,
            ],
            &mut checker,
        );
        let fields: Vec<_> = checker
            .finish()
            .unwrap_err()
            .into_iter()
            .map(|e| e.field)
            .collect();
        let expected = ["language", "title", "suggested_questions[0]"];
        assert_eq!(
            fields,
            expected.map(|field| format!("content.translations[1].{field}"))
        );
    }
}
