//! What the dashboard fetches of a language.

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};

use super::po::{Po, check_code};
use super::source::Texts;
use super::{files, plural, read};
use crate::paths::Paths;

/// A language as the page offers it.
pub struct Language {
    /// Its code, such as `ru`.
    pub code: String,
    /// What its speakers call it.
    pub name: String,
    /// `rtl` where it is written so.
    pub direction: &'static str,
    /// What it says until the dashboard is there.
    pub loading: String,
    /// The catalogue: JSON.
    pub catalogue: Vec<u8>,
}

/// Every language but English, as its file has it.
pub fn languages(paths: &Paths) -> Result<Vec<Language>> {
    let texts = Texts::read(&paths.root)?;
    files(paths)?
        .iter()
        .map(|file| {
            language(&read(file)?, &texts).with_context(|| format!("{} is not right", file.display()))
        })
        .collect()
}

fn language(po: &Po, texts: &Texts) -> Result<Language> {
    let code = po.header("Language")?.to_owned();
    check_code(&code)?;
    let is_rtl = po
        .header("X-Text-Direction")
        .is_ok_and(|direction| direction == "rtl");
    let (_, plural) = plural::table(po.header("Plural-Forms")?)?;
    // A text without a translation stays out, and so in English.
    let entries = || po.entries.iter().filter(|entry| !entry.is_open());
    let all: Map<String, Value> = entries()
        .map(|entry| (entry.text.key(), json!(entry.forms)))
        .collect();
    let served = entries().filter(|entry| texts.is_served(&entry.text));
    let mut templates: Vec<_> = served
        .map(|entry| &entry.text.english)
        .filter(|english| english.contains('{') && weight(english) > 3)
        .collect();
    // What says more by itself is more surely the one that a text was made of.
    templates.sort_by_key(|english| std::cmp::Reverse(weight(english)));
    let catalogue = json!({ "plural": plural, "texts": all, "templates": templates });
    let loading = entries().find(|entry| entry.text.key() == "Loading");
    let loading = loading.and_then(|entry| entry.forms.first());
    Ok(Language {
        loading: format!("{}…", loading.map_or("", String::as_str)),
        code,
        name: po.header("X-Language-Name")?.to_owned(),
        direction: if is_rtl { "rtl" } else { "ltr" },
        catalogue: serde_json::to_vec(&catalogue)?,
    })
}

/// How many letters a text has without its values.
fn weight(english: &str) -> usize {
    let parts = english
        .split('{')
        .map(|part| part.split_once('}').map_or(part, |(_, after)| after));
    parts
        .flat_map(str::chars)
        .filter(|letter| letter.is_alphabetic())
        .count()
}
