//! An answer as it is written: pieces in, checked events out.

use api_types::bots::ChatbotContent;
use api_types::chat::{ChatEvent, Source, Usage};
use futures::StreamExt;
use futures::stream::BoxStream;

use super::citations::Citations;
use super::{Answer, prompt};
use crate::Result;
use crate::llm::Piece;

/// What an answer may cite.
#[derive(Clone, Copy)]
pub(super) struct Citable<'a> {
    pub(super) sources: &'a [Source],
    /// Whether part of the search was away.
    pub(super) degraded: bool,
}

impl Citable<'_> {
    pub(super) const NOTHING: Self = Self {
        sources: &[],
        degraded: false,
    };
}

/// Hands text on as it comes, its citations checked. Before a passage is cited for the first time, the passages are told
/// again as they are numbered from then on. A model that says [`prompt::NO_ANSWER`] is replaced by the bot's
/// fallback message, so the first characters are held back until they can't become that.
pub(super) async fn stream_out(
    mut pieces: BoxStream<'_, Result<Piece>>,
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
        cached: None,
        found: None,
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

/// Says something by itself, in one piece.
pub(super) fn say(emit: &mut (dyn FnMut(ChatEvent) + Send), text: &str, answered: bool) -> Answer {
    emit(ChatEvent::Delta {
        text: text.to_owned(),
    });
    Answer {
        text: text.to_owned(),
        cited: Vec::new(),
        answered,
        usage: None::<Usage>,
        cached: None,
        found: None,
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

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
