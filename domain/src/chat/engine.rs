//! Makes one answer: retrieve, prompt, stream, check citations. No trace is left behind.

use std::collections::BTreeMap;

use api_types::bots::{ChatbotContent, ModelChoice};
use api_types::chat::ChatEvent;
use futures::StreamExt;
use uuid::Uuid;

use super::followup::Leaning;
use super::retrieve::retrieve;
use super::smalltalk::{self, Smalltalk};
use super::writing::{Citable, say, stream_out};
use super::{Answer, Ground, Turn, followup, prompt, responses};
use crate::llm::extractive::{self, Passage};
use crate::llm::openai::OpenAi;
use crate::llm::{ChatCompletion, Piece};
use crate::uploads::{Given, Matter};
use crate::{Error, Result, Scope, Services, providers};

/// The longest answer of a model, in its tokens.
const MAX_TOKENS: u32 = 1_500;

/// What an answer is made from.
pub(super) struct Question<'a> {
    /// The right to read the bot's knowledge.
    pub scope: &'a Scope,
    /// The bot.
    pub content: &'a ChatbotContent,
    /// Earlier messages, oldest first.
    pub history: &'a [Turn],
    /// What was asked.
    pub text: &'a str,
    /// Values for the instructions.
    pub variables: &'a BTreeMap<String, String>,
    /// What the page says of the visitor.
    pub metadata: &'a BTreeMap<String, String>,
    /// What the visitor sent, oldest first.
    pub files: &'a [Given],
    /// What the answer stands on.
    pub ground: &'a Ground,
    /// The deployed bot and its version; `None` for drafts.
    pub live: Option<(Uuid, i32)>,
}

impl Question<'_> {
    /// Whether files came with it.
    fn has_new_files(&self) -> bool {
        self.files.iter().any(|file| file.is_new)
    }

    /// Whether it is nothing but files: there is nothing to search for.
    fn is_wordless(&self) -> bool {
        self.text.is_empty()
    }
}

/// Answers a question, handing `sources` and `delta` events to `emit` as they come. After an error, what was emitted
/// so far is the partial answer.
pub(super) async fn answer(
    services: &Services,
    question: Question<'_>,
    emit: &mut (dyn FnMut(ChatEvent) + Send),
) -> Result<Answer> {
    match &question.content.model {
        ModelChoice::Extractive => Box::pin(quote(services, &question, emit)).await,
        ModelChoice::Provider {
            model, temperature, ..
        } => {
            let provider = question.ground.provider.as_ref();
            let provider = provider.ok_or_else(|| Error::not_found("provider"))?;
            let client = providers::chat(services, provider)?;
            generate(services, &question, &client, model, *temperature, emit).await
        }
    }
}

/// Which model answers, as it is shown in transcripts.
pub(super) fn model_name(content: &ChatbotContent) -> &str {
    match &content.model {
        ModelChoice::Extractive => "built-in",
        ModelChoice::Provider { model, .. } => model,
    }
}

/// Whose model it is; `None` for the built-in answerer.
pub(super) fn provider_id(content: &ChatbotContent) -> Option<Uuid> {
    match &content.model {
        ModelChoice::Extractive => None,
        ModelChoice::Provider { provider_id, .. } => Some(*provider_id),
    }
}

/// The built-in answerer: the sentences of the passages that answer best, word for word.
async fn quote(
    services: &Services,
    question: &Question<'_>,
    emit: &mut (dyn FnMut(ChatEvent) + Send),
) -> Result<Answer> {
    let content = question.content;
    if let Some(kind) = smalltalk::recognise(question.text) {
        nothing_found(emit);
        let greeting = prompt::fill(&content.greeting, question.variables);
        let words = match (kind, greeting.trim()) {
            (Smalltalk::Thanks, _) => "You're welcome!",
            (_, "") => "Hello! How can I help?",
            (_, greeting) => greeting,
        };
        return Ok(say(emit, words, true));
    }
    if question.is_wordless() {
        nothing_found(emit);
        return Ok(say(emit, &content.uploads.received_message, true));
    }
    // What just came is what is asked about; what came before stands behind the bot's own knowledge.
    if question.has_new_files()
        && let Some(quoted) = quote_file(services, question).await
    {
        nothing_found(emit);
        return stream_out(extractive::stream(&quoted), content, Citable::NOTHING, emit).await;
    }
    let queries = followup::queries(question.text, question.history);
    let found = Box::pin(retrieve(services, question, &queries, emit)).await?;
    let passages: Vec<Passage<'_>> = found
        .sources
        .iter()
        .zip(&found.headings)
        .map(|(source, headings)| Passage {
            text: &source.quote,
            heading_path: headings,
        })
        .collect();
    let quoted = extractive::answer(&found.retrieval.query, &passages, services.embedder.as_deref()).await;
    let answer = match quoted {
        None => match quote_file(services, question).await {
            Some(quoted) => stream_out(extractive::stream(&quoted), content, Citable::NOTHING, emit).await?,
            None => say(emit, &without_answer(question), false),
        },
        Some(quoted) => {
            let given = Citable {
                sources: &found.sources,
                degraded: found.retrieval.degraded,
            };
            stream_out(extractive::stream(&quoted), content, given, emit).await?
        }
    };
    Ok(Answer {
        found: Some(found),
        ..answer
    })
}

