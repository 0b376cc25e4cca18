//! Pictures of what a document came from.

use api_types::kb::SourceKind;

use crate::ui::icon::{self, Glyph};

/// The picture for a kind of source.
pub const fn source_icon(kind: SourceKind) -> Glyph {
    match kind {
        SourceKind::File => icon::FILE_TEXT,
        SourceKind::Text => icon::TEXT_CURSOR_INPUT,
        SourceKind::Url => icon::GLOBE,
        SourceKind::Website => icon::LAYERS,
        SourceKind::Notion => icon::BOOK_OPEN,
        SourceKind::Google => icon::FOLDER,
        SourceKind::Qa => icon::CIRCLE_HELP,
    }
}
