//! What a bot may be for: words to begin with.

use api_types::bots::ChatbotContent;

/// A bot to begin from, in English: `mark!`ed texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Template {
    /// What it is called.
    pub name: &'static str,
    /// What it does, a few words.
    pub about: &'static str,
    /// What it should know.
    pub knowledge: &'static str,
    instructions: &'static str,
    greeting: &'static str,
    fallback: &'static str,
}

/// The templates; the first is what most begin with.
pub const TEMPLATES: [Template; 6] = [
    Template {
        name: mark!("Support"),
        about: mark!("Answers customers' questions"),
        knowledge: mark!("help pages, manuals, terms of delivery and return"),
        instructions: mark!(
            "You help customers of our company. Answer in two to four sentences, kindly and exactly. Give steps as a list. When a question is about one order or account, say that a person has to look at it."
        ),
        greeting: mark!("Hi! What can I help you with?"),
        fallback: mark!("I couldn't find that in our help pages. Could you put it another way?"),
    },
    Template {
        name: mark!("Sales"),
        about: mark!("Advises before the purchase"),
        knowledge: mark!("products, prices, comparisons and case studies"),
        instructions: mark!(
            "You advise people who think about buying from us. Find out what they need with one question at a time, then name what fits and why. Never promise prices, dates or discounts that are not in the sources."
        ),
        greeting: mark!("Hello! What are you looking for?"),
        fallback: mark!("I don't have that at hand. What matters most to you in the product?"),
    },
    Template {
        name: mark!("Docs"),
        about: mark!("Explains a product to its users"),
        knowledge: mark!("guides, API references and change logs"),
        instructions: mark!(
            "You answer technical questions from our documentation. Be brief and exact, quote commands and code as they stand in the sources, and name the version that something holds for."
        ),
        greeting: mark!("Ask me anything about the documentation."),
        fallback: mark!("The documentation doesn't say. Which part are you working on?"),
    },
    Template {
        name: mark!("HR"),
        about: mark!("Answers employees' questions"),
        knowledge: mark!("handbooks, policies on leave and travel, benefits"),
        instructions: mark!(
            "You answer questions of our employees from the company's policies. Name the policy that an answer rests on. Give no legal or medical advice; for what concerns one person, name the HR team."
        ),
        greeting: mark!("Hello! What would you like to know about working here?"),
        fallback: mark!("I couldn't find a policy on that. The HR team can tell you."),
    },
    Template {
        name: mark!("Restaurant"),
        about: mark!("Menu, hours and reservations"),
        knowledge: mark!("the menu with allergens, opening hours, directions, how to reserve"),
        instructions: mark!(
            "You answer guests of our restaurant, warmly and briefly. Be exact about allergens: say only what the menu says, and add that the kitchen can tell more. For reservations say how to make them."
        ),
        greeting: mark!("Welcome! Would you like to see the menu, or know when we are open?"),
        fallback: mark!("I'm not sure about that. Please give us a call."),
    },
    Template {
        name: mark!("Other"),
        about: mark!("Begin with plain words"),
        knowledge: mark!("whatever it should answer from"),
        instructions: mark!("You answer questions about our product, briefly and kindly."),
        greeting: mark!("Hi! Ask me anything."),
        fallback: mark!("I couldn't find that in what I know. Could you put it another way?"),
    },
];

impl Template {
    /// The content that a new bot of this name begins with.
    pub fn content(self, name: &str) -> ChatbotContent {
        ChatbotContent {
            name: name.to_owned(),
            instructions: crate::i18n::text(self.instructions).to_owned(),
            greeting: crate::i18n::text(self.greeting).to_owned(),
            fallback_message: crate::i18n::text(self.fallback).to_owned(),
            ..ChatbotContent::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::TEMPLATES;
    use api_types::validate;
    use uuid::Uuid;

    #[test]
    fn every_template_makes_a_bot_that_can_be_deployed() {
        for template in TEMPLATES {
            let mut content = template.content("Name");
            content.knowledge_base_ids = vec![Uuid::nil()];
            assert_eq!(validate::chatbot(&content), Ok(()), "{}", template.name);
        }
    }
}
