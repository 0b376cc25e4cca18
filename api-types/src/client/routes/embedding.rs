//! `/embedding`

use super::Call;
use crate::embeddings::{ChangeEmbeddingRequest, EmbeddingSettings};

/// Which model is in use, and which is to take over.
pub fn get() -> Call<EmbeddingSettings> {
    Call::get("/embedding")
}

/// Chooses another.
pub fn change(request: &ChangeEmbeddingRequest) -> Call<EmbeddingSettings> {
    Call::put("/embedding").json(request)
}

/// Stays with the one in use.
pub fn cancel() -> Call<EmbeddingSettings> {
    Call::delete("/embedding/next")
}
