//! One turn of a test: a question and the answer as it arrives.

use api_types::chat::{ChatEvent, MessageRole, Source};
use api_types::drafts::TestTurn;
use leptos::prelude::*;

/// How far an answer is.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress {
    /// Nothing has come yet.
    Waiting,
    /// Text is coming.
    Writing,
    /// Complete.
    Done {
        /// False when the bot said that it does not know.
        answered: bool,
        /// Questions the visitor might ask next.
        suggestions: Vec<String>,
        /// Whether the lead form is shown then.
        offers_lead_form: bool,
    },
    /// The person stopped it.
    Stopped,
    /// It broke off.
    Failed(String),
}

/// A question and its answer.
#[derive(Debug, Clone)]
pub struct Turn {
    /// Counted within the test.
    pub id: usize,
    /// What was asked.
    pub question: String,
    /// What was answered so far.
    pub answer: ArcRwSignal<String>,
    /// What the answer may cite.
    pub found: ArcRwSignal<Vec<Source>>,
    /// What it cites.
    pub cited: ArcRwSignal<Vec<Source>>,
    /// Whether part of the search was away.
    pub degraded: ArcRwSignal<bool>,
    /// How far it is.
    pub progress: ArcRwSignal<Progress>,
}

impl Turn {
    /// A question without an answer yet.
    pub fn new(id: usize, question: String) -> Self {
        Self {
            id,
            question,
            answer: ArcRwSignal::default(),
            found: ArcRwSignal::default(),
            cited: ArcRwSignal::default(),
            degraded: ArcRwSignal::new(false),
            progress: ArcRwSignal::new(Progress::Waiting),
        }
    }

    /// Takes in an event of the answer.
    pub fn take(&self, event: ChatEvent) {
        match event {
            // A draft is not handed over.
            ChatEvent::Start { .. } | ChatEvent::HandOff(_) => {}
            ChatEvent::Sources { sources, degraded } => {
                self.found.set(sources);
                self.degraded.set(degraded);
            }
            ChatEvent::Delta { text } => {
                self.answer.update(|answer| answer.push_str(&text));
                if self.progress.get_untracked() != Progress::Writing {
                    self.progress.set(Progress::Writing);
                }
            }
            ChatEvent::Done {
                sources,
                answered,
                suggestions,
                offers_lead_form,
                ..
            } => {
                self.cited.set(sources);
                self.progress.set(Progress::Done {
                    answered,
                    suggestions,
                    offers_lead_form,
                });
            }
            ChatEvent::Error { message, .. } => {
                self.progress.set(Progress::Failed(crate::i18n::served(&message)));
            }
        }
    }

    /// Whether more may come.
    pub fn is_open(&self) -> bool {
        matches!(self.progress.get(), Progress::Waiting | Progress::Writing)
    }

    /// The turn as history for the next one: nothing when there was no answer.
    pub fn history(&self) -> Vec<TestTurn> {
        let answer = self.answer.get_untracked();
        if answer.is_empty() {
            return Vec::new();
        }
        vec![
            TestTurn {
                role: MessageRole::User,
                content: self.question.clone(),
            },
            TestTurn {
                role: MessageRole::Assistant,
                content: answer,
            },
        ]
    }
}
