//! Makes one answer: retrieve, prompt, stream, check citations. No trace is left behind.

use std::collections::BTreeMap;

use api_types::bots::{ChatbotContent, ModelChoice};
use api_types::chat::{ChatEvent, Source, Usage};
use futures::StreamExt;
use uuid::Uuid;

use super::citations::Citations;
use super::followup::Leaning;
use super::retrieve::retrieve;
use super::smalltalk::{self, Smalltalk};
use super::{Answer, Ground, Turn, followup, prompt};
use crate::llm::extractive::{self, Passage};
use crate::llm::openai::OpenAi;
use crate::llm::{ChatCompletion, Piece, PieceStream};
use crate::uploads::{Given, Matter};
use crate::{Error, Result, Scope, Services, providers};

/// The longest answer of a model, in its tokens.
const MAX_TOKENS: u32 = 1_500;

/// Tokens that are made one piece at most.
const MOST_TOGETHER: usize = 64;

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
        ModelChoice::Extractive => quote(services, &question, emit).await,
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
    let (sources, retrieval) = retrieve(services, question, &queries, emit).await?;
    let passages: Vec<Passage<'_>> = sources
        .iter()
        .map(|source| Passage {
            text: &source.quote,
            heading_path: &source.heading_path,
        })
        .collect();
    let quoted = extractive::answer(&retrieval.query, &passages, services.embedder.as_deref()).await;
    let answer = match quoted {
        None => match quote_file(services, question).await {
            Some(quoted) => stream_out(extractive::stream(&quoted), content, Citable::NOTHING, emit).await?,
            None => say(emit, &without_answer(question), false),
        },
        Some(quoted) => {
            let given = Citable {
                sources: &sources,
                degraded: retrieval.degraded,
            };
            stream_out(extractive::stream(&quoted), content, given, emit).await?
        }
    };
    Ok(Answer {
        retrieval: Some(retrieval),
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
        return ask(question, client, model, temperature, Citable::NOTHING, emit).await;
    }
    let rewritten = match followup::leaning(question.text, question.history) {
        Leaning::No => None,
        Leaning::Perhaps | Leaning::Yes => {
            followup::rewrite(client, model, question.text, question.history).await
        }
    };
    let queries = match rewritten {
        Some(rewritten) => vec![rewritten],
        None => followup::queries(question.text, question.history),
    };
    let (sources, retrieval) = retrieve(services, question, &queries, emit).await?;
    let given = Citable {
        sources: &sources,
        degraded: retrieval.degraded,
    };
    let answer = ask(question, client, model, temperature, given, emit).await?;
    Ok(Answer {
        retrieval: Some(retrieval),
        ..answer
    })
}

/// Asks the model with what there is.
async fn ask(
    question: &Question<'_>,
    client: &OpenAi,
    model: &str,
    temperature: Option<f32>,
    given: Citable<'_>,
    emit: &mut (dyn FnMut(ChatEvent) + Send),
) -> Result<Answer> {
    let pieces = {
        // Let go of before the answer comes: it is the largest part of a turn, and answers last.
        let request = ChatCompletion {
            model: model.to_owned(),
            messages: prompt::messages(question, given.sources),
            temperature,
            max_tokens: MAX_TOKENS,
        };
        client.stream(&request).await?
    };
    stream_out(together(pieces), question.content, given, emit).await
}

/// Tokens that are there at the same time as one piece: each costs as much to check, keep and send as all of them.
fn together(pieces: PieceStream) -> PieceStream {
    pieces
        .ready_chunks(MOST_TOGETHER)
        .flat_map(|pieces| futures::stream::iter(joined(pieces)))
        .boxed()
}

/// The same with texts that follow one another made one.
fn joined(pieces: Vec<Result<Piece>>) -> Vec<Result<Piece>> {
    let mut all: Vec<Result<Piece>> = Vec::new();
    for piece in pieces {
        match (all.last_mut(), piece) {
            (Some(Ok(Piece::Text(text))), Ok(Piece::Text(more))) => text.push_str(&more),
            (_, piece) => all.push(piece),
        }
    }
    all
}

