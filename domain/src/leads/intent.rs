//! When a bot's form is shown: told by the number of messages, or by words that ask for a person, a price or a way to get
//! in touch.
//!
//! The words are compared as they stand, in all seven languages at once, whatever the visitor's is: nothing is guessed,
//! and what is not listed is not recognised. docs/LEADS.md says so, and lists them by what they stand for.

use api_types::leads::{LeadForm, LeadTiming};
use unicode_segmentation::UnicodeSegmentation;

/// Words in a row, in lower case. A star at a word's end stands for any ending.
const PHRASES: &[&str] = &[
    // English: a person,
    "human",
    "real person",
    "live agent",
    "live chat",
    "representative",
    "sales team",
    "speak to",
    "speak with",
    "talk to",
    "talk with",
    "book a demo",
    "request a demo",
    "schedule a demo",
    // a price,
    "price*",
    "pricing",
    "how much is",
    "how much are",
    "how much does",
    "how much do",
    "how much for",
    "how much would",
    "what does it cost",
    "cost of",
    "costs",
    "quote",
    "quotation",
    "discount*",
    // a way to get in touch.
    "contact you",
    "contact us",
    "contact me",
    "contact sales",
    "contact support",
    "contact someone",
    "contact details",
    "get in touch",
    "reach you",
    "reach out",
    "call me",
    "call you",
    "call back",
    "callback",
    "your phone number",
    "your email",
    "your e mail",
    // Russian.
    "человек*",
    "оператор*",
    "менеджер*",
    "консультант*",
    "сотрудник*",
    "цена",
    "цены",
    "цену",
    "ценой",
    "стоимост*",
    "стоит",
    "стоят",
    "прайс*",
    "скидк*",
    "связаться",
    "свяжитесь",
    "позвоните",
    "перезвоните",
    "позвонить",
    "контакты",
    "ваш телефон",
    "ваш номер",
    // German.
    "mitarbeiter*",
    "ansprechpartner*",
    "echten menschen",
    "mit einem menschen",
    "mit jemandem",
    "berater*",
    "preis*",
    "kostet",
    "kosten",
    "angebot",
    "rabatt*",
    "kontakt*",
    "erreiche ich sie",
    "rückruf*",
    "zurückrufen",
    "rufen sie mich",
    "ihre telefonnummer",
    // Spanish.
    "persona real",
    "un humano",
    "un agente",
    "con alguien",
    "asesor*",
    "precio*",
    "cuánto cuesta*",
    "cuanto cuesta*",
    "cuánto vale*",
    "presupuesto*",
    "cotización",
    "descuento*",
    "contactar*",
    "contacto",
    "llámenme",
    "llamarme",
    "que me llamen",
    "su teléfono",
    // French.
    "un humain",
    "vraie personne",
    "un conseiller",
    "une conseillère",
    "à quelqu'un",
    "prix",
    "tarif*",
    "combien coûte*",
    "combien ça coûte",
    "devis",
    "remise*",
    "contacter",
    "me rappeler",
    "rappelez moi",
    "votre numéro",
    "vous joindre",
    // Arabic, with and without the article.
    "موظف*",
    "الموظف*",
    "شخص حقيقي",
    "إنسان",
    "سعر*",
    "السعر",
    "أسعار*",
    "الأسعار",
    "كم التكلفة",
    "تكلفة",
    "خصم",
    "التواصل",
    "أتواصل",
    "تواصلوا",
    "اتصل*",
    "اتصلوا",
];

/// Chinese is written without spaces: these are looked for anywhere.
const CHINESE: &[&str] = &[
    "人工",
    "真人",
    "客服",
    "销售人员",
    "价格",
    "价钱",
    "报价",
    "多少钱",
    "费用",
    "优惠",
    "折扣",
    "联系",
    "打电话",
    "电话号码",
    "回电",
];

/// Whether it is time for the form after the answer to `question`, the visitor's message number `asked`. Whether it was
/// filled in or skipped already, the caller knows.
pub(crate) fn is_time(form: &LeadForm, question: &str, asked: usize) -> bool {
    form.enabled
        && match form.timing {
            LeadTiming::BeforeChat => false,
            LeadTiming::AfterMessages { count } => asked >= usize::from(count),
            LeadTiming::OnIntent => asks_for_people(question),
        }
}

/// Whether a message asks for a person, a price or a way to get in touch.
fn asks_for_people(message: &str) -> bool {
    let message = message.to_lowercase();
    has_text(&message, CHINESE) || has_phrase(&message, PHRASES)
}

/// Whether any of these stands anywhere in a text.
pub(crate) fn has_text(text: &str, wanted: &[&str]) -> bool {
    wanted.iter().any(|wanted| text.contains(wanted))
}

/// Whether any of these words in a row stands in a text in lower case. A star at a word's end stands for any ending.
pub(crate) fn has_phrase(text: &str, phrases: &[&str]) -> bool {
    // As one types it on a phone.
    let text = text.replace('\u{2019}', "'").replace('-', " ");
    let words: Vec<&str> = text.unicode_words().collect();
    phrases.iter().any(|phrase| {
        let phrase: Vec<&str> = phrase.split(' ').collect();
        words.windows(phrase.len()).any(|window| {
            let mut pairs = window.iter().zip(&phrase);
            pairs.all(|(word, wanted)| match wanted.strip_suffix('*') {
                Some(stem) => word.starts_with(stem),
                None => word == wanted,
            })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asking_for_a_person_a_price_or_contact_is_told_in_every_language() {
        for text in [
            "Can I talk to a human?",
            "I want to SPEAK WITH someone",
            "What's the price?",
            "how much does the kettle cost",
            "Could you call me back?",
            "Please send me a quote",
            "How do I get in touch?",
            "Позовите оператора",
            "Сколько стоит доставка?",
            "Как с вами связаться?",
            "Was kostet das?",
            "Ich möchte mit einem Mitarbeiter sprechen.",
            "Können Sie mir ein Angebot machen?",
            "¿Cuánto cuesta?",
            "Quiero hablar con alguien",
            "Quels sont vos tarifs ?",
            "Puis-je parler à quelqu\u{2019}un ?",
            "كم السعر؟",
            "أريد التواصل معكم",
            "请转人工",
            "这个多少钱？",
        ] {
            assert!(asks_for_people(text), "{text}");
        }
    }

    #[test]
    fn other_questions_are_left_alone() {
        for text in [
            "",
            "How long is the warranty?",
            "Does the kettle come with a lid?",
            "Which humane charities do you support?",
            "Is the contact surface made of steel?",
            "Wie lange hält der Akku?",
            "¿Dónde está la tienda?",
            "Où est le mode d'emploi ?",
            "Где инструкция?",
            "أين المتجر؟",
            "保修多久？",
        ] {
            assert!(!asks_for_people(text), "{text}");
        }
    }

    #[test]
    fn the_time_comes_by_count_or_words_and_only_when_the_form_is_on() {
        let mut form = LeadForm {
            enabled: true,
            timing: LeadTiming::AfterMessages { count: 2 },
            ..LeadForm::default()
        };
        let times = [1, 2, 3].map(|asked| is_time(&form, "Hello", asked));
        assert_eq!(times, [false, true, true]);
        form.timing = LeadTiming::OnIntent;
        assert!(is_time(&form, "What is the price?", 1) && !is_time(&form, "Hello", 9));
        form.timing = LeadTiming::BeforeChat;
        assert!(!is_time(&form, "What is the price?", 9), "it was before");
        form.timing = LeadTiming::OnIntent;
        form.enabled = false;
        assert!(!is_time(&form, "What is the price?", 1));
    }
}
