//! What servers send, read as leniently as they write it: every field may be missing or null.

use std::fmt::Formatter;

use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};
use serde_json::Value;

use crate::llm::Usage;
use crate::llm::failure::message_of;

/// One chunk of a stream, or a whole completion. Unknown fields, reasoning among them, are skipped.
#[derive(Debug, Deserialize)]
pub(super) struct Chunk {
    #[serde(default)]
    choices: Option<Vec<Choice>>,
    #[serde(default)]
    usage: Option<WireUsage>,
    #[serde(default)]
    error: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct Choice {
    #[serde(default)]
    index: Option<u32>,
    /// Streams have it.
    #[serde(default)]
    delta: Option<Delta>,
    /// Whole completions have it.
    #[serde(default)]
    message: Option<Delta>,
    #[serde(default)]
    finish_reason: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Delta {
    #[serde(default)]
    content: Option<Content>,
    /// The model declines, in its own words.
    #[serde(default)]
    refusal: Option<String>,
}

/// Text, or parts of which some are text.
#[derive(Debug)]
struct Content(String);

/// By hand: `untagged` would take each token apart twice.
impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Words;
        impl<'de> Visitor<'de> for Words {
            type Value = Content;

            fn expecting(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("text or parts")
            }

            fn visit_str<E>(self, text: &str) -> Result<Content, E> {
                Ok(Content(text.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Content, A::Error> {
                let mut text = String::new();
                while let Some(part) = parts.next_element::<Part>()? {
                    text.push_str(part.text.as_deref().unwrap_or_default());
                }
                Ok(Content(text))
            }
        }
        deserializer.deserialize_any(Words)
    }
}

#[derive(Debug, Deserialize)]
struct Part {
    #[serde(default)]
    text: Option<String>,
}

#[derive(Debug, Deserialize)]
struct WireUsage {
    #[serde(default)]
    prompt_tokens: Option<u32>,
    #[serde(default)]
    completion_tokens: Option<u32>,
}

/// A chunk, boiled down.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Progress {
    pub(super) text: String,
    pub(super) usage: Option<Usage>,
    pub(super) finish_reason: Option<String>,
}

impl Chunk {
    /// What the chunk adds, or the provider's words if it is an error.
    pub(super) fn progress(self) -> Result<Progress, String> {
        if let Some(error) = self.error.filter(|error| !error.is_null()) {
            return Err(message_of(&error).unwrap_or_default());
        }
        let usage = self.usage.map(|usage| Usage {
            prompt_tokens: usage.prompt_tokens.unwrap_or_default(),
            completion_tokens: usage.completion_tokens.unwrap_or_default(),
        });
        let first = self
            .choices
            .into_iter()
            .flatten()
            .find(|choice| choice.index.unwrap_or_default() == 0);
        let Some(choice) = first else {
            return Ok(Progress {
                usage,
                ..Progress::default()
            });
        };
        let delta = choice.delta.or(choice.message).unwrap_or_default();
        let text = delta
            .content
            .map(|Content(text)| text)
            .or(delta.refusal)
            .unwrap_or_default();
        let finish_reason = choice.finish_reason.filter(|reason| !reason.is_empty());
        Ok(Progress {
            text,
            usage,
            finish_reason,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(json: &str) -> Result<Progress, String> {
        serde_json::from_str::<Chunk>(json).unwrap().progress()
    }

    fn text(json: &str) -> String {
        progress(json).unwrap().text
    }

    #[test]
    fn text_is_found_in_every_dialect() {
        for (json, expected) in [
            (
                r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":"a"}}]}"#,
                "a",
            ),
            (r#"{"choices":[{"message":{"content":"whole"}}]}"#, "whole"),
            (
                r#"{"choices":[{"delta":{"content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}}]}"#,
                "ab",
            ),
            (
                r#"{"choices":[{"delta":{"content":[{"type":"thinking","thinking":[]}]}}]}"#,
                "",
            ),
            (
                r#"{"choices":[{"delta":{"content":null,"reasoning_content":"hmm","reasoning":"hmm"}}]}"#,
                "",
            ),
            (
                r#"{"choices":[{"delta":{"content":null,"refusal":"No."}}]}"#,
                "No.",
            ),
            (r#"{"choices":[{"delta":null,"finish_reason":null}]}"#, ""),
            (
                r#"{"choices":[{"index":1,"delta":{"content":"second choice"}}]}"#,
                "",
            ),
            (r#"{"choices":[],"usage":null}"#, ""),
            (r#"{"choices":null,"error":null}"#, ""),
            ("{}", ""),
        ] {
            assert_eq!(text(json), expected, "{json}");
        }
    }

    #[test]
    fn usage_and_end_are_found() {
        let last =
            progress(r#"{"choices":[{"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":7}}"#)
                .unwrap();
        assert_eq!(last.finish_reason.as_deref(), Some("stop"));
        assert_eq!(
            last.usage,
            Some(Usage {
                prompt_tokens: 7,
                completion_tokens: 0
            })
        );
        let empty = progress(r#"{"choices":[{"delta":{"content":"x"},"finish_reason":""}]}"#).unwrap();
        assert_eq!(
            empty.finish_reason, None,
            "some servers send an empty reason in every chunk"
        );
    }

    #[test]
    fn error_words_are_found() {
        assert_eq!(
            progress(r#"{"error":{"message":"overloaded"}}"#),
            Err("overloaded".to_owned())
        );
    }
}
