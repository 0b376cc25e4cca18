//! Words by which a visitor asks for a person: stricter than those that bring the lead form, since the bot falls silent.
//!
//! They are compared as they stand, in all seven languages at once. docs/INBOX.md lists them.

use crate::leads::{has_phrase, has_text};

/// Words in a row, in lower case. A star at a word's end stands for any ending.
const PHRASES: &[&str] = &[
    // English.
    "talk to a human",
    "talk to human",
    "speak to a human",
    "speak with a human",
    "talk with a human",
    "chat with a human",
    "talk to a person",
    "talk to a real person",
    "speak to a person",
    "speak to a real person",
    "speak with a person",
    "speak with a real person",
    "talk to someone",
    "speak to someone",
    "speak with someone",
    "talk to somebody",
    "speak to somebody",
    "talk to an agent",
    "speak to an agent",
    "speak with an agent",
    "talk to support",
    "talk to a representative",
    "speak to a representative",
    "human please",
    "agent please",
    "a human please",
    "real human",
    "human agent",
    "live agent",
    "connect me to",
    "connect me with",
    "i want a human",
    "i need a human",
    // Russian.
    "позовите человека",
    "позови человека",
    "позовите оператора",
    "позови оператора",
    "соедините с",
    "соедини с",
    "переключите на",
    "переключи на",
    "с живым человеком",
    "живой человек",
    "живого человека",
    "поговорить с человеком",
    "поговорить с оператором",
    "связаться с оператором",
    "нужен оператор",
    "нужен человек",
    "хочу оператора",
    // German.
    "mit einem menschen",
    "echten menschen",
    "mit einem mitarbeiter*",
    "mit einer mitarbeiterin",
    "mit jemandem sprechen",
    "mit jemandem reden",
    "mit einer person sprechen",
    // Spanish.
    "hablar con una persona",
    "hablar con un humano",
    "hablar con un agente",
    "hablar con alguien",
    "persona real",
    "agente humano",
    // French.
    "parler à un humain",
    "parler à une personne",
    "parler à quelqu'un",
    "parler à un conseiller",
    "parler à une conseillère",
    "parler avec un humain",
    "parler avec quelqu'un",
    "vraie personne",
    // Arabic.
    "شخص حقيقي",
    "التحدث مع شخص",
    "التحدث إلى شخص",
    "التحدث مع موظف",
    "التحدث إلى موظف",
    "أريد التحدث مع إنسان",
    "أريد موظف",
];

/// Chinese is written without spaces: these are looked for anywhere.
const CHINESE: &[&str] = &["转人工", "人工客服", "找人工", "真人客服", "和真人", "跟真人"];

/// Whether a message asks for a person.
pub(super) fn asks_for_person(message: &str) -> bool {
    let message = message.to_lowercase();
    has_text(&message, CHINESE) || has_phrase(&message, PHRASES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asking_for_a_person_is_told_in_every_language() {
        for text in [
            "Can I talk to a human?",
            "I'd like to SPEAK with a real person, please.",
            "Human, please!",
            "Позовите оператора",
            "Я хочу поговорить с человеком",
            "Ich möchte mit einem Mitarbeiter sprechen.",
            "Kann ich mit einem Menschen reden?",
            "Quiero hablar con una persona",
            "Puis-je parler à quelqu\u{2019}un ?",
            "أريد التحدث مع موظف",
            "请转人工",
        ] {
            assert!(asks_for_person(text), "{text}");
        }
    }

    #[test]
    fn other_questions_are_left_to_the_bot() {
        for text in [
            "",
            "Is it safe for human consumption?",
            "What is the price?",
            "Do you have a human resources department?",
            "Which agent cleans steel?",
            "Was kostet ein Mitarbeiterausweis?",
            "Сколько человек в команде?",
            "¿Cuántas personas caben?",
            "人工智能是什么？",
        ] {
            assert!(!asks_for_person(text), "{text}");
        }
    }
}
