//! A copy of what is not saved yet, kept in this browser while a page goes away, until the server has it.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::session;

/// Where the copies lie; signing out forgets them.
pub const PREFIX: &str = "botwright.unsaved.";

/// Edits and the version they were made on.
#[derive(Serialize, Deserialize)]
pub struct Unsaved<C> {
    /// The version of the draft that was edited.
    pub version: i64,
    /// The edited content.
    pub content: C,
}

/// Keeps a copy.
pub fn keep<C: Serialize>(draft: Uuid, unsaved: &Unsaved<C>) {
    if let Ok(text) = serde_json::to_string(unsaved) {
        session::write(&key(draft), &text);
    }
}

/// The copy that was kept, if any.
pub fn kept<C: DeserializeOwned>(draft: Uuid) -> Option<Unsaved<C>> {
    // A copy in an older form can't be read; it is overwritten or forgotten by the next save.
    serde_json::from_str(&session::read(&key(draft))?).ok()
}

/// Forgets the copy.
pub fn forget(draft: Uuid) {
    session::remove(&key(draft));
}

fn key(draft: Uuid) -> String {
    format!("{PREFIX}{draft}")
}
