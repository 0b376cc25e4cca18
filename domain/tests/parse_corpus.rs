//! Real files of every format, made by real programs, against the text that is in them. See `fixtures/corpus/make.py`.

#![expect(clippy::expect_used, clippy::panic, reason = "helpers of tests")]

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use api_types::ErrorCode;
use domain::kb::parse::{ParsedDocument, parse};

/// The least that a format must reach, and a file of it. In `library.pdf` the Arabic ligature of lam and alef comes
/// out the wrong way round, which is five words.
const LEAST_F1: f64 = 0.95;
const LEAST_F1_OF_A_FILE: f64 = 0.94;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/corpus")
}

fn files() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder()).expect("the corpus");
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("a file").path())
        .filter(|path| path.is_file() && path.extension().is_some_and(|extension| extension != "py"))
        .collect();
    files.sort();
    files
}

fn read(name: &str) -> ParsedDocument {
    let bytes = std::fs::read(folder().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    parse(&bytes, name).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn text(document: &ParsedDocument) -> String {
    let pages: Vec<&str> = document.pages.iter().map(|page| page.markdown.as_str()).collect();
    pages.join("\n")
}

/// Words by how often they occur; each character of Chinese and Japanese is one.
fn words(text: &str) -> HashMap<String, usize> {
    let mut words = HashMap::new();
    let mut word = String::new();
    let mut end = |word: &mut String| {
        if !word.is_empty() {
            *words.entry(std::mem::take(word)).or_default() += 1;
        }
    };
    for c in text.chars() {
        if matches!(c, '\u{3040}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}') {
            end(&mut word);
            word.push(c);
            end(&mut word);
        } else if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        } else {
            end(&mut word);
        }
    }
    end(&mut word);
    words
}

fn f1(found: &str, expected: &str) -> f64 {
    let (found, expected) = (words(found), words(expected));
    let common: usize = found
        .iter()
        .map(|(word, count)| expected.get(word).copied().unwrap_or(0).min(*count))
        .sum();
    let all: usize = found.values().sum::<usize>() + expected.values().sum::<usize>();
    2.0 * common as f64 / all as f64
}

#[test]
fn every_file_of_every_format_gives_its_text() {
    let mut formats: BTreeMap<String, Vec<(String, f64)>> = BTreeMap::new();
    for path in files() {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let (stem, extension) = name.rsplit_once('.').expect("an extension");
        // Needs text recognition.
        if name == "ferry-scan.pdf" {
            continue;
        }
        let expected = folder().join("expected").join(format!("{stem}.txt"));
        let expected = std::fs::read_to_string(&expected).unwrap_or_else(|error| panic!("{name}: {error}"));
        let bytes = std::fs::read(&path).expect("a file");
        let extension = extension.replace("jsonl", "json");
        let score = parse(&bytes, &name).map_or(0.0, |document| f1(&text(&document), &expected));
        formats.entry(extension).or_default().push((name.clone(), score));
    }
    let mut report = String::new();
    let mut low = Vec::new();
    for (format, files) in &formats {
        let mean = files.iter().map(|(_, score)| score).sum::<f64>() / files.len() as f64;
        report += &format!("{format:<6} {mean:.4}  {} files\n", files.len());
        let low_files = files.iter().filter(|(_, score)| *score < LEAST_F1_OF_A_FILE);
        low.extend(low_files.map(|(name, score)| format!("{name}: {score:.4}")));
        if mean < LEAST_F1 {
            low.push(format!("{format}: {mean:.4}"));
        }
        assert!(files.len() >= 3, "{format} has {} files", files.len());
    }
    println!("{report}");
    assert!(low.is_empty(), "{low:#?}\n{report}");
    assert_eq!(formats.len(), 19, "{report}");
}

fn headings(text: &str) -> Vec<&str> {
    text.lines().filter(|line| line.starts_with('#')).collect()
}

#[test]
fn documents_keep_headings_lists_and_tables() {
    for name in [
        "ferry.odt",
        "ferry.docx",
        "ferry.doc",
        "ferry.rtf",
        "ferry.epub",
        "ferry.html",
        "ferry.md",
        "ferry-pandoc.odt",
        "ferry-pandoc.docx",
        "ferry-pandoc.rtf",
        "ferry.pdf",
    ] {
        let text = text(&read(name));
        let wanted = [
            "# Tidewater Ferry Handbook",
            "## Tickets and fares",
            "## Before departure",
            "## Storm rules",
            "## Lost property",
        ];
        assert_eq!(headings(&text), wanted, "{name}");
        assert!(
            text.contains("\n- wind above 17 metres per second at the Gannet Rock station\n"),
            "{name}: {text}"
        );
        let second = text
            .lines()
            .find(|line| line.contains("Test the horn once, away from the houses."));
        assert!(
            second.is_some_and(|line| line.starts_with("2. ") || line.starts_with("1. ")),
            "{name}: {text}"
        );
        let row = |line: &str| {
            line.contains("Islander card") && line.contains("38.00") && line.contains("thirty days")
        };
        assert!(text.lines().any(row), "{name}: {text}");
        // The PDF's table has no lines that the parser could see it by.
        if name != "ferry.pdf" {
            assert!(
                text.contains("| Day pass | 11.50 | one calendar day |"),
                "{name}: {text}"
            );
        }
    }
}

#[test]
fn titles_are_the_documents_own() {
    for name in [
        "workshop.odt",
        "workshop.docx",
        "workshop.rtf",
        "workshop.epub",
        "workshop.html",
    ] {
        assert_eq!(
            read(name).title.as_deref(),
            Some("Die Werkstatt am Hafen"),
            "{name}"
        );
    }
}

#[test]
fn slides_are_numbered_pages_under_their_titles() {
    for name in ["season.pptx", "season-pandoc.pptx", "season.odp", "season.ppt"] {
        let document = read(name);
        let numbers: Vec<_> = document.pages.iter().map(|page| page.number).collect();
        assert_eq!(numbers, [Some(1), Some(2), Some(3)], "{name}");
        let titles: Vec<_> = document
            .pages
            .iter()
            .flat_map(|page| headings(&page.markdown))
            .collect();
        assert_eq!(
            titles,
            ["# Season review", "# Crossings by month", "# Next steps"],
            "{name}"
        );
        if name != "season.ppt" {
            assert!(
                document.pages[1].markdown.contains("| July | 455 | 1 |"),
                "{name}"
            );
        }
    }
}

#[test]
fn sheets_are_numbered_pages_under_their_names() {
    for name in ["stock.xlsx", "stock-libreoffice.xlsx", "stock.xls", "stock.ods"] {
        let document = read(name);
        let [parts, suppliers] = &document.pages[..] else {
            panic!("{name} has {} pages", document.pages.len())
        };
        assert_eq!((parts.number, suppliers.number), (Some(1), Some(2)), "{name}");
        assert!(
            parts
                .markdown
                .starts_with("# Spare parts\n\n| Part | Supplier | In stock | Unit price |"),
            "{name}"
        );
        assert!(
            parts
                .markdown
                .contains("| Cleat, bronze | Harbour Forge | 220 | 8.75 | 2025-11-02 |"),
            "{name}"
        );
        assert!(suppliers.markdown.contains("| Ivo Kask |"), "{name}");
    }
}

/// LibreOffice wrote the file, and wrote down what it shows of it.
#[test]
fn numbers_of_a_workbook_read_as_people_see_them() {
    let shown = std::fs::read_to_string(folder().join("expected/prices.txt")).expect("its text");
    let markdown = text(&read("prices.xlsx"));
    for row in shown.lines().skip(1) {
        assert!(markdown.contains(&format!("| {row} |")), "{row}\n{markdown}");
    }
    assert!(text(&read("stock-libreoffice.xlsx")).contains("| 2025-11-02 | 50.0% |"));
}

#[test]
fn letters_say_who_wrote_and_what_came_along() {
    let delivery = text(&read("delivery.eml"));
    assert!(
        delivery.starts_with("# Delivery of the bilge pumps\n\nFrom: Edda Marlow (edda@marlow.example)\n")
    );
    assert!(delivery.ends_with("Attachment: invoice 2026-031.pdf"));
    let forwarded = text(&read("forwarded.eml"));
    assert_eq!(headings(&forwarded), ["# Fwd: pumps", "## Pumps delayed"]);
}

#[test]
fn what_needs_a_password_says_so() {
    for entry in std::fs::read_dir(folder().join("locked")).expect("locked files") {
        let path = entry.expect("a file").path();
        let bytes = std::fs::read(&path).expect("its bytes");
        let error = parse(&bytes, "file").expect_err("locked");
        assert_eq!(error.code(), ErrorCode::EncryptedDocument, "{}", path.display());
    }
}

/// The name tells only kinds of text apart.
#[test]
fn a_wrong_name_changes_nothing() {
    for name in [
        "ferry.odt",
        "ferry.docx",
        "ferry.doc",
        "ferry.rtf",
        "ferry.epub",
        "ferry.pdf",
        "ferry.html",
        "season.pptx",
        "season.ppt",
        "season.odp",
        "stock.xlsx",
        "stock.xls",
        "stock.ods",
        "delivery.eml",
    ] {
        let bytes = std::fs::read(folder().join(name)).expect("a file");
        for wrong in ["file.pdf", "file.docx", "file.txt", "file"] {
            assert_eq!(
                parse(&bytes, wrong).as_ref(),
                Ok(&read(name)),
                "{name} as {wrong}"
            );
        }
    }
}
