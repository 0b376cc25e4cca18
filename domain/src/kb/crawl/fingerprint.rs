//! Which pages say the same.

use sha2::{Digest, Sha256};

use crate::kb::parse::ParsedDocument;

/// Bits in which the sketches of two nearly identical texts may differ, of 64.
const MAX_DISTANCE: u32 = 3;
/// Words that are looked at together.
const SHINGLE: usize = 3;

/// What a page says, in a few bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint {
    /// SHA-256 of title and text: whether the document has to be made anew.
    pub content: [u8; 32],
    /// SHA-256 of the words alone: whether another page has the same text.
    pub words: [u8; 32],
    /// A similarity hash of the words.
    pub sketch: i64,
}

impl Fingerprint {
    /// Of a parsed page.
    pub fn of(parsed: &ParsedDocument) -> Self {
        let text: Vec<&str> = parsed.pages.iter().map(|page| page.markdown.trim()).collect();
        let text = text.join("\n\n");
        let title = parsed.title.as_deref().unwrap_or_default();
        let words: Vec<String> = text
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect();
        Self {
            content: Sha256::digest(format!("{title}\0{text}")).into(),
            words: Sha256::digest(words.join(" ")).into(),
            sketch: sketch(&words),
        }
    }

    /// Of a scan, whose text is recognised when it is indexed: its title, empty where it has none but in its text, and
    /// its bytes.
    pub fn of_scan(title: &str, bytes: &[u8]) -> Self {
        let words: [u8; 32] = Sha256::digest(bytes).into();
        let content = Sha256::new()
            .chain_update(title)
            .chain_update([0])
            .chain_update(words);
        let mut start = [0; 8];
        start.copy_from_slice(&words[..8]);
        Self {
            content: content.finalize().into(),
            words,
            sketch: i64::from_le_bytes(start),
        }
    }
}

/// Whether two texts are nearly the same, by their sketches. In a text of a few hundred words, that is one word.
pub(super) fn is_near(a: i64, b: i64) -> bool {
    (a ^ b).count_ones() <= MAX_DISTANCE
}

/// Charikar's similarity hash: each run of words votes on each bit.
fn sketch(words: &[String]) -> i64 {
    let mut votes = [0_i32; 64];
    for run in words.windows(SHINGLE.min(words.len().max(1))) {
        let digest = Sha256::digest(run.join(" "));
        let mut hash = [0; 8];
        hash.copy_from_slice(&digest[..8]);
        let hash = u64::from_le_bytes(hash);
        for (bit, vote) in votes.iter_mut().enumerate() {
            *vote += if hash >> bit & 1 == 1 { 1 } else { -1 };
        }
    }
    let set = votes.iter().enumerate().filter(|(_, vote)| **vote > 0);
    set.fold(0, |sketch, (bit, _)| sketch | 1 << bit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kb::parse::Page;

    fn fingerprint(title: &str, text: &str) -> Fingerprint {
        Fingerprint::of(&ParsedDocument {
            title: Some(title.to_owned()),
            pages: vec![Page {
                number: None,
                heading: None,
                markdown: text.to_owned(),
            }],
        })
    }

    fn article(subject: &str) -> String {
        (0..120)
            .map(|i| format!("Sentence {i} about the {subject} and gate {}.\n", i * 7 % 31))
            .collect()
    }

    #[test]
    fn marks_and_case_are_no_other_text_but_a_change_of_content() {
        let (a, b) = (
            fingerprint("A", "# Hello, *world*"),
            fingerprint("A", "hello world"),
        );
        assert_eq!(a.words, b.words);
        assert_ne!(a.content, b.content);
        assert_ne!(a.content, fingerprint("B", "# Hello, *world*").content);
        assert_eq!(a, fingerprint("A", "# Hello, *world*"));
    }

    #[test]
    fn sketches_of_near_texts_are_near() {
        let kettle = fingerprint("", &article("kettle"));
        let visited = fingerprint("", &format!("{}Seen 12 times.", article("kettle")));
        let lamp = fingerprint("", &article("lamp"));
        assert_ne!(kettle.words, visited.words);
        assert!(is_near(kettle.sketch, visited.sketch));
        assert!(!is_near(kettle.sketch, lamp.sketch));
    }
}
