mod blocks;

use api_types::kb::{Chunk, ChunkStrategy, Chunking};
use unicode_segmentation::UnicodeSegmentation;

use super::{Measure, estimate_tokens as count};
use crate::kb::parse::{Page, ParsedDocument};

const STRATEGIES: [ChunkStrategy; 7] = [
    ChunkStrategy::Recursive,
    ChunkStrategy::Heading,
    ChunkStrategy::Page,
    ChunkStrategy::Sentence,
    ChunkStrategy::Fixed,
    ChunkStrategy::Semantic,
    ChunkStrategy::Adaptive,
];

fn chunk(document: &ParsedDocument, settings: Chunking, count: &super::CountTokens<'_>) -> Vec<Chunk> {
    super::chunk(
        document,
        settings,
        Measure {
            count,
            embed: Some(&subjects),
        },
    )
}

/// Vectors that tell apart what is about tea from what is about coffee.
#[expect(clippy::unnecessary_wraps, reason = "the shape of an embedder that may fail")]
fn subjects(texts: &[String]) -> Option<Vec<Vec<f32>>> {
    let vector = |text: &String| {
        let [tea, coffee] = ["tea", "coffee"].map(|word| text.matches(word).count() as f32);
        let length = tea.hypot(coffee).max(1.0);
        vec![tea / length, coffee / length]
    };
    Some(texts.iter().map(vector).collect())
}

fn document(pages: &[(Option<i32>, &str)]) -> ParsedDocument {
    let page = |&(number, markdown): &(Option<i32>, &str)| Page {
        number,
        heading: None,
        markdown: markdown.to_owned(),
    };
    ParsedDocument {
        title: None,
        pages: pages.iter().map(page).collect(),
    }
}

fn cut(markdown: &str, strategy: ChunkStrategy, size: u16, overlap: u16) -> Vec<Chunk> {
    chunk(
        &document(&[(None, markdown)]),
        Chunking {
            strategy,
            size,
            overlap,
        },
        &count,
    )
}

fn texts(chunks: &[Chunk]) -> Vec<&str> {
    chunks.iter().map(|chunk| chunk.text.as_str()).collect()
}

