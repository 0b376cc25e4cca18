//! What a language lacks.

use std::collections::{BTreeSet, HashMap};

use super::plural;
use super::po::{Entry, Po, check_code};
use super::source::Texts;

/// All that is wrong with a language, each in a line.
pub fn problems(po: &Po, texts: &Texts) -> Vec<String> {
    let mut problems = Vec::new();
    for header in ["Language", "X-Language-Name"] {
        if let Err(error) = po.header(header) {
            problems.push(error.to_string());
        }
    }
    if let Ok(code) = po.header("Language")
        && let Err(error) = check_code(code)
    {
        problems.push(error.to_string());
    }
    let forms = match po.header("Plural-Forms").and_then(plural::table) {
        Ok((forms, _)) => forms,
        Err(error) => {
            problems.push(format!("{error:#}"));
            1
        }
    };
    let known: HashMap<_, _> = po.entries.iter().map(|entry| (entry.text.key(), entry)).collect();
    for text in &texts.needed {
        match known.get(&text.key()) {
            Some(entry) if entry.text.plural == text.plural => {}
            Some(_) => problems.push(format!("the plural of “{}” is another one", text.english)),
            None => problems.push(format!("“{}” is missing", text.english)),
        }
    }
    let needed: BTreeSet<_> = texts.needed.iter().map(super::source::Text::key).collect();
    for entry in &po.entries {
        if !needed.contains(&entry.text.key()) && !texts.is_served(&entry.text) {
            problems.push(format!("“{}” is said no more", entry.text.english));
        }
        problems.extend(of_entry(entry, forms));
    }
    if known.len() < po.entries.len() {
        problems.push("a text is there twice".to_owned());
    }
    problems
}

fn of_entry(entry: &Entry, forms: usize) -> Option<String> {
    let english = &entry.text.english;
    let wanted = if entry.text.plural.is_some() { forms } else { 1 };
    if entry.is_open() || entry.forms.len() != wanted {
        return Some(format!("“{english}” has not all of its {wanted} forms"));
    }
    let mut wanted = places(english);
    if let Some(plural) = &entry.text.plural {
        wanted.extend(places(plural));
    }
    for form in &entry.forms {
        let mut found = places(form);
        // A form may say its number in a word.
        if entry.text.plural.is_some() {
            found.insert("n".to_owned());
        }
        if found != wanted {
            return Some(format!("“{form}” has other places for values than “{english}”"));
        }
        if !joins(english, form) || !joins(&reversed(english), &reversed(form)) {
            return Some(format!(
                "“{form}” begins or ends with another space than “{english}”"
            ));
        }
    }
    None
}

/// Whether a text that follows another one still can: where the English begins with a space, so does the form, or with a
/// sign that needs none.
fn joins(english: &str, form: &str) -> bool {
    let begins = |text: &str| text.chars().next().is_some_and(char::is_alphanumeric);
    if english.starts_with(' ') {
        !begins(form)
    } else {
        !form.starts_with(' ') || !begins(english)
    }
}

fn reversed(text: &str) -> String {
    text.chars().rev().collect()
}

/// The places for values: names, and numbers for those without.
fn places(text: &str) -> BTreeSet<String> {
    let mut places = BTreeSet::new();
    let mut next = 0;
    let text = text.replace("{{", "").replace("}}", "");
    for part in text.split('{').skip(1) {
        let Some((name, _)) = part.split_once('}') else {
            continue;
        };
        if name.is_empty() {
            places.insert(next.to_string());
            next += 1;
        } else {
            places.insert(name.to_owned());
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::source::Text;

    fn entry(english: &str, plural: Option<&str>, forms: &[&str]) -> Entry {
        Entry {
            text: Text {
                english: english.to_owned(),
                plural: plural.map(str::to_owned),
                context: None,
            },
            forms: forms.iter().map(|form| (*form).to_owned()).collect(),
            comments: Vec::new(),
        }
    }

    #[test]
    fn translations_keep_places_spaces_and_forms() {
        for (fine, entry) in [
            (true, entry("Save", None, &["Сохранить"])),
            (false, entry("Save", None, &[""])),
            (true, entry("{} of {name}", None, &["{name}: {0}"])),
            (false, entry("{} of {name}", None, &["{0}: {0}"])),
            (false, entry("Plan ", None, &["Тариф"])),
            (false, entry("Plan", None, &["Тариф "])),
            (true, entry(" goes.", None, &[": исчезнет."])),
            (
                true,
                entry(
                    "{n} bot",
                    Some("{n} bots"),
                    &["один бот", "{n} бота", "{n} ботов"],
                ),
            ),
            (
                false,
                entry("{n} bot", Some("{n} bots"), &["{n} бот", "{n} бота"]),
            ),
        ] {
            assert_eq!(of_entry(&entry, 3).is_none(), fine, "{entry:?}");
        }
    }
}
