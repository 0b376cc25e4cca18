//! Greetings and thanks, which no document answers. Only the built-in answerer needs this; models know manners.

use unicode_segmentation::UnicodeSegmentation;

const GREETINGS: &[&str] = &[
    "hi",
    "hello",
    "hey",
    "good morning",
    "good afternoon",
    "good evening",
    "hallo",
    "guten tag",
    "guten morgen",
    "hola",
    "buenos días",
    "buenas",
    "bonjour",
    "salut",
    "bonsoir",
    "привет",
    "здравствуйте",
    "добрый день",
    "مرحبا",
    "السلام عليكم",
    "你好",
    "您好",
];
const THANKS: &[&str] = &[
    "thanks",
    "thank you",
    "thank you very much",
    "thanks a lot",
    "thx",
    "danke",
    "vielen dank",
    "gracias",
    "muchas gracias",
    "merci",
    "merci beaucoup",
    "спасибо",
    "большое спасибо",
    "شكرا",
    "谢谢",
];

/// What a message is, if it is only that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Smalltalk {
    /// "Hello".
    Greeting,
    /// "Thank you".
    Thanks,
}

/// Recognises a message that is nothing but a greeting or thanks.
pub(super) fn recognise(message: &str) -> Option<Smalltalk> {
    let words: Vec<String> = message.unicode_words().take(8).map(str::to_lowercase).collect();
    let is_one_of = |phrases: &[&str]| {
        phrases.iter().any(|phrase| {
            let phrase: Vec<String> = phrase.unicode_words().map(str::to_lowercase).collect();
            // "hi there", "thanks so much!": a phrase and at most two more words, without a question.
            words.starts_with(&phrase)
                && words.len() <= phrase.len() + 2
                && !message.contains(['?', '？', '؟'])
        })
    };
    if is_one_of(THANKS) {
        Some(Smalltalk::Thanks)
    } else if is_one_of(GREETINGS) {
        Some(Smalltalk::Greeting)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn greetings_and_thanks_but_no_questions() {
        for greeting in ["Hi", "hello!", "Good morning", "Привет!", "你好", "hey there :)"] {
            assert_eq!(recognise(greeting), Some(Smalltalk::Greeting), "{greeting}");
        }
        for thanks in ["Thanks!", "thank you so much", "Спасибо", "danke"] {
            assert_eq!(recognise(thanks), Some(Smalltalk::Thanks), "{thanks}");
        }
        for other in [
            "",
            "Hi, how long is the warranty of the kettle?",
            "hello?",
            "Thankless tasks",
            "highway code rules",
        ] {
            assert_eq!(recognise(other), None, "{other}");
        }
    }
}
