//! Real documents in, Markdown out; bad ones get the error that says what to do. See `fixtures/README.md`.

#![expect(clippy::expect_used, clippy::panic, reason = "helpers of tests")]

use std::io::Write;

use api_types::ErrorCode;
use domain::kb::parse::{Format, ParseError, ParsedDocument, detect, parse};
use zip::write::{SimpleFileOptions, ZipWriter};

fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn read(name: &str) -> ParsedDocument {
    parse(&fixture(name), name).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn single_page(name: &str) -> String {
    let document = read(name);
    assert_eq!(document.pages.len(), 1);
    assert_eq!(document.pages[0].number, None);
    document.pages[0].markdown.clone()
}

fn code(bytes: &[u8], name: &str) -> ErrorCode {
    parse(bytes, name).expect_err("can't be read").code()
}

fn headings(markdown: &str) -> Vec<&str> {
    markdown.lines().filter(|line| line.starts_with('#')).collect()
}

#[test]
fn pdf_keeps_headings_lists_tables_and_pages() {
    let document = read("aurora-k2-guide.pdf");
    assert_eq!(document.title.as_deref(), Some("Aurora K2 Owner's Guide"));
    let numbers: Vec<_> = document.pages.iter().map(|page| page.number).collect();
    assert_eq!(numbers, [Some(1), Some(2), Some(3)]);
    let [first, second, third] = &document.pages[..] else {
        panic!("three pages")
    };
    assert_eq!(
        headings(&first.markdown),
        [
            "# Aurora K2 Owner's Guide",
            "## Before first use",
            "## Choosing a temperature"
        ]
    );
    assert!(
        first
            .markdown
            .contains("\n2. Wind spare cable into the groove under the base.\n")
    );
    assert!(
        first
            .markdown
            .contains("Fill the kettle to the upper mark, boil it twice, and pour the water away")
    );
    assert_eq!(
        headings(&second.markdown),
        [
            "## Temperatures and capacity",
            "### Capacity",
            "## Removing limescale"
        ]
    );
    let table = "| Programme | Temperature | Time for 1 litre |\n| --- | --- | --- |\n\
        | White tea | 72 °C | 2 min 40 s |\n| Green tea | 79 °C | 3 min 05 s |\n";
    assert!(second.markdown.contains(table), "{}", second.markdown);
    assert!(
        third
            .markdown
            .contains("guarantees the Aurora K2 for 37 months from the day of purchase.")
    );
    assert!(
        document
            .pages
            .iter()
            .all(|page| !page.markdown.contains("· page")),
        "footers go"
    );
}

#[test]
fn pdf_columns_are_read_one_after_the_other() {
    let third = read("aurora-k2-guide.pdf").pages.pop().expect("a page").markdown;
    let place = |words: &str| {
        third
            .find(words)
            .unwrap_or_else(|| panic!("{words:?} is missing in {third}"))
    };
    assert!(place("The warranty covers faults") < place("The warranty does not cover"));
    assert!(place("The warranty does not cover") < place("To make a claim, write to care@nordlicht.example"));
    assert!(
        place("To make a claim") < place("If a repair takes longer than fourteen days, we lend you a kettle")
    );

    let pages = read("harbour-gazette.pdf").pages;
    assert_eq!(pages.len(), 4);
    assert_eq!(headings(&pages[1].markdown), ["# New lighthouse keeper"]);
    assert!(
        pages[0].markdown.contains("the harbourmaster may cancel"),
        "a word hyphenated at a line end is whole"
    );
    let (left, right) = pages[2]
        .markdown
        .split_once("Repairs are expected")
        .expect("the right column");
    assert!(left.contains("The ice machine stays where it was.") && right.contains("Tanner Lane"));
    assert!(
        pages
            .iter()
            .all(|page| !page.markdown.contains("Gazette") && !page.markdown.contains(" of 4"))
    );
}

#[test]
fn pdf_that_only_restricts_printing_is_read() {
    assert_eq!(read("owner-locked.pdf").pages, read("harbour-gazette.pdf").pages);
}

#[test]
fn docx_keeps_headings_lists_and_tables() {
    let document = read("returns-handbook.docx");
    assert_eq!(document.title.as_deref(), Some("Returns Handbook"));
    let text = single_page("returns-handbook.docx");
    assert_eq!(
        headings(&text),
        [
            "# Returns Handbook",
            "# Where parcels go",
            "# Time limits",
            "## Exceptions",
            "# Steps for the team",
            "# Reason codes"
        ]
    );
    assert!(
        text.contains(
            "All return parcels go to the **Kestrel Wharf warehouse**, gate 14, never to the shop."
        )
    );
    assert!(text.contains("within 21 days of delivery"));
    assert!(text.contains("- Gift cards are refunded as a new gift card."));
    assert!(text.contains("3. Close the ticket when the scan arrives."));
    assert!(text.contains(
        "| Code | Reason | Who pays postage |\n| --- | --- | --- |\n| R1 | Changed mind | Customer |"
    ));
}

#[test]
fn html_is_the_article_without_the_site_around_it() {
    let text = single_page("lumen-lamp.html");
    assert_eq!(
        headings(&text),
        ["# Lumen Fold desk lamp", "## Light and power", "## Care"]
    );
    assert!(
        text.contains("charged through the USB-C socket in the foot"),
        "relative links are text"
    );
    assert!(text.contains("| Drawing | 640 | 5 |"));
    assert!(text.contains("- the shade, part LF-31"));
    assert!(text.contains("```\nlumen pair --code 4711\nlumen set  --power 50%\n```"));
    for noise in [
        "Basket",
        "cookies",
        "dataLayer",
        "Aurora kettle",
        "newsletter",
        ".hero",
    ] {
        assert!(!text.contains(noise), "{noise} in {text}");
    }
    let title = read("lumen-lamp.html").title;
    assert_eq!(
        title.as_deref(),
        Some("Lumen Fold desk lamp – Nordlicht Housewares")
    );
}

#[test]
fn a_page_that_is_no_article_is_read_whole() {
    let page = b"<!DOCTYPE html><title>Prices</title><script>x()</script><ul><li>Small 3 crowns<li>Large 5 crowns</ul>";
    let document = parse(page, "prices").expect("a page");
    assert_eq!(document.title.as_deref(), Some("Prices"));
    assert_eq!(document.pages[0].markdown, "- Small 3 crowns\n- Large 5 crowns");
}

#[test]
fn markdown_keeps_its_form_and_loses_front_matter() {
    let text = single_page("brewing-notes.md");
    assert!(text.starts_with("# Brewing notes\n\nShort notes"));
    assert!(text.contains("| 1 | 60 g | 0:00 |"));
    assert!(text.contains("```sh\n# not a heading, but a comment\n"));
    assert_eq!(read("brewing-notes.md").title.as_deref(), Some("Brewing notes"));
}

#[test]
fn text_is_read_in_any_encoding() {
    let text = single_page("opening-hours-utf16.txt");
    assert!(text.contains("The repair café in Königsstraße opens on Tuesdays from 15 to 19 o’clock."));
    assert!(text.contains("Ελληνικά, русский, 日本語"));
    assert!(
        single_page("brocante-windows-1252.txt")
            .contains("La brocante du château ouvre le premier dimanche de février.")
    );
}

#[test]
fn content_decides_and_not_the_name() {
    assert_eq!(
        detect(&fixture("aurora-k2-guide.pdf"), "guide.docx"),
        Ok(Format::Pdf)
    );
    assert_eq!(
        detect(&fixture("returns-handbook.docx"), "handbook.pdf"),
        Ok(Format::Docx)
    );
    assert_eq!(detect(&fixture("lumen-lamp.html"), "lamp.txt"), Ok(Format::Html));
    assert_eq!(detect(b"About %PDF-1.7 headers", "note.txt"), Ok(Format::Text));
    assert_eq!(
        detect(b"BMW builds cars, MZ built motorcycles.", "cars.txt"),
        Ok(Format::Text)
    );
    let mut mailed = b"Content-Type: application/pdf\n\n".to_vec();
    mailed.extend(fixture("harbour-gazette.pdf"));
    assert_eq!(detect(&mailed, "mail.pdf"), Ok(Format::Pdf));
}

#[test]
fn other_kinds_are_named_in_the_error() {
    let zip_of = |name: &str| zip(&[(name, b"x")]);
    let mut legacy = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec();
    legacy.resize(2048, 0);
    let cases: [(Vec<u8>, &str); 6] = [
        (fixture("picture.pdf"), "an image (image/png)"),
        (
            b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0".repeat(40),
            "a program or a database",
        ),
        (zip_of("holiday.jpg"), "a zip archive"),
        (zip_of("xl/workbook.bin"), "a binary Excel workbook (XLSB)"),
        (legacy, "a file of an old program"),
        (
            b"<svg xmlns=\"http://www.w3.org/2000/svg\"></svg>".to_vec(),
            "an SVG image",
        ),
    ];
    for (bytes, found) in cases {
        let error = parse(&bytes, "file.pdf").expect_err(found);
        assert_eq!(error.code(), ErrorCode::UnsupportedFile);
        let message = error.to_string();
        assert!(
            message.contains(found) && message.contains("PDF, Word, PowerPoint, Excel"),
            "{message}"
        );
    }
}

#[test]
fn empty_is_empty_in_every_format() {
    assert_eq!(code(b"", "empty.pdf"), ErrorCode::EmptyDocument);
    assert_eq!(code(b" \r\n\t\n", "blank.md"), ErrorCode::EmptyDocument);
    assert_eq!(code(b"\xff\xfe \0\n\0", "blank.txt"), ErrorCode::EmptyDocument);
    assert_eq!(
        code(b"---\ntitle: x\n---\n\n***\n", "rule.md"),
        ErrorCode::EmptyDocument
    );
    assert_eq!(
        code(b"<html><body><script>alert(1)</script></body></html>", "x.html"),
        ErrorCode::EmptyDocument
    );
}

#[test]
fn empty_tables_books_and_messages_are_empty() {
    let opendocument = |kind: &str, body: &str| {
        let kind = format!("application/vnd.oasis.opendocument.{kind}");
        let content =
            format!("<office:document-content><office:body>{body}</office:body></office:document-content>");
        zip(&[("mimetype", kind.as_bytes()), ("content.xml", content.as_bytes())])
    };
    let book = zip(&[
        ("mimetype", b"application/epub+zip"),
        (
            "META-INF/container.xml",
            b"<container><rootfile full-path='p.opf'/></container>",
        ),
        ("p.opf", b"<package><spine/></package>"),
    ]);
    let cases: [(Vec<u8>, &str); 8] = [
        (b",,,\n,,,\n".to_vec(), "a.csv"),
        (b"\t\t\n".to_vec(), "a.tsv"),
        (b"{}".to_vec(), "a.json"),
        (b"[[], {}]".to_vec(), "a.jsonl"),
        (b"{\\rtf1\\ansi{\\fonttbl{\\f0 Arial;}}\\par }".to_vec(), "a.rtf"),
        (
            opendocument("text", "<office:text><text:p/></office:text>"),
            "a.odt",
        ),
        (opendocument("presentation", "<office:presentation/>"), "a.odp"),
        (book, "a.epub"),
    ];
    for (bytes, name) in cases {
        assert_eq!(code(&bytes, name), ErrorCode::EmptyDocument, "{name}");
    }
}

/// A chunk from anywhere within must know what the columns are.
#[test]
fn a_hundred_thousand_rows_are_read_with_their_head() {
    let mut table = "number,berth,owner\n".to_owned();
    for number in 1..=100_000 {
        table += &format!("{number},B{},\"Owner, the {number}th\"\n", number % 97);
    }
    let text = parse(table.as_bytes(), "berths.csv").expect("a table").pages[0]
        .markdown
        .clone();
    let middle = text
        .find("| 50000 | B45 | Owner, the 50000th |")
        .expect("a row in the middle");
    let head = text[..middle]
        .rfind("| number | berth | owner |\n| --- | --- | --- |\n")
        .expect("a head");
    assert!(middle - head < 500);
    assert!(text.ends_with("| 100000 | B90 | Owner, the 100000th |"));
}

#[test]
fn encrypted_mail_and_books_say_so() {
    let mail = b"From: a@b.example\nMIME-Version: 1.0\nContent-Type: multipart/encrypted; boundary=x\n\n--x\n\nx\n--x--\n";
    assert_eq!(code(mail, "a.eml"), ErrorCode::EncryptedDocument);
    let book = zip(&[
        ("mimetype", b"application/epub+zip"),
        ("META-INF/container.xml", b"<container><rootfile full-path='p.opf'/></container>"),
        ("META-INF/encryption.xml", b"<encryption><CipherReference URI=\"c.xhtml\"/></encryption>"),
        ("p.opf", b"<package><manifest><item id='c' href='c.xhtml'/></manifest><spine><itemref idref='c'/></spine></package>"),
        ("c.xhtml", b"scrambled"),
    ]);
    assert_eq!(code(&book, "a.epub"), ErrorCode::EncryptedDocument);
}

#[test]
fn locked_and_scanned_files_say_what_to_do() {
    assert_eq!(
        code(&fixture("encrypted.pdf"), "a.pdf"),
        ErrorCode::EncryptedDocument
    );
    let mut office = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec();
    office.resize(1024, 0);
    office.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
    assert_eq!(code(&office, "a.docx"), ErrorCode::EncryptedDocument);
    let scan = parse(&fixture("scanned.pdf"), "scan.pdf").expect_err("no text");
    assert_eq!(scan, ParseError::NeedsOcr);
    assert!(
        scan.to_string()
            .starts_with("This PDF is a scan without a text layer.")
    );
}

#[test]
fn damaged_files_are_corrupt() {
    let docx = fixture("returns-handbook.docx");
    assert_eq!(
        code(&docx[..docx.len() / 2], "a.docx"),
        ErrorCode::CorruptDocument
    );
    let no_xml = zip(&[
        ("[Content_Types].xml", b"<Types/>"),
        ("word/document.xml", b"<w:document><w:bo"),
    ]);
    assert_eq!(code(&no_xml, "a.docx"), ErrorCode::CorruptDocument);
    let pdf = fixture("harbour-gazette.pdf");
    assert_eq!(code(&pdf[..300], "a.pdf"), ErrorCode::CorruptDocument);
    assert_eq!(
        code(b"%PDF-1.7\nnot really\nstartxref\n9\n%%EOF", "a.pdf"),
        ErrorCode::CorruptDocument
    );
}

/// Whatever a transfer cut off, the answer is text or an error, and never a panic.
#[test]
fn files_cut_anywhere_do_no_harm() {
    for name in [
        "aurora-k2-guide.pdf",
        "harbour-gazette.pdf",
        "returns-handbook.docx",
        "lumen-lamp.html",
    ] {
        let bytes = fixture(name);
        for part in 1..12 {
            let _ = parse(&bytes[..bytes.len() * part / 12], name);
        }
    }
}

#[test]
fn zip_bombs_are_refused_before_they_are_unpacked() {
    let zeros = vec![0; 30 * 1024 * 1024];
    let bomb = zip(&[
        ("[Content_Types].xml", b"<Types/>"),
        ("word/document.xml", &zeros),
    ]);
    assert!(bomb.len() < 200_000);
    assert_eq!(code(&bomb, "bomb.docx"), ErrorCode::DocumentTooComplex);

    let names: Vec<String> = (0..1_100).map(|n| format!("word/document{n}.xml")).collect();
    let entries: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b"x"[..])).collect();
    assert_eq!(code(&zip(&entries), "many.docx"), ErrorCode::DocumentTooComplex);
}

