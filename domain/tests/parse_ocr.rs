//! Text recognition of scans; runs where `tesseract` and `pdftoppm` are installed.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use domain::kb::ocr::{self, Scan};
use domain::kb::parse::{ParseError, recognised};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name)
}

async fn languages() -> Option<String> {
    let languages = ocr::languages().await;
    if languages.is_none() {
        println!("not run: {}", ocr::INSTALL);
    }
    Some(languages?.join("+"))
}

#[tokio::test]
async fn a_scan_is_read_page_by_page() {
    let Some(languages) = languages().await else {
        return;
    };
    let scan = fixture("corpus/ferry-scan.pdf");
    let scan = Scan::open(&scan, &languages)
        .await
        .expect("programs")
        .expect("a scan");
    let mut pages = Vec::new();
    for number in 1..=scan.pages() {
        pages.push(scan.page(number).await.expect("programs").expect("text"));
    }
    let document = recognised(&pages).expect("text");
    let numbers: Vec<_> = document.pages.iter().map(|page| page.number).collect();
    let expected: Vec<_> = (1..).map(Some).take(numbers.len()).collect();
    assert_eq!(numbers, expected);
    let text: String = document
        .pages
        .iter()
        .map(|page| page.markdown.to_lowercase() + "\n")
        .collect();
    let words = |text: &str| -> HashSet<String> {
        let words = text
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| word.len() > 2);
        words.map(str::to_owned).collect()
    };
    let written = std::fs::read_to_string(fixture("corpus/expected/ferry-scan.txt")).expect("its text");
    let (found, written) = (words(&text), words(&written.to_lowercase()));
    let common = found.intersection(&written).count();
    assert!(
        common * 100 >= written.len() * 90,
        "{common} of {} words: {text}",
        written.len()
    );
    // Lines of a paragraph are one line, as chunks want them.
    assert!(
        text.contains("is kept for 45 days in the green cabinet behind the ticket office"),
        "{text}"
    );
}

#[tokio::test]
async fn what_is_no_pdf_or_has_no_words_says_so() {
    let Some(languages) = languages().await else {
        return;
    };
    let broken = Scan::open(&fixture("brewing-notes.md"), &languages)
        .await
        .expect("programs")
        .err();
    assert_eq!(broken, Some(ParseError::Corrupt("PDF".to_owned())));
    let locked = Scan::open(&fixture("encrypted.pdf"), &languages)
        .await
        .expect("programs")
        .err();
    assert_eq!(locked, Some(ParseError::Corrupt("PDF".to_owned())));
}
