//! Questions to offer to visitors, taken from what the knowledge says: its own questions and headings.
//!
//! Nothing is made up: a heading asks for what stands below it, in its own language, and each is tried before it is
//! offered, so that whoever clicks it gets an answer.

use std::collections::HashSet;

use api_types::kb::SuggestedQuestions;
use uuid::Uuid;

use super::bases;
use super::search::Search;
use crate::{Result, Scope, Services};

/// Most that are offered.
const MOST: usize = 3;
/// Most that are tried.
const TRIED: usize = 12;
/// Lengths that read well on a button, in characters.
const LENGTHS: std::ops::RangeInclusive<usize> = 8..=80;
/// Most words of a topic: what has more is a sentence.
const TOPIC_WORDS: usize = 6;
/// Chunks whose headings are looked at.
const LOOKED_AT: i64 = 1_000;

/// A heading that could be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Candidate {
    document_id: Uuid,
    text: String,
}

/// Up to three questions that a knowledge base has an answer to, from different documents where it can be.
pub async fn suggest(
    services: &Services,
    scope: &Scope,
    knowledge_base_id: Uuid,
) -> Result<SuggestedQuestions> {
    let mut questions = Vec::new();
    for candidate in candidates(services, scope, knowledge_base_id).await? {
        let everywhere = [knowledge_base_id];
        let outcome = services
            .search(scope, &Search::new(&everywhere, &candidate.text, 1))
            .await?;
        let first = outcome.hits.first().map(|hit| hit.document_id);
        if outcome.relevant && first == Some(candidate.document_id) {
            questions.push(candidate.text);
        }
        if questions.len() == MOST {
            break;
        }
    }
    Ok(SuggestedQuestions { questions })
}

async fn candidates(services: &Services, scope: &Scope, knowledge_base_id: Uuid) -> Result<Vec<Candidate>> {
    let mut tx = services.db.tenant(scope).await?;
    bases::require(&mut tx, scope, knowledge_base_id).await?;
    let rows = sqlx::query_as!(
        Row,
        "select c.document_id, d.title, c.heading_path, c.text
         from chunks c
         join documents d on d.workspace_id = c.workspace_id and d.id = c.document_id and d.live_version = c.version
         where c.workspace_id = $1 and c.knowledge_base_id = $2 and c.enabled
         order by d.created_at, d.id, c.position
         limit $3",
        scope.workspace_id(),
        knowledge_base_id,
        LOOKED_AT
    )
    .fetch_all(&mut *tx)
    .await?;
    let documents = rows.chunk_by(|a, b| a.document_id == b.document_id);
    Ok(choose(documents.flat_map(headings)))
}

/// A chunk, in the order of its document.
struct Row {
    document_id: Uuid,
    title: String,
    heading_path: Vec<String>,
    text: String,
}

/// The headings of a document, but for what it is called as a whole: that asks for nothing, unless it is a question or all there
/// is, as on many a page of a website.
fn headings(rows: &[Row]) -> Vec<(Uuid, String)> {
    let Some(first) = rows.first() else {
        return Vec::new();
    };
    let top = first.heading_path.first();
    let holds_others = |top: &&String| {
        let deeper = rows.iter().filter(|row| row.heading_path.len() > 1);
        deeper.map(|row| &row.heading_path[0]).any(|other| other == *top)
    };
    let of_the_first_level = |line: &&str| line.starts_with("# ");
    let is_only_one = rows
        .iter()
        .flat_map(|row| row.text.lines())
        .filter(of_the_first_level)
        .count()
        == 1;
    let first_line = first.text.lines().next();
    let titles = [
        Some(first.title.as_str()),
        top.filter(holds_others).map(String::as_str),
        first_line.filter(of_the_first_level).filter(|_| is_only_one),
    ];
    let titles: Vec<&str> = titles.into_iter().flatten().map(bare).collect();
    let within = rows.iter().flat_map(|row| {
        // Short sections share a chunk, with their headings in its text.
        let within = row.text.lines().filter(|line| line.starts_with('#'));
        row.heading_path
            .last()
            .map(String::as_str)
            .into_iter()
            .chain(within)
    });
    let all: Vec<&str> = within.collect();
    let is_asked = |heading: &&str| is_question(bare(heading)) || !titles.contains(&bare(heading));
    let asked: Vec<&str> = all.iter().copied().filter(is_asked).collect();
    let chosen = match (asked.is_empty(), all.is_empty()) {
        (false, _) => asked,
        (true, false) => all,
        (true, true) => vec![first.title.as_str()],
    };
    chosen
        .into_iter()
        .map(|heading| (first.document_id, heading.to_owned()))
        .collect()
}

