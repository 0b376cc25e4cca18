//! Text that nests or stretches without end.

use super::zips::zip;
use super::{Bomb, bomb};

const LARGE: usize = 19_000_000;

fn multipart() -> Vec<u8> {
    let mut mail = String::from("From: a@b.example\nMIME-Version: 1.0\n");
    for n in 0..100_000 {
        mail += &format!("Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n");
    }
    mail.into_bytes()
}

fn forwarded() -> Vec<u8> {
    let message = "From: a@b.example\nMIME-Version: 1.0\nContent-Type: message/rfc822\n\n";
    message.repeat(200_000).into_bytes()
}

fn keys() -> Vec<u8> {
    let record = |n: usize| format!("{{\"key{n}\":1,\"other{n}\":2}}\n");
    (0..100_000).map(record).collect::<String>().into_bytes()
}

fn book() -> Vec<u8> {
    let chapter = format!("<html><body>{}</body></html>", "<p>word</p>".repeat(100_000));
    let items: String = (0..20_000)
        .map(|n| format!("<item id=\"i{n}\" href=\"c.xhtml\"/>"))
        .collect();
    let spine: String = (0..20_000)
        .map(|n| format!("<itemref idref=\"i{n}\"/>"))
        .collect();
    let package = format!("<package><manifest>{items}</manifest><spine>{spine}</spine></package>");
    zip(&[
        ("mimetype", b"application/epub+zip"),
        (
            "META-INF/container.xml",
            b"<container><rootfile full-path=\"p.opf\"/></container>",
        ),
        ("p.opf", package.as_bytes()),
        ("c.xhtml", chapter.as_bytes()),
    ])
}

/// A compound file whose sectors follow each other in a circle.
fn compound() -> Vec<u8> {
    let mut bytes = vec![0_u8; 512 * 4];
    bytes[..8].copy_from_slice(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1");
    bytes[24..34].copy_from_slice(&[0x3e, 0, 3, 0, 0xfe, 0xff, 9, 0, 6, 0]);
    bytes[44] = 1;
    bytes[48] = 1;
    bytes[76..80].copy_from_slice(&0_u32.to_le_bytes());
    bytes[80..512].fill(0xff);
    // The first sector says of itself and of all others that they go on with number one.
    for at in (512..1024).step_by(4) {
        bytes[at..at + 4].copy_from_slice(&1_u32.to_le_bytes());
    }
    let name: Vec<u8> = "WordDocument".encode_utf16().flat_map(u16::to_le_bytes).collect();
    bytes[1024..1024 + name.len()].copy_from_slice(&name);
    bytes
}

pub fn all() -> Vec<Bomb> {
    let html = |body: String| format!("<!DOCTYPE html><html><body>{body}").into_bytes();
    let wide = "<table><tr><td colspan=1000000 rowspan=1000000>a</td></tr><tr><td>b</td></tr></table>";
    vec![
        bomb(
            "JSON nested ten million deep",
            "a.json",
            "[".repeat(10_000_000).into_bytes(),
        ),
        bomb("100,000 records with keys of their own", "a.jsonl", keys()),
        bomb(
            "RTF nested 19 million deep",
            "a.rtf",
            format!("{{\\rtf1{}", "{".repeat(LARGE)).into_bytes(),
        ),
        bomb("RTF nested 1,900 deep, again and again", "a.rtf", {
            let once = format!("{}a{}", "{\\b ".repeat(1_900), "}".repeat(1_900));
            format!("{{\\rtf1 {}}}", once.repeat(1_000)).into_bytes()
        }),
        bomb(
            "HTML nested a million deep",
            "a.html",
            html("<div>".repeat(1_000_000)),
        ),
        bomb(
            "a million unclosed formats",
            "a.html",
            html("<p><b><i><u>x".repeat(300_000)),
        ),
        bomb(
            "a cell across a million columns",
            "a.html",
            html(wide.repeat(100)),
        ),
        bomb("mail in 100,000 parts within parts", "a.eml", multipart()),
        bomb("200,000 messages within messages", "a.eml", forwarded()),
        bomb(
            "one field of 6 MB",
            "a.csv",
            format!("a,b\n\"{}\",1\n", "x".repeat(6_000_000)).into_bytes(),
        ),
        bomb("19 million columns", "a.csv", ",".repeat(LARGE).into_bytes()),
        bomb(
            "19 million columns with text",
            "a.csv",
            "x,".repeat(LARGE / 2).into_bytes(),
        ),
        bomb(
            "quotations nested a million deep",
            "a.md",
            ">".repeat(1_000_000).into_bytes(),
        ),
        bomb(
            "brackets that never close",
            "a.md",
            "[a](".repeat(500_000).into_bytes(),
        ),
        bomb("20,000 chapters that are one and the same", "a.epub", book()),
        bomb("an old Word file in a circle", "a.doc", compound()),
    ]
}
