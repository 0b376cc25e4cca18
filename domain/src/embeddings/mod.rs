//! What a workspace's vectors are made with, and the vectors.
//!
//! A workspace has one model at a time, so that everything in it can be compared: the built-in one, or one of a
//! provider. When another is chosen, a job embeds everything with it while the old one goes on answering; once nothing
//! is missing, one transaction switches over, and the old vectors are removed a while later.
//!
//! Vectors belong to a text and a model: the same text is never embedded twice in a workspace.

mod calibration;
mod change;
mod model;
mod settings;
mod store;
mod switch;

pub use calibration::Calibration;
pub use change::run as run_change;
pub use model::{Model, QueryVectors, live};
pub(crate) use model::{Stored, away, live_space, opened};
pub use settings::{cancel, change, get};
pub(crate) use store::{ContentHash, content_hash, known, put};
pub use store::{collect_unused, forget};
pub(crate) use switch::{is_live, replaced};

use uuid::Uuid;

use crate::llm::embed::MAX_DIMENSIONS;

/// The id of the built-in model, in every workspace.
pub const BUILT_IN: Uuid = Uuid::nil();

/// Vectors that can be compared with one another: those of one model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    /// The model's id within the workspace.
    pub model_id: Uuid,
    /// Numbers in each vector.
    pub dimensions: usize,
}

impl Space {
    /// That of the built-in model.
    pub const BUILT_IN: Self = Self {
        model_id: BUILT_IN,
        dimensions: retrieval::minilm::DIMENSIONS,
    };

    /// As the table has it, whose check keeps the number small.
    fn new(model_id: Uuid, dimensions: i32) -> Self {
        let dimensions = usize::try_from(dimensions).unwrap_or(MAX_DIMENSIONS);
        Self { model_id, dimensions }
    }
}
