//! One question put to a bot's content for a test set: the real engine, nothing stored.

use std::collections::BTreeMap;

use api_types::bots::ChatbotContent;
use api_types::chat::{ChatEvent, Source};

use super::engine::{self, Question};
use super::{Ground, Turn};
use crate::{Result, Scope, Services};

/// What came of it.
#[derive(Debug)]
pub(crate) struct Trial {
    /// The passages given to the model, best first.
    pub(crate) given: Vec<Source>,
    /// Those that the answer cites.
    pub(crate) cited: Vec<Source>,
    /// The answer.
    pub(crate) text: String,
    /// False when it says that the bot does not know.
    pub(crate) answered: bool,
    /// Whether part of the search, or the reranker, was away.
    pub(crate) degraded: bool,
}

/// Takes one turn.
pub(crate) async fn try_question(
    services: &Services,
    scope: &Scope,
    content: &ChatbotContent,
    history: &[Turn],
    question: &str,
) -> Result<Trial> {
    let (mut given, mut search_degraded) = (Vec::new(), false);
    let mut emit = |event| {
        if let ChatEvent::Sources { sources, degraded } = event {
            given = sources;
            search_degraded = degraded;
        }
    };
    let ground = Ground::read(services.db.pool(), scope, content).await?;
    let question = Question {
        scope,
        content,
        history,
        text: question.trim(),
        variables: &BTreeMap::new(),
        metadata: &BTreeMap::new(),
        files: &[],
        ground: &ground,
        live: None,
    };
    let answer = engine::answer(services, question, &mut emit).await?;
    let retrieval = answer.found.as_ref().map(|found| &found.retrieval);
    let reranker_away = retrieval.is_some_and(|retrieval| retrieval.rerank_error.is_some());
    Ok(Trial {
        given,
        cited: answer.cited,
        text: answer.text,
        answered: answer.answered,
        // Without an embedder words alone are always compared; nothing is away.
        degraded: (search_degraded && services.embedder.is_some()) || reranker_away,
    })
}
