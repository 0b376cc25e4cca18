//! Hits that follow one another in their document, put together again: read in one piece they say more, and what the
//! second repeats of the first is not given twice.

use uuid::Uuid;

use super::Hit;

/// What is given to a model as one numbered passage: a hit, or several that follow one another.
#[derive(Debug, Clone, PartialEq)]
pub struct Passage {
    /// The first of them in the document.
    pub hit: Hit,
    /// The text of all.
    pub text: String,
    /// All of them.
    pub chunk_ids: Vec<Uuid>,
}

/// Hits to passages, in the order of the best hit of each. `limit` is the largest passage, in characters.
pub fn merge(hits: Vec<Hit>, limit: usize) -> Vec<Passage> {
    let mut groups: Vec<Vec<Hit>> = Vec::new();
    for hit in hits {
        let size = |group: &[Hit]| {
            group
                .iter()
                .map(|hit| hit.chunk.text.chars().count())
                .sum::<usize>()
        };
        let length = hit.chunk.text.chars().count();
        let beside = |group: &&mut Vec<Hit>| {
            size(group) + length <= limit && group.iter().any(|other| are_neighbours(other, &hit))
        };
        match groups.iter_mut().find(beside) {
            Some(group) => group.push(hit),
            None => groups.push(vec![hit]),
        }
    }
    groups.into_iter().filter_map(passage).collect()
}

fn are_neighbours(a: &Hit, b: &Hit) -> bool {
    a.document_id == b.document_id
        && a.chunk.heading_path == b.chunk.heading_path
        && a.chunk.position.abs_diff(b.chunk.position) == 1
}

fn passage(mut group: Vec<Hit>) -> Option<Passage> {
    group.sort_by_key(|hit| hit.chunk.position);
    let chunk_ids = group.iter().filter_map(|hit| hit.chunk.id).collect();
    let mut group = group.into_iter();
    let first = group.next()?;
    let mut text = first.chunk.text.clone();
    for hit in group {
        let next = hit.chunk.text.as_str();
        let repeated = overlap(&text, next);
        text.push_str(if repeated == 0 { "\n\n" } else { "" });
        text.push_str(&next[repeated..]);
    }
    Some(Passage {
        hit: first,
        text,
        chunk_ids,
    })
}

/// How many bytes at the start of `next` are the end of `text`.
fn overlap(text: &str, next: &str) -> usize {
    let ends = next.char_indices().map(|(at, c)| at + c.len_utf8());
    // A few letters in common are chance.
    let mut ends = ends.filter(|end| *end > 8 && *end <= text.len());
    ends.rfind(|end| text.ends_with(&next[..*end])).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use api_types::kb::Chunk;
    use uuid::Uuid;

    use super::*;

    fn hit(document: u128, position: i32, text: &str) -> Hit {
        Hit {
            chunk: Chunk {
                id: Some(Uuid::new_v4()),
                position,
                text: text.into(),
                heading_path: vec![],
                page: Some(position + 1),
                tokens: 1,
            },
            context: String::new(),
            document_id: Uuid::from_u128(document),
            title: "Guide".into(),
            url: None,
            is_pair: false,
            score: 1.0,
            lexical: None,
            cosine: None,
            covered: 0.0,
        }
    }

    fn texts(hits: Vec<Hit>, limit: usize) -> Vec<String> {
        merge(hits, limit)
            .into_iter()
            .map(|passage| passage.text)
            .collect()
    }

    #[test]
    fn neighbours_become_one_without_what_is_repeated() {
        let hits = vec![
            hit(1, 4, "and then press the red button. Wait."),
            hit(2, 5, "Elsewhere."),
            hit(1, 3, "First fill the tank, and then press the red button."),
            hit(1, 7, "Not beside."),
        ];
        let passages = merge(hits, 1_000);
        assert_eq!(passages.len(), 3);
        assert_eq!(
            passages[0].text,
            "First fill the tank, and then press the red button. Wait."
        );
        assert_eq!(
            (passages[0].chunk_ids.len(), passages[0].hit.chunk.page),
            (2, Some(4))
        );
        assert_eq!(passages[1].text, "Elsewhere.");
    }

    #[test]
    fn chunks_without_overlap_become_paragraphs() {
        assert_eq!(
            texts(vec![hit(1, 0, "One."), hit(1, 1, "Two.")], 100),
            ["One.\n\nTwo."]
        );
    }

    #[test]
    fn no_passage_grows_beyond_the_limit() {
        let hits = vec![hit(1, 0, "12345"), hit(1, 1, "67890"), hit(1, 2, "abcde")];
        assert_eq!(texts(hits, 11), ["12345\n\n67890", "abcde"]);
    }

    #[test]
    fn sections_stay_apart() {
        let mut other = hit(1, 1, "Two.");
        other.chunk.heading_path = vec!["B".into()];
        assert_eq!(texts(vec![hit(1, 0, "One."), other], 100).len(), 2);
    }

    #[test]
    fn letters_of_any_script_are_compared_whole() {
        assert_eq!(
            overlap("начало продолжение", "продолжение конец"),
            "продолжение".len()
        );
        assert_eq!(overlap("abc", "abc"), 0);
    }
}
