//! What the server says, in the language of the page. It speaks English: its texts are looked up as they come.

use api_types::client::ClientError;
use api_types::{ErrorCode, Problem};

use super::catalogue::catalogue;
use super::fill;

/// A text of the server, or of the checks that it shares with forms. A text that no one translated stays as it is.
pub fn served(english: &str) -> String {
    find(english).unwrap_or_else(|| english.to_owned())
}

/// What went wrong, in a sentence.
pub fn explain(error: &ClientError) -> String {
    match error {
        ClientError::Problem(problem) => of_problem(problem),
        other => served(&other.to_string()),
    }
}

/// What can be told when something failed.
pub trait Trouble {
    /// In a sentence.
    fn words(&self) -> String;
}

impl Trouble for ClientError {
    fn words(&self) -> String {
        explain(self)
    }
}

impl Trouble for String {
    fn words(&self) -> String {
        self.clone()
    }
}

impl Trouble for &str {
    fn words(&self) -> String {
        (*self).to_owned()
    }
}

fn of_problem(problem: &Problem) -> String {
    // What is wrong with the fields says more than that something is.
    if problem.code == ErrorCode::ValidationFailed && !problem.errors.is_empty() {
        let messages: Vec<_> = problem
            .errors
            .iter()
            .map(|error| served(&error.message))
            .collect();
        return messages.join(" ");
    }
    match (find(&problem.detail), find(&problem.title)) {
        (Some(detail), _) => detail,
        // At least what kind of trouble it is.
        (None, Some(title)) => format!("{title}: {}", problem.detail),
        (None, None) => problem.detail.clone(),
    }
}

fn find(english: &str) -> Option<String> {
    let catalogue = catalogue()?;
    if let Some(text) = catalogue.text(english) {
        return Some(text.to_owned());
    }
    catalogue.templates().iter().find_map(|template| {
        let found = values(template, english)?;
        let text = catalogue.text(template)?;
        // A value may be a text of its own, such as why something was refused.
        let found: Vec<(&str, String)> = found.iter().map(|(name, value)| (*name, served(value))).collect();
        let shown: Vec<(&str, &dyn std::fmt::Display)> = found
            .iter()
            .map(|(name, value)| (*name, value as &dyn std::fmt::Display))
            .collect();
        Some(fill(text, &shown))
    })
}

/// The values that make `text` of `template`, each under its name; none if nothing does.
fn values<'a>(template: &'a str, text: &'a str) -> Option<Vec<(&'a str, &'a str)>> {
    let (start, mut template) = template.split_once('{')?;
    let mut text = text.strip_prefix(start)?;
    let mut found = Vec::new();
    loop {
        let (name, after) = template.split_once('}')?;
        let (literal, next) = match after.split_once('{') {
            Some((literal, next)) => (literal, Some(next)),
            None => (after, None),
        };
        let end = match next {
            Some(_) => text.find(literal)?,
            None => text.strip_suffix(literal)?.len(),
        };
        found.push((name, &text[..end]));
        text = &text[end + literal.len()..];
        match next {
            Some(next) => template = next,
            None => return Some(found),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::values;

    #[test]
    fn values_are_found_in_what_was_made_of_them() {
        let found = values(
            "Use at most {max} characters; this has {count}.",
            "Use at most 80 characters; this has 81.",
        );
        assert_eq!(found, Some(vec![("max", "80"), ("count", "81")]));
        assert_eq!(
            values("{} is gone.", "The bot is gone."),
            Some(vec![("", "The bot")])
        );
        assert_eq!(
            values("{who} Again in {} s.", "Slow down. Again in 5 s."),
            Some(vec![("who", "Slow down."), ("", "5")])
        );
        assert_eq!(values("Use {max}.", "Use 80"), None);
        assert_eq!(values("Nothing to fill in.", "Nothing to fill in."), None);
    }
}
