//! `/usage`

use super::Call;
use crate::usage::Usage;

/// What is used of what the plan allows.
pub fn get() -> Call<Usage> {
    Call::get("/usage")
}