fn sentences(n: usize) -> String {
    (0..n)
        .map(|i| format!("Sentence number {i} tells one more thing."))
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn small_sections_go_together_under_what_they_share() {
    let chunks = cut(
        "# Guide\n\nIntro.\n\n## Tea\n\nHot.\n\n## Coffee\n\nHotter.",
        ChunkStrategy::Recursive,
        64,
        0,
    );
    assert_eq!(chunks.len(), 1);
    assert_eq!(chunks[0].heading_path, ["Guide"]);
}

#[test]
fn heading_strategy_keeps_sections_apart() {
    let text = "# Guide\n\n## Tea\n\nHot.\n\n### Second cup\n\nWarm.\n\n## Coffee\n\nHotter.";
    let chunks = cut(text, ChunkStrategy::Heading, 64, 0);
    assert_eq!(
        texts(&chunks),
        [
            "# Guide\n\n## Tea\n\nHot.",
            "### Second cup\n\nWarm.",
            "## Coffee\n\nHotter."
        ]
    );
    assert_eq!(chunks[0].heading_path, ["Guide", "Tea"]);
    assert_eq!(chunks[1].heading_path, ["Guide", "Tea", "Second cup"]);
    assert_eq!(chunks[2].heading_path, ["Guide", "Coffee"]);
    assert_eq!(
        chunks.iter().map(|chunk| chunk.position).collect::<Vec<_>>(),
        [0, 1, 2]
    );
}

#[test]
fn a_section_does_not_join_the_one_after_its_parent() {
    let text = "## Tea\n\nHot.\n\n# Returns\n\nWithin 21 days.";
    let chunks = cut(text, ChunkStrategy::Recursive, 64, 0);
    assert_eq!(texts(&chunks), ["## Tea\n\nHot.", "# Returns\n\nWithin 21 days."]);
}

#[test]
fn a_long_section_keeps_its_path_to_the_end_and_its_heading_at_the_start() {
    let text = format!(
        "# Guide\n\n## Warranty\n\n{}\n\n## Next\n\n{}",
        sentences(40),
        sentences(40)
    );
    let chunks = cut(&text, ChunkStrategy::Recursive, 60, 12);
    assert!(chunks.len() > 10);
    assert!(
        chunks[0]
            .text
            .starts_with("# Guide\n\n## Warranty\n\nSentence number 0 ")
    );
    let next = chunks
        .iter()
        .position(|chunk| chunk.text.starts_with("## Next"))
        .expect("a chunk starts at the heading");
    assert!(
        chunks[..next]
            .iter()
            .all(|chunk| chunk.heading_path == ["Guide", "Warranty"])
    );
    assert!(
        chunks[next..]
            .iter()
            .all(|chunk| chunk.heading_path == ["Guide", "Next"])
    );
    assert!(
        chunks.iter().all(|chunk| chunk.text.ends_with("thing.")),
        "cut between sentences"
    );
}

#[test]
fn overlap_repeats_the_end_of_the_chunk_before_but_not_across_headings() {
    let text = format!(
        "## A\n\n{}\n\n## B\n\n{}",
        sentences(30),
        sentences(30).replace("Sentence", "Phrase")
    );
    for strategy in [ChunkStrategy::Recursive, ChunkStrategy::Sentence] {
        let chunks = cut(&text, strategy, 60, 20);
        let overlapping = chunks.windows(2).filter(|pair| {
            let last = pair[0].text.rsplit_once(". ").expect("several sentences").1;
            pair[1].text.contains(last)
        });
        assert!(overlapping.count() > 4, "{strategy:?}");
        assert!(
            chunks
                .iter()
                .all(|chunk| !(chunk.text.contains("Sentence") && chunk.text.contains("Phrase")))
        );
    }
}

#[test]
fn pages_are_numbered_and_kept_apart_by_the_page_strategy() {
    let long = sentences(20);
    let pages = document(&[
        (Some(1), "# One\n\nThe heat rises until"),
        (Some(3), "it boils."),
        (Some(4), &long),
    ]);
    let by = |strategy| {
        chunk(
            &pages,
            Chunking {
                strategy,
                size: 80,
                overlap: 0,
            },
            &count,
        )
    };
    let by_page = by(ChunkStrategy::Page);
    assert_eq!(
        texts(&by_page)[..2],
        ["# One\n\nThe heat rises until", "it boils."]
    );
    assert_eq!(
        by_page.iter().map(|chunk| chunk.page).collect::<Vec<_>>()[..3],
        [Some(1), Some(3), Some(4)]
    );
    assert!(by_page.iter().all(|chunk| chunk.heading_path == ["One"]));
    let recursive = by(ChunkStrategy::Recursive);
    assert!(
        recursive[0].text.contains("rises until\nit boils."),
        "a sentence runs on over the page break"
    );
    assert_eq!(
        (recursive[0].page, recursive.last().expect("some").page),
        (Some(1), Some(4))
    );
}

#[test]
fn headings_in_lists_quotes_and_code_open_no_section() {
    let text = "# Real\n\n- # listed\n\n> # quoted\n\n```\n# code\n```\n\n    # indented";
    let chunks = cut(text, ChunkStrategy::Heading, 200, 0);
    assert_eq!(chunks.len(), 1);
    assert_eq!(chunks[0].heading_path, ["Real"]);
}

#[test]
fn sentences_are_whole() {
    let chunks = cut(&sentences(30), ChunkStrategy::Sentence, 40, 0);
    assert!(chunks.len() > 5);
    assert!(
        chunks
            .iter()
            .all(|chunk| chunk.text.starts_with("Sentence") && chunk.text.ends_with("thing."))
    );
}

#[test]
fn fixed_chunks_are_full() {
    let chunks = cut(&sentences(30), ChunkStrategy::Fixed, 40, 0);
    let (_, full) = chunks.split_last().expect("some");
    assert!(
        full.iter().all(|chunk| chunk.tokens >= 38),
        "{:?}",
        full.iter().map(|c| c.tokens).collect::<Vec<_>>()
    );
}

/// A small generator, so that a failure comes again.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn words(&mut self, n: u64) -> String {
        (0..n)
            .map(|_| format!("w{}", self.roll(100_000)))
            .collect::<Vec<_>>()
            .join(" ")
    }

    fn block(&mut self) -> String {
        let n = self.roll(60) + 1;
        match self.roll(9) {
            0 => format!("# {}", self.words(n.min(6))),
            1 => format!("### {}", self.words(n.min(40))),
            2 => format!("- {}\n- {}\n  - {}", self.words(3), self.words(n), self.words(2)),
            3 => format!(
                "| a | b |\n|---|---|\n| {} | {} |\n| {} | x |",
                self.words(2),
                self.words(1),
                self.words(n)
            ),
            4 => format!("```\n{}\n# {}\n```", self.words(n), self.words(2)),
            5 => format!("> {}", self.words(n)),
            6 => format!("w{}", "長い語".repeat(usize::try_from(n).expect("small") * 9)),
            _ => format!("{}. {}? {}!", self.words(n), self.words(5), self.words(7)),
        }
    }

    fn document(&mut self) -> ParsedDocument {
        let page = |dice: &mut Self, number| {
            let blocks: Vec<String> = (0..dice.roll(6) + 1).map(|_| dice.block()).collect();
            Page {
                number: Some(number),
                heading: None,
                markdown: blocks.join("\n\n"),
            }
        };
        let last = i32::try_from(self.roll(3)).expect("small") + 1;
        ParsedDocument {
            title: None,
            pages: (1..=last).map(|number| page(self, number)).collect(),
        }
    }
}