/// What an answer may cite.
#[derive(Clone, Copy)]
struct Citable<'a> {
    sources: &'a [Source],
    /// Whether part of the search was away.
    degraded: bool,
}

impl Citable<'_> {
    const NOTHING: Self = Self {
        sources: &[],
        degraded: false,
    };
}

/// Hands text on as it comes, its citations checked. Before a passage is cited for the first time, the passages are told
/// again as they are numbered from then on. A model that says [`prompt::NO_ANSWER`] is replaced by the bot's
/// fallback message, so the first characters are held back until they can't become that.
async fn stream_out(
    mut pieces: PieceStream,
    content: &ChatbotContent,
    given: Citable<'_>,
    emit: &mut (dyn FnMut(ChatEvent) + Send),
) -> Result<Answer> {
    let mut shown = Shown {
        given,
        citations: Citations::new(given.sources.len()),
        numbers: given.sources.iter().map(|source| source.n).collect(),
        text: String::new(),
    };
    let mut usage = None;
    let mut held = Some(String::new());
    while let Some(piece) = pieces.next().await {
        let piece = match piece? {
            Piece::Text(piece) => piece,
            Piece::Usage(tokens) => {
                usage = Some(tokens);
                continue;
            }
        };
        let piece = match held.take() {
            None => piece,
            Some(before) => {
                let begun = before + &piece;
                if may_be_no_answer(&begun) {
                    held = Some(begun);
                    continue;
                }
                begun
            }
        };
        shown.add(emit, &piece);
    }
    if let Some(held) = held {
        if held.trim().is_empty() || held.trim_start().starts_with(prompt::NO_ANSWER) {
            let said = say(emit, &content.fallback_message, false);
            return Ok(Answer { usage, ..said });
        }
        shown.add(emit, &held);
    }
    let rest = shown.citations.finish();
    shown.send(emit, rest);
    Ok(Answer {
        cited: shown.citations.cited(given.sources),
        text: shown.text,
        answered: true,
        usage,
        retrieval: None,
    })
}

/// Whether text that begins like this may yet turn out to be "no answer".
fn may_be_no_answer(begun: &str) -> bool {
    let begun = begun.trim_start();
    prompt::NO_ANSWER.starts_with(begun) || begun.starts_with(prompt::NO_ANSWER)
}

/// What readers have seen so far.
struct Shown<'a> {
    given: Citable<'a>,
    citations: Citations,
    /// How the passages were numbered when they were told last.
    numbers: Vec<u32>,
    text: String,
}

impl Shown<'_> {
    fn add(&mut self, emit: &mut (dyn FnMut(ChatEvent) + Send), piece: &str) {
        let before = self.citations.count();
        let piece = self.citations.push(piece);
        if self.citations.count() > before {
            self.tell(emit);
        }
        self.send(emit, piece);
    }

    /// Tells the passages, unless they are numbered as before.
    fn tell(&mut self, emit: &mut (dyn FnMut(ChatEvent) + Send)) {
        let sources = self.citations.renumbered(self.given.sources);
        let numbers: Vec<u32> = sources.iter().map(|source| source.n).collect();
        if numbers == self.numbers {
            return;
        }
        self.numbers = numbers;
        emit(ChatEvent::Sources {
            sources,
            degraded: self.given.degraded,
        });
    }

    fn send(&mut self, emit: &mut (dyn FnMut(ChatEvent) + Send), piece: String) {
        if piece.is_empty() {
            return;
        }
        self.text.push_str(&piece);
        emit(ChatEvent::Delta { text: piece });
    }
}

