//! Which entries fit what was typed, best first.

/// How well `name` fits `words`: less is better, `None` is not at all. Every word must be in it; it is best where the
/// name begins with it, then where a word does, then anywhere.
pub fn rank(name: &str, words: &str) -> Option<usize> {
    let name = name.to_lowercase();
    words
        .to_lowercase()
        .split_whitespace()
        .map(|word| {
            let at = name.find(word)?;
            let begins_word = || {
                name.split(|c: char| !c.is_alphanumeric())
                    .any(|part| part.starts_with(word))
            };
            Some(match at {
                0 => 0,
                _ if begins_word() => 1,
                _ => 2,
            })
        })
        .sum()
}

/// As [`rank`], of a name with its aliases: who looks for what only these have finds it, after all that is called so.
pub fn rank_with(name: &str, aliases: &str, words: &str) -> Option<usize> {
    let least = 10;
    rank(name, words).or_else(|| Some(least + rank(&format!("{name}, {aliases}"), words)?))
}

/// Whether one of the words is of a page's name.
pub fn names(page: &str, words: &str) -> bool {
    let page = page.to_lowercase();
    let words = words.to_lowercase();
    words.split_whitespace().any(|word| page.contains(word))
}

#[cfg(test)]
mod tests {
    use super::{names, rank, rank_with};

    #[test]
    fn other_words_find_what_is_called_differently_and_come_last() {
        let people = |words| rank_with("Members", "invite, people", words);
        assert_eq!(people("mem"), Some(0));
        assert!(people("invite") > rank_with("Invite", "", "invite"));
        assert!(people("invite members").is_some());
        assert_eq!(people("bots"), None);
    }

    #[test]
    fn pages_of_a_bot_are_offered_to_those_who_name_them() {
        assert!(names("Test sets", "helper SETS"));
        assert!(!names("Test sets", "helper"));
        assert!(!names("Test sets", ""));
    }

    #[test]
    fn beginnings_come_first_and_every_word_must_be_there() {
        assert_eq!(rank("Audit log", ""), Some(0));
        assert_eq!(rank("Audit log", "aud"), Some(0));
        assert_eq!(rank("Audit log", "LOG"), Some(1));
        assert_eq!(rank("Catalogue", "log"), Some(2));
        assert_eq!(rank("Audit log", "log aud"), Some(1));
        assert_eq!(rank("Audit log", "log bot"), None);
        assert_eq!(rank("База знаний", "ЗНА"), Some(1));
    }
}
