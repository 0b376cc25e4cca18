//! People who left their details with a bot.

mod delete;
mod filters;
mod list;
mod notes;
mod page;
mod status;

pub use list::LeadsPage;
pub use page::LeadPage;
