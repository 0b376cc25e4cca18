//! Files that visitors send along: `/api/v1/bots/{bot_id}/uploads`.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::validate::Checker;

/// Largest file, in bytes.
pub const MAX_UPLOAD_BYTES: u64 = 10 * MB;
/// Most files of one message.
pub const MAX_ATTACHMENTS: usize = 4;
/// Longest name of a file that is kept, in characters.
pub const MAX_NAME_CHARS: usize = 120;
/// What one bot keeps of files that are in no message yet, in bytes: anybody can send some.
pub const MAX_WAITING_BYTES: u64 = 500 * MB;
/// What the messages of one conversation may have, in bytes.
pub const MAX_CONVERSATION_BYTES: u64 = 100 * MB;
/// What one workspace keeps of visitors' files, in bytes.
pub const MAX_WORKSPACE_BYTES: u64 = 5_000 * MB;
/// Hours after which a file that is in no message goes.
pub const UNUSED_HOURS: u32 = 24;
/// Endings of the files that are taken, for the dialog in which one is chosen. What a file is, its content says.
pub const ENDINGS: &str = ".png,.jpg,.jpeg,.webp,.gif,.pdf,.docx,.doc,.pptx,.ppt,.xlsx,.xls,.odt,.ods,.odp,.rtf,.txt,.md,.csv,.tsv,.json";

const MB: u64 = 1024 * 1024;

/// What visitors of a bot may send: part of its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Uploads {
    /// Whether visitors may send files and pictures.
    pub enabled: bool,
    /// Whether pictures are given to the model, which has to be one that can see. The built-in answerer can't.
    pub model_sees_pictures: bool,
    /// What the bot says of files that it has nothing else to say of, 1 to 300 characters.
    pub received_message: String,
}

impl Default for Uploads {
    fn default() -> Self {
        Self {
            enabled: false,
            model_sees_pictures: false,
            received_message: "Thank you, I have kept your file for our team. What would you like to know?"
                .to_owned(),
        }
    }
}

impl Uploads {
    /// Whether nobody changed anything.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    pub(crate) fn check(&self, check: &mut Checker) {
        if self.enabled {
            check.length("content.uploads.received_message", &self.received_message, 1, 300);
        }
    }
}

/// A file of a visitor, before and after it is in a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Attachment {
    /// Id: name it in `attachments` of the message.
    pub id: Uuid,
    /// Its name; the ending is that of what it holds.
    pub name: String,
    /// What it holds, as its content says.
    pub media_type: String,
    /// Bytes.
    pub size: u64,
    /// Whether it is a picture.
    pub is_picture: bool,
}