#[test]
fn every_word_is_in_a_chunk_and_no_chunk_is_empty_or_too_large() {
    for seed in 0..6 {
        let mut dice = Dice(seed);
        let document = dice.document();
        let (size, overlap) = (
            32 + u16::try_from(dice.roll(200)).expect("small"),
            u16::try_from(dice.roll(16)).expect("small"),
        );
        for strategy in STRATEGIES {
            let chunks = chunk(
                &document,
                Chunking {
                    strategy,
                    size,
                    overlap,
                },
                &count,
            );
            let context = format!("seed {seed}, {strategy:?}, size {size}, overlap {overlap}");
            for chunk in &chunks {
                assert!(!chunk.text.trim().is_empty(), "{context}");
                assert_eq!(
                    usize::try_from(chunk.tokens).ok(),
                    Some(count(&chunk.text)),
                    "{context}"
                );
                assert!(
                    chunk.tokens <= i32::from(size),
                    "{context}: {} tokens in {:?}",
                    chunk.tokens,
                    chunk.text
                );
            }
            let kept: std::collections::HashSet<&str> = chunks
                .iter()
                .flat_map(|chunk| chunk.text.unicode_words())
                .collect();
            for word in document
                .pages
                .iter()
                .flat_map(|page| page.markdown.unicode_words())
                .filter(|w| w.len() < 99)
            {
                assert!(kept.contains(word), "{context}: lost {word}");
            }
        }
    }
}

#[test]
fn nothing_in_nothing_out() {
    for strategy in STRATEGIES {
        assert!(cut("", strategy, 64, 8).is_empty());
        assert!(cut(" \n\n ", strategy, 64, 8).is_empty());
    }
}

#[test]
fn semantic_cuts_where_the_subject_changes() {
    let tea = "The tea is green. This tea is black. That tea is white. ";
    let coffee = "The coffee is strong. This coffee is weak. That coffee is cold.";
    let chunks = cut(&format!("{tea}{coffee}"), ChunkStrategy::Semantic, 24, 0);
    assert_eq!(texts(&chunks), [tea.trim(), coffee]);
    // By size alone a sentence about coffee would stand with the tea.
    let by_size = cut(&format!("{tea}{coffee}"), ChunkStrategy::Sentence, 24, 0);
    assert!(by_size[0].text.contains("coffee"), "{:?}", texts(&by_size));
}

#[test]
fn adaptive_takes_what_suits_the_document() {
    let slides: Vec<(Option<i32>, &str)> = vec![
        (Some(1), "# Tea\n\nHot."),
        (Some(2), "# Coffee\n\nHotter."),
        (Some(3), "# Water\n\nCold."),
    ];
    let settings = Chunking {
        strategy: ChunkStrategy::Adaptive,
        size: 64,
        overlap: 0,
    };
    assert_eq!(
        chunk(&document(&slides), settings, &count).len(),
        3,
        "a slide each"
    );

    let handbook: String = (0..4)
        .map(|i| format!("## Part {i}\n\n{}\n\n", sentences(4)))
        .collect();
    let by_heading = cut(&handbook, ChunkStrategy::Heading, 64, 0);
    assert_eq!(cut(&handbook, ChunkStrategy::Adaptive, 64, 0), by_heading);

    let tiny: String = (0..9).map(|i| format!("## Part {i}\n\nOne.\n\n")).collect();
    let recursive = cut(&tiny, ChunkStrategy::Recursive, 64, 0);
    assert_eq!(cut(&tiny, ChunkStrategy::Adaptive, 64, 0), recursive);

    let prose = sentences(30);
    let semantic = cut(&prose, ChunkStrategy::Semantic, 64, 0);
    assert_eq!(cut(&prose, ChunkStrategy::Adaptive, 64, 0), semantic);
}

fn pairs(pairs: &[(&str, &str)]) -> ParsedDocument {
    let page = |&(question, answer): &(&str, &str)| Page {
        number: None,
        heading: Some(question.to_owned()),
        markdown: answer.to_owned(),
    };
    ParsedDocument {
        title: None,
        pages: pairs.iter().map(page).collect(),
    }
}

#[test]
fn an_answer_is_one_chunk_under_its_question_whatever_the_strategy() {
    let long = sentences(30);
    let question = "Is it ".repeat(60) + "so?";
    let document = pairs(&[
        ("Why?", "Because."),
        (&question, "# Steps\n\nOne.\n\n# More\n\nTwo."),
        ("All of it?", &long),
        ("And?", "then it runs on"),
    ]);
    for strategy in STRATEGIES {
        let settings = Chunking {
            strategy,
            size: 64,
            overlap: 8,
        };
        let chunks = chunk(&document, settings, &count);
        let last = chunks.len() - 1;
        assert!(last > 4, "{strategy:?}: the long answer is cut");
        assert_eq!(
            [&chunks[0].text, &chunks[1].text, &chunks[last].text],
            ["Because.", "# Steps\n\nOne.\n\n# More\n\nTwo.", "then it runs on"]
        );
        assert_eq!(chunks[0].heading_path, ["Why?"]);
        assert_eq!(chunks[1].heading_path, [question.as_str()]);
        assert!(
            chunks[2..last]
                .iter()
                .all(|chunk| chunk.heading_path == ["All of it?"])
        );
        assert!(chunks.iter().zip(0..).all(|(chunk, i)| chunk.position == i));
    }
}
