//! What bots did, in figures.

mod filters;
mod lists;
mod page;
mod tiles;

pub use page::{AnalyticsPage, Report};
pub use tiles::percent;
