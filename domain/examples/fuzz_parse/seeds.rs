//! What is mutated: the corpus.

use std::io::{Cursor, Read, Write};
use std::path::Path;

use zip::ZipArchive;
use zip::write::{SimpleFileOptions, ZipWriter};

/// Parsers by the ending of their files.
pub const TARGETS: [&str; 20] = [
    "pdf", "docx", "pptx", "xlsx", "doc", "ppt", "xls", "odt", "odp", "ods", "rtf", "epub", "html", "md",
    "txt", "csv", "tsv", "json", "eml", "msg",
];

/// A file, and its parts if it is an archive.
pub struct Seed {
    pub bytes: Vec<u8>,
    pub parts: Vec<(String, Vec<u8>)>,
}

/// The files of one format.
pub struct Seeds(pub Vec<Seed>);

impl Seeds {
    pub fn load(target: &str) -> Self {
        if target == "msg" {
            return Self(vec![Seed {
                bytes: message(),
                parts: Vec::new(),
            }]);
        }
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/corpus");
        let mut paths: Vec<_> = std::fs::read_dir(folder)
            .expect("the corpus")
            .map(|entry| entry.expect("a file").path())
            .filter(|path| path.extension().is_some_and(|extension| extension == target))
            .collect();
        paths.sort();
        let seed = |path| {
            let bytes = std::fs::read(path).expect("a file");
            let parts = parts(&bytes).unwrap_or_default();
            Seed { bytes, parts }
        };
        Self(paths.into_iter().map(seed).collect())
    }
}

fn parts(bytes: &[u8]) -> Option<Vec<(String, Vec<u8>)>> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).ok()?;
    let count = archive.len();
    let part = |index| {
        let mut part = archive.by_index(index).ok()?;
        let mut content = Vec::new();
        part.read_to_end(&mut content).ok()?;
        Some((part.name().ok()?.into_owned(), content))
    };
    (0..count).map(part).collect()
}

/// The archive of parts.
pub fn packed(parts: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        if writer.start_file(name.as_str(), options).is_ok() {
            writer.write_all(content).expect("its content");
        }
    }
    writer.finish().expect("an archive").into_inner()
}

/// A message as Outlook saves it.
fn message() -> Vec<u8> {
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).expect("a compound file");
    for (property, text) in [
        ("001A", "IPM.Note"),
        ("0037", "Pumps"),
        ("0C1A", "Edda"),
        ("1000", "They leave on Friday."),
    ] {
        let text: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mut stream = file
            .create_stream(format!("/__substg1.0_{property}001F"))
            .expect("a stream");
        stream.write_all(&text).expect("its content");
    }
    drop(file.create_stream("/__properties_version1.0").expect("a stream"));
    file.flush().expect("written");
    file.into_inner().into_inner()
}
