//! Which language the page is in. `static/language.js` chose it, before the first paint.

use gloo_net::http::Request;
use leptos::prelude::*;
use std::sync::OnceLock;
use wasm_bindgen::JsCast;
use web_sys::Element;

use super::catalogue;
use crate::session;

/// Where the choice is kept; `static/language.js` reads it.
const KEY: &str = "botwright.language";
/// The language of the source.
const ENGLISH: &str = "en";

static LOCALE: OnceLock<String> = OnceLock::new();

/// A language that the dashboard can be in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Language {
    /// Its code, such as `ru`.
    pub code: String,
    /// What its speakers call it.
    pub name: String,
    /// The address of its catalogue; none for English.
    file: Option<String>,
}

/// All languages, as `cargo xtask web` put them into the page's head; English first.
pub fn languages() -> Vec<Language> {
    let mut all = vec![Language {
        code: ENGLISH.to_owned(),
        name: "English".to_owned(),
        file: None,
    }];
    let Ok(found) = document().query_selector_all("meta[name=language]") else {
        return all;
    };
    let elements = (0..found.length()).filter_map(|i| found.item(i)?.dyn_into::<Element>().ok());
    all.extend(elements.filter_map(|element| {
        Some(Language {
            code: element.get_attribute("content")?,
            name: element.get_attribute("data-name")?,
            file: element.get_attribute("data-file"),
        })
    }));
    all
}

/// The code of the page's language, such as `ru`.
pub fn current() -> String {
    let root = document().document_element();
    root.and_then(|root| root.get_attribute("lang"))
        .unwrap_or_else(|| ENGLISH.to_owned())
}

/// Fetches the texts of the page's language. When that fails, the page is in English.
pub async fn start() {
    let code = current();
    // A region is kept, for dates and numbers.
    let navigator = window().navigator().languages();
    let mut own = navigator.iter().filter_map(|tag| tag.as_string());
    let own = own.find(|tag| tag.split('-').next() == code.split('-').next());
    // It starts only once.
    let _ = LOCALE.set(own.unwrap_or_else(|| code.clone()));
    let language = languages().into_iter().find(|language| language.code == code);
    let Some(file) = language.and_then(|language| language.file) else {
        return;
    };
    let is_there = match fetch(&file).await {
        Some(json) => catalogue::install(&json),
        None => false,
    };
    if !is_there && let Some(root) = document().document_element() {
        for (name, value) in [("lang", ENGLISH), ("dir", "ltr")] {
            // The root of a page takes any attribute.
            let _ = root.set_attribute(name, value);
        }
    }
}

async fn fetch(file: &str) -> Option<String> {
    let response = Request::get(file).send().await.ok()?;
    if !response.ok() {
        return None;
    }
    response.text().await.ok()
}

/// Keeps the choice, and loads the page anew in that language. Drafts are saved, or kept in this browser, as whenever a
/// page goes away.
pub fn choose(code: &str) {
    session::write(KEY, code);
    // A page that can't be loaded anew stays in its language.
    let _ = window().location().reload();
}

/// The language tag for the browser's own formats.
pub fn locale() -> &'static str {
    LOCALE.get().map_or(ENGLISH, String::as_str)
}
