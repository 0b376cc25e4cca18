//! The formats that are read.

/// A format that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Markdown.
    Markdown,
    /// Plain text in any encoding.
    Text,
    /// Values separated by commas or semicolons.
    Csv,
    /// Values separated by tabs.
    Tsv,
    /// JSON.
    Json,
    /// JSON values, one a line.
    JsonLines,
    /// A web page.
    Html,
    /// PDF.
    Pdf,
    /// Word since 2007.
    Docx,
    /// PowerPoint since 2007.
    Pptx,
    /// Excel since 2007.
    Xlsx,
    /// Word before 2007.
    Doc,
    /// PowerPoint before 2007.
    Ppt,
    /// Excel before 2007.
    Xls,
    /// Text of OpenDocument.
    Odt,
    /// Slides of OpenDocument.
    Odp,
    /// Sheets of OpenDocument.
    Ods,
    /// Rich text.
    Rtf,
    /// An e-book.
    Epub,
    /// An e-mail as it is sent.
    Eml,
    /// An e-mail as Outlook saves it.
    Msg,
    /// Questions with their answers, as we store them.
    Pairs,
}

/// Each with its media type, its name in messages, and a file name that tells it from other kinds of text.
const ALL: [(Format, &str, &str, &str); 22] = [
    (Format::Markdown, "text/markdown", "Markdown file", "source.md"),
    (Format::Text, "text/plain", "text file", "source.txt"),
    (Format::Csv, "text/csv", "CSV file", "source.csv"),
    (Format::Tsv, "text/tab-separated-values", "TSV file", "source.tsv"),
    (Format::Json, "application/json", "JSON file", "source.json"),
    (
        Format::JsonLines,
        "application/jsonl",
        "JSON Lines file",
        "source.jsonl",
    ),
    (Format::Html, "text/html", "HTML page", "source.html"),
    (Format::Pdf, "application/pdf", "PDF", "source"),
    (
        Format::Docx,
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "DOCX file",
        "source",
    ),
    (
        Format::Pptx,
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "PPTX file",
        "source",
    ),
    (
        Format::Xlsx,
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "XLSX file",
        "source",
    ),
    (Format::Doc, "application/msword", "DOC file", "source"),
    (Format::Ppt, "application/vnd.ms-powerpoint", "PPT file", "source"),
    (Format::Xls, "application/vnd.ms-excel", "XLS file", "source"),
    (
        Format::Odt,
        "application/vnd.oasis.opendocument.text",
        "ODT file",
        "source",
    ),
    (
        Format::Odp,
        "application/vnd.oasis.opendocument.presentation",
        "ODP file",
        "source",
    ),
    (
        Format::Ods,
        "application/vnd.oasis.opendocument.spreadsheet",
        "ODS file",
        "source",
    ),
    (Format::Rtf, "application/rtf", "RTF file", "source"),
    (Format::Epub, "application/epub+zip", "e-book (EPUB)", "source"),
    (Format::Eml, "message/rfc822", "e-mail", "source.eml"),
    (
        Format::Msg,
        "application/vnd.ms-outlook",
        "Outlook message",
        "source",
    ),
    (
        Format::Pairs,
        "application/vnd.botwright.qa+json",
        "list of questions",
        "source.botwright-qa",
    ),
];

impl Format {
    /// The registered media type.
    pub fn media_type(self) -> &'static str {
        self.row().1
    }

    /// What messages call it.
    pub(super) fn name(self) -> &'static str {
        self.row().2
    }

    /// A file name that makes [`super::detect`] see the kind of text that a media type was decided to be.
    pub fn file_name(media_type: &str) -> &'static str {
        let row = ALL.iter().find(|(_, other, ..)| *other == media_type);
        row.map_or("source", |(.., name)| name)
    }

    /// The folder in a file of Office that holds its main part.
    pub(super) fn main_folder(self) -> &'static str {
        match self {
            Self::Pptx => "ppt",
            Self::Xlsx => "xl",
            _ => "word",
        }
    }

    fn row(self) -> &'static (Self, &'static str, &'static str, &'static str) {
        ALL.iter().find(|(format, ..)| *format == self).unwrap_or(&ALL[1])
    }
}

#[cfg(test)]
mod tests {
    use super::{ALL, Format};

    #[test]
    fn every_format_has_its_row() {
        for (format, media_type, ..) in ALL {
            assert_eq!(format.media_type(), media_type);
        }
        assert_eq!(Format::Pairs as usize + 1, ALL.len());
        assert_eq!(Format::file_name("text/csv"), "source.csv");
        assert_eq!(Format::file_name("image/png"), "source");
    }
}
