//! PDFs whose streams, objects and pages have no end.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::{Bomb, bomb};

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("packed");
    encoder.finish().expect("packed")
}

/// A file of these objects, the first of them the catalogue.
fn pdf(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = b"%PDF-1.5\n".to_vec();
    let mut offsets = Vec::new();
    for (object, number) in objects.iter().zip(1..) {
        offsets.push(bytes.len());
        bytes.extend(format!("{number} 0 obj\n").bytes());
        bytes.extend(object);
        bytes.extend(b"\nendobj\n");
    }
    let start = bytes.len();
    bytes.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).bytes());
    for offset in offsets {
        bytes.extend(format!("{offset:010} 00000 n \n").bytes());
    }
    let size = objects.len() + 1;
    bytes.extend(format!("trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n").bytes());
    bytes
}

fn one_page(page: &str, more: Vec<Vec<u8>>) -> Vec<u8> {
    let mut objects = vec![
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>".to_vec(),
        page.as_bytes().to_vec(),
    ];
    objects.extend(more);
    pdf(&objects)
}

fn stream(filter: &str, content: &[u8]) -> Vec<u8> {
    let mut object = format!("<< /Length {} /Filter {filter} >>\nstream\n", content.len()).into_bytes();
    object.extend(content);
    object.extend(b"\nendstream");
    object
}

const PAGE: &str = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 99 99] /Contents 4 0 R >>";

pub fn all() -> Vec<Bomb> {
    let once = packed(&vec![b' '; 60 * 1024 * 1024]);
    let twice = packed(&once);
    let saves = packed("q ".repeat(20_000_000).as_bytes());
    let tree = |count: usize| {
        let mut objects = vec![b"<< /Type /Catalog /Pages 2 0 R >>".to_vec()];
        objects.extend(
            (3..count + 3).map(|kid| format!("<< /Type /Pages /Count 1 /Kids [{kid} 0 R] >>").into_bytes()),
        );
        objects.push(b"<< /Type /Page /MediaBox [0 0 99 99] >>".to_vec());
        pdf(&objects)
    };
    let looping = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Count 9 /Kids [2 0 R 2 0 R 2 0 R] >>",
    ];
    let looping: Vec<Vec<u8>> = looping.iter().map(|object| object.as_bytes().to_vec()).collect();
    let form = "<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /F 5 0 R >> >> /Length 12 \
        >>\nstream\n/F Do /F Do \nendstream";
    let page = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 99 99] /Resources << /XObject << /F 5 0 R >> >> \
        /Contents 4 0 R >>";
    let draws = b"<< /Length 6 >>\nstream\n/F Do \nendstream".to_vec();
    let mut chain = one_page(
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 99 99] >>",
        Vec::new(),
    );
    let start = chain.len();
    chain.extend(
        format!("xref\n0 0\ntrailer\n<< /Root 1 0 R /Size 4 /Prev {start} >>\nstartxref\n{start}\n%%EOF\n")
            .bytes(),
    );
    vec![
        bomb(
            "a PDF stream of 60 MB",
            "a.pdf",
            one_page(PAGE, vec![stream("/FlateDecode", &once)]),
        ),
        bomb(
            "a PDF stream packed twice",
            "a.pdf",
            one_page(PAGE, vec![stream("[/FlateDecode /FlateDecode]", &twice)]),
        ),
        bomb(
            "20 million saved graphics states",
            "a.pdf",
            one_page(PAGE, vec![stream("/FlateDecode", &saves)]),
        ),
        bomb("a tree of pages 50,000 deep", "a.pdf", tree(50_000)),
        bomb("a tree of pages that is its own child", "a.pdf", pdf(&looping)),
        bomb(
            "arrays nested a million deep",
            "a.pdf",
            one_page(PAGE, vec!["[".repeat(1_000_000).into_bytes()]),
        ),
        bomb(
            "dictionaries nested 200,000 deep",
            "a.pdf",
            one_page(PAGE, vec!["<</A ".repeat(200_000).into_bytes()]),
        ),
        bomb(
            "a drawing that draws itself",
            "a.pdf",
            one_page(page, vec![draws, form.as_bytes().to_vec()]),
        ),
        bomb("tables of objects in a circle", "a.pdf", chain),
    ]
}
