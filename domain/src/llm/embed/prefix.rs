//! What some models were trained to read before a text, to tell questions from passages. Their servers don't add it.

use super::Role;

/// Models by a part of their name, with the words before a question and before a passage, from their model cards.
const PREFIXES: [(&str, &str, &str); 6] = [
    ("nomic-embed", "search_query: ", "search_document: "),
    ("multilingual-e5-large-instruct", INSTRUCT, ""),
    ("e5-", "query: ", "passage: "),
    ("mxbai-embed", REPRESENT, ""),
    ("bge-large-en", REPRESENT, ""),
    ("snowflake-arctic-embed", REPRESENT, ""),
];
const REPRESENT: &str = "Represent this sentence for searching relevant passages: ";
const INSTRUCT: &str =
    "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery: ";

/// What `model` wants to read before a text of this role; nothing if it is not known to want anything.
pub(super) fn prefix(model: &str, role: Role) -> &'static str {
    let model = model.to_lowercase();
    let known = PREFIXES.iter().find(|(name, ..)| model.contains(name));
    known.map_or("", |(_, question, passage)| match role {
        Role::Question => question,
        Role::Passage => passage,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_are_known_by_their_names() {
        for (model, question, passage) in [
            ("nomic-embed-text:latest", "search_query: ", "search_document: "),
            ("intfloat/multilingual-E5-base", "query: ", "passage: "),
            ("intfloat/multilingual-e5-large-instruct", INSTRUCT, ""),
            ("text-embedding-3-small", "", ""),
            ("", "", ""),
        ] {
            let prefixes = (prefix(model, Role::Question), prefix(model, Role::Passage));
            assert_eq!(prefixes, (question, passage), "{model}");
        }
    }
}