fn say(emit: &mut (dyn FnMut(ChatEvent) + Send), text: &str, answered: bool) -> Answer {
    emit(ChatEvent::Delta {
        text: text.to_owned(),
    });
    Answer {
        text: text.to_owned(),
        cited: Vec::new(),
        answered,
        usage: None::<Usage>,
        retrieval: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn tokens_that_came_together_are_one_piece() {
        let text = |text: &str| Ok(Piece::Text(text.to_owned()));
        let failed = Err(Error::not_found("model"));
        let came = [
            text("a"),
            text("b"),
            Ok(Piece::Usage(Usage::default())),
            text("c"),
            text("d"),
            failed,
        ];
        let pieces: Vec<_> = together(futures::stream::iter(came).boxed()).collect().await;
        let shown: Vec<String> = pieces
            .iter()
            .map(|piece| match piece {
                Ok(Piece::Text(text)) => text.clone(),
                Ok(Piece::Usage(_)) => "usage".to_owned(),
                Err(_) => "error".to_owned(),
            })
            .collect();
        assert_eq!(shown, ["ab", "usage", "cd", "error"]);
    }

    async fn run(pieces: &[&str]) -> (Answer, Vec<String>) {
        let content = ChatbotContent {
            fallback_message: "I don't know.".into(),
            ..ChatbotContent::default()
        };
        let pieces: Vec<_> = pieces.iter().map(|p| Ok(Piece::Text((*p).to_owned()))).collect();
        let mut shown = Vec::new();
        let mut emit = |event| {
            if let ChatEvent::Delta { text } = event {
                shown.push(text);
            }
        };
        let given = Citable {
            sources: &[],
            degraded: false,
        };
        let answer = stream_out(futures::stream::iter(pieces).boxed(), &content, given, &mut emit)
            .await
            .unwrap();
        (answer, shown)
    }

    #[tokio::test]
    async fn no_answer_is_never_shown() {
        for said in [
            &["NO_", "ANSWER"][..],
            &["NO_ANSWER."],
            &["\nNO_ANS", "WER\n"],
            &["NO_ANSWER", " because …"],
            &[],
        ] {
            let (answer, shown) = run(said).await;
            assert_eq!(
                (answer.text.as_str(), answer.answered),
                ("I don't know.", false),
                "{said:?}"
            );
            assert_eq!(shown, ["I don't know."], "{said:?}");
        }
    }

    #[tokio::test]
    async fn passages_are_told_again_when_their_numbers_change() {
        let content = ChatbotContent::default();
        let sources = [source(1), source(2), source(3)];
        let given = Citable {
            sources: &sources,
            degraded: true,
        };
        let pieces = ["a [1]", " b [", "3] c [1]", " d [2]"];
        let pieces = pieces.map(|piece| Ok(Piece::Text(piece.to_owned())));
        let mut told = Vec::new();
        let mut emit = |event| match event {
            ChatEvent::Delta { text } => told.push(text),
            ChatEvent::Sources { sources, degraded } => {
                let numbers: Vec<String> = sources
                    .iter()
                    .map(|it| format!("{}={}", it.title, it.n))
                    .collect();
                told.push(format!("{} {degraded}", numbers.join(" ")));
            }
            _ => {}
        };
        let answer = stream_out(futures::stream::iter(pieces).boxed(), &content, given, &mut emit)
            .await
            .unwrap();
        assert_eq!(answer.text, "a [1] b [2] c [1] d [3]");
        let cited: Vec<_> = answer.cited.iter().map(|it| (it.n, &*it.title)).collect();
        assert_eq!(cited, [(1, "p1"), (2, "p3"), (3, "p2")]);
        assert_eq!(
            told,
            ["a [1]", " b ", "p1=1 p2=3 p3=2 true", "[2] c [1]", " d [3]"]
        );
    }

    fn source(n: u32) -> Source {
        Source {
            n,
            document_id: Uuid::nil(),
            title: format!("p{n}"),
            url: None,
            page: None,
            heading_path: Vec::new(),
            quote: String::new(),
        }
    }

    #[tokio::test]
    async fn what_only_begins_alike_is_shown_whole() {
        let (answer, shown) = run(&["NO", "_AN", "IMALS here", ", but more"]).await;
        assert_eq!(answer.text, "NO_ANIMALS here, but more");
        assert!(answer.answered);
        assert_eq!(shown.concat(), answer.text);
        let (answer, _) = run(&["N", "o."]).await;
        assert_eq!(answer.text, "No.");
        let (answer, _) = run(&["NO"]).await;
        assert_eq!(answer.text, "NO");
    }
}