/// The best headings of documents in order: questions first, then one of each document after the other.
fn choose(headings: impl IntoIterator<Item = (Uuid, String)>) -> Vec<Candidate> {
    let mut seen = HashSet::new();
    let mut ranked = Vec::new();
    let (mut document, mut place) = (None, 0);
    for (document_id, heading) in headings {
        if document.replace(document_id) != Some(document_id) {
            place = 0;
        }
        let Some(text) = worth_asking(&heading) else {
            continue;
        };
        if !seen.insert(text.to_lowercase()) {
            continue;
        }
        let text = text.to_owned();
        ranked.push((!is_question(&text), place, Candidate { document_id, text }));
        place += 1;
    }
    ranked.sort_by_key(|(is_topic, place, _)| (*is_topic, *place));
    let best = ranked.into_iter().map(|(_, _, candidate)| candidate);
    best.take(TRIED).collect()
}

/// The heading without its number, if it reads as a question or as the name of a topic: no file's name, no single word, no
/// sentence, nothing too long for a button.
fn worth_asking(heading: &str) -> Option<&str> {
    let text = bare(heading);
    let has_words = text.chars().any(char::is_whitespace) || !text.is_ascii();
    let is_topic =
        !text.ends_with(['.', '!', '…', '。', '！']) && text.split_whitespace().count() <= TOPIC_WORDS;
    let is_asked = is_question(text) || is_topic;
    (has_words && is_asked && LENGTHS.contains(&text.chars().count()) && !text.contains("://"))
        .then_some(text)
}

/// Without its number and its marks.
fn bare(heading: &str) -> &str {
    heading
        .trim()
        .trim_start_matches(|c: char| {
            c.is_whitespace() || c.is_numeric() || matches!(c, '.' | ')' | '§' | '#')
        })
        .trim_matches(|c: char| c.is_whitespace() || matches!(c, ':' | '*' | '_' | '`'))
}

fn is_question(text: &str) -> bool {
    text.ends_with(['?', '？', '؟'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(headings: &[(u128, &str)]) -> Vec<String> {
        let headings = headings
            .iter()
            .map(|(document, heading)| (Uuid::from_u128(*document), (*heading).to_owned()));
        choose(headings)
            .into_iter()
            .map(|candidate| candidate.text)
            .collect()
    }

    #[test]
    fn titles_ask_for_nothing_unless_they_are_questions() {
        let found = |title: &str, chunks: &[(&[&str], &str)]| -> Vec<String> {
            let row = |(path, text): &(&[&str], &str)| Row {
                document_id: Uuid::from_u128(1),
                title: title.to_owned(),
                heading_path: path.iter().map(|&heading| heading.to_owned()).collect(),
                text: (*text).to_owned(),
            };
            let rows: Vec<Row> = chunks.iter().map(row).collect();
            headings(&rows).into_iter().map(|(_, heading)| heading).collect()
        };
        let handbook = "Rosie's handbook";
        let together = "# Rosie's handbook\n\n## Opening hours\nAt nine.";
        assert_eq!(found("bakery.md", &[(&[], together)]), ["## Opening hours"]);
        let apart: [(&[&str], &str); 2] = [
            (&[handbook], "Welcome."),
            (&[handbook, "Opening hours"], "At nine."),
        ];
        assert_eq!(found("bakery.md", &apart), ["Opening hours"]);
        // The one heading of a page, and a title that is a question.
        assert_eq!(
            found("Opening hours", &[(&["Opening hours"], "At nine.")]),
            ["Opening hours"]
        );
        let asked = "Do you deliver to islands?";
        let page: [(&[&str], &str); 2] = [(&[asked], "We do."), (&[asked, "Costs of delivery"], "None.")];
        assert_eq!(found(asked, &page), [asked, "Costs of delivery"]);
        // One without headings is known by its title alone.
        assert_eq!(found("Gift cards", &[(&[], "At the till.")]), ["Gift cards"]);
    }

    #[test]
    fn questions_come_first_then_each_document_in_turn() {
        let found = chosen(&[
            (1, "Opening hours"),
            (1, "Delivery to islands"),
            (1, "How do I return something?"),
            (2, "Gift cards and vouchers"),
        ]);
        let expected = [
            "How do I return something?",
            "Opening hours",
            "Gift cards and vouchers",
            "Delivery to islands",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn what_nobody_would_ask_is_left_out() {
        let found = chosen(&[
            (1, "handbook.pdf"),
            (1, "Introduction"),
            (1, "3.2 Warranty of batteries:"),
            (2, "WARRANTY OF BATTERIES"),
            (2, "https://example.com/a b"),
            (3, "返品できますか返品できますか？"),
            (4, "We moved to a new house last week"),
            (4, "Thank you for coming!"),
        ]);
        assert_eq!(found, ["返品できますか返品できますか？", "Warranty of batteries"]);
        assert_eq!(chosen(&[(1, &"long words ".repeat(9))]), Vec::<String>::new());
    }
}
