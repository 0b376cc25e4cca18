//! Drafts that save themselves and lose nothing.

mod autosave;
mod begin;
mod conflict;
mod list;
mod pace;
mod status;
mod unsaved;

use api_types::client::Call;
use api_types::drafts::Draft;
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

pub use autosave::{Autosave, SaveState, autosave};
pub use begin::{BeginDraft, begun};
pub use conflict::ConflictDialog;
pub use list::DraftList;
pub use status::{GoneNotice, SaveStatus};
pub use unsaved::{PREFIX as UNSAVED_PREFIX, forget as forget_unsaved, kept as kept_unsaved};

/// The part of a draft that people edit, and how it is saved.
pub trait DraftContent: Clone + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The whole content as the server keeps it.
    type Wire: DeserializeOwned + 'static;

    /// Takes the edited part out of the whole.
    fn from_wire(wire: Self::Wire) -> Self;

    /// The call that saves it on top of `version`.
    fn save(&self, id: Uuid, version: i64) -> Call<Draft<Self::Wire>>;

    /// What differs, in the words of the form.
    fn differences(&self, other: &Self) -> Vec<&'static str>;
}
