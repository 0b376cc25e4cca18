//! Passages of a given length.

use retrieval::minilm::MiniLm;

/// Like a manual, in words of one token each.
const WORDS: &str = "the owner of a company can add members and choose what each of them may change";

/// Texts of exactly that many tokens each, each beginning at another word.
pub fn passages(model: &MiniLm, tokens: usize, count: usize) -> Vec<String> {
    let beginning_at = |word| {
        let mut words = WORDS.split_whitespace().cycle().skip(word);
        let mut passage = String::new();
        while model.count_tokens(&passage) < tokens {
            passage.extend(words.next());
            passage.push(' ');
        }
        passage
    };
    (0..count).map(beginning_at).collect()
}
