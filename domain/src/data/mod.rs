//! Data protection: how long a workspace keeps what, archives of what it or a person has, and receipts for what was
//! deleted.

pub mod exports;
mod policy;
pub(crate) mod receipts;
pub mod redaction;
mod retention;

pub use policy::{policy, save_policy};
pub use receipts::{list as receipts, presented as presented_receipt};
pub(crate) use retention::BATCH;
pub use retention::enforce as enforce_retention;
