//! Figures of what bots did.
//!
//! What happens is an [`Event`], written in the transaction of what happened and never changed. A trigger adds it to two
//! tables of sums in the same transaction, so figures are never behind, and never count twice. Reports read the sums; days
//! that a time zone cuts are read from the events themselves. `docs/ANALYTICS.md` says what each figure is.

mod bounds;
mod dimensions;
mod export;
mod happened;
mod histogram;
mod outcome;
mod page;
mod period;
mod questions;
mod report;
mod slots;

pub use export::export;
pub(crate) use happened::{Rated, hand_off_step, millis, rated};
pub use happened::{hand_off, lead};
pub(crate) use outcome::forget;
pub(crate) use page::clean as clean_page;
pub use report::report;
