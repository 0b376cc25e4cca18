//! Knowledge bases: from sources to passages that answer.

pub mod bases;
pub mod chunk;
pub mod chunks;
mod cleanup;
pub mod crawl;
pub mod documents;
pub mod drafts;
pub mod edits;
pub mod embed;
mod find;
pub mod ingest;
pub(crate) mod lock;
pub mod ocr;
pub mod pairs;
pub mod parse;
pub mod questions;
mod read;
mod rechunk;
mod remote;
pub mod search;
pub mod sources;
mod title;

pub use cleanup::clean_up;
pub(crate) use find::describe;
pub use find::find;
pub(crate) use read::text as read_text;
pub use rechunk::preview_chunks;
