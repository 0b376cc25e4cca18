//! Why a document could not be read.

use api_types::ErrorCode;
use api_types::kb::DocumentError;
use serde::{Deserialize, Serialize};

/// Why a document could not be read. Every message says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(tag = "code", content = "about", rename_all = "snake_case")]
pub enum ParseError {
    /// Content of a kind that isn't read; says what it is.
    #[error(
        "This is {0}, which can't be read. Botwright reads PDF, Word, PowerPoint, Excel, OpenDocument, RTF, EPUB, \
         HTML, Markdown, text, CSV, JSON and e-mail (EML, MSG): save it as one of these and add it again."
    )]
    Unsupported(String),
    /// Nothing but white space.
    #[error("This file holds no text.")]
    Empty,
    /// A password is needed to open it.
    #[error("This file is protected by a password. Save it without one and add it again.")]
    Encrypted,
    /// Pages are pictures.
    #[error(
        "This PDF is a scan without a text layer. Run text recognition (OCR) on it and add the result, or install \
         text recognition on the server (tesseract-ocr and poppler-utils)."
    )]
    NeedsOcr,
    /// Broken; says what it should have been.
    #[error("This {0} is damaged or incomplete. Save it again in the program it came from and add it again.")]
    Corrupt(String),
    /// A limit was exceeded; says which.
    #[error("This file is too large or too complex to read: {0}. Split it or simplify it and add it again.")]
    TooComplex(String),
}

impl ParseError {
    /// The stable name that clients switch on.
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Unsupported(_) => ErrorCode::UnsupportedFile,
            Self::Empty => ErrorCode::EmptyDocument,
            Self::Encrypted => ErrorCode::EncryptedDocument,
            Self::NeedsOcr => ErrorCode::NeedsOcr,
            Self::Corrupt(_) => ErrorCode::CorruptDocument,
            Self::TooComplex(_) => ErrorCode::DocumentTooComplex,
        }
    }

    pub(super) fn corrupt(format: &str) -> Self {
        Self::Corrupt(format.to_owned())
    }

    pub(super) fn too_complex(limit: &str) -> Self {
        Self::TooComplex(limit.to_owned())
    }

    /// Followed any further, it would take the stack of whoever reads it.
    pub(super) fn nested() -> Self {
        Self::too_complex("its parts are nested too deeply")
    }
}

impl From<&ParseError> for DocumentError {
    fn from(error: &ParseError) -> Self {
        Self {
            code: error.code(),
            message: error.to_string(),
        }
    }
}
