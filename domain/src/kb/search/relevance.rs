//! Is anything that was found worth answering from?

use std::collections::BTreeSet;

use retrieval::lexical;

use super::Hit;
use crate::vectors::passage_text;

/// The best hits; a passage further down does not make a question answerable.
const LOOKED_AT: usize = 3;

/// A passage this near is on the subject, whatever its words.
const NEAR: f32 = 0.4;

/// What cosine and half the share of covered words must come to.
const TOGETHER: f32 = 0.55;

/// The share of the question's words that a passage must cover where there is no cosine.
const COVERED: f32 = 0.5;

/// Decides by the nearest of the best hits, and by how many of the question's words (stop words don't count, stems
/// do) the best of them covers.
///
/// Measured on SQuAD v1.1 (`cargo xtask bench retrieval` prints the figures): a question put to the article it was
/// asked about is called relevant in 98.5 of 100 cases, put to another article in 2. By the words alone it is 95
/// and 4.
pub(super) fn is_relevant(query: &str, hits: &[Hit], degraded: bool) -> bool {
    let best = &hits[..hits.len().min(LOOKED_AT)];
    let asked: BTreeSet<lexical::Term> = lexical::query_terms(query).into_iter().collect();
    let matches = best.iter().map(|hit| matches(&asked, hit)).max().unwrap_or(0);
    let coverage = matches as f32 / asked.len().max(1) as f32;
    if degraded {
        // One word in common says little, unless only one was asked for.
        return coverage >= COVERED && (matches > 1 || asked.len() == 1);
    }
    let cosine = best.iter().filter_map(|hit| hit.cosine).fold(0.0, f32::max);
    cosine >= NEAR || cosine + coverage / 2.0 >= TOGETHER
}

/// How many of the words asked for are in the passage.
fn matches(asked: &BTreeSet<lexical::Term>, hit: &Hit) -> usize {
    let passage = passage_text(&hit.title, &hit.chunk.heading_path, &hit.chunk.text);
    let words: BTreeSet<lexical::Term> = lexical::query_terms(&passage).into_iter().collect();
    asked.intersection(&words).count()
}

#[cfg(test)]
mod tests {
    use api_types::kb::Chunk;
    use uuid::Uuid;

    use super::*;

    fn hit(text: &str, cosine: Option<f32>) -> Hit {
        let chunk = Chunk {
            id: None,
            position: 0,
            text: text.into(),
            heading_path: vec![],
            page: None,
            tokens: 1,
        };
        let (document_id, title, url) = (Uuid::nil(), "Help".into(), None);
        Hit {
            chunk,
            document_id,
            title,
            url,
            score: 1.0,
            lexical: None,
            cosine,
        }
    }

    #[test]
    fn nearness_or_words_or_both_make_a_hit_relevant() {
        let relevant = |text: &str, cosine| {
            is_relevant("How do I reset my password?", &[hit(text, Some(cosine))], false)
        };
        assert!(relevant("Choose a new one in the settings.", 0.5));
        assert!(relevant("To reset a password, open the settings.", 0.1));
        assert!(relevant("The password is case-sensitive.", 0.35));
        assert!(!relevant("The password is case-sensitive.", 0.2));
        assert!(!relevant("The Amazon is a river.", 0.3));
    }

    #[test]
    fn without_vectors_words_decide() {
        let relevant =
            |query: &str| is_relevant(query, &[hit("Reset the password in Settings.", None)], true);
        assert!(relevant("password"));
        assert!(relevant("How can a password be reset?"));
        assert!(!relevant("capital settings"));
        assert!(!relevant("What is the capital of France?"));
        assert!(!relevant("what is it"));
    }

    #[test]
    fn nothing_found_is_not_relevant_and_neither_is_what_comes_late() {
        assert!(!is_relevant("password", &[], false));
        let far = || hit("The Amazon is a river.", Some(0.1));
        let late = [far(), far(), far(), hit("password", Some(0.9))];
        assert!(!is_relevant("password", &late, false));
    }
}