#[test]
fn large_files_are_refused_unread() {
    assert_eq!(
        code(&vec![b'a'; 20 * 1024 * 1024 + 1], "a.txt"),
        ErrorCode::DocumentTooComplex
    );
}

#[test]
fn pdfs_of_too_many_pages_are_refused() {
    let kids = "3 0 R ".repeat(2_001);
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        format!("<< /Type /Pages /Count 2001 /Kids [{kids}] >>"),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 99 99] >>".to_owned(),
    ];
    assert_eq!(code(&pdf(&objects), "long.pdf"), ErrorCode::DocumentTooComplex);
}

fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in entries {
        writer
            .start_file(*name, SimpleFileOptions::default())
            .expect("an entry");
        writer.write_all(content).expect("its content");
    }
    writer.finish().expect("a zip").into_inner()
}

fn pdf(objects: &[String]) -> Vec<u8> {
    let mut bytes = b"%PDF-1.4\n".to_vec();
    let mut offsets = Vec::new();
    for (object, number) in objects.iter().zip(1..) {
        offsets.push(bytes.len());
        bytes.extend(format!("{number} 0 obj\n{object}\nendobj\n").bytes());
    }
    let start = bytes.len();
    bytes.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).bytes());
    offsets
        .iter()
        .for_each(|offset| bytes.extend(format!("{offset:010} 00000 n \n").bytes()));
    let size = objects.len() + 1;
    bytes.extend(format!("trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n").bytes());
    bytes
}

#[test]
fn tables_in_tables_are_refused_where_the_stack_would_not_do() {
    let nested = |tables: usize| format!("<p>Fares</p>{}", "<table><tr><td>".repeat(tables));
    assert!(parse(nested(40).as_bytes(), "a.html").is_ok());
    assert_eq!(
        code(nested(700).as_bytes(), "a.html"),
        ErrorCode::DocumentTooComplex
    );
}
