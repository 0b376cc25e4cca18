//! The words of the interface, one file a language in `static/i18n`: each has all of them, and all that is asked for is there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

/// One `"name": "text"` a line: enough of JSON to see what is missing.
fn words(language: &str) -> Vec<(String, String)> {
    read(&folder("static/i18n").join(format!("{language}.json")))
        .lines()
        .filter_map(|line| line.trim().split_once(": "))
        .map(|(name, text)| (name.trim_matches('"').to_owned(), text.to_owned()))
        .collect()
}

fn names(language: &str) -> BTreeSet<String> {
    words(language).into_iter().map(|(name, _)| name).collect()
}

#[test]
fn every_language_has_every_text() {
    let english = names("en");
    assert!(english.len() > 25, "{english:?}");
    for language in ["ru", "de", "es", "fr", "ar", "zh"] {
        assert_eq!(names(language), english, "{language}");
        let is_empty = words(language).iter().any(|(_, text)| text.len() <= 3);
        assert!(!is_empty, "{language} has an empty text");
    }
}

#[test]
fn every_text_asked_for_is_there_and_no_other() {
    let mut sources = vec![
        read(&folder("static/frame.html")),
        read(&folder("src/web/page.js")),
    ];
    for file in fs::read_dir(folder("src/web")).unwrap() {
        sources.push(read(&file.unwrap().path()));
    }
    let all = sources.concat();
    let asked_as = |name: &str| {
        [
            format!("word(\"{name}\")"),
            format!("data-word=\"{name}\""),
            format!("data-text=\"{name}\""),
            format!("words.{name}"),
            format!("{{ \"{name}\" }}"),
        ]
    };
    let english = names("en");
    for name in &english {
        let is_used = asked_as(name).iter().any(|call| all.contains(call));
        assert!(is_used, "nobody asks for {name}");
    }
    for call in ["word(\"", "data-word=\"", "data-text=\""] {
        for rest in all.split(call).skip(1) {
            let name = rest.split('"').next().unwrap();
            assert!(english.contains(name), "there is no text {name}");
        }
    }
}
