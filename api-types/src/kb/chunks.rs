//! Chunks as they are stored, and what people change about them.

use serde::{Deserialize, Serialize};

use super::Chunk;

/// What people say of how much something matters; it moves a passage up or down among others that are about as good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Importance {
    /// Behind others.
    Low,
    /// As it is.
    #[default]
    Normal,
    /// Before others.
    High,
}

impl Importance {
    /// Steps from usual, as the database keeps it.
    pub const fn steps(self) -> i16 {
        match self {
            Self::Low => -1,
            Self::Normal => 0,
            Self::High => 1,
        }
    }

    /// The importance of so many steps from usual.
    pub const fn from_steps(steps: i16) -> Self {
        match steps {
            ..0 => Self::Low,
            0 => Self::Normal,
            1.. => Self::High,
        }
    }
}

/// A chunk of a document, with what people changed about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StoredChunk {
    /// The chunk, its text as bots read it.
    #[serde(flatten)]
    pub chunk: Chunk,
    /// What the document says, if somebody wrote something else into the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original_text: Option<String>,
    /// Words about the chunk that are searched and read with it.
    pub context: String,
    /// How much it matters.
    pub importance: Importance,
    /// Whether bots answer from it.
    pub enabled: bool,
}

/// `PUT /kb/{kb_id}/documents/{document_id}/chunks/{chunk_id}`: the chunk as it is to be. It stays so when the document
/// is read again, as long as the document says the same in this place.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SaveChunkRequest {
    /// The text, Markdown; 1 to 8,000 characters. Send `original_text` to undo a change.
    pub text: String,
    /// Words about it, up to 500 characters.
    #[serde(default)]
    pub context: String,
    /// How much it matters.
    #[serde(default)]
    pub importance: Importance,
    /// Whether bots answer from it.
    pub enabled: bool,
}

/// What somebody changed about a place that the document is not cut into any more: by other settings, or as it says
/// something else now. It comes back when the place does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RestingEdit {
    /// What the document said there.
    pub original_text: String,
    /// The headings above it, outermost first.
    pub heading_path: Vec<String>,
    /// What it says instead.
    pub text: String,
    /// Words about it.
    pub context: String,
    /// How much it matters.
    pub importance: Importance,
    /// Whether bots answer from it.
    pub enabled: bool,
}