/// What the built-in answerer says when it found nothing.
fn without_answer(question: &Question<'_>) -> String {
    let content = question.content;
    if question.has_new_files() {
        format!(
            "{}\n\n{}",
            content.uploads.received_message, content.fallback_message
        )
    } else {
        content.fallback_message.clone()
    }
}

/// No passage is looked for.
fn nothing_found(emit: &mut (dyn FnMut(ChatEvent) + Send)) {
    emit(ChatEvent::Sources {
        sources: Vec::new(),
        degraded: false,
    });
}

/// What a document of the visitor says to the question, under the document's name; the newest first.
async fn quote_file(services: &Services, question: &Question<'_>) -> Option<String> {
    for file in question.files.iter().rev() {
        let Matter::Text { text, .. } = &file.matter else {
            continue;
        };
        let passage = Passage {
            text,
            heading_path: &[],
        };
        let quoted = extractive::answer(question.text, &[passage], services.embedder.as_deref()).await;
        if let Some(quoted) = quoted {
            // Its number would be that of a passage.
            let quoted = quoted.replace(" [1]", "");
            return Some(format!("{}:\n\n{quoted}", file.name));
        }
    }
    None
}

/// A provider's model, given the passages.
async fn generate(
    services: &Services,
    question: &Question<'_>,
    client: &OpenAi,
    model: &str,
    temperature: Option<f32>,
    emit: &mut (dyn FnMut(ChatEvent) + Send),
) -> Result<Answer> {
    if question.is_wordless() {
        nothing_found(emit);
        return ask(
            services,
            question,
            client,
            model,
            temperature,
            Citable::NOTHING,
            emit,
        )
        .await;
    }
    let rewritten = match followup::leaning(question.text, question.history) {
        Leaning::No => None,
        Leaning::Perhaps | Leaning::Yes => {
            Box::pin(followup::rewrite(client, model, question.text, question.history)).await
        }
    };
    let queries = match rewritten {
        Some(rewritten) => vec![rewritten],
        None => followup::queries(question.text, question.history),
    };
    let found = Box::pin(retrieve(services, question, &queries, emit)).await?;
    let given = Citable {
        sources: &found.sources,
        degraded: found.retrieval.degraded,
    };
    let answer = ask(services, question, client, model, temperature, given, emit).await?;
    Ok(Answer {
        found: Some(found),
        ..answer
    })
}

/// Asks the model with what there is, unless it answered the very same before and may be quoted.
async fn ask(
    services: &Services,
    question: &Question<'_>,
    client: &OpenAi,
    model: &str,
    temperature: Option<f32>,
    given: Citable<'_>,
    emit: &mut (dyn FnMut(ChatEvent) + Send),
) -> Result<Answer> {
    let (key, pieces) = {
        // Let go of before the answer comes: it is the largest part of a turn, and answers last.
        let request = ChatCompletion {
            model: model.to_owned(),
            messages: prompt::messages(question, given.sources),
            temperature,
            max_tokens: MAX_TOKENS,
        };
        let key = responses::Key::of(question, &request)?;
        if let Some(key) = &key
            && let Some(text) = services.responses.get(key).await
        {
            let whole = futures::stream::iter([Ok(Piece::Text(text.to_string()))]).boxed();
            let answer = stream_out(whole, question.content, given, emit).await?;
            return Ok(Answer {
                cached: Some(true),
                ..answer
            });
        }
        (key, Box::pin(client.stream(&request)).await?)
    };
    let Some(key) = key else {
        return stream_out(pieces, question.content, given, emit).await;
    };
    let mut written = String::new();
    let noted = pieces.inspect(|piece| {
        if let Ok(Piece::Text(text)) = piece {
            written.push_str(text);
        }
    });
    let answer = stream_out(noted.boxed(), question.content, given, emit).await?;
    if answer.answered {
        services.responses.keep(key, &written).await;
    }
    Ok(Answer {
        cached: Some(false),
        ..answer
    })
}
